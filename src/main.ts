import { GIVE_UP_AFTER_STOP_MS } from './connect/run-time.ts'
import { isPlanAsked, readInputs } from './inputs/read.ts'
import { MODES } from './modes/table.ts'
import { reportFailure } from './report/report.ts'
import { beforeTheKill, stopOnSignals } from './runner/stop.ts'
import { STRATEGIES } from './strategies/table.ts'

/** The step: reads what it is asked for, does it, and reports. Whatever goes wrong becomes the report of a failure. */
export async function main(): Promise<void> {
  using stop = stopOnSignals()
  try {
    const deployment = readInputs(process.env, STRATEGIES)
    const run = MODES[deployment.mode]
    const report = await beforeTheKill(run(deployment, stop.signal), stop.signal, GIVE_UP_AFTER_STOP_MS)
    await report()
  } catch (error) {
    await reportFailure(error, isPlanAsked(process.env))
  }
}
