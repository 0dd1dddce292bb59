/** A place of a text where Docker puts the value of a variable. */
export type Substitution =
  | { readonly kind: 'variable'; readonly name: string; readonly line: number; readonly needs: Need }
  /** What Docker would refuse, or leave as it stands. */
  | { readonly kind: 'invalid'; readonly line: number; readonly reason: string }

/** What a substitution does without a value: `required` of one that is empty too, `default` stands in for it. */
export type Need = 'value' | 'default' | 'required' | 'required-filled'

/** The value of a variable, `undefined` when it is not set. */
export type LookUp = (name: string) => string | undefined

const SUBSTITUTION =
  /\$(?:(?<escaped>\$)|(?<named>[a-z_]\w*)|\{(?<braced>[a-z_]\w*)(?:(?<operator>:?[-?+])(?<rest>[^}]*))?\})?/gi

/**
 * The substitutions of one text, in Docker's own grammar (docker/cli, cli/compose/template).
 *
 * @param line where the text begins
 */
export function substitutionsIn(text: string, line: number): Substitution[] {
  return [...text.matchAll(SUBSTITUTION)].flatMap((match): Substitution[] => {
    const { escaped, named, braced, operator, rest = '' } = match.groups ?? {}
    if (escaped !== undefined) return []
    const at = line + (text.slice(0, match.index).match(/\n/g)?.length ?? 0)
    const name = named ?? braced
    if (name === undefined) {
      return [{ kind: 'invalid', line: at, reason: 'a dollar sign begins no variable: write $$ for the sign itself' }]
    }
    if (operator?.includes('+')) {
      const reason = `docker stack does not know \${${name}${operator}…}: work the value out in an earlier step, and write \${${name}}`
      return [{ kind: 'invalid', line: at, reason }]
    }
    if (rest.includes('${')) {
      const reason = `the default of ${name} holds another variable, which docker stack would leave as it stands: write a plain default`
      return [{ kind: 'invalid', line: at, reason }]
    }
    return [{ kind: 'variable', name, line: at, needs: needOf(operator) }]
  })
}

function needOf(operator: string | undefined): Need {
  if (operator === undefined) return 'value'
  if (operator.endsWith('-')) return 'default'
  return operator === ':?' ? 'required-filled' : 'required'
}

/** Whether a substitution has nothing to put in its place. */
export function isUnset({ name, needs }: Extract<Substitution, { kind: 'variable' }>, lookUp: LookUp): boolean {
  if (needs === 'default') return false
  const value = lookUp(name)
  return value === undefined || (needs === 'required-filled' && value === '')
}

/** The text with the values of variables in their places; of what has none, and of what is invalid, nothing is left. */
export function filledIn(text: string, lookUp: LookUp): string {
  return text.replace(SUBSTITUTION, (...match) => {
    const { escaped, named, braced, operator, rest = '' } = match.at(-1) as Record<string, string | undefined>
    if (escaped !== undefined) return '$'
    const value = lookUp(named ?? braced ?? '')
    const isMissing = value === undefined || (value === '' && operator?.startsWith(':'))
    return isMissing ? (operator?.endsWith('-') ? rest : '') : value
  })
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
      const plain = line
        .slice(head.length)
        .replace(/(?:^|[ \t]+)#.*$/, '')
        .trim()
      variables.set(name, expand(plain, at + 1))
      continue
    }
    const start = at
    let rest = line.slice(head.length + 1)
    let end = closing(rest, quote)
    while (end < 0 && at + 1 < lines.length) {
      rest += `\n${lines[++at]}`
      end = closing(rest, quote)
    }
    if (end < 0) {
      problems.push({ line: start + 1, reason: `the value of ${name} has no closing quote: add it` })
      break
    }
    if (!/^[ \t]*(?:#.*)?$/.test(rest.slice(end + 1))) {
      problems.push({
        line: at + 1,
        reason: `there is text behind the closing quote of ${name}: take it out, or put all in quotes`,
      })
    }
    const inner = rest.slice(0, end)
    variables.set(name, quote === "'" ? inner : expand(inner, start + 1, true))
  }
  return { variables, problems }

  function expand(value: string, line: number, isQuoted = false): string {
    for (const found of substitutionsIn(unescapedDollars(value), line)) {
      if (found.kind === 'invalid') problems.push({ line: found.line, reason: found.reason })
      else if (isUnset(found, known)) {
        const reason = `the variable ${found.name} is not set and has no default: set it, or write \${${found.name}:-…}`
        problems.push({ line: found.line, reason })
      }
    }
    // One pass over escapes and variables: what a variable brings in is not looked at again.
    return value.replace(
      /\\(.)|\$(?:(\$)|([a-z_]\w*)|\{([a-z_]\w*)(?:(:?[-?+])([^}]*))?\})/gis,
      (all, char, dollar, named, braced, operator, rest) => {
        if (char !== undefined) return unescaped(all, char, isQuoted)
        if (dollar !== undefined) return '$'
        const found = known(named ?? braced)
        const isMissing = found === undefined || (operator?.startsWith(':') && found === '')
        return isMissing ? (operator?.endsWith('-') ? rest : '') : found
      },
    )
  }
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
