import { type Change, leaves } from '../plan/change.ts'
import type { PortGiver } from '../plan/port-givers.ts'
import { isGood, type ServiceResult } from '../result.ts'
import { stage } from '../runner/log/log.ts'
import { unwatched } from './roll-out.ts'
import type { RolloutRun } from './run.ts'
import { type AfterFirstStep, afterFirstStep } from './send/interim.ts'
import { deploy } from './send/send.ts'
import { untouched } from './send/sent.ts'
import { type Settled, withResult } from './settled.ts'

/** What came of taking ports from services that go. */
export interface HandedOver extends AfterFirstStep {
  /** Those services. Nobody waits for their new tasks, which are removed when the deploy is up. */
  readonly givers: readonly Settled[]
}

/**
 * Takes from services that go the published ports that others of the deploy get: Swarm gives a port to a service only when
 * no other has it. They are removed last, and until then a way back gives them their ports again.
 */
export async function handOverPorts(
  givers: readonly PortGiver[],
  changes: readonly Change[],
  run: RolloutRun,
): Promise<HandedOver> {
  if (givers.length === 0) return { givers: [], changes }
  return stage('Hand ports over', async () => {
    for (const { request, changes: words } of givers) run.lines.say(request.name, words.join('; '))
    const settled = unwatched(await deploy(givers, run)).map((one) => withResult(one, sayingThatItGoes))
    const all = [...settled.map(({ sent }) => sent), ...changes.map(untouched)]
    const { ended = [] } = afterFirstStep(all, 'taking its ports from', run.signal)
    if (ended.length === 0 && settled.every(({ result }) => isGood(result))) return { givers: settled, changes }
    return { givers: settled, changes: [], ended: ended.filter(({ change }) => !leaves(change)) }
  })
}

/** For a deploy after which it is still there. */
function sayingThatItGoes(result: ServiceResult): ServiceResult {
  if (!isGood(result)) return result
  return { ...result, note: `${(result.changes ?? []).join('; ')}, and is removed when a deploy comes up` }
}
