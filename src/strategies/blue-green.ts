import { spoken } from '../docker/duration.ts'
import { replacesNothing } from '../docker/specs/spec-comparison.ts'
import { messageOf } from '../errors.ts'
import type { ServiceRequest } from '../inputs/deployment.ts'
import type { BlueGreenSettings } from '../inputs/strategies/blue-green.ts'
import { colourRefusal, hidden, routed, routingOf, type SecondService, sharedByColours } from '../plan/colours.ts'
import type { Asked, Decision } from '../plan/strategy.ts'
import { isGood } from '../result.ts'
import type { RolloutRun } from '../rollout/run.ts'
import { DRAIN_SECONDS, removeLeftovers } from '../rollout/send/second-service.ts'
import type { Settled } from '../rollout/settled.ts'
import { log, openStage } from '../runner/log/log.ts'
import { timeLimit } from '../runner/time/clock.ts'
import { leftWithoutTraffic, moveTraffic, stoppedBeforeTheMove } from './move-traffic.ts'
import type { Strategy } from './strategy.ts'
import { trialWords } from './trial.ts'

const STRATEGY_NAME = 'blue-green'
const TIDY_TIMEOUT_MS = 120_000
/** A second service beside the first, to which the traffic moves when it has proved itself. */
export const blueGreen: Strategy<typeof STRATEGY_NAME> = {
  name: STRATEGY_NAME,
  updatesInPlace: false,
  hasSecondService: true,
  hasDowntime: false,
  decide,
  keepsLeftovers,
  last,
  tidy: removeOldOnes,
}

/** The service that is made beside the live one. */
function decide({ planned: { request, current, colours, interim }, wanted }: Asked): Decision {
  if (colours === undefined) throw new Error('a service was planned without the names of the two that it is')
  if (current !== undefined && replacesNothing(current.Spec, wanted)) return {}
  if (interim !== undefined) {
    return { refusal: 'an earlier deploy of it was killed half-way: deploy it once with `strategy: rolling`' }
  }
  const { name, strategy } = request
  const routing = routingOf(strategy.settings as BlueGreenSettings, name, wanted)
  const refusal = colourRefusal(name, colours.next, wanted, routing)
  if (refusal !== undefined) return { refusal }
  const shared = current === undefined ? [] : sharedByColours(wanted)
  const spec = routed(wanted, name, colours, routing)
  const service: SecondService = {
    name: colours.next,
    generation: colours.generation,
    live: current,
    routing,
    routed: spec,
  }
  return {
    course: courseOf(strategy.settings as BlueGreenSettings, service),
    second: { wanted: current === undefined ? spec : hidden(spec, routing), service },
    ...(shared.length > 0 && { notices: [`for a while both of its services have ${shared.join(' and ')}`] }),
  }
}

function courseOf({ trial, keepOld }: BlueGreenSettings, { name, live, routing }: SecondService): string {
  if (live === undefined) return `${name} is made, and has the traffic`
  const old = live.Spec.Name
  const kept = keepOld ?? (routing.labels.length > 0 ? DRAIN_SECONDS : 0)
  const end =
    kept === 'until-next'
      ? `${old} stays without it until the next deploy`
      : `${old} is removed${kept === 0 ? '' : ` ${spoken(kept)} later`}`
  return `${name} is made beside ${old}; it gets the traffic when all services are up and its tasks have ${trialWords(trial)}, and ${end}`
}

/** When all services are up the second ones get the traffic. */
async function last(settled: readonly Settled[], run: RolloutRun): Promise<readonly Settled[]> {
  const takesOver = ({ sent: { change } }: Settled) => change.action === 'switch' && change.second.live !== undefined
  if (!settled.some(takesOver)) return settled
  if (run.signal.aborted) return settled.map((one) => stoppedBeforeTheMove(one, run))
  const { onFailure } = run.deployment
  if (onFailure === 'rollback-failed') return moveEach(settled, takesOver, run)
  if (settled.every(({ result }) => isGood(result)))
    return openStage('Move the traffic', () => moveTraffic(settled, run))
  return onFailure === 'rollback' ? settled : settled.map(leftWithoutTraffic)
}

/** Each for itself: those that are up get their traffic, whatever becomes of the others. */
async function moveEach(
  settled: readonly Settled[],
  takesOver: (one: Settled) => boolean,
  run: RolloutRun,
): Promise<readonly Settled[]> {
  const isMoving = (one: Settled) => takesOver(one) && isGood(one.result)
  if (!settled.some(isMoving)) return settled
  const alone: RolloutRun = { ...run, deployment: { ...run.deployment, onFailure: 'rollback' } }
  return openStage('Move the traffic', async () =>
    (await Promise.all(settled.map((one) => (isMoving(one) ? moveTraffic([one], alone) : [one])))).flat(),
  )
}

function keepsLeftovers({ strategy }: ServiceRequest): boolean {
  return strategy.kind === STRATEGY_NAME && (strategy.settings as BlueGreenSettings).keepOld === 'until-next'
}

/**
 * Removes what earlier blue-green deploys have left of services that this run has deployed in another way, or that were
 * as asked: they have what the next deploy was to remove, and a deploy that was killed may have left them traffic.
 */
async function removeOldOnes(settled: readonly Settled[], run: RolloutRun): Promise<void> {
  const patience = AbortSignal.any([run.signal, timeLimit(TIDY_TIMEOUT_MS)])
  await Promise.all(
    settled.map(async ({ sent: { change }, result }) => {
      if (!isGood(result) || change.action === 'switch') return
      const { name } = change.request
      const keep = keepsLeftovers(change.request)
      try {
        const problem = await removeLeftovers(change, run, patience, keep)
        if (problem !== undefined) log.warning(`${name}: ${problem.cause}`)
      } catch (error) {
        log.warning(`${name}: what an earlier blue-green deploy has left may be there still: ${messageOf(error)}`)
      }
    }),
  )
}
