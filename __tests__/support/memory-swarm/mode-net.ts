import type { Service } from '../../../src/docker/api.ts'
import { userIn } from './images.ts'
import { MemorySwarm } from './memory-swarm.ts'
import {
  HANGS_SECONDS,
  HELPS_NOBODY,
  isHarmless,
  isMeddling,
  MARGIN_SECONDS,
  TIMEOUT_SECONDS,
  TROUBLES,
  type Trouble,
  tellingCalls,
} from './net.ts'
import { isSame } from './objects.ts'
import { type Run, runAction } from './run.ts'

/** Runs that deploy nothing, under the same troubles as deploys. */

const IMAGE = 'hub.test/acme/web:1'
const BOB = '- {registry: hub.test, username: bob, password: bobs-own-password}'

const COMPOSE = `services:
  web: {image: '${IMAGE}', networks: [front], secrets: [key], deploy: {replicas: 2}}
networks: {front: {}}
secrets: {key: {content: 'the-very-secret'}}
`

/** How a swarm is at one moment, as far as these runs could change it. */
interface State {
  readonly services: ReadonlyMap<string, Service>
  /** The IDs of the tasks that run. */
  readonly tasks: readonly string[]
  /** The names of networks, secrets and configs. */
  readonly objects: readonly string[]
}

interface Played {
  readonly swarm: MemorySwarm
  readonly run: Run
  readonly was: State
  readonly now: State
  readonly trouble: string
}

interface Mode {
  readonly inputs: Readonly<Record<string, string>>
  /** How long it may take beyond its time, in seconds. */
  readonly closingSeconds?: number
  /** What is not true of what it says, or was not to happen. */
  readonly untrue: (played: Played) => string[]
}

const MODES: Readonly<Record<string, Mode>> = {
  status: { inputs: { mode: 'status', stack: 'shop' }, untrue: changes },
  history: { inputs: { mode: 'history', stack: 'shop' }, untrue: changes },
  'refresh-auth': { inputs: { mode: 'refresh-auth', services: 'all', registries: BOB }, untrue: untrueRenewals },
  remove: { inputs: { mode: 'remove', stack: 'shop', lock: 'true' }, closingSeconds: 60, untrue: untrueRemoval },
}

export const MODE_NAMES = Object.keys(MODES)

/** What breaks at the telling calls of a mode with one kind of trouble; with none, what breaks without. */
export async function violationsOfMode(name: string, trouble: string, share: number): Promise<string[]> {
  const mode = MODES[name]
  if (mode === undefined) throw new Error(`there is no mode ${name} in the net`)
  if (trouble === '') return broken(mode, await play(mode, ''))
  const make = TROUBLES[trouble]
  if (make === undefined) throw new Error(`there is no trouble of the name ${trouble}`)
  const first = Object.keys(TROUBLES).indexOf(trouble)
  const { swarm } = await play(mode, '')
  const found: string[] = []
  for (const at of tellingCalls(swarm.faults.calls).filter((_, index) => (index + first) % share === 0)) {
    const call = swarm.faults.calls[at - 1]
    const played = await play(mode, trouble, make, at)
    found.push(...broken(mode, played).map((rule) => `call ${at}, ${call?.method} ${call?.path}: ${rule}`))
  }
  return found
}

async function play({ inputs }: Mode, trouble: string, make?: Trouble, at = 0): Promise<Played> {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: { [IMAGE]: {}, 'hub.test/acme/web:3': {} } })
  await runAction(swarm, { stack: 'shop', monitor: '1s' }, { compose: COMPOSE })
  await runAction(swarm, { services: `[{name: other, image: '${IMAGE}', create: true}]`, monitor: '1s' })
  swarm.faults.clear()
  const was = stateOf(swarm)
  const stop = new AbortController()
  if (make !== undefined) swarm.faults.add({ ...make(stop, swarm), at })
  const asked = { timeout: `${TIMEOUT_SECONDS}s`, ...inputs }
  const run = await runAction(swarm, asked, { stop, limitSeconds: HANGS_SECONDS })
  return { swarm, run, was, now: stateOf(swarm), trouble }
}

function stateOf(swarm: MemorySwarm): State {
  const { objects } = swarm.store
  return {
    services: new Map(swarm.services.map((name) => [name, swarm.service(name) as Service])),
    tasks: swarm.services
      .flatMap((name) => swarm.tasks(name))
      .filter(({ Status, DesiredState }) => Status.State === 'running' && DesiredState === 'running')
      .map(({ ID }) => ID)
      .sort(),
    objects: [objects.networks, objects.secrets, objects.configs]
      .flatMap((all) => [...all.values()].map(({ name }) => name))
      .sort(),
  }
}

