import type { Run } from '../connect/run.ts'
import type { ServiceSpec } from '../docker/api.ts'
import { apartFromVariables, type Flag, serviceCreate, serviceUpdate } from '../docker/cli/commands.ts'
import { isUnread, refusalsOf, unknownFlagIn } from '../docker/cli/refused-flags.ts'
import { type Rehearsal, rehearse } from '../docker/cli/rehearsal.ts'
import type { ImageReference } from '../docker/registry/reference.ts'
import { createFlags, type Overlay, overlay, unknownFlags } from '../docker/specs/create-flags.ts'
import { withOtherVariables } from '../docker/specs/service-spec.ts'
import { withoutIgnored } from '../docker/specs/spec-support.ts'
import { throwAll, UserErrors } from '../errors.ts'
import type { ServiceRequest } from '../inputs/deployment.ts'
import { closestKey } from '../inputs/keys.ts'
import { log } from '../runner/log/log.ts'
import { listNoteOf } from './list-note.ts'
import type { PlannedService } from './planned-service.ts'

/** Docker wants one, and nothing of it is taken over. */
const ANY_IMAGE: ImageReference = { registry: 'docker.io', repository: 'library/any', tag: 'latest' }

/**
 * A service that exists as its `create-args` want it, by docker's own word: the command that would create it is
 * rehearsed, and what its flags speak of is laid over the spec that the service has. `undefined` where there is no such
 * list, or no service yet.
 *
 * @throws UserErrors with what docker says when it refuses the flags
 */
export async function declaredByFlags(planned: PlannedService, run: Run): Promise<Overlay | undefined> {
  const { request, current, colours } = planned
  const { createArgs, env } = request
  if (createArgs === undefined || current === undefined) return undefined
  const names = createArgs.map(({ name }) => name)
  const unknown = unknownFlags(names)
  const declared = await created(planned, createArgs, run)
  const known = createArgs.filter(({ name }) => !unknown.includes(name))
  const plain = unknown.length === 0 ? undefined : await created(planned, known, run)
  const ofOthers = Object.keys(env).map((name) => `--env ${name}`)
  return overlay(current.Spec, declared, names, {
    ...(plain && { plain }),
    earlier: listNoteOf(current.Spec).filter((name) => !ofOthers.includes(name)),
    keptAlias: colours?.route?.alias,
  })
}

/** The spec that docker would create by these flags. */
async function created(
  { request, current }: PlannedService,
  flags: readonly Flag[],
  { connection, workspace, signal }: Run,
): Promise<ServiceSpec> {
  const { docker, engine, configDirectory } = connection
  const mode = flags.some(({ name }) => name === '--mode') ? [] : modeFlag(current?.Spec)
  const ask = (some: readonly Flag[]) => {
    const { words, env } = apartFromVariables(some)
    const command = serviceCreate({
      name: request.name,
      directory: configDirectory,
      image: ANY_IMAGE,
      replicas: undefined,
      env,
      flags: [...mode, ...words],
    })
    return rehearse(command, docker, engine, workspace.socketPath(), signal)
  }
  const spec = await specByFlags('create', flags, ask)
  const { kept, ignored } = withoutIgnored(spec, engine.apiVersion)
  for (const key of ignored) log.warning(`service ${request.name}: this daemon is too old for ${key}, and ignores it`)
  return kept
}

/**
 * A service that is about to be made with what its `update-args` say on top. There is nothing to force.
 *
 * @throws UserErrors with what docker says when it refuses the flags
 */
export async function updatedByFlags(
  { updateArgs }: ServiceRequest,
  spec: ServiceSpec,
  { connection, workspace, signal }: Run,
): Promise<ServiceSpec> {
  const flags = updateArgs.filter(({ name }) => name !== '--force')
  if (flags.length === 0) return spec
  const { docker, engine, configDirectory: directory } = connection
  const service = { ID: 'rehearsal', Version: { Index: 1 }, Spec: spec }
  return specByFlags('update', flags, (some) => {
    const { words, env } = apartFromVariables(some)
    const command = serviceUpdate({
      name: spec.Name,
      directory,
      image: undefined,
      replicas: undefined,
      env,
      flags: words,
    })
    return rehearse(command, docker, engine, workspace.socketPath(), signal, service)
  })
}

/**
 * That docker can read the `update-args` of a service that is about to be made, where there is no spec of it to lay them
 * over. What docker says against them because of the spec is not said.
 *
 * @throws UserErrors with what docker says when it cannot read the flags
 */
export async function requireReadable(request: ServiceRequest, run: Run): Promise<void> {
  const bare = { Name: request.name, TaskTemplate: { ContainerSpec: { Image: 'any' } }, Mode: { Replicated: {} } }
  try {
    await updatedByFlags(request, bare, run)
  } catch (error) {
    if (!(error instanceof UserErrors)) throw error
    throwAll(error.problems.filter(isUnread))
  }
}

/**
 * The spec that docker makes of a command with the flags of a list, and with the variables that these set.
 *
 * @param ask for the command with some of them
 * @throws UserErrors with all that docker says against them
 */
export async function specByFlags(
  verb: 'create' | 'update',
  flags: readonly Flag[],
  ask: (flags: readonly Flag[]) => Promise<Rehearsal>,
): Promise<ServiceSpec> {
  const rehearsal = await ask(flags)
  if (!('refusal' in rehearsal)) return withOtherVariables(rehearsal.spec, apartFromVariables(flags).env)
  const list = flags.length > 0 ? `\`${verb}-args\`: ` : ''
  const refusals = await refusalsOf(rehearsal.refusal, flags, ask)
  throw new UserErrors(refusals.map((refusal) => `${list}docker refuses it: ${refusal}${guessFor(refusal, verb)}`))
}

/** The flag of `docker service create` that was probably meant where docker does not know one. */
function guessFor(refusal: string, verb: 'create' | 'update'): string {
  const unknown = verb === 'create' ? unknownFlagIn(refusal) : undefined
  const meant = unknown === undefined ? undefined : closestKey(unknown, createFlags())
  return meant === undefined ? '' : `: did you mean \`${meant}\`?`
}

/** The mode that a service has, so that docker takes the flags which belong to it. */
function modeFlag(spec: ServiceSpec | undefined): string[] {
  if (spec?.Mode.Global !== undefined) return ['--mode', 'global']
  if (spec?.Mode.GlobalJob !== undefined) return ['--mode', 'global-job']
  return spec?.Mode.ReplicatedJob === undefined ? [] : ['--mode', 'replicated-job']
}
