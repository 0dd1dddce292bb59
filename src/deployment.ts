import type { Node, Service, ServiceSpec, Task } from './docker/api.ts'
import type { DockerCli } from './docker/cli.ts'
import type { CliVersion } from './docker/cli-version.ts'
import type { Colours, NextColour } from './docker/colours.ts'
import type { Flag } from './docker/commands.ts'
import type { ConfigFile, settingsToCarryOver } from './docker/config-file.ts'
import type { Engine } from './docker/engine.ts'
import type { FirstStep } from './docker/first-step.ts'
import type { Mark } from './docker/interim-spec.ts'
import type { ImageReference } from './docker/reference.ts'
import type { NetworkCreate } from './docker/stack-objects.ts'
import type { AdaptedFiles } from './inputs/compose/adapt.ts'
import type { ComposeFile } from './inputs/compose/place.ts'
import type { LookUp } from './inputs/compose/variables.ts'
import type { Host } from './reach/host.ts'
import type { Pins } from './reach/known-hosts.ts'
import type { Rollover } from './rollover.ts'
import type { RunTime } from './run-time.ts'
import type { Secret } from './runner/secret.ts'

/** What one run of the action is asked to make true: its inputs, resolved and checked against each other. */
export interface Deployment {
  readonly reach: Reach
  readonly credentials: readonly Credential[]
  readonly services: readonly ServiceRequest[]
  /** Its services come to `services` when docker has read its files. */
  readonly stack?: StackRequest
  readonly wait: boolean
  readonly timeoutSeconds: number
  /** `undefined`: each service's own `UpdateConfig.Monitor`, or Swarm's default. */
  readonly monitorSeconds: number | undefined
  /** What to do with the services that this run changed when not all of them come up. */
  readonly onFailure: 'rollback' | 'keep' | 'pause'
  /** What to do with them when the runner stops this run. */
  readonly onCancel: 'rollback' | 'keep'
  /** How many services are checked and sent at the same time. */
  readonly maxParallel: number
  /** Deploy only while nobody else who asks for the lock does. */
  readonly lock: LockRequest | undefined
}

export interface LockRequest {
  /** How long to wait for it. */
  readonly timeoutSeconds: number
}

/** How the managers of the swarm are reached. */
export interface Reach {
  /** In the order in which they are tried; none: the context, or the runner's own docker endpoint. */
  readonly hosts: readonly Host[]
  readonly context: string | undefined
  readonly ssh: SshAccess | undefined
  readonly tls: TlsMaterial | undefined
  readonly cli: CliRequest
}

export interface SshAccess {
  /** `undefined`: an agent's, or those of the user's own configuration. */
  readonly key: Secret | undefined
  readonly passphrase: Secret | undefined
  readonly pins: Pins
  /** As ssh's option `-J` takes it. */
  readonly jump: string | undefined
  /** The path of an OpenSSH configuration file of the user's own. */
  readonly userConfig: string | undefined
}

/** All in PEM. */
export interface TlsMaterial {
  readonly ca: string
  readonly cert: string
  readonly key: Secret
}

/** The docker CLI to install when the runner has none that serves. */
export interface CliRequest {
  readonly version: string
  readonly sha256: string | undefined
  readonly downloadUrl: string
}

/** A user name and password for a registry, optionally only for the repositories under a path. */
export interface Credential {
  /** Where it was given, as the user knows it: `registries entry 1`, `registries-file line 3`. */
  readonly origin: string
  /** The name of the config that holds it: the user's choice, else the registry and path. */
  readonly config: string
  /** `ghcr.io`, `registry.example.com:5000`; Docker Hub is `docker.io`. */
  readonly registry: string
  /** The repositories that it is for: `org-a`; empty for all of the registry. */
  readonly path: string
  readonly username: string
  /** A password or token; of kind `identity-token` the refresh token that some registries give out instead. */
  readonly password: Secret
  readonly kind: 'password' | 'identity-token'
}

