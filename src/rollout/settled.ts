import type { ServiceResult } from '../result.ts'
import type { Sent } from './send/sent.ts'
import type { ServiceHistory } from './watch/service-history.ts'

/** What became of a service that was sent. */
export interface Settled {
  readonly sent: Sent
  /** Without a cause of its own where it was only given up, because another one failed. */
  readonly result: ServiceResult
  /** The same with the task that shows why, which may take some seconds to find. */
  readonly diagnosed: Promise<ServiceResult>
  /** The node where it failed, where that is known at once. */
  readonly node?: string | undefined
  /** What was seen of one that has come up. */
  readonly history?: ServiceHistory
}

export function settledAs(sent: Sent, result: ServiceResult): Settled {
  return { sent, result, diagnosed: Promise.resolve(result) }
}

/** The same with another result, whether or not it was diagnosed by then. */
export function withResult(settled: Settled, change: (result: ServiceResult) => ServiceResult): Settled {
  return { ...settled, result: change(settled.result), diagnosed: settled.diagnosed.then(change) }
}

/** Waits until all is known of them. */
export function allDiagnosed(settled: readonly Settled[]): Promise<Settled[]> {
  return Promise.all(settled.map(async (one) => ({ ...one, result: await one.diagnosed })))
}
