/** A longer name moves its own line to the right, and not those of all others. */
const MOST_COLUMNS = 32

/** How each of some names stands at the beginning of a line: with a colon, and as wide as the longest. */
export function nameColumn(names: readonly string[]): (name: string) => string {
  const longest = names.reduce((most, { length }) => Math.max(most, length), 0)
  const columns = Math.min(longest, MOST_COLUMNS) + ':'.length
  return (name) => `${name}:`.padEnd(columns)
}
