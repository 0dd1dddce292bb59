import { LINE_END, printable, shortened } from '../runner/text/printable.ts'

/** Markdown of texts that are not ours: none of them gets out of its place. */

/**
 * What GitHub makes more of than text, also without brackets: links, mentions, references, formulas, pictures with
 * names (`:x:`). Such words stand as code, in which nothing is looked for.
 */
const MADE_MORE_OF = /:\/\/|www\.|@|#\w|\bGH-\d|\$|:(?:[+-]1|100|1234|[\w-]*[a-z][\w-]*):/i

/** How a list begins, and a line under a heading. */
const BEGIN_OF_BLOCK = /^([-+=]|\d+(?=[.)]))/

/** A word as code, on one line: between more backticks than it has in a row. */
export function code(text: string): string {
  const line = printable(text).trim()
  if (line === '') return '–'
  const fence = '`'.repeat(longestRun(line) + 1)
  // One blank on each side is taken away again.
  const isCovered = line.startsWith('`') || line.endsWith('`')
  return isCovered ? `${fence} ${line} ${fence}` : `${fence}${line}${fence}`
}

/** Longer names are cut. */
const MOST_NAME_CHARACTERS = 300

/** The name of a service, an image or the like, as code. */
export function nameCode(name: string): string {
  return code(shortened(name, MOST_NAME_CHARACTERS))
}

/** The same in a cell of a table. */
export function nameCell(name: string): string {
  return cell(shortened(name, MOST_NAME_CHARACTERS))
}

/** A word as code in a cell of a table, which a bar ends even there. */
export function cell(text: string): string {
  return code(text).replace(/\\*\|/g, '\\|')
}

/** A text on one line: a second one could begin a block of its own. */
export function plain(text: string): string {
  return withoutBlock(words(printable(text).trim()))
}

/** What stands between two backticks, with nothing but signs of a sentence between those and the next blanks. */
const CODE = /(?<=(?:^|\s)["'([]*)`([^`]+)`(?=["')\].,:;!?]*(?:\s|$))/

/** A sentence of our own, with names of others in it: what stands between backticks is code. */
export function prose(text: string): string {
  const parts = printable(text).trim().split(CODE)
  return withoutBlock(parts.map((part, index) => (index % 2 === 1 ? code(part) : words(part))).join(''))
}

/** The same in a cell of a table, which a bar ends even within code. */
export function proseCell(text: string): string {
  return prose(text).replace(/\\*\|/g, '\\|')
}

/** A word without the signs of a sentence around it. */
const WITHIN_SIGNS = /^(["'([]*)(.*?)(["')\].,:;!?]*)$/s

function words(text: string): string {
  return text
    .split(/( +)/)
    .map((word) => {
      if (!MADE_MORE_OF.test(word)) return escaped(word)
      const [, before = '', body = '', behind = ''] = WITHIN_SIGNS.exec(word) ?? []
      return MADE_MORE_OF.test(body) ? `${escaped(before)}${code(body)}${escaped(behind)}` : code(word)
    })
    .join('')
}

function withoutBlock(line: string): string {
  return line.replace(BEGIN_OF_BLOCK, (begin) => (/\d/.test(begin) ? `${begin}\\` : `\\${begin}`))
}

/** A word within a tag of HTML, in which Markdown counts no more. */
export function html(text: string): string {
  return printable(text).replace(/[&<>"'@#]/g, (sign) => `&#${sign.charCodeAt(0)};`)
}

/** Lines as a block of code, in a fence longer than any that they contain. */
export function fenced(lines: readonly string[]): string {
  const shown = lines.flatMap((line) => line.split(LINE_END)).map(printable)
  const fence = '`'.repeat(Math.max(2, ...shown.map(longestRun)) + 1)
  return [fence, ...shown, fence].join('\n')
}

/** How many backticks stand in a row at most. */
function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length))
}

function escaped(word: string): string {
  return word.replace(/[\\`*_{}[\]<>|#~]/g, '\\$&').replaceAll('&', '&amp;')
}
