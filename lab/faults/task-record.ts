import { setTimeout as pause } from 'node:timers/promises'
import type { Lab } from '../lab.ts'
import { fromManager, type Spec } from './truth.ts'

const LOOK_EVERY_MS = 250

interface Service {
  readonly ID: string
  readonly Spec: Spec
  readonly UpdateStatus?: { readonly State?: string; readonly Message?: string }
  readonly JobStatus?: { readonly JobIteration?: { readonly Index?: number } }
}

interface Task {
  readonly ID: string
  readonly ServiceID: string
  readonly NodeID?: string
  readonly Slot?: number
  readonly Spec: { readonly ContainerSpec?: { readonly Image: string } }
  readonly CreatedAt: string
  readonly DesiredState: string
  readonly JobIteration?: { readonly Index?: number }
  readonly Status: {
    readonly State: string
    readonly Timestamp?: string
    readonly Err?: string
    readonly ContainerStatus?: { readonly ExitCode?: number }
  }
}

/**
 * What the swarm does with services and their tasks: each change of a spec, of an update and of a task, with when it was
 * seen. A step's log does not say it, and a task may be gone before anybody asks for it.
 */
export class TaskRecord implements AsyncDisposable {
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

/** How each service and each task is, by what it is. */
async function stateOf(lab: Lab): Promise<ReadonlyMap<string, string>> {
  const [services, tasks] = await Promise.all([
    fromManager<Service[]>(lab, '/services'),
    fromManager<Task[]>(lab, '/tasks'),
  ])
  const hosts = new Map(lab.nodes.map(({ id, name }) => [id, name]))
  const names = new Map(services.map(({ ID, Spec: { Name } }) => [ID, Name]))
  return new Map([
    ...services.map(({ ID, ...service }) => [`service ${service.Spec.Name} ${ID}`, serviceState(service)] as const),
    ...tasks.map((task) => {
      const of = names.get(task.ServiceID) ?? task.ServiceID
      return [`task ${task.ID} of ${of}`, taskState(task, hosts)] as const
    }),
  ])
}

function serviceState({ Spec: { Mode, TaskTemplate, Labels }, UpdateStatus, JobStatus }: Omit<Service, 'ID'>): string {
  return [
    shortImage(TaskTemplate.ContainerSpec.Image),
    JSON.stringify(Mode),
    `forced ${TaskTemplate.ForceUpdate ?? 0}`,
    ...Object.entries(Labels ?? {}).map(([name, value]) => `${name}=${value}`),
    ...(UpdateStatus ? [`${UpdateStatus.State}: ${UpdateStatus.Message}`] : []),
    ...(JobStatus ? [`iteration ${JobStatus.JobIteration?.Index}`] : []),
  ].join('; ')
}

function taskState(task: Task, hosts: ReadonlyMap<string, string>): string {
  const { DesiredState, JobIteration, NodeID, Slot, CreatedAt, Status, Spec: spec } = task
  const exit = Status.ContainerStatus?.ExitCode
  const node = NodeID === undefined ? 'no node' : (hosts.get(NodeID) ?? NodeID)
  return [
    `${DesiredState} wanted, ${Status.State}${Status.Timestamp ? ` since ${clock(Status.Timestamp)}` : ''}`,
    `on ${node}${Slot ? `, slot ${Slot}` : ''}, made ${clock(CreatedAt)}`,
    shortImage(spec.ContainerSpec?.Image ?? 'no image'),
    ...(JobIteration ? [`iteration ${JobIteration.Index}`] : []),
    ...(exit === undefined ? [] : [`exit code ${exit}`]),
    ...(Status.Err ? [Status.Err] : []),
  ].join('; ')
}

/** `12:34:56.789` of a time of the swarm. */
function clock(time: string): string {
  return time.slice(11, 23)
}

function shortImage(image: string): string {
  return image.replace(/^[^/]*\//, '').replace(/(@sha256:.{8}).*/, '$1')
}
