import type { Run } from '../connect/run.ts'
import type { Service, ServiceSpec } from '../docker/api.ts'
import {
  apartFromVariables,
  type Command,
  type Flag,
  policyFlags,
  serviceCreate,
  serviceUpdate,
} from '../docker/cli/commands.ts'
import { rehearse } from '../docker/cli/rehearsal.ts'
import { type Attachment, withAttached } from '../docker/specs/attachments.ts'
import { entriesOf, type Overlay } from '../docker/specs/create-flags.ts'
import { isJob, wantedTasks } from '../docker/specs/service-mode.ts'
import {
  commandOf,
  type Difference,
  difference,
  withCommand,
  withDifference,
  withOtherVariables,
  withPlatforms,
} from '../docker/specs/service-spec.ts'
import { changedParts, sameSpec, withStoredOrder } from '../docker/specs/spec-comparison.ts'
import { withoutIgnored } from '../docker/specs/spec-support.ts'
import type { NetworkCreate } from '../docker/specs/stack-objects.ts'
import { isPaused } from '../docker/swarm/update-status.ts'
import { UserErrors } from '../errors.ts'
import { attachedByFlags } from '../inputs/attachments/flags.ts'
import type { Deployment, RecordedRequest, ServiceRequest } from '../inputs/deployment.ts'
import { ATTACHED_LABEL } from '../inputs/flags.ts'
import { log } from '../runner/log/log.ts'
import { asLive, type Colours, type SecondService } from './colours.ts'
import { declaredByFlags, requireReadable, specByFlags, updatedByFlags } from './create-args.ts'
import { FORCED, forcedSpec } from './force.ts'
import type { CheckedImage } from './images.ts'
import { noneKeptNote, noteChange, withKeepLabel, withoutOwnNote, withPresentReplicas } from './keep-replicas.ts'
import { listNoteOf, withListNote } from './list-note.ts'
import type { Access, PlannedService } from './planned-service.ts'
import { leavesTasks, sameDigestNote, sameWithOtherTag } from './same-digest.ts'

/** What is done to a service, checked: everything that can be known of it before the swarm is touched. */
export type Change = Unchanged | SendableChange

/** What is sent. */
export type SendableChange = Creation | Update | Switch

interface CheckedPart {
  readonly request: ServiceRequest
  /** The config and its credential for the service's image; `undefined`: the image is read without one. */
  readonly access: Access | undefined
  /** The whole spec that makes it as asked. */
  readonly wanted: ServiceSpec
  /** Why an existing service is changed, in the user's words: `image`, `replicas 2 → 3`. */
  readonly changes: readonly string[]
  /** What docker would make for it first, if it is not there: the API's own objects. */
  readonly networks: readonly NetworkCreate[]
  /** Of a service that was ever deployed as two: which of them is live, and what is left of others. */
  readonly colours?: Colours
  /** How it is done, where Swarm's own update is not all: by its strategy, or as it gives ports away. */
  readonly course?: string
  /** That it keeps the tag that it has, in words: `same digest as :1.4`. */
  readonly keptTag?: string
}

/** It already is as asked, and will not be touched. */
export interface Unchanged extends CheckedPart {
  readonly action: 'unchanged'
  readonly current: Service
}

/** There is none of its name. */
export interface Creation extends CheckedPart {
  readonly action: 'create'
}

/** The service gets another spec. */
export interface Update extends CheckedPart {
  readonly action: 'update'
  /** As it is; where it has an interim spec, as it was before. */
  readonly current: Service
  /** The spec that the swarm has instead, only meant for the way: of this run, or of one that was killed. */
  readonly interim?: ServiceSpec
  /** The config and credential for the image that it has now: for the way back to it. */
  readonly currentAccess: Access | undefined
  /** What its strategy does before the whole of the change is sent. */
  readonly firstStep?: unknown
  /** The services that get published ports which it has: before they are sent, and until they have gone back. */
  readonly givesPortsTo?: readonly string[]
  /** It goes when the deploy is up: what it is given is meant for the way there alone. */
  readonly leaves?: true
}

/** A second service is made, beside the live one if there is one. */
export interface Switch extends CheckedPart {
  readonly action: 'switch'
  readonly second: SecondService
  readonly colours: Colours
}

/** The service as it is, of one that is there under its own name. */
export function currentOf(service: Change): Service | undefined {
  return 'current' in service ? service.current : undefined
}

