import type { ServiceResult } from '../../result.ts'
import { someOf } from '../../runner/text/some-of.ts'
import { fitting } from '../fitting.ts'
import { brokenWords, type RunWords } from '../headline.ts'
import { code, fenced, html, nameCode, plain } from '../markdown.ts'
import { remedyOf } from '../remedies.ts'
import { remedyLine } from './parts.ts'

/** More than these are a list, with what each has to say behind it. */
const MOST_SECTIONS = 2

/** As much of a summary is left to that list. */
const MOST_LIST_BYTES = 250_000
/** So many names stand for those that one advice is for. */
const MOST_NAMES = 20

/** What did not come up: parts that are to be there, and such as may be left out, from the last on. */
export interface CulpritParts {
  readonly needed: readonly string[]
  readonly details: readonly string[]
}

/** Why services did not come up, what their tasks said last, and what to do. */
export function culpritParts(culprits: readonly ServiceResult[], run: RunWords): CulpritParts {
  if (culprits.length <= MOST_SECTIONS) return { needed: [], details: culprits.map(section) }
  const items = culprits.map((one) => `- ${nameOf(one)} ${plain(brokenWords(one, run))}${place(one)}`)
  const shown = fitting(items, MOST_LIST_BYTES, Buffer.byteLength)
  const left = items.length - shown.length
  const rest = left === 0 ? [] : [`- and ${left} more: see the log and the output \`services\``]
  return {
    needed: [
      `### ${culprits.length} services did not come up`,
      [...shown, ...rest].join('\n'),
      ...remediesOf(culprits),
    ],
    details: culprits.map((one) => folded(`What <code>${html(one.name)}</code> said last`, told(one).join('\n\n'))),
  }
}

/** @param title HTML */
export function folded(title: string, content: string): string {
  return `<details><summary>${title}</summary>\n\n${content}\n\n</details>`
}

function section(result: ServiceResult): string {
  const remedy = remedyOf(result)
  return [
    `### ${nameOf(result)}: ${result.outcome}`,
    ...told(result),
    ...(remedy === undefined ? [] : [remedyLine(remedy)]),
    ...(result.place === undefined ? [] : [`It is written in ${code(result.place.file)}, line ${result.place.line}.`]),
  ].join('\n\n')
}

/** Its cause, and what its task said. */
export function told({ cause, failedTask }: ServiceResult): string[] {
  return [`**Cause:** ${plain(cause ?? 'none is known')}`, ...(failedTask === undefined ? [] : taskWords(failedTask))]
}

function taskWords({ id, node, ending, logs }: NonNullable<ServiceResult['failedTask']>): string[] {
  const where = node === undefined ? '' : ` on node ${code(node)}`
  const said = `Task ${code(id)}${where} ${plain(ending)}.`
  return logs.length === 0 ? [said] : [`${said} Its last lines:`, fenced(logs)]
}

/** Each once, with the names of those that it is for where they have several. */
function remediesOf(culprits: readonly ServiceResult[]): string[] {
  const remedies = [...new Set(culprits.flatMap((one) => remedyOf(one) ?? []))]
  return remedies.map((remedy) => {
    const those = culprits.filter((one) => remedyOf(one) === remedy)
    const about = remedies.length === 1 ? '' : ` about ${someOf(those.map(nameOf), MOST_NAMES)}`
    return remedyLine(remedy, about)
  })
}

function nameOf({ name }: ServiceResult): string {
  return nameCode(name)
}

function place({ place: written }: ServiceResult): string {
  return written === undefined ? '' : ` (${code(written.file)} line ${written.line})`
}
