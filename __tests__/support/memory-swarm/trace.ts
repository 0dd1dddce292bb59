import type { Service, ServiceSpec, Task } from '../../../src/docker/api.ts'

/** A swarm that a situation is played on: a real one, or the memory swarm. */
export interface Stage {
  call(method: string, path: string, query?: Readonly<Record<string, string>>, body?: unknown): Promise<Reply>
  /** Lets so much of its time pass. */
  pause(ms: number): Promise<void>
  nowMs(): number
  /** References of images with their digest, by what they do. */
  readonly images: Readonly<Record<ImageName, string>>
  /** Host names by node ID. */
  readonly hosts: ReadonlyMap<string, string>
  /** Looks at each change too, where that can be known. */
  onChange?(look: () => void): () => void
  /** The same as `call`, at once, where that is possible. */
  ask?(method: string, path: string, query?: Readonly<Record<string, string>>): Reply
  /** The states of its update that the swarm itself has told of a service, as far as it tells. */
  toldStates?(id: string): Promise<readonly ToldState[]>
}

export interface ToldState {
  readonly state: string
  readonly atMs: number
}

export interface Reply {
  readonly status: number
  readonly body: unknown
}

export type ImageName = 'one' | 'two' | 'crashes' | 'crashesLater' | 'sick' | 'ends' | 'missing'

/** What was seen of a service in a situation. */
export interface Trace {
  /** The states of its update, one after another. */
  readonly status: readonly Mark[]
  /** The same as the swarm has told of them: also those that were over before somebody looked. */
  readonly told?: readonly Mark[] | undefined
  readonly message: string
  /** Whether Swarm keeps a spec before the present one: after a rollback of its own it does not. */
  readonly hasPrevious: boolean
  /** By slot and number: `slot 1, task 2`. */
  readonly tasks: ReadonlyMap<string, TaskTrace>
}

export interface TaskTrace {
  /** Desired state, state, and `+` for one that is up to date. */
  readonly marks: readonly Mark[]
  readonly end: string
}

export interface Mark {
  readonly text: string
  readonly fromMs: number
  untilMs: number
}

interface Look {
  readonly service: Service | undefined
  readonly tasks: readonly Task[]
  readonly upToDate: ReadonlySet<string>
}

/** Much more often than what counts: see SHORT_MS. */
const LOOK_EVERY_MS = 150
const LIMIT_MS = 90_000

/** Somebody who uses a swarm, and writes down what becomes of one service. */
export class Player {
  readonly stage: Stage
  readonly name: string
  readonly #status: Mark[] = []
  readonly #tasks = new Map<string, { readonly task: Task; readonly marks: Mark[]; last: Task }>()
  #told: readonly Mark[] | undefined
  #message = ''
  #hasPrevious = false
  #id = ''

  constructor(stage: Stage, name: string) {
    this.stage = stage
    this.name = name
  }

  async create(image: ImageName, changed: Partial<ServiceSpec> = {}, restart: object = { Delay: 1e9 }): Promise<void> {
    const { TaskTemplate: template, ...rest } = changed
    const policy = { Parallelism: 1, Monitor: 1e9 }
    const isJob = Object.keys(rest.Mode ?? {}).some((mode) => mode.endsWith('Job'))
    const spec = {
      Name: this.name,
      Mode: { Replicated: { Replicas: 1 } },
      ...(!isJob && { UpdateConfig: policy, RollbackConfig: policy }),
      ...rest,
      TaskTemplate: { ContainerSpec: { Image: this.stage.images[image] }, RestartPolicy: restart, ...template },
    }
    this.#id = (await this.#do<{ ID: string }>('/services/create', {}, spec)).ID
    await this.#look()
  }

  async update(
    change: (spec: ServiceSpec) => ServiceSpec,
    query: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const { Version, Spec } = (await this.stage.call('GET', `/services/${this.#id}`)).body as Service
    await this.#do(`/services/${this.#id}/update`, { version: String(Version.Index), ...query }, change(Spec))
    await this.#look()
  }