/** What the swarm has, or may have, of it that is only meant for the way. */
export function interimOf(service: Change): ServiceSpec | undefined {
  return service.action === 'update' ? service.interim : undefined
}

/** The services of the deploy that get ports which this one has. */
export function takersOf(service: Change): readonly string[] {
  return service.action === 'update' ? (service.givesPortsTo ?? []) : []
}

/** Whether it goes when the deploy is up. */
export function leaves(service: Change): boolean {
  return service.action === 'update' && service.leaves === true
}

/** What there is before the change: the service, or the live one of two. */
export function serviceBefore(service: Change): Service | undefined {
  return currentOf(service) ?? service.colours?.live
}

/** What a deploy would change in a service. */
export type Target = Pick<Change, 'wanted' | 'networks' | 'changes' | 'keptTag'>

interface ChangeRun extends Run {
  readonly deployment: Pick<Deployment, 'keepReplicas' | 'sameDigest'>
}

/**
 * What a deploy would change in a service, by docker's own word: its command is rehearsed, unless the change is so
 * plain that it needs none.
 *
 * @throws UserErrors with what docker says when it refuses the command
 */
export async function changeOf(planned: PlannedService, image: CheckedImage, run: ChangeRun): Promise<Target> {
  const { current } = planned
  const same = run.deployment.sameDigest === 'keep' ? sameWithOtherTag(current, image.pinned) : undefined
  const withItsTag = same && (await targetOf(planned, { ...image, pinned: same }, run))
  const isKept =
    current !== undefined && withItsTag !== undefined && leavesTasks(current.Spec, withItsTag.target.wanted)
  const { target, tell } = isKept ? withItsTag : await targetOf(planned, image, run)
  tell()
  return isKept && same !== undefined ? { ...target, keptTag: sameDigestNote(same) } : target
}

/** The same for one image, with what is to be told of it. */
async function targetOf(
  planned: PlannedService,
  image: CheckedImage,
  run: ChangeRun,
): Promise<{ readonly target: Target; readonly tell: () => void }> {
  const { request, current } = planned
  const asked = { image: image.pinned, replicas: request.replicas, env: request.env }
  const missing = difference(current?.Spec, asked)
  const declared = await orAlso(declaredByFlags(planned, run), () => specFor(planned, missing, image, run))
  const standing = current && declared ? { ...planned, current: { ...current, Spec: declared.spec } } : planned
  const commanded = withCommand(await specFor(standing, missing, image, run), request.command)
  const attachment = attachmentOf(planned, commanded)
  const spec = attachment?.spec ?? commanded
  const { kept, ignored } = withoutIgnored(spec, run.connection.engine.apiVersion)
  // Nodes are chosen by the platforms of the image that is sent; those of an image that stays are there already.
  const isSent = missing.image !== undefined || hasWholeSpec(request)
  const asIs = isSent ? withPlatforms(kept, image.distribution?.Platforms) : kept
  const labelled = withKeepLabel(asIs, run.deployment.keepReplicas)
  const wanted = withPresentReplicas(labelled, current)
  const note = noneKeptNote(labelled, wanted)
  const networks = request.compose?.networks ?? request.attached?.toMake ?? []
  const forced = forcedSpec(planned, wanted)
  const changes = [
    ...changesOf(planned, wanted, missing, declared, attachment?.changes ?? []),
    ...(current === undefined ? [] : noteChange(current.Spec, wanted)),
    ...(forced === undefined ? [] : [FORCED]),
  ]
  const target = {
    wanted: withNotes(forced ?? wanted, current === undefined || changes.length > 0, declared, attachment),
    networks,
    changes,
  }
  const tell = () => {
    for (const key of ignored)
      log.warning(`service ${request.name}: this daemon has no ${key} for services, and ignores it`)
    if (note !== undefined) log.notice(`service ${request.name}: ${note}`)
  }
  return { target, tell }
}

/** What the lists of an entry attach, on top of all else that it says. */
function attachmentOf({ request, current, colours }: PlannedService, spec: ServiceSpec): Attachment | undefined {
  const { attached, createArgs, updateArgs } = request
  if (attached === undefined) return undefined
  // What the lists had and the flags have now stays.
  const byFlags = attachedByFlags([...(createArgs ?? []), ...updateArgs], attached.networkNames)
  const earlier = current === undefined ? [] : listNoteOf(current.Spec, ATTACHED_LABEL)
  const taken = earlier.filter((name) => !byFlags.includes(name))
  return withAttached(spec, attached, taken, colours?.route?.alias)
}

