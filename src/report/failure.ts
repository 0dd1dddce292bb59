import { TimedOut } from '../connect/run-time.ts'
import { tellCallError } from '../docker/engine/engine.ts'
import { Cancelled, CutOff, messageOf, remainsOf, Underway, UserError, UserErrors } from '../errors.ts'
import { DEFAULT_MODE, type ModeName, onlyLooks } from '../inputs/mode.ts'
import { addSummary, keepErrors, setOutput } from '../runner/log/command-files.ts'
import { log } from '../runner/log/log.ts'
import { MOST_ANNOTATIONS } from '../runner/log/workflow-commands.ts'
import { limitMet } from '../runner/processes/start-problem.ts'
import { safeLine } from '../runner/text/safe-text.ts'
import { withinComment } from './comment.ts'
import { placeNamedBy } from './place.ts'
import type { Status } from './status.ts'
import { failureSummary, whatChanged } from './summary/failure.ts'

/**
 * The report of a run that ended without results: one error line for each thing that is wrong, and whether anything may
 * have been changed.
 *
 * @param mode of the run: some only look, and some have an output of their own
 */
export async function reportFailure(error: unknown, mode: ModeName = DEFAULT_MODE): Promise<void> {
  process.exitCode = 1
  const { status, problems: told, isUnknown } = explain(error, onlyLooks(mode))
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
  if (mode === 'plan') {
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

interface Explanation {
  readonly status: Status
  readonly problems: readonly string[]
  /** Nobody knows what had been changed by then. */
  readonly isUnknown: boolean
}

/** @param isLook nothing can have been changed */
function explain(error: unknown, isLook: boolean): Explanation {
  if (error instanceof UserErrors) return { status: 'failed', problems: error.problems, isUnknown: false }
  if (error instanceof TimedOut) return { status: 'timed-out', problems: [error.message], isUnknown: false }
  if (error instanceof CutOff) {
    const problem = isLook ? `${messageOf(error.cause)}. Nothing was changed.` : error.message
    return { status: 'cancelled', problems: [problem], isUnknown: !isLook }
  }
  if (error instanceof UserError) return { status: 'failed', problems: [error.message], isUnknown: false }
  // What the user can mend, and met too late for that nothing had been changed.
  if (error instanceof Underway && error.cause instanceof UserError) {
    return { status: 'failed', problems: [error.message], isUnknown: true }
  }
  const cause = error instanceof Underway ? error.cause : error
  const lost = tellCallError(cause) ?? limitMet(cause)
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
  return { status: 'failed', problems: [problem], isUnknown: !isLook }
}
