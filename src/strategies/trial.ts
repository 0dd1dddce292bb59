import { spoken } from '../docker/duration.ts'
import { messageOf } from '../errors.ts'
import { basePath } from '../inputs/files.ts'
import { ATTEMPT_SECONDS, ATTEMPTS, type Check, PAUSE_SECONDS, type Trial } from '../inputs/strategies/trial.ts'
import type { Environment } from '../runner/environment.ts'
import { environmentForCommands } from '../runner/processes/program-environment.ts'
import { runShell, type ShellResult } from '../runner/processes/shell.ts'
import { nowMs, sleep, timeLimit } from '../runner/time/clock.ts'

/** During the hold the check runs this often. */
const CHECK_EVERY_SECONDS = 10
const LOOK_EVERY_SECONDS = 1
const LEAST_BAD_STATUS = 400

/** The new tasks that go through a trial. */
export interface OnTrial {
  /** Their service, as the swarm has it. */
  readonly service: string
  /** Their image, pinned by digest. */
  readonly image: string | undefined
  /** Logs a line on them. */
  readonly say: (text: string) => void
}

/** What a trial asks, in words that follow "when they have". */
export function trialWords({ holdSeconds, check }: Trial): string {
  const held = holdSeconds === 0 ? 'come up' : `stayed up for ${spoken(holdSeconds)}`
  return check === undefined ? held : `${held} and passed \`${'url' in check ? 'check-url' : 'check-command'}\``
}

/**
 * Puts new tasks to the test: they must stay up for the time of the trial, and its check must pass at the beginning of
 * that time, every 10 s in it, and at its end.
 *
 * @param stillUp why the tasks are no longer up, if they are not; asked again and again
 * @returns why they did not pass; `undefined` when they did
 * @throws when the signal is aborted
 */
export async function trial(
  tasks: OnTrial,
  { holdSeconds, check }: Trial,
  stillUp: () => Promise<string | undefined>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const startedAt = nowMs()
  const elapsed = () => (nowMs() - startedAt) / 1000
  if (holdSeconds > 0) tasks.say(`the new tasks have to stay up for ${holdSeconds} s`)
  if (check === undefined) return upUntil(holdSeconds)

  for (let due: number | undefined = 0; due !== undefined; due = nextCheck(due, elapsed(), holdSeconds)) {
    const failure = (await upUntil(due)) ?? (await runCheck(tasks, check, signal))
    // A task that has ended says more than a check that did not reach it.
    if (failure !== undefined) return (await stillUp()) ?? failure
  }
  return stillUp()

  async function upUntil(seconds: number): Promise<string | undefined> {
    for (;;) {
      const down = await stillUp()
      const left = seconds - elapsed()
      if (down !== undefined || left <= 0) return down
      await sleep(Math.min(left, LOOK_EVERY_SECONDS) * 1000, signal)
    }
  }
}

/**
 * When a check is to run again, in seconds since the hold began; `undefined` when it has run at the end of the hold.
 *
 * @param lastDue when it was to run the last time
 * @param now when that run was over
 */
export function nextCheck(lastDue: number, now: number, holdSeconds: number): number | undefined {
  if (lastDue >= holdSeconds) return undefined
  return Math.min(holdSeconds, (Math.floor(now / CHECK_EVERY_SECONDS) + 1) * CHECK_EVERY_SECONDS)
}

/** How a shell ends when it may not start a command, and when it does not find it (POSIX, Shell Command Language, 2.8.2). */
const NOT_STARTED = [126, 127]

/** What an attempt of a check came to: its cause when it failed, and what it printed. */
interface Attempt {
  readonly failure?: string
  /** The next would fail alike: the shell has not found the command, or may not start it. */
  readonly isHopeless?: boolean
  readonly lines: readonly string[]
}

async function runCheck(tasks: OnTrial, check: Check, signal: AbortSignal): Promise<string | undefined> {
  for (let attempt = 1; ; attempt++) {
    const { failure, lines, isHopeless } = await attemptOf(tasks, check, signal)
    const said = failure === undefined ? 'the check passed' : `the check failed: ${failure}`
    const more = failure !== undefined && !isHopeless && attempt < ATTEMPTS
    tasks.say(`${said}${more ? `, tried again in ${PAUSE_SECONDS} s` : ''}`)
    for (const line of lines) tasks.say(`  ${line}`)
    if (failure === undefined) return undefined
    if (isHopeless) return `the check cannot be run: ${failure}`
    if (attempt === ATTEMPTS) return `the check failed ${ATTEMPTS} times in a row: ${failure}`
    await sleep(PAUSE_SECONDS * 1000, signal)
  }
}

async function attemptOf(tasks: OnTrial, check: Check, signal: AbortSignal): Promise<Attempt> {
  if ('url' in check) return { ...(await askUrl(check.url, signal)), lines: [] }
  const env = environmentOf(tasks, process.env)
  const options = { env, cwd: basePath(process.env), timeoutSeconds: ATTEMPT_SECONDS, signal }
  try {
    const result = await runShell(check.command, options)
    const failure = commandFailure(result)
    const isHopeless = result.code !== undefined && NOT_STARTED.includes(result.code)
    return { ...(failure === undefined ? {} : { failure, isHopeless }), lines: result.lines }
  } catch (error) {
    signal.throwIfAborted()
    return { failure: `check-command could not be started by sh: ${messageOf(error)}`, lines: [] }
  }
}

/** What the user's command gets: the step's own environment, and what is on trial. */
function environmentOf({ service, image }: OnTrial, env: Environment): Record<string, string> {
  return { ...environmentForCommands(env), SWARM_DEPLOY_SERVICE: service, SWARM_DEPLOY_IMAGE: image ?? '' }
}

/** Why a command did not pass, with the last line that it printed. */
export function commandFailure({ code, lines }: ShellResult): string | undefined {
  if (code === 0) return undefined
  const ended = code === undefined ? `had not ended after ${ATTEMPT_SECONDS} s` : `ended with exit code ${code}`
  const last = lines.at(-1)
  return `check-command ${ended}${last === undefined ? '' : `: ${last.trim()}`}`
}

async function askUrl(url: string, signal: AbortSignal): Promise<{ readonly failure?: string }> {
  const patience = AbortSignal.any([signal, timeLimit(ATTEMPT_SECONDS * 1000)])
  try {
    const response = await fetch(url, { signal: patience })
    await response.body?.cancel()
    return response.status < LEAST_BAD_STATUS ? {} : { failure: `check-url answered with status ${response.status}` }
  } catch (error) {
    signal.throwIfAborted()
    return { failure: `check-url ${networkFailure(error)}` }
  }
}

const NETWORK_FAILURES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'could not be reached: connection refused',
  ECONNRESET: 'broke the connection off',
  EAI_AGAIN: 'could not be reached: its host name could not be looked up',
  ENOTFOUND: 'could not be reached: there is no host of this name',
  UND_ERR_SOCKET: 'broke the connection off',
}

/** https://fetch.spec.whatwg.org/#port-blocking */
const BLOCKED_PORT = 'has a port that browsers do not ask, and neither does this action: use check-command with curl'

/** What `fetch` threw, in words that follow `check-url`. */
export function networkFailure(error: unknown): string {
  if ((error as Error).name === 'TimeoutError') return `did not answer within ${ATTEMPT_SECONDS} s`
  const cause = (error as Error).cause ?? error
  const code = (cause as NodeJS.ErrnoException).code ?? ''
  const message = messageOf(cause)
  if (message === 'bad port') return BLOCKED_PORT
  return NETWORK_FAILURES[code] ?? `could not be reached: ${message || code}`
}