  to(image: ImageName): Promise<void> {
    return this.update((spec) => {
      const { TaskTemplate: template } = spec
      const ContainerSpec = { ...template.ContainerSpec, Image: this.stage.images[image] }
      return { ...spec, TaskTemplate: { ...template, ContainerSpec } }
    })
  }

  scale(replicas: number): Promise<void> {
    return this.update((spec) => ({ ...spec, Mode: { Replicated: { Replicas: replicas } } }))
  }

  /** The host of its running task. */
  async host(): Promise<string> {
    const { tasks } = await this.#look()
    const running = tasks.find(({ Status, DesiredState }) => Status.State === 'running' && DesiredState === 'running')
    return this.stage.hosts.get(running?.NodeID ?? '') ?? 'no node'
  }

  async remove(): Promise<void> {
    const told = await this.stage.toldStates?.(this.#id)
    this.#told = told && marksOf(told)
    await this.stage.call('DELETE', `/services/${this.#id}`)
  }

  async node(host: string, Availability: string): Promise<void> {
    const [id = ''] = [...this.stage.hosts].find(([, name]) => name === host) ?? []
    const { Version, Spec } = (await this.stage.call('GET', `/nodes/${id}`)).body as Service
    await this.#do(`/nodes/${id}/update`, { version: String(Version.Index) }, { ...Spec, Availability })
  }

  async #do<T>(path: string, query: Readonly<Record<string, string>>, body: unknown): Promise<T> {
    const { status, body: said } = await this.stage.call('POST', path, query, body)
    if (status >= 400) throw new Error(`${this.name}: POST ${path}: ${status} ${JSON.stringify(said)}`)
    return said as T
  }

