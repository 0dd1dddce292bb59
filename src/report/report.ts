import type { RecordNote } from '../records/write.ts'
import { type FailedTask, isGood, type ServiceResult, type Stretch, type Timeline } from '../result.ts'
import { addSummary, setOutput } from '../runner/log/command-files.ts'
import { folded, reportLog } from '../runner/log/log.ts'
import { isInRunner } from '../runner/log/workflow-commands.ts'
import { safeLine } from '../runner/text/safe-text.ts'
import { annotationsOf } from './annotations.ts'
import { culpritLines } from './culprit-lines.ts'
import { headline, type RunWords } from './headline.ts'
import { servicesOutput } from './output.ts'
import { placeInRepository } from './place.ts'
import { recordedWords } from './record-words.ts'
import { statusOf, verdictLine } from './status.ts'
import { resultSummary } from './summary/summary.ts'

/**
 * Annotations, outputs and the job summary of a deployment that was carried out. Anything but success is red: by the
 * exit code, whatever becomes of the files of the report.
 */
export async function reportResults(
  results: readonly ServiceResult[],
  deployment: RunWords,
  records: readonly RecordNote[] = [],
): Promise<void> {
  if (!results.every(isGood)) process.exitCode = 1
  const status = statusOf(results, deployment.wait)
  const shown = results.map(fitToShow)
  const { shown: annotations } = annotationsOf(shown)
  if (annotations.length > 0 && isInRunner(process.env)) {
    // The page of the run shows them; in the log they would be a second time, and some runners show them as they are.
    await folded('For the page of the run', () => {
      for (const { level, title, message, place } of annotations) {
        reportLog[level](message, title, place && placeInRepository(place, process.env))
      }
    })
  }
  for (const { name, note } of shown.filter(isGood)) if (note !== undefined) reportLog.warning(`${name}: ${note}`)
  for (const line of culpritLines(shown)) reportLog.info(line, line.startsWith('✗') ? 'bad' : undefined)
  const isRed = !shown.every(isGood)
  if (isRed) reportLog.info(headline(shown, deployment), 'bad')
  const recorded = recordedWords(records)
  if (recorded !== undefined) reportLog.info(recorded)
  reportLog.info(verdictLine(status, shown), isRed ? 'bad' : 'good')
  const { json, leftOut } = servicesOutput(shown)
  if (leftOut > 0) reportLog.warning(`The output services has no room for ${leftOut} services that came up as asked`)
  setOutput('status', status)
  setOutput('services', json)
  addSummary(resultSummary(status, shown, deployment, recorded))
}

/** Our own words, and names and images as the user wrote them, stay; all else may hold anything. */
function fitToShow(result: ServiceResult): ServiceResult {
  const { cause, reason, note, failedTask, timeline } = result
  return {
    ...result,
    ...(cause === undefined ? {} : { cause: safeLine(cause) }),
    ...(reason === undefined ? {} : { reason: safeLine(reason) }),
    ...(note === undefined ? {} : { note: safeLine(note) }),
    ...(failedTask === undefined ? {} : { failedTask: taskFitToShow(failedTask) }),
    ...(timeline === undefined ? {} : { timeline: timelineFitToShow(timeline) }),
  }
}

function timelineFitToShow({ out, back }: Timeline): Timeline {
  const safe = (stretch: Stretch): Stretch => ({
    ...stretch,
    tasks: stretch.tasks.map((task) => ({ ...task, node: task.node && safeLine(task.node, MOST_NODE_CHARACTERS) })),
  })
  return { out: safe(out), ...(back && { back: safe(back) }) }
}

function taskFitToShow({ node, ending, logs, ...rest }: FailedTask): FailedTask {
  return {
    ...rest,
    node: node && safeLine(node, MOST_NODE_CHARACTERS),
    ending: safeLine(ending),
    logs: logs.map((line) => safeLine(line)),
  }
}

const MOST_NODE_CHARACTERS = 200
