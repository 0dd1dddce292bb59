import { nowMs } from '../../../src/runner/time/clock.ts'
import {
  hasEnded,
  isAbove,
  isBelow,
  isGlobalSpec,
  isJobSpec,
  isRunnable,
  NANOSECONDS_PER_MS,
  type StoredService,
  type StoredTask,
  templateOf,
} from './objects.ts'
import type { Store } from './store.ts'

const DEFAULT_DELAY_MS = 5000
/** So long the next task of a slot waits for the end of the one before. */
const OLD_TASK_LIMIT_MS = 60_000

interface History {
  readonly version: number
  readonly at: number[]
}

/** Starts tasks anew as their policy says (swarmkit, manager/orchestrator/restart). */
export class Restarts {
  readonly #store: Store
  /** By task: those that wait for their turn. */
  readonly #delays = new Map<string, Promise<void>>()
  readonly #waiters = new Set<string>()
  readonly #history = new Map<string, History>()

  constructor(store: Store) {
    this.#store = store
  }

  /** Takes a task that has ended, or whose node is lost, out of its slot; another comes if the policy allows it. */
  restart(service: StoredService, task: StoredTask): void {
    const store = this.#store
    const delay = this.#delays.get(task.id)
    if (delay !== undefined) {
      // It failed before its turn had come: the next turn is not sooner.
      if (this.#waiters.has(task.id)) return
      this.#waiters.add(task.id)
      void delay.then(() => {
        this.#waiters.delete(task.id)
        const now = store.services.get(service.id)
        if (now !== undefined && store.tasks.has(task.id) && isOurs(now, task)) this.restart(now, task)
      })
      return
    }
    store.writeTask(task, { desired: 'shutdown' })
    if (!this.shouldRestart(task)) return
    const node = task.nodeId === undefined ? undefined : store.nodes.get(task.nodeId)
    const next = store.createTask(service, {
      slot: task.slot,
      nodeId: isGlobalSpec(service.current.spec) ? task.nodeId : undefined,
      desired: 'ready',
    })
    this.#remember(next)
    const { Delay: delayNs } = templateOf(task).RestartPolicy ?? {}
    const delayMs =
      node?.availability === 'drain' ? 0 : (delayNs ?? DEFAULT_DELAY_MS * NANOSECONDS_PER_MS) / NANOSECONDS_PER_MS
    const waitsForOld = node?.state !== 'down' && !hasEnded(task)
    void this.delayStart(waitsForOld ? task : undefined, next, delayMs)
  }

  /** Whether the policy of a task that has ended lets another follow it. */
  shouldRestart(task: StoredTask): boolean {
    const {
      Condition: condition = 'any',
      MaxAttempts: most = 0,
      Window: window = 0,
    } = templateOf(task).RestartPolicy ?? {}
    const isAllowed = condition === 'any' || (condition === 'on-failure' && task.state !== 'complete')
    if (!isAllowed) return false
    if (most === 0) return true
    const history = this.#history.get(slotKey(task))
    if (history === undefined || history.version !== task.made.version) return true
    const from = window === 0 ? Number.NEGATIVE_INFINITY : task.reportedAt - window / NANOSECONDS_PER_MS
    return history.at.filter((at) => at >= from).length < most
  }

  /** Lets a task go on to running when its delay is over, and the one before it has ended. */
  delayStart(old: StoredTask | undefined, next: StoredTask, delayMs: number): Promise<void> {
    const store = this.#store
    const started = (async () => {
      const limit = nowMs() + OLD_TASK_LIMIT_MS
      if (delayMs > 0) await store.until(() => false, delayMs)
      const isOver = () => old === undefined || hasEnded(old) || !store.tasks.has(old.id) || isLost(store, old)
      await store.until(isOver, Math.max(0, limit - nowMs()))
      this.#delays.delete(next.id)
      const service = store.services.get(next.serviceId)
      const wanted = service !== undefined && isJobSpec(service.current.spec) ? 'complete' : 'running'
      if (isBelow(next.desired, 'running')) store.writeTask(next, { desired: wanted })
    })()
    this.#delays.set(next.id, started)
    return started
  }

  /**
   * The tasks of a slot that an update replaces: those that are to run, or else the last one, when no other will come
   * by itself. A rollback leaves those alone.
   */
  updatable(slot: readonly StoredTask[], service: StoredService): StoredTask[] {
    const runnable = slot.filter(isRunnable)
    if (runnable.length > 0 || service.status?.state === 'rollback_started') return runnable
    const newest = [...slot].sort((a, b) => b.reportedAt - a.reportedAt)[0]
    return newest === undefined || this.shouldRestart(newest) ? [] : [newest]
  }

  #remember(next: StoredTask): void {
    if (!(templateOf(next).RestartPolicy?.MaxAttempts ?? 0)) return
    const key = slotKey(next)
    const before = this.#history.get(key)
    const history = before?.version === next.made.version ? before : { version: next.made.version, at: [] }
    history.at.push(nowMs())
    this.#history.set(key, history)
  }
}

/** Whether it may still be restarted: nobody has told it to end meanwhile. */
function isOurs(service: StoredService, task: StoredTask): boolean {
  return isJobSpec(service.current.spec) ? !isAbove(task.desired, 'complete') : isRunnable(task)
}

function isLost(store: Store, { nodeId }: StoredTask): boolean {
  const node = nodeId === undefined ? undefined : store.nodes.get(nodeId)
  return nodeId !== undefined && (node === undefined || node.state === 'down')
}

function slotKey({ serviceId, slot, nodeId, iteration }: StoredTask): string {
  return slot > 0 || iteration !== undefined ? `${serviceId} ${slot}` : `${serviceId} ${nodeId}`
}
