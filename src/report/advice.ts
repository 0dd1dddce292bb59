import type { LocalImage, ServiceSpec } from '../docker/api.ts'
import type { Engine } from '../docker/engine/engine.ts'
import type { Change } from '../plan/change.ts'
import { planOf, type StrategyPlans } from '../plan/strategy.ts'
import { isGood, type ServiceResult } from '../result.ts'
import type { RolloutRun } from '../rollout/run.ts'
import type { Settled } from '../rollout/settled.ts'
import { log } from '../runner/log/log.ts'
import { inParallel } from '../runner/parallel.ts'
import { timeLimit } from '../runner/time/clock.ts'
import { type Linted, lint } from './lint.ts'

/** Nobody waits longer for advice. */
const LOOK_TIMEOUT_MS = 2000

/**
 * What may hurt later in the services that the run has changed, as they stand at its end: what went back has its old
 * spec, on which nobody asked for advice.
 */
export function adviceOn(ended: readonly Settled[], run: AdviceRun, strategies: StrategyPlans): Promise<string[]> {
  const standing = ended.flatMap(({ sent: { change, service }, result }) =>
    change.action === 'unchanged' || service === undefined || !stands(result) ? [] : [{ change, spec: service.Spec }],
  )
  return adviceOnChanges(standing, run, strategies)
}

type AdviceRun = Pick<RolloutRun, 'connection' | 'deployment' | 'observed'>

/** A change, and the spec that the service has by it, or would have. */
interface Changed {
  readonly change: Pick<Change, 'request' | 'access'>
  readonly spec: ServiceSpec
}

/** What may hurt later in services that are changed, one line each. */
export async function adviceOnChanges(
  changed: readonly Changed[],
  { connection: { engine }, deployment, observed: { nodes } }: AdviceRun,
  strategies: StrategyPlans,
): Promise<string[]> {
  const imageHasCheck = imageChecks(engine)
  const linted = await inParallel(changed, deployment.maxParallel, async ({ change, spec }): Promise<Linted> => {
    const { request, access } = change
    const { updatesInPlace, hasDowntime } = planOf(request, strategies)
    return {
      name: request.name,
      image: request.image,
      updatesInPlace,
      hasDowntime,
      spec,
      credential: access?.credential,
      imageHasCheck: await imageHasCheck(spec),
    }
  })
  return lint(linted, { ...deployment, nodes })
}

/** Notices that come last, and never make a run fail. */
export function giveAdvice(lines: readonly string[]): void {
  for (const line of lines) log.notice(line, 'Advice')
}

/** Whether the service has what the run has sent. */
function stands(result: ServiceResult): boolean {
  const { outcome, wayBack } = result
  return isGood(result) || (wayBack === undefined && (outcome === 'failed' || outcome === 'timed-out'))
}

/** No registry tells it, but the manager does for an image that its own node has. */
function imageChecks(engine: Engine) {
  const signal = timeLimit(LOOK_TIMEOUT_MS)
  const known = new Map<string, Promise<boolean | undefined>>()
  return async ({ TaskTemplate: { ContainerSpec: container } }: ServiceSpec): Promise<boolean | undefined> => {
    if (container === undefined || container.Healthcheck?.Test?.length) return undefined
    const { Image: image } = container
    const answer = known.get(image) ?? ask(image)
    known.set(image, answer)
    return answer
  }

  async function ask(image: string): Promise<boolean | undefined> {
    try {
      const { Config: config } = await engine.get<LocalImage>(`/images/${image}/json`, { signal })
      return (config?.Healthcheck?.Test?.[0] ?? 'NONE') !== 'NONE'
    } catch {
      return undefined
    }
  }
}
