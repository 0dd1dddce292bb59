import { TimedOut } from '../connect/run-time.ts'
import { tellCallError } from '../docker/engine/engine.ts'
import { Cancelled, CutOff, messageOf, remainsOf, Underway, UserError, UserErrors } from '../errors.ts'
import { DEFAULT_MODE, type ModeName } from '../inputs/mode.ts'
import type { RecordNote } from '../records/write.ts'
import { type FailedTask, isGood, type ServiceResult, type Stretch, type Timeline } from '../result.ts'
import { addSummary, keepErrors, setOutput } from '../runner/command-files.ts'
import { folded, log, reportLog } from '../runner/log.ts'
import { safeLine } from '../runner/safe-text.ts'
import { isInRunner } from '../runner/workflow-commands.ts'
import { annotationsOf, MOST_ANNOTATIONS } from './annotations.ts'
import { culpritLines } from './culprit-lines.ts'
import { headline, type RunWords } from './headline.ts'
import { servicesOutput } from './output.ts'
import { placeInRepository, placeNamedBy } from './place.ts'
import { withinComment } from './plan-markdown.ts'
import { recordedWords } from './record-words.ts'
import { type Status, statusOf, verdictLine } from './status.ts'
import { failureSummary, resultSummary, whatChanged } from './summary/summary.ts'

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

/**
 * The report of a run that ended without results: one error line for each thing that is wrong, and whether anything may
 * have been changed.
 *
 * @param mode of the run: some change nothing, whatever goes wrong
 */
export async function reportFailure(error: unknown, mode: ModeName = DEFAULT_MODE): Promise<void> {
  process.exitCode = 1
  const isPlan = mode === 'plan'
  const { status, problems: told, isUnknown } = explain(error, isPlan || mode === 'status' || mode === 'history')
  const remains = remainsOf(error)
  const problems = remains.length === 0 ? told : told.map(asOfServices)
  for (const problem of problems.slice(0, MOST_ANNOTATIONS)) {
    log.error(problem, undefined, placeNamedBy(problem, process.env))
  }
  const others = problems.slice(MOST_ANNOTATIONS)
  if (others.length > 0) log.info(`And ${others.length} more:`)
  for (const problem of others) log.info(`- ${problem}`)
  log.info(`${status}: ${whatChanged(isUnknown, remains)}`, 'bad')
  setOutput('status', status)
  setOutput('services', '[]')
  const shown = problems.map(problemFitToShow)
  keepErrors(shown)
  const summary = failureSummary(status, shown, isUnknown, remains)
  if (isPlan) {
    setOutput('plan', withinComment(summary))
    setOutput('changes', '[]')
  }
  if (mode === 'history') setOutput('history', '[]')
  addSummary(summary)
}

/** What ended the run does not know what stays of it. */
function asOfServices(problem: string): string {
  return problem.replace(/Nothing was changed(\.?)$/, 'No service was changed$1')
}

/** Of one line of a problem: the summary has room for many of them. */
const MOST_PROBLEM_CHARACTERS = 8000

function problemFitToShow(problem: string): string {
  const lines = problem.split('\n')
  return lines.map((line) => safeLine(line, MOST_PROBLEM_CHARACTERS)).join('\n')
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

function taskFitToShow({ id, node, ending, exitCode, logs }: FailedTask): FailedTask {
  return {
    id,
    node: node && safeLine(node, MOST_NODE_CHARACTERS),
    ending: safeLine(ending),
    exitCode,
    logs: logs.map((line) => safeLine(line)),
  }
}

const MOST_NODE_CHARACTERS = 200

interface Explanation {
  readonly status: Status
  readonly problems: readonly string[]
  /** Nobody knows what had been changed by then. */
  readonly isUnknown: boolean
}

/** @param onlyLooks nothing can have been changed */
function explain(error: unknown, onlyLooks: boolean): Explanation {
  if (error instanceof UserErrors) return { status: 'failed', problems: error.problems, isUnknown: false }
  if (error instanceof TimedOut) return { status: 'timed-out', problems: [error.message], isUnknown: false }
  if (error instanceof CutOff) {
    const problem = onlyLooks ? `${messageOf(error.cause)}. Nothing was changed.` : error.message
    return { status: 'cancelled', problems: [problem], isUnknown: !onlyLooks }
  }
  if (error instanceof UserError) return { status: 'failed', problems: [error.message], isUnknown: false }
  // What the user can mend, and met too late for that nothing had been changed.
  if (error instanceof Underway && error.cause instanceof UserError) {
    return { status: 'failed', problems: [error.message], isUnknown: true }
  }
  const lost = tellCallError(error instanceof Underway ? error.cause : error)
  if (lost !== undefined) {
    const isUnknown = error instanceof Underway
    const changed = isUnknown ? 'What was changed by then is not known.' : 'Nothing was changed.'
    return { status: 'failed', problems: [`${lost}. ${changed}`], isUnknown }
  }
  const reason = error instanceof Error && error.name === 'AbortError' ? error.cause : error
  if (reason instanceof Cancelled) {
    return { status: 'cancelled', problems: [`${reason.message}. Nothing was changed.`], isUnknown: false }
  }
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const problem = `A bug of this action, not of your workflow. Please report it: ${details}`
  return { status: 'failed', problems: [problem], isUnknown: !onlyLooks }
}
