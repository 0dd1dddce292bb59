import { isGood, type ServiceResult } from '../result.ts'

/**
 * Which services a run that is red owes that to, which the stop of the run found on their way, and which are only there
 * because of others. Pure.
 */
export interface Blame {
  readonly culprits: readonly ServiceResult[]
  readonly stopped: readonly ServiceResult[]
  readonly takenAlong: readonly ServiceResult[]
}

export function blame(results: readonly ServiceResult[]): Blame {
  const bad = results.filter((result) => !isGood(result))
  const stopped = bad.filter(({ outcome }) => outcome === 'cancelled')
  const takenAlong = bad.filter((result) => isTakenAlong(result) && !stopped.includes(result))
  const culprits = bad.filter((result) => !stopped.includes(result) && !takenAlong.includes(result))
  // Where nobody is to blame, nobody is taken along: something is red, and a reader has to find it.
  return culprits.length === 0 && stopped.length === 0
    ? { culprits: takenAlong, stopped, takenAlong: [] }
    : { culprits, stopped, takenAlong }
}

/** Nothing is wrong with it itself. A way back that failed is. */
function isTakenAlong({ outcome, because, wayBack }: ServiceResult): boolean {
  return outcome === 'skipped' || (because !== undefined && wayBack !== 'failed' && wayBack !== 'overtaken')
}
