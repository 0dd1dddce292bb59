import type { Return } from '../plan/rollback.ts'
import { type FailedTask, isGood, type ServiceResult } from '../result.ts'
import { allOf } from '../runner/text/all-of.ts'
import { printable, shortened } from '../runner/text/printable.ts'
import { andList } from '../runner/text/word-list.ts'
import { blame } from './culprits.ts'
import { imageWords } from './image-words.ts'

/** What a headline has to know of a run beside its results. */
export interface RunWords {
  /** Whether it waited until everything runs. */
  readonly wait: boolean
  readonly timeoutSeconds: number
  readonly stack?: { readonly name: string; readonly leftOut?: readonly string[] } | undefined
  /** Of a rollback: where it went, or was to go. */
  readonly returns?: readonly Return[] | undefined
}

const MOST_CAUSE_CHARACTERS = 140
const LAST_CHARACTERS = 50
/** Two short causes stand side by side, more do not. */
const MOST_PAIR_CHARACTERS = 120
const MOST_NAMES = 3

/**
 * What a run came to, in one sentence: what broke, why, and what runs now. Pure, and plain text: names and causes may
 * hold anything.
 */
export function headline(results: readonly ServiceResult[], run: RunWords): string {
  if (results.every(isGood)) return goodHeadline(results, run)
  const { culprits, stopped } = blame(results)
  const broke = culprits.length > 0 ? whatBroke(whoBrokeIt(culprits), run) : 'the run was stopped'
  const stands = whatStands(results, culprits, stopped)
  return stands === '' ? broke : `${broke} – ${stands}`
}

/** Names side by side: `a, b and c`, `a, b and 8 others`. */
export function names(all: readonly ServiceResult[], most = MOST_NAMES): string {
  return someNames(
    all.map(({ name }) => printable(name)),
    most,
  )
}

function someNames(all: readonly string[], most: number): string {
  return andList(all.length > most ? [...all.slice(0, most - 1), `${all.length - most + 1} others`] : all)
}

function goodHeadline(results: readonly ServiceResult[], { wait, stack }: RunWords): string {
  const removed = results.filter(({ outcome }) => outcome === 'removed')
  const unchanged = results.filter(({ outcome }) => outcome === 'unchanged')
  const changed = results.filter((result) => !removed.includes(result) && !unchanged.includes(result))
  const services = (those: readonly ServiceResult[]) => {
    if (those.length === 1) return names(those)
    const isAll = those.length === results.length && (stack?.leftOut ?? []).length === 0
    const count = isAll ? allOf(those.length, 'services') : `${those.length} services`
    return `${count}${stack === undefined ? '' : ` of stack ${stack.name}`}`
  }
  const be = (those: readonly ServiceResult[]) => (those.length === 1 ? 'was' : 'were')
  if (unchanged.length === results.length) {
    return `${services(unchanged)} ${unchanged.length === 1 ? 'is' : 'are'} as asked already: nothing was changed`
  }
  const rest = [
    ...(unchanged.length === 0 ? [] : [`${unchanged.length} ${be(unchanged)} as asked already`]),
    ...(removed.length === 0 || changed.length === 0 ? [] : [`${removed.length} ${be(removed)} removed`]),
  ]
  const what =
    changed.length === 0 ? `${services(removed)} ${be(removed)} removed` : changedWords(changed, services, wait)
  return rest.length === 0 ? what : `${what}; ${rest.join(', ')}`
}

function changedWords(
  changed: readonly ServiceResult[],
  services: (those: readonly ServiceResult[]) => string,
  wait: boolean,
): string {
  const [first, ...others] = changed
  const isOne = others.length === 0
  if (!wait)
    return `${services(changed)} ${isOne ? 'was' : 'were'} sent, and nobody waited until ${isOne ? 'it runs' : 'they run'}`
  // Whether its image runs at all is not known before it has a task.
  if (changed.every(({ tasks }) => tasks.wanted === 0)) {
    return `${services(changed)} ${isOne ? 'is as asked, and has' : 'are as asked, and have'} no task to run`
  }
  const tag = isOne ? plainTag(first?.image.after) : undefined
  return `${services(changed)} ${isOne ? 'is' : 'are'} up${tag === undefined ? '' : ` on ${tag}`}`
}

