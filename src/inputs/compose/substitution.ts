/** One place of a text where Docker puts the value of a variable, or a dollar sign that begins none. */
export interface Token {
  readonly start: number
  /** Behind its last character. */
  readonly end: number
  readonly kind: 'escaped' | 'variable' | 'lone'
  readonly name: string
  /** `:-`, `-`, `:?`, `?`, `:+` or `+`; empty when there is none. */
  readonly operator: string
  /** What stands behind the operator. */
  readonly rest: string
}

const NAME = /[a-z_]\w*/iy
const OPERATOR = /:?[-?+]/y

/**
 * The dollar signs of a text, in Docker's own grammar (docker/cli, cli/compose/template): `$$`, `$NAME`, `${NAME}`,
 * `${NAME:-…}`. Each character is looked at once, however the text was made.
 */
export function tokensIn(text: string): Token[] {
  const tokens: Token[] = []
  const closes = closingBraces(text)
  for (let start = text.indexOf('$'); start >= 0; ) {
    const token = tokenAt(text, start, closes)
    tokens.push(token)
    start = text.indexOf('$', token.end)
  }
  return tokens
}

function tokenAt(text: string, start: number, closes: (from: number) => number): Token {
  const token = { start, end: start + 1, kind: 'lone', name: '', operator: '', rest: '' } as const
  if (text[start + 1] === '$') return { ...token, kind: 'escaped', end: start + 2 }
  const name = matchAt(NAME, text, start + 1)
  if (name !== '') return { ...token, kind: 'variable', name, end: start + 1 + name.length }
  if (text[start + 1] !== '{') return token
  const braced = matchAt(NAME, text, start + 2)
  const behind = start + 2 + braced.length
  const end = closes(behind)
  if (braced === '' || end < 0) return token
  const operator = matchAt(OPERATOR, text, behind)
  const rest = text.slice(behind + operator.length, end)
  if (operator === '' && rest !== '') return token
  return { start, end: end + 1, kind: 'variable', name: braced, operator, rest }
}

/** Where the next closing brace is; -1 when there is none. Asked from left to right. */
function closingBraces(text: string): (from: number) => number {
  let next = -2
  return (from) => {
    if (next !== -1 && next < from) next = text.indexOf('}', from)
    return next
  }
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
}
