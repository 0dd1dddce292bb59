import { setOutput, summary } from '@actions/core'
import type { Deployment, FailedTask, ServiceResult } from './deployment.ts'
import { Cancelled, CutOff, UserError, UserErrors } from './errors.ts'
import { TimedOut } from './run-time.ts'
import { log } from './runner/log.ts'
import { redact } from './runner/secret.ts'
import { annotation, failureSummary, isGood, resultSummary, type Status, statusOf, verdictLine } from './verdict.ts'

/** Outputs, annotations and the job summary of a deployment that was carried out. Anything but success is red. */
export async function reportResults(results: readonly ServiceResult[], deployment: Deployment): Promise<void> {
  const status = statusOf(results, deployment.wait)
  setOutputs(status, results)
  const bad = results.filter((result) => !isGood(result))
  for (const result of bad.filter(({ outcome }) => outcome !== 'skipped'))
    log.error(annotation(result), `${result.name}: ${result.outcome}`)
  await writeSummary(resultSummary(status, results))
  log.info(verdictLine(status, results))
  if (bad.length > 0) process.exitCode = 1
}

/** The report of a run that ended before anything was changed: one error line for each thing that is wrong. */
export async function reportFailure(error: unknown): Promise<void> {
  process.exitCode = 1
  const { status, problems, isBug } = explain(error)
  setOutputs(status, [])
  for (const problem of problems) log.error(problem)
  await writeSummary(failureSummary(status, problems, isBug))
}

interface Explanation {
  readonly status: Status
  readonly problems: readonly string[]
  /** What was thrown where nothing should be: nobody knows what had been changed by then. */
  readonly isBug: boolean
}

function explain(error: unknown): Explanation {
  if (error instanceof UserErrors) return { status: 'failed', problems: error.problems, isBug: false }
  if (error instanceof TimedOut) return { status: 'timed-out', problems: [error.message], isBug: false }
  if (error instanceof CutOff) return { status: 'cancelled', problems: [error.message], isBug: true }
  if (error instanceof UserError) return { status: 'failed', problems: [error.message], isBug: false }
  const reason = error instanceof Error && error.name === 'AbortError' ? error.cause : error
  if (reason instanceof Cancelled) {
    return { status: 'cancelled', problems: [`${reason.message}. Nothing was changed.`], isBug: false }
  }
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const problem = `A bug of this action, not of your workflow. Please report it: ${details}`
  return { status: 'failed', problems: [problem], isBug: true }
}

function setOutputs(status: Status, results: readonly ServiceResult[]): void {
  setOutput('status', status)
  setOutput('services', redact(JSON.stringify(results.map(forOutput))))
}

/** Keys in the order and form that the README documents; what a failed task printed stays in log and summary. */
function forOutput(result: ServiceResult) {
  const { name, action, outcome, image, config, nodes, tasks, seconds, live, cause, failedTask } = result
  return {
    name,
    action,
    outcome,
    image: { before: image.before ?? null, after: image.after ?? null },
    config: config ?? null,
    nodes,
    tasks,
    seconds,
    live: live ?? name,
    cause: cause ?? null,
    failedTask: failedTask === undefined ? null : taskForOutput(failedTask),
  }
}

function taskForOutput({ id, node, exitCode, ending }: FailedTask) {
  return { id, node: node ?? null, exitCode: exitCode ?? null, ending }
}

/** Outside of a runner there is no summary to write. */
async function writeSummary(markdown: string): Promise<void> {
  if (!process.env.GITHUB_STEP_SUMMARY) return
  await summary.addRaw(redact(markdown), true).write()
}
