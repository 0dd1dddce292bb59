/** A line of the log on a service, whose name stands in a column beside those of others. */
export function lineOf(name: string, text: string): RegExp {
  return new RegExp(`${escaped(name)}: +${escaped(text)}`)
}

/**
 * The line with which a stage begins in what a runner reads, folded or not; act puts words of its own before it.
 *
 * @param titles one of them; none for any stage
 */
export function stageLine(...titles: readonly string[]): RegExp {
  const title = titles.length === 0 ? '.+' : `(?:${titles.map(escaped).join('|')})`
  return new RegExp(`(?:^|[ |])(?:::group::|(?:\u001b\\[1m)?== )${title}(?:\u001b\\[0m)?\r?\n`, 'm')
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
