import type { Place, ServiceResult } from '../result.ts'
import { groupBy } from '../runner/group-by.ts'
import { MOST_ANNOTATIONS } from '../runner/log/workflow-commands.ts'
import { shortened } from '../runner/text/printable.ts'
import { blame } from './culprits.ts'
import { fitting } from './fitting.ts'
import { names } from './headline.ts'
import { triedImage } from './image-words.ts'

const MOST_CAUSE_CHARACTERS = 1500
const MOST_LOG_LINE_CHARACTERS = 1000
/** Of the 4,096 that a runner keeps of an annotation, with room for words on what is left out. */
const MOST_ANNOTATION_CHARACTERS = 4000

export interface Annotation {
  readonly level: 'error' | 'notice'
  readonly title: string
  readonly message: string
  /** Where the user wrote what it is about. */
  readonly place?: Place
}

/** What the page of a run shows of its services, and which culprits have no room there. */
export interface Annotations {
  readonly shown: readonly Annotation[]
  readonly others: readonly ServiceResult[]
}

/**
 * One annotation for each culprit, as far as a page has room; one for all that the stop of the run has met; and one,
 * which is not red, for all that only went back because of them.
 */
export function annotationsOf(results: readonly ServiceResult[]): Annotations {
  const { culprits, stopped, takenAlong } = blame(results)
  const one = (result: ServiceResult): Annotation => ({
    level: 'error',
    title: `${result.name}: ${result.outcome}`,
    message: annotation(result),
    ...(result.place && { place: result.place }),
  })
  const errors = [...culprits.map(one), ...together(stopped, one)]
  const shown = errors.slice(0, MOST_ANNOTATIONS)
  return { shown: [...shown, ...takenAlongNotice(takenAlong)], others: culprits.slice(shown.length) }
}

/** One alone has an annotation of its own. */
function together(stopped: readonly ServiceResult[], one: (result: ServiceResult) => Annotation): Annotation[] {
  if (stopped.length < 2) return stopped.map(one)
  const lines = stopped.map(
    ({ name, cause = 'no cause known' }) => `${name}: ${shortened(cause, MOST_CAUSE_CHARACTERS)}`,
  )
  return [
    {
      level: 'error',
      title: `${stopped.length} services: cancelled`,
      message: withRest(lines, 'services'),
    },
  ]
}

function takenAlongNotice(takenAlong: readonly ServiceResult[]): Annotation[] {
  if (takenAlong.length === 0) return []
  const byWords = groupBy(takenAlong, whatBecame)
  const said = TAKEN_ALONG.flatMap((what) => {
    const those = byWords.get(what)
    return those === undefined ? [] : [`${what}: ${names(those, 20)}`]
  })
  const others = byWords.get(undefined) ?? []
  const message = [...said, ...others.map(({ name, outcome }) => `${name}: ${outcome}`)].join('\n')
  return [{ level: 'notice', title: 'Only because of others', message }]
}

const TAKEN_ALONG = [
  'Went back to what ran before',
  'Removed again',
  'Sent back, and nobody waited for that',
  'Not sent, or not waited for any more',
] as const

function whatBecame({ outcome, wayBack }: ServiceResult): (typeof TAKEN_ALONG)[number] | undefined {
  if (outcome === 'skipped') return 'Not sent, or not waited for any more'
  if (outcome !== 'rolled-back') return undefined
  if (wayBack === 'removed') return 'Removed again'
  return wayBack === 'unwatched' ? 'Sent back, and nobody waited for that' : 'Went back to what ran before'
}

/** The lines that have room, with a word on the others. */
function withRest(lines: readonly string[], what: string): string {
  const shown = fitting(lines, MOST_ANNOTATION_CHARACTERS, ({ length }) => length)
  const left = lines.length - shown.length
  return [...shown, ...(left === 0 ? [] : [`and ${left} more ${what}`])].join('\n')
}

/**
 * What an error annotation says of a service that did not come up: the cause, the image, and what its task said last.
 * Where not all of that has room, the newest lines do.
 */
export function annotation({ cause, failedTask, image }: ServiceResult): string {
  const tried = triedImage(image)
  const imageLine = tried === undefined ? [] : [`Its ${tried}.`]
  const head = [shortened(cause ?? 'no cause known', MOST_CAUSE_CHARACTERS)]
  if (failedTask === undefined) return [...head, ...imageLine].join('\n')
  const where = failedTask.node === undefined ? '' : ` on node ${failedTask.node}`
  head.push(shortened(`Task ${failedTask.id}${where} ${failedTask.ending}.`, MOST_CAUSE_CHARACTERS), ...imageLine)
  if (failedTask.logs.length === 0) return head.join('\n')
  const said = failedTask.logs.map((line) => `  ${shortened(line, MOST_LOG_LINE_CHARACTERS)}`)
  const room = MOST_ANNOTATION_CHARACTERS - head.join('\n').length
  const newest = fitting(said.toReversed(), room, ({ length }) => length).toReversed()
  const title = newest.length === said.length ? 'Its last log lines:' : `Its last ${newest.length} log lines:`
  return [...head, title, ...newest].join('\n')
}
