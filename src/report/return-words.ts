import type { Return } from '../plan/rollback.ts'
import { someOf } from '../runner/text/some-of.ts'

const MOST_NAMES = 10

/** Where a rollback goes: `Back to #5 (tag 1.4, commit 0a1b2c3d4e5f, 2026-11-20 10:00:00 UTC).` Pure. */
export function returnWords(returns: readonly Return[]): string {
  const [only, ...others] = returns
  if (only !== undefined && others.length === 0) return `Back to ${only.words}.`
  const all = returns.map(({ subject, words }) => `${subject.name} to ${words}`)
  return `Back: ${someOf(all, MOST_NAMES)}.`
}
