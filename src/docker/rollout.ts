import type { Node, Service, ServiceSpec, Task, UpdateStatus } from './api.ts'

/**
 * What became of a rollout, judged from what the swarm shows at one moment and what was seen before. Pure: no clock,
 * no daemon. Times are seconds on any clock that never goes back.
 *
 * While Swarm itself is updating a service it also judges its tasks, by the service's own update policy, so this
 * judge only watches for what Swarm waits for without end: tasks that no node can take.
 */
export type Verdict =
  | { readonly state: 'progressing'; readonly progress: string }
  | { readonly state: 'converged'; readonly progress: string }
  | FailedVerdict

interface FailedVerdict {
  readonly state: 'failed' | 'rolled-back'
  readonly cause: string
  readonly taskId?: string
}

/** One service at one moment. */
export interface Sight {
  readonly service: Service
  /** The tasks that the current spec of the service asked for (the API's filter `_up-to-date`), old ones included. */
  readonly tasks: readonly Task[]
  /** The nodes that may run the service's tasks. */
  readonly eligibleNodes: readonly Node[]
  readonly now: number
  /** How long tasks must keep running before they count as stable. */
  readonly monitorSeconds: number
}

/** What was seen of one service since the deploy began. */
export interface Memory {
  /** Tasks that were there before: their failures are history, and those that ran then are stable now. */
  readonly earlierTasks: ReadonlySet<string>
  /** How an update ended that this deploy did not make: history too. */
  readonly earlierStatus?: UpdateStatus
  /** When a task was first seen running. */
  readonly runningSince: ReadonlyMap<string, number>
  /** When a task was first seen waiting for a node. */
  readonly unplacedSince: ReadonlyMap<string, number>
  /** When a slot was first seen with a failed task and none to replace it. */
  readonly abandonedSince: ReadonlyMap<string, number>
  /** The tasks that ended although they should run, by slot. Swarm itself forgets all but the last few. */
  readonly endedTasks: ReadonlyMap<string, ReadonlyMap<string, Task>>
  /** Why Swarm paused or rolled back: its own words, which it overwrites when the rollback is complete. */
  readonly firstReason?: string
}

export const REJECTIONS_UNTIL_FAILED = 3
export const CRASHES_UNTIL_FAILED = 5
export const UNPLACED_GRACE_SECONDS = 30
/** Swarm creates the replacement of a failed task in the same moment: none after this time means none will come. */
export const ABANDONED_GRACE_SECONDS = 3
/** Swarm's own default of `--update-monitor`. */
export const DEFAULT_MONITOR_SECONDS = 5

const NANOSECONDS = 1e9

/**
 * What is remembered at the start: the tasks as they were before the deploy, of which the running ones are stable.
 *
 * @param statusBefore of a service that the deploy leaves as it is; a change makes Swarm forget it
 */
export function firstMemory(tasksBefore: readonly Task[], statusBefore?: UpdateStatus): Memory {
  return {
    earlierTasks: new Set(tasksBefore.map((task) => task.ID)),
    ...(statusBefore === undefined ? {} : { earlierStatus: statusBefore }),
    runningSince: new Map(tasksKnownStable(tasksBefore).map((task) => [task.ID, Number.NEGATIVE_INFINITY])),
    unplacedSince: new Map(),
    abandonedSince: new Map(),
    endedTasks: new Map(),
  }
}

/** Those that run, unless one of the service's tasks has ended: what runs at this moment may be a crash loop's next turn. */
function tasksKnownStable(tasksBefore: readonly Task[]): readonly Task[] {
  const hasEnded = tasksBefore.some((task) => isFailure(task) || task.Status.State === 'complete')
  return hasEnded ? [] : tasksBefore.filter(isRunning)
}

/** The memory with one more sight in it. */
export function remember(memory: Memory, sight: Sight): Memory {
  const { service, tasks, now } = sight
  const firstReason = memory.firstReason ?? swarmReason(statusOf(memory, service))
  return {
    ...memory,
    runningSince: since(memory.runningSince, idsOf(tasks.filter(isRunning)), now),
    unplacedSince: since(memory.unplacedSince, idsOf(tasks.filter(isUnplaced)), now),
    abandonedSince: since(memory.abandonedSince, abandonedSlots(service.Spec, currentTasks(service, tasks)), now),
    endedTasks: withEnded(memory, service, tasks),
    ...(firstReason === undefined ? {} : { firstReason }),
  }
}

