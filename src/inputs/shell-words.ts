/** One word of a text, as a shell would hand it to a program. */
export interface ShellWord {
  readonly text: string
  /** Where it begins, from 1. */
  readonly line: number
  /** It begins with a quote or a backslash: nobody takes it for a flag by chance. */
  readonly isQuoted: boolean
}

export interface ShellWords {
  /** None where a quote is not closed: nobody knows where they end. */
  readonly words: readonly ShellWord[]
  /** What a shell would do with the text and nobody does here: one line each, none of them twice. */
  readonly problems: readonly string[]
}

/** What separates or redirects commands outside of quotes (POSIX, Shell Command Language, 2.2). */
const OPERATORS = new Set(';|&<>()')

/** What begins an expansion behind a `$` (2.6). */
const EXPANDED = /[A-Za-z0-9_{(@*#?$!-]/

/** What a backslash takes its meaning from between double quotes (2.2.3). */
const ESCAPED_IN_QUOTES = '$`"\\'

/**
 * The words of a text by the rules of a POSIX shell: blanks and line ends separate them, quotes and backslashes keep
 * together and go, a backslash joins two lines, and `#` begins a comment. Nothing is expanded and nothing is run: where
 * a shell would have done either, that is a problem, for the text itself would be another thing than what it says
 * elsewhere. Signs that a shell mostly leaves as they are – `*`, `?`, `[`, `{`, `~`, `!` – stand for themselves.
 */
export function shellWords(source: string): ShellWords {
  const text = source.replace(/\r\n?/g, '\n')
  const words: ShellWord[] = []
  const problems = new Set<string>()
  const lines = text.split('\n').length
  let line = 1
  let at = 0
  let word: { text: string; line: number; isQuoted: boolean } | undefined

  /** A line end behind a backslash is not there for a shell. */
  const following = () => {
    let next = at + 1
    while (text.startsWith('\\\n', next)) next += 2
    return text[next] ?? ''
  }
  const wrong = (problem: string) => problems.add(lines > 1 ? `line ${line}: ${problem}` : problem)
  const told = new Set<number>()
  const expansion = () => {
    if (following() === '(') told.add(line)
    wrong(EXPANSION)
  }
  const begin = (isQuoted: boolean) => {
    word ??= { text: '', line, isQuoted }
    return word
  }
  const end = () => {
    if (word !== undefined) words.push(word)
    word = undefined
  }
  /** Takes the sign as it is, and notes what a shell would have made of it. */
  const take = (sign: string) => {
    begin(false).text += sign
    if (sign === '`') wrong(RUN)
    if (sign === '$' && EXPANDED.test(following())) expansion()
    if (sign === '\n') line++
    at++
  }

  while (at < text.length) {
    const sign = text[at] as string
    if (sign === '\n' || sign === ' ' || sign === '\t') {
      end()
      if (sign === '\n') line++
      at++
    } else if (sign === '#' && word === undefined) {
      while (at < text.length && text[at] !== '\n') at++
    } else if (sign === '\\') {
      // A blank that was left behind the backslash cannot be seen, and nobody means it.
      const rest = word === undefined ? /\\[ \t]*(?:\n|$)/y : /\\(?:\n|$)/y
      rest.lastIndex = at
      const joint = rest.exec(text)?.[0]
      if (joint === undefined) begin(true).text += text[at + 1]
      else if (joint.endsWith('\n')) line++
      at += joint?.length ?? 2
    } else if (sign === "'") {
      const close = text.indexOf("'", at + 1)
      if (close < 0) {
        wrong(unclosed("'"))
        return { words: [], problems: [...problems] }
      }
      const inside = text.slice(at + 1, close)
      begin(true).text += inside
      line += inside.split('\n').length - 1
      at = close + 1
    } else if (sign === '"') {
      const opened = line
      begin(true)
      at++
      while (at < text.length && text[at] !== '"') {
        const next = text[at + 1]
        if (text[at] !== '\\' || next === undefined) take(text[at] as string)
        else if (next === '\n') {
          line++
          at += 2
        } else if (ESCAPED_IN_QUOTES.includes(next)) {
          begin(true).text += next
          at += 2
        } else take('\\')
      }
      if (at >= text.length) {
        line = opened
        wrong(unclosed('"'))
        return { words: [], problems: [...problems] }
      }
      at++
    } else {
      // The first of a line says it: `&&` is two of them, and `$(…)` has two as well.
      if (OPERATORS.has(sign) && !told.has(line)) {
        told.add(line)
        wrong(operator(sign))
      }
      if (sign === '$' && /['"]/.test(following())) expansion()
      take(sign)
    }
  }
  end()
  return { words, problems: [...problems] }
}

const EXPANSION =
  'nothing is expanded here: put `$` in single quotes if the sign itself is meant, or let an expression of the workflow write the value'

const RUN = 'no command is run here: put a backtick in single quotes if the sign itself is meant'

function operator(sign: string): string {
  return `no shell runs this, for which \`${sign}\` outside of quotes would be an operator: put the whole value in quotes if the sign itself is meant`
}

function unclosed(quote: string): string {
  return `the quote \`${quote}\` is never closed: close it, or write \`\\${quote}\` for the sign itself`
}
