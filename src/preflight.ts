import { changeOf, type Surroundings } from './change.ts'
import type { CheckedService, LoggedIn, Observation, PlannedService } from './deployment.ts'
import type { Node, ServiceSpec } from './docker/api.ts'
import { colourRefusal, hidden, type NextColour, routed, routingOf, sharedByColours } from './docker/colours.ts'
import { credentialSpecOf, credentialSpecProblems } from './docker/credential-spec.ts'
import { type FirstStep, firstStepOf, replacesNothing } from './docker/first-step.ts'
import { slowCheckNote } from './docker/health.ts'
import { eligibleNodes, platformProblem } from './docker/placement.ts'
import { isJob, wantedTasks } from './docker/service-mode.ts'
import type { StackObject } from './docker/stack-objects.ts'
import { startFirstNote, startFirstProblem } from './docker/start-first.ts'
import { unsettledNote } from './docker/unsettled.ts'
import { messageOf, throwAll, UserErrors } from './errors.ts'
import { accessToReturn, type CheckedImage, checkImage, type LookUp, lookUpOnce } from './images.ts'
import { inParallel } from './parallel.ts'
import { nowMs } from './runner/clock.ts'
import { log } from './runner/log.ts'
import { configContent, type Stack } from './stack/stack.ts'

const PROGRESS_EVERY_MS = 10_000

export interface Preflight {
  readonly services: readonly CheckedService[]
  /** One line for everything that would not work out. */
  readonly problems: readonly string[]
}

/** The world in which the services are checked. */
interface World extends Surroundings {
  readonly stack: Stack | undefined
  readonly loggedIn: LoggedIn
  readonly observed: Observation
  readonly maxParallel: number
  /** How long the run waits for its services; `undefined`: not at all. */
  readonly timeoutSeconds: number | undefined
}

/**
 * Everything that can be known before the swarm is touched: every image with its credential, every flag, every
 * platform. All that is wrong comes back at once, and nothing has changed.
 */
export async function preflight(planned: readonly PlannedService[], world: World): Promise<Preflight> {
  const lookUp = lookUpOnce(world.connection, world.signal)
  const sayProgress = progressOf(planned.length)
  const results = await inParallel(planned, world.maxParallel, async (service) => {
    const result = await checked(service, lookUp, world)
    sayProgress()
    return result
  })
  return {
    services: results.flatMap((result) => ('problems' in result ? [] : [result])),
    problems: results.flatMap((result) => ('problems' in result ? result.problems : [])),
  }
}

/** Says from time to time how many of so many are done: nobody shall wonder whether a long stage hangs. */
function progressOf(total: number): () => void {
  let done = 0
  let saidAt = nowMs()
  return () => {
    done++
    if (done === total || nowMs() - saidAt < PROGRESS_EVERY_MS) return
    saidAt = nowMs()
    log.info(`${done} of ${total} services are checked`)
  }
}

async function checked(
  planned: PlannedService,
  lookUp: LookUp,
  world: World,
): Promise<CheckedService | { readonly problems: readonly string[] }> {
  // That a credential was refused has been said once, for all services that need it.
  if (planned.access !== undefined && world.loggedIn.refused.has(planned.access.credential)) return { problems: [] }
  try {
    return await check(planned, lookUp, world)
  } catch (error) {
    if (world.signal.aborted) throw new Error(`service ${planned.request.name}: ${messageOf(error)}`, { cause: error })
    if (!(error instanceof UserErrors)) throw error
    return { problems: error.problems.map((line) => `service ${planned.request.name}: ${line}`) }
  }
}

/** @throws UserErrors with all that would not work out */
async function check(planned: PlannedService, lookUp: LookUp, world: World): Promise<CheckedService> {
  const { request, current, interim, colours } = planned
  const { nodes } = world.observed
  const image = await checkImage(planned, lookUp)
  const change = await changeOf(planned, image, world)
  const { wanted, changes } = change
  const service = {
    request,
    current,
    access: image.access,
    currentAccess: undefined,
    ...(interim && { interim }),
    ...(colours && { colours }),
    ...change,
  }
  const note = current && unsettledNote(current, changes.length > 0)
  if (note !== undefined) log.notice(`service ${request.name}: ${note}`)
  if (current !== undefined && changes.length === 0) return { ...service, action: 'unchanged' }

  const colour = nextColour(planned, wanted)
  throwAll([
    ...(await credentialProblems(wanted, world)),
    ...placementProblems(wanted, image, nodes),
    ...orderProblems(planned, wanted, world.observed),
  ])
  noticeSlowCheck(planned, wanted, world.timeoutSeconds)
  if (colour !== undefined) return { ...service, ...colour, current: undefined, action: 'create' }
  if (current === undefined) return { ...service, action: 'create' }

  const firstStep = firstStepFor(planned, current.Spec, wanted, nodes)
  const currentAccess = await accessToReturn(planned, image, lookUp)
  return { ...service, currentAccess, action: 'update', ...(firstStep && { firstStep }) }
}

