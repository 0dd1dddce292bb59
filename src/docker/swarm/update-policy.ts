import type { ServiceSpec } from '../api.ts'
import { rounded } from '../engine/go-json.ts'

/** How long Swarm takes for an update by the policy of a service (swarmkit, manager/orchestrator/update/updater.go). Pure. */

/** Swarm's own default of `--update-monitor`. */
export const DEFAULT_MONITOR_SECONDS = 5
const NANOSECONDS = 1e9

/** The window in which Swarm counts a task that ends as a failed update: the service's own, or Swarm's default. */
export function monitorSecondsOf({ UpdateConfig: policy }: ServiceSpec): number {
  const nanoseconds = rounded(policy?.Monitor) ?? 0
  return nanoseconds > 0 ? nanoseconds / NANOSECONDS : DEFAULT_MONITOR_SECONDS
}

/** How long Swarm waits between the tasks that it replaces. */
export function updateDelaySeconds({ UpdateConfig: policy }: ServiceSpec): number {
  return (rounded(policy?.Delay) ?? 0) / NANOSECONDS
}
