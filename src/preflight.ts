import type { Access, CheckedService, Connection, LoggedIn, Observation, PlannedService } from './deployment.ts'
import type { Distribution, Service, ServiceSpec } from './docker/api.ts'
import { colourRefusal, hidden, type NextColour, routed, routingOf, sharedByColours } from './docker/colours.ts'
import { type Command, policyFlags, serviceCreate, serviceUpdate, stackDeploy } from './docker/commands.ts'
import { credentialSpecOf, credentialSpecProblems } from './docker/credential-spec.ts'
import { firstStepOf, replacesNothing } from './docker/first-step.ts'
import { eligibleNodes, platformProblem } from './docker/placement.ts'
import { familiar, type ImageReference, parseReference, withDigest } from './docker/reference.ts'
import { RegistryError, resolveImage } from './docker/registry.ts'
import { describeFailure, remedy } from './docker/registry-error.ts'
import { NOTHING, type Pretended, type Rehearsal, rehearse } from './docker/rehearsal.ts'
import { isJob, wantedTasks } from './docker/rollout.ts'
import {
  type Difference,
  difference,
  imageOf,
  policyChanges,
  sameSpec,
  withDifference,
  withPlatforms,
} from './docker/service-spec.ts'
import { fileFor, sameStackSpec, stackChanges, withIds } from './docker/stack-file.ts'
import type { StackObject } from './docker/stack-objects.ts'
import { isPaused, unsettledNote } from './docker/unsettled.ts'
import { inParallel } from './parallel.ts'
import { log } from './runner/log.ts'
import type { Workspace } from './runner/workspace.ts'

export interface Preflight {
  readonly services: readonly CheckedService[]
  /** One line for everything that would not work out. */
  readonly problems: readonly string[]
}

/** The world in which the services are checked. */
interface Surroundings {
  readonly connection: Connection
  readonly loggedIn: LoggedIn
  readonly observed: Observation
  readonly workspace: Workspace
  readonly maxParallel: number
  /** What the rest of the stack brings along. */
  readonly stack?: StackSurroundings | undefined
  readonly signal: AbortSignal
}

interface StackSurroundings {
  readonly pretended: Pretended
  /** The IDs of the swarm's networks by name: docker sends names, and Swarm keeps IDs. */
  readonly networkIds: ReadonlyMap<string, string>
  /** The content of the swarm config with this ID, as it is or will be. */
  readonly configContent: (id: string) => string | undefined
}

/**
 * Everything that can be known before the swarm is touched: every image with its credential, every flag, every
 * platform. All that is wrong comes back at once, and nothing has changed.
 */
export async function preflight(planned: readonly PlannedService[], surroundings: Surroundings): Promise<Preflight> {
  const lookUp = lookUpOnce(surroundings)
  const results = await inParallel(planned, surroundings.maxParallel, (service) => check(service, lookUp, surroundings))
  return {
    services: results.flatMap((result) => (result.service === undefined ? [] : [result.service])),
    problems: results.flatMap(({ problem, problems = [] }) =>
      problem === undefined ? problems : [problem, ...problems],
    ),
  }
}

/** Neither: the service's credential was refused, and that has been said. */
interface Checked {
  readonly service?: CheckedService
  readonly problem?: string
  readonly problems?: readonly string[]
}

