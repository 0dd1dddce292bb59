import type { Node, Service, ServiceSpec, Task, TaskTemplate } from '../api.ts'
import { isGlobal, isJob, wantedTasks } from '../specs/service-mode.ts'
import { sameSpec } from '../specs/spec-comparison.ts'
import type { FieldChange, Part } from '../specs/spec-difference.ts'
import { allowedNodes, eligibleNodes } from './placement.ts'
import { isLive } from './task.ts'
import { hasUnfinishedUpdate } from './update-status.ts'

/** What becomes of the tasks of a service when it gets another spec: how many of them, and why. */
export interface TaskOutlook {
  /** How many it is to have, before and after; of a global service, one on each node that may be given one. */
  readonly before: number
  readonly after: number
  /** End, and are replaced by new ones. */
  readonly replaced: number
  /** Are replaced as well if the credential is another than the one that they were made with: Swarm does not tell. */
  readonly perhaps: number
  readonly added: number
  readonly removed: number
  /** It is a job, and all of it runs once more. */
  readonly runsAgain: boolean
  /** The changes because of which tasks are replaced, or run again. */
  readonly because: readonly FieldChange[]
}

/** The swarm as it is. */
interface Observed {
  /** Of all services. */
  readonly tasks: readonly Task[]
  readonly nodes: readonly Node[]
}

/** What is there and what is to be. */
interface Step {
  readonly current: Service
  readonly wanted: ServiceSpec
  readonly changes: readonly FieldChange[]
  /** Another credential is stored with it. */
  readonly hasNewCredential: boolean
}

/** What becomes of no task. */
const NO_TASKS: TaskOutlook = {
  before: 0,
  after: 0,
  replaced: 0,
  perhaps: 0,
  added: 0,
  removed: 0,
  runsAgain: false,
  because: [],
}

/** The tasks of a service that is made, or that stays as it is. */
export function tasksAsTheyAre(spec: ServiceSpec, nodes: readonly Node[], isNew: boolean): TaskOutlook {
  const count = tasksOf(spec, nodes)
  return { ...NO_TASKS, before: isNew ? 0 : count, after: count, added: isNew ? count : 0 }
}

/** The end of all tasks of a service. */
export function tasksToEnd(spec: ServiceSpec, nodes: readonly Node[]): TaskOutlook {
  const count = tasksOf(spec, nodes)
  return { ...NO_TASKS, before: count, removed: count }
}

/**
 * What Swarm does with the tasks of a service that gets another spec, by its own rule (swarmkit,
 * manager/orchestrator/task.go, `IsTaskDirty`; seen with 20.10): a task is replaced when its template or the endpoint
 * has changed. Where of the template only the placement has, it stays on a node that satisfies the constraints, whatever
 * became of the endpoint, but not with another credential. Labels, policies and the number of tasks replace none. A job runs again with any update. Pure.
 */
export function taskOutlook(step: Step, { tasks, nodes }: Observed): TaskOutlook {
  const { current, wanted, changes } = step
  const [before, after] = [tasksOf(current.Spec, nodes), tasksOf(wanted, nodes)]
  const own = tasks.filter((task) => task.ServiceID === current.ID && isLive(task) && !isEnding(task))
  if (isJob(wanted))
    return {
      before,
      after,
      replaced: 0,
      perhaps: 0,
      added: after,
      removed: own.length,
      runsAgain: true,
      because: changes,
    }
  const counts = isGlobal(wanted) ? onNodes(step, own, nodes) : inSlots(step, own, nodes, before, after)
  const stays = Math.min(before, after) - counts.replaced
  const perhaps = step.hasNewCredential && has(changes, 'placement') ? Math.max(0, stays) : 0
  const because = counts.replaced + perhaps === 0 ? [] : reasons(changes)
  return { before, after, ...counts, perhaps, runsAgain: false, because }
}

function tasksOf(spec: ServiceSpec, nodes: readonly Node[]): number {
  return wantedTasks(spec) ?? eligibleNodes(nodes, spec.TaskTemplate.Placement).length
}

