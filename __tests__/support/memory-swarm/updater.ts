import type { UpdateConfig } from '../../../src/docker/api.ts'
import { nowMs } from '../../../src/runner/time/clock.ts'
import { isDirty } from './dirty.ts'
import {
  hasEnded,
  isAbove,
  isBelow,
  isGlobalSpec,
  isRunnable,
  NANOSECONDS_PER_MS,
  type SpecRecord,
  type StoredService,
  type StoredTask,
} from './objects.ts'
import type { Restarts } from './restarts.ts'
import { isSameRecord, type Store } from './store.ts'

const DEFAULT_MONITOR_MS = 5000
const DEFAULT_POLICY: UpdateConfig = { Parallelism: 1 }

export type Slot = readonly StoredTask[]

/** The rolling updates that are on their way, at most one a service (swarmkit, manager/orchestrator/update). */
export class Updates {
  readonly #store: Store
  readonly #restarts: Restarts
  readonly #running = new Map<string, Update>()

  constructor(store: Store, restarts: Restarts) {
    this.#store = store
    this.#restarts = restarts
  }

  /** Has these slots become what the service asks for. An update to the same spec that is on its way goes on. */
  begin(service: StoredService, slots: readonly Slot[]): void {
    const before = this.#running.get(service.id)
    if (before !== undefined) {
      if (isSameRecord(before.target, service.current)) return
      before.cancel()
    }
    const update = new Update(this.#store, this.#restarts, service)
    this.#running.set(service.id, update)
    void update.run(slots).then(() => {
      if (this.#running.get(service.id) === update) this.#running.delete(service.id)
    })
  }

  cancel(service: StoredService): void {
    this.#running.get(service.id)?.cancel()
    this.#running.delete(service.id)
  }
}

class Update {
  readonly target: SpecRecord
  readonly #store: Store
  readonly #restarts: Restarts
  readonly #service: StoredService
  readonly #isRollback: boolean
  readonly #isPaused: boolean
  readonly #startsNow: boolean
  readonly #isOnItsWay: boolean
  /** The tasks of this update, and since when each has been up. */
  readonly #tasks = new Map<string, number | undefined>()
  /** Those that have ended, each once, in their order. */
  readonly #ended: StoredTask[] = []
  #onEnd: () => void = () => undefined
  #cancelled = false

  constructor(store: Store, restarts: Restarts, service: StoredService) {
    const state = service.status?.state
    this.#store = store
    this.#restarts = restarts
    this.#service = service
    this.target = service.current
    this.#isRollback = state === 'rollback_started'
    this.#isPaused = state === 'paused' || state === 'rollback_paused'
    this.#startsNow = service.status === undefined
    this.#isOnItsWay = state === 'updating' || state === 'rollback_started'
  }

  cancel(): void {
    this.#cancelled = true
    // So that what waits looks up.
    this.#store.nudge()
  }

  async run(slots: readonly Slot[]): Promise<void> {
    const store = this.#store
    if (this.#isPaused) return
    const dirty = slots.filter((slot) => slot.length > 1 || slot.some((task) => this.#isDirty(task)))
    if (dirty.length === 0) {
      if (this.#isOnItsWay) this.#complete()
      return
    }
    if (this.#startsNow) this.#say({ state: 'updating', message: 'update in progress' })

    const policy =
      (this.#isRollback ? this.target.spec.RollbackConfig : this.target.spec.UpdateConfig) ?? DEFAULT_POLICY
    const monitorMs = policy.Monitor ? policy.Monitor / NANOSECONDS_PER_MS : DEFAULT_MONITOR_MS
    const stopWatching = store.onChange((change) => {
      if (change.kind !== 'task' || change.action !== 'update' || change.task.serviceId !== this.#service.id) return
      if (hasEnded(change.task) && !this.#ended.includes(change.task)) this.#ended.push(change.task)
      this.#onEnd()
    })
    try {
      const isStopped = await this.#replaceAll(dirty, policy, monitorMs)
      if (!isStopped) this.#complete()
    } finally {
      stopWatching()
    }
  }

  /** Whether something ended it before it was complete. */
  async #replaceAll(dirty: readonly Slot[], policy: UpdateConfig, monitorMs: number): Promise<boolean> {
    const store = this.#store
    const queue = [...dirty]
    let stopped = false
    let seen = 0
    let failures = 0
    const failed = () => {
      while (policy.FailureAction !== 'continue' && seen < this.#ended.length) {
        const task = this.#ended[seen++]
        if (task === undefined || !this.#tasks.has(task.id)) continue
        const upSince = this.#tasks.get(task.id)
        if (upSince !== undefined && nowMs() - upSince > monitorMs) continue
        failures++
        if (failures / dirty.length > (policy.MaxFailureRatio ?? 0)) return this.#giveUp(task, policy)
      }
      return false
    }
    const check = () => {
      stopped ||= failed()
    }
    const worker = async () => {
      for (let slot = queue.shift(); slot !== undefined && !stopped && !this.#cancelled; slot = queue.shift()) {
        await this.#replace(slot, policy.Order ?? 'stop-first')
        const delayMs = (policy.Delay ?? 0) / NANOSECONDS_PER_MS
        if (delayMs > 0) await this.#wait(() => stopped, delayMs)
      }
    }
    // Swarm looks at failures while slots are left to be handed out, and then again when all have been replaced.
    this.#onEnd = () => {
      if (queue.length > 0) check()
    }
    const parallelism = policy.Parallelism || dirty.length
    await Promise.all(Array.from({ length: Math.min(parallelism, dirty.length) }, worker))
    this.#onEnd = check
    check()
    await this.#wait(() => stopped, monitorMs)
    return stopped || this.#cancelled || !store.services.has(this.#service.id)
  }

  /** Waits until something is true, for some time, or until it is cancelled. */
  #wait(isTrue: () => boolean, ms?: number): Promise<void> {
    return this.#store.until(() => this.#cancelled || isTrue(), ms)
  }

  #isDirty(task: StoredTask): boolean {
    return isDirty(this.#store, { ...this.#service, current: this.target }, task)
  }

  /** A slot gets a task of the new spec, and loses its others. */
  async #replace(slot: Slot, order: 'stop-first' | 'start-first'): Promise<void> {
    const store = this.#store
    const [first] = slot
    if (first === undefined || !store.services.has(this.#service.id)) return
    const clean = slot.filter((task) => !this.#isDirty(task) && isRunnable(task) && store.tasks.has(task.id))
    const existing = clean.find(({ desired }) => desired === 'running') ?? clean[0]
    if (existing !== undefined) return this.#useExisting(slot, existing)

    const next = store.createTask(this.#service, {
      slot: first.slot,
      nodeId: isGlobalSpec(this.target.spec) ? first.nodeId : undefined,
      desired: 'ready',
    })
    this.#tasks.set(next.id, undefined)
    const old = order === 'start-first' ? undefined : this.#stopAll(slot)
    let mayStart = false
    void this.#restarts.delayStart(old, next, 0).then(() => {
      mayStart = true
      store.nudge()
    })
    await this.#wait(() => mayStart)
    await this.#wait(() => !isBelow(next.state, 'running') || !store.tasks.has(next.id))
    if (this.#cancelled) return
    this.#tasks.set(next.id, nowMs())
    if (order === 'start-first' && next.state === 'running') this.#stopAll(slot)
  }

  async #useExisting(slot: Slot, existing: StoredTask): Promise<void> {
    const old = this.#stopAll(slot.filter((task) => task !== existing))
    if (existing.desired === 'running') return
    let mayStart = false
    void this.#restarts.delayStart(old, existing, 0).then(() => {
      mayStart = true
      this.#store.nudge()
    })
    await this.#wait(() => mayStart)
  }

  /** One of those that were told to end. */
  #stopAll(tasks: readonly StoredTask[]): StoredTask | undefined {
    const present = tasks.filter(({ id }) => this.#store.tasks.has(id))
    for (const task of present) {
      if (!isAbove(task.desired, 'running')) this.#store.writeTask(task, { desired: 'shutdown' })
    }
    return present.at(-1)
  }

  /** What the policy does about a failure; whether that ends the update. */
  #giveUp({ id }: StoredTask, { FailureAction: action = 'pause' }: UpdateConfig): boolean {
    const why = `due to failure or early termination of task ${id}`
    if (action === 'pause') {
      this.#say({ state: this.#isRollback ? 'rollback_paused' : 'paused', message: `update paused ${why}` })
    } else if (this.#isRollback) {
      this.#say({ state: 'rollback_paused', message: `rollback paused ${why}` })
    } else {
      this.#rollBack(`update rolled back ${why}`)
    }
    return true
  }

  #rollBack(message: string): void {
    const { previous, status } = this.#service
    if (!this.#isCurrent() || previous === undefined || status === undefined) return
    this.#store.writeService(this.#service, {
      current: previous,
      previous: undefined,
      status: { ...status, state: 'rollback_started', message },
    })
  }

  #complete(): void {
    const state = this.#service.status?.state === 'rollback_started' ? 'rollback_completed' : 'completed'
    const message = state === 'completed' ? 'update completed' : 'rollback completed'
    if (this.#service.status !== undefined) this.#say({ state, message, completedAt: this.#store.timestamp() })
  }

  /** Somebody's newer update has taken the status away: then there is nothing to say. */
  #say(status: Omit<NonNullable<StoredService['status']>, 'startedAt'>): void {
    if (!this.#isCurrent()) return
    const startedAt = this.#service.status?.startedAt ?? this.#store.timestamp()
    this.#store.writeService(this.#service, { status: { startedAt, ...status } })
  }

  #isCurrent(): boolean {
    return !this.#cancelled && this.#store.services.has(this.#service.id)
  }
}
