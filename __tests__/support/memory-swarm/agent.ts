import { nowMs, sleep } from '../../../src/runner/time/clock.ts'
import { digestOf, findImage, type Image, type Images, mayRead } from './images.ts'
import { isAbove, isBelow, NANOSECONDS_PER_MS, type StoredNode, type StoredTask, templateOf } from './objects.ts'
import { place } from './scheduler.ts'
import type { Store } from './store.ts'

/** How long the steps of a task take, in milliseconds: about as in a swarm on one machine. */
const ALLOCATE_MS = 10
const SCHEDULE_MS = 40
const RECEIVE_MS = 60
const PREPARE_MS = 60
const PULL_MS = 300
/** A pull that the registry refuses is over sooner than the task before has ended. */
const REFUSAL_MS = 100
const START_MS = 250
const STOP_MS = 400
const UNHEALTHY_MS = 1500
/** Docker's own, after which it kills. */
const DEFAULT_GRACE_MS = 10_000
const NOTHING = { Image: '' }
/** The exit code of a container that was killed. */
const KILLED = 137

/**
 * Leads a task through its life, as the allocator, the scheduler and the agent of its node do: from new to a node, over
 * the pull of its image, to running, and to its end.
 */
export async function live(store: Store, images: Images, task: StoredTask): Promise<void> {
  await sleep(ALLOCATE_MS)
  report(store, task, { state: 'pending', message: 'pending task scheduling' })
  await sleep(SCHEDULE_MS)
  const node = await placed(store, task)
  if (node === undefined) return
  const agent: Agent = { store, images, task, node }
  await store.until(() => !isReachable(agent) || isDoomed(task), RECEIVE_MS)
  for (const step of [prepare, untilWanted, start, stay]) {
    await reach(agent)
    if (isDoomed(task)) break
    if ((await step(agent)) === 'over') break
  }
  await end(agent)
}

interface Agent {
  readonly store: Store
  readonly images: Images
  readonly task: StoredTask
  readonly node: StoredNode
}

type Step = (agent: Agent) => Promise<'on' | 'over'>

/** A task that is not to run any more, or that nobody knows any more. */
function isDoomed({ desired }: StoredTask): boolean {
  return isAbove(desired, 'complete')
}

function isGone(store: Store, { id }: StoredTask): boolean {
  return !store.tasks.has(id)
}

function isReachable({ store, node }: Agent): boolean {
  return store.nodes.get(node.id)?.state === 'ready'
}

/** What happens on a node that is cut off is known when it is back. */
async function reach(agent: Agent): Promise<void> {
  await agent.store.until(() => isReachable(agent) || isGone(agent.store, agent.task))
}

async function placed(store: Store, task: StoredTask): Promise<StoredNode | undefined> {
  const isConfirmed = task.nodeId !== undefined
  for (;;) {
    if (isDoomed(task) || isGone(store, task)) return undefined
    const found = place(store, task)
    if ('nodeId' in found) {
      const how = isConfirmed
        ? 'scheduler confirmed task can run on preassigned node'
        : 'scheduler assigned task to node'
      report(store, task, { state: 'assigned', message: how, err: '', nodeId: found.nodeId })
      return store.nodes.get(found.nodeId)
    }
    if (task.err !== found.err) store.writeTask(task, { err: found.err })
    await store.until(() => isDoomed(task) || isGone(store, task) || 'nodeId' in place(store, task))
  }
}

const prepare: Step = async ({ store, images, task, node }) => {
  report(store, task, { state: 'preparing', message: 'preparing' })
  const { Image: reference = '', Dir: directory } = templateOf(task).ContainerSpec ?? {}
  const found = findImage(images, reference)
  const digest = found && digestOf(found.tag)
  if (found === undefined || digest === undefined) return reject(REFUSAL_MS, `No such image: ${reference}`)
  if (!node.images.has(digest)) {
    if (!mayRead(found.image, task.made.credential)) return reject(REFUSAL_MS, `No such image: ${reference}`)
    const { pullSeconds, pullFailsOn } = found.image
    const failsAfter = pullFailsOn?.[node.hostname]
    if (failsAfter !== undefined) return reject(failsAfter * 1000, `No such image: ${reference}`)
    const isOver = await interrupted(pullSeconds === undefined ? PULL_MS : pullSeconds * 1000)
    if (isOver) return 'over'
    node.images.add(digest)
  }
  const { rejected } = images.get(found.tag) ?? {}
  if (rejected !== undefined) return reject(REFUSAL_MS, rejected)
  // Docker puts a file there into every container, before its working directory is made.
  if (directory === '/.dockerenv') return reject(PREPARE_MS, 'Cannot mkdir: /.dockerenv is not a directory')
  if (await interrupted(PREPARE_MS)) return 'over'
  report(store, task, { state: 'ready', message: 'prepared' })
  return 'on'

  async function interrupted(ms: number): Promise<boolean> {
    await store.until(() => isDoomed(task) || isGone(store, task), ms)
    return isDoomed(task) || isGone(store, task)
  }

  async function reject(ms: number, err: string): Promise<'over'> {
    if (await interrupted(ms)) return 'over'
    report(store, task, { state: 'rejected', err, container: { id: '', exitCode: 0 } })
    return 'over'
  }
}

