const UNITS = [
  ['h', 3600],
  ['m', 60],
] as const

/** A time in seconds as a person says it: in the greatest unit that leaves nothing over, `90 s`, `20 m`, `0.3 s`. */
export function spoken(seconds: number): string {
  const [unit, size] = UNITS.find(([, size]) => seconds > 0 && seconds % size === 0) ?? ['s', 1]
  return `${seconds / size} ${unit}`
}