/** Why an update could not put a new task beside an old one. Of a service that is made it is a notice, for the next. */
function orderProblems({ request, current }: PlannedService, wanted: ServiceSpec, observed: Observation): string[] {
  const { name, rollover, compose } = request
  const isPlain = rollover.strategy.kind === 'rolling' || rollover.strategy.kind === 'canary'
  if (!isPlain) return []
  const instead = `use ${compose === undefined ? '`update-order: stop-first`' : '`order: stop-first` in `deploy.update_config`'}`
  if (current === undefined) {
    const why = startFirstNote(wanted, observed.nodes)
    if (why !== undefined)
      log.notice(`service ${name}: start-first will not work for its next update: ${why}; ${instead}`)
    return []
  }
  if (replacesNothing(current.Spec, wanted)) return []
  const tasks = observed.tasks.filter(({ ServiceID: id }) => id === current.ID)
  const why = startFirstProblem(current.Spec, wanted, observed.nodes, tasks)
  return why === undefined ? [] : [`start-first cannot work here: ${why}; ${instead}`]
}

/** A health check that takes longer than the run waits. */
function noticeSlowCheck(
  { request, current }: PlannedService,
  wanted: ServiceSpec,
  timeoutSeconds = Number.POSITIVE_INFINITY,
) {
  const check = wanted.TaskTemplate.ContainerSpec?.Healthcheck
  const isOff = check === undefined || check.Test?.[0] === 'NONE' || isJob(wanted)
  if (isOff || (current !== undefined && replacesNothing(current.Spec, wanted))) return
  const note = slowCheckNote(check, timeoutSeconds)
  if (note !== undefined) log.notice(`service ${request.name}: ${note}`)
}

/** What its strategy does first. A stack has services that it does not fit: they are deployed without. */
function firstStepFor(
  { request }: PlannedService,
  current: ServiceSpec,
  wanted: ServiceSpec,
  nodes: readonly Node[],
): FirstStep | undefined {
  const firstStep = firstStepOf(request.rollover.strategy, current, wanted, nodes)
  if (firstStep === undefined || !('refusal' in firstStep)) return firstStep
  if (request.compose === undefined) throw new UserErrors([firstStep.refusal])
  if (!isJob(wanted)) log.notice(`service ${request.name} is deployed without its strategy: ${firstStep.refusal}`)
  return undefined
}

/**
 * The service that a blue-green deploy makes; `undefined` with another strategy.
 *
 * @throws UserErrors when the strategy cannot be had for this service
 */
function nextColour(
  { request, current, colours, interim }: PlannedService,
  wanted: ServiceSpec,
): { readonly wanted: ServiceSpec; readonly nextColour: NextColour } | undefined {
  const { strategy } = request.rollover
  if (strategy.kind !== 'blue-green') return undefined
  if (colours === undefined) throw new Error('a blue-green service was planned without its colours')
  if (current !== undefined && replacesNothing(current.Spec, wanted)) return undefined
  if (interim !== undefined) {
    throw new UserErrors(['an earlier deploy of it was killed half-way: deploy it once with `strategy: rolling`'])
  }
  const { name } = request
  const routing = routingOf(strategy, name, wanted)
  const refusal = colourRefusal(name, colours.next, wanted, routing)
  if (refusal !== undefined) throw new UserErrors([refusal])
  const shared = sharedByColours(wanted)
  if (shared.length > 0 && current !== undefined) {
    log.notice(`${name}: for a while both of its services have ${shared.join(' and ')}`)
  }
  const spec = routed(wanted, name, colours, routing)
  return {
    wanted: current === undefined ? spec : hidden(spec, routing),
    nextColour: { name: colours.next, generation: colours.generation, live: current, routing, routed: spec },
  }
}

/** What would make Windows refuse the service's gMSA account. */
async function credentialProblems(
  spec: ServiceSpec,
  { connection, observed, stack, signal }: World,
): Promise<string[]> {
  const source = credentialSpecOf(spec)
  if (source === undefined) return []
  if (source.Config && stack?.told.has(source.Config)) return []
  const content = source.Config ? await contentOfConfig(source.Config) : undefined
  return credentialSpecProblems(source, spec, content, observed.nodes)

  async function contentOfConfig(id: string): Promise<string | undefined> {
    const ofStack = stack && configContent(stack, id)
    if (ofStack !== undefined) return ofStack
    const all = await connection.engine.get<StackObject[]>('/configs', { signal })
    const data = all.find(({ ID }) => ID === id)?.Spec.Data
    return data === undefined ? undefined : Buffer.from(data, 'base64').toString()
  }
}

/** Why no node could run the service's tasks. */
function placementProblems(spec: ServiceSpec, { distribution }: CheckedImage, nodes: readonly Node[]): string[] {
  if (wantedTasks(spec) === 0) return []
  const eligible = eligibleNodes(nodes, spec.TaskTemplate.Placement)
  if (eligible.length === 0) {
    const constraints = (spec.TaskTemplate.Placement?.Constraints ?? []).join(', ')
    return [
      `no node that is ready and active satisfies its placement constraints${constraints === '' ? '' : ` (${constraints})`}: its tasks would wait for ever. Change the constraints, or the nodes' labels and availability`,
    ]
  }
  const platform = platformProblem(eligible, distribution?.Platforms ?? [])
  if (platform === undefined) return []
  return [
    `its image is built for ${platform.image.join(', ')}, but the nodes that may run it are ${platform.nodes.join(', ')}: build it for one of those`,
  ]
}
