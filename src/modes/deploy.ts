import type { Run } from '../connect/run.ts'
import { withIds } from '../docker/specs/stack-objects.ts'
import { afterFirstChange, notingRemains, type OnRemains, Underway, UserError } from '../errors.ts'
import type { Deployment } from '../inputs/deployment.ts'
import { takeLock } from '../lock/lock.ts'
import { type Pruned, pruneImages } from '../nodes/prune-images.ts'
import { type Change, leaves } from '../plan/change.ts'
import { nameInFiles } from '../plan/colours.ts'
import type { PortGiver } from '../plan/port-givers.ts'
import type { Return } from '../plan/rollback.ts'
import { prepareNodes, removeLeft } from '../prepare/prepare.ts'
import { installRegistryCas } from '../prepare/registry-ca/install.ts'
import type { ToolImage } from '../prepare/tool-image.ts'
import { confirmPushed, type Push, pushedImages, pushImages } from '../push/push.ts'
import { type Subject, subjectsOf } from '../records/record.ts'
import type { RecordNote, WrittenRecords } from '../records/write.ts'
import { adviceOn } from '../report/advice.ts'
import { isGood, type PushedImage, type ServiceResult } from '../result.ts'
import { handOverPorts } from '../rollout/hand-over.ts'
import { recordDeploy } from '../rollout/record-deploy.ts'
import { rollOut, unwatched } from '../rollout/roll-out.ts'
import type { RolloutRun } from '../rollout/run.ts'
import { markFor, tidyInterims } from '../rollout/send/interim.ts'
import { serviceLog } from '../rollout/service-log.ts'
import type { Settled } from '../rollout/settled.ts'
import { withLookAfterFailure } from '../rollout/watch/last-look.ts'
import { goBack } from '../rollout/way-back.ts'
import { stage } from '../runner/log/log.ts'
import { identifyRun, type RunIdentity } from '../runner/run.ts'
import type { Made } from '../stack/made.ts'
import { makeObjects } from '../stack/make.ts'
import { type RecordsNow, removeEarlierVersions, removeMade, removeUnused } from '../stack/remove.ts'
import type { Belongings, Stack } from '../stack/stack.ts'
import { type AfterFirstSteps, takeFirstSteps, takeLastSteps, tidyAll } from '../strategies/steps.ts'
import { STRATEGIES } from '../strategies/table.ts'
import { type Asked, planAndCheck, readAsked } from './before-change.ts'
import { withRun } from './with-run.ts'

/** What came of a deploy. */
export interface Deployed {
  readonly results: readonly ServiceResult[]
  /** What will hurt one day, to be told last. */
  readonly advice: readonly string[]
  /** What was pushed first. */
  readonly images: readonly PushedImage[]
  /** What went from the nodes; nothing where nobody was asked. */
  readonly pruned?: Pruned | undefined
  /** As what it is recorded on the swarm; nothing where it is not watched, or has not come up. */
  readonly records: readonly RecordNote[]
  /** Of a rollback: where each stack or service went back to, or was to. */
  readonly returns?: readonly Return[]
}

/** Makes services and stacks run as asked, and says what became of each. */
export function deploy(asked: Deployment, signal: AbortSignal): Promise<Deployed> {
  return withRun(asked, signal, (run) => deployOver(asked, run))
}

/**
 * Makes a deployment true, stage by stage; where that fails, what was before. Nothing of a service is changed before
 * everything has been checked, and all that is wrong is thrown together.
 */
export function deployOver(asked: Deployment, run: Run): Promise<Deployed> {
  return notingRemains((onRemains) => allStages(asked, run, onRemains))
}

async function allStages(asked: Deployment, run: Run, onRemains: OnRemains): Promise<Deployed> {
  const { time } = run
  // From the first change on a stage has no limit of its own: its calls end with the part of the run that they are in.
  const connection = time.bound(run.connection)
  const self = identifyRun(process.env)
  await using lock = await time.before('Take the lock', (limit) =>
    takeLock(asked, self, connection, time, limit, onRemains),
  )

  const read = await readAsked(asked, { ...run, connection })
  const { deployment, stack } = read
  // Those of a stack are only known now.
  await time.before('Take the lock', () => lock.takeServices(deployment))

  // A registry can only be asked when the nodes trust it, and the managers are nodes.
  await installRegistryCas({ ...run, connection, deployment, self, onRemains })
  const before = { ...run, connection }
  const { changes, givers, observed: atFirst, pushes, tools } = await planAndCheck(read, before, 'installed')
  await push(pushes, changes, deployment, before, onRemains)
  const preparing = { ...run, connection, observed: atFirst, deployment, self, onRemains }
  await removeLeft(preparing)
  const observed = await prepareNodes(changes, preparing)
  const mark = markFor(self, deployment, observed)
  const lines = serviceLog([...givers, ...changes].map(({ request }) => request.name))
  const rollout: RolloutRun = { ...run, connection, observed, deployment, mark, lines }
  const { results, advice, records } = await change(changes, givers, read, { ...rollout, self })
  const names = changes.map(({ request }) => request.name)
  const pruned = tools && (await pruneOldImages(tools, results, subjectsOf(names, stack), { ...run, deployment, self }))
  return {
    results,
    advice,
    records,
    images: pushedImages(pushes, 'pushed'),
    pruned,
    ...(read.returns && { returns: read.returns }),
  }
}