async function check(planned: PlannedService, lookUp: LookUp, surroundings: Surroundings): Promise<Checked> {
  const { request, current, interim } = planned
  if (planned.access !== undefined && surroundings.loggedIn.refused.has(planned.access.credential)) return {}

  const image = await checkImage(planned, lookUp)
  if (typeof image === 'string') return { problem: image }
  const { pinned, access, distribution } = image

  const asked = { image: pinned, replicas: request.replicas, env: request.env }
  const missing = difference(current?.Spec, asked)
  const command = commandFor(planned, missing, access, pinned, surroundings.connection.configDirectory)
  const rehearsal = isPlain(planned, missing)
    ? { spec: withDifference(planned.current.Spec, missing), networks: [] }
    : await rehearseIn(command, planned, surroundings)
  if ('refusal' in rehearsal) return { problem: `service ${request.name}: docker refuses it: ${rehearsal.refusal}` }

  const wanted = withIds(rehearsal.spec, surroundings.stack?.networkIds ?? new Map())
  const changes = changesOf(planned, wanted, missing)
  const checked = {
    request,
    current,
    access,
    currentAccess: undefined,
    ...(interim === undefined ? {} : { interim }),
    ...(planned.colours && { colours: planned.colours }),
    changes,
    asked,
    wanted,
    networks: rehearsal.networks,
  }
  const note = current && unsettledNote(current, changes.length > 0)
  if (note !== undefined) log.notice(`service ${request.name}: ${note}`)
  if (current !== undefined && changes.length === 0) return { service: { ...checked, action: 'unchanged' } }
  const colour = nextColour(planned, withPlatforms(wanted, distribution?.Platforms))
  if (typeof colour === 'string') return { problem: `service ${request.name}: ${colour}` }

  const credential = await credentialProblems(wanted, surroundings)
  if (credential.length > 0) return { problems: credential.map((line) => `service ${request.name}: ${line}`) }
  const problem = placementProblem(wanted, distribution, surroundings.observed)
  if (problem !== undefined) return { problem: `service ${request.name}: ${problem}` }
  if (colour !== undefined) return { service: { ...checked, ...colour, current: undefined, action: 'create', command } }
  if (current === undefined) return { service: { ...checked, action: 'create', command } }
  const firstStep = firstStepOf(request.rollover.strategy, current.Spec, wanted, surroundings.observed.nodes)
  if (firstStep !== undefined && 'refusal' in firstStep && request.compose === undefined)
    return { problem: `service ${request.name}: ${firstStep.refusal}` }
  const currentAccess = await accessToReturn(planned, lookUp)
  const update = { ...checked, currentAccess, action: 'update', command } as const
  const whole = { ...update, wanted: withPlatforms(wanted, distribution?.Platforms) }
  if (isPlain(planned, missing)) {
    return { service: { ...(missing.image === undefined ? update : whole), command: undefined } }
  }
  if (!needsWholeSpec(planned)) return { service: update }
  if (firstStep === undefined) return { service: whole }
  if ('refusal' in firstStep) {
    if (!isJob(wanted)) log.notice(`service ${request.name} is deployed without its strategy: ${firstStep.refusal}`)
    return { service: whole }
  }
  return { service: { ...whole, firstStep } }
}

/**
 * Whether an update changes no more than an image, a number of tasks and variables. It needs no docker command: each
 * of them takes a twentieth of a second to start, and asks the registry once more.
 */
function isPlain(
  planned: PlannedService,
  { words }: Difference,
): planned is PlannedService & { readonly current: Service } {
  const { current, request } = planned
  if (current === undefined || needsWholeSpec(planned) || flagsFor(planned).length > 0) return false
  return (
    words.length === 0 ||
    (!isJob(current.Spec) && (request.replicas === undefined || current.Spec.Mode.Replicated !== undefined))
  )
}

/** What docker commands do is known by their flags; a spec that this action sends itself has to be whole. */
function needsWholeSpec({ request, interim }: PlannedService): boolean {
  const { kind } = request.rollover.strategy
  return request.compose !== undefined || interim !== undefined || kind !== 'rolling'
}

/** The service that a blue-green deploy makes, or why it cannot; `undefined` with another strategy. */
function nextColour(
  { request, current, colours, interim }: PlannedService,
  wanted: ServiceSpec,
): { readonly wanted: ServiceSpec; readonly nextColour: NextColour } | string | undefined {
  const { strategy } = request.rollover
  if (strategy.kind !== 'blue-green') return undefined
  if (colours === undefined) throw new Error('a blue-green service was planned without its colours')
  if (current !== undefined && replacesNothing(current.Spec, wanted)) return undefined
  if (interim !== undefined)
    return 'an earlier deploy of it was killed half-way: deploy it once with `strategy: rolling`'
  const { name } = request
  const routing = routingOf(strategy, name, wanted)
  const refusal = colourRefusal(name, colours.next, wanted, routing)
  if (refusal !== undefined) return refusal
  const shared = sharedByColours(wanted)
  if (shared.length > 0 && current !== undefined) {
    log.notice(`${name}: for a while both of its services have ${shared.join(' and ')}`)
  }
  const spec = routed(wanted, name, colours, routing)
  return {
    wanted: current === undefined ? spec : hidden(spec, routing),
    nextColour: { name: colours.next, live: current, routing, routed: spec, leftovers: colours.leftovers },
  }
}

