import { type Connection, connect } from '../connect/connection.ts'
import { RunTime } from '../connect/run-time.ts'
import type { Service } from '../docker/api.ts'
import { withIds } from '../docker/specs/stack-objects.ts'
import { throwAll, Underway, UserError } from '../errors.ts'
import type { Deployment } from '../inputs/deployment.ts'
import { takeLock } from '../lock/lock.ts'
import { type CheckedService, preflight } from '../plan/check.ts'
import { colourOf } from '../plan/colours.ts'
import { logIn } from '../plan/log-in.ts'
import { observe } from '../plan/observe.ts'
import { planDeployment } from '../plan/plan.ts'
import { giveAdvice } from '../report/advice.ts'
import { isGood, type ServiceResult } from '../result.ts'
import { type Begun, markFor, tidyInterims } from '../rollout/interim.ts'
import { withLookAfterFailure } from '../rollout/last-look.ts'
import { rollOut, unwatched } from '../rollout/roll-out.ts'
import type { Field } from '../rollout/rollout.ts'
import type { Settled } from '../rollout/settled.ts'
import type { StrategySteps } from '../rollout/strategy.ts'
import { goBack } from '../rollout/way-back.ts'
import { stage } from '../runner/log.ts'
import { identifyRun } from '../runner/run.ts'
import { openState } from '../runner/state.ts'
import { createWorkspace, type Workspace } from '../runner/workspace.ts'
import { makeObjects } from '../stack/make.ts'
import { readStack } from '../stack/read.ts'
import { removeMade, removeUnused } from '../stack/remove.ts'
import type { Stack } from '../stack/stack.ts'
import { STRATEGIES } from '../strategies/table.ts'

/** In the order of their steps. */
const STEPS: readonly (readonly [string, StrategySteps])[] = Object.entries(STRATEGIES)

/** Makes services and stacks run as asked, and says what became of each. */
export async function deploy(asked: Deployment, signal: AbortSignal): Promise<readonly ServiceResult[]> {
  await using workspace = await createWorkspace()
  openState(workspace.directory, asked.onCancel)
  const time = new RunTime(asked.timeoutSeconds, signal)
  using connection = await stage('Connect', () =>
    time.before('Connect', (limit) => connect(asked, workspace, process.env, limit)),
  )
  return await carryOut(asked, { connection, workspace, signal, time })
}

/** What one run has at hand: the way to a manager, a place for what is secret, and its time. */
export interface World {
  readonly connection: Connection
  readonly workspace: Workspace
  /** Aborted when the runner wants the run to stop. */
  readonly signal: AbortSignal
  /** Begins with the work unless it has begun. */
  readonly time?: RunTime
}

/**
 * Makes a deployment true, stage by stage; where that fails, what was before. Nothing of a service is changed before
 * everything has been checked, and all that is wrong is thrown together.
 */
export async function carryOut(asked: Deployment, world: World): Promise<readonly ServiceResult[]> {
  const { signal, workspace, time = new RunTime(asked.timeoutSeconds, signal) } = world
  const connection = time.bound(world.connection)
  const self = identifyRun(process.env)
  await using lock = await time.before('Take the lock', (limit) => takeLock(asked, self, connection, time, limit))

  const { stack: files } = asked
  const stack =
    files && (await time.before('Read the stack', (limit) => readStack(files, connection, workspace, limit)))
  const deployment = stack === undefined ? asked : { ...asked, services: stack.services }
  await lock.takeServices(deployment)

  const { checked, observed } = await prepare(deployment, stack, { connection, workspace, time })
  const mark = markFor(self, deployment, observed)
  const field: Field = { connection, observed, deployment, mark, signal, time }
  return await change(checked, stack, field).catch((error: unknown) => {
    throw error instanceof UserError || signal.aborted ? error : new Underway(error)
  })
}

/**
 * The services as they were, are to be, and may be.
 *
 * @throws UserErrors with all that would not work out
 */