/** The tag of an image, unless it is none that a registry would take: what runs is somebody else's word. */
function plainTag(image = ''): string | undefined {
  const { tag = '' } = imageWords(image)
  return /^\w[\w.-]*$/.test(tag) ? tag : undefined
}

/** Of one that only its way back has failed, that is told with what stands. */
function whoBrokeIt(culprits: readonly ServiceResult[]): readonly ServiceResult[] {
  const own = culprits.filter(({ because, wayBack }) => because === undefined || wayBack !== 'failed')
  return own.length === 0 ? culprits : own
}

function whatBroke(culprits: readonly ServiceResult[], run: RunWords): string {
  const all = culprits.map((one) => ({ name: brokenName(one), what: brokenWords(one, run) }))
  const [first, second] = all
  if (first !== undefined && all.length === 1) return `${first.name} ${first.what}`
  if (first !== undefined && all.every(({ what }) => what === first.what)) {
    const broken = all.map(({ name }) => name)
    return `${someNames(broken, MOST_NAMES)} ${ofSeveral(first.what)}`
  }
  const pair = `${first?.name} ${first?.what}, and ${second?.name} ${second?.what}`
  if (all.length === 2 && pair.length <= MOST_PAIR_CHARACTERS) return pair
  return `${names(culprits)} did not come up`
}

function ofSeveral(what: string): string {
  return what
    .replace(/^was /, 'were ')
    .replace(/^failed its health check/, 'failed their health checks')
    .replace(/^(did not come up within \d+ s: )its task /, '$1a task of each ')
}

/** A task of a canary is not the service, whose other tasks have never stopped. */
function brokenName({ name, outcome, trouble, failedTask }: ServiceResult): string {
  if (outcome === 'superseded') return printable((trouble?.kind === 'overtaken' && trouble.service) || name)
  return failedTask?.isCanary ? `the canary of ${printable(name)}` : printable(name)
}

/** What is wrong with one service, in words that its name comes before. */
export function brokenWords(
  { outcome, cause = '', trouble, failedTask, reason = cause }: ServiceResult,
  run: RunWords,
): string {
  if (outcome === 'superseded') {
    const done = trouble?.kind === 'overtaken' ? trouble.what : 'changed'
    return `was ${done} by someone else during this deploy`
  }
  const broken = failedTask && taskInWords(failedTask)
  if (trouble?.kind === 'late') {
    const why = failedTask?.exitCode === undefined ? '' : `: its task ${broken}`
    return `did not come up within ${run.timeoutSeconds} s${why}`
  }
  if (broken !== undefined) return broken
  return reason === '' ? 'did not come up' : `did not come up: ${short(reason)}`
}

/** A health check may say a whole page, of which nothing is told here. */
function taskInWords({ ending, node, nodeState }: FailedTask): string {
  const which = nodeState === undefined ? '' : `, which is ${nodeState}`
  const where = node === undefined ? '' : ` on node ${printable(node)}${which}`
  return `${short(ending.replace(/ \(.*$/su, ''))}${where}`
}

/** A long one without its middle: docker says last what is wrong (`write /var/lib/docker/…: no space left on device`). */
function short(text: string): string {
  const line = printable(text)
  if (line.length <= MOST_CAUSE_CHARACTERS) return line
  const head = shortened(line, MOST_CAUSE_CHARACTERS - LAST_CHARACTERS).split('… (')[0]
  const last = line.slice(-LAST_CHARACTERS)
  return `${head} … ${last.slice(last.indexOf(' ') + 1)}`
}

