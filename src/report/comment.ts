import { fitting } from './fitting.ts'

/** GitHub takes 65,536 characters for a comment; some are for whoever posts it. */
export const MOST_COMMENT_BYTES = 64_000

/** A report of a run that has no plan, as much of it as a comment may have. */
export function withinComment(markdown: string): string {
  const lines = markdown.split('\n')
  const shown = fitting(lines, MOST_COMMENT_BYTES, Buffer.byteLength)
  return shown.length === lines.length
    ? markdown
    : [...shown, '', 'There is no room here for the rest: see the log.'].join('\n')
}
