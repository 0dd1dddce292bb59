import { nowMs } from '../../runner/time/clock.ts'
import type { Service } from '../api.ts'
import { ConnectionLost, EngineError } from './engine.ts'

/** A manager shows services as they were before a change that this run has seen or made. */
export class OutOfDate extends ConnectionLost {
  override name = 'OutOfDate'
}

/** A leader that was killed and comes back takes up to 24 s until it is what it says it is. */
const DOUBT_SECONDS = 40

const ONE = /^\/services\/([^/]+)$/

/**
 * Sees to it that a run never reads a service older than it knows it. A leader that was killed and comes back answers
 * from its own store before it has caught up: with an older version, and at first as if there were no service at all.
 * Swarm's versions only grow (swarmkit: the index of the raft log), so a lower one is out of date; that a service is
 * gone is believed at once only while there was no trouble with the managers.
 */
export class Freshness {
  readonly #known = new Map<string, number>()
  #doubtedUntil = Number.NEGATIVE_INFINITY

  /** There was trouble with a manager: what comes back may be behind. */
  doubt(): void {
    this.#doubtedUntil = nowMs() + DOUBT_SECONDS * 1000
  }

  /** @throws OutOfDate */
  checkRead<T>(path: string, answer: T, query: Readonly<Record<string, string>> = {}): T {
    if (ONE.test(path)) this.#checkService(answer as Service)
    if (path === '/services') this.#checkList(answer as readonly Service[], query.filters)
    return answer
  }

  /** @throws OutOfDate when the daemon does not find a service that may be there all the same */
  checkRefusal(path: string, error: unknown): void {
    const id = ONE.exec(path)?.[1] ?? ''
    if (error instanceof EngineError && error.status === 404 && this.#mayBeThere(id)) throw outOfDate()
  }

  /** A change was taken: what is read from now on is newer than the version that it was made over. */
  changed(path: string, query: Readonly<Record<string, string>> = {}): void {
    const id = /^\/services\/([^/]+)\/update$/.exec(path)?.[1]
    const version = Number(query.version)
    if (id !== undefined && version >= (this.#known.get(id) ?? 0)) this.#known.set(id, version + 1)
  }

  /** One was made: a manager that has not heard of it is behind. */
  created(path: string, answer: unknown): void {
    const id = path === '/services/create' ? (answer as { readonly ID?: unknown } | undefined)?.ID : undefined
    if (typeof id === 'string') this.#known.set(id, this.#known.get(id) ?? 0)
  }

  removed(path: string): void {
    this.#known.delete(ONE.exec(path)?.[1] ?? '')
  }

  #checkService(service: Service): void {
    if (service.Version.Index < this.#newestOf(service)) throw outOfDate()
    this.#known.set(service.ID, service.Version.Index)
  }

  /** Whoever asks for many tells those with an older version from the others: none may be missing. */
  #checkList(services: readonly Service[], filters = '{}'): void {
    for (const one of services) this.#known.set(one.ID, Math.max(this.#newestOf(one), one.Version.Index))
    const { id: asked = [] } = JSON.parse(filters) as { readonly id?: readonly string[] }
    const missing = asked.filter((id) => !services.some(({ ID }) => ID === id))
    if (missing.some((id) => this.#mayBeThere(id))) throw outOfDate()
  }

  #newestOf({ ID: id }: Service): number {
    return this.#known.get(id) ?? 0
  }

  #mayBeThere(id: string): boolean {
    return this.#known.has(id) && nowMs() < this.#doubtedUntil
  }
}

function outOfDate(): OutOfDate {
  return new OutOfDate('the manager that answers shows services as they were before their last change')
}
