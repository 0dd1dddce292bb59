import type { Lab } from '../lab.ts'
import { until } from '../patience.ts'
import { requestText } from '../unix-http.ts'

/** What of a stack is on the swarm, by names: with the same state two deploys have done the same. */
export interface StackState {
  readonly services: Readonly<Record<string, ServiceState>>
  readonly networks: Readonly<Record<string, unknown>>
  readonly secrets: Readonly<Record<string, unknown>>
  readonly configs: Readonly<Record<string, unknown>>
}

export interface ServiceState {
  /** With names in place of IDs. */
  readonly spec: Raw
  /** Swarm counts every write. */
  readonly version: number
  readonly hasPreviousSpec: boolean
  /** Of a job, how many times it was begun again. */
  readonly iteration: number | undefined
  /** The ids of all its tasks. */
  readonly tasks: readonly string[]
}

export type Raw = { readonly [key: string]: unknown }

interface ServiceAnswer {
  readonly ID: string
  readonly Version: { readonly Index: number }
  readonly Spec: Raw & { readonly Name: string; readonly Mode: ModeAnswer }
  readonly PreviousSpec?: unknown
  readonly UpdateStatus?: { readonly State?: string }
  readonly JobStatus?: { readonly JobIteration: { readonly Index?: number } }
  readonly ServiceStatus: {
    readonly RunningTasks: number
    readonly DesiredTasks: number
    readonly CompletedTasks: number
  }
}

interface ModeAnswer extends Raw {
  readonly ReplicatedJob?: { readonly TotalCompletions?: number }
}

interface TaskAnswer {
  readonly ID: string
  readonly ServiceID: string
  readonly NodeID?: string
  readonly DesiredState: string
  readonly Status: { readonly State: string; readonly Err?: string }
}

interface ObjectAnswer {
  readonly ID?: string
  readonly Id?: string
  readonly Name?: string
  readonly Labels?: Readonly<Record<string, string>> | null
  readonly Spec?: Raw & { readonly Name: string; readonly Labels?: Readonly<Record<string, string>> }
}

const SETTLE_LIMIT_MS = 90_000
const GONE_LIMIT_MS = 90_000
const NAMESPACE = 'com.docker.stack.namespace'
/** How labels begin by which the action knows its services, secrets and configs again. */
const OWN_LABEL = 'swarm-deploy.'
/** The action gives each content of a secret or config a name of its own; the label has the one in the compose file. */
const VERSION_OF = `${OWN_LABEL}version-of`
/** Numbers that JavaScript cannot hold, outside of text. */
const GREAT_NUMBER = /(?<=[:[,]\s*)\d{16,}(?=\s*[,\]}])/g

/** Looks at a stack when all that it is to run does run. Rejects when that takes too long. */
export async function settledState(lab: Lab, stack: string): Promise<StackState> {
  await until(`waiting for the stack ${stack}`, SETTLE_LIMIT_MS, async () => {
    const services = await get<ServiceAnswer[]>(lab, `/services?status=true&${filter(stack)}`)
    return services.every(isSettled)
  })
  return stateOf(lab, stack)
}

export async function stateOf(lab: Lab, stack: string): Promise<StackState> {
  const [services, tasks, networks, secrets, configs] = await Promise.all([
    get<ServiceAnswer[]>(lab, `/services?${filter(stack)}`),
    get<TaskAnswer[]>(lab, `/tasks?${filter(stack)}`),
    get<ObjectAnswer[]>(lab, '/networks'),
    get<ObjectAnswer[]>(lab, '/secrets'),
    get<ObjectAnswer[]>(lab, '/configs'),
  ])
  const predefined = await Promise.all(
    ['host', 'bridge'].map((name) => get<ObjectAnswer>(lab, `/networks/${name}?scope=swarm`)),
  )
  const objects = [...networks, ...predefined, ...secrets, ...configs]
  const names = new Map(
    objects.flatMap((one) => [
      [one.ID ?? one.Id ?? '', nameOf(one)],
      [one.Spec?.Name ?? '', nameOf(one)],
    ]),
  )
  const mine = (objects: readonly ObjectAnswer[]) =>
    objects.filter((one) => (one.Spec ?? one).Labels?.[NAMESPACE] === stack).toSorted(byName)
  return {
    services: Object.fromEntries(
      services.map((service) => [
        service.Spec.Name,
        {
          spec: named(withoutOwn(service.Spec), names) as Raw,
          version: service.Version.Index,
          hasPreviousSpec: service.PreviousSpec !== undefined,
          iteration: service.JobStatus?.JobIteration.Index,
          tasks: tasks.filter(({ ServiceID }) => ServiceID === service.ID).map(({ ID }) => ID),
        },
      ]),
    ),
    networks: byNames(mine(networks), networkSettings),
    secrets: byNames(mine(secrets), contentSettings),
    configs: byNames(mine(configs), contentSettings),
  }
}