/** What the sight says, given a memory that already holds it. */
export function judge(memory: Memory, sight: Sight): Verdict {
  const bySwarm = swarmVerdict(memory, sight.service)
  if (bySwarm?.state === 'failed') return bySwarm

  const unplaced = unplacedTask(memory, sight)
  if (unplaced !== undefined) return { state: 'failed', cause: `no node can take it: ${unplaced.Status.Err}` }

  const { service, eligibleNodes: nodes } = sight
  const tasks = currentTasks(service, sight.tasks)
  const counts = count(service, tasks, nodes)
  const { progress } = counts
  if (isUpdating(service)) return { state: 'progressing', progress: `${progress}, ${updateNote(service)}` }
  if (!isComplete(service.Spec, counts)) {
    const hopeless = hopelessSlot(memory, sight, tasks)
    if (bySwarm === undefined) return hopeless ?? { state: 'progressing', progress }
    // Swarm calls a rollback complete when nothing new is left, whether or not what was before comes up again.
    if (hopeless === undefined) return { state: 'progressing', progress: `${progress}, rolled back by Swarm` }
    return { ...hopeless, cause: `${bySwarm.cause}; what it went back to does not come up: ${hopeless.cause}` }
  }
  if (bySwarm !== undefined) return bySwarm
  if (counts.wanted === 0 && isGlobal(service.Spec)) {
    return { state: 'failed', cause: 'no node of the swarm is ready, active and allowed by its placement constraints' }
  }
  return wasWatchedBySwarm(memory, sight) || isStable(memory, sight, counts.counted)
    ? { state: 'converged', progress }
    : { state: 'progressing', progress: `${progress}, watched for ${sight.monitorSeconds} s` }
}

/**
 * What the sight says of a canary: so many tasks of an update that Swarm then holds. Swarm is updating all the while,
 * and one task that ends is a failure.
 */
export function judgeCanaries(memory: Memory, sight: Sight, size: number): Verdict {
  const bySwarm = swarmVerdict(memory, sight.service)
  if (bySwarm !== undefined) return bySwarm
  const unplaced = unplacedTask(memory, sight)
  if (unplaced !== undefined) return { state: 'failed', cause: `no node can take it: ${unplaced.Status.Err}` }
  const last = lastEnded(memory)
  if (last !== undefined) return { state: 'failed', cause: `its task ${ending(last)}`, taskId: last.ID }

  const { counted } = count(sight.service, sight.tasks, sight.eligibleNodes)
  const progress = `${counted.length}/${size} canary ${size === 1 ? 'task' : 'tasks'} running`
  if (counted.length < size) return { state: 'progressing', progress }
  return isStable(memory, sight, counted)
    ? { state: 'converged', progress }
    : { state: 'progressing', progress: `${progress}, watched for ${sight.monitorSeconds} s` }
}

/** What the sight says of tasks that were up and are to stay so: one that ends is a failure. */
export function judgeTrial(memory: Memory, sight: Sight): Verdict {
  const last = lastEnded(memory)
  if (last !== undefined) return { state: 'failed', cause: `its task ${ending(last)}`, taskId: last.ID }
  const counts = count(sight.service, currentTasks(sight.service, sight.tasks), sight.eligibleNodes)
  const state = isComplete(sight.service.Spec, counts) ? 'converged' : 'progressing'
  return { state, progress: counts.progress }
}

function lastEnded({ endedTasks }: Memory): Task | undefined {
  return newest([...endedTasks.values()].flatMap((ended) => [...ended.values()]))
}

/** The window in which Swarm counts a task that ends as a failed update: the service's own, or Swarm's default. */
export function monitorSecondsOf(spec: ServiceSpec): number {
  const nanoseconds = spec.UpdateConfig?.Monitor ?? 0
  return nanoseconds > 0 ? nanoseconds / NANOSECONDS : DEFAULT_MONITOR_SECONDS
}

