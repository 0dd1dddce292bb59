import type { Service, ServiceSpec } from '../../../src/docker/api.ts'
import { namedPorts, otherPorts } from '../../../src/docker/swarm/published-ports.ts'
import { REMOVE_SCRIPT } from '../../../src/nodes/unused-images.ts'
import { driftOf } from '../../../src/plan/drift.ts'
import { isInterim } from '../../../src/plan/interim-spec.ts'
import { numbered } from '../../../src/plan/write-number.ts'
import type { ServiceResult } from '../../../src/result.ts'
import { isGood } from '../../../src/result.ts'
import type { Fault, MadeCall, Strike } from './faults.ts'
import { pass } from './hand-clock.ts'
import { digestOf, pin } from './images.ts'
import { MemorySwarm, withImage, withReplicas } from './memory-swarm.ts'
import { isSame } from './objects.ts'
import { cancel, type Run, runAction } from './run.ts'

/** A deploy, and the swarm that it finds. */
export interface Scenario {
  readonly inputs: Readonly<Record<string, string>>
  readonly compose?: string
  /** The services that are there before; all of them run. */
  readonly before: readonly ServiceSpec[]
  /** What has happened before, besides. */
  readonly prepare?: (swarm: MemorySwarm) => Promise<void>
  /** What is to run when all went well: images by the name that the user knows. */
  readonly asked: Readonly<Record<string, readonly string[]>>
  /** Whether the image that is asked for runs at all. */
  readonly isGood: boolean
}

export const ONE = pin('hub.test/acme/web:1')
export const TWO = pin('hub.test/acme/web:2')
export const TOOLS = 'hub.test/docker:cli'

const IMAGES = {
  'hub.test/acme/web:1': {},
  'hub.test/acme/web:2': {},
  'hub.test/acme/web:3': {},
  'hub.test/acme/web:bad': { ends: { afterSeconds: 0.2, exitCode: 3 } },
  [TOOLS]: { acts: workOnNode },
}

/** Each node has an image that nothing needs. */
function workOnNode({ container }: { readonly container: { readonly Command?: readonly string[] } }) {
  const old = `1000 hub.test/acme/web@${digestOf('hub.test/acme/web:3')}`
  const line = container.Command?.join().includes(REMOVE_SCRIPT) ? `gone ${old}` : `sha256:${'0'.repeat(64)} ${old}`
  return { stdout: ['swarm-deploy: begin', line, 'swarm-deploy: end'] }
}

export const TIMEOUT_SECONDS = 60
/** What the run may need beyond its timeout. */
export const MARGIN_SECONDS = 15
/** A run that takes so long hangs. */
export const HANGS_SECONDS = 2000

/** What goes wrong: at one call, or from one call on. */
export type Trouble = (stop: AbortController, swarm: MemorySwarm) => Omit<Strike, 'at' | 'from'>

const once = (fault: Fault) => () => ({ fault })

export const TROUBLES: Readonly<Record<string, Trouble>> = {
  'the connection is lost': once({ kind: 'connection-lost' }),
  'the answer is lost': once({ kind: 'answer-lost' }),
  'the leader is lost': once({ kind: 'election', as: 'lost-leader' }),
  'the leader is lost, and it was done': once({ kind: 'election', as: 'lost-leader', done: true }),
  'an election goes on': once({ kind: 'election', as: 'deadline' }),
  'there is no leader for some seconds': () => ({ fault: { kind: 'election', as: 'no-leader' }, times: 12 }),
  'the daemon says 500': once({ kind: 'error', status: 500, message: 'Internal Server Error' }),
  'the answer takes 10 s': once({ kind: 'stall', seconds: 10 }),
  'there is never an answer': once({ kind: 'stall', seconds: 1e5 }),
  'the answer is no JSON': once({ kind: 'garbage' }),
  'the connection is lost for good': () => ({ fault: { kind: 'connection-lost' }, times: Number.POSITIVE_INFINITY }),
  'there is no answer any more': () => ({ fault: { kind: 'stall', seconds: 1e5 }, times: Number.POSITIVE_INFINITY }),
  'the run is stopped': (stop) => ({ fault: { kind: 'meanwhile', act: () => cancel(stop) } }),
  'somebody deploys': meddling((swarm, name) => swarm.update(name, withImage(pin('hub.test/acme/web:3')))),
  'somebody scales': meddling((swarm, name) => swarm.update(name, withReplicas(5))),
  'somebody removes it': meddling((swarm, name) => swarm.remove(name)),
  'somebody rolls back': meddling((swarm, name) => swarm.rollBack(name)),
}