/** What runs now. */
function whatStands(
  results: readonly ServiceResult[],
  culprits: readonly ServiceResult[],
  stopped: readonly ServiceResult[],
): string {
  const ofWay = (way: ServiceResult['wayBack']) => results.filter(({ wayBack }) => wayBack === way)
  const back = ofWay('done')
  const gone = ofWay('removed')
  const lost = ofWay('failed')
  const unwatched = ofWay('unwatched')
  const restored = back.length + gone.length
  if (lost.length > 0) {
    const others = restored === 0 ? '' : `; ${count(restored, 'other is', 'others are')} back`
    return `the way back of ${names(lost)} failed too${others}`
  }
  if (unwatched.length > 0) return `${subject(unwatched, culprits)} sent back, and nobody waited for that`
  if (restored > 0) return restoredWords(results, back, gone, culprits)
  if (stopped.length > 0) return stoppedWords(stopped)
  return leftWords(results, culprits)
}

function restoredWords(
  results: readonly ServiceResult[],
  back: readonly ServiceResult[],
  gone: readonly ServiceResult[],
  culprits: readonly ServiceResult[],
): string {
  const restored = [...back, ...gone]
  const stays = results.filter(isNew)
  const standing = stays.length === 0 ? [] : [count(stays.length, 'other runs as asked', 'others run as asked')]
  if (restored.length === 1 && culprits.length === 1 && culprits[0] === restored[0]) {
    return [gone.length > 0 ? 'it was removed again' : 'it is back on what ran before', ...standing].join(', and ')
  }
  // Those that nobody touched run what they ran.
  const touched = results.filter(
    (result) => result.wayBack !== undefined || result.outcome === 'superseded' || isNew(result),
  )
  const isAll = gone.length === 0 && touched.length === back.length && back.length > 1
  const services = touched.length === results.length ? 'services' : 'changed services'
  const many = isAll ? `${allOf(back.length, services)} are` : `${back.length} services are`
  const said = [
    ...(back.length === 0 ? [] : [`${back.length === 1 ? `${names(back)} is` : many} back on what ran before`]),
    ...(gone.length === 0 ? [] : [`${names(gone)} ${gone.length === 1 ? 'was' : 'were'} removed again`]),
    ...standing,
  ]
  return said.join(', and ')
}

/** It runs what this run has sent. */
function isNew({ outcome, wayBack, leaves }: ServiceResult): boolean {
  return (outcome === 'created' || outcome === 'updated') && wayBack === undefined && !leaves
}

function stoppedWords(stopped: readonly ServiceResult[]): string {
  const underWay = stopped.filter(({ image: { after, wanted } }) => after !== undefined && after === wanted)
  if (underWay.length === 0) return `${count(stopped.length, 'service was', 'services were')} not finished`
  return `the swarm goes on by itself with ${names(underWay)}`
}

/** Nothing was brought back. */
function leftWords(results: readonly ServiceResult[], culprits: readonly ServiceResult[]): string {
  const up = results.filter((result) => isGood(result) && result.outcome !== 'removed' && !result.leaves).length
  const failed = culprits.filter(({ outcome }) => outcome === 'failed' || outcome === 'timed-out')
  const swarms = culprits.filter(({ outcome }) => outcome === 'rolled-back').length
  const unsent = results.filter(({ outcome }) => outcome === 'skipped').length
  const said = [
    ...(swarms > 0 && swarms === culprits.length ? ['Swarm went back to what ran before'] : []),
    ...(failed.length > 0 ? [asTheyAre(failed, culprits.length === 1)] : []),
    ...(up > 0 ? [count(up, 'other service runs as asked', 'other services run as asked')] : []),
    ...(unsent > 0 ? [count(unsent, 'was not sent', 'were not sent')] : []),
  ]
  return said.join(', ')
}

/** Those that docker has refused to make are not there to be left. */
function asTheyAre(failed: readonly ServiceResult[], isOne: boolean): string {
  const wereRefused = failed.every(({ trouble }) => trouble?.kind === 'refused')
  if (wereRefused) return isOne ? 'it was not made' : 'they were not made'
  return isOne ? 'it is left as it is' : 'they are left as they are'
}

function subject(all: readonly ServiceResult[], culprits: readonly ServiceResult[]): string {
  if (all.length > 1) return `${all.length} services were`
  return culprits.length === 1 && culprits[0] === all[0] ? 'it was' : `${names(all)} was`
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`
}
