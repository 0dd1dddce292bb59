import type { Service, ServiceSpec, Task } from '../../../src/docker/api.ts'
import type { Engine } from '../../../src/docker/engine/engine.ts'
import { patient } from '../../../src/docker/engine/patience.ts'
import { live } from './agent.ts'
import { asService, asTask } from './answers.ts'
import { answer } from './api.ts'
import { Faults } from './faults.ts'
import { inTime } from './hand-clock.ts'
import type { Image, Images } from './images.ts'
import { memoryEngine } from './memory-engine.ts'
import { copyOf, hasEnded, isRunnable, type StoredNode, templateOf } from './objects.ts'
import { Orchestrator } from './orchestrator.ts'
import { Store } from './store.ts'

export interface MemorySwarmOptions {
  /** Managers first; one manager unless told. */
  readonly nodes?: readonly Partial<Pick<StoredNode, 'hostname' | 'role' | 'labels' | 'platform' | 'memoryBytes'>>[]
  readonly images?: Readonly<Record<string, Image>>
}

/**
 * A swarm in memory, on the timers of the process: with `jest.useFakeTimers()` a test moves its time by hand. It behaves
 * as Docker's own swarm mode does; __tests__/swarm/memory.test.ts holds it against a real one.
 */
export class MemorySwarm {
  readonly store = new Store()
  readonly images: Images
  /** What the run has asked, and what goes wrong with it. */
  readonly faults = new Faults()
  /** What a run speaks to. */
  readonly engine: Engine

  constructor({ nodes = [{}], images = {} }: MemorySwarmOptions = {}) {
    this.images = new Map(Object.entries(images))
    for (const [index, given] of nodes.entries()) this.#addNode(given, index)
    new Orchestrator(this.store)
    this.store.onChange((change) => {
      if (change.kind === 'task' && change.action === 'create') void live(this.store, this.images, change.task)
    })
    const engine = patient(memoryEngine(this.store, this.images, this.faults))
    // A rehearsal asks over a real socket, and the daemon's answer takes its own time.
    this.engine = { ...engine, forward: (request) => inTime(() => engine.forward(request)) }
  }

  #addNode(given: Partial<StoredNode>, index: number): void {
    const id = this.store.newId('node')
    this.store.nodes.set(id, {
      hostname: `n${index + 1}`,
      role: index === 0 ? 'manager' : 'worker',
      platform: { Architecture: 'x86_64', OS: 'linux' },
      memoryBytes: 8 * 2 ** 30,
      address: `10.77.0.${index + 1}`,
      labels: {},
      ...given,
      id,
      version: this.store.nextIndex(),
      availability: 'active',
      state: 'ready',
      images: new Set(),
    })
  }

  /** The node with this host name. */
  node(hostname: string): StoredNode {
    const node = [...this.store.nodes.values()].find((one) => one.hostname === hostname)
    if (node === undefined) throw new Error(`the memory swarm has no node ${hostname}`)
    return node
  }

  setNode(hostname: string, changed: Partial<Pick<StoredNode, 'availability' | 'state' | 'labels'>>): void {
    this.store.writeNode(this.node(hostname), changed)
  }

  /** A service as anybody sees it, without a call of the run; `undefined` when there is none of this name. */
  service(name: string): Service | undefined {
    const service = this.store.service(name)
    return service && (copyOf(asService(service)) as unknown as Service)
  }

  /** The names of all services, in order. */
  get services(): string[] {
    return [...this.store.services.values()].map(({ current }) => current.spec.Name).sort()
  }

  /** All tasks of a service that Swarm remembers, those of former services of this name left out. */
  tasks(name: string): Task[] {
    const service = this.store.service(name)
    return service === undefined ? [] : this.store.tasksOf(service.id).map((task) => asTask(task) as unknown as Task)
  }

  /** The images that containers of a service run at this moment and are to run on, in order. */
  running(name: string): string[] {
    const service = this.store.service(name)
    const tasks = service === undefined ? [] : this.store.tasksOf(service.id)
    return tasks
      .filter((task) => task.state === 'running' && isRunnable(task))
      .map((task) => templateOf(task).ContainerSpec?.Image ?? '')
      .sort()
  }

  /** Whether nothing of a service is on its way: no update, no task that is to start or to end. */
  isSettled(name: string): boolean {
    const service = this.store.service(name)
    if (service === undefined) return true
    const { state } = service.status ?? {}
    const isUpdating = state === 'updating' || state === 'rollback_started'
    return !isUpdating && this.store.tasksOf(service.id).every((task) => hasEnded(task) || task.state === task.desired)
  }

  /** What somebody else does: an Engine API call that is none of the run's. @throws Error when it is refused */
  somebody(method: string, path: string, body?: unknown, query: Readonly<Record<string, string>> = {}): unknown {
    const told = answer(this.store, this.images, { method, path, query, body: copyOf(body) })
    if (told.status >= 400) throw new Error(`${method} ${path}: ${told.status} ${JSON.stringify(told.body)}`)
    return told.body
  }

  /** Somebody makes a service. */
  create(spec: ServiceSpec): void {
    this.somebody('POST', '/services/create', spec)
  }

  /** Somebody gives a service another spec. */
  update(name: string, change: (spec: ServiceSpec) => ServiceSpec): void {
    const now = this.service(name)
    if (now === undefined) throw new Error(`the memory swarm has no service ${name}`)
    this.somebody('POST', `/services/${name}/update`, change(now.Spec), { version: String(now.Version.Index) })
  }

  /** Somebody's `docker service rollback`. */
  rollBack(name: string): void {
    const now = this.service(name)
    const query = { version: String(now?.Version.Index), rollback: 'previous' }
    this.somebody('POST', `/services/${name}/update`, now?.Spec, query)
  }

  remove(name: string): void {
    this.somebody('DELETE', `/services/${name}`)
  }
}

/** Somebody's change of an image. */
export function withImage(image: string): (spec: ServiceSpec) => ServiceSpec {
  return (spec) => ({
    ...spec,
    TaskTemplate: { ...spec.TaskTemplate, ContainerSpec: { ...spec.TaskTemplate.ContainerSpec, Image: image } },
  })
}

/** Somebody's `docker service scale`. */
export function withReplicas(replicas: number): (spec: ServiceSpec) => ServiceSpec {
  return (spec) => ({ ...spec, Mode: { Replicated: { Replicas: replicas } } })
}
