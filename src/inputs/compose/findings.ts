import { placed } from '../../runner/text/shown.ts'
import { Problems } from '../problems.ts'

/** Services that have one key, in one line. */
interface Mention {
  readonly place: string
  readonly advice: string
  readonly services: string[]
}

/** What is found in compose files: what is wrong with them, and what is told though they can be deployed. */
export class Findings {
  /** The variables that docker is to fill in. */
  readonly variables = new Set<string>()
  #problems: Problems
  readonly #dropped = new Map<string, Mention>()
  readonly #ignored = new Map<string, Mention>()
  readonly #notices = new Set<string>()
  readonly #warnings = new Set<string>()
  readonly #told = new Set<string>()

  constructor(problems: Problems) {
    this.#problems = problems
  }

  /** The problems of one place in the files. */
  at(place: string): Problems {
    return this.#problems.at(place)
  }

  addProblem(problem: string): void {
    this.#problems.add(problem)
  }

  /** What an alias stands for is looked at in each of its places, and told in the first. */
  addProblemOnce(problem: string): void {
    if (!this.#told.has(problem)) this.addProblem(problem)
    this.#told.add(problem)
  }

  /** A harmless difference that was evened out. */
  addNotice(notice: string): void {
    this.#notices.add(notice)
  }

  addWarning(warning: string): void {
    this.#warnings.add(warning)
  }

  /** A key of a service that is left out here: one line for all services that have it. */
  mentionDropped(key: string, advice: string, place: string, service: string): void {
    mention(this.#dropped, key, advice, place, service)
  }

  /** The same of one that Swarm leaves out of account. */
  mentionIgnored(key: string, advice: string, place: string, service: string): void {
    mention(this.#ignored, key, advice, place, service)
  }

  /** Does some work, and tells the problems that it finds behind those that are found in its result. */
  behind<T>(work: () => T, look: (result: T) => void): T {
    const all = this.#problems
    this.#problems = new Problems()
    const result = work()
    const others = this.#problems
    this.#problems = all
    look(result)
    all.take(others)
    return result
  }

  get notices(): string[] {
    return [...this.#notices, ...mentions(this.#dropped, 'is left out')]
  }

  get warnings(): string[] {
    return [...mentions(this.#ignored, 'is ignored by Swarm'), ...this.#warnings]
  }
}

function mention(all: Map<string, Mention>, key: string, advice: string, place: string, service: string): void {
  const known = all.get(key)
  const name = placed(service)
  if (known === undefined) all.set(key, { place, advice, services: [name] })
  else if (!known.services.includes(name)) known.services.push(name)
}

function mentions(all: ReadonlyMap<string, Mention>, what: string): string[] {
  return [...all].map(
    ([key, { place, advice, services }]) => `${place}: \`${key}\` ${what} (${services.join(', ')}): ${advice}`,
  )
}