/** The services that the deploys change, as their users know them. */
const CHANGED = ['web', 'shop_web', 'shop_proxy', 'shop_old']

/** What somebody does to the service that is deployed; what Swarm refuses him is not done. */
function meddling(act: (swarm: MemorySwarm, name: string) => void): Trouble {
  return (_stop, swarm) => ({
    fault: {
      kind: 'meanwhile',
      act: () => {
        for (const name of swarm.services.filter((one) => CHANGED.includes(one))) {
          try {
            act(swarm, name)
          } catch {
            // Nothing to roll back, or a job that cannot be scaled.
          }
        }
      },
    },
  })
}

/** Whether somebody else than the run changes the swarm: then what was asked is not what has to run. */
export function isMeddling(trouble: string): boolean {
  return trouble.startsWith('somebody')
}

interface Played {
  readonly swarm: MemorySwarm
  readonly run: Run
  readonly calls: readonly MadeCall[]
  /** The services as they were before the run. */
  readonly was: ReadonlyMap<string, Service>
  /** And as they were at its end, some time for the swarm given. */
  readonly runningAtEnd: ReadonlyMap<string, readonly string[]>
}

/** Plays a deploy, with trouble or without. */
export async function play(scenario: Scenario, trouble?: Trouble, at?: number): Promise<Played> {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
  swarm.somebody('POST', '/networks/create', { Name: 'front', Driver: 'overlay' })
  // As an earlier deploy of ours has left them.
  for (const spec of scenario.before) swarm.create(numbered(spec))
  await pass(6)
  await scenario.prepare?.(swarm)
  swarm.faults.clear()
  const was = new Map(swarm.services.map((name) => [name, swarm.service(name) as Service]))
  const stop = new AbortController()
  if (trouble !== undefined && at !== undefined) swarm.faults.add({ ...trouble(stop, swarm), at })
  const inputs = { timeout: `${TIMEOUT_SECONDS}s`, ...scenario.inputs }
  const { compose } = scenario
  const run = await runAction(swarm, inputs, { stop, limitSeconds: HANGS_SECONDS, ...(compose && { compose }) })
  const calls = [...swarm.faults.calls]
  const runningAtEnd = new Map(swarm.services.map((name) => [name, swarm.running(name)]))
  await pass(40)
  return { swarm, run, calls, was, runningAtEnd }
}

/**
 * The numbers of the calls at which trouble is worth a run: of calls that are made again and again the first, one in
 * the middle, and the last.
 */
export function tellingCalls(calls: readonly MadeCall[]): number[] {
  const groups = new Map<string, number[]>()
  for (const { number, method, path } of calls) {
    const shape = `${method} ${path.replace(/\/[a-z]+0{3}\d+/, '/ID')}`
    groups.set(shape, [...(groups.get(shape) ?? []), number])
  }
  const telling = [...groups.values()].flatMap((group) => {
    return [group[0], group[Math.floor(group.length / 2)], group.at(-1)]
  })
  return [...new Set(telling.filter((number) => number !== undefined))].sort((a, b) => a - b)
}

