import type { ServiceSpec, Task } from '../api.ts'

/**
 * A service by which nodes pull an image and run nothing of it. Swarm has no call for that, but a node pulls the image of
 * a task before it makes its container, and this container cannot be made: Docker puts a file `/.dockerenv` into each
 * (moby, daemon/initlayer), and a working directory of that name cannot be created over it. So the OCI runtime is never
 * called, and no container, layer or volume is left (seen with 20.10, 26.1 and 28.5, on overlay2 and containerd's store).
 * Pure.
 */

const NO_DIRECTORY = '/.dockerenv'
/** Where the container could be made all the same, it cannot be started. */
const NO_PROGRAM = '/.swarm-deploy-runs-nothing'

/** What such a service is made of. */
export interface PullService {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** With its digest. */
  readonly image: string
  /** The IDs of nodes that are not to pull it. */
  readonly notOn: readonly string[]
}

/**
 * Its spec: a global service, so each node has one task, with the restart condition `none`, so none is tried again. A
 * global job would be (seen with 20.10). No platforms: with them the tasks of other nodes would wait for ever.
 */
export function pullServiceSpec({ name, labels, image, notOn }: PullService): ServiceSpec {
  return {
    Name: name,
    Labels: labels,
    TaskTemplate: {
      ContainerSpec: { Image: image, Command: [NO_PROGRAM], Dir: NO_DIRECTORY, Healthcheck: { Test: ['NONE'] } },
      RestartPolicy: { Condition: 'none' },
      Placement: { Constraints: constraintsLeavingOut(notOn) },
    },
    Mode: { Global: {} },
  }
}

/**
 * The constraints that leave nodes out. Where there are fewer of them later, the nodes let in get a task, and no task that
 * is there is run again (swarmkit, manager/orchestrator/task.go).
 *
 * @param ids of the nodes
 */
export function constraintsLeavingOut(ids: readonly string[]): string[] {
  return ids.map((id) => `node.id!=${id}`)
}

/** Where a node is with the image of its task. */
export type PullState =
  /** It waits for its turn, or pulls. */
  | { readonly state: 'pulling' }
  /** The image is there: the daemon went on to make the container, and could not. */
  | { readonly state: 'there' }
  /** It could not be pulled: what the daemon says. */
  | { readonly state: 'failed'; readonly said: string }
  /** The task has ended in another way, or was told to: nobody knows. */
  | { readonly state: 'unknown' }

const NOT_MADE = /(?:^|: )cannot mkdir: \/\.dockerenv is not a directory$/i
const NOT_STARTED = /^starting container failed: /

/**
 * What the task of such a service says of its node. Only the two errors that the service is made for tell that the image
 * is there; whatever else a daemon says, it is not.
 */
export function pullStateOf({ Status: status, DesiredState: desired }: Task): PullState {
  const { State: state, Err: said = '' } = status
  if (state === 'rejected' || state === 'failed') {
    const isThere = (state === 'rejected' && NOT_MADE.test(said)) || (state === 'failed' && NOT_STARTED.test(said))
    return isThere ? { state: 'there' } : { state: 'failed', said }
  }
  const isOver = ['complete', 'shutdown', 'remove', 'orphaned'].includes(state)
  const isToEnd = ['shutdown', 'remove'].includes(desired)
  return isOver || isToEnd ? { state: 'unknown' } : { state: 'pulling' }
}
