/** A place of a text, and what is wrong there. */
interface CharacterProblem {
  readonly line: number
  readonly column: number
  readonly reason: string
}

// What docker's reader refuses (gopkg.in/yaml.v3, readerc.go), and what ends a line for it but for no editor. All of it
// can be written as an escape in double quotes.
const TROUBLE = /[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|\r(?!\n)/u

/** The first character of a compose file that docker would refuse, or read in another way than it looks. */
export function characterProblem(text: string): CharacterProblem | undefined {
  const found = TROUBLE.exec(text)
  if (found === null) return undefined
  const before = text.slice(0, found.index).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, reason: reasonFor(found[0]) }
}

function reasonFor(char: string): string {
  if (char === '\r') return 'a carriage return stands alone: save the file with the line ends of Unix or Windows'
  if (char === '\0') return 'there is a NUL character: take it out; if there are many, save the file as UTF-8'
  const code = (char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')
  const shown = `U+${code.toUpperCase()}`
  const escaped = `"\\u${code}"`
  return ['\u0085', '\u2028', '\u2029'].includes(char)
    ? `the character ${shown} cannot be seen, and ends a line for docker: take it out, or write ${escaped} in double quotes`
    : `the control character ${shown} is not allowed in YAML: take it out, or write ${escaped} in double quotes`
}
