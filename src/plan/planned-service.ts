import type { Service, ServiceSpec } from '../docker/api.ts'
import type { Credential } from '../inputs/accounts/credential.ts'
import type { ServiceRequest } from '../inputs/deployment.ts'
import type { Colours } from './colours.ts'
import type { Config } from './credentials/log-in.ts'

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
  /** Of a service that is deployed as two, or was: which of them is live, and which comes next. */
  readonly colours?: Colours
}

export interface Access {
  readonly config: Config
  readonly credential: Credential
}
