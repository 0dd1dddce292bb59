import { registryAuthHeader } from '../docker/registry/registry-auth.ts'
import { imageOf } from '../docker/specs/service-spec.ts'
import type { ChangedService, CheckedService } from '../plan/check.ts'
import type { FirstStep } from '../plan/first-step.ts'
import { withCanaries } from '../plan/interim-spec.ts'
import { type Begun, begunWith, sendInterim, untouched } from '../rollout/interim.ts'
import { judgeCanaries } from '../rollout/judge.ts'
import { type ReadSwarm, swarmReader } from '../rollout/look.ts'
import { renewCredential } from '../rollout/renew-credential.ts'
import type { Field, Rollout } from '../rollout/rollout.ts'
import { untilFirstProblem } from '../rollout/until-first-problem.ts'
import { type StepWords, watchStep } from '../rollout/watch-step.ts'
import { log } from '../runner/log.ts'
import { longestTrial, trial } from './trial.ts'

type Canary = Extract<FirstStep, { kind: 'canary' }>

const CANARY: StepWords = { during: 'during its canary', failed: 'the canary failed: ' }

/**
 * Has the first tasks of every canary service replaced, side by side, and tries them. When one fails, the trials of
 * the others end too. It does not throw for what a service does.
 */
export async function tryCanaries(services: readonly CheckedService[], field: Field): Promise<Begun> {
  const sent = await Promise.all(
    services.map((checked) => {
      if (checked.action === 'unchanged' || checked.firstStep?.kind !== 'canary') return untouched(checked)
      return sendCanary(checked, checked.firstStep, field)
    }),
  )
  const tried = sent.some(({ problem }) => problem !== undefined) ? sent : await tryAll(sent, field)
  return begunWith(tried, 'the canary of', field.signal)
}

async function sendCanary(checked: ChangedService, { tasks, total }: Canary, field: Field): Promise<Rollout> {
  const { request, current, wanted, changes, access } = checked
  if (current === undefined || field.signal.aborted) return untouched(checked)
  log.info(`${request.name}: ${tasks} of its ${total} tasks first (${changes.join('; ')})`)
  await renewCredential(checked, field.connection, field.signal)
  const credential =
    access === undefined
      ? ({ from: 'spec' } as const)
      : ({ from: 'header', header: registryAuthHeader(access.credential) } as const)
  return sendInterim(checked, withCanaries(current.Spec, wanted, tasks, field.mark), credential, field.connection)
}

/** The rollouts, each with a problem when its canary has failed; those that a stop or another's failure overtakes as they are. */
function tryAll(sent: readonly Rollout[], field: Field): Promise<Rollout[]> {
  const read = swarmReader(field, 'up-to-date')
  return untilFirstProblem(sent, field.signal, async (rollout, signal) => {
    const { firstStep, interim } = rollout.checked
    if (firstStep?.kind !== 'canary' || interim === undefined) return rollout
    const problem = await tryOne(rollout, firstStep, read, { ...field, signal })
    return problem === undefined ? rollout : { ...rollout, problem }
  })
}

/** Why the canaries of a service did not come up, stay up or pass the check; `undefined` when they did. */
async function tryOne(
  { checked, service: ours }: Rollout,
  { tasks, trial: asked }: Canary,
  read: ReadSwarm,
  field: Field,
): Promise<Rollout['problem']> {
  if (ours === undefined) return undefined
  const { name } = checked.request
  const before = field.observed.tasks.filter(({ ServiceID }) => ServiceID === ours.ID)
  const watching = watchStep(
    ours,
    name,
    CANARY,
    read,
    (history, snapshot) => judgeCanaries(history, snapshot, tasks),
    field,
    before,
  )
  const problem = await watching.untilSettled(
    (progress) => `it has not settled within ${field.time.seconds} s: ${progress}`,
  )
  if (problem !== undefined) return problem
  log.info(`${name}: its canary is up`)

  const onTrial = { name, service: ours.Spec.Name, image: imageOf(ours) }
  const cause = await field.time.aside(longestTrial(asked), () => trial(onTrial, asked, watching.stillUp, field.signal))
  if (cause === undefined) log.info(`${name}: its canary has passed, now the others`)
  return cause === undefined ? undefined : (watching.down() ?? watching.failure('failed', cause))
}