  /** Looks on until something is so, and a little longer. */
  async until(what: string, isSo: (look: Look) => boolean): Promise<void> {
    const stop = this.stage.onChange?.(() => this.#lookNow())
    const deadline = this.stage.nowMs() + LIMIT_MS
    for (;;) {
      const seen = await this.#look()
      if (isSo(seen)) break
      if (this.stage.nowMs() > deadline) throw new Error(`${this.name}: ${what}: not seen, but ${this.describe()}`)
      await this.stage.pause(LOOK_EVERY_MS)
    }
    stop?.()
  }

  async wait(seconds: number): Promise<void> {
    const end = this.stage.nowMs() + seconds * 1000
    await this.until(`${seconds} s`, () => this.stage.nowMs() >= end)
  }

  untilRunning(count: number, image?: ImageName): Promise<void> {
    return this.until(`${count} running`, ({ tasks }) => {
      const running = tasks.filter(
        ({ Status, DesiredState }) => Status.State === 'running' && DesiredState === 'running',
      )
      const fits = running.filter((task) => image === undefined || imageOf(task) === this.stage.images[image])
      return fits.length === count && running.length === count
    })
  }

  untilStatus(state: string): Promise<void> {
    return this.until(state, ({ service }) => service?.UpdateStatus?.State === state)
  }

  untilEnded(count: number, ...states: readonly string[]): Promise<void> {
    return this.until(`${count} ${states.join(' or ')}`, ({ tasks }) => {
      return tasks.filter(({ Status }) => states.includes(Status.State)).length >= count
    })
  }

  async #look(): Promise<Look> {
    const [service, all, current] = await Promise.all([
      this.stage.call('GET', `/services/${this.#id}`),
      this.stage.call('GET', '/tasks', this.#tasksQuery()),
      this.stage.call('GET', '/tasks', this.#tasksQuery({ '_up-to-date': ['true'] })),
    ])
    return this.#note(service, all, current)
  }

  #lookNow(): void {
    const { ask } = this.stage
    if (ask === undefined) return
    this.#note(
      ask('GET', `/services/${this.#id}`),
      ask('GET', '/tasks', this.#tasksQuery()),
      ask('GET', '/tasks', this.#tasksQuery({ '_up-to-date': ['true'] })),
    )
  }

  #tasksQuery(more: object = {}) {
    return { filters: JSON.stringify({ service: [this.#id], ...more }) }
  }

  #note(service: Reply, all: Reply, current: Reply): Look {
    const now = service.status === 200 ? (service.body as Service) : undefined
    const tasks = all.status === 200 ? (all.body as Task[]) : []
    const upToDate = new Set(current.status === 200 ? (current.body as Task[]).map(({ ID }) => ID) : [])
    const atMs = this.stage.nowMs()
    mark(this.#status, service.status === 404 ? 'gone' : (now?.UpdateStatus?.State ?? 'none'), atMs)
    this.#message = withoutIds(now?.UpdateStatus?.Message ?? '')
    this.#hasPrevious = now?.PreviousSpec !== undefined
    for (const task of tasks) {
      const known = this.#tasks.get(task.ID) ?? { task, marks: [], last: task }
      known.last = task
      this.#tasks.set(task.ID, known)
      mark(known.marks, `${task.DesiredState}/${coarse(task)}${upToDate.has(task.ID) ? '+' : '-'}`, atMs)
    }
    const present = new Set(tasks.map(({ ID }) => ID))
    for (const [id, { marks }] of this.#tasks) if (!present.has(id)) mark(marks, 'gone', atMs)
    return { service: now, tasks, upToDate }
  }

  /**
   * What was seen. A task that never ran is left out: whether a replacement for one that fails is made before the
   * updater turns back is chance, for swarmkit's restart supervisor and its updater hear of the failure side by side.
   */
  trace(): Trace {
    const all = [...this.#tasks.values()]
      .filter(({ last }) => !hasNeverRun(last))
      .sort((a, b) => (a.task.CreatedAt < b.task.CreatedAt ? -1 : 1))
    const counts = new Map<string, number>()
    const tasks = new Map<string, TaskTrace>()
    for (const { last, marks } of all) {
      const isGlobal = last.Slot === undefined && last.JobIteration === undefined
      const place = isGlobal ? (this.stage.hosts.get(last.NodeID ?? '') ?? 'no node') : `slot ${last.Slot ?? 0}`
      const number = (counts.get(place) ?? 0) + 1
      counts.set(place, number)
      tasks.set(`${place}, task ${number}`, { marks, end: endOf(last) })
    }
    return { status: this.#status, told: this.#told, message: this.#message, hasPrevious: this.#hasPrevious, tasks }
  }

  describe(): string {
    const { status, tasks } = this.trace()
    const lines = [...tasks].map(([key, { marks, end }]) => `${key}: ${texts(marks)} (${end})`)
    return [texts(status), ...lines.sort()].join('\n  ')
  }
}

function imageOf(task: Task): string | undefined {
  return (task as unknown as { Spec: ServiceSpec['TaskTemplate'] }).Spec.ContainerSpec?.Image
}

function texts(marks: readonly Mark[]): string {
  return marks.map(({ text }) => text).join(' → ')
}

function mark(marks: Mark[], text: string, atMs: number): void {
  const last = marks.at(-1)
  if (last !== undefined) last.untilMs = atMs
  if (last?.text !== text) marks.push({ text, fromMs: atMs, untilMs: atMs })
}

function marksOf(told: readonly ToldState[]): Mark[] {
  const marks: Mark[] = []
  mark(marks, 'none', told[0]?.atMs ?? 0)
  for (const { state, atMs } of told) mark(marks, state, atMs)
  return marks
}

const COMING = ['new', 'allocated', 'pending', 'assigned', 'accepted', 'preparing', 'ready', 'starting']

/** How far a task has come on its way up depends on the machine, also when it is told to end on it. */
function coarse(task: Task): string {
  const { State: state, Err: err = '' } = task.Status
  if (hasNeverRun(task)) return 'never run'
  if (state === 'pending' && err !== '') return err
  return COMING.includes(state) ? 'coming' : state
}

function hasNeverRun({ DesiredState: desired, Status: { State: state, ContainerStatus: container } }: Task): boolean {
  const isTold = desired === 'shutdown' || desired === 'remove'
  return isTold && !container?.ContainerID && (state === 'shutdown' || COMING.includes(state))
}

/** What the action reads of a task that has ended. */
function endOf(task: Task): string {
  const { State: state, Err: err = '', Message: message, ContainerStatus: container } = task.Status
  if (hasNeverRun(task)) return 'never run'
  if (COMING.includes(state) || state === 'running') return 'on'
  const code = state === 'shutdown' ? '' : (container?.ExitCode ?? '')
  return [message, withoutIds(err).replace(/[\w.:/-]+:missing\S*/, 'IMAGE'), code].join(' | ')
}

function withoutIds(text: string): string {
  return text.replace(/\b[a-z0-9]{25}\b/, 'ID')
}

/** What lasts shorter may be missed by one who looks now and then. */
const SHORT_MS = 700

/**
 * How what was seen on a real swarm differs from what the model does; empty when it does not. Which of two slots comes
 * first is chance (swarmkit walks over a map of them), so they may be the other way round.
 */
export function differences(model: Trace, real: Trace): string[] {
  const straight = differencesInOrder(model, real)
  const crossed = differencesInOrder(model, {
    ...real,
    tasks: new Map([...real.tasks].map(([key, one]) => [swapped(key), one])),
  })
  return crossed.length < straight.length ? crossed : straight
}

function swapped(key: string): string {
  return key.replace(/^slot (\d)/, (slot, number) => (number === '1' ? 'slot 2' : number === '2' ? 'slot 1' : slot))
}

function differencesInOrder(model: Trace, real: Trace): string[] {
  const keys = [...new Set([...model.tasks.keys(), ...real.tasks.keys()])].sort()
  return [
    ...differInStatus(model, real),
    ...(model.hasPrevious === real.hasPrevious ? [] : [`a spec before it: ${real.hasPrevious} in life`]),
    ...(model.message === real.message ? [] : [`message: ${real.message} in life, ${model.message} in memory`]),
    ...keys.flatMap((key) => {
      const [one, other] = [model.tasks.get(key), real.tasks.get(key)]
      if (one === undefined) return [`${key} is not there in memory, and in life ${texts(other?.marks ?? [])}`]
      if (other === undefined) return [`${key} is not there in life, and in memory ${texts(one.marks)}`]
      const isForgotten = other.marks.at(-1)?.text === 'gone'
      const ends =
        one.end === other.end || isForgotten ? [] : [`${key} ends: ${other.end} in life, ${one.end} in memory`]
      return [...differ(key, one.marks, other.marks), ...ends]
    }),
  ]
}

/** A busy machine may look too late for what lasts a second, and the swarm has told of it all the same. */
function differInStatus({ status: model }: Trace, { status: looked, told }: Trace): string[] {
  const differs = differ('status', model, looked)
  return told !== undefined && differ('status', model, told).length === 0 ? [] : differs
}

function differ(what: string, model: readonly Mark[], real: readonly Mark[]): string[] {
  const long = (marks: readonly Mark[]) =>
    marks
      .filter(({ fromMs, untilMs }, index) => index === marks.length - 1 || untilMs - fromMs >= SHORT_MS)
      .filter(({ text }, index, all) => text !== all[index - 1]?.text)
  const agree = isWithin(long(real), model) && isWithin(long(model), real) && model.at(-1)?.text === real.at(-1)?.text
  return agree ? [] : [`${what}: ${texts(real)} in life, ${texts(model)} in memory`]
}

function isWithin(part: readonly Mark[], whole: readonly Mark[]): boolean {
  let at = 0
  for (const { text } of whole) if (part[at]?.text === text) at++
  return at >= part.length
}
