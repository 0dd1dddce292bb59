import type { Run } from '../connect/run.ts'
import { throwAll, UserError } from '../errors.ts'
import type { Deployment } from '../inputs/deployment.ts'
import { checkToolsImage } from '../nodes/tools-image.ts'
import type { Change } from '../plan/change.ts'
import { check } from '../plan/check.ts'
import { logIn } from '../plan/credentials/log-in.ts'
import { withForced } from '../plan/force.ts'
import { unusedConfigs, unusedCredentials } from '../plan/notices.ts'
import { type Observation, observe } from '../plan/observe.ts'
import { planDeployment } from '../plan/plan.ts'
import type { PortGiver } from '../plan/port-givers.ts'
import { withPresentImages } from '../plan/refresh.ts'
import { type Return, readRecorded } from '../plan/rollback.ts'
import { type CaState, tellTrustCommands, withTrustAdvice } from '../plan/trust.ts'
import { readHubLimits, tellHubLimits } from '../prepare/hub-pulls.ts'
import type { ToolImage } from '../prepare/tool-image.ts'
import { type CheckedPushes, checkPushes, type Push, unusedPushes } from '../push/push.ts'
import { log, stage } from '../runner/log/log.ts'
import { readAttachments } from '../stack/attach.ts'
import { readStack } from '../stack/read.ts'
import type { Belongings, Stack } from '../stack/stack.ts'
import { STRATEGIES } from '../strategies/table.ts'

/** The stages up to and with the check, in which nothing is changed: a deploy and a plan have the same. */

/** What is asked for, with the services of the stack if there is one, and of those that are to be refreshed. */
export interface Asked {
  readonly deployment: Deployment
  readonly stack: Stack | undefined
  /** The secrets, configs and networks of the stack, or of the entries of services. */
  readonly belongings: Belongings | undefined
  /** Of a rollback: where each stack or service goes back to. */
  readonly returns?: readonly Return[]
  /** One line for everything that was found to be wrong by then. */
  readonly problems?: readonly string[]
}

/**
 * @throws UserErrors when docker cannot make one stack of the files, there is none to refresh, or it cannot be told what
 * to go back to
 */
export async function readAsked(asked: Deployment, { connection, workspace, time }: Run): Promise<Asked> {
  const { stack: files, rollback } = asked
  if (rollback !== undefined) {
    const read = (limit: AbortSignal) => readRecorded(asked, rollback, connection.engine, limit)
    const recorded = await stage('Choose the version', () => time.before('Choose the version', read))
    return { ...recorded, deployment: withForced(recorded.deployment), belongings: recorded.stack }
  }
  if (files === undefined) {
    return time.before('Look at the swarm', async (limit) => {
      const deployment = withForced(await withPresentImages(asked, connection.engine, limit))
      const { services, belongings } = await readAttachments(deployment.services, connection.engine, limit)
      return { deployment: { ...deployment, services }, stack: undefined, belongings }
    })
  }
  const stack = await time.before('Read the stack', (limit) => readStack(files, connection, workspace, limit))
  return { deployment: withForced({ ...asked, services: stack.services }), stack, belongings: stack }
}

/** What is to be done to each service, and how all of them are now. */
export interface CheckedPlan {
  readonly changes: readonly Change[]
  /** Of a stack with `prune`: the services that give their ports to others before they go. */
  readonly givers: readonly PortGiver[]
  readonly observed: Observation
  /** The images that come from archives. */
  readonly pushes: readonly Push[]
  /** By what docker runs on the nodes, where it is to. */
  readonly tools: ToolImage | undefined
}

const NOTHING_TO_PUSH: CheckedPushes = { pushes: [], fromArchives: new Map(), problems: [] }

/**
 * @param cas what has become of `registry-ca` by now
 * @throws UserErrors with all that would not work out
 */
export async function planAndCheck(asked: Asked, run: Run, cas: CaState): Promise<CheckedPlan> {
  const { deployment, belongings, stack } = asked
  const { connection, time, workspace } = run
  // A group of the log, and the time that is left for what comes before the first change.
  const early = <T>(title: string, work: (limit: AbortSignal) => Promise<T>) =>
    stage(title, () => time.before(title, work))
  const loggedIn = await early('Log in', (limit) => logIn(deployment, connection, workspace, limit))
  const observed = await time.before('Look at the swarm', (limit) => observe(deployment, connection.engine, limit))
  const { images, registryCas } = deployment
  const pushing =
    images.length === 0
      ? NOTHING_TO_PUSH
      : await early('Look at the images to push', (signal) =>
          checkPushes(images, loggedIn, registryCas, { ...run, signal }),
        )
  const tools = await toolsFor(deployment, run)
  const plan = planDeployment(deployment, loggedIn, observed, STRATEGIES)
  const hub = readHubLimits(
    plan.services.map(({ access }) => access),
    connection,
    run.signal,
  )
  const needing = [
    ...plan.services,
    ...pushing.pushes.map(({ access }) => ({ access, currentAccess: undefined })),
    ...tools.needing,
  ]
  const unused = [
    ...unusedCredentials(deployment.credentials, needing),
    ...unusedConfigs(deployment.dockerConfigs, needing),
    ...unusedPushes(pushing.pushes, plan.services),
  ]
  if (plan.problems.length + pushing.problems.length === 0) for (const line of unused) log.notice(line)
  const { changes, givers, problems } = await early('Check images, flags and platforms', (signal) =>
    check(plan.services, {
      ...run,
      signal,
      deployment,
      belongings,
      stack,
      loggedIn,
      observed,
      strategies: STRATEGIES,
      fromArchives: pushing.fromArchives,
    }),
  )
  const all = [
    ...(asked.problems ?? []),
    ...(belongings?.problems ?? []),
    ...loggedIn.problems,
    ...tools.problems,
    ...pushing.problems,
    ...plan.problems,
    ...problems,
  ]
  await tellTrustCommands(all, deployment)
  throwAll(withTrustAdvice(all, deployment, cas))
  await tellHubLimits(hub, changes, observed)
  return { changes, givers, observed, pushes: pushing.pushes, tools: tools.image }
}

/** The image by which docker runs on the nodes, where that is asked for, with what is wrong with it. */
async function toolsFor({ pruneImages, ...accounts }: Deployment, { connection, time }: Run) {
  if (pruneImages === undefined) return { image: undefined, needing: [], problems: [] }
  try {
    const check = (limit: AbortSignal) => checkToolsImage(pruneImages.toolsImage, accounts, connection, limit)
    const image = await time.before('Look for the image of the tools', check)
    const { credential } = image
    const access = credential && { credential }
    return { image, needing: [{ access, currentAccess: undefined }], problems: [] }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { image: undefined, needing: [], problems: [error.message] }
  }
}
