import type { CheckedService, Field, Rollout } from './deployment.ts'
import type { Node, Service, Task } from './docker/api.ts'
import { throughElection } from './docker/election.ts'
import type { Engine } from './docker/engine.ts'
import { emptied } from './docker/interim-spec.ts'
import { mayHaveContainer } from './docker/task.ts'
import { isSomeoneElses } from './docker/view.ts'
import { messageOf } from './errors.ts'
import { type Begun, begunWith, sendInterim, untouched } from './interim.ts'
import { sleep } from './runner/clock.ts'
import { log } from './runner/log.ts'

const LOOK_EVERY_MS = 300

/**
 * Takes every task of the services to be recreated down, side by side, and waits until their containers have ended. It
 * does not throw for what a service does.
 */
export async function stopOldTasks(services: readonly CheckedService[], field: Field): Promise<Begun> {
  const { connection, signal } = field
  const sent = await Promise.all(
    services.map((checked) => {
      const isMeant = checked.action !== 'unchanged' && checked.firstStep?.kind === 'recreate'
      if (!isMeant || checked.current === undefined || signal.aborted) return untouched(checked)
      log.info(`${checked.request.name}: its old tasks are stopped (${checked.changes.join('; ')})`)
      return sendInterim(checked, emptied(checked.current.Spec), { from: 'spec' }, connection)
    }),
  )
  return begunWith(await untilGone(sent, field), 'the end of the old tasks of', signal)
}

/** The rollouts, each with a problem when its old tasks have not gone; all of them as they are when the run is stopped. */
async function untilGone(sent: readonly Rollout[], field: Field): Promise<readonly Rollout[]> {
  const { connection, time, signal } = field
  const isStopping = ({ checked, problem }: Rollout) =>
    checked.firstStep?.kind === 'recreate' && checked.interim !== undefined && problem === undefined
  let rollouts = sent
  let waitFor = rollouts.filter(isStopping)
  while (waitFor.length > 0 && rollouts.every(({ problem }) => problem === undefined) && !signal.aborted) {
    try {
      const late = time.isOver
      const now = await throughElection(() => lookAt(connection.engine, waitFor, late, signal), signal)
      rollouts = rollouts.map((rollout) => (waitFor.includes(rollout) ? checkOne(rollout, now, late, field) : rollout))
      waitFor = rollouts.filter((one) => isStopping(one) && leftOf(one, now).length > 0)
      if (waitFor.length > 0) await sleep(LOOK_EVERY_MS, signal)
    } catch (error) {
      if (signal.aborted) break
      const cause = `the swarm can no longer be watched: ${messageOf(error)}`
      return rollouts.map((one) => (waitFor.includes(one) ? { ...one, problem: { outcome: 'failed', cause } } : one))
    }
  }
  return rollouts
}

interface Now {
  readonly services: readonly Service[]
  readonly tasks: readonly Task[]
  /** Read when it is too late, to tell where the tasks are left: a node may have gone down meanwhile. */
  readonly nodes: readonly Node[]
}

async function lookAt(engine: Engine, rollouts: readonly Rollout[], late: boolean, signal: AbortSignal): Promise<Now> {
  const ids = rollouts.flatMap(({ service }) => service?.ID ?? [])
  const [services, tasks, nodes] = await Promise.all([
    engine.get<Service[]>('/services', { query: { filters: JSON.stringify({ id: ids }) }, signal }),
    engine.get<Task[]>('/tasks', { query: { filters: JSON.stringify({ service: ids }) }, signal }),
    late ? engine.get<Node[]>('/nodes', { signal }) : [],
  ])
  return { services, tasks, nodes }
}

function leftOf({ service }: Rollout, { tasks }: Now): Task[] {
  return tasks.filter((task) => task.ServiceID === service?.ID && mayHaveContainer(task))
}

function checkOne(rollout: Rollout, now: Now, late: boolean, { time }: Field): Rollout {
  const { name } = rollout.checked.request
  const service = now.services.find(({ ID }) => ID === rollout.service?.ID)
  if (service === undefined || isSomeoneElses(rollout.service, service)) {
    const what = service === undefined ? 'removed' : 'changed'
    return {
      ...rollout,
      problem: { outcome: 'superseded', cause: `someone else ${what} it while its old tasks ended` },
    }
  }
  const left = leftOf(rollout, now)
  if (left.length === 0) log.info(`${name}: its old tasks are gone`)
  if (left.length === 0 || !late) return rollout
  const nodes = new Set(left.map(({ NodeID }) => placeOf(NodeID, now.nodes)))
  const cause = `its old tasks have not ended within ${time.seconds} s: ${left.length} on ${[...nodes].join(', ')}`
  return { ...rollout, problem: { outcome: 'timed-out', cause } }
}

/** A node that is down does not say how its tasks ended, and its containers may run on. */
function placeOf(id: string | undefined, nodes: readonly Node[]): string {
  const node = nodes.find(({ ID }) => ID === id)
  if (node === undefined) return 'a node that is gone'
  const { Hostname: host } = node.Description
  return node.Status.State === 'ready'
    ? `node ${host}`
    : `node ${host}, which is ${node.Status.State} (if it is gone for good: \`docker node rm --force ${host}\`)`
}
