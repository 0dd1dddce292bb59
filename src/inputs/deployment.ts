import type { ServiceSpec } from '../docker/api.ts'
import type { Flag } from '../docker/cli/commands.ts'
import type { ConfigFile } from '../docker/cli/config-file.ts'
import type { Policies } from '../docker/cli/update-policy.ts'
import type { ImageReference } from '../docker/registry/reference.ts'
import type { Attached } from '../docker/specs/attachments.ts'
import type { NetworkCreate } from '../docker/specs/stack-objects.ts'
import type { Place } from '../result.ts'
import type { Secret } from '../runner/secrets/secret.ts'
import type { Credential } from './accounts/credential.ts'
import type { AttachmentsRequest } from './attachments/request.ts'
import type { ModeName } from './mode.ts'
import type { PrepareChoice } from './prepare.ts'
import type { Host } from './reach/host.ts'
import type { Pins } from './reach/known-hosts.ts'
import type { RollbackTarget } from './rollback-target.ts'
import type { Selection } from './selection.ts'
import type { StackRequest } from './stack-request.ts'
import type { StrategyChoice } from './strategy.ts'

/** What one run of the action is asked to make true: its inputs, resolved and checked against each other. */
export interface Deployment extends Accounts {
  readonly mode: ModeName
  readonly reach: Reach
  /** The authorities of registries with certificates that nodes do not know by themselves. */
  readonly registryCas: readonly RegistryCa[]
  /** Have every node know them; `undefined`: nothing is written to a node. */
  readonly installCas?: CaInstallation
  /** Remove images from all nodes that nothing needs any more; `undefined`: nothing is removed. */
  readonly pruneImages: ImagePruning | undefined
  /** What to do about a credential that would be stored with services and ends soon. */
  readonly onShortLived: 'warn' | 'error' | 'allow'
  readonly services: readonly ServiceRequest[]
  /** What is pushed before anything is deployed. */
  readonly images: readonly PushRequest[]
  /** Its services come to `services` when docker has read its files. */
  readonly stack?: StackRequest
  /** Go back to what was deployed before: the services have their names only until the records are read. */
  readonly rollback?: RollbackRequest
  readonly wait: boolean
  readonly timeoutSeconds: number
  /** `undefined`: each service's own `UpdateConfig.Monitor`, or Swarm's default. */
  readonly monitorSeconds: number | undefined
  /** What to do with the services that this run changed when not all of them come up. */
  readonly onFailure: 'rollback' | 'rollback-failed' | 'keep' | 'pause'
  /** What to do with them when the runner stops this run. */
  readonly onCancel: 'rollback' | 'keep'
  /** Whose tasks are replaced though nothing has changed, but for what entries say. */
  readonly force: Selection
  /** The number of tasks of services that are there is left as it is, but for what labels say. */
  readonly keepReplicas: boolean
  /** What is done with another tag of the image that a service has: `keep` restarts no task for it. */
  readonly sameDigest: 'deploy' | 'keep'
  /** How many services are checked and sent at the same time. */
  readonly maxParallel: number
  /** Deploy only while nobody else who asks for the lock does. */
  readonly lock: LockRequest | undefined
  /** How many records of what was deployed the swarm keeps, of each stack or service. */
  readonly historyLimit: number
  /** What counts in the mode `plan` only. */
  readonly plan: PlanRequest
}

