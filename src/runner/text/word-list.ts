/**
 * Words as a sentence lists them: `a, b and c`. By hand, and not with `Intl`: the first list of a run would cost it a
 * twentieth of all its work.
 */
export function andList(words: readonly string[]): string {
  return joined(words, 'and')
}

/** The same for a choice: `a, b or c`. */
export function orList(words: readonly string[]): string {
  return joined(words, 'or')
}

function joined(words: readonly string[], last: 'and' | 'or'): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`
}
