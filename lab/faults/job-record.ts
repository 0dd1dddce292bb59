import { setTimeout as pause } from 'node:timers/promises'
import type { Lab } from '../lab.ts'
import { fromManager } from './truth.ts'

const LOOK_EVERY_MS = 250

interface JobService {
  readonly ID: string
  readonly Spec: { readonly Name: string }
  readonly JobStatus?: { readonly JobIteration?: { readonly Index?: number } }
}

interface JobTask {
  readonly ID: string
  readonly ServiceID: string
  readonly NodeID?: string
  readonly CreatedAt: string
  readonly DesiredState: string
  readonly JobIteration?: { readonly Index?: number }
  readonly Status: {
    readonly State: string
    readonly Err?: string
    readonly ContainerStatus?: { readonly ExitCode?: number }
  }
}

/**
 * What the swarm does with the tasks of jobs: each change of a task, and each iteration of a service, with when it was
 * seen. A step's log says neither, and a task may be gone before anybody asks for it.
 */
export class JobRecord implements AsyncDisposable {
  readonly #lines: string[] = []
  readonly #last = new Map<string, string>()
  readonly #ended: Promise<void>
  #isOver = false

  constructor(lab: Lab) {
    this.#ended = this.#watch(lab)
  }

  get text(): string {
    return this.#lines.join('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    await this.#ended
  }

  async #watch(lab: Lab): Promise<void> {
    const began = Date.now()
    while (!this.#isOver) {
      // A manager that does not answer is one of the faults that are played.
      const seen = await stateOf(lab).catch(() => undefined)
      if (seen !== undefined) this.#note(seen, (Date.now() - began) / 1000)
      await pause(LOOK_EVERY_MS)
    }
  }

  #note(seen: ReadonlyMap<string, string>, seconds: number): void {
    const gone = [...this.#last.keys()].filter((subject) => !seen.has(subject))
    for (const subject of gone) this.#last.delete(subject)
    const changed = [...seen].filter(([subject, state]) => this.#last.get(subject) !== state)
    for (const [subject, state] of changed) this.#last.set(subject, state)
    for (const [subject, state] of [...changed, ...gone.map((subject) => [subject, 'is gone'])])
      this.#lines.push(`${seconds.toFixed(1).padStart(6)} ${subject} ${state}`)
  }
}

/** How each job and each task of one is, by what it is. */
async function stateOf(lab: Lab): Promise<ReadonlyMap<string, string>> {
  const [services, tasks] = await Promise.all([
    fromManager<JobService[]>(lab, '/services'),
    fromManager<JobTask[]>(lab, '/tasks'),
  ])
  const jobs = services
    .filter(({ JobStatus }) => JobStatus !== undefined)
    .map(
      ({ Spec, ID, JobStatus }) => [`job ${Spec.Name} ${ID}`, `iteration ${JobStatus?.JobIteration?.Index}`] as const,
    )
  const ofJobs = tasks
    .filter(({ JobIteration }) => JobIteration !== undefined)
    .map((task) => {
      const { DesiredState, JobIteration, NodeID, CreatedAt, Status } = task
      const exit = Status.ContainerStatus?.ExitCode
      const state = [
        `iteration ${JobIteration?.Index}, made ${CreatedAt.slice(11, 23)}, on ${NodeID ?? 'no node'}`,
        `${DesiredState} wanted, ${Status.State}${exit === undefined ? '' : `, exit code ${exit}`}`,
        ...(Status.Err ? [Status.Err] : []),
      ]
      return [`task ${task.ID} of ${task.ServiceID}`, state.join('; ')] as const
    })
  return new Map([...jobs, ...ofJobs])
}