interface CheckedImage {
  /** The image that is asked for, with its digest; `undefined`: the service keeps the one it has. */
  readonly pinned: ImageReference | undefined
  readonly access: Access | undefined
  readonly distribution: Distribution | undefined
}

/** What the registry says of a service's image, or the line that says why it says nothing. */
async function checkImage(
  { request, current, access }: PlannedService,
  lookUp: LookUp,
): Promise<CheckedImage | string> {
  const { name, image } = request
  if (image === undefined) return checkKeptImage(name, current, access, lookUp)
  try {
    const distribution = await lookUp(image, access)
    const pinned = withDigest(image, distribution.Descriptor.digest)
    log.info(
      `${name}: ${familiar(pinned)}, ${access === undefined ? 'read without a credential' : `config ${access.config.name}`}`,
    )
    return { pinned, access, distribution }
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    return `service ${name}: ${describeRefusal(error, image, access)}`
  }
}

/**
 * A service that keeps its image needs no credential, but gets a fresh one when there is one that can read the image:
 * nodes that do not have it yet will pull it.
 */
async function checkKeptImage(
  name: string,
  current: Service | undefined,
  access: Access | undefined,
  lookUp: LookUp,
): Promise<CheckedImage> {
  const kept = { pinned: undefined, access: undefined, distribution: undefined }
  const image = imageOf(current)
  if (access === undefined || image === undefined) return kept
  try {
    await lookUp(parseReference(image), access)
    return { ...kept, access }
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    log.info(
      `${name}: keeps its image and the credential stored with it: config ${access.config.name} cannot read ${image}`,
    )
    return kept
  }
}

/** The credential for the image that a service has now, if it can still read it. */
async function accessToReturn({ current, currentAccess, request }: PlannedService, lookUp: LookUp) {
  const image = imageOf(current)
  if (currentAccess === undefined || image === undefined) return undefined
  try {
    await lookUp(parseReference(image), currentAccess)
    return currentAccess
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    log.info(
      `${request.name}: a way back would use the credential stored with the service: config ${currentAccess.config.name} cannot read ${image}`,
    )
    return undefined
  }
}

function describeRefusal(error: RegistryError, image: ImageReference, access: Access | undefined): string {
  const { registry, repository } = image
  const who =
    access === undefined ? 'without a credential' : `as ${access.credential.username} (config ${access.config.name})`
  const advice = remedy(error.failure, {
    registry,
    repository,
    ...(access === undefined ? {} : { config: access.config.name, username: access.credential.username }),
  })
  return `image ${familiar(image)} cannot be read from ${registry} ${who}: ${describeFailure(error.failure)}. ${advice} Docker says: ${error.message}`
}

/** Swarm's policies and the user's own flags, for the command that the service needs. Jobs have no policies. */
function flagsFor({ request, current }: PlannedService): readonly string[] {
  const { createArgs, updateArgs, rollover } = request
  const own = current === undefined ? createArgs : updateArgs
  const makesJob =
    current === undefined ? /--mode[= ](?:replicated|global)-job/.test(own.join(' ')) : isJob(current.Spec)
  return makesJob ? own : [...policyFlags(rollover), ...own]
}

function commandFor(
  planned: PlannedService,
  missing: Difference,
  access: Access | undefined,
  pinned: ImageReference | undefined,
  anonymousDirectory: string,
): Command {
  const { request, current } = planned
  const { name, compose, rollover } = request
  const { image, replicas, env } = missing
  const config = { directory: access?.config.directory ?? anonymousDirectory, hasCredential: access !== undefined }
  if (compose !== undefined && pinned !== undefined) {
    return stackDeploy(compose.stack, fileFor(compose, pinned, rollover), config, compose.knowsDetach)
  }
  const change = {
    name: current?.Spec.Name ?? planned.colours?.next ?? name,
    config,
    image,
    replicas,
    env,
    flags: flagsFor(planned),
  }
  return current === undefined ? serviceCreate(change) : serviceUpdate(change)
}

