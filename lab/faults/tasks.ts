import type { PlayedService, Scenario } from './scenario.ts'

/** How many tasks a service has when all is well. */
export function tasksOf(
  { mode, replicas }: Pick<PlayedService, 'mode' | 'replicas'>,
  place: Scenario['place'],
  ready: { readonly manager: number; readonly worker: number },
): number {
  if (!mode.startsWith('global')) return replicas
  return ready.worker + (place === 'worker' ? 0 : ready.manager)
}
