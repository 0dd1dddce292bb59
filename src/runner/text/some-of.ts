/** The names in a sentence; of many the first, and how many more there are. */
export function someOf(names: readonly string[], most = 5): string {
  const first = names.length > most + 1 ? names.slice(0, most) : names
  const rest = names.length - first.length
  return `${first.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}
