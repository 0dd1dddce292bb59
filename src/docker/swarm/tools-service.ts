import type { ServiceSpec } from '../api.ts'
import { constraintsLeavingOut } from './pull-service.ts'

/**
 * A global service whose tasks run a script with the docker command on each node, against the daemon of that node, and end.
 * Swarm has no call for what is a node's own: its images, its volumes. Whoever has the socket of a daemon is root on its
 * machine. It is no job: the containers of a job that is removed stay on the nodes (seen with 20.10). Pure.
 */

/** Where docker listens on a node, by custom; and where a task finds it. */
export const NODE_SOCKET = '/var/run/docker.sock'
const MOUNTED_SOCKET = '/swarm-deploy/docker.sock'

/** How often a node tries it. */
export const TOOLS_TRIES = 2

/** The exit codes that the script has of its own: the daemon does not answer; it is not that of the node; no `docker`. */
export const TOOLS_EXIT = { noAnswer: 91, otherDaemon: 92, noDocker: 93 } as const

const BEGIN = 'swarm-deploy: begin'
const END = 'swarm-deploy: end'

/**
 * A socket may be that of another daemon than the one whose node this is: a rootless one beside a rootful one. So the daemon
 * is asked for its node first.
 */
const BEFORE = `set -u
trap 'exit 143' INT TERM
command -v docker >/dev/null || exit ${TOOLS_EXIT.noDocker}
found=$(docker info --format '{{.Swarm.NodeID}}') || exit ${TOOLS_EXIT.noAnswer}
[ -n "$found" ] || exit ${TOOLS_EXIT.noAnswer}
[ "$found" = "$SWARM_DEPLOY_NODE" ] || exit ${TOOLS_EXIT.otherDaemon}
echo '${BEGIN}'
`
const AFTER = `
echo '${END}'
`

/** Seconds, in nanoseconds. */
const AGAIN_AFTER = 2e9
/** What a task may print. When it is more, the beginning is lost, and that is seen. */
const MOST_LOG = '4m'

/** What such a service is made of. */
export interface ToolsService {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** Has a shell and a docker command. */
  readonly image: string
  /** POSIX shell. What comes from outside is in the arguments, and never part of it. */
  readonly script: string
  readonly args: readonly string[]
  /** The IDs of nodes that are not to run it. */
  readonly notOn: readonly string[]
}

/** Its spec. A task that fails is tried once more: it may have met a hiccup of a registry. */
export function toolsServiceSpec({ name, labels, image, script, args, notOn }: ToolsService): ServiceSpec {
  return {
    Name: name,
    Labels: labels,
    TaskTemplate: {
      ContainerSpec: {
        Image: image,
        Command: ['sh', '-c', `${BEFORE}${script}${AFTER}`, 'sh'],
        Args: [...args],
        Env: [`DOCKER_HOST=unix://${MOUNTED_SOCKET}`, 'DOCKER_CLI_HINTS=false', 'SWARM_DEPLOY_NODE={{.Node.ID}}'],
        User: '0:0',
        ReadOnly: true,
        CapabilityDrop: ['ALL'],
        // With SELinux no container may speak to the daemon.
        Privileges: { SELinuxContext: { Disable: true } },
        Healthcheck: { Test: ['NONE'] },
        Mounts: [{ Type: 'bind', Source: NODE_SOCKET, Target: MOUNTED_SOCKET }],
      },
      // Whatever the node's daemon does with logs: this one can be read, and does not fill its disk.
      LogDriver: { Name: 'json-file', Options: { 'max-size': MOST_LOG, 'max-file': '1' } },
      RestartPolicy: { Condition: 'on-failure', Delay: AGAIN_AFTER, MaxAttempts: TOOLS_TRIES - 1 },
      Placement: { Constraints: ['node.platform.os==linux', ...constraintsLeavingOut(notOn)] },
    },
    Mode: { Global: {} },
  }
}

/**
 * What the script has printed.
 *
 * @param lines of the standard output of a task that is complete
 * @returns `undefined` when not all of it is there
 */
export function reportIn(lines: readonly string[]): string[] | undefined {
  const begin = lines.indexOf(BEGIN)
  return begin >= 0 && lines.at(-1) === END ? lines.slice(begin + 1, -1) : undefined
}

/**
 * What the script has printed so far, or until it failed.
 *
 * @param lines of the standard output of a task
 * @returns `undefined` when the beginning is not there
 */
export function printedIn(lines: readonly string[]): string[] | undefined {
  if (lines.length === 0) return []
  const begin = lines.indexOf(BEGIN)
  return begin < 0 ? undefined : lines.slice(begin + 1).filter((line) => line !== END)
}
