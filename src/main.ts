import { connect } from './connection.ts'
import { logIn } from './credentials.ts'
import { deploy } from './deploy.ts'
import type { Deployment, ServiceResult } from './deployment.ts'
import { throwAll } from './errors.ts'
import { readInputs } from './inputs.ts'
import { observe } from './observe.ts'
import { planDeployment } from './plan.ts'
import { preflight } from './preflight.ts'
import { reportFailure, reportResults } from './report.ts'
import { stage } from './runner/log.ts'
import { stopOnSignals } from './runner/stop.ts'
import { createWorkspace } from './runner/workspace.ts'
import { unwatchedResult, watch } from './watch.ts'

/** The step: what it is asked for, made true on the swarm, with an honest word at the end. */
export async function main(): Promise<void> {
  using stop = stopOnSignals()
  try {
    const deployment = readInputs(process.env)
    const results = await carryOut(deployment, stop.signal)
    await reportResults(results, deployment)
  } catch (error) {
    await reportFailure(error)
  }
}

/**
 * Makes a deployment true, stage by stage. Until `deploy` nothing is changed, and everything that is wrong by then is
 * thrown together.
 */
async function carryOut(deployment: Deployment, signal: AbortSignal): Promise<ServiceResult[]> {
  await using workspace = await createWorkspace()
  using connection = await stage('Connect', () => connect(workspace, process.env, signal))

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
      signal,
    }),
  )
  throwAll([...loggedIn.problems, ...plan.problems, ...checked.problems])

  const rollouts = await stage('Deploy', () => deploy(checked.services, connection, deployment.maxParallel, signal))
  if (!deployment.wait) return rollouts.map(unwatchedResult)
  // Awaited here: at the return the connection is closed and the workspace removed.
  return await stage('Watch', () => watch(rollouts, observed, deployment, connection.engine, signal))
}
