import type { CheckedService, Connection } from '../deployment.ts'
import { throughElection } from '../docker/election.ts'
import { type Engine, EngineError } from '../docker/engine.ts'
import { remove } from '../docker/removal.ts'
import { withIds } from '../docker/stack-file.ts'
import type { Kind } from '../docker/stack-objects.ts'
import { messageOf, UserError } from '../errors.ts'
import { timeLimit } from '../runner/clock.ts'
import { log, stage } from '../runner/log.ts'
import { exists, type Stack, type WantedObject } from './stack.ts'
import { placeholder } from './surroundings.ts'

const MAKE_TIMEOUT_MS = 120_000
const UNDO_TIMEOUT_MS = 60_000

/**
 * Makes the networks, secrets and configs that are not there yet and that a service needs, each once.
 *
 * @returns the services, with the IDs of what was made in the place of what stood for it
 * @throws UserError when the swarm refuses one; those made before it are taken away again
 */
export async function makeObjects(
  stack: Stack,
  services: readonly CheckedService[],
  { engine }: Connection,
  signal: AbortSignal,
): Promise<readonly CheckedService[]> {
  const networks = services.flatMap((service) => (service.action === 'unchanged' ? [] : (service.networks ?? [])))
  const ids = await stage('Make networks, secrets and configs', () => makeAll(stack, networks, engine, signal))
  return services.map((service) => ({ ...service, wanted: withIds(service.wanted, ids) }))
}

/**
 * @param networks what docker itself would send to make them, from the rehearsals
 * @returns the ID of each, by what stood for it until now
 */
async function makeAll(
  stack: Stack,
  networks: readonly { readonly Name: string }[],
  engine: Engine,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const made: { readonly placeholder: string; readonly path: string; readonly id: string }[] = []
  const make = async (kind: Kind | 'network', name: string, body: unknown) => {
    signal.throwIfAborted()
    const id = await makeOnce(engine, kind, name, body)
    made.push({ placeholder: placeholder(kind, name), path: `/${kind}s/${id}`, id })
    log.info(`${kind} ${name}: created`)
  }
  try {
    for (const body of new Map(networks.map((one) => [one.Name, one])).values()) await make('network', body.Name, body)
    for (const object of stack.objects) {
      if (!exists(object, stack.known)) await make(object.kind, object.name, bodyOf(object))
    }
  } catch (error) {
    const patience = timeLimit(UNDO_TIMEOUT_MS)
    const undo = ({ path }: { readonly path: string }) =>
      remove(engine, path, patience).catch((failure: unknown) => log.warning(messageOf(failure)))
    await Promise.all(made.map(undo))
    throw error
  }
  return new Map(made.map(({ placeholder: before, id }) => [before, id]))
}

function bodyOf({ name, labels, content, driver, templating }: WantedObject): unknown {
  return {
    Name: name,
    Labels: labels,
    ...(driver === undefined ? { Data: content.toString('base64') } : { Driver: driver }),
    ...(templating === undefined ? {} : { Templating: { Name: templating } }),
  }
}

/** While the swarm has no leader nobody knows whether it was made: then it is there at the second try. */
async function makeOnce(engine: Engine, kind: Kind | 'network', name: string, body: unknown): Promise<string> {
  const patience = timeLimit(MAKE_TIMEOUT_MS)
  try {
    const answer = await throughElection(
      () => engine.post<{ ID?: string; Id?: string }>(`/${kind}s/create`, { body }),
      patience,
    )
    return answer.ID ?? answer.Id ?? ''
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    if (error.status !== 409) throw new UserError(`the swarm refuses to make the ${kind} ${name}: ${error.message}`)
    const there = await throughElection(
      () => engine.get<{ ID?: string; Id?: string }>(`/${kind}s/${encodeURIComponent(name)}`),
      patience,
    )
    return there.ID ?? there.Id ?? ''
  }
}