export interface PlanRequest {
  /** Show the values of variables. */
  readonly showValues: boolean
  /** Whether a swarm that is not as asked is a failure. */
  readonly failOnChanges: boolean
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

/** The accounts of a run, and where more of them are found. */
export interface Accounts {
  readonly credentials: readonly Credential[]
  /** Docker client configurations of the user's: at most one without a name, which takes the place of the runner's own. */
  readonly dockerConfigs: readonly DockerConfig[]
  /** Where a service may have such a configuration by the name of its directory: absolute paths. */
  readonly configDirectories: readonly string[]
}

/** A Docker client configuration of the user's, as far as it is about accounts. */
export interface DockerConfig {
  /** By which services choose it. */
  readonly name?: string
  /** Where it was given, as the user knows it: `docker-config team-a`. */
  readonly origin: string
  /** Of one that is read from a variable, its name. */
  readonly variable?: string
  /** Its content, with the secrets in the clear: never for text that a person reads. */
  open(): ConfigFile
}

/** Who has signed the certificate of a registry. */
export interface RegistryCa {
  readonly registry: string
  /** One certificate or several, in PEM, with a newline at the end. */
  readonly pem: string
}

export interface CaInstallation {
  /** One with a shell: its containers write the files on the nodes. */
  readonly image: ImageReference
}

export interface ImagePruning {
  /** One with a shell and a docker command: its containers work on the nodes. */
  readonly toolsImage: ImageReference
}

/** An image in an archive that is to be pushed. */
export interface PushRequest {
  /** Where it was given: `images entry 1`. */
  readonly place: string
  /** The archive as the user gave its path. */
  readonly archive: string
  /** The same, absolute. */
  readonly path: string
  /** As what it is pushed, with a tag. */
  readonly image: ImageReference
  /** The name that the image has in the archive, where that has several. */
  readonly from?: string
  /** The name of the config to push it with, whatever the image's registry. */
  readonly authConfig?: string
}

/** What a rollback is asked for beside its services. */
export interface RollbackRequest {
  readonly to: RollbackTarget
  /** The stack that goes back; its services are those of the record. */
  readonly stack?: StackToGoBack
  /** Run jobs again: going back would do old work anew. */
  readonly rerunJobs: boolean
}

export interface StackToGoBack extends Pick<StackRequest, 'name' | 'strategy' | 'policies' | 'prepare'> {
  /** Remove the services that the version does not have. */
  readonly prune: boolean
  /** The services that go back, as the files call them or the swarm; the others stay as they are. */
  readonly only: Selection
  /** Those of the version that stay, by the names that they have on the swarm; none until it is chosen. */
  readonly leftOut: readonly string[]
}

/** A service as the `services` input or a compose file asks for it. What is not given stays as it is on the swarm. */
export interface ServiceRequest {
  readonly name: string
  /** In the text its name stands before it, as in `web: …`; else its entry has a dash. */
  readonly isKeyed?: boolean
  /** Where it stands, when that is a file. */
  readonly place?: Place
  readonly image?: ImageReference
  /** Have what the tag of its present image means now. */
  readonly refresh?: boolean
  /** Replace its tasks, or run the job again, though nothing has changed. */
  readonly force?: boolean
  /** The name is that of a stack on the swarm: all services of it are meant. */
  readonly isStack?: boolean
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
  /** Secrets, configs, networks and a credential spec. */
  readonly attachments?: AttachmentsRequest
  /** The same with the IDs that they have on the swarm, or placeholders for what is to be made. */
  readonly attached?: Attached
  /** What is perhaps not meant as it is written. */
  readonly notices?: readonly string[]
  /** How its tasks are replaced. */
  readonly strategy: StrategyChoice
  readonly policies: Policies
  /** Which nodes have its image before anything is changed. */
  readonly prepare: PrepareChoice
  /** The labels that it will have; those on the swarm unless given. */
  readonly labels?: Readonly<Record<string, string>>
  /** Of a stack: docker's own spec for it, which says everything about it. */
  readonly compose?: StackService
  /** Of a rollback: the spec that it goes back to, which says everything about it. */
  readonly recorded?: RecordedRequest
}

/** A service as it was deployed once. */
export interface RecordedRequest {
  /** Under the name of the request; with the IDs of what is there now. */
  readonly spec: ServiceSpec
  /** Run it again when it is a job that is finished. */
  readonly isRerun: boolean
  /** Of a stack, whose services may be of kinds that a strategy does not fit. */
  readonly isOfStack: boolean
}

/** The stack whose services a deployment is about, by its files or its records. */
export function stackOf({ stack, rollback }: Deployment): StackRequest | StackToGoBack | undefined {
  return stack ?? rollback?.stack
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