/** Has docker remove a stack, and waits until nothing of it is left, so that its name can be used again. */
export async function remove(lab: Lab, stack: string): Promise<void> {
  await until(`removing the stack ${stack}`, GONE_LIMIT_MS, async () => {
    await lab.docker(['stack', 'rm', stack])
    const state = await stateOf(lab, stack)
    const tasks = await get<TaskAnswer[]>(lab, `/tasks?${filter(stack)}`)
    const left = [
      ...Object.entries(state).flatMap(([kind, objects]) => Object.keys(objects).map((name) => `${kind} ${name}`)),
      ...tasks.filter((task) => !isOver(task)).map((task) => taskInWords(task)),
    ]
    if (left.length > 0) throw new Error(`there are still ${left.join(', ')}`)
    return true
  })
}

function taskInWords({ ID, NodeID, DesiredState, Status: { State, Err = '' } }: TaskAnswer): string {
  return `the task ${ID} on ${NodeID ?? 'no node'}, which is ${State} and is to be ${DesiredState} ${Err}`.trim()
}

/** The tasks of a job stay in the swarm's memory. */
function isOver({ Status: { State: state } }: TaskAnswer): boolean {
  return ['complete', 'shutdown', 'failed', 'rejected', 'remove', 'orphaned'].includes(state)
}

function isSettled({ Spec: { Mode: mode }, ServiceStatus: status, UpdateStatus: update }: ServiceAnswer): boolean {
  if (update?.State === 'updating') return false
  const completions = 'GlobalJob' in mode ? 1 : mode.ReplicatedJob?.TotalCompletions
  if (completions !== undefined) return status.CompletedTasks >= completions && status.RunningTasks === 0
  return status.RunningTasks === status.DesiredTasks
}

function networkSettings({ Id: _id, Created: _created, Name: _name, ...network }: ObjectAnswer & Raw): Raw {
  const { Driver, Labels, Internal, Attachable, EnableIPv6, IPAM, Options } = network
  const { 'com.docker.network.driver.overlay.vxlanid_list': _given, ...options } = (Options ?? {}) as Raw
  const ipam = (IPAM ?? {}) as { readonly Driver?: string; readonly Config?: readonly { readonly Subnet?: string }[] }
  // Those that nobody asked for are from Swarm's own range.
  const subnets = (ipam.Config ?? []).map(({ Subnet }) => Subnet).filter((subnet) => !subnet?.startsWith('10.0.'))
  return { Driver, Labels, Internal, Attachable, EnableIPv6, Options: options, IPAM: { Driver: ipam.Driver, subnets } }
}

/** What is in the files of a secret or config. */
function contentSettings(object: ObjectAnswer): Raw {
  return { ...withoutOwn(object.Spec ?? {}), Name: nameOf(object) }
}

/** Without the labels that the action keeps for itself. */
function withoutOwn(spec: Raw): Raw {
  const labels = Object.entries(spec.Labels ?? {}).filter(([name]) => !name.startsWith(OWN_LABEL))
  return { ...spec, Labels: Object.fromEntries(labels) }
}

/** The value with names in place of the IDs of networks, secrets and configs. */
function named(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return names.get(value) ?? value
  if (Array.isArray(value)) return value.map((item) => named(item, names))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, named(inner, names)]))
}

function byNames(objects: readonly ObjectAnswer[], what: (object: ObjectAnswer & Raw) => unknown) {
  return Object.fromEntries(objects.map((one) => [nameOf(one), what(one as ObjectAnswer & Raw)]))
}

function nameOf(object: ObjectAnswer): string {
  return object.Spec?.Labels?.[VERSION_OF] ?? object.Spec?.Name ?? object.Name ?? ''
}

function byName(a: ObjectAnswer, b: ObjectAnswer): number {
  return nameOf(a) < nameOf(b) ? -1 : 1
}

function filter(stack: string): string {
  return `filters=${encodeURIComponent(JSON.stringify({ label: [`${NAMESPACE}=${stack}`] }))}`
}

async function get<T>(lab: Lab, path: string): Promise<T> {
  const { status, body } = await requestText(lab.nodes[0].socket, 'GET', path)
  if (status !== 200) throw new Error(`GET ${path}: ${status} ${body}`)
  return JSON.parse(body.replace(GREAT_NUMBER, '"$&"')) as T
}
