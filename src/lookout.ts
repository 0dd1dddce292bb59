import type { Connection, Field, Rollout } from './deployment.ts'
import { diagnose, diagnoseTimeout, type Finding, type Scene } from './diagnose.ts'
import type { Service, Task } from './docker/api.ts'
import { throughElection } from './docker/election.ts'
import { eligibleNodes } from './docker/placement.ts'
import { firstMemory, type Memory, monitorSecondsOf, remember, type Verdict } from './docker/rollout.ts'
import type { Sight } from './docker/sight.ts'
import { mayHaveContainer } from './docker/task.ts'
import { isSomeoneElses, type View, viewOf } from './docker/view.ts'
import { nowMs } from './runner/clock.ts'

export const LOOK_EVERY_MS = 500

export type Problem = NonNullable<Rollout['problem']>

/** How a service on trial is looked at, again and again. */
export interface Lookout {
  /** How its tasks stand, or why there is nothing more to see. */
  see(): Promise<Verdict | Problem>
  /** Why they are not up any more; `undefined` while they are. */
  stillUp(): Promise<string | undefined>
  /** What {@link Lookout.stillUp} found last. */
  down(): Problem | undefined
  /** A problem in the words of the trial, with the task that shows it. */
  failure(outcome: 'failed' | 'timed-out', cause: string, finding?: Partial<Finding>): Promise<Problem>
}

/**
 * @param ours the service with the spec that this run gave it
 * @param trial what it goes through, in words: `canary`
 * @param tasksBefore whose failures are history; those that have ended at the first look unless given
 */
export function lookoutFor(
  ours: Service,
  trial: string,
  look: () => Promise<View>,
  judge: (memory: Memory, sight: Sight) => Verdict,
  { connection, observed, deployment }: Field,
  tasksBefore?: readonly Task[],
): Lookout {
  let memory = tasksBefore && firstMemory(tasksBefore)
  let lastSight: Sight | undefined
  let down: Problem | undefined

  const see = async (): Promise<Verdict | Problem> => {
    const view = await look()
    const service = view.services.get(ours.ID)
    if (service === undefined) return { outcome: 'superseded', cause: `someone else removed it during its ${trial}` }
    if (isSomeoneElses(ours, service)) {
      return { outcome: 'superseded', cause: `someone else changed it during its ${trial}` }
    }
    const sight = {
      service,
      tasks: view.tasks.get(ours.ID) ?? [],
      eligibleNodes: eligibleNodes(view.nodes, service.Spec.TaskTemplate.Placement),
      now: nowMs() / 1000,
      monitorSeconds: deployment.monitorSeconds ?? monitorSecondsOf(service.Spec),
    }
    const known = remember(memory ?? firstMemory(sight.tasks.filter((task) => !mayHaveContainer(task))), sight)
    memory = known
    lastSight = sight
    return judge(known, sight)
  }

  const failure = async (
    outcome: 'failed' | 'timed-out',
    cause: string,
    finding: Partial<Finding> = {},
  ): Promise<Problem> => {
    const scene: Scene = { service: ours, memory, sight: lastSight, nodes: observed.nodes }
    const { engine } = connection
    const diagnosis = await (outcome === 'timed-out'
      ? diagnoseTimeout(cause, scene, engine)
      : diagnose({ ...finding, cause }, scene, engine))
    return { outcome, ...diagnosis, cause: `the ${trial} failed: ${diagnosis.cause}` }
  }

  const stillUp = async () => {
    const seen = await see()
    if ('outcome' in seen) down = seen
    else if (seen.state === 'progressing') down = await failure('failed', `it did not stay up: ${seen.progress}`)
    else if (seen.state !== 'converged') down = await failure('failed', seen.cause, seen)
    return down?.cause
  }
  return { see, stillUp, down: () => down, failure }
}

/** One look at some services for all that ask at nearly the same time. */
export function sharedLook(
  { engine }: Connection,
  serviceIds: readonly string[],
  signal: AbortSignal,
): () => Promise<View> {
  let latest: Promise<View> | undefined
  let lookedAt = Number.NEGATIVE_INFINITY
  return () => {
    const now = nowMs()
    if (latest === undefined || now - lookedAt >= LOOK_EVERY_MS / 2) {
      latest = throughElection(() => viewOf(engine, serviceIds, signal), signal)
      lookedAt = now
    }
    return latest
  }
}