/** A stack as the inputs ask for it. */
export interface StackRequest {
  readonly name: string
  readonly files: readonly ComposeFile[]
  readonly adapted: AdaptedFiles
  /** Where relative paths in the files begin: the directory of the first. */
  readonly directory: string
  /** The variables that the files name, as far as they are set. */
  readonly variables: Readonly<Record<string, string>>
  /** All variables of the step and the env files. */
  readonly lookUp: LookUp
  /** Remove what the files no longer name. */
  readonly prune: boolean
  /** Run jobs again that are finished. */
  readonly rerunJobs: boolean
  /** How the tasks of its services are replaced. */
  readonly rollover: Rollover
}

/** A service as the `services` input or a compose file asks for it. What is not given stays as it is on the swarm. */
export interface ServiceRequest {
  readonly name: string
  readonly image?: ImageReference
  /** The name of the config to use, whatever the image's registry. */
  readonly authConfig?: string
  readonly replicas?: number
  /** Variables to set. Those of the service that are not named here stay. */
  readonly env: Readonly<Record<string, string>>
  /** Make the service when it does not exist. */
  readonly create: boolean
  /** The container's own words; none: those of the image. */
  readonly command?: readonly string[]
  /** What the service shall be, as flags for `docker service create`. What a list of an earlier run named, and this does
   * not, goes. */
  readonly createArgs?: readonly Flag[]
  /** Flags for `docker service update`, applied on top. */
  readonly updateArgs: readonly Flag[]
  /** What is perhaps not meant as it is written. */
  readonly notices?: readonly string[]
  /** How its tasks are replaced. */
  readonly rollover: Rollover
  /** The labels that it will have; those on the swarm unless given. */
  readonly labels?: Readonly<Record<string, string>>
  /** Of a stack: docker's own spec for it, which says everything about it. */
  readonly compose?: StackService
}

/** A service of a stack, as `docker stack deploy` would have it. */
export interface StackService {
  /** Its image as the file has it, without a digest; what is not there yet has a placeholder for its ID. */
  readonly spec: ServiceSpec
  /** The networks that are to be made for it. */
  readonly networks: readonly NetworkCreate[]
  /** Run it again when it is a job that is finished. */
  readonly isRerun: boolean
}

/** The way to a manager of the swarm: the CLI that changes things, and the API that reads. */
export interface Connection extends Disposable {
  readonly docker: DockerCli
  /** The managers are other machines than the runner: they are reached by SSH. */
  readonly isRemote?: boolean
  /** `undefined` for a build that does not tell. */
  readonly cliVersion: CliVersion | undefined
  readonly engine: Engine
  /** An isolated configuration directory without any credential. */
  readonly configDirectory: string
  readonly userConfig: UserConfig
}

/** The Docker configuration that the step would have used by itself. */
export interface UserConfig {
  /** As the user knows it: `DOCKER_CONFIG` or `~/.docker`. */
  readonly name: string
  readonly directory: string
  readonly file: ConfigFile
  /** What isolated configs take over from it. */
  readonly carriedOver: ReturnType<typeof settingsToCarryOver>
  /** The environment for its credential helpers. */
  readonly env: Readonly<Record<string, string>>
}

/** A named, isolated Docker client configuration directory with at most one credential for a registry. */
export interface Config {
  readonly name: string
  readonly directory: string
  readonly credentials: readonly Credential[]
}

/** The configs of this run, and what the registries said against them. */
export interface LoggedIn {
  readonly configs: readonly Config[]
  /** The user's own Docker configuration, cut down to the registries that no given credential serves. */
  readonly ownConfig: Config | undefined
  /** One line for each credential that its registry did not take. */
  readonly problems: readonly string[]
  /** The credentials of those problems: nothing more needs to be said of services that use them. */
  readonly refused: ReadonlySet<Credential>
}

/** The services and nodes as they were before anything was changed. */
export interface Observation {
  readonly services: readonly Service[]
  readonly tasks: readonly Task[]
  readonly nodes: readonly Node[]
  /** When that was, in milliseconds since 1970 by the swarm's clock: runners' clocks differ. */
  readonly now: number
}

