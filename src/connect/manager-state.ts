import type { SystemInfo } from '../docker/api.ts'
import { isElection } from '../docker/engine/election.ts'

/** Why a daemon cannot manage its swarm now, from its own account; `undefined` when it can. */
export function notManaging({ Swarm: swarm, BuildahVersion: ofPodman }: SystemInfo, host: string): string | undefined {
  if (swarm.ControlAvailable && !swarm.Error) return undefined
  if (ofPodman) {
    return `what answers at ${host} is podman, which has no swarm: point \`host\`, DOCKER_HOST or the docker context at the docker daemon of a manager`
  }
  if (swarm.LocalNodeState === 'inactive') {
    return `the docker daemon at ${host} is not part of a swarm: point \`host\`, DOCKER_HOST or the docker context at a manager of one, or run \`docker swarm init\` there`
  }
  if (swarm.LocalNodeState === 'active' && !swarm.ControlAvailable) {
    return `the docker daemon at ${host} is a worker of its swarm: point \`host\`, DOCKER_HOST or the docker context at a manager`
  }
  return `the swarm of ${host} cannot be managed now (${swarm.LocalNodeState}): ${swarm.Error || 'no reason given'}`
}

/** Whether that is over before long: a manager that starts, or a swarm that elects its leader. */
export function mayPass({ ControlAvailable, Error: problem, LocalNodeState }: SystemInfo['Swarm']): boolean {
  return LocalNodeState === 'pending' || (ControlAvailable && isElection(problem ?? ''))
}