/** What the lists spoke of is noted with what is sent anyway. Of a service that is made its flags are noted by now. */
function withNotes(
  spec: ServiceSpec,
  isSent: boolean,
  declared: Overlay | undefined,
  attachment: Attachment | undefined,
): ServiceSpec {
  if (!isSent) return spec
  const withFlags = declared === undefined ? spec : withListNote(spec, declared.noted)
  return attachment === undefined ? withFlags : withListNote(withFlags, attachment.noted, ATTACHED_LABEL)
}

function specFor(
  planned: PlannedService,
  missing: Difference,
  image: CheckedImage,
  run: Run,
): ServiceSpec | Promise<ServiceSpec> {
  const { request, current } = planned
  if (request.compose !== undefined) return withWhole(request.compose.spec, image, current)
  if (request.recorded !== undefined) return withWhole(recordedSpec(request.recorded, planned), image, current)
  if (isPlain(planned, missing)) return withDifference(planned.current.Spec, missing)
  return rehearsed(planned, missing, run)
}

/** Whether a request says everything about its service, so that there is nothing of it to keep. */
function hasWholeSpec({ compose, recorded }: ServiceRequest): boolean {
  return compose !== undefined || recorded !== undefined
}

/** What was deployed once, as the service that is there now has it. */
function recordedSpec({ spec }: RecordedRequest, { current, colours }: PlannedService): ServiceSpec {
  return current === undefined ? spec : asLive(spec, current, colours?.route)
}

/** The whole spec of a service, with what it takes over from the service as it is. */
function withWhole(spec: ServiceSpec, { pinned }: CheckedImage, current: Service | undefined): ServiceSpec {
  const withImage = withDifference(spec, { image: pinned, replicas: undefined, env: {} })
  return current === undefined ? withImage : withStoredOrder(asUpdate(withImage, current.Spec), current.Spec)
}

/** `docker stack deploy` forces no task to restart, and knows no platforms where it did not look the image up. */
export function asUpdate(spec: ServiceSpec, { TaskTemplate: stored }: ServiceSpec): ServiceSpec {
  const { TaskTemplate: template } = spec
  const { ForceUpdate } = stored
  const Platforms = stored.Placement?.Platforms
  const isSameImage = stored.ContainerSpec?.Image === template.ContainerSpec?.Image
  return {
    ...spec,
    TaskTemplate: {
      ...template,
      ...(ForceUpdate !== undefined && { ForceUpdate }),
      ...(Platforms !== undefined && isSameImage && { Placement: { ...template.Placement, Platforms } }),
    },
  }
}

/**
 * Whether an update changes no more than an image, a number of tasks and variables. It needs no docker command: each
 * of them takes a twentieth of a second to start.
 */
function isPlain(
  planned: PlannedService,
  { words }: Difference,
): planned is PlannedService & { readonly current: Service } {
  const { current, request } = planned
  if (current === undefined || hasWholeSpec(request)) return false
  if (ownFlags(planned).length > 0 || policiesFor(planned).length > 0) return false
  return (
    words.length === 0 ||
    (!isJob(current.Spec) && (request.replicas === undefined || current.Spec.Mode.Replicated !== undefined))
  )
}

/** The user's own flags, for the command that the service needs. */
function ownFlags({ request, current }: PlannedService): readonly Flag[] {
  return current === undefined ? (request.createArgs ?? []) : request.updateArgs
}

/** Swarm's policies for the command that the service needs. Jobs have none. */
function policiesFor({ request, current }: PlannedService): readonly string[] {
  const { createArgs = [], policies } = request
  const makesJob =
    current === undefined
      ? createArgs.some(({ name, value }) => name === '--mode' && value?.endsWith('-job'))
      : isJob(current.Spec)
  return makesJob ? [] : policyFlags(policies)
}

/** @throws UserErrors with what docker says when it refuses the command */
async function rehearsed(planned: PlannedService, missing: Difference, run: Run): Promise<ServiceSpec> {
  const { connection, workspace, signal } = run
  const { docker, engine, configDirectory } = connection
  const { current } = planned
  const own = ownFlags(planned)
  const making = specByFlags(current === undefined ? 'create' : 'update', own, (flags) => {
    const command = commandFor(planned, missing, flags, configDirectory)
    return rehearse(command, docker, engine, workspace.socketPath(), signal, current)
  })
  const made = current === undefined ? await orAlso(making, () => requireReadable(planned.request, run)) : await making
  const spec = withOtherVariables(made, { ...missing.env, ...apartFromVariables(own).env })
  return current === undefined ? completed(planned, spec, run) : spec
}

