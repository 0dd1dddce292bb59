import { setTimeout as sleep } from 'node:timers/promises'
import type {
  ChangedService,
  CheckedService,
  Connection,
  Deployment,
  FirstStep,
  Observation,
  Rollout,
} from './deployment.ts'
import { causeWith, findFailedTask } from './diagnose.ts'
import type { Service } from './docker/api.ts'
import { throughElection } from './docker/election.ts'
import { withCanaries } from './docker/first-step.ts'
import { eligibleNodes } from './docker/placement.ts'
import { registryAuthHeader } from './docker/registry-auth.ts'
import { firstMemory, judgeCanaries, monitorSecondsOf, remember, type Verdict } from './docker/rollout.ts'
import { imageOf } from './docker/service-spec.ts'
import { isSomeoneElses, type View, viewOf } from './docker/view.ts'
import { messageOf } from './errors.ts'
import { type Begun, begunWith, sendInterim, untouched } from './interim.ts'
import { renewCredential } from './renew.ts'
import { log } from './runner/log.ts'
import { trial } from './trial.ts'

const LOOK_EVERY_MS = 500

/** What all canaries of a run share. */
interface Field {
  readonly connection: Connection
  readonly observed: Observation
  readonly deployment: Deployment
  readonly signal: AbortSignal
}

type Canary = Extract<FirstStep, { kind: 'canary' }>

/**
 * Has the first tasks of every canary service replaced, side by side, and tries them. When one fails, the trials of
 * the others end too. It does not throw for what a service does.
 */
export async function tryCanaries(services: readonly CheckedService[], field: Field): Promise<Begun> {
  const firstFailure = new AbortController()
  const signal = AbortSignal.any([field.signal, firstFailure.signal])
  const ids = services.flatMap(({ current, firstStep }) => (firstStep?.kind === 'canary' ? (current?.ID ?? []) : []))
  const look = sharedLook(() => throughElection(() => viewOf(field.connection.engine, ids, signal), signal))
  const rollouts = await Promise.all(
    services.map(async (checked) => {
      if (checked.action === 'unchanged' || checked.firstStep?.kind !== 'canary') return untouched(checked)
      const rollout = await tryOne(checked, checked.firstStep, look, { ...field, signal })
      if (rollout.problem !== undefined) firstFailure.abort()
      return rollout
    }),
  )
  return begunWith(rollouts, 'the canary of', field.signal)
}

async function tryOne(
  checked: ChangedService,
  canary: Canary,
  look: () => Promise<View>,
  field: Field,
): Promise<Rollout> {
  const { request, current, wanted, changes, access } = checked
  if (current === undefined || field.signal.aborted) return untouched(checked)
  const { tasks, total } = canary
  log.info(`${request.name}: ${tasks} of its ${total} tasks first (${changes.join('; ')})`)
  await renewCredential(checked, field.connection, field.signal)
  const credential =
    access === undefined
      ? ({ from: 'spec' } as const)
      : ({ from: 'header', header: registryAuthHeader(access.credential) } as const)
  const spec = withCanaries(current.Spec, wanted, tasks)
  const sent = await sendInterim(checked, spec, credential, field.connection)
  if (sent.problem !== undefined || sent.service === undefined) return sent
  try {
    const problem = await watchAndTry(sent, sent.service, canary, look, field)
    return problem === undefined ? sent : { ...sent, problem }
  } catch (error) {
    // Stopped: by the runner, or because another canary has failed.
    if (field.signal.aborted) return sent
    return { ...sent, problem: { outcome: 'failed', cause: `the swarm can no longer be watched: ${messageOf(error)}` } }
  }
}

/** Why the canaries of a service did not come up, stay up or pass the check; `undefined` when they did. */
async function watchAndTry(
  { checked, sentAt }: Rollout,
  ours: Service,
  { tasks, trial: asked }: Canary,
  look: () => Promise<View>,
  { connection, observed, deployment, signal }: Field,
): Promise<Rollout['problem']> {
  const { name } = checked.request
  let memory = firstMemory(observed.tasks.filter(({ ServiceID }) => ServiceID === ours.ID))
  let said = ''

  for (;;) {
    const seen = await see()
    if ('outcome' in seen) return seen
    if (seen.state === 'converged') break
    if (seen.state !== 'progressing') return failure('failed', seen.cause, seen.taskId)
    if (seen.progress !== said) log.info(`${name}: ${seen.progress}`)
    said = seen.progress
    if (performance.now() - sentAt >= deployment.timeoutSeconds * 1000) {
      return failure('timed-out', `it has not settled within ${deployment.timeoutSeconds} s: ${said}`)
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal })
  }
  log.info(`${name}: its canary is up`)

  let down: Rollout['problem']
  const stillUp = async () => {
    const seen = await see()
    if ('outcome' in seen) down = seen
    else if (seen.state === 'progressing') down = await failure('failed', `it did not stay up: ${seen.progress}`)
    else if (seen.state !== 'converged') down = await failure('failed', seen.cause, seen.taskId)
    return down?.cause
  }
  const cause = await trial({ name, image: imageOf(ours) }, asked, stillUp, signal)
  if (cause === undefined) log.info(`${name}: its canary has passed, now the others`)
  return cause === undefined ? undefined : (down ?? failure('failed', cause))

  async function see(): Promise<Verdict | NonNullable<Rollout['problem']>> {
    const view = await look()
    const service = view.services.get(ours.ID)
    if (service === undefined) return { outcome: 'superseded', cause: 'someone else removed it during its canary' }
    if (isSomeoneElses(ours, service)) {
      return { outcome: 'superseded', cause: 'someone else changed it during its canary' }
    }
    const sight = {
      service,
      tasks: view.tasks.get(ours.ID) ?? [],
      eligibleNodes: eligibleNodes(view.nodes, service.Spec.TaskTemplate.Placement),
      now: performance.now() / 1000,
      monitorSeconds: deployment.monitorSeconds ?? monitorSecondsOf(service.Spec),
    }
    memory = remember(memory, sight)
    return judgeCanaries(memory, sight, tasks)
  }

  async function failure(outcome: 'failed' | 'timed-out', cause: string, taskId?: string) {
    const failedTask = await findFailedTask(ours.ID, taskId, memory, observed.nodes, connection.engine)
    const said = causeWith(`the canary failed: ${cause}`, failedTask)
    return { outcome, cause: said, ...(failedTask === undefined ? {} : { failedTask }) }
  }
}

/** One look for all that ask at nearly the same time. */
function sharedLook(look: () => Promise<View>): () => Promise<View> {
  let latest: Promise<View> | undefined
  let lookedAt = Number.NEGATIVE_INFINITY
  return () => {
    const now = performance.now()
    if (latest === undefined || now - lookedAt >= LOOK_EVERY_MS / 2) {
      latest = look()
      lookedAt = now
    }
    return latest
  }
}
