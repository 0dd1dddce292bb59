export const MOST_HEADLINE_CHARACTERS = 200

/** The beginning of a long problem, which stands whole below: whole words, and what is between backticks whole. Pure. */
export function shortHeadline(text: string): string {
  if (text.length <= MOST_HEADLINE_CHARACTERS) return text
  const blank = text.lastIndexOf(' ', MOST_HEADLINE_CHARACTERS)
  const head = text.slice(0, blank > 0 ? blank : MOST_HEADLINE_CHARACTERS)
  const isCutInCode = (head.split('`').length - 1) % 2 === 1
  return `${isCutInCode ? head.slice(0, head.lastIndexOf('`')).trimEnd() : head} …`
}