export function isJob(spec: ServiceSpec): boolean {
  return spec.Mode.ReplicatedJob !== undefined || spec.Mode.GlobalJob !== undefined
}

/** How many tasks the service wants; `undefined` for a mode in which the nodes decide. */
export function wantedTasks(spec: ServiceSpec): number | undefined {
  if (spec.Mode.Replicated) return spec.Mode.Replicated.Replicas ?? 1
  if (spec.Mode.ReplicatedJob)
    return spec.Mode.ReplicatedJob.TotalCompletions ?? spec.Mode.ReplicatedJob.MaxConcurrent ?? 1
  return undefined
}

/** The task of which Swarm said that it made the update fail, from the text of an update status. */
export function taskNamedIn(message: string): string | undefined {
  return /\btask ([a-z0-9]{20,})\b/.exec(message)?.[1]
}

function isGlobal(spec: ServiceSpec): boolean {
  return spec.Mode.Global !== undefined || spec.Mode.GlobalJob !== undefined
}

/** A task of a job is meant to complete, any other to run. */
function isWanted(task: Task): boolean {
  return task.DesiredState === 'running' || task.DesiredState === 'complete'
}

function isRunning(task: Task): boolean {
  return task.Status.State === 'running' && isWanted(task)
}

function isUnplaced(task: Task): boolean {
  return task.Status.State === 'pending' && isWanted(task) && (task.Status.Err ?? '') !== ''
}

/** Whether a task ended badly. */
export function isFailure(task: Task): boolean {
  return task.Status.State === 'failed' || task.Status.State === 'rejected'
}

/** Whether a task that is to end may still have a container: one that no node was given yet never had any. */
export function mayHaveContainer(task: Task): boolean {
  const isEnding = !isWanted(task) && task.DesiredState !== 'ready'
  return isLive(task) && !(isEnding && ['new', 'allocated', 'pending'].includes(task.Status.State))
}

function isLive(task: Task): boolean {
  return !isFailure(task) && !['complete', 'shutdown', 'remove', 'orphaned'].includes(task.Status.State)
}

/** Where a task belongs: one that ends is replaced there. Swarm counts the slots of a job from 0, and leaves a 0 out. */
function slotOf(spec: ServiceSpec, task: Task): string {
  return isGlobal(spec) ? `node ${task.NodeID ?? task.ID}` : `slot ${task.Slot ?? 0}`
}

function idsOf(tasks: readonly Task[]): string[] {
  return tasks.map((task) => task.ID)
}

/** When each of the keys was first there without a break; a key that is gone is forgotten. */
function since(before: ReadonlyMap<string, number>, keys: readonly string[], now: number): Map<string, number> {
  return new Map(keys.map((key) => [key, before.get(key) ?? now]))
}

/** Of a job only the tasks of its current run count. */
function currentTasks(service: Service, tasks: readonly Task[]): readonly Task[] {
  if (!isJob(service.Spec)) return tasks
  const iteration = service.JobStatus?.JobIteration.Index ?? 0
  return tasks.filter((task) => (task.JobIteration?.Index ?? 0) === iteration)
}

function endsForGood(spec: ServiceSpec): boolean {
  const condition = spec.TaskTemplate.RestartPolicy?.Condition ?? 'any'
  return isJob(spec) || condition !== 'any'
}

/** A task that ended although its service wants it to run on. */
function hasEnded(spec: ServiceSpec, task: Task): boolean {
  return isFailure(task) || (task.Status.State === 'complete' && !endsForGood(spec))
}

function withEnded(memory: Memory, service: Service, tasks: readonly Task[]): Memory['endedTasks'] {
  const ended = new Map(memory.endedTasks)
  for (const task of currentTasks(service, tasks)) {
    if (memory.earlierTasks.has(task.ID) || !hasEnded(service.Spec, task)) continue
    const slot = slotOf(service.Spec, task)
    ended.set(slot, new Map(ended.get(slot)).set(task.ID, task))
  }
  return ended
}

