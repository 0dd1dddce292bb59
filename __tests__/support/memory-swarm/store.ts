import type { ServicePort, ServiceSpec } from '../../../src/docker/api.ts'
import { namedPorts, otherPorts } from '../../../src/docker/swarm/published-ports.ts'
import { nowMs } from '../../../src/runner/time/clock.ts'
import {
  isSame,
  modeOf,
  type ObjectKind,
  type SpecRecord,
  type StoredNode,
  type StoredObject,
  type StoredService,
  type StoredTask,
} from './objects.ts'

/** What was written to the store. */
export type Change =
  | { readonly kind: 'service'; readonly action: 'create' | 'update' | 'remove'; readonly service: StoredService }
  | { readonly kind: 'task'; readonly action: 'create' | 'update' | 'remove'; readonly task: StoredTask }
  | { readonly kind: 'node'; readonly action: 'update' | 'remove'; readonly node: StoredNode }

/** All that the swarm knows, with one counter of writes: an object's version is the number of its last one. */
export class Store {
  readonly services = new Map<string, StoredService>()
  readonly tasks = new Map<string, StoredTask>()
  readonly nodes = new Map<string, StoredNode>()
  readonly objects: Readonly<Record<ObjectKind, Map<string, StoredObject>>> = {
    secrets: new Map(),
    configs: new Map(),
    networks: new Map(),
  }
  /** Networks that were removed, and that the daemon still has. */
  readonly leftovers = new Set<StoredObject>()
  readonly #listeners = new Set<(change: Change) => void>()
  readonly #waiting = new Set<() => void>()
  #index = 10
  #ids = 0

