/** Settings of `--update-…` and `--rollback-…`, as docker takes them. */
export interface UpdatePolicy {
  readonly parallelism?: string
  readonly delay?: string
  readonly order?: string
  readonly 'failure-action'?: string
  readonly monitor?: string
  readonly 'max-failure-ratio'?: string
}

/** Swarm's own policies for an update and for its rollback, as far as they are given. */
export interface Policies {
  readonly update: UpdatePolicy
  readonly rollback: UpdatePolicy
}
