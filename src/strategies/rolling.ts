import type { Strategy } from './strategy.ts'

/** Swarm's own update: task by task, by the service's policy. */
export const rolling: Strategy<'rolling'> = {
  name: 'rolling',
  updatesInPlace: true,
  hasSecondService: false,
  hasDowntime: false,
}
