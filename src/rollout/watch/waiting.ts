import type { Service, Task } from '../../docker/api.ts'
import { spoken } from '../../docker/duration.ts'
import { isGlobal, isJob } from '../../docker/specs/service-mode.ts'
import { restartDelaySeconds } from '../../docker/swarm/restart-policy.ts'
import {
  completeTask,
  currentTasks,
  ending,
  isLive,
  isRunning,
  newest,
  slotsThatCount,
} from '../../docker/swarm/task.ts'
import { monitorSecondsOf, updateDelaySeconds } from '../../docker/swarm/update-policy.ts'
import { type ServiceHistory, stateKey } from './service-history.ts'
import type { ServiceSnapshot } from './service-snapshot.ts'

/** What a service that has not settled waits for. Pure. */
export interface Waiting {
  /** The one of its tasks that has been in its state for longest, of those that are not up. */
  readonly task: Task
  readonly seconds: number
  /** The task that ended before it in its slot. */
  readonly before: Task | undefined
}

/** The task that a service waits for; `undefined` when none of its tasks is on its way. */
export function waitingTask(history: ServiceHistory, snapshot: ServiceSnapshot): Waiting | undefined {
  const { service, now } = snapshot
  const slots = slotsThatCount(service.Spec, currentTasks(service, snapshot.tasks), snapshot.eligibleNodes)
  const waiting = [...slots.values()].flatMap((inSlot): Waiting[] => {
    const last = newest(inSlot.filter(isLive)) ?? newest(inSlot)
    // One that Swarm itself has ended has none after it only where the update has not come to its slot.
    if (last === undefined || last.Status.State === 'shutdown' || isUp(service, inSlot)) return []
    const before = newest(inSlot.filter((task) => task !== last && !isLive(task)))
    return [{ task: last, seconds: now - (history.inStateSince.get(stateKey(last)) ?? now), before }]
  })
  return waiting.sort((a, b) => b.seconds - a.seconds)[0]
}

function isUp({ Spec: spec }: Service, inSlot: readonly Task[]): boolean {
  return completeTask(spec, inSlot) !== undefined || (!isJob(spec) && inSlot.some(isRunning))
}

/**
 * What a task waits for, in words that follow "its task".
 *
 * @param place where it is: ` on node n1`, or nothing
 * @param health what its health check says, if it has one
 */
export function waitingFor(
  { task, seconds, before }: Waiting,
  service: Service,
  place: string,
  health: string | undefined,
): string {
  const { State: state, Err: error = '', Message: message = '' } = task.Status
  const since = `since ${Math.round(seconds)} s`
  const said = error !== '' ? `: ${error}` : ORDINARY.test(message) ? '' : `: ${message}`
  const delay = spoken(restartDelaySeconds(service.Spec))
  switch (state) {
    case 'new':
      return `is new ${since}: the swarm has not allocated its networks${said}`
    case 'allocated':
    case 'pending':
      return `waits for a node ${since}${said}`
    case 'assigned':
    case 'accepted':
      return `waits${place} ${since}: the node has not begun with it${said}`
    case 'preparing':
      return `is being prepared${place} ${since}, which is above all the pull of its image${said}`
    case 'ready':
      return `is ready${place} ${since}, and waits for ${
        before === undefined
          ? 'the end of the task before it'
          : `the restart delay of ${delay}: the one before it ${ending(before)}`
      }${said}`
    case 'starting':
      return `is starting${place} ${since}${said}${health === undefined ? '' : `: ${health}`}`
    case 'running':
      return `runs${place} ${since}${said}`
    default:
      return `${ending(task)}${place}, and the next one is due after the restart delay of ${delay}`
  }
}

/** What Swarm says of every task on its way (swarmkit, agent/exec/controller.go and manager/scheduler). */
const ORDINARY =
  /^$|^(?:created|accepted|preparing|prepared|starting|started|pending task scheduling|scheduler (?:assigned|confirmed) .*)$/

/** What Swarm itself waits for when all tasks are up that it has made. */
export function updateWait({ Spec: spec, UpdateStatus: status }: Service): string | undefined {
  if (status?.State !== 'updating') return undefined
  const delay = updateDelaySeconds(spec)
  return delay > 0
    ? `Swarm waits ${spoken(delay)} between its tasks (its update delay)`
    : `Swarm watches its new tasks for ${spoken(monitorSecondsOf(spec))} (its update monitor)`
}

/**
 * What is to be known of a job for which Swarm makes no task on nodes that are ready: it looks for them only when a job is
 * sent, and not when a node becomes ready (swarmkit, manager/orchestrator/jobs/orchestrator.go; seen with 20.10).
 */
export function missedNodes({ service, tasks, eligibleNodes }: ServiceSnapshot): string | undefined {
  if (!isJob(service.Spec) || !isGlobal(service.Spec) || eligibleNodes.length === 0) return undefined
  const slots = slotsThatCount(service.Spec, currentTasks(service, tasks), eligibleNodes)
  return slots.size === eligibleNodes.length ? undefined : MISSED_NODES
}

const MISSED_NODES =
  'Swarm has made no task on a node that is ready now: of a job it asks once which nodes are, and while a manager begins to lead it takes none for ready. Deploy again'
