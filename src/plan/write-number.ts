import type { ServiceSpec } from '../docker/api.ts'
import { WRITE_LABEL } from '../runner/own-labels.ts'

/**
 * Each write of ours numbers the service: one more than the spec has that it is written over. Other tools keep the label
 * (`docker service update`) or lose it (`docker stack deploy`), and Swarm keeps the spec before the last write. So the
 * two numbers tell whose the last write was, without a copy or a hash of what was written. Pure.
 */

/** The spec with the number of our next write, over `base`; the first, where there is none. */
export function numbered(spec: ServiceSpec, base?: ServiceSpec): ServiceSpec {
  const number = (base === undefined ? 0 : (numberOf(base) ?? 0)) + 1
  return { ...spec, Labels: { ...spec.Labels, [WRITE_LABEL]: String(number) } }
}

/** The number of the write that a spec is from; `undefined` where none of ours is known. Anybody can write labels. */
export function numberOf({ Labels }: ServiceSpec): number | undefined {
  const number = Labels?.[WRITE_LABEL] ?? ''
  return /^[1-9]\d{0,14}$/.test(number) ? Number(number) : undefined
}
