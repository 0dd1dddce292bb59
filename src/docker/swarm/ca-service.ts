import type { ServiceSpec } from '../api.ts'
import { constraintsLeavingOut } from './pull-service.ts'

/**
 * A global service whose tasks write the certificates of registries' authorities on each node, where its daemon looks for
 * them, and end. It is no job: the containers of a job that is removed stay on the nodes (seen with 20.10).
 *
 * A bind mount of `/etc/docker/certs.d` would need that directory to be there on each node: so `/etc` is mounted, and
 * nothing but the files below is written. Swarm has no task without any network: it gets none of the swarm's, and no port.
 * Pure.
 */

/** Where a task finds the node's `/etc`, and the certificates. */
const NODE_ETC = '/node-etc'
const GIVEN = '/swarm-deploy-ca'

/**
 * Its first argument tells one run's files from another's, and then come the registries, in the order of the configs.
 * What is there with the same content stays; else the file is written beside, under a name that no daemon reads, and takes
 * its place at once. A link could lead anywhere on the node, so it is not followed.
 */
const SCRIPT = `set -eu
umask 022
run=$1
shift
number=0
for registry; do
  given=${GIVEN}/$number
  number=$((number + 1))
  directory=${NODE_ETC}/docker/certs.d/$registry
  file=$directory/ca.crt
  for path in ${NODE_ETC}/docker ${NODE_ETC}/docker/certs.d "$directory" "$file"; do
    if [ -L "$path" ]; then
      echo "$path is a link" >&2
      exit 1
    fi
  done
  if [ -d "$file" ]; then
    echo "$file is a directory" >&2
    exit 1
  fi
  mkdir -p "$directory"
  if [ -f "$file" ] && [ "$(cat "$given")" = "$(cat "$file")" ]; then
    chmod 0644 "$file"
    continue
  fi
  new=$directory/.swarm-deploy-$run
  trap 'rm -f "$new"' EXIT
  trap 'exit 1' INT TERM
  cat "$given" >"$new"
  chmod 0644 "$new"
  mv -f "$new" "$file"
done
`

/** How often a node tries it. */
export const CA_TRIES = 2

const READABLE = 0o444
/** Seconds, in nanoseconds. */
const AGAIN_AFTER = 2e9

/** What such a service is made of. */
export interface CaService {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** Has a shell, `cat`, `chmod`, `mkdir`, `mv` and `rm`. */
  readonly image: string
  /** Tells this run from others. */
  readonly token: string
  /** Swarm's configs with the certificates. */
  readonly cas: readonly { readonly registry: string; readonly configId: string; readonly configName: string }[]
  /** The IDs of nodes that have them. */
  readonly notOn: readonly string[]
}

/** Its spec. A task that fails is tried once more: it may have met a hiccup of a registry. */
export function caServiceSpec({ name, labels, image, token, cas, notOn }: CaService): ServiceSpec {
  return {
    Name: name,
    Labels: labels,
    TaskTemplate: {
      ContainerSpec: {
        Image: image,
        Command: ['sh', '-c', SCRIPT, 'sh'],
        Args: [token, ...cas.map(({ registry }) => registry)],
        User: '0:0',
        ReadOnly: true,
        CapabilityDrop: ['ALL'],
        // What root needs where somebody else owns /etc/docker.
        CapabilityAdd: ['CAP_DAC_OVERRIDE'],
        // With SELinux no container may write there.
        Privileges: { SELinuxContext: { Disable: true } },
        Healthcheck: { Test: ['NONE'] },
        Mounts: [{ Type: 'bind', Source: '/etc', Target: NODE_ETC }],
        Configs: cas.map(({ configId, configName }, index) => ({
          ConfigID: configId,
          ConfigName: configName,
          File: { Name: `${GIVEN}/${index}`, UID: '0', GID: '0', Mode: READABLE },
        })),
      },
      RestartPolicy: { Condition: 'on-failure', Delay: AGAIN_AFTER, MaxAttempts: CA_TRIES - 1 },
      Placement: { Constraints: ['node.platform.os==linux', ...constraintsLeavingOut(notOn)] },
    },
    Mode: { Global: {} },
  }
}
