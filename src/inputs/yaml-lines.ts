import type { YAMLParseError } from 'yaml'
import { orList } from '../runner/text/word-list.ts'

/**
 * What the lines of a text that is no YAML show to be wrong with them: how they are indented, most often, of which a reader
 * of YAML knows only what it could make no more of. No text of theirs is quoted: it may hold secrets. Pure.
 */

export interface LineProblem {
  readonly line: number
  readonly column: number
  readonly reason: string
}

/** `line 3, column 5: …` */
export function lineInWords({ line, column, reason }: LineProblem): string {
  return `line ${line}, column ${column}: ${reason}`
}

const TWO_IN_ONE_LINE =
  'a value holds a colon and a blank: put the value in quotes, or begin a new line if another key begins there'
const DASH_WITHOUT_BLANK =
  'a dash begins an item only with a blank behind it: write it, as in `- name: web`, or put the word in quotes'
const TEXT_BEHIND_END = 'text follows behind a quote or bracket that is closed: put the whole value in quotes'

const NO_COLON = 'a colon is missing in the line: write `key: value` with a blank after the colon'
const MERGE_CONFLICT =
  'here begins a merge conflict that git has left: keep one of the two versions, and take its three lines of marks out'

const BLANK_OR_COMMENT = /^\s*(?:#|$)/
/** A key, or an item of a list, begins the line. */
const BEGINS = /^(?:-(?:\s|$)|[^\s#&*!|>%@`"'{[][^\s]*\s*:(?:\s|$)|"[^"]*"\s*:(?:\s|$)|'[^']*'\s*:(?:\s|$))/
const DASHES = /^(?:-\s+)+/
const DASH_IN_WORD = /^\s*-[A-Za-z]/
const BLOCK_FOLLOWS = /(?:^|[\s:])[|>][-+\d]*\s*(?:#.*)?$/

/**
 * @param error that the package found first
 * @returns `undefined` where the lines say no more than it
 */
export function problemOfLines(
  { code, message, pos: [offset] }: YAMLParseError,
  source: string,
): LineProblem | undefined {
  const lines = source.split(/\r?\n/)
  const index = source.slice(0, offset).split('\n').length - 1
  const before = source.slice(source.lastIndexOf('\n', offset - 1) + 1, offset)
  const here = (reason: string) => ({ line: index + 1, column: before.length + 1, reason })
  const conflict = lines.findIndex((line) => /^<{7}(?:\s|$)/.test(line))
  if (conflict >= 0) return { line: conflict + 1, column: 1, reason: MERGE_CONFLICT }
  const areMappings = code === 'BLOCK_AS_IMPLICIT_KEY' && message.startsWith('Nested')
  if (before.trim() === '' && !areMappings) return ofBeginning(lines, index)
  if (code === 'UNEXPECTED_TOKEN' && /["'}\]]\s*$/.test(before)) return here(TEXT_BEHIND_END)
  if (!areMappings) return undefined
  if (DASH_IN_WORD.test(lines[index] ?? '')) {
    return { line: index + 1, column: indentOf(lines[index]) + 1, reason: DASH_WITHOUT_BLANK }
  }
  if (/:(?:\s|$)/.test(lines[index]?.slice(before.length) ?? '')) return here(TWO_IN_ONE_LINE)
  // A value goes on in the next line, which was meant to be one of its own.
  return ofBeginning(
    lines,
    lines.findIndex((line, at) => at > index && !BLANK_OR_COMMENT.test(line)),
  )
}

/** That there is no line above in the same column that a line could stand beside. */
function ofBeginning(lines: readonly string[], index: number): LineProblem | undefined {
  const line = lines[index] ?? ''
  const column = indentOf(line) + 1
  const isItem = DASHES.test(`${line.trim()} `)
  const { keys, items } = columnsAbove(lines.slice(0, index))
  const beside = isItem ? items : keys
  if (!BEGINS.test(line.trimStart()) || beside.length === 0 || beside.includes(column)) return undefined
  const above = lines.findLastIndex((one, at) => at < index && !BLANK_OR_COMMENT.test(one))
  if (!isItem && hasNoColon(lines[above] ?? '', column))
    return { line: above + 1, column: keyColumnOf(lines[above]), reason: NO_COLON }
  const orItem = !isItem && items.includes(column) ? ', or write `- ` before it if it begins an item' : ''
  const reason = `the line begins in column ${column}, and those above that it may stand beside in column ${orList(beside.map(String))}: indent it as one of them${orItem}`
  return { line: index + 1, column, reason }
}

/** The columns, from one, in which keys and items begin that may still go on behind these lines. */
function columnsAbove(lines: readonly string[]): { readonly keys: number[]; readonly items: number[] } {
  const keys: number[] = []
  const items: number[] = []
  let block: number | undefined
  for (const line of lines) {
    const indent = indentOf(line)
    if (BLANK_OR_COMMENT.test(line) || (block !== undefined && indent > block)) continue
    block = BLOCK_FOLLOWS.test(line) ? indent : undefined
    const text = line.trimStart()
    const [dashes = ''] = DASHES.exec(text) ?? []
    for (const columns of [keys, items]) while ((columns.at(-1) ?? 0) > indent + 1) columns.pop()
    for (const { index } of dashes.matchAll(/-/g)) add(items, indent + index + 1)
    if (BEGINS.test(text.slice(dashes.length))) add(keys, keyColumnOf(line))
  }
  return { keys, items }
}

/** Whether a line was perhaps to be a key beside or above another one, which begins in this column. */
function hasNoColon(line: string, column: number): boolean {
  const text = line.slice(keyColumnOf(line) - 1)
  const isAbove = keyColumnOf(line) < column && /^[^\s:]+$/.test(text)
  return !BEGINS.test(text) && (isAbove || keyColumnOf(line) === column)
}

/** Where a key would begin in a line, behind the dashes of items. */
function keyColumnOf(line = ''): number {
  return indentOf(line) + (DASHES.exec(line.trimStart())?.[0].length ?? 0) + 1
}

function add(columns: number[], column: number): void {
  if (columns.at(-1) !== column) columns.push(column)
}

function indentOf(line = ''): number {
  return line.length - line.trimStart().length
}