/** Both lists of flags are told at once: where one of them is refused, with what is said against the other. */
async function orAlso<T>(first: Promise<T>, other: () => unknown): Promise<T> {
  try {
    return await first
  } catch (error) {
    if (!(error instanceof UserErrors)) throw error
    const more = await otherProblems(other)
    throw more.length === 0 ? error : new UserErrors([...error.problems, ...more])
  }
}

async function otherProblems(work: () => unknown): Promise<readonly string[]> {
  try {
    await work()
    return []
  } catch (error) {
    if (error instanceof UserErrors) return error.problems
    throw error
  }
}

/** A service that is about to be made, with what its `update-args` say on top, and with a note of its `create-args`. */
async function completed({ request }: PlannedService, spec: ServiceSpec, run: Run): Promise<ServiceSpec> {
  const { createArgs, env } = request
  const updated = await updatedByFlags(request, spec, run)
  if (createArgs === undefined) return updated
  const names = createArgs.map(({ name }) => name)
  return withListNote(updated, entriesOf(spec, names, env))
}

/** The command that the service needs, with some of the user's own flags. */
function commandFor(
  planned: PlannedService,
  { image, replicas, env: ofKey }: Difference,
  flags: readonly Flag[],
  directory: string,
): Command {
  const { request, current } = planned
  const own = apartFromVariables(flags)
  const env = { ...ofKey, ...own.env }
  const change = {
    name: current?.Spec.Name ?? planned.colours?.next ?? request.name,
    directory,
    image,
    replicas,
    env,
    flags: [...policiesFor(planned), ...own.words],
  }
  return current === undefined ? serviceCreate(change) : serviceUpdate(change)
}

const PAUSED = 'its last update was paused'
const KILLED = 'an earlier deploy of it was killed half-way'
const RERUN = 'run again'

/** Why a service is sent although nothing in it may differ. */
export const REASONS_BESIDE: readonly string[] = [PAUSED, KILLED, RERUN]

/**
 * Why an existing service has to be touched, in the user's words.
 *
 * @param declared what `create-args` make of the service as it is
 * @param attached what its lists change
 */
function changesOf(
  { request, current, interim }: PlannedService,
  whole: ServiceSpec,
  difference: Difference,
  declared: Overlay | undefined,
  attached: readonly string[],
): string[] {
  if (current === undefined) return []
  const [now, wanted] = [current.Spec, whole].map(withoutOwnNote) as [ServiceSpec, ServiceSpec]
  const stuck = [...(isPaused(current) ? [PAUSED] : []), ...(interim === undefined ? [] : [KILLED])]
  const changed = changedParts(now, wanted)
  const says = request.compose ?? request.recorded
  if (says !== undefined) {
    const rerun = says.isRerun && isJob(wanted) ? [RERUN] : []
    return [...(changed.length === 0 ? rerun : changed), ...stuck]
  }
  const byLists = changed.length === 0 ? [] : [...(declared?.changes ?? []), ...attached, ...commandChange(now, wanted)]
  const isScaled = wantedTasks(now) !== wantedTasks(wanted)
  const named = [...difference.words, ...byLists].filter((word) => isScaled || !OF_SCALE.test(word))
  const base = withoutOwnNote(declared?.spec ?? now)
  const byFlags =
    named.length === 0 && changed.length > 0 ? changesByFlags(base, wanted, changedParts(base, wanted)) : []
  return [...named, ...byFlags, ...stuck]
}

/** What says that the number of tasks is another: not where it is kept. */
const OF_SCALE = /^(?:replicas |--replicas$)/

function commandChange(now: ServiceSpec, wanted: ServiceSpec): string[] {
  return sameSpec(withCommand(now, commandOf(wanted)), now) ? [] : ['command']
}

const POLICIES = ['update policy', 'rollback policy']

function changesByFlags(now: ServiceSpec, wanted: ServiceSpec, changed: readonly string[]): string[] {
  const { UpdateConfig: _u, RollbackConfig: _r, ...rest } = now
  const { UpdateConfig: _update, RollbackConfig: _rollback, ...others } = wanted
  const policies = changed.filter((part) => POLICIES.includes(part))
  const onlyPolicies = policies.length > 0 && sameSpec(rest, others)
  return [...(onlyPolicies ? [] : ['update-args']), ...policies]
}
