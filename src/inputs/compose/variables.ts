import { type Token, tokensIn } from './substitution.ts'

/** A place of a text where Docker puts the value of a variable. */
export type Substitution =
  | {
      readonly kind: 'variable'
      readonly name: string
      readonly line: number
      readonly needs: Need
      /** What stands behind the operator: a default, or what the author says of a variable that is missing. */
      readonly words: string
      /** The signs in the words that docker stack takes for the operator; empty when it reads what is meant. */
      readonly misread: string
    }
  /** What Docker would refuse, or leave as it stands. */
  | { readonly kind: 'invalid'; readonly line: number; readonly reason: string }

/** What a substitution does without a value: `required` of one that is empty too, `default` stands in for it. */
export type Need = 'value' | 'default' | 'required' | 'required-filled'

/** The value of a variable, `undefined` when it is not set. */
export type LookUp = (name: string) => string | undefined

/** More than this no variable, file or secret can hold, and few lines can ask for a thousand times as much. */
const LARGEST_VALUE = 1024 * 1024

/**
 * The substitutions of one text, in Docker's own grammar.
 *
 * @param line where the text begins
 */
export function substitutionsIn(text: string, line: number): Substitution[] {
  let at = line
  let counted = 0
  return tokensIn(text).flatMap((token): Substitution[] => {
    at += lineBreaks(text, counted, token.start)
    counted = token.start
    if (token.kind === 'escaped') return []
    const { name, operator, rest } = token
    if (token.kind === 'lone') return [{ kind: 'invalid', line: at, reason: reasonAgainst(text.slice(token.start)) }]
    if (operator.includes('+')) {
      const reason = `docker stack does not know \${${name}${operator}…}: work the value out in an earlier step, and write \${${name}}`
      return [{ kind: 'invalid', line: at, reason }]
    }
    if (rest.includes('${') || (operator.endsWith('?') && /\$[a-z_{]/i.test(rest))) {
      const what = operator.endsWith('?') ? 'message' : 'default'
      const reason = `the ${what} of ${name} holds another variable, which docker stack would leave as it stands: write a plain ${what}`
      return [{ kind: 'invalid', line: at, reason }]
    }
    return [
      { kind: 'variable', name, line: at, needs: needOf(operator), words: rest, misread: misreadIn(operator, rest) },
    ]
  })
}

/** Why what begins with a dollar sign is no variable, and what to write. */
function reasonAgainst(text: string): string {
  if (text.startsWith('${{')) {
    return `\${{ … }} is filled in in workflows alone: write \${NAME} here, and in the \`env\` of the step \`NAME: \${{ … }}\``
  }
  if (text.startsWith('${')) {
    return `\${ begins no variable that docker stack knows: write \${NAME}, \${NAME:-default} or \${NAME:?message}, or $$ for the sign itself`
  }
  return 'a dollar sign begins no variable: write $$ for the sign itself'
}

/** docker/cli looks for each of these in turn, wherever it stands between the braces (compose/template). */
const OPERATORS = [':-', '-', ':?', '?']

function misreadIn(operator: string, rest: string): string {
  return OPERATORS.slice(0, Math.max(0, OPERATORS.indexOf(operator))).find((other) => rest.includes(other)) ?? ''
}

function lineBreaks(text: string, from: number, to: number): number {
  let count = 0
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count++
  return count
}

function needOf(operator: string): Need {
  if (operator === '') return 'value'
  if (operator.endsWith('-')) return 'default'
  return operator === ':?' ? 'required-filled' : 'required'
}

/** Whether a substitution has nothing to put in its place. */
export function isUnset({ name, needs }: Extract<Substitution, { kind: 'variable' }>, lookUp: LookUp): boolean {
  if (needs === 'default') return false
  const value = lookUp(name)
  return value === undefined || (needs === 'required-filled' && value === '')
}

/** Whether every substitution of the text has something to put in its place, and docker reads it as it is meant. */
export function isFillable(text: string, lookUp: LookUp): boolean {
  return substitutionsIn(text, 0).every(
    (found) => found.kind === 'variable' && found.misread === '' && !isUnset(found, lookUp),
  )
}

/**
 * The text with the values of variables in their places; of what has none, and of what is invalid, nothing is left.
 * What would come behind the first megabyte is cut off: nothing that takes such a text can be larger.
 */
export function filledIn(text: string, lookUp: LookUp): string {
  return replaced(text, tokensIn(text), (token) => (token.kind === 'lone' ? '' : substitute(token, lookUp))).text
}

/**
 * Docker makes a number or truth value of a text only where it has filled something in (docker/cli,
 * compose/interpolation), and text of all others: in this it fills in nothing.
 */
const LEFT_TO_FILL_IN = `\${SWARM_DEPLOY_NOTHING:-}`

/**
 * The text with the values of some variables in their places, as Docker is to find it: all others stay for Docker to
 * fill in, and a dollar sign in a value is escaped.
 *
 * @param isMeant whether the variable of this name is one of them; those with neither a value nor a default stay too
 */
export function partlyFilledIn(text: string, isMeant: (name: string) => boolean, lookUp: LookUp): string {
  const isKnown = ({ name, operator }: Token) => operator.endsWith('-') || lookUp(name) !== undefined
  const tokens = tokensIn(text).filter(
    (token) => token.kind === 'variable' && !token.operator.endsWith('+') && isMeant(token.name) && isKnown(token),
  )
  if (tokens.length === 0) return text
  return replaced(text, tokens, (token) => substitute(token, lookUp).replaceAll('$', '$$$$')).text + LEFT_TO_FILL_IN
}

/** What a token stands for. */
function substitute({ kind, name, operator, rest }: Token, lookUp: LookUp): string {
  if (kind === 'escaped') return '$'
  const value = lookUp(name)
  const isMissing = value === undefined || (value === '' && operator.startsWith(':'))
  return isMissing ? (operator.endsWith('-') ? rest : '') : value
}

/** The text with other words for its tokens, and perhaps for what is between them, up to a megabyte. */
function replaced(
  text: string,
  tokens: readonly Token[],
  wordsFor: (token: Token) => string,
  between: (part: string) => string = (part) => part,
): { readonly text: string; readonly isCut: boolean } {
  const parts: string[] = []
  let length = 0
  let at = 0
  const add = (part: string) => {
    parts.push(part)
    length += part.length
  }
  for (const token of tokens) {
    add(between(text.slice(at, token.start)))
    add(wordsFor(token))
    at = token.end
    if (length > LARGEST_VALUE) return { text: parts.join('').slice(0, LARGEST_VALUE), isCut: true }
  }
  add(between(text.slice(at)))
  return { text: parts.join(''), isCut: false }
}

/** A file of variables that was read, and what is wrong with it. No message shows a value. */
export interface EnvFile {
  readonly variables: ReadonlyMap<string, string>
  readonly problems: readonly { readonly line: number; readonly reason: string }[]
}

const ENTRY = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*(?:=|:[ \t]|:$)[ \t]*/
const BARE = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*(?:#.*)?$/
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

/**
 * Reads a dotenv file as docker compose does, without executing anything: comments, `export`, quotes (single ones
 * are literal, double ones know escapes, both may span lines), and variables in all but single quotes.
 *
 * @param lookUp for variables that the file itself does not set above; it goes before those that it does
 */
export function parseEnvFile(text: string, lookUp: LookUp): EnvFile {
  const variables = new Map<string, string>()
  const problems: { line: number; reason: string }[] = []
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const known: LookUp = (name) => lookUp(name) ?? variables.get(name)

  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    if (/^\s*(?:#|$)/.test(line)) continue
    const [head, name] = ENTRY.exec(line) ?? []
    if (head === undefined || name === undefined) {
      const bare = BARE.exec(line)?.[1]
      const inherited = bare === undefined ? undefined : lookUp(bare)
      if (bare === undefined)
        problems.push({ line: at + 1, reason: 'this is no KEY=value: write one, or # before a comment' })
      else if (inherited !== undefined) variables.set(bare, inherited)
      continue
    }
    const quote = line[head.length]
    if (quote !== '"' && quote !== "'") {
      variables.set(name, expand(name, withoutComment(line.slice(head.length)).trim(), at + 1))
      continue
    }
    const start = at
    const parts = [line.slice(head.length + 1)]
    let end = closing(parts[0] ?? '', quote)
    while (end < 0 && at + 1 < lines.length) {
      const part = lines[++at] ?? ''
      parts.push(part)
      end = closing(part, quote)
    }
    if (end < 0) {
      problems.push({ line: start + 1, reason: `the value of ${name} has no closing quote: add it` })
      break
    }
    const last = parts.pop() ?? ''
    if (!/^[ \t]*(?:#.*)?$/.test(last.slice(end + 1))) {
      problems.push({
        line: at + 1,
        reason: `there is text behind the closing quote of ${name}: take it out, or put all in quotes`,
      })
    }
    const inner = [...parts, last.slice(0, end)].join('\n')
    variables.set(name, quote === "'" ? inner : expand(name, inner, start + 1, true))
  }
  return { variables, problems }

  /** One pass over escapes and variables: what a variable brings in is not looked at again. */
  function expand(name: string, value: string, line: number, isQuoted = false): string {
    const masked = unescapedDollars(value)
    for (const found of substitutionsIn(masked, line)) {
      // What stands behind the sign is a piece of the value, which may be a password with a dollar sign in it.
      if (found.kind === 'invalid') {
        const reason = `the value of ${name} has a dollar sign that begins no plain variable: write $$ for the sign itself, or the value in single quotes`
        problems.push({ line: found.line, reason })
      } else if (isUnset(found, known)) {
        const reason = `the value of ${name} names a variable that is not set and has no default: set it, or write the value in single quotes if the dollar sign is meant`
        problems.push({ line: found.line, reason })
      }
    }
    const withoutEscapes = (part: string) => part.replace(/\\(.)/gs, (all, char) => unescaped(all, char, isQuoted))
    const tokens = tokensIn(masked)
    const words = (token: Token) => (token.kind === 'lone' ? '$' : substitute(token, known))
    const expanded = replaced(value, tokens, words, withoutEscapes)
    if (expanded.isCut) {
      problems.push({ line, reason: `the value of ${name} becomes larger than 1 MB: check the variables in it` })
    }
    return expanded.text
  }
}

/** A comment begins the value, or has a blank before it. */
function withoutComment(text: string): string {
  for (let at = text.indexOf('#'); at >= 0; at = text.indexOf('#', at + 1)) {
    if (at === 0 || text[at - 1] === ' ' || text[at - 1] === '\t') return text.slice(0, at)
  }
  return text
}

/** Escaped dollar signs are no variables: two blanks hold their place. */
function unescapedDollars(value: string): string {
  return value.replace(/\\./gs, (pair) => (pair.endsWith('\n') ? pair : '  '))
}

function unescaped(all: string, char: string, isQuoted: boolean): string {
  if (char === '$') return '$'
  if (!isQuoted) return all
  if (char === '"' || char === '\\' || char === "'") return char
  return ESCAPES[char] ?? all
}

/** Where the quote ends; -1 when it does not. Only double quotes know escapes. */
function closing(text: string, quote: string): number {
  for (let at = 0; at < text.length; at++) {
    if (quote === '"' && text[at] === '\\') at++
    else if (text[at] === quote) return at
  }
  return -1
}
