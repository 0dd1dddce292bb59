/** The seconds since a moment of `performance.now()`, as a person is told them: to a tenth. */
export function secondsSince(moment: number): number {
  return Math.round((performance.now() - moment) / 100) / 10
}
