import type { Service, ServiceSpec } from '../api.ts'
import type { Engine } from '../engine/engine.ts'
import type { DockerCli } from './cli.ts'
import type { Command } from './commands.ts'
import { type Asked, complaint, type Reply, runAgainst } from './stand-in.ts'

/** What a docker command would send to the swarm, or why it would not. */
export type Rehearsal = { readonly spec: ServiceSpec } | { readonly refusal: string }

const CHANGES_SERVICE = /^\/services\/(create|[^/]+\/update)$/

/**
 * Runs a `docker service create|update` against a stand-in for the daemon: what the command reads is the real swarm,
 * what it would change is caught and not passed on. So the CLI itself says what its flags mean, and mistakes in them
 * show before anything has changed.
 *
 * @param socketPath where the stand-in listens meanwhile; in a directory that nobody else can enter
 * @param service the one that is seen: as it was observed, whatever the swarm has or says at this moment
 */
export async function rehearse(
  command: Command,
  docker: DockerCli,
  engine: Engine,
  socketPath: string,
  signal: AbortSignal,
  service?: Service | undefined,
): Promise<Rehearsal> {
  const caught: ServiceSpec[] = []
  const answer = ({ method, path, body }: Asked): Reply | undefined => {
    if (method === 'POST' && CHANGES_SERVICE.test(path)) {
      caught.push(body as ServiceSpec)
      return { status: 200, body: { ID: 'rehearsal' } }
    }
    if (method !== 'GET') return undefined
    if (path === '/services') return { status: 200, body: service === undefined ? [] : [service] }
    const isAskedFor = service !== undefined && path === `/services/${service.Spec.Name}`
    return isAskedFor ? { status: 200, body: service } : undefined
  }
  const result = await runAgainst(answer, command, docker, engine, socketPath, signal)
  const [spec] = caught
  if (result.code !== 0) return { refusal: complaint(result) }
  return spec === undefined ? { refusal: `it ended without a change: ${complaint(result)}` } : { spec }
}
