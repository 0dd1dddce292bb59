import type { ChangedService, CheckedService, Field, Rollout } from './deployment.ts'
import type { Service } from './docker/api.ts'
import type { FirstStep } from './docker/first-step.ts'
import { withCanaries } from './docker/interim-spec.ts'
import { registryAuthHeader } from './docker/registry-auth.ts'
import { judgeCanaries, type Memory } from './docker/rollout.ts'
import { imageOf } from './docker/service-spec.ts'
import type { Sight } from './docker/sight.ts'
import type { View } from './docker/view.ts'
import { messageOf } from './errors.ts'
import { type Begun, begunWith, sendInterim, untouched } from './interim.ts'
import { LOOK_EVERY_MS, lookoutFor, sharedLook } from './lookout.ts'
import { renewCredential } from './renew.ts'
import { sleep } from './runner/clock.ts'
import { log } from './runner/log.ts'
import { longestTrial, trial } from './trial.ts'

type Canary = Extract<FirstStep, { kind: 'canary' }>

/**
 * Has the first tasks of every canary service replaced, side by side, and tries them. When one fails, the trials of
 * the others end too. It does not throw for what a service does.
 */
export async function tryCanaries(services: readonly CheckedService[], field: Field): Promise<Begun> {
  const firstFailure = new AbortController()
  const signal = AbortSignal.any([field.signal, firstFailure.signal])
  const ids = services.flatMap(({ current, firstStep }) => (firstStep?.kind === 'canary' ? (current?.ID ?? []) : []))
  const look = sharedLook(field.connection, ids, signal)
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
  { checked }: Rollout,
  ours: Service,
  { tasks, trial: asked }: Canary,
  look: () => Promise<View>,
  field: Field,
): Promise<Rollout['problem']> {
  const { name } = checked.request
  const judge = (memory: Memory, sight: Sight) => judgeCanaries(memory, sight, tasks)
  const before = field.observed.tasks.filter(({ ServiceID }) => ServiceID === ours.ID)
  const lookout = lookoutFor(ours, 'canary', look, judge, field, before)
  let said = ''

  for (;;) {
    const seen = await lookout.see()
    if ('outcome' in seen) return seen
    if (seen.state === 'converged') break
    if (seen.state !== 'progressing') return lookout.failure('failed', seen.cause, seen)
    if (seen.progress !== said) log.info(`${name}: ${seen.progress}`)
    said = seen.progress
    if (field.time.isOver) {
      return lookout.failure('timed-out', `it has not settled within ${field.time.seconds} s: ${said}`)
    }
    await sleep(LOOK_EVERY_MS, field.signal)
  }
  log.info(`${name}: its canary is up`)

  const onTrial = { name, service: name, image: imageOf(ours) }
  const cause = await field.time.aside(longestTrial(asked), () => trial(onTrial, asked, lookout.stillUp, field.signal))
  if (cause === undefined) log.info(`${name}: its canary has passed, now the others`)
  return cause === undefined ? undefined : (lookout.down() ?? lookout.failure('failed', cause))
}
