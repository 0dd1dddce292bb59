import { linesJoined, safeLine } from '../../runner/text/safe-text.ts'
import type { Healthcheck } from '../api.ts'
import { spoken } from '../duration.ts'
import { rounded } from '../engine/go-json.ts'

/** What a health check asks for, and what it has said. Pure. */

/** A container's own word on its health check: `State.Health` of `GET /containers/{id}/json`. */
export interface Health {
  readonly FailingStreak?: number
  /** The last five runs, the newest last. */
  readonly Log?: readonly { readonly ExitCode: number; readonly Output?: string; readonly End?: string }[]
}

/** Docker's own defaults of `--health-interval` and `--health-retries`. */
const DEFAULT_INTERVAL_SECONDS = 30
const DEFAULT_RETRIES = 3
const NANOSECONDS = 1e9
/** As much of the output as a line has room for. */
const LONGEST_OUTPUT = 200

/**
 * The check that a container has: what the service leaves open is the image's (moby, daemon/commit.go). `undefined`
 * when there is none, or it is switched off.
 */
export function effectiveCheck(
  service: Healthcheck | undefined,
  image: Healthcheck | undefined,
): Healthcheck | undefined {
  const own = rounded(service)
  const test = own?.Test?.length ? own.Test : image?.Test
  if (test === undefined || test.length === 0 || test[0] === 'NONE') return undefined
  return {
    Test: test,
    Interval: own?.Interval || image?.Interval || 0,
    StartPeriod: own?.StartPeriod || image?.StartPeriod || 0,
    StartInterval: own?.StartInterval || image?.StartInterval || 0,
    Retries: own?.Retries || image?.Retries || 0,
  }
}

/** What a task waits for that is starting: a sentence without its end. */
export function notYetHealthy(check: Healthcheck, health: Health | undefined): string {
  const start = check.StartPeriod ? `, its start period ${spoken(check.StartPeriod / NANOSECONDS)}` : ''
  const terms = `its interval is ${spoken(intervalSeconds(check))}${start}`
  const last = lastFailure(health)
  return `its health check has not passed yet${last === undefined ? '' : `, and ended with ${last}`}; ${terms}`
}

/**
 * How the newest run of a check ended that failed: `exit code 1: connection refused`; `undefined` when it is not known.
 *
 * @param finishedAt when its container ended, if it has
 */
export function lastFailure(health: Health | undefined, finishedAt?: string): string | undefined {
  const last = health?.Log?.at(isKilledAtEnd(health, finishedAt) ? -2 : -1)
  if (last === undefined || last.ExitCode === 0) return undefined
  const output = linesJoined(last.Output ?? '').replace(/\s+/g, ' ')
  const shown = safeLine(output, LONGEST_OUTPUT)
  return `exit code ${last.ExitCode}${shown === '' ? '' : `: ${shown}`}`
}

/**
 * Whether the health check of a container that has ended had failed as often as docker takes it for unhealthy. Its status says
 * nothing: docker calls each one with a check unhealthy as soon as it ends (moby, container/health.go).
 *
 * @param finishedAt when it ended
 */
export function hasFailed(
  check: Healthcheck | undefined,
  health: Health | undefined,
  finishedAt: string | undefined,
): boolean {
  const failures = (health?.FailingStreak ?? 0) - (isKilledAtEnd(health, finishedAt) ? 1 : 0)
  return failures >= (check?.Retries || DEFAULT_RETRIES)
}

/**
 * Whether the newest run of a check was killed because its container ended meanwhile, which docker counts as a failure too.
 * That is known within 6 ms; after a failure of its own it takes Swarm 9 ms at the very least until a container has ended
 * (seen with 20.10), and hardly a check has this exit code otherwise.
 */
function isKilledAtEnd(health: Health | undefined, finishedAt = ''): boolean {
  const last = health?.Log?.at(-1)
  if (last?.ExitCode !== KILLED) return false
  const ended = Date.parse(finishedAt)
  // Of a container that runs docker says the year 1.
  return ended > 0 && ended - Date.parse(last.End ?? '') < KILLED_WITHIN_MS
}

const KILLED = 137
const KILLED_WITHIN_MS = 10

/** The health check of a task that ended, whose container cannot be looked at. */
export interface UnseenCheck {
  readonly check: Healthcheck
  /** Otherwise the task may have none at all: its image can only be looked at where it is. */
  readonly isKnown: boolean
}

/** Since when a task is up. */
export interface UpSince {
  /** When it began to start, in milliseconds by the clock of its node: with a health check it does until that passes. */
  readonly startingAt?: number
  /** For how long it has been seen to, in seconds. */
  readonly startingSeconds?: number
  /** When it began to run, by the clock of its node. */
  readonly runningAt?: number
}

/**
 * What the tasks of a service are to do in the end. The work of a job may take as long as it likes: one whose check has
 * passed is believed. Of what is never to end nothing hangs on it but the words of a failure.
 */
export type MeantToEnd = 'as a job' | 'for good' | 'never'

/**
 * Whether the health check of a task can have failed so often that Swarm stopped it.
 *
 * A check first runs after its interval, or, in newer daemons, at the end of its start period, within which no failure
 * counts; the others follow an interval apart (moby, daemon/health.go). A task that ends before its check has passed is
 * told as running for a moment, and one without a check as soon as its container runs (moby,
 * daemon/cluster/executor/container/controller.go).
 *
 * @param endedAt in milliseconds by the clock of its node
 */
export function mayHaveFailed(unseen: UnseenCheck, up: UpSince, endedAt: number, ends: MeantToEnd): boolean {
  const { check, isKnown } = unseen
  const { startingAt = endedAt, startingSeconds = 0, runningAt = endedAt } = up
  const interval = intervalSeconds(check)
  const retries = check.Retries || DEFAULT_RETRIES
  const running = (endedAt - runningAt) / 1000
  if (running >= PASSING_SECONDS) return isKnown && ends !== 'as a job' && running >= retries * interval
  const start = (check.StartPeriod ?? 0) / NANOSECONDS
  const least = start > 0 ? start + (retries - 1) * interval : retries * interval
  const soonest = isKnown || ends !== 'never' ? least : LONG_START_SECONDS
  const starting = (endedAt - startingAt) / 1000
  return starting >= soonest && (isKnown || startingSeconds >= soonest * SEEN_SHARE)
}

/** Looks are apart: of a time in one state they see so much at least. */
const SEEN_SHARE = 0.8

/** What takes so long to start is waiting for a check, whatever its times are: without one it runs at once. */
const LONG_START_SECONDS = 3

/** What runs for longer than this has not just ended. */
const PASSING_SECONDS = 2

/** How often it runs. */
export function intervalSeconds({ Interval: interval }: Healthcheck): number {
  return interval ? interval / NANOSECONDS : DEFAULT_INTERVAL_SECONDS
}
