import type { Distribution, Node, Service, ServiceSpec } from '../docker/api.ts'
import { credentialSpecOf, credentialSpecProblems } from '../docker/specs/credential-spec.ts'
import { isJob, wantedTasks } from '../docker/specs/service-mode.ts'
import type { NetworkCreate, StackObject } from '../docker/specs/stack-objects.ts'
import { constraintProblem, eligibleNodes, platformProblem } from '../docker/swarm/placement.ts'
import { startFirstNote, startFirstProblem } from '../docker/swarm/start-first.ts'
import { messageOf, throwAll, UserErrors } from '../errors.ts'
import type { StackRequest } from '../inputs/deployment.ts'
import { policyAdvice } from '../inputs/update-policy.ts'
import { nowMs } from '../runner/clock.ts'
import { log } from '../runner/log.ts'
import { inParallel } from '../runner/parallel.ts'
import { configContent, type Stack, swarmNetworks } from '../stack/stack.ts'
import { type Change, changeOf, type Surroundings } from './change.ts'
import { colourRefusal, hidden, type NextColour, routed, routingOf, sharedByColours } from './colours.ts'
import { type FirstStep, firstStepOf, replacesNothing } from './first-step.ts'
import { accessToReturn, type CheckedImage, checkImage, type LookUp, lookUpOnce } from './images.ts'
import type { LoggedIn } from './log-in.ts'
import { slowCheckNote, unfinishedUpdateNote } from './notices.ts'
import type { Observation } from './observe.ts'
import type { PlannedService } from './plan.ts'
import {
  attachmentProblems,
  conflicts,
  type Draft,
  joinsNetwork,
  mayConflict,
  networkProblems,
  runnerPathProblems,
  specProblems,
} from './swarm-check.ts'

/** A planned service whose image, flags and placement were checked. */
export type CheckedService = ChangedService | UnchangedService

export interface ChangedService extends Checked {
  readonly action: 'create' | 'update'
}

/** It already is as asked, and will not be touched. */
export interface UnchangedService extends Checked {
  readonly action: 'unchanged'
}

interface Checked extends PlannedService {
  /** Why an existing service is changed, in the user's words: `image`, `replicas 2 → 3`. */
  readonly changes: readonly string[]
  /** The whole spec that makes it so. */
  readonly wanted: ServiceSpec
  readonly firstStep?: FirstStep
  readonly nextColour?: NextColour
  /** What docker would make for it first, if it is not there: the API's own objects. */
  readonly networks?: readonly NetworkCreate[]
}

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
  /** The compose files, for the places of what is wrong. */
  readonly files?: StackRequest | undefined
}

/**
 * Everything that can be known before the swarm is touched: every image with its credential, every flag, every
 * platform, and all that Swarm would refuse. All that is wrong comes back at once, and nothing has changed.
 */
export async function preflight(planned: readonly PlannedService[], world: World): Promise<Preflight> {
  const lookUp = lookUpOnce(world.connection, world.signal)
  const sayProgress = progressOf(planned.length)
  const results = await inParallel(planned, world.maxParallel, async (service) => {
    const result = await checked(service, lookUp, world)
    sayProgress()
    return result
  })
  const drafts = results.flatMap(({ draft }) => draft ?? [])
  return {
    services: results.flatMap(({ service }) => service ?? []),
    problems: [...results.flatMap(({ problems }) => problems), ...(await problemsTogether(drafts, world))],
  }
}