  /** Calls back at every write, until it is told to stop. */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves when something has become true, looked at whenever something is written; or after a time. */
  until(isTrue: () => boolean, limitMs = Number.POSITIVE_INFINITY): Promise<void> {
    if (isTrue()) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        stop()
        if (timer !== undefined) clearTimeout(timer)
        resolve()
      }
      const timer = limitMs < LONGEST_TIMER_MS ? setTimeout(done, limitMs) : undefined
      const look = () => {
        if (isTrue()) done()
      }
      const stop = () => this.#waiting.delete(look)
      this.#waiting.add(look)
    })
  }

  /** Has all that wait for something look again, though nothing was written. */
  nudge(): void {
    for (const look of [...this.#waiting]) look()
  }

  /** As long as Docker's. */
  newId(kind: string): string {
    return `${kind}${String(++this.#ids).padStart(25 - kind.length, '0')}`
  }

  nextIndex(): number {
    return ++this.#index
  }

  /** The clock of the swarm's own objects: later ones sort behind, even within a millisecond. */
  timestamp(): string {
    const fraction = String(this.#index % 1e6).padStart(6, '0')
    return new Date(EPOCH_MS + nowMs()).toISOString().replace('Z', `${fraction}Z`)
  }

  service(nameOrId: string): StoredService | undefined {
    return (
      this.services.get(nameOrId) ?? [...this.services.values()].find(({ current }) => current.spec.Name === nameOrId)
    )
  }

  tasksOf(serviceId: string): StoredTask[] {
    return [...this.tasks.values()].filter((task) => task.serviceId === serviceId)
  }

  createService(spec: ServiceSpec, credential: string | undefined): StoredService {
    const version = this.nextIndex()
    const at = this.timestamp()
    const service: StoredService = {
      id: this.newId('service'),
      createdAt: at,
      updatedAt: at,
      version,
      current: { spec, version: 0, credential },
      previous: undefined,
      status: undefined,
      iteration: modeOf(spec).endsWith('Job') ? 0 : undefined,
      given: { ports: [], untilMs: 0 },
    }
    this.services.set(service.id, service)
    this.#tell({ kind: 'service', action: 'create', service })
    return service
  }

  /** Writes a service: its version counts up, whoever writes. */
  writeService(service: StoredService, changed: Partial<StoredService>): void {
    if (!this.services.has(service.id)) return
    if (changed.current !== undefined) {
      const ports = otherPorts(namedPorts(service.current.spec), namedPorts(changed.current.spec))
      service.given = { ports, untilMs: nowMs() + ALLOCATION_MS }
    }
    Object.assign(service, changed, { version: this.nextIndex(), updatedAt: this.timestamp() })
    this.#tell({ kind: 'service', action: 'update', service })
  }

  removeService(service: StoredService): void {
    this.nextIndex()
    this.services.delete(service.id)
    this.#tell({ kind: 'service', action: 'remove', service })
  }

  /** A task of a service as it is asked for now. */
  createTask(
    service: StoredService,
    { slot, nodeId, desired }: Pick<StoredTask, 'slot' | 'nodeId' | 'desired'>,
  ): StoredTask {
    const version = this.nextIndex()
    const at = this.timestamp()
    const task: StoredTask = {
      id: this.newId('task'),
      serviceId: service.id,
      made: service.current,
      endpoint: service.current.spec.EndpointSpec,
      createdAt: at,
      updatedAt: at,
      statusAt: at,
      iteration: service.iteration,
      slot,
      nodeId,
      version,
      desired,
      state: 'new',
      message: 'created',
      err: '',
      reportedAt: nowMs(),
      container: undefined,
    }
    this.tasks.set(task.id, task)
    this.#tell({ kind: 'task', action: 'create', task })
    return task
  }

  writeTask(task: StoredTask, changed: Partial<StoredTask>): void {
    if (!this.tasks.has(task.id)) return
    Object.assign(task, changed, { version: this.nextIndex(), updatedAt: this.timestamp() })
    this.#tell({ kind: 'task', action: 'update', task })
  }

  removeTask(task: StoredTask): void {
    if (!this.tasks.delete(task.id)) return
    this.nextIndex()
    this.#tell({ kind: 'task', action: 'remove', task })
  }

  writeNode(node: StoredNode, changed: Partial<StoredNode>): void {
    Object.assign(node, changed, { version: this.nextIndex() })
    this.#tell({ kind: 'node', action: 'update', node })
  }

  removeNode(node: StoredNode): void {
    this.nextIndex()
    this.nodes.delete(node.id)
    this.#tell({ kind: 'node', action: 'remove', node })
  }

  createObject(kind: ObjectKind, name: string, body: StoredObject['body']): StoredObject {
    const version = this.nextIndex()
    const object = { id: this.newId(kind.slice(0, -1)), name, createdAt: this.timestamp(), version, body }
    this.objects[kind].set(object.id, object)
    return object
  }

  /** A network goes from the swarm, and stays with the manager's daemon until {@link release}. */
  leave(network: StoredObject): void {
    this.objects.networks.delete(network.id)
    this.leftovers.add(network)
  }

  release(name: string): void {
    for (const one of this.leftovers) if (one.name === name) this.leftovers.delete(one)
  }

  relabelObject(kind: ObjectKind, object: StoredObject, Labels: Readonly<Record<string, string>>): void {
    this.objects[kind].set(object.id, { ...object, version: this.nextIndex(), body: { ...object.body, Labels } })
  }

  object(kind: ObjectKind, nameOrId: string): StoredObject | undefined {
    return this.objects[kind].get(nameOrId) ?? [...this.objects[kind].values()].find(({ name }) => name === nameOrId)
  }

  #tell(change: Change): void {
    for (const listener of [...this.#listeners]) listener(change)
    this.nudge()
  }
}

/** A timer of JavaScript that is longer fires at once: no test waits for those, such as the 30 days of a canary. */
const LONGEST_TIMER_MS = 2 ** 31 - 1
const EPOCH_MS = Date.UTC(2026, 10, 20, 10)
/** A busy manager: most take a few milliseconds. */
const ALLOCATION_MS = 120

/** All that Swarm does not give to others (swarmkit, controlapi/service.go, checkPortConflicts). */
export function heldPorts({ current, given }: StoredService): ServicePort[] {
  return [...namedPorts(current.spec), ...(nowMs() < given.untilMs ? given.ports : [])]
}

/** Whether two specs are one to Swarm, the credential included. */
export function isSameRecord(one: SpecRecord, other: SpecRecord): boolean {
  return one.credential === other.credential && isSame(one.spec, other.spec)
}
