import type { SomeonesDoing } from '../result.ts'

/** One wording for what somebody else did to a service of this run: theirs stands, and ours is `superseded`. Pure. */

/** When that was, as far as this run can tell. */
export type Moment =
  | 'during this deploy'
  /** As this run wrote to it itself. */
  | 'at the same moment'
  | `during its ${string}`
  | `while its ${string}`
  | `before its ${string}`
  | `after it had ${string}`

/** @param service what it is called; the one that the sentence stands beside unless given */
export function bySomeoneElse(what: SomeonesDoing, when: Moment, service = 'it'): string {
  const advice = ', and theirs stands: keep deploys of one service apart with `concurrency`'
  const done = what === 'rolled back' ? `rolled ${service} back` : `${what} ${service}`
  return `someone else ${done} ${when}${when === 'at the same moment' ? advice : ''}`
}

/** The same as the end of a rollout. */
export function superseded(what: SomeonesDoing, when: Moment, service?: string) {
  const trouble = { kind: 'overtaken' as const, what, ...(service !== undefined && { service }) }
  return { outcome: 'superseded' as const, cause: bySomeoneElse(what, when, service), trouble }
}