/** What is wrong with services beside each other and those of the swarm, and with the networks that they bring along. */
async function problemsTogether(drafts: readonly Draft[], world: World): Promise<string[]> {
  const { connection, files, signal, stack } = world
  const joining = drafts.filter(joinsNetwork)
  const networks = stack?.known.networks ?? (joining.length > 0 ? await swarmNetworks(connection.engine, signal) : [])
  const services = drafts.some(mayConflict) ? await connection.engine.get<Service[]>('/services', { signal }) : []
  return [
    ...(files === undefined ? [] : networkProblems(drafts, networks, files)),
    ...joining.flatMap((draft) => attachmentProblems(draft, networks, files)),
    ...conflicts(drafts, services, files),
  ]
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

/** A service that was looked at. */
interface Finding {
  /** As it is to be, as far as docker knows what its file or flags mean. */
  readonly draft?: Draft
  /** The same with all that a deploy needs; only when nothing is wrong. */
  readonly service?: CheckedService
  readonly problems: readonly string[]
}

async function checked(planned: PlannedService, lookUp: LookUp, world: World): Promise<Finding> {
  // That a credential was refused has been said once, for all services that need it.
  if (planned.access !== undefined && world.loggedIn.refused.has(planned.access.credential)) return { problems: [] }
  try {
    return await check(planned, lookUp, world)
  } catch (error) {
    if (world.signal.aborted) throw new Error(`service ${planned.request.name}: ${messageOf(error)}`, { cause: error })
    throw error
  }
}

/** All that would not work out with one service is told together. */
async function check(planned: PlannedService, lookUp: LookUp, world: World): Promise<Finding> {
  const { request, current, interim, colours } = planned
  const { nodes } = world.observed
  for (const notice of request.notices ?? []) log.notice(`service ${request.name}: ${notice}`)
  const problems: string[] = []
  const attempt = async <T>(work: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await work()
    } catch (error) {
      if (world.signal.aborted || !(error instanceof UserErrors)) throw error
      problems.push(...error.problems.map((line) => `service ${request.name}: ${line}`))
      return undefined
    }
  }
  const image = await attempt(() => checkImage(planned, lookUp))
  const change = await attempt(() => changeOf(planned, image ?? unresolved(planned), world))
  if (change === undefined) return { problems }
  const { wanted, changes } = change
  const draft = { request, current, ...change }
  if (image !== undefined && current !== undefined && changes.length === 0) {
    noticeUnfinishedUpdate(request.name, current, false)
    return { problems, draft, service: { ...base(image), action: 'unchanged' } }
  }

  const colour = await attempt(() => nextColour(planned, wanted))
  await attempt(async () => throwAll(await credentialProblems(wanted, world)))
  // The next colour is a service of its own.
  if (world.files !== undefined) {
    const paths = runnerPathProblems(request, wanted, world.files, world.connection.isRemote === true)
    problems.push(...paths.problems)
    for (const warning of paths.warnings) log.warning(warning)
  }
  problems.push(...specProblems(request, colours === undefined ? current : undefined, wanted, world.files))
  await attempt(() =>
    throwAll([
      ...placementProblems(wanted, image?.distribution, nodes),
      ...orderProblems(planned, wanted, world.observed),
    ]),
  )
  const firstStep = await attempt(() => current && firstStepFor(planned, current.Spec, wanted, nodes))
  if (image === undefined || problems.length > 0) return { problems, draft }

  if (current !== undefined) noticeUnfinishedUpdate(request.name, current, true)
  noticeSlowCheck(planned, wanted, world.timeoutSeconds)
  const service = base(image)
  if (colour !== undefined) {
    return { problems, draft, service: { ...service, ...colour, current: undefined, action: 'create' } }
  }
  if (current === undefined) return { problems, draft, service: { ...service, action: 'create' } }
  const currentAccess = await accessToReturn(planned, image, lookUp)
  const update = { ...service, currentAccess, action: 'update' as const, ...(firstStep && { firstStep }) }
  return { problems, draft, service: update }

  function base({ access }: CheckedImage) {
    return {
      request,
      current,
      access,
      currentAccess: undefined,
      ...(interim && { interim }),
      ...(colours && { colours }),
      ...(change as Change),
    }
  }
}

/** The image as it is asked for, where the registry says nothing of it: all else that is wrong is told all the same. */
function unresolved({ request: { image } }: PlannedService): CheckedImage {
  return { pinned: image, access: undefined, distribution: undefined }
}

function noticeUnfinishedUpdate(name: string, current: Service, isChanged: boolean): void {
  const note = unfinishedUpdateNote(current, isChanged)
  if (note !== undefined) log.notice(`service ${name}: ${note}`)
}

/** Why an update could not put a new task beside an old one. Of a service that is made it is a notice, for the next. */
function orderProblems({ request, current }: PlannedService, wanted: ServiceSpec, observed: Observation): string[] {
  const { name, strategy, compose } = request
  const isPlain = strategy.kind === 'rolling' || strategy.kind === 'canary'
  if (!isPlain) return []
  const instead = `use ${policyAdvice({ order: 'stop-first' }, compose !== undefined)}`
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
  const firstStep = firstStepOf(request.strategy, current, wanted, nodes)
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
  const { strategy } = request
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

/** Why no node could run the service's tasks. What Swarm does not take for a constraint has been told. */
function placementProblems(
  spec: ServiceSpec,
  distribution: Distribution | undefined,
  nodes: readonly Node[],
): string[] {
  const hasBadConstraint = (spec.TaskTemplate.Placement?.Constraints ?? []).some((one) => constraintProblem(one))
  if (wantedTasks(spec) === 0 || hasBadConstraint) return []
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