/** What no cause says. */
export const HELPS_NOBODY = /bug of this action|undefined|\[object|TypeError|SyntaxError|This operation was aborted/

/** Which of the rules of truth a run has broken. */
export function brokenRules(scenario: Scenario, trouble: string, played: Played): string[] {
  const { run, swarm } = played
  const { results, problems, isBug, seconds } = run
  const broken: string[] = []
  if (isBug) broken.push(`it calls itself a bug: ${problems.join('; ').split('\n')[0]}`)
  if (results.length === 0 && problems.length === 0) broken.push('it says nothing')
  const prunes = scenario.inputs['prune-images'] === undefined ? 0 : TIMEOUT_SECONDS + MARGIN_SECONDS
  if (seconds > TIMEOUT_SECONDS + MARGIN_SECONDS + prunes) broken.push(`it takes ${Math.round(seconds)} s`)
  for (const { name, outcome, cause = '' } of results.filter((result) => !isGood(result))) {
    if (cause === '') broken.push(`${name} is ${outcome} without a cause`)
    if (HELPS_NOBODY.test(cause)) {
      broken.push(`${name} is ${outcome} with a cause that helps nobody: ${cause}`)
    }
  }
  const isGreen = results.length > 0 && results.every(isGood)
  if (isGreen && !isMeddling(trouble)) broken.push(...untrueGreen(scenario, played))
  if (!isGreen && isHarmless(trouble) && scenario.isGood) broken.push(`it is red: ${summary(run)}`)
  if (problems.length > 0 && !isMeddling(trouble)) broken.push(...changes(played))
  broken.push(...results.flatMap((result) => untrueResult(result, trouble, played)))
  if (!isMeddling(trouble)) broken.push(...untruePorts(played), ...untrueRefusals(played))
  if (mayTidy(trouble)) broken.push(...leftovers(trouble, played))
  if (!isMeddling(trouble)) broken.push(...takenForOthers(swarm))
  return broken
}

/** What nobody has to notice: the swarm goes on, and the run only has to ask again. */
export function isHarmless(trouble: string): boolean {
  return trouble === '' || trouble === 'the answer takes 10 s'
}

/** Whether the run can still reach the swarm at its end. */
function mayTidy(trouble: string): boolean {
  return !['the connection is lost for good', 'there is no answer any more'].includes(trouble)
}

function summary({ results, problems }: Run): string {
  return [...problems, ...results.map(({ name, outcome, cause }) => `${name} ${outcome}: ${cause}`)].join('; ')
}

/** The name of the service that has the traffic of one that the user knows. */
function liveName({ name, live = name }: ServiceResult): string {
  return live
}

function untrueGreen({ asked }: Scenario, { run, runningAtEnd, swarm }: Played): string[] {
  return Object.entries(asked).flatMap(([name, images]) => {
    const result = run.results.find((one) => one.name === name)
    if (result === undefined) return [`it is green and says nothing of ${name}`]
    const live = liveName(result)
    const now = runningAtEnd.get(live) ?? []
    const later = swarm.running(live)
    return [
      ...(isSame(now, images) ? [] : [`${name} is green and ${live} runs ${short(now)}`]),
      ...(isSame(later, images) ? [] : [`${name} is green and after a while ${live} runs ${short(later)}`]),
    ]
  })
}

/** What it says of one service against what is there. */
function untrueResult(result: ServiceResult, trouble: string, { swarm, was }: Played): string[] {
  const { name, outcome, cause = '' } = result
  if (outcome !== 'rolled-back' || isMeddling(trouble) || /not watched/.test(cause)) return []
  const before = was.get(name)
  const now = swarm.service(name)
  if (before === undefined) return now === undefined ? [] : [`${name} is rolled back and still there`]
  const image = before.Spec.TaskTemplate.ContainerSpec?.Image
  const running = swarm.running(name)
  return running.length > 0 && running.every((one) => one === image)
    ? []
    : [`${name} is rolled back and runs ${short(running)}`]
}

/** What docker is said to have refused, and has taken. */
function untrueRefusals({ swarm, was, run }: Played): string[] {
  return run.results.flatMap(({ name, outcome, cause = '' }) => {
    const isRefused = outcome === 'failed' && /^docker refused to (?:create|update)/.test(cause)
    return isRefused && !isSame(swarm.service(name)?.Spec, was.get(name)?.Spec) ? [`${name} is changed: ${cause}`] : []
  })
}

/** Ports that a service has not, of which it says that it is back or gone; and those that nobody has in the end. */
function untruePorts({ swarm, was, run }: Played): string[] {
  const portsOf = (name: string) => namedPorts(swarm.service(name)?.Spec ?? {})
  const all = swarm.services.flatMap(portsOf)
  return run.results.flatMap(({ name, outcome, cause = '' }) => {
    if (outcome === 'removed') return swarm.service(name) === undefined ? [] : [`${name} is removed and still there`]
    const before = namedPorts(was.get(name)?.Spec ?? {})
    if (outcome === 'rolled-back' && otherPorts(before, portsOf(name)).length > 0 && !/not watched/.test(cause))
      return [`${name} is rolled back and has not its ports`]
    const isLost = otherPorts(before, all).length > 0 && !/not known|the way back failed/.test(cause)
    return isLost ? [`${name} is ${outcome}, and nobody has the ports that it had: ${cause}`] : []
  })
}

/** What a run has changed that says that nothing was. */
function changes({ swarm, was, run }: Played): string[] {
  const made = swarm.services.filter((name) => !was.has(name) && !isToldToStay(name, run))
  return [
    ...made.map((name) => `nothing was changed, and ${name} is there`),
    ...[...was].flatMap(([name, before]) => {
      const now = swarm.service(name)
      return now !== undefined && isSame(now.Spec, before.Spec)
        ? []
        : [`nothing was changed, and ${name} is not as it was`]
    }),
  ]
}

/** Whether it is a service that is there for a while only, and the run says that one may be left. */
function isToldToStay(name: string, run: Run): boolean {
  return run.log.includes('May be left') && /^swarm-deploy-(?:prepare|tools)-/.test(name)
}

/** What a run leaves behind that nobody asked for. */
function leftovers(trouble: string, { swarm, run, was }: Played): string[] {
  return swarm.services.flatMap((name) => {
    const service = swarm.service(name)
    if (service === undefined) return []
    const isNew = !was.has(name)
    // Where nobody knows what the swarm took, nobody can say what is left.
    const isNamed = run.results.some(({ cause = '', ...result }) => {
      return liveName(result as ServiceResult) === name || cause.includes(name) || cause.includes('it is not known')
    })
    const isWarnedOf = run.log.includes('may be left')
    if (isWarnedOf || isToldToStay(name, run)) return []
    return [
      ...(isInterim(service.Spec) ? [`${name} is left with an interim spec`] : []),
      // What somebody makes of an interim spec has its mark, until he deploys again.
      ...(!isMeddling(trouble) && service.PreviousSpec && isInterim(service.PreviousSpec)
        ? [`${name} would be rolled back to an interim spec`]
        : []),
      ...(isNew && !isNamed ? [`${name} is left, and nothing says so`] : []),
    ]
  })
}

/** Writes of ours that a plan would call somebody else's. */
function takenForOthers(swarm: MemorySwarm): string[] {
  return swarm.services.flatMap((name) => {
    const service = swarm.service(name)
    const drift = service && driftOf(service, [], new Map())
    return drift === undefined ? [] : [`${name} is said to be ${drift.how} by somebody else`]
  })
}

function short(images: readonly string[]): string {
  return `[${images.map((image) => image.replace(/^.*\/|@.*$/g, '')).join(', ')}]`
}

/** What deploys ask when nothing goes wrong, by their inputs: each is played once for all kinds of trouble. */
const calm = new Map<string, readonly MadeCall[]>()

async function callsOf(scenario: Scenario): Promise<readonly MadeCall[]> {
  const key = JSON.stringify(scenario)
  const calls = calm.get(key) ?? (await play(scenario)).calls
  calm.set(key, calls)
  return calls
}

/**
 * What goes wrong with one kind of trouble, at the telling calls of a deploy.
 *
 * @param share of the calls only every so many-th, another one for each kind of trouble; 1: at all of them
 */
export async function violations(scenario: Scenario, trouble: string, share: number): Promise<string[]> {
  const make = TROUBLES[trouble]
  const first = Object.keys(TROUBLES).indexOf(trouble)
  if (make === undefined) throw new Error(`there is no trouble of the name ${trouble}`)
  const calls = await callsOf(scenario)
  const found: string[] = []
  for (const at of tellingCalls(calls).filter((_, index) => (index + first) % share === 0)) {
    const call = calls[at - 1]
    const where = `call ${at}, ${call?.method} ${call?.path}`
    try {
      const played = await play(scenario, make, at)
      found.push(...brokenRules(scenario, trouble, played).map((rule) => `${where}: ${rule}`))
    } catch (error) {
      found.push(`${where}: ${(error as Error).message}`)
    }
  }
  return found
}
