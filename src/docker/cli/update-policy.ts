/** Swarm's policy for an update or for its rollback: keys as compose files have them, values as docker takes them. */
export interface UpdatePolicy {
  readonly parallelism?: string
  readonly delay?: string
  readonly order?: string
  readonly failure_action?: string
  readonly monitor?: string
  readonly max_failure_ratio?: string
}

/** Swarm's own policies for an update and for its rollback, as far as they are given. */
export interface Policies {
  readonly update: UpdatePolicy
  readonly rollback: UpdatePolicy
}

/** One setting of a policy. */
export interface PolicySetting {
  readonly phase: keyof Policies
  readonly key: keyof UpdatePolicy
  readonly value: string
  /** The flag of `docker service create` and `update` for it: `--update-failure-action`. */
  readonly flag: string
}

/** The settings that are given. */
export function policySettings({ update, rollback }: Policies): PolicySetting[] {
  return [...settingsOf('update', update), ...settingsOf('rollback', rollback)]
}

function settingsOf(phase: keyof Policies, policy: UpdatePolicy): PolicySetting[] {
  const entries = Object.entries(policy) as [keyof UpdatePolicy, string][]
  return entries.map(([key, value]) => ({ phase, key, value, flag: `--${phase}-${key.replaceAll('_', '-')}` }))
}