/** The rules of truth that all of them have, and those of one. */
function broken(mode: Mode, played: Played): string[] {
  const { run, trouble } = played
  const { problems, removed = [], renewals = [], isBug, isRed = problems.length > 0, seconds, log } = run
  const causes = [...problems, ...[...removed, ...renewals].flatMap(({ cause }) => cause ?? [])]
  const bad = [...removed, ...renewals].filter(({ outcome }) => /failed|timed-out|cancelled/.test(outcome))
  const most = TIMEOUT_SECONDS + MARGIN_SECONDS + (mode.closingSeconds ?? 0)
  return [
    ...(isBug ? [`it calls itself a bug: ${problems.join('; ').split('\n')[0]}`] : []),
    ...(log.trim() === '' ? ['it says nothing'] : []),
    ...(seconds > most ? [`it takes ${Math.round(seconds)} s`] : []),
    ...causes.filter((cause) => HELPS_NOBODY.test(cause)).map((cause) => `a cause that helps nobody: ${cause}`),
    ...bad.filter(({ cause = '' }) => cause === '').map(({ name, outcome }) => `${name} is ${outcome} without a cause`),
    ...(bad.length > 0 && !isRed ? [`it is green, and ${bad.map(({ name }) => name).join(', ')} not as asked`] : []),
    ...(isHarmless(trouble) && (isRed || problems.length > 0) ? [`it is red: ${causes.join('; ')}`] : []),
    ...(/Nothing was changed/.test(log) ? changes(played).map((change) => `nothing was changed, and ${change}`) : []),
    ...(isOwnEnd(trouble) && log.includes('refused') ? ['docker is blamed for what a stop or the time has ended'] : []),
    ...mode.untrue(played),
  ]
}

/** What ends a call that docker has refused nothing of. */
function isOwnEnd(trouble: string): boolean {
  return ['the run is stopped', 'there is never an answer', 'there is no answer any more'].includes(trouble)
}

function changes({ was, now, trouble }: Played): string[] {
  if (isMeddling(trouble)) return []
  const changed = [...was.services].filter(([name, { Spec }]) => !isSame(now.services.get(name)?.Spec, Spec))
  return [
    ...changed.map(([name]) => `${name} is not as it was`),
    ...(now.services.size > was.services.size ? ['there is another service'] : []),
    ...(isSame(now.objects, was.objects) ? [] : ['networks, secrets or configs are not what they were']),
  ]
}

function untrueRenewals({ swarm, run, was, now, trouble }: Played): string[] {
  const stored = (name: string) => userIn(swarm.store.service(name)?.current.credential)
  const { renewals = [] } = run
  const all = renewals.map(({ outcome }) => outcome)
  return [
    ...(isHarmless(trouble) && !isSame(all, ['refreshed', 'refreshed'])
      ? [`nothing was wrong, and: ${all.join()}`]
      : []),
    ...(isMeddling(trouble) || isSame(now.tasks, was.tasks) ? [] : ['tasks are not those that ran']),
    ...renewals
      .filter(({ outcome, name }) => outcome === 'refreshed' && !isMeddling(trouble) && stored(name) !== 'bob')
      .map(({ name }) => `${name} is refreshed, and has the credential of ${stored(name)}`),
  ]
}

function untrueRemoval({ run, was, now, trouble }: Played): string[] {
  const left = [...now.services.keys(), ...now.objects]
  const { removed = [], problems, isRed } = run
  const isOwn = (name: string) => name.startsWith('shop_')
  const lost = was.objects.filter((name) => !isOwn(name) && !name.includes('shop') && !now.objects.includes(name))
  const isGreen = !isRed && problems.length === 0
  return [
    ...removed
      .filter(({ outcome, name, count }) => outcome === 'removed' && count === undefined && left.includes(name))
      .map(({ kind, name }) => `${kind} ${name} is removed, and there`),
    ...(now.services.has('other') ? [] : ['a service of others is gone']),
    ...lost.map((name) => `${name} of others is gone`),
    ...(isGreen && !isMeddling(trouble) ? left.filter(isOwn).map((name) => `it is green, and ${name} is there`) : []),
  ]
}
