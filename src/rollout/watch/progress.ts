import { someOf } from '../../runner/text/some-of.ts'
import { nowMs } from '../../runner/time/clock.ts'
import { MANY_SERVICES, type ServiceLog } from '../service-log.ts'

const EVERY_MS = 10_000
/** When so few are left, they have names. */
const FEW = 5

/** How many of all services have settled, and which have not. */
export interface Progress {
  readonly up: number
  readonly failed: number
  readonly underWay: readonly { readonly name: string; readonly progress: string }[]
}

/**
 * Tells from time to time how far so many services are; of few each speaks for itself.
 *
 * @param done what it is called when one is as it should be: `up`
 */
export function progressOf(total: number, done: string, lines: ServiceLog): (now: Progress) => void {
  let saidAt = nowMs()
  return ({ up, failed, underWay }) => {
    if (total < MANY_SERVICES || nowMs() - saidAt < EVERY_MS) return
    saidAt = nowMs()
    const left = underWay.length > FEW ? [] : underWay.map(({ name, progress }) => `${name} (${progress || 'sent'})`)
    const parts = [
      `${up} of ${total} ${done}`,
      ...(failed > 0 ? [`${failed} failed`] : []),
      ...(left.length > 0 ? [`under way: ${someOf(left)}`] : []),
    ]
    lines.all(parts.join(', '))
  }
}
