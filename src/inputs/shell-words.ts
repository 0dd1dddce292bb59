import { andList } from '../runner/text/word-list.ts'
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
const ESCAPED_IN_QUOTES = new Set('$`"\\\n')

/**
 * The words of a text by the rules of a POSIX shell: blanks and line ends separate them, quotes and backslashes keep
 * together and go, a backslash joins two lines, and `#` begins a comment. Nothing is expanded and nothing is run: where
 * a shell would have done either, that is a problem, for the text itself would be another thing than what it says
 * elsewhere. Signs that a shell mostly leaves as they are – `*`, `?`, `[`, `{`, `~`, `!` – stand for themselves.
 */
export function shellWords(text: string): ShellWords {
  return new Scanner(text.replace(/\r\n?/g, '\n')).read()
}

class Scanner {
  readonly #text: string
  readonly #words: ShellWord[] = []
  /** What is wrong, and on which lines. */
  readonly #problems = new Map<string, Set<number>>()
  /** The lines of which it is said: `&&` is two operators, and `$(…)` has two as well. */
  readonly #withOperators = new Set<number>()
  #at = 0
  #line = 1
  #word: { text: string; readonly line: number; readonly isQuoted: boolean } | undefined

  constructor(text: string) {
    this.#text = text
  }

  read(): ShellWords {
    let isClosed = true
    while (isClosed && this.#at < this.#text.length) isClosed = this.#readNext(this.#text[this.#at] as string)
    this.#endWord()
    const problems = toldOf(this.#problems, this.#text.includes('\n'))
    return { words: isClosed ? this.#words : [], problems }
  }

  /** @returns whether the text goes on: not behind a quote that is never closed */
  #readNext(sign: string): boolean {
    if (sign === "'") return this.#readSingleQuotes()
    if (sign === '"') return this.#readDoubleQuotes()
    if (sign === '\\') this.#readBackslash()
    else if (sign === ' ' || sign === '\t' || sign === '\n') {
      this.#endWord()
      this.#pass(1)
    } else if (sign === '#' && this.#word === undefined) {
      const end = this.#text.indexOf('\n', this.#at)
      this.#at = end < 0 ? this.#text.length : end
    } else {
      if (OPERATORS.has(sign)) this.#noteOperator(sign)
      if (sign === '$' && /['"]/.test(this.#following())) this.#noteExpansion()
      this.#take(sign)
    }
    return true
  }

  #readSingleQuotes(): boolean {
    const close = this.#text.indexOf("'", this.#at + 1)
    if (close < 0) return this.#noteUnclosed("'", this.#line)
    this.#add(this.#text.slice(this.#at + 1, close), true)
    this.#pass(close + 1 - this.#at)
    return true
  }

  #readDoubleQuotes(): boolean {
    const opened = this.#line
    this.#add('', true)
    this.#pass(1)
    for (let sign = this.#text[this.#at]; sign !== '"'; sign = this.#text[this.#at]) {
      if (sign === undefined) return this.#noteUnclosed('"', opened)
      const next = this.#text[this.#at + 1] ?? ''
      if (sign !== '\\' || !ESCAPED_IN_QUOTES.has(next)) this.#take(sign)
      else {
        if (next !== '\n') this.#add(next, true)
        this.#pass(2)
      }
    }
    this.#pass(1)
    return true
  }

  /** Outside of quotes. */
  #readBackslash(): void {
    // A blank that was left behind the backslash cannot be seen, and nobody means it.
    const rest = this.#word === undefined ? /\\[ \t]*(?:\n|$)/y : /\\(?:\n|$)/y
    rest.lastIndex = this.#at
    const joint = rest.exec(this.#text)?.[0]
    if (joint === undefined) this.#add(this.#text[this.#at + 1] ?? '', true)
    this.#pass(joint?.length ?? 2)
  }

  /** Takes a sign as it is, and notes what a shell would have made of it. */
  #take(sign: string): void {
    if (sign === '`') this.#note(RUN)
    if (sign === '$' && EXPANDED.test(this.#following())) this.#noteExpansion()
    this.#add(sign, false)
    this.#pass(1)
  }

  #add(text: string, isQuoted: boolean): void {
    this.#word ??= { text: '', line: this.#line, isQuoted }
    this.#word.text += text
  }

  #endWord(): void {
    if (this.#word !== undefined) this.#words.push(this.#word)
    this.#word = undefined
  }

  #pass(signs: number): void {
    for (const end = this.#at + signs; this.#at < end; this.#at++) if (this.#text[this.#at] === '\n') this.#line++
  }

  /** The next sign. A line end behind a backslash is not there for a shell. */
  #following(): string {
    let next = this.#at + 1
    while (this.#text.startsWith('\\\n', next)) next += 2
    return this.#text[next] ?? ''
  }

  #note(problem: string, line = this.#line): void {
    this.#problems.set(problem, (this.#problems.get(problem) ?? new Set()).add(line))
  }

  #noteExpansion(): void {
    if (this.#following() === '(') this.#withOperators.add(this.#line)
    this.#note(EXPANSION)
  }

  #noteOperator(sign: string): void {
    if (!this.#withOperators.has(this.#line)) this.#note(operator(sign))
    this.#withOperators.add(this.#line)
  }

  #noteUnclosed(quote: string, line: number): false {
    this.#note(unclosed(quote), line)
    return false
  }
}

const MOST_LINES = 5

/** What is wrong, with its lines where there are several. */
function toldOf(problems: ReadonlyMap<string, ReadonlySet<number>>, hasLines: boolean): string[] {
  return [...problems].map(([problem, lines]) => {
    if (!hasLines) return problem
    const more = lines.size > MOST_LINES ? [`${lines.size - MOST_LINES} more`] : []
    const places = [...[...lines].slice(0, MOST_LINES).map(String), ...more]
    return `${lines.size === 1 ? 'line' : 'lines'} ${andList(places)}: ${problem}`
  })
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
