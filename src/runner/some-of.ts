/** More names than these say no more. */
const MOST_NAMES = 5

/** The names in a sentence; of many the first, and how many more there are. */
export function someOf(names: readonly string[]): string {
  const first = names.length > MOST_NAMES + 1 ? names.slice(0, MOST_NAMES) : names
  const rest = names.length - first.length
  return `${first.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}