function rehearseIn(
  command: Command,
  { current, interim }: PlannedService,
  { connection, workspace, stack, signal }: Surroundings,
): Promise<Rehearsal> {
  const { docker, engine } = connection
  const hidden = interim === undefined || current === undefined ? {} : { service: current }
  const pretended = { ...(stack?.pretended ?? NOTHING), ...hidden }
  return rehearse(command, docker, engine, workspace.socketPath(), signal, pretended)
}

/** Why an existing service has to be touched, in the user's words. */
function changesOf(
  { request, current, interim }: PlannedService,
  wanted: ServiceSpec,
  { words }: Difference,
): string[] {
  if (current === undefined) return []
  const stuck = [
    ...(isPaused(current) ? ['its last update was paused'] : []),
    ...(interim === undefined ? [] : ['an earlier deploy of it was killed half-way']),
  ]
  if (request.compose !== undefined) {
    const rerun = request.compose.isRerun && isJob(wanted) ? ['run again'] : []
    return [...(sameStackSpec(current.Spec, wanted) ? rerun : stackChanges(current.Spec, wanted)), ...stuck]
  }
  const byFlags = words.length === 0 && !sameSpec(current.Spec, wanted) ? changesByFlags(current.Spec, wanted) : []
  return [...words, ...byFlags, ...stuck]
}

function changesByFlags(now: ServiceSpec, wanted: ServiceSpec): string[] {
  const { UpdateConfig, RollbackConfig, ...rest } = wanted
  const { UpdateConfig: _update, RollbackConfig: _rollback, ...before } = now
  return [...(sameSpec(before, rest) ? [] : ['update-args']), ...policyChanges(now, wanted)]
}

/** What would make Windows refuse the service's gMSA account. */
async function credentialProblems(
  spec: ServiceSpec,
  { connection, observed, stack, signal }: Surroundings,
): Promise<string[]> {
  const source = credentialSpecOf(spec)
  if (source === undefined) return []
  const content = source.Config ? await contentOfConfig(source.Config) : undefined
  return credentialSpecProblems(source, spec, content, observed.nodes)

  async function contentOfConfig(id: string): Promise<string | undefined> {
    const ofStack = stack?.configContent(id)
    if (ofStack !== undefined) return ofStack
    const all = await connection.engine.get<StackObject[]>('/configs', { signal })
    const data = all.find(({ ID }) => ID === id)?.Spec.Data
    return data === undefined ? undefined : Buffer.from(data, 'base64').toString()
  }
}

/** Why no node could run the service's tasks. */
function placementProblem(
  spec: ServiceSpec,
  distribution: Distribution | undefined,
  { nodes }: Observation,
): string | undefined {
  if (wantedTasks(spec) === 0) return undefined
  const eligible = eligibleNodes(nodes, spec.TaskTemplate.Placement)
  if (eligible.length === 0) {
    const constraints = (spec.TaskTemplate.Placement?.Constraints ?? []).join(', ')
    return `no node that is ready and active satisfies its placement constraints${constraints === '' ? '' : ` (${constraints})`}: its tasks would wait for ever. Change the constraints, or the nodes' labels and availability`
  }
  const platform = platformProblem(eligible, distribution?.Platforms ?? [])
  if (platform === undefined) return undefined
  return `its image is built for ${platform.image.join(', ')}, but the nodes that may run it are ${platform.nodes.join(', ')}: build it for one of those`
}

type LookUp = (image: ImageReference, access: Access | undefined) => Promise<Distribution>

/** Asks once for each image and credential, however many services share them. */
function lookUpOnce({ connection, signal }: Surroundings): LookUp {
  const answers = new Map<string, Promise<Distribution>>()
  return (image, access) => {
    const key = `${familiar(image)} ${access?.config.directory ?? ''}`
    const answer = answers.get(key) ?? resolveImage(connection.engine, image, access?.credential, signal)
    answers.set(key, answer)
    return answer
  }
}
