import { safeLine } from '../../runner/safe-text.ts'
import type { Healthcheck } from '../api.ts'
import { spoken } from '../duration.ts'

/** What a health check asks for, and what it has said. Pure. */

/** A container's own word on its health check: `State.Health` of `GET /containers/{id}/json`. */
export interface Health {
  readonly FailingStreak?: number
  /** The last five runs, the newest last. */
  readonly Log?: readonly { readonly ExitCode: number; readonly Output?: string }[]
}

/** Docker's own default of `--health-interval`. */
const DEFAULT_INTERVAL_SECONDS = 30
const NANOSECONDS = 1e9
/** As much of the output as a line has room for. */
const LONGEST_OUTPUT = 200

/**
 * The check that a container has: what the service leaves open is the image's (moby, daemon/commit.go). `undefined`
 * when there is none, or it is switched off.
 */
export function effectiveCheck(own: Healthcheck | undefined, image: Healthcheck | undefined): Healthcheck | undefined {
  const test = own?.Test?.length ? own.Test : image?.Test
  if (test === undefined || test.length === 0 || test[0] === 'NONE') return undefined
  return {
    Test: test,
    Interval: own?.Interval || image?.Interval || 0,
    StartPeriod: own?.StartPeriod || image?.StartPeriod || 0,
    StartInterval: own?.StartInterval || image?.StartInterval || 0,
  }
}

/** What a task waits for that is starting: a sentence without its end. */
export function notYetHealthy(check: Healthcheck, health: Health | undefined): string {
  const start = check.StartPeriod ? `, its start period ${spoken(check.StartPeriod / NANOSECONDS)}` : ''
  const terms = `its interval is ${spoken(intervalSeconds(check))}${start}`
  const last = lastFailure(health)
  return `its health check has not passed yet${last === undefined ? '' : `, and ended with ${last}`}; ${terms}`
}

/** How the newest run of a check ended that failed: `exit code 1: connection refused`; `undefined` when it is not known. */
export function lastFailure(health: Health | undefined): string | undefined {
  const last = health?.Log?.at(-1)
  if (last === undefined || last.ExitCode === 0) return undefined
  const output = (last.Output ?? '').trim().replace(/\s+/g, ' ')
  const shown = safeLine(output, LONGEST_OUTPUT)
  return `exit code ${last.ExitCode}${shown === '' ? '' : `: ${shown}`}`
}

/** How often it runs. */
export function intervalSeconds({ Interval: interval }: Healthcheck): number {
  return interval ? interval / NANOSECONDS : DEFAULT_INTERVAL_SECONDS
}
