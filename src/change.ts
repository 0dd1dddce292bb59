import type { CheckedService, Connection, PlannedService } from './deployment.ts'
import type { Service, ServiceSpec } from './docker/api.ts'
import { type Command, policyFlags, serviceCreate, serviceUpdate, stackDeploy } from './docker/commands.ts'
import { NOTHING, type Rehearsal, rehearse } from './docker/rehearsal.ts'
import { isJob } from './docker/service-mode.ts'
import { type Difference, difference, policyChanges, sameSpec, withDifference } from './docker/service-spec.ts'
import { fileFor, sameStackSpec, stackChanges, withIds } from './docker/stack-file.ts'
import { isPaused } from './docker/unsettled.ts'
import { UserErrors } from './errors.ts'
import type { CheckedImage } from './images.ts'
import type { Workspace } from './runner/workspace.ts'
import type { StackSurroundings } from './stack/surroundings.ts'

/** What a deploy would change in a service, and how it is told to the swarm. */
export interface Change extends Pick<CheckedService, 'asked' | 'wanted' | 'networks' | 'changes'> {
  /** Sends it; `undefined`: the wanted spec is sent as a whole. */
  readonly command: Command | undefined
  /** Of what is asked for by name, that which the service does not have. */
  readonly missing: Difference
}

/** The world in which a change is rehearsed. */
export interface Surroundings {
  readonly connection: Connection
  readonly workspace: Workspace
  /** What the rest of the stack brings along. */
  readonly stack?: StackSurroundings | undefined
  readonly signal: AbortSignal
}

/**
 * What a deploy would change in a service, by docker's own word: its command is rehearsed, unless the change is so
 * plain that it needs none.
 *
 * @throws UserErrors with what docker says when it refuses the command
 */
export async function changeOf(
  planned: PlannedService,
  image: CheckedImage,
  surroundings: Surroundings,
): Promise<Change> {
  const { request, current } = planned
  const asked = { image: image.pinned, replicas: request.replicas, env: request.env }
  const missing = difference(current?.Spec, asked)
  if (isPlain(planned, missing)) {
    const wanted = withDifference(planned.current.Spec, missing)
    return { asked, missing, wanted, networks: [], changes: changesOf(planned, wanted, missing), command: undefined }
  }
  const command = commandFor(planned, missing, image, surroundings.connection.configDirectory)
  const rehearsal = await rehearseIn(surroundings, command, planned)
  if ('refusal' in rehearsal) throw new UserErrors([`docker refuses it: ${rehearsal.refusal}`])
  const { spec, networks } = rehearsal
  const wanted = withIds(spec, surroundings.stack?.networkIds ?? new Map())
  return { asked, missing, wanted, networks, changes: changesOf(planned, wanted, missing), command }
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
export function needsWholeSpec({ request, interim }: PlannedService): boolean {
  const { kind } = request.rollover.strategy
  return request.compose !== undefined || interim !== undefined || kind !== 'rolling'
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
  { access, pinned }: CheckedImage,
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
  { connection, workspace, stack, signal }: Surroundings,
  command: Command,
  { current, interim }: PlannedService,
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