function bySlot(spec: ServiceSpec, tasks: readonly Task[]): Map<string, Task[]> {
  return Map.groupBy(tasks, (task) => slotOf(spec, task))
}

/** The slots that count: of a global service only those on nodes that may run it. */
function slotsThatCount(spec: ServiceSpec, tasks: readonly Task[], nodes: readonly Node[]): Map<string, Task[]> {
  const ids = new Set(nodes.map((node) => node.ID))
  return bySlot(spec, isGlobal(spec) ? tasks.filter((task) => ids.has(task.NodeID ?? '')) : tasks)
}

function newest(tasks: readonly Task[]): Task | undefined {
  return [...tasks].sort((a, b) => b.CreatedAt.localeCompare(a.CreatedAt))[0]
}

function abandonedSlots(spec: ServiceSpec, tasks: readonly Task[]): string[] {
  const slots = [...bySlot(spec, tasks)]
  const abandoned = slots.filter(([, inSlot]) => {
    const last = newest(inSlot)
    return !inSlot.some(isLive) && last !== undefined && hasEnded(spec, last)
  })
  return abandoned.map(([slot]) => slot)
}

function isUpdating(service: Service): boolean {
  const state = service.UpdateStatus?.State
  return state === 'updating' || state === 'rollback_started'
}

function updateNote(service: Service): string {
  return service.UpdateStatus?.State === 'rollback_started' ? 'Swarm rolls back' : 'Swarm updates'
}

/** The status of an update of this deploy. */
function statusOf({ earlierStatus }: Memory, { UpdateStatus: status }: Service): UpdateStatus | undefined {
  const isEarlier = status?.State === earlierStatus?.State && status?.Message === earlierStatus?.Message
  return isEarlier ? undefined : status
}

/** Swarm's words for a pause or a rollback, in the states in which they still say why. */
function swarmReason(status: UpdateStatus | undefined): string | undefined {
  const says = ['paused', 'rollback_started', 'rollback_paused']
  return status !== undefined && says.includes(status.State) ? status.Message : undefined
}

function swarmVerdict(memory: Memory, service: Service): FailedVerdict | undefined {
  const reason = memory.firstReason ?? 'the update failed'
  const taskId = taskNamedIn(reason)
  const named = taskId === undefined ? {} : { taskId }
  switch (statusOf(memory, service)?.State) {
    case 'paused':
      return { state: 'failed', cause: `Swarm paused the update: ${reason}`, ...named }
    case 'rollback_paused':
      return { state: 'failed', cause: `Swarm's rollback failed too and is paused: ${reason}`, ...named }
    case 'rollback_completed':
      return { state: 'rolled-back', cause: `Swarm rolled it back: ${reason}`, ...named }
    default:
      return undefined
  }
}

function unplacedTask(memory: Memory, sight: Sight): Task | undefined {
  const tasks = currentTasks(sight.service, sight.tasks)
  return tasks.filter(isUnplaced).find((task) => {
    const from = memory.unplacedSince.get(task.ID) ?? sight.now
    return sight.now - from >= UNPLACED_GRACE_SECONDS
  })
}

/** How many tasks a service wants and has, and on how many nodes. */
export interface Tally {
  readonly wanted: number
  /** Tasks that run; of a job, tasks that are complete. */
  readonly running: number
  readonly nodes: number
}

/** The tally of one sight. */
export function tally({ service, tasks, eligibleNodes }: Sight): Tally {
  const { wanted, counted } = count(service, currentTasks(service, tasks), eligibleNodes)
  const nodes = new Set(counted.map((task) => task.NodeID))
  return { wanted, running: counted.length, nodes: nodes.size }
}

interface Count {
  readonly wanted: number
  /** One task for each slot or node that has what it should have. */
  readonly counted: readonly Task[]
  readonly progress: string
}

function count(service: Service, tasks: readonly Task[], nodes: readonly Node[]): Count {
  const { Spec: spec } = service
  const slots = [...slotsThatCount(spec, tasks, nodes).values()]
  const running = slots.flatMap((inSlot) => inSlot.find(isRunning) ?? [])
  const complete = endsForGood(spec) ? slots.flatMap((inSlot) => completeTask(inSlot) ?? []) : []
  const wanted = wantedTasks(spec) ?? nodes.length
  return {
    wanted,
    counted: isJob(spec) ? complete : [...running, ...complete],
    progress: progressText(spec, wanted, running.length, complete.length),
  }
}

