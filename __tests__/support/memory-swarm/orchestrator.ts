import { satisfies } from '../../../src/docker/swarm/placement.ts'
import { asNode } from './answers.ts'
import {
  hasEnded,
  isAbove,
  isBelow,
  isGlobalSpec,
  isJobSpec,
  isRunnable,
  type StoredNode,
  type StoredService,
  type StoredTask,
  templateOf,
} from './objects.ts'
import { Restarts } from './restarts.ts'
import type { Change, Store } from './store.ts'
import { type Slot, Updates } from './updater.ts'

/** How long it takes the orchestrator to see a change. */
const REACTION_MS = 5
const REAP_MS = 200
/** So many tasks of a slot Swarm remembers; one more than there may be attempts, where those are limited. */
const HISTORY = 5

/** Makes tasks for what services ask for, and keeps them going (swarmkit, manager/orchestrator). */
export class Orchestrator {
  readonly #store: Store
  readonly #restarts: Restarts
  readonly #updates: Updates
  readonly #due = new Set<string>()

  constructor(store: Store) {
    this.#store = store
    this.#restarts = new Restarts(store)
    this.#updates = new Updates(store, this.#restarts)
    store.onChange((change) => this.#react(change))
  }

  #react(change: Change): void {
    if (change.kind === 'service') {
      if (change.action === 'remove') {
        // Of a job that is removed Swarm forgets the tasks (moby/moby#44312).
        if (!isJobSpec(change.service.current.spec)) this.#removeTasks(change.service)
      } else this.#soon(change.service.id, () => this.#reconcile(change.service))
    } else if (change.kind === 'node') {
      this.#soon(change.node.id, () => this.#checkNode(change.node))
    } else {
      const { task } = change
      if (change.action === 'update' && hasEnded(task)) this.#soon(task.id, () => this.#checkEnded(task))
      if (change.action !== 'remove') this.#soon(`reap ${slotOf(task)}`, () => this.#reap(task), REAP_MS)
    }
  }

  /** Once, however many changes ask for it. */
  #soon(key: string, work: () => void, ms = REACTION_MS): void {
    if (this.#due.has(key)) return
    this.#due.add(key)
    setTimeout(() => {
      this.#due.delete(key)
      work()
    }, ms)
  }

  #reconcile(service: StoredService): void {
    if (!this.#store.services.has(service.id)) return
    const { spec } = service.current
    if (isJobSpec(spec)) this.#reconcileJob(service)
    else if (isGlobalSpec(spec)) this.#reconcileGlobal(service)
    else this.#reconcileReplicated(service)
  }