async function prepare(
  deployment: Deployment,
  stack: Stack | undefined,
  { connection, workspace, time }: Pick<Required<World>, 'connection' | 'workspace' | 'time'>,
) {
  const early = <T>(title: string, work: (limit: AbortSignal) => Promise<T>) =>
    stage(title, () => time.before(title, work))
  const loggedIn = await early('Log in', (limit) => logIn(deployment, connection, workspace, limit))
  const observed = await time.before('Look at the swarm', (limit) => observe(deployment, connection.engine, limit))
  const plan = planDeployment(deployment, loggedIn, observed, STRATEGIES)
  const { services, problems } = await early('Check images, flags and platforms', (signal) =>
    preflight(plan.services, {
      connection,
      loggedIn,
      observed,
      workspace,
      strategies: STRATEGIES,
      maxParallel: deployment.maxParallel,
      timeoutSeconds: deployment.wait ? deployment.timeoutSeconds : undefined,
      stack,
      files: deployment.stack,
      signal,
    }),
  )
  throwAll([...(stack?.problems ?? []), ...loggedIn.problems, ...plan.problems, ...problems])
  return { checked: services, observed }
}

/** From here on the swarm is changed. */
async function change(
  checked: readonly CheckedService[],
  stack: Stack | undefined,
  field: Field,
): Promise<readonly ServiceResult[]> {
  const { connection, deployment, signal, time } = field
  const { services, objects } = await make(checked, stack, field)
  const begun = await takeFirstSteps(services, field)
  const sent = begun.ended === undefined ? await rollOut(begun.services, field) : unwatched(begun.ended)
  const moved = await takeLastSteps(sent, field)
  const back = await goBack(moved, field)
  time.beginClosing()
  const ended = isAllGood(back) ? back : await withLookAfterFailure(back, field)
  await tidyInterims(ended, field)
  for (const [, strategy] of STEPS) await strategy.tidy?.(ended, field)
  const isDone = isAllGood(ended)
  if (!isDone) await removeMade(objects, connection.engine, signal)
  const removed =
    stack !== undefined && deployment.wait && isDone ? await removeUnused(stack, connection, nameInFiles) : []
  if (!signal.aborted) await giveAdvice(sent, deployment, connection, STRATEGIES)
  return [...ended.map(({ result }) => result), ...removed]
}

/** What the stack needs, made; the services have the IDs of it in the place of what stood for them. */
async function make(checked: readonly CheckedService[], stack: Stack | undefined, field: Field) {
  if (stack === undefined) return { services: checked, objects: [] }
  const networks = checked.flatMap(({ action, networks }) => (action === 'unchanged' ? [] : networks))
  const { objects, ids } = await makeObjects(stack, networks, field)
  return { services: checked.map((service) => ({ ...service, wanted: withIds(service.wanted, ids) })), objects }
}

/** What the strategies do before the whole change is sent. The first that does not go well ends the run. */
async function takeFirstSteps(services: readonly CheckedService[], field: Field): Promise<Begun> {
  let begun: Begun = { services }
  for (const [kind, { first }] of STEPS) {
    const isAsked = (one: CheckedService) =>
      one.action === 'update' && one.firstStep !== undefined && one.request.strategy.kind === kind
    if (first === undefined || begun.ended !== undefined || !begun.services.some(isAsked)) continue
    const { services: left } = begun
    begun = await stage(first.stage, () => first.act(left, field))
  }
  return begun
}

/** What the strategies do when all services are up. */
async function takeLastSteps(settled: readonly Settled[], field: Field): Promise<readonly Settled[]> {
  let now = settled
  for (const [, strategy] of STEPS) now = (await strategy.last?.(now, field)) ?? now
  return now
}

function isAllGood(settled: readonly Settled[]): boolean {
  return settled.every(({ result }) => isGood(result))
}

/** One of two services for one name may have the traffic of the name that the files hold. */
function nameInFiles(service: Service): string {
  return colourOf(service) ?? service.Spec.Name
}
