/**
 * `rolling`: Swarm's own update. `recreate`: all old tasks are gone before the first new one. `canary`: a part of the
 * tasks first. `blue-green`: a second service beside the first, to which the traffic moves when it has proved itself.
 */
export type Strategy =
  | { readonly kind: 'rolling' | 'recreate' }
  | { readonly kind: 'canary'; readonly size: CanarySize; readonly trial: Trial }
  | {
      readonly kind: 'blue-green'
      readonly trial: Trial
      /** How the names of the service labels begin that route traffic to it: `traefik.`. */
      readonly routeLabels: readonly string[]
      /** The name on its networks that routes traffic to it; the service's own unless given. */
      readonly routeAlias: string | undefined
      /** How many seconds the old service stays when the traffic has moved; not at all unless given. */
      readonly keepOld: number | 'until-next' | undefined
    }

export type CanarySize = { readonly tasks: number } | { readonly percent: number }

/** What new tasks have to go through before they get everything. */
export interface Trial {
  /** How long they must stay up, after the monitor window. */
  readonly holdSeconds: number
  readonly check?: Check
}

/** A shell command that must end with 0, or a URL that must answer with a status below 400. */
export type Check = { readonly command: string } | { readonly url: string }
