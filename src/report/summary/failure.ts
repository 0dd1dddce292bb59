import { someOf } from '../../runner/text/some-of.ts'
import { fitting } from '../fitting.ts'
import { prose } from '../markdown.ts'
import { remedyBefore } from '../remedies.ts'
import { MOST_HEADLINE_CHARACTERS, shortHeadline } from '../short-headline.ts'
import type { Status } from '../status.ts'
import { leftOut, MOST_TABLE_BYTES, remedyLine, title } from './parts.ts'

/** The job summary of a run that ended before its services had results. */
export function failureSummary(
  status: Status,
  problems: readonly string[],
  isUnknown: boolean,
  remains: readonly string[] = [],
): string {
  const lines = problems.map(firstLine)
  const [only = ''] = lines
  const isOne = lines.length === 1
  // One that is shown whole is not told twice.
  const all = isOne && only.length <= MOST_HEADLINE_CHARACTERS ? [] : lines.map((line) => `- ${prose(line)}`)
  const items = fitting(all, MOST_TABLE_BYTES, Buffer.byteLength)
  const remedies = new Set(lines.flatMap((line) => remedyBefore(line) ?? []))
  return [
    title(
      status,
      prose(
        isOne
          ? shortHeadline(only)
          : `${lines.length} things are wrong${isUnknown || remains.length > 0 ? '' : ', so nothing was done'}`,
      ),
    ),
    `Swarm Deploy: **${status}**. ${prose(whatChanged(isUnknown, remains))}`,
    ...(items.length === 0 ? [] : [items.join('\n')]),
    ...leftOut(all.length - items.length, 'problems'),
    ...[...remedies].map((remedy) => remedyLine(remedy)),
  ].join('\n\n')
}

/**
 * What a run that ended before its services had results has done to the swarm.
 *
 * @param remains what it leaves all the same, a phrase for each
 */
export function whatChanged(isUnknown: boolean, remains: readonly string[] = []): string {
  if (isUnknown) return 'Whether anything was changed on the swarm is not known.'
  return remains.length === 0 ? 'Nothing was changed on the swarm.' : `No service was changed, but ${someOf(remains)}.`
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