  #reconcileReplicated(service: StoredService): void {
    const store = this.#store
    const wanted = service.current.spec.Mode.Replicated?.Replicas ?? 1
    const slots = slotsOf(store.tasksOf(service.id).filter(({ desired }) => desired !== 'remove'))
    const live = new Map<number, Slot>()
    const dead: Slot[] = []
    for (const [slot, tasks] of slots) {
      const updatable = this.#restarts.updatable(tasks, service)
      if (updatable.length > 0) live.set(slot, updatable)
      else dead.push(tasks)
    }
    // Swarm takes tasks away first that do not run, and from nodes that have most of them.
    const ordered = [...live.values()].sort((a, b) => Number(runs(b)) - Number(runs(a)))
    const kept = balanced(ordered).slice(0, wanted)
    this.#updates.begin(service, kept)
    for (const task of ordered.filter((slot) => !kept.includes(slot)).flat())
      store.writeTask(task, { desired: 'remove' })
    const missing = wanted - kept.length
    const added: number[] = []
    for (let slot = 1; added.length < missing; slot++) if (!live.has(slot)) added.push(slot)
    for (const slot of added) store.createTask(service, { slot, nodeId: undefined, desired: 'running' })
    for (const tasks of dead.filter(([first]) => first !== undefined && !added.includes(first.slot))) {
      for (const task of tasks) store.removeTask(task)
    }
  }

  #reconcileGlobal(service: StoredService): void {
    const store = this.#store
    const tasks = store.tasksOf(service.id)
    const updatable: Slot[] = []
    for (const node of store.nodes.values()) {
      const onNode = tasks.filter(({ nodeId }) => nodeId === node.id)
      const live = this.#restarts.updatable(onNode, service)
      if (!mayHave(node, service)) {
        this.#stop(onNode)
        continue
      }
      if (node.availability === 'pause') continue
      if (live.length > 0) updatable.push(live)
      else store.createTask(service, { slot: 0, nodeId: node.id, desired: 'running' })
    }
    this.#stop(tasks.filter(({ nodeId }) => !store.nodes.has(nodeId ?? '')))
    this.#updates.begin(service, updatable)
  }

  /** The tasks of earlier iterations that run still go; of this one there are as many as may run side by side, until all are complete. */
  #reconcileJob(service: StoredService): void {
    const store = this.#store
    const all = store.tasksOf(service.id)
    for (const task of all) {
      if (task.iteration !== service.iteration && !hasEnded(task) && task.desired !== 'remove')
        store.writeTask(task, { desired: 'remove' })
    }
    const now = all.filter(({ iteration }) => iteration === service.iteration)
    const isOpen = (task: StoredTask) => !hasEnded(task) && !isAbove(task.desired, 'complete')
    const { ReplicatedJob: job } = service.current.spec.Mode
    if (job === undefined) {
      for (const node of store.nodes.values()) {
        const has = now.some((task) => task.nodeId === node.id && (isOpen(task) || task.state === 'complete'))
        if (has || !mayHave(node, service) || node.availability !== 'active') continue
        store.createTask(service, { slot: 0, nodeId: node.id, desired: 'complete' })
      }
      return
    }
    const { MaxConcurrent: most = 1, TotalCompletions: total = 1 } = job
    const taken = new Set(now.map(({ slot }) => slot))
    const running = now.filter(isOpen).length
    const count = Math.min(most - running, total - taken.size)
    for (let slot = 0, made = 0; made < count; slot++) {
      if (taken.has(slot)) continue
      store.createTask(service, { slot, nodeId: undefined, desired: 'complete' })
      made++
    }
  }

  /** A task that has ended by itself. */
  #checkEnded(task: StoredTask): void {
    const service = this.#store.services.get(task.serviceId)
    if (service === undefined || !this.#store.tasks.has(task.id)) return
    if (isJobSpec(service.current.spec)) {
      if (task.iteration !== service.iteration || isAbove(task.desired, 'complete')) return
      if (task.state !== 'complete') this.#restarts.restart(service, task)
      // A global job has a task on each node until one is complete, whatever its restart policy says.
      if (task.state === 'complete' || isGlobalSpec(service.current.spec)) this.#reconcileJob(service)
      return
    }
    if (!isRunnable(task)) return
    const node = this.#store.nodes.get(task.nodeId ?? '')
    if (
      isGlobalSpec(service.current.spec) &&
      (node === undefined || node.availability === 'pause' || !mayHave(node, service))
    ) {
      this.#store.writeTask(task, { desired: 'shutdown' })
      return
    }
    this.#restarts.restart(service, task)
  }

  /** What a node that is drained, down or gone had goes elsewhere; a global service follows the nodes. */
  #checkNode(node: StoredNode): void {
    const store = this.#store
    const isLost = !store.nodes.has(node.id) || node.state === 'down' || node.availability === 'drain'
    for (const task of [...store.tasks.values()].filter(({ nodeId }) => isLost && nodeId === node.id)) {
      const service = store.services.get(task.serviceId)
      if (service === undefined || isAbove(task.desired, 'running') || hasEnded(task)) continue
      if (isGlobalSpec(service.current.spec)) this.#stop([task])
      else this.#restarts.restart(service, task)
    }
    for (const service of store.services.values()) {
      const { spec } = service.current
      if (isGlobalSpec(spec)) this.#soon(service.id, () => this.#reconcile(service))
    }
  }

  #stop(tasks: readonly StoredTask[]): void {
    for (const task of tasks) {
      if (isBelow(task.desired, 'shutdown')) this.#store.writeTask(task, { desired: 'shutdown' })
    }
  }

  #removeTasks(service: StoredService): void {
    this.#updates.cancel(service)
    for (const task of this.#store.tasksOf(service.id)) this.#store.writeTask(task, { desired: 'remove' })
  }

  /** Forgets tasks that are to be removed and have ended, and all but the last few of a slot. */
  #reap(task: StoredTask): void {
    const store = this.#store
    const slot = [...store.tasks.values()].filter((other) => slotOf(other) === slotOf(task))
    for (const one of slot) {
      const isOver = isAbove(one.state, 'running') || isBelow(one.state, 'assigned')
      if (one.desired === 'remove' && isOver) store.removeTask(one)
    }
    const attempts = templateOf(task).RestartPolicy?.MaxAttempts ?? 0
    const history = attempts > 0 ? attempts + 1 : HISTORY
    const kept = slot.filter(({ id }) => store.tasks.has(id)).sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1))
    for (const one of kept.slice(0, Math.max(0, kept.length - history))) {
      if (isAbove(one.desired, 'running') && (hasEnded(one) || isBelow(one.state, 'assigned'))) store.removeTask(one)
    }
  }
}

function slotOf({ serviceId, slot, nodeId, iteration }: StoredTask): string {
  return slot > 0 || (iteration !== undefined && nodeId === undefined)
    ? `${serviceId} ${slot}`
    : `${serviceId} ${nodeId}`
}

function slotsOf(tasks: readonly StoredTask[]): Map<number, StoredTask[]> {
  const slots = new Map<number, StoredTask[]>()
  for (const task of tasks) slots.set(task.slot, [...(slots.get(task.slot) ?? []), task])
  return new Map([...slots].sort(([a], [b]) => a - b))
}

function runs(slot: Slot): boolean {
  return slot.some(({ state, desired }) => state === 'running' && desired === 'running')
}

/** Slots in an order that takes from each node in turn. */
function balanced(slots: readonly Slot[]): Slot[] {
  const counts = new Map<string, number>()
  const indexed = slots.map((slot) => {
    const [first] = slot
    if (slot.length !== 1 || first?.nodeId === undefined) return { slot, index: -1 }
    const index = (counts.get(first.nodeId) ?? 0) + 1
    counts.set(first.nodeId, index)
    return { slot, index }
  })
  return indexed.sort((a, b) => a.index - b.index).map(({ slot }) => slot)
}

/** Whether a node is one for a global service: a paused one keeps what it has. */
function mayHave(node: StoredNode, { current }: StoredService): boolean {
  const constraints = current.spec.TaskTemplate.Placement?.Constraints ?? []
  return (
    node.availability !== 'drain' &&
    node.state !== 'down' &&
    constraints.every((constraint) => satisfies(asNode(node), constraint))
  )
}
