import { GIVE_UP_AFTER_STOP_MS } from './connect/run-time.ts'
import { modeAsked } from './inputs/read.ts'
import { MODES } from './modes/table.ts'
import { reportFailure } from './report/failure.ts'
import { beforeTheKill, stopOnSignals } from './runner/processes/stop.ts'

/**
 * The step: reads what it is asked for, does it, and reports. Whatever goes wrong becomes the report of a failure.
 *
 * @returns what was reported as a failure, where something was thrown
 */
export async function main(): Promise<unknown> {
  using stop = stopOnSignals()
  const mode = modeAsked(process.env)
  try {
    const run = MODES[mode].run(process.env, stop.signal)
    const report = await beforeTheKill(run, stop.signal, GIVE_UP_AFTER_STOP_MS)
    await report()
    return undefined
  } catch (error) {
    await reportFailure(error, mode)
    return error
  }
}