/** The task that did a slot's work, when no task of the slot is at it again. */
function completeTask(inSlot: readonly Task[]): Task | undefined {
  const last = newest(inSlot)
  return last?.Status.State === 'complete' && !inSlot.some(isRunning) ? last : undefined
}

/** Fewer than wanted; or more, while Swarm still removes some. */
function isComplete(spec: ServiceSpec, { wanted, counted }: Count): boolean {
  return isGlobal(spec) ? counted.length >= wanted : counted.length === wanted
}

/**
 * Whether Swarm itself has watched the tasks for as long as is asked, and none of them has ended: it calls an update
 * completed only after its own window (swarmkit, manager/orchestrator/update/updater.go).
 */
function wasWatchedBySwarm(memory: Memory, { service, monitorSeconds }: Sight): boolean {
  const { UpdateConfig: policy } = service.Spec
  return (
    statusOf(memory, service)?.State === 'completed' &&
    policy?.FailureAction !== 'continue' &&
    monitorSeconds <= monitorSecondsOf(service.Spec) &&
    memory.endedTasks.size === 0
  )
}

function isStable(memory: Memory, { now, monitorSeconds }: Sight, counted: readonly Task[]): boolean {
  return counted.filter(isRunning).every((task) => now - (memory.runningSince.get(task.ID) ?? now) >= monitorSeconds)
}

function progressText(spec: ServiceSpec, wanted: number, running: number, complete: number): string {
  const tasks = wanted === 1 ? 'task' : 'tasks'
  if (isJob(spec)) return `${complete}/${wanted} ${tasks} complete${running > 0 ? `, ${running} running` : ''}`
  return `${running}/${wanted} ${tasks} running${complete > 0 ? `, ${complete} complete` : ''}`
}

/** The first slot that will not come up any more: given up by Swarm, or ending again and again. */
function hopelessSlot(memory: Memory, sight: Sight, tasks: readonly Task[]): FailedVerdict | undefined {
  const slots = slotsThatCount(sight.service.Spec, tasks, sight.eligibleNodes)
  for (const [slot, from] of memory.abandonedSince) {
    const last = newest(slots.get(slot) ?? [])
    if (last === undefined || sight.now - from < ABANDONED_GRACE_SECONDS) continue
    return {
      state: 'failed',
      cause: `its task ${ending(last)} and its restart policy allows no other`,
      taskId: last.ID,
    }
  }
  for (const [slot, ended] of memory.endedTasks) {
    const inSlot = slots.get(slot)
    if (inSlot === undefined || hasComeUp(memory, sight, inSlot)) continue
    const all = [...ended.values()]
    const rejected = all.filter((task) => task.Status.State === 'rejected').length
    const last = newest(all)
    if (last === undefined || (rejected < REJECTIONS_UNTIL_FAILED && all.length < CRASHES_UNTIL_FAILED)) continue
    return {
      state: 'failed',
      cause: `its task ended ${all.length} times in a row, the last one ${ending(last)}`,
      taskId: last.ID,
    }
  }
  return undefined
}

/** Whether a slot is stable after all, whatever ended in it before. */
function hasComeUp(memory: Memory, sight: Sight, inSlot: readonly Task[]): boolean {
  return inSlot.some((task) => isRunning(task) && isStable(memory, sight, [task]))
}

/** How a task ended, in words that follow "its task": `failed with exit code 1: …`. */
export function ending(task: Task): string {
  const { State: state, Err: error, ContainerStatus: container } = task.Status
  if (state === 'rejected') return `was rejected: ${error ?? 'no reason given'}`
  const code = container?.ExitCode
  const withCode = code === undefined ? '' : ` with exit code ${code}`
  const detail = error === undefined || error === '' || /^task: non-zero exit \(\d+\)$/.test(error) ? '' : `: ${error}`
  return state === 'complete' ? `ended${withCode}` : `failed${withCode}${detail}`
}
