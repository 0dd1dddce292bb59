/** Several things that are all there are, in words: `both services`, `all 3 services`. */
export function allOf(count: number, things: string): string {
  return count === 2 ? `both ${things}` : `all ${count} ${things}`
}
