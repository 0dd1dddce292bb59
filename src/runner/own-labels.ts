/** How all labels begin that this program gives. */
export const OWN_LABELS = 'swarm-deploy.'

/** On a service: how many writes of this action the service has had, see `src/plan/write-number.ts`. */
export const WRITE_LABEL = 'swarm-deploy.write'

/**
 * On a service: what is known of the credential that is stored with it, which the swarm itself shows nobody, see
 * `src/plan/credentials/stored-account.ts`. Its config is no part of it: `swarm-deploy.auth.config` is the user's choice.
 */
export const ACCOUNT_LABELS = {
  registry: 'swarm-deploy.auth.registry',
  account: 'swarm-deploy.auth.account',
  storedAt: 'swarm-deploy.auth.stored-at',
  expires: 'swarm-deploy.auth.expires',
} as const

/** Labels by which we know a service again, and which ask nothing of the swarm: no comparison of specs looks at them. */
export const UNCOMPARED_LABELS: readonly string[] = [WRITE_LABEL, ...Object.values(ACCOUNT_LABELS)]

/** On the services of a blue-green service: what tells them apart, see `src/plan/colours.ts`. */
export const COLOUR_LABELS = {
  /** The service that a colour belongs to. */
  belongs: 'swarm-deploy.blue-green',
  /** Counts the switches: the one with the highest number has the traffic. */
  live: 'swarm-deploy.live',
  /** What leads traffic to whichever of them is live, as JSON. */
  route: 'swarm-deploy.route',
} as const

/** All labels that say something of one service as it is now, and nothing of what was asked for. */
export const BOOKKEEPING_LABELS: readonly string[] = [...UNCOMPARED_LABELS, ...Object.values(COLOUR_LABELS)]

/**
 * On a service: its number of tasks is not ours to set, see `src/plan/keep-replicas.ts`. The user writes `true` or `false`,
 * we {@link BY_INPUT}.
 */
export const KEEP_REPLICAS_LABEL = 'swarm-deploy.keep-replicas'
export const BY_INPUT = 'input'

/** Whether somebody else sets the number of tasks of a service with these labels: it is no difference of two specs then. */
export function hasOthersScale(labels: Readonly<Record<string, string>> | undefined): boolean {
  const label = labels?.[KEEP_REPLICAS_LABEL] ?? ''
  return label === BY_INPUT || label.toLowerCase() === 'true'
}