/** A task waits with its image until the one before it has ended, or its delay is over. */
const untilWanted: Step = async ({ store, task }) => {
  await store.until(() => !isBelow(task.desired, 'running') || isGone(store, task))
  return isGone(store, task) ? 'over' : 'on'
}

const start: Step = async (agent) => {
  const { store, task } = agent
  const image = imageOf(agent)
  report(store, task, { state: 'starting', message: 'starting' })
  await store.until(() => isDoomed(task), START_MS)
  if (isDoomed(task)) return 'over'
  const container = { id: task.id.padStart(64, '0'), exitCode: 0 }
  store.writeTask(task, { container })
  if (image.acts !== undefined) {
    const { hostname } = agent.node
    const { exitCode = 0, ...printed } = image.acts({ hostname, container: templateOf(task).ContainerSpec ?? NOTHING })
    store.writeTask(task, { printed })
    exit(agent, exitCode)
    return 'over'
  }
  if (image.unhealthy) {
    const ms = image.unhealthy === true ? UNHEALTHY_MS : image.unhealthy.afterSeconds * 1000
    const early = image.ends !== undefined && image.ends.afterSeconds * 1000 < ms
    if (!early) {
      await store.until(() => isDoomed(task), ms)
      if (isDoomed(task)) return 'over'
      const { exitCode = 143 } = image.unhealthy === true ? {} : image.unhealthy
      store.writeTask(task, { isUnhealthy: true })
      if (exitCode === 0) exit(agent, 0)
      else fail(agent, exitCode, `task: non-zero exit (${exitCode}): dockerexec: unhealthy container`)
      return 'over'
    }
  }
  const passes = typeof image.healthy === 'object' ? image.healthy.afterSeconds * 1000 : 0
  const endsAt = image.ends === undefined ? Number.POSITIVE_INFINITY : image.ends.afterSeconds * 1000
  if (image.unhealthy || endsAt < passes) {
    await store.until(() => isDoomed(task), endsAt)
    if (!isDoomed(task)) exit(agent, image.ends?.exitCode ?? 0)
    return 'over'
  }
  await store.until(() => isDoomed(task), passes)
  if (isDoomed(task)) return 'over'
  report(store, task, { state: 'running', message: 'started' })
  return 'on'
}

/** Runs until it ends by itself or is told to. */
const stay: Step = async (agent) => {
  const { store, task } = agent
  const { ends } = imageOf(agent)
  await store.until(() => isDoomed(task), ends && ends.afterSeconds * 1000)
  if (isDoomed(task)) return 'over'
  await reach(agent)
  if (!isDoomed(task)) exit(agent, ends?.exitCode ?? 0)
  return 'over'
}

/** A task that has ended by itself stays as it is, one that is told to end is stopped: at the latest by a kill. */
async function end(agent: Agent): Promise<void> {
  const { store, task } = agent
  if (isAbove(task.state, 'running') || isGone(store, task)) return
  await reach(agent)
  if (isGone(store, task)) return
  if (task.container !== undefined) {
    const { stopSeconds } = imageOf(agent)
    const grace = templateOf(task).ContainerSpec?.StopGracePeriod
    const graceMs = grace === undefined ? DEFAULT_GRACE_MS : grace / NANOSECONDS_PER_MS
    const asked = stopSeconds === undefined ? STOP_MS : stopSeconds * 1000
    await sleep(Math.min(asked, graceMs))
    await reach(agent)
    store.writeTask(task, { container: { ...task.container, exitCode: asked > graceMs ? KILLED : 0 } })
  }
  report(store, task, { state: 'shutdown', message: 'shutdown' })
}

function exit(agent: Agent, exitCode: number): void {
  const { store, task } = agent
  if (exitCode !== 0) fail(agent, exitCode, `task: non-zero exit (${exitCode})`)
  else report(store, task, { state: 'complete', message: 'finished' })
}

function fail({ store, task }: Agent, exitCode: number, err: string): void {
  const container = { id: task.container?.id ?? '', exitCode }
  report(store, task, { state: 'failed', err, container })
}

function report(store: Store, task: StoredTask, changed: Partial<StoredTask>): void {
  store.writeTask(task, { ...changed, reportedAt: nowMs(), statusAt: store.timestamp() })
}

function imageOf({ images, task }: Agent): Image {
  return findImage(images, templateOf(task).ContainerSpec?.Image ?? '')?.image ?? {}
}
