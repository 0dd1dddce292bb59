/**
 * The parts of the Engine API's objects that are read here (field names as in the API, https://docs.docker.com/reference/api/engine/).
 * Objects stay raw: what is not named here is kept and sent back untouched. There is no `null` in them: see
 * go-json.ts.
 */
export interface Service {
  readonly ID: string
  readonly Version: { readonly Index: number }
  /** When it was written last, by Swarm itself too: RFC 3339. */
  readonly UpdatedAt?: string
  readonly Spec: ServiceSpec
  /** What Swarm has given it: also the ports of its own choice. */
  readonly Endpoint?: { readonly Ports?: readonly ServicePort[] }
  /** What a rollback goes back to. */
  readonly PreviousSpec?: ServiceSpec
  readonly UpdateStatus?: UpdateStatus
  /** Only of job services. */
  readonly JobStatus?: { readonly JobIteration: { readonly Index: number } }
}

export interface ServiceSpec {
  readonly Name: string
  readonly Labels?: Readonly<Record<string, string>>
  readonly TaskTemplate: TaskTemplate
  readonly Mode: ServiceMode
  readonly UpdateConfig?: UpdateConfig
  readonly RollbackConfig?: UpdateConfig
  readonly EndpointSpec?: {
    /** `vip` unless given. */
    readonly Mode?: string
    readonly Ports?: readonly ServicePort[]
  }
  /** Of old services; else they are in the task template. */
  readonly Networks?: readonly { readonly Target: string }[]
}

export interface TaskTemplate {
  readonly ContainerSpec?: {
    readonly Image: string
    /** The program in the place of the image's own. */
    readonly Command?: readonly string[]
    readonly Args?: readonly string[]
    readonly Env?: readonly string[]
    readonly Labels?: Readonly<Record<string, string>>
    readonly Healthcheck?: Healthcheck
    readonly Hostname?: string
    /** The working directory. */
    readonly Dir?: string
    readonly User?: string
    /** Its own file system cannot be written to. */
    readonly ReadOnly?: boolean
    readonly CapabilityAdd?: readonly string[]
    readonly CapabilityDrop?: readonly string[]
    readonly Mounts?: readonly Mount[]
    readonly Secrets?: readonly { readonly SecretID: string; readonly SecretName: string; readonly File?: FileTarget }[]
    readonly Configs?: readonly {
      readonly ConfigID: string
      readonly ConfigName: string
      readonly File?: FileTarget
      readonly Runtime?: Readonly<Record<string, never>>
    }[]
    readonly Isolation?: string
    readonly Privileges?: {
      readonly SELinuxContext?: { readonly Disable?: boolean }
      readonly CredentialSpec?: { readonly Config?: string; readonly File?: string; readonly Registry?: string }
    }
  }
  /** By ID; docker commands send names. */
  readonly Networks?: readonly { readonly Target: string; readonly Aliases?: readonly string[] }[]
  /** Counted up, it has all tasks restart. */
  readonly ForceUpdate?: number
  readonly RestartPolicy?: {
    readonly Condition?: 'none' | 'on-failure' | 'any'
    readonly MaxAttempts?: number
    /** Nanoseconds, as is the window in which attempts are counted. */
    readonly Delay?: number
    readonly Window?: number
  }
  readonly LogDriver?: { readonly Name?: string; readonly Options?: Readonly<Record<string, string>> }
  readonly Resources?: { readonly Limits?: Resources; readonly Reservations?: Resources }
  readonly Placement?: {
    readonly Constraints?: string[]
    readonly MaxReplicas?: number
    readonly Platforms?: readonly { readonly Architecture?: string; readonly OS?: string }[]
  }
}

export interface Mount {
  /** `volume` unless given. */
  readonly Type?: string
  readonly Source?: string
  readonly Target?: string
  readonly ReadOnly?: boolean
  readonly BindOptions?: { readonly Propagation?: string }
  readonly VolumeOptions?: {
    readonly Subpath?: string
    readonly Labels?: Readonly<Record<string, string>>
    readonly DriverConfig?: { readonly Name?: string; readonly Options?: Readonly<Record<string, string>> }
  }
}

/** The file in the container that has a secret or config. */
export interface FileTarget {
  readonly Name?: string
  readonly UID?: string
  readonly GID?: string
  readonly Mode?: number
}

/** What a node has, or a task reserves. */
export interface Resources {
  readonly NanoCPUs?: number
  readonly MemoryBytes?: number
  readonly GenericResources?: readonly GenericResource[]
}

/** A number of things of a kind, or one of them by name. */
export interface GenericResource {
  readonly DiscreteResourceSpec?: { readonly Kind?: string; readonly Value?: number }
  readonly NamedResourceSpec?: { readonly Kind?: string; readonly Value?: string }
}

