import type { Connection } from '../connect/connection.ts'
import type { LocalImage, ServiceSpec } from '../docker/api.ts'
import type { Deployment } from '../inputs/deployment.ts'
import { planOf, type StrategyPlans } from '../plan/strategy.ts'
import type { Settled } from '../rollout/settled.ts'
import { timeLimit } from '../runner/clock.ts'
import { log } from '../runner/log.ts'
import { inParallel } from '../runner/parallel.ts'
import { type ImageHealth, lint } from './lint.ts'

const NANOSECONDS = 1e9

/** Nobody waits longer for advice. */
const LOOK_TIMEOUT_MS = 2000

/** Notices of what may hurt later in the services that the run changed; none of it makes the run fail. */
export async function giveAdvice(
  settled: readonly Settled[],
  deployment: Deployment,
  { engine }: Connection,
  strategies: StrategyPlans,
): Promise<void> {
  const signal = timeLimit(LOOK_TIMEOUT_MS)
  const known = new Map<string, Promise<ImageHealth | undefined>>()
  const linted = await inParallel(settled, deployment.maxParallel, async ({ sent: { change, service, problem } }) => {
    if (change.action === 'unchanged' || service === undefined || problem !== undefined) return []
    const { request, access } = change
    const { name, image } = request
    const imageHealth = await imageHealthOf(service.Spec)
    return [
      {
        name,
        image,
        hasDowntime: planOf(request, strategies).hasDowntime,
        spec: service.Spec,
        credential: access?.credential,
        imageHealth,
      },
    ]
  })
  for (const line of lint(linted.flat(), deployment)) log.notice(line, 'Advice')

  /** No registry tells it, but the manager does for an image that its own node has. */
  async function imageHealthOf({ TaskTemplate: template }: ServiceSpec): Promise<ImageHealth | undefined> {
    const container = template.ContainerSpec
    if (container === undefined || container.Healthcheck?.Test?.length) return undefined
    const { Image: image } = container
    const health = known.get(image) ?? askFor(image)
    known.set(image, health)
    return health
  }

  async function askFor(image: string): Promise<ImageHealth | undefined> {
    try {
      const { Config: config } = await engine.get<LocalImage>(`/images/${image}/json`, { signal })
      const check = config?.Healthcheck
      const [kind = 'NONE'] = check?.Test ?? []
      return kind === 'NONE' ? 'none' : { startSeconds: (check?.StartPeriod ?? 0) / NANOSECONDS }
    } catch {
      return undefined
    }
  }
}
