import type { RecordOutlook } from '../plan/record-outlook.ts'
import type { Subject } from '../records/record.ts'
import type { RecordNote } from '../records/write.ts'
import { someOf } from '../runner/text/some-of.ts'

/** What a run has recorded, or would, in a line. Pure. */

const MOST_NAMES = 10

/** `Recorded as #7.`, and what that is good for; `undefined` where nothing is. */
export function recordedWords(notes: readonly RecordNote[]): string | undefined {
  const [only, ...others] = notes.filter(({ version }) => version !== undefined)
  if (only === undefined) return undefined
  if (others.length > 0) {
    return `Recorded: ${someOf([only, ...others].map(numbered), MOST_NAMES)}. \`mode: rollback\` can go back to them.`
  }
  if (only.isAgain) return `Recorded as #${only.version}, as what was deployed last.`
  return `Recorded as #${only.version}. \`mode: rollback\` can go back to it.`
}

/** What would be, and which would go; `undefined` where neither is. */
export function plannedRecordWords(records: readonly RecordOutlook[]): string | undefined {
  const written = records.filter(({ version }) => version !== undefined)
  const [only, ...others] = written
  const removed = records.flatMap((one) => one.removed.map((version) => ({ subject: one.subject, version })))
  const gone = (names: readonly string[]) => `${someOf(names, MOST_NAMES)} would be removed`
  if (only === undefined) return removed.length === 0 ? undefined : `Records: ${gone(removed.map(numbered))}.`
  if (others.length > 0) {
    const rest = removed.length === 0 ? '' : `; ${gone(removed.map(numbered))}`
    return `It would be recorded: ${someOf(written.map(numbered), MOST_NAMES)}${rest}.`
  }
  const rest = removed.length === 0 ? '' : `; ${gone(removed.map(({ version }) => `#${version}`))}`
  return `It would be recorded as #${only.version}${only.isAgain ? ', as what was deployed last' : ''}${rest}.`
}

function numbered({ subject, version }: { readonly subject: Subject; readonly version?: number | undefined }): string {
  return `${subject.name} #${version}`
}
