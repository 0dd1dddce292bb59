/** On a service: how many writes of this action the service has had, see `src/plan/write-number.ts`. */
export const WRITE_LABEL = 'swarm-deploy.write'

/** Labels by which we know a service again, and which ask nothing of the swarm: no comparison of specs looks at them. */
export const UNCOMPARED_LABELS: readonly string[] = [WRITE_LABEL]
