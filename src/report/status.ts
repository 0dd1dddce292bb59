import { isGood, type ServiceResult } from '../result.ts'
import { groupBy } from '../runner/group-by.ts'

export type Status = 'converged' | 'deployed' | 'unchanged' | 'failed' | 'rolled-back' | 'timed-out' | 'cancelled'

/** What the run as a whole came to. Without a wait, `deployed` says that nobody has looked whether it runs. */
export function statusOf(results: readonly ServiceResult[], waited: boolean): Status {
  // Services that were skipped because of another say nothing of their own.
  const bad = results.filter((result) => !isGood(result) && result.outcome !== 'skipped').map(({ outcome }) => outcome)
  if (bad.includes('cancelled')) return 'cancelled'
  if (bad.length > 0) {
    if (bad.every((outcome) => outcome === 'rolled-back')) return 'rolled-back'
    return bad.every((outcome) => outcome === 'timed-out') ? 'timed-out' : 'failed'
  }
  if (results.every(({ outcome }) => outcome === 'unchanged')) return 'unchanged'
  return waited ? 'converged' : 'deployed'
}

/** The last line of the log. */
export function verdictLine(status: Status, results: readonly ServiceResult[]): string {
  const byOutcome = [...groupBy(results, ({ outcome }) => outcome)]
  const said = byOutcome.map(([outcome, those]) => `${those.length} ${outcome}`).join(', ')
  return `${status}: ${said || 'no service is asked for'}`
}
