import type {
  Node,
  Service,
  ServicePort,
  ServiceSpec,
  TaskState,
  TaskTemplate,
  UpdateState,
} from '../../../src/docker/api.ts'
import type { Act } from './images.ts'

/** What the memory swarm keeps, as Swarm's own store does: changed in place, and turned to the API's JSON when read. */

/** More of a template than the action reads. */
export interface FullTemplate extends TaskTemplate {
  readonly ContainerSpec?: NonNullable<TaskTemplate['ContainerSpec']> & { readonly StopGracePeriod?: number }
  readonly RestartPolicy?: {
    readonly Condition?: 'none' | 'on-failure' | 'any'
    readonly MaxAttempts?: number
    /** Nanoseconds, as is the window. */
    readonly Delay?: number
    readonly Window?: number
  }
  readonly Resources?: { readonly Reservations?: { readonly MemoryBytes?: number; readonly NanoCPUs?: number } }
}

/** A spec with what belongs to it and no API shows: its version, and the credential that tasks pull with. */
export interface SpecRecord {
  readonly spec: ServiceSpec
  /** That of the service when this spec came; 0 for its first. Only compared with those of its other specs. */
  readonly version: number
  /** The header `X-Registry-Auth`, as it was sent. */
  readonly credential: string | undefined
}

export interface StoredService {
  readonly id: string
  readonly createdAt: string
  updatedAt: string
  version: number
  current: SpecRecord
  previous: SpecRecord | undefined
  status: StoredStatus | undefined
  /** Of a job: how many times it was asked for. */
  iteration: number | undefined
  /** The published ports that its last change has taken from it, which its allocator takes note of a moment later. */
  given: { readonly ports: readonly ServicePort[]; readonly untilMs: number }
}

export interface StoredStatus {
  readonly state: UpdateState
  readonly message: string
  readonly startedAt: string
  readonly completedAt?: string
}

export interface StoredTask {
  readonly id: string
  readonly serviceId: string
  /** What it was made from. */
  readonly made: SpecRecord
  /** The name of its service and the ports that it was made for. */
  readonly endpoint: unknown
  readonly createdAt: string
  readonly iteration: number | undefined
  /** 0 for a global service. */
  readonly slot: number
  nodeId: string | undefined
  version: number
  updatedAt: string
  /** When its state was reported, as the API tells it. */
  statusAt: string
  desired: TaskState
  state: TaskState
  message: string
  err: string
  /** When its state was reported, in milliseconds: the newest of a slot decides whether it is started anew. */
  reportedAt: number
  container: { readonly id: string; exitCode: number } | undefined
  /** Its health check failed: only its container tells. */
  isUnhealthy?: true
  /** What it has printed, where that is not what its image always prints. */
  printed?: Pick<Act, 'stdout' | 'stderr'>
}

export interface StoredNode {
  readonly id: string
  readonly hostname: string
  readonly role: 'manager' | 'worker'
  readonly platform: Node['Description']['Platform']
  readonly memoryBytes: number
  readonly address: string
  version: number
  labels: Record<string, string>
  availability: Node['Spec']['Availability']
  state: 'ready' | 'down' | 'unknown' | 'disconnected'
  /** The digests that it has pulled. */
  readonly images: Set<string>
}

/** A secret, a config or a network. */
export interface StoredObject {
  readonly id: string
  readonly name: string
  readonly createdAt: string
  readonly version: number
  readonly body: Readonly<Record<string, unknown>>
}

export type ObjectKind = 'secrets' | 'configs' | 'networks'

/** Swarm's order of task states; desired states are in the same order (swarmkit, api/types.proto). */
const STATES: readonly TaskState[] = [
  'new',
  'allocated',
  'pending',
  'assigned',
  'accepted',
  'preparing',
  'ready',
  'starting',
  'running',
  'complete',
  'shutdown',
  'failed',
  'rejected',
  'remove',
  'orphaned',
]

export function rank(state: TaskState): number {
  return STATES.indexOf(state)
}

export function isBelow(state: TaskState, other: TaskState): boolean {
  return rank(state) < rank(other)
}

export function isAbove(state: TaskState, other: TaskState): boolean {
  return rank(state) > rank(other)
}

/** Whether it is over. */
export function hasEnded({ state }: StoredTask): boolean {
  return isAbove(state, 'running')
}

/** Whether it is to be running or on its way there. */
export function isRunnable({ desired }: StoredTask): boolean {
  return !isAbove(desired, 'running')
}

export function templateOf({ made }: StoredTask): FullTemplate {
  return made.spec.TaskTemplate as FullTemplate
}

export const NANOSECONDS_PER_MS = 1e6

/** Two values as Swarm's own messages hold them: what is absent there is the same as empty, and as zero. */
export function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(canonical(one)) === JSON.stringify(canonical(other))
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, canonical(inner)] as const)
  return Object.fromEntries(entries.filter(([, inner]) => !isEmpty(inner)).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

export type ServiceMode = keyof Service['Spec']['Mode']

export function modeOf({ Mode: mode }: ServiceSpec): ServiceMode {
  return (
    (Object.keys(mode) as ServiceMode[]).find((one) => mode[one] !== undefined && mode[one] !== null) ?? 'Replicated'
  )
}

export function isJobSpec(spec: ServiceSpec): boolean {
  return modeOf(spec).endsWith('Job')
}

export function isGlobalSpec(spec: ServiceSpec): boolean {
  return modeOf(spec).startsWith('Global')
}

/**
 * A copy as JSON brings it. `structuredClone` would give objects of the realm outside of jest's, which are never deeply
 * equal to those in it.
 */
export function copyOf<T>(value: T): T {
  return jsonOf(value) as T
}

/** By hand: JSON itself takes three times as long, and runs in memory do little else so often. */
function jsonOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(jsonOf)
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    const inner = (value as Record<string, unknown>)[key]
    if (inner !== undefined) copy[key] = jsonOf(inner)
  }
  return copy
}
