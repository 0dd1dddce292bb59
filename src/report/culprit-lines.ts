import type { ServiceResult } from '../result.ts'
import { groupBy } from '../runner/group-by.ts'
import { type Doc, docLink, withDocLink } from '../runner/log/doc-link.ts'
import { shortened } from '../runner/text/printable.ts'
import { someOf } from '../runner/text/some-of.ts'
import { blame } from './culprits.ts'
import { triedImage } from './image-words.ts'
import { remedyOf } from './remedies.ts'

/** Of so few all is told that their tasks have printed. */
const FEW = 3
const LINES_OF_MANY = 5
/** So many are told with their tasks, and so many with a line. */
const MOST_WITH_TASK = 10
const MOST_WITH_CAUSE = 100
const MOST_CAUSE_CHARACTERS = 500
const MOST_LINE_CHARACTERS = 300

/**
 * What the log says once more at its end of the services to which a red run owes that: why, with which image, and what their
 * tasks said last. Those that are only there because of others are left out, unless there are no others. Pure.
 *
 * @param link where a section of our documentation is
 */
export function culpritLines(results: readonly ServiceResult[], link: (doc: Doc) => string = docLink): string[] {
  const { culprits: own, stopped } = blame(results)
  const culprits = [...own, ...stopped]
  const logLines = culprits.length > FEW ? LINES_OF_MANY : Number.POSITIVE_INFINITY
  const rest = culprits.slice(MOST_WITH_CAUSE)
  return [
    ...culprits
      .slice(0, MOST_WITH_TASK)
      .flatMap((result) => [headOf(result), ...imageLine(result), ...taskLines(result, logLines)]),
    ...culprits.slice(MOST_WITH_TASK, MOST_WITH_CAUSE).map(headOf),
    ...(rest.length === 0 ? [] : [`✗ and ${rest.length} more: ${someOf(rest.map(({ name }) => name))}`]),
    ...remedyLines(culprits, link),
  ]
}

/** What to do, each once. */
export function remedyLines(culprits: readonly ServiceResult[], link: (doc: Doc) => string = docLink): string[] {
  const byRemedy = groupBy(culprits, remedyOf)
  return [...byRemedy].flatMap(([remedy, those]) => {
    if (remedy === undefined) return []
    const about = byRemedy.size === 1 ? '' : ` about ${someOf(those.map(({ name }) => name))}`
    return [withDocLink(`What to do${about}: ${remedy.advice}`, link(remedy.doc))]
  })
}

function headOf({ name, outcome, cause, place }: ServiceResult): string {
  const written = place === undefined ? '' : ` (${place.file} line ${place.line})`
  return `✗ ${name}${written}: ${outcome}: ${shortened(cause ?? 'no cause known', MOST_CAUSE_CHARACTERS)}`
}

function imageLine({ image }: ServiceResult): string[] {
  const tried = triedImage(image)
  return tried === undefined ? [] : [`    ${tried}`]
}

export function taskLines({ failedTask }: ServiceResult, most: number): string[] {
  if (failedTask === undefined) return []
  const { id, node, ending, logs } = failedTask
  const where = node === undefined ? '' : ` on node ${node}`
  const last = logs.slice(-Math.min(most, logs.length))
  return [
    `    task ${id}${where} ${shortened(ending, MOST_CAUSE_CHARACTERS)}${logs.length === 0 ? '' : '; it printed last:'}`,
    ...(logs.length === 0 ? [] : last.map((line) => `    | ${shortened(line, MOST_LINE_CHARACTERS)}`)),
  ]
}