function isEnding({ DesiredState: state }: Task): boolean {
  return state === 'shutdown' || state === 'remove'
}

type Counts = Pick<TaskOutlook, 'replaced' | 'added' | 'removed'>

function inSlots(step: Step, own: readonly Task[], nodes: readonly Node[], before: number, after: number): Counts {
  const kept = Math.min(before, after)
  const replaced = areAllDirty(step) ? kept : Math.min(kept, own.filter((task) => isDirty(step, task, nodes)).length)
  return { replaced, added: Math.max(0, after - before), removed: Math.max(0, before - after) }
}

/** A node that is given no tasks keeps what it has. */
function onNodes(step: Step, own: readonly Task[], nodes: readonly Node[]): Counts {
  const { current, wanted } = step
  const [had, gets] = [current.Spec, wanted].map((spec) => eligibleNodes(nodes, spec.TaskTemplate.Placement))
  const allowed = allowedNodes(nodes, wanted.TaskTemplate.Placement)
  const stays = (had ?? []).filter((node) => gets?.includes(node))
  const isReplaced = (node: Node) =>
    areAllDirty(step) || own.some((task) => task.NodeID === node.ID && isDirty(step, task, nodes))
  return {
    replaced: stays.filter(isReplaced).length,
    added: (gets ?? []).filter((node) => !had?.includes(node)).length,
    removed: own.filter(({ NodeID: id }) => nodes.some(({ ID }) => ID === id) && !allowed.some(({ ID }) => ID === id))
      .length,
  }
}

function has(changes: readonly FieldChange[], part: Part): boolean {
  return changes.some((change) => change.part === part)
}

/** Whether no task can be what is wanted, wherever it is. */
function areAllDirty({ current, changes }: Step): boolean {
  if (hasUnfinishedUpdate(current)) return false
  return has(changes, 'template') || (has(changes, 'endpoint') && !has(changes, 'placement'))
}

function isDirty({ current, wanted, changes, hasNewCredential }: Step, task: Task, nodes: readonly Node[]): boolean {
  // Half-way through an update tasks of two specs run side by side.
  const isOther = hasUnfinishedUpdate(current) ? !isOf(task, wanted) : has(changes, 'template')
  if (isOther || (hasNewCredential && !hasImage(task))) return true
  const isElsewhere = has(changes, 'placement') || (hasUnfinishedUpdate(current) && !isPlacedAs(task, wanted))
  if (!isElsewhere) return has(changes, 'endpoint')
  return !allowedNodes(nodes, wanted.TaskTemplate.Placement).some(({ ID }) => ID === task.NodeID)
}

/** Whether a task was made of the template of a spec, wherever that would have it. */
export function isOf({ Spec: template }: Task, { TaskTemplate: wanted }: ServiceSpec): boolean {
  const { Placement: _was, ...made } = (template ?? {}) as TaskTemplate
  const { Placement: _is, ...rest } = wanted
  return sameSpec(templateOnly(made), templateOnly(rest))
}

function isPlacedAs({ Spec: template }: Task, { TaskTemplate: { Placement: wanted } }: ServiceSpec): boolean {
  const { Placement: made } = (template ?? {}) as TaskTemplate
  return sameSpec(templateOnly({ Placement: made ?? {} }), templateOnly({ Placement: wanted ?? {} }))
}

function templateOnly(TaskTemplate: TaskTemplate): ServiceSpec {
  return { Name: '', Mode: {}, TaskTemplate }
}

/** It no longer needs a credential. */
function hasImage({ Status: { State: state } }: Task): boolean {
  return state === 'ready' || state === 'starting' || state === 'running'
}

function reasons(changes: readonly FieldChange[]): FieldChange[] {
  const template = changes.filter(({ part }) => part === 'template')
  if (template.length > 0) return [...template, ...changes.filter(({ part }) => part === 'endpoint')]
  const placement = changes.filter(({ part }) => part === 'placement')
  return placement.length > 0 ? placement : changes.filter(({ part }) => part === 'endpoint')
}
