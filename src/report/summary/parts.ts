import { docUrl } from '../../runner/log/doc-link.ts'
import type { Remedy } from '../remedies.ts'
import type { Status } from '../status.ts'

/** What the summaries of results and of failures have in common. Pure. */

/** The most that is left to tables and lists. */
export const MOST_TABLE_BYTES = 600_000

const RED: readonly Status[] = ['failed', 'rolled-back', 'timed-out', 'cancelled']

/** @param text Markdown */
export function title(status: Status, text: string): string {
  return `## ${RED.includes(status) ? '❌' : '✅'} ${text}`
}

export function leftOut(count: number, what: string): string[] {
  return count === 0
    ? []
    : [`There is no room here for ${count} more ${what}: see the log and the output \`services\`.`]
}

/** What to do, in a line of its own. */
export function remedyLine({ advice, doc }: Remedy, about = ''): string {
  const url = docUrl(doc)
  return `**What to do${about}:** ${advice}.${url === undefined ? '' : ` [More](${url})`}`
}