export interface ServicePort {
  readonly TargetPort?: number
  readonly PublishedPort?: number
  /** `tcp` unless given, in small letters when Swarm has it. */
  readonly Protocol?: string
  /** `ingress` unless given, or `host`; the same. */
  readonly PublishMode?: string
}

export interface Healthcheck {
  /** Empty: the image's own; `NONE`: switched off. */
  readonly Test?: readonly string[]
  /** Nanoseconds, as are the others. */
  readonly Interval?: number
  readonly Timeout?: number
  readonly StartPeriod?: number
  /** The interval within the start period. */
  readonly StartInterval?: number
  readonly Retries?: number
}

/** Exactly one of the four is set. */
export interface ServiceMode {
  readonly Replicated?: { readonly Replicas?: number }
  readonly Global?: Readonly<Record<string, never>>
  readonly ReplicatedJob?: { readonly MaxConcurrent?: number; readonly TotalCompletions?: number }
  readonly GlobalJob?: Readonly<Record<string, never>>
}

export interface UpdateConfig {
  readonly Parallelism?: number
  /** Nanoseconds, as is the monitor window. */
  readonly Delay?: number
  readonly Monitor?: number
  readonly MaxFailureRatio?: number
  /** `stop-first` unless given. */
  readonly Order?: 'stop-first' | 'start-first'
  /** `pause` unless given. */
  readonly FailureAction?: 'continue' | 'pause' | 'rollback'
}

export type UpdateState =
  | 'updating'
  | 'paused'
  | 'completed'
  | 'rollback_started'
  | 'rollback_paused'
  | 'rollback_completed'

export interface UpdateStatus {
  readonly State: UpdateState
  /** RFC 3339. */
  readonly StartedAt?: string
  readonly Message?: string
}

export type TaskState =
  | 'new'
  | 'allocated'
  | 'pending'
  | 'assigned'
  | 'accepted'
  | 'preparing'
  | 'ready'
  | 'starting'
  | 'running'
  | 'complete'
  | 'shutdown'
  | 'failed'
  | 'rejected'
  | 'remove'
  | 'orphaned'

export interface Task {
  readonly ID: string
  readonly ServiceID: string
  readonly NodeID?: string
  readonly Slot?: number
  readonly CreatedAt: string
  readonly DesiredState: TaskState
  readonly Status: {
    /** RFC 3339: since when, by the clock of the node. */
    readonly Timestamp?: string
    readonly State: TaskState
    readonly Message?: string
    readonly Err?: string
    readonly ContainerStatus?: { readonly ContainerID?: string; readonly ExitCode?: number }
  }
  readonly Spec?: {
    readonly ContainerSpec?: {
      readonly Image?: string
      readonly Command?: readonly string[]
      readonly Args?: readonly string[]
      readonly Healthcheck?: Healthcheck
      readonly Env?: readonly string[]
    }
  }
  /** Only of tasks of job services. */
  readonly JobIteration?: { readonly Index: number }
}

export interface Node {
  readonly ID: string
  readonly Spec: {
    readonly Availability: 'active' | 'pause' | 'drain'
    readonly Role: 'manager' | 'worker'
    readonly Labels?: Readonly<Record<string, string>>
  }
  readonly Status: { readonly State: string; readonly Addr?: string }
  /** Neither name nor platform of a node that has joined and has not reported yet. */
  readonly Description: {
    readonly Hostname?: string
    readonly Platform: { readonly Architecture?: string; readonly OS?: string }
    readonly Engine: { readonly Labels?: Readonly<Record<string, string>> }
    readonly Resources?: Resources
  }
}

export interface SystemInfo {
  readonly ServerVersion: string
  /** RFC 3339. */
  readonly SystemTime: string
  readonly Swarm: {
    readonly LocalNodeState: string
    readonly ControlAvailable: boolean
    readonly Error?: string
    readonly NodeID?: string
  }
  readonly RegistryConfig?: RegistrySettings
  /** Podman alone has it, in its API for docker's clients (containers/podman, pkg/api/handlers/types.go). */
  readonly BuildahVersion?: string
}

/** How a daemon speaks to registries. */
export interface RegistrySettings {
  /** Networks in whose registries whoever answers is believed, also without TLS: `127.0.0.0/8`. */
  readonly InsecureRegistryCIDRs?: readonly string[]
  /** By the registry's `host[:port]`. */
  readonly IndexConfigs?: Readonly<Record<string, { readonly Secure?: boolean }>>
}

/** The answer of `GET /distribution/{image}/json`. */
export interface Distribution {
  readonly Descriptor: { readonly digest: string }
  readonly Platforms?: readonly { readonly architecture?: string; readonly os?: string; readonly variant?: string }[]
}

/** The answer of `GET /images/{image}/json`, for an image that the manager's own node has. */
export interface LocalImage {
  readonly Config?: { readonly Healthcheck?: Healthcheck }
}
