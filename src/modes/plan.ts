import type { Run } from '../connect/run.ts'
import type { Service } from '../docker/api.ts'
import { type Engine, EngineError, tellCallError } from '../docker/engine/engine.ts'
import type { KnownObjects } from '../docker/specs/stack-objects.ts'
import { nodeName } from '../docker/swarm/node-name.ts'
import { type Deployment, stackOf } from '../inputs/deployment.ts'
import { repositoriesOf } from '../nodes/unused-images.ts'
import { type ObjectOutlook, type Outlook, outlookOf } from '../plan/outlook.ts'
import { casToInstall, type TrustRun } from '../prepare/registry-ca/install.ts'
import { pushedImages } from '../push/push.ts'
import { readRecords } from '../records/read.ts'
import type { KeptRecord } from '../records/record.ts'
import { adviceOnChanges } from '../report/advice.ts'
import { log } from '../runner/log/log.ts'
import { knownObjects, leftAsTheyAre, swarmNetworks } from '../stack/stack.ts'
import { STRATEGIES } from '../strategies/table.ts'
import { type Asked, planAndCheck, readAsked } from './before-change.ts'
import { withRun } from './with-run.ts'

/** Says what a deploy would do. Nothing is changed on the swarm, and no lock is taken. */
export function plan(asked: Deployment, signal: AbortSignal): Promise<Outlook> {
  return withRun(asked, signal, (run) => planOver(asked, run))
}

/**
 * All stages of a deploy up to and with the check, and what it would do from there on.
 *
 * @throws UserErrors with all that would not work out, as a deploy would tell it
 */
export async function planOver(asked: Deployment, run: Run): Promise<Outlook> {
  const bound = { ...run, connection: run.time.bound(run.connection) }
  // Whoever has not taken the lock must not think that those who ask for it are done.
  const files = await readAsked({ ...asked, lock: undefined }, bound)
  const cas = await planTrust({ ...bound, deployment: files.deployment })
  const { changes, givers, observed, pushes, tools } = await planAndCheck(files, bound, 'planned')
  const whole = await run.time.before('Look at the swarm', (limit) => wholeSwarm(bound, limit))
  const { wait: waits, historyLimit } = asked
  const { stack, belongings } = files
  const recorded = await recordedObjects({ stack, ...whole }, bound)
  const { deployment, returns } = files
  const leftOut = leftAsTheyAre(deployment, stack)
  const known = {
    stack,
    belongings,
    givers,
    observed,
    ...whole,
    recorded,
    strategies: STRATEGIES,
    waits,
    historyLimit,
    leftOut,
  }
  const changed = changes.flatMap((change) => (change.action === 'unchanged' ? [] : [{ change, spec: change.wanted }]))
  const advice = returns ? [] : await adviceOnChanges(changed, { ...bound, deployment, observed }, STRATEGIES)
  const outlook = outlookOf(changes, known)
  const images = outlook.services.flatMap(({ image: { before, after } }) => [before, after])
  return {
    ...outlook,
    objects: [...cas, ...outlook.objects],
    advice,
    images: pushedImages(pushes, 'planned'),
    leftOut: stackOf(deployment)?.leftOut ?? [],
    ...(returns && { returns }),
    prunes: tools === undefined ? [] : repositoriesOf([...images, tools.name]),
  }
}

/** What a deploy would put on the nodes before it asks a registry. */
async function planTrust(run: Omit<TrustRun, 'self' | 'onRemains'>): Promise<ObjectOutlook[]> {
  if (run.deployment.installCas === undefined) return []
  const all = await run.time.before('Look at the nodes', (limit) => casToInstall(run, limit))
  return all.flatMap(({ ca, lacking: { asked }, nodes }): ObjectOutlook[] => {
    if (asked.length === 0) return []
    const names = asked.map(({ ID }) => nodeName(ID, nodes)).toSorted()
    return [{ kind: 'registry CA', name: ca.registry, action: 'create', changes: [], nodes: names }]
  })
}

/** All services and records, which may hold on to what a stack no longer needs, and the networks by name. */
async function wholeSwarm({ connection: { engine } }: Run, signal: AbortSignal) {
  const [services, networks, records] = await Promise.all([
    engine.get<Service[]>('/services', { signal }),
    swarmNetworks(engine, signal),
    recordsIfShown(engine, signal),
  ])
  return { services, networks: new Map(networks.map(({ Id, Name }) => [Id, Name])), records }
}

/** The secrets and configs of the swarm, where services without a stack have records that need some. */
async function recordedObjects(
  { stack, records = [] }: Pick<Asked, 'stack'> & Awaited<ReturnType<typeof wholeSwarm>>,
  { connection: { engine }, time }: Run,
): Promise<KnownObjects | undefined> {
  const needsSome = ({ record: { names } }: KeptRecord) =>
    Object.keys({ ...names.secrets, ...names.configs }).length > 0
  if (stack !== undefined || !records.some(needsSome)) return undefined
  return time.before('Look at the swarm', (limit) => knownObjects(engine, limit))
}

/** Whoever only looks may have no right to see configs. */
async function recordsIfShown(engine: Engine, signal: AbortSignal) {
  try {
    return (await readRecords(engine, signal)).kept
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    log.info(`What a deploy would record is not known: ${tellCallError(error) ?? error.message}`)
    return undefined
  }
}
