import type { Node, Task } from '../../docker/api.ts'
import { nodeName } from '../../docker/swarm/node-name.ts'
import { ending, isFailure, isUnhealthy } from '../../docker/swarm/task.ts'
import type { Phase, TaskTimeline } from '../../result.ts'

/**
 * What the tasks of a service were seen to do, for a picture of it. Pure. A look tells in which state a task is by then;
 * when that began is between two looks, so a time is never wrong by more than the pause between them.
 */
export type TaskTracks = ReadonlyMap<string, TaskTrack>

interface TaskTrack {
  readonly slot: number | undefined
  readonly nodeId: string | undefined
  readonly phases: TaskTimeline['phases']
  /** When it was seen last, or ended; it is still there unless given. */
  readonly to?: number
  readonly ending?: string
}

/** So many tasks of a service are followed from when they are first seen, and so many more that failed. */
const MOST_TASKS = 60

/**
 * The tracks with one more look in them: the same ones, where it shows what the last one did.
 *
 * @param earlier tasks that were there before the deploy: they are no part of it
 * @param lastLook when the look before was, or the deploy began, in the seconds of `now`
 */
export function withTasks(
  tracks: TaskTracks,
  tasks: readonly Task[],
  earlier: ReadonlySet<string>,
  lastLook: number | undefined,
  now: number,
): TaskTracks {
  const next = new Map(tracks)
  const seen = new Map(tasks.map((task) => [task.ID, task]))
  for (const [id, track] of tracks) next.set(id, followed(track, seen.get(id), lastLook, now))
  for (const task of tasks) {
    if (!next.has(task.ID) && !earlier.has(task.ID) && hasRoom(next, task)) {
      next.set(task.ID, begun(task, lastLook, now))
    }
  }
  const isSame = next.size === tracks.size && [...tracks].every(([id, track]) => next.get(id) === track)
  return isSame ? tracks : next
}

/** What one who looks at the picture is told of what was seen of a service. */
export function taskTimelines(
  { tracks, seenAt = 0 }: { readonly tracks: TaskTracks; readonly seenAt?: number },
  nodes: readonly Node[],
): TaskTimeline[] {
  return [...tracks.values()].map(({ nodeId, ...track }) => ({ to: seenAt, ...track, node: nodeName(nodeId, nodes) }))
}

function hasRoom(tracks: TaskTracks, task: Task): boolean {
  return tracks.size < (isFailure(task) ? 2 * MOST_TASKS : MOST_TASKS)
}

/** @param task as it is now; `undefined` when it is no longer there */
function followed(track: TaskTrack, task: Task | undefined, lastLook: number | undefined, now: number): TaskTrack {
  const last = track.phases.at(-1)?.phase
  if (last === 'over') return track
  if (task === undefined) return track.to === undefined ? { ...track, to: lastLook ?? now } : track
  const phase = phaseOf(task)
  const next = trackOf(task, phase === last ? track.phases : [...track.phases, { phase, from: now }], now)
  const isSame = next.phases === track.phases && next.nodeId === track.nodeId && next.ending === track.ending
  return isSame && track.to === undefined ? track : next
}

/** A task that is past its beginning when it is first seen has begun before: as long as its own times say. */
function begun(task: Task, lastLook: number | undefined, now: number): TaskTrack {
  const phase = phaseOf(task)
  const since = now - secondsBefore(task)
  const from = Math.min(now, Math.max(since, lastLook ?? since))
  const before = phase === 'waiting' || from === now ? [] : [{ phase: PHASE_BEFORE[phase], from }]
  return trackOf(task, [...before, { phase, from: now }], now)
}

/** How long it took to its state, by its own times: those of a node and a manager whose clocks differ say nothing. */
function secondsBefore({ CreatedAt: created, Status: { Timestamp: stamp = '' } }: Task): number {
  const seconds = (Date.parse(stamp) - Date.parse(created)) / 1000
  return Number.isNaN(seconds) ? 0 : Math.max(0, seconds)
}

function trackOf(task: Task, phases: TaskTrack['phases'], now: number): TaskTrack {
  const { Slot: slot, NodeID: nodeId } = task
  return {
    slot: slot || undefined,
    nodeId: nodeId || undefined,
    phases,
    ...(phases.at(-1)?.phase === 'over' && { to: now }),
    ...(hasFailed(task) && { ending: ending(task) }),
  }
}

function hasFailed(task: Task): boolean {
  return isFailure(task) || isUnhealthy(task)
}

function phaseOf({ Status: { State: state } }: Task): Phase {
  switch (state) {
    case 'preparing':
      return 'pulling'
    case 'starting':
    case 'running':
      return state
    case 'new':
    case 'allocated':
    case 'pending':
    case 'assigned':
    case 'accepted':
    case 'ready':
      return 'waiting'
    default:
      return 'over'
  }
}

/** What a task was at before, when nobody has seen it. */
const PHASE_BEFORE: Readonly<Record<Exclude<Phase, 'waiting'>, Phase>> = {
  pulling: 'waiting',
  starting: 'pulling',
  running: 'starting',
  over: 'starting',
}