/** Old images go when all that was asked for has come up. @returns `undefined`: they stay */
async function pruneOldImages(
  tools: ToolImage,
  results: readonly ServiceResult[],
  subjects: readonly Subject[],
  { connection, signal, deployment, self }: Run & { readonly deployment: Deployment; readonly self: RunIdentity },
) {
  if (!deployment.wait || !results.every(isGood)) return undefined
  const images = results.flatMap(({ image }) => [image.before, image.wanted, image.after])
  const { timeoutSeconds } = deployment
  return pruneImages({ connection, self, tools, timeoutSeconds, signal, images, subjects })
}

/** What the registries are to have first. The swarm is left as it is. */
async function push(
  pushes: readonly Push[],
  changes: readonly Change[],
  { credentials }: Deployment,
  run: Run,
  onRemains: OnRemains,
) {
  if (pushes.every(({ toSend }) => toSend === undefined)) return
  await stage('Push images', () =>
    run.time.before('Push images', async (signal) => {
      await pushImages(pushes, (name) => onRemains(`${name} is pushed`))
      await confirmPushed(pushes, changes, credentials, { ...run, signal })
    }),
  )
}

const NO_RECORDS: WrittenRecords = { notes: [], removed: [] }

/** What a run that changes services has at hand. */
type ChangingRun = RolloutRun & { readonly self: RunIdentity }

/** From here on the swarm is changed. */
async function change(changes: readonly Change[], givers: readonly PortGiver[], asked: Asked, run: ChangingRun) {
  const { signal } = run
  // What it throws to the user says itself what stays.
  const made = await make(changes, asked.belongings, run).catch((error: unknown) => {
    throw error instanceof UserError || signal.aborted ? error : new Underway(error)
  })
  return changeServices(made, givers, asked, run).catch((error: unknown) => {
    throw afterFirstChange(error, signal)
  })
}

/** @param made the changes, and what was made for them */
async function changeServices(
  { changes, objects }: Awaited<ReturnType<typeof make>>,
  leaving: readonly PortGiver[],
  { stack, belongings, returns }: Asked,
  run: ChangingRun,
): Promise<Pick<Deployed, 'results' | 'advice' | 'records'>> {
  const { connection, deployment, signal, time } = run
  const { givers, ...handed } = await handOverPorts(leaving, changes, run)
  const first: AfterFirstSteps = handed.ended === undefined ? await takeFirstSteps(handed.changes, run) : handed
  // A first step that failed ends the run: nothing more is sent, so there is nothing to watch.
  const rolledOut = first.ended === undefined ? await rollOut(first.changes, run) : unwatched(first.ended)
  const settled = inOrderOf(changes, [...rolledOut, ...unwatched(first.failed ?? [])])
  const back = await goBack([...(await takeLastSteps(settled, run)), ...givers], run)
  time.beginClosing()
  const gave = back.filter(({ sent }) => leaves(sent.change))
  const ours = back.filter((one) => !gave.includes(one))
  const ended = isAllGood(back) ? ours : await withLookAfterFailure(ours, run)
  await tidyInterims(ended, run)
  await tidyAll(ended, run)
  if (!isAllGood(ended)) await removeMade(objects, connection.engine, signal)
  const isUp = deployment.wait && isAllGood(ended)
  // What the records that are kept then need stays.
  const { notes: records, removed: recordsGone } = isUp
    ? await recordDeploy(ended, { ...run, stack, wentBackTo: originsOf(returns) })
    : NO_RECORDS
  const recordsNow = { hasOne: records.some(({ version }) => version !== undefined), removed: recordsGone }
  const removed = await prune(ended, stack, belongings, recordsNow, run)
  const advice = signal.aborted || returns ? [] : await adviceOn(ended, run, STRATEGIES)
  // Of what is removed nothing else counts.
  const left = isAllGood(back) ? ended : [...ended, ...gave]
  return { results: [...left.map(({ result }) => result), ...removed], advice, records }
}

/** The version that a stack or service has gone back to. */
function originsOf(returns: readonly Return[] = []) {
  return ({ kind, name }: Subject) =>
    returns.find(({ subject }) => subject.kind === kind && subject.name === name)?.origin
}

function inOrderOf(changes: readonly Change[], settled: readonly Settled[]): readonly Settled[] {
  const order = new Map(changes.map(({ request }, index) => [request.name, index]))
  return settled.toSorted((a, b) => (order.get(a.result.name) ?? 0) - (order.get(b.result.name) ?? 0))
}

/** What a stack or services that have come up no longer need goes. */
async function prune(
  ended: readonly Settled[],
  stack: Stack | undefined,
  belongings: Belongings | undefined,
  records: RecordsNow,
  run: RolloutRun,
) {
  const { connection, deployment, observed } = run
  if (!deployment.wait || !isAllGood(ended)) return []
  if (stack !== undefined) return removeUnused(stack, run, nameInFiles, records)
  await removeEarlierVersions(belongings, observed.services, connection, records)
  return []
}

/** What the services need, made; the changes have the IDs of it in the place of what stood for them. */
async function make(changes: readonly Change[], belongings: Belongings | undefined, run: RolloutRun) {
  if (belongings === undefined) return { changes, objects: [] }
  const networks = changes.flatMap(({ action, networks }) => (action === 'unchanged' ? [] : networks))
  const { objects, ids } = await makeObjects(belongings, networks, run)
  return { changes: changes.map((one) => withMade(one, ids)), objects }
}

function withMade(change: Change, ids: Made['ids']): Change {
  const wanted = withIds(change.wanted, ids)
  if (change.action !== 'switch') return { ...change, wanted }
  return { ...change, wanted, second: { ...change.second, routed: withIds(change.second.routed, ids) } }
}

function isAllGood(settled: readonly Settled[]): boolean {
  return settled.every(({ result }) => isGood(result))
}
