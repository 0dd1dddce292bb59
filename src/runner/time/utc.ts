/** A time in words: `2026-11-26 18:30:00 UTC`. @param ms since 1970 */
export function utcWords(ms: number): string {
  return new Date(ms).toISOString().replace(/T(.*)\..*/, ' $1 UTC')
}

/** A time for a program, in whole seconds: `2026-11-26T18:30:00Z`. @param ms since 1970 */
export function utcStamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, '')
}
