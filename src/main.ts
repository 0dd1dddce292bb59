import { giveAdvice } from './advice.ts'
import { leaveTraffic, type Moved, moveTraffic, takesOver } from './blue-green.ts'
import { tryCanaries } from './canary.ts'
import { connect } from './connection.ts'
import { logIn } from './credentials.ts'
import { deploy } from './deploy.ts'
import type { CheckedService, Connection, Deployment, Field, Rollout, ServiceResult } from './deployment.ts'
import type { FirstStep } from './docker/first-step.ts'
import { throwAll } from './errors.ts'
import { readInputs } from './inputs.ts'
import { type Begun, forgetInterims } from './interim.ts'
import { takeLock } from './lock.ts'
import { observe } from './observe.ts'
import { planDeployment } from './plan.ts'
import { preflight } from './preflight.ts'
import { changedServices, restoredRollouts, resultsAfter, sendBack } from './recover.ts'
import { stopOldTasks } from './recreate.ts'
import { reportFailure, reportResults } from './report.ts'
import { stage } from './runner/log.ts'
import { stopOnSignals } from './runner/stop.ts'
import { createWorkspace, type Workspace } from './runner/workspace.ts'
import { makeObjects } from './stack/make.ts'
import { readStack } from './stack/read.ts'
import { removeUnused } from './stack/remove.ts'
import { surroundingsOf } from './stack/surroundings.ts'
import { isGood } from './verdict.ts'
import { unwatchedResult, watch } from './watch.ts'

/** The step: what it is asked for, made true on the swarm, with an honest word at the end. */
export async function main(): Promise<void> {
  using stop = stopOnSignals()
  try {
    const deployment = readInputs(process.env)
    const results = await run(deployment, stop.signal)
    await reportResults(results, deployment)
  } catch (error) {
    await reportFailure(error)
  }
}

/** What one run has at hand: the way to a manager, and a place for what is secret. */
export interface World {
  readonly connection: Connection
  readonly workspace: Workspace
  /** Aborted when the runner wants the run to stop. */
  readonly signal: AbortSignal
}

async function run(asked: Deployment, signal: AbortSignal): Promise<readonly ServiceResult[]> {
  await using workspace = await createWorkspace()
  using connection = await stage('Connect', () => connect(asked, workspace, process.env, signal))
  return await carryOut(asked, { connection, workspace, signal })
}

/**
 * Makes a deployment true, stage by stage. Nothing of a service is changed before everything has been checked, and all
 * that is wrong is thrown together.
 */
export async function carryOut(asked: Deployment, world: World): Promise<readonly ServiceResult[]> {
  const { connection, workspace, signal } = world
  await using lock = await takeLock(asked, connection, signal)
  const stack = asked.stack && (await readStack(asked.stack, connection, workspace, signal))
  const deployment = stack === undefined ? asked : { ...asked, services: stack.services }
  await lock.takeServices(deployment)

  const loggedIn = await stage('Log in', () => logIn(deployment, connection, workspace, signal))
  const observed = await observe(deployment, connection.engine, signal)
  const plan = planDeployment(deployment, loggedIn, observed)
  const checked = await stage('Check images, flags and platforms', () =>
    preflight(plan.services, {
      connection,
      loggedIn,
      observed,
      workspace,
      maxParallel: deployment.maxParallel,
      stack: stack && surroundingsOf(stack),
      signal,
    }),
  )
  throwAll([...(stack?.problems ?? []), ...loggedIn.problems, ...plan.problems, ...checked.problems])

  const services = stack ? await makeObjects(stack, checked.services, connection, signal) : checked.services
  const field: Field = { connection, observed, deployment, signal }
  const begun = await begin(services, field)
  const send = () => deploy(begun.services, connection, deployment.maxParallel, signal)
  const sent = begun.ended ?? (await stage('Deploy', send))
  const wait = (rollouts: readonly Rollout[]) => watch(rollouts, observed, deployment, connection.engine, signal)
  const settled = deployment.wait ? await stage('Watch', () => wait(sent)) : sent.map(unwatchedResult)
  if (!signal.aborted) await giveAdvice(sent, deployment, connection)
  const { rollouts, results } = await switchOver({ rollouts: sent, results: settled }, field)

  const changed = changedServices(rollouts, results, deployment)
  if (changed.length > 0) {
    return await stage('Roll back', async () => {
      const restoring = await sendBack(changed, connection, deployment.maxParallel)
      if (!deployment.wait || signal.aborted) return resultsAfter(results, restoring, undefined)
      const restored = await wait(restoredRollouts(restoring))
      await forgetInterims(rollouts, connection)
      return resultsAfter(results, restoring, restored)
    })
  }
  await forgetInterims(rollouts, connection)
  if (stack === undefined || !deployment.wait || !results.every(isGood)) return results
  return [...results, ...(await removeUnused(stack, connection))]
}

/** What the strategies do before the whole change is sent: first what may fail, then what stops services. */
async function begin(services: readonly CheckedService[], field: Field): Promise<Begun> {
  const has = (kind: FirstStep['kind']) => services.some(({ firstStep }) => firstStep?.kind === kind)
  const tried: Begun = has('canary')
    ? await stage('Try the canaries', () => tryCanaries(services, field))
    : { services }
  if (tried.ended !== undefined || !has('recreate')) return tried
  return stage('Stop the old tasks', () => stopOldTasks(tried.services, field))
}

/** What the strategies do when all services are up: blue-green ones get their traffic. */
async function switchOver(watched: Moved, field: Field): Promise<Moved> {
  const { rollouts, results } = watched
  if (!rollouts.some(({ checked }) => takesOver(checked)) || field.signal.aborted) return watched
  if (!results.every(isGood)) return field.deployment.onFailure === 'rollback' ? watched : leaveTraffic(watched)
  return stage('Move the traffic', () => moveTraffic(rollouts, results, field))
}