/** What one service needs, and with which config. */
export interface PlannedService {
  readonly request: ServiceRequest
  /** The service as it is; `undefined` when it is to be created. */
  readonly current: Service | undefined
  /** The config and its credential for the service's image; `undefined`: the image is read without one. */
  readonly access: Access | undefined
  /** The same for the image that the service has now: for the way back to it. */
  readonly currentAccess: Access | undefined
  /**
   * The spec that the swarm has instead of the current one, meant for the way there only: what this run gave it, as the
   * swarm took it, or what an earlier run left, whose end it is for this one to bring about.
   */
  readonly interim?: ServiceSpec
  /** Of a blue-green service: which of its two is live, and which comes next. */
  readonly colours?: Colours
}

export interface Access {
  readonly config: Config
  readonly credential: Credential
}

/** A planned service whose image, flags and placement were checked. */
export type CheckedService = ChangedService | UnchangedService

export interface ChangedService extends Checked {
  readonly action: 'create' | 'update'
}

/** It already is as asked, and will not be touched. */
export interface UnchangedService extends Checked {
  readonly action: 'unchanged'
}

interface Checked extends PlannedService {
  /** Why an existing service is changed, in the user's words: `image`, `replicas 2 → 3`. */
  readonly changes: readonly string[]
  /** The whole spec that makes it so. */
  readonly wanted: ServiceSpec
  readonly firstStep?: FirstStep
  readonly nextColour?: NextColour
  /** What docker would make for it first, if it is not there: the API's own objects. */
  readonly networks?: readonly NetworkCreate[]
}

/** A service after the deploy: on its way, as it was, or refused. */
export interface Rollout {
  readonly checked: CheckedService
  /** The service as the swarm has it now; `undefined` when there is none. */
  readonly service: Service | undefined
  /** When the change was sent, in milliseconds of {@link nowMs}. */
  readonly sentAt: number
  /** It leads back to what ran before this run. */
  readonly isWayBack?: boolean
  /** Why there is nothing to wait for. */
  readonly problem?: {
    readonly outcome: 'failed' | 'timed-out' | 'superseded' | 'cancelled' | 'skipped'
    readonly cause: string
    readonly failedTask?: FailedTask
    /** Whether the swarm took the change is not known. */
    readonly isUnknown?: boolean
  }
}

/** What the parts of a run that act on its services and wait for them have in common. */
export interface Field {
  readonly connection: Connection
  readonly observed: Observation
  readonly deployment: Deployment
  /** What the interim specs of this run say whose they are. */
  readonly mark: Mark
  /** What is left of the time of the run. */
  readonly time: RunTime
  /** Aborted when the runner wants the run to stop. */
  readonly signal: AbortSignal
}

export type Outcome =
  | 'created'
  | 'updated'
  | 'unchanged'
  | 'removed'
  | 'failed'
  | 'rolled-back'
  | 'timed-out'
  | 'superseded'
  | 'cancelled'
  | 'skipped'

/** What became of one service. */
export interface ServiceResult {
  readonly name: string
  readonly action: CheckedService['action'] | 'remove'
  readonly outcome: Outcome
  /** The images with their digests, as the swarm has them. */
  readonly image: { readonly before: string | undefined; readonly after: string | undefined }
  /** The name of the config whose credential was sent. */
  readonly config: string | undefined
  /** How many nodes run its tasks. */
  readonly nodes: number
  readonly tasks: { readonly running: number; readonly wanted: number }
  readonly seconds: number
  /** Of a blue-green service: the name of the one that has the traffic. */
  readonly live?: string
  /** Why it did not come up: one line. */
  readonly cause?: string
  /** What the user has to know of one that is up: one line. */
  readonly note?: string
  readonly failedTask?: FailedTask
}

/** The task that shows why a service did not come up. */
export interface FailedTask {
  readonly id: string
  readonly node: string | undefined
  /** How it ended: `failed with exit code 1`. */
  readonly ending: string
  readonly exitCode: number | undefined
  /** The last lines that it printed. */
  readonly logs: readonly string[]
}
