/**
 * What runners take for commands in the log of a step, by their own rules: those of GitHub's runner (actions/runner,
 * ActionCommand.cs and ActionCommandManager.cs) and of act and its descendants (nektos/act, pkg/runner/command.go).
 */

export interface Command {
  readonly name: string
  readonly properties: Readonly<Record<string, string>>
  readonly data: string
}

/** Every command that any version of the runner has known, and what only an attacker would write. */
const REGISTERED = new Set(
  'add-mask add-path add-matcher remove-matcher debug notice warning error group endgroup echo set-env set-output save-state stop-commands internal-set-repo-path'.split(
    ' ',
  ),
)

/** .NET's ReadLine ends lines at each of these. */
const LINE_END = /\r\n|\n|\r/

/** What .NET's TrimStart takes away: also signs that JavaScript does not take for blanks. */
const BLANKS = /^[\p{Z}\t-\r\u0085\u2028\u2029]+/u

/**
 * The commands in what a step printed, as GitHub's runner finds them: by `::` at the trimmed beginning of a line, else
 * by `##[` anywhere in it.
 */
export function commandsIn(printed: string): Command[] {
  return printed.split(LINE_END).flatMap((line) => newStyle(line) ?? oldStyle(line) ?? [])
}

/** The lines that GitHub's runner shows as they are. */
export function linesShown(printed: string): string[] {
  return printed.split(LINE_END).filter((line) => line !== '' && !newStyle(line) && !oldStyle(line))
}

function newStyle(line: string): Command | undefined {
  const trimmed = line.replace(BLANKS, '')
  const end = trimmed.startsWith('::') ? trimmed.indexOf('::', 2) : -1
  if (end < 0) return undefined
  return command(
    trimmed.slice(2, end),
    ',',
    trimmed.slice(end + 2),
    { '%0D': '\r', '%0A': '\n' },
    { '%3A': ':', '%2C': ',' },
  )
}

function oldStyle(line: string): Command | undefined {
  const start = line.indexOf('##[')
  const end = start < 0 ? -1 : line.indexOf(']', start)
  if (end < 0) return undefined
  return command(
    line.slice(start + 3, end),
    ';',
    line.slice(end + 1),
    { '%0D': '\r', '%0A': '\n', '%3B': ';', '%5D': ']' },
    {},
  )
}

type Escapes = Readonly<Record<string, string>>

function command(
  head: string,
  between: string,
  data: string,
  escapes: Escapes,
  inProperties: Escapes,
): Command | undefined {
  const [name = '', ...rest] = head.split(' ')
  if (!REGISTERED.has(name.toLowerCase())) return undefined
  const pairs = rest
    .join(' ')
    .split(between)
    .map((pair) => pair.split('='))
  const properties = pairs.flatMap(([key = '', ...value]) =>
    value.length === 0 ? [] : [[key.trim(), unescaped(value.join('='), { ...escapes, ...inProperties })] as const],
  )
  return { name: name.toLowerCase(), properties: Object.fromEntries(properties), data: unescaped(data, escapes) }
}

function unescaped(text: string, escapes: Escapes): string {
  return Object.entries({ ...escapes, '%25': '%' }).reduce((done, [from, to]) => done.replaceAll(from, to), text)
}

const GREEDY = [/^::([^ ]+)(?: (.+))?::([^\r\n]*)$/, /^##\[([^ ]+)(?: (.+))?\]([^\r\n]*)$/]

/** The commands as act finds them: it takes the last `::` of a line for the end of the head. */
export function greedyCommands(printed: string): Command[] {
  return printed.split(LINE_END).flatMap((line) => {
    const [, name, properties = '', data = ''] = GREEDY.map((pattern) => pattern.exec(line)).find(Boolean) ?? []
    if (name === undefined) return []
    const pairs = properties.split(',').flatMap((pair) => {
      const [key = '', value] = pair.split('=')
      return value === undefined ? [] : [[key, unescaped(value, { '%3A': ':', '%2C': ',', '%0A': '\n' })] as const]
    })
    return [{ name, properties: Object.fromEntries(pairs), data: unescaped(data, { '%0A': '\n' }) }]
  })
}

/** What act prints of a log: all but masks, a command that it does not know too. */
export function shownGreedily(printed: string): string {
  const lines = printed.split('\n').filter((line) => greedyCommands(line)[0]?.name !== 'add-mask')
  return lines.join('\n').trim()
}

/** The names and values of a file of outputs or states: `name<<delimiter`, lines, `delimiter` (FileCommandManager.cs). */
export function valuesIn(content: string): [string, string][] {
  const lines = content.split('\n')
  const values: [string, string][] = []
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    if (line === '') continue
    const [, name, delimiter] = /^([^=]*?)<<(.+)$/.exec(line) ?? []
    if (name === undefined || delimiter === undefined) throw new Error(`Invalid format '${line}'`)
    const end = lines.indexOf(delimiter, at + 1)
    if (end < 0) throw new Error(`Invalid value. Matching delimiter not found '${delimiter}'`)
    values.push([name, lines.slice(at + 1, end).join('\n')])
    at = end
  }
  return values
}
