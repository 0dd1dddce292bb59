import type { Run } from '../connect/run.ts'
import type { Node, Task } from '../docker/api.ts'
import { EngineError } from '../docker/engine/engine.ts'
import { imageInWords } from '../docker/specs/service-spec.ts'
import { findService, isAnswerLost, updateSpec } from '../docker/specs/spec-update.ts'
import { constraintsLeavingOut, pullServiceSpec } from '../docker/swarm/pull-service.ts'
import type { OnRemains } from '../errors.ts'
import type { Deployment } from '../inputs/deployment.ts'
import { storedLogin } from '../plan/credentials/stored-account.ts'
import type { Observation } from '../plan/observe.ts'
import { log } from '../runner/log/log.ts'
import type { RunIdentity } from '../runner/run.ts'
import { nowMs, sleep } from '../runner/time/clock.ts'
import type { ImageDemand } from './demand.ts'
import {
  makePassingService,
  ofRun,
  passingServiceLabels,
  passingServiceName,
  removePassingService,
} from './passing-services.ts'
import { afterLook, beginPull, isOver, nextNodes, type Pull, refused, thereOn, withAsked } from './pull.ts'

/** As much of `timeout` the nodes may take: what is left is for a rollout that is not much faster than without. */
const SHARE = 0.5
const PROGRESS_EVERY_MS = 5000
const SILENCE_MS = 5000
/** More images are told of together. */
const MOST_TOLD_ALONE = 5

/** What the stage has at hand. */
export interface PrepareRun extends Run {
  readonly deployment: Deployment
  readonly observed: Observation
  readonly self: RunIdentity
  readonly onRemains: OnRemains
}

/** A pull that has its service, or had it. */
interface Followed {
  readonly pull: Pull
  readonly serviceId?: string
  /** Its nodes have answered, and its service is removed. */
  readonly endedAt?: number
}

/**
 * Asks the nodes for the images, and looks until all have answered, or the half of `timeout` is over.
 *
 * @param left gets the IDs of the services that are there, for whoever removes them when this ends early
 * @returns how far each is, in the order of the demands, and the nodes as they are by then
 */
export async function follow(demands: readonly ImageDemand[], run: PrepareRun, limit: AbortSignal, left: Set<string>) {
  const { connection, deployment, self, time } = run
  const { engine } = connection
  const untilLate = () => time.leftMs - time.seconds * 1000 * (1 - SHARE) + unansweredMs
  const tellProgress = progressTeller()
  const startedAt = nowMs()
  let all: readonly Followed[] = demands.map((demand) => ({ pull: beginPull(demand) }))
  let nodes: readonly Node[] = run.observed.nodes
  let unansweredMs = 0

  for (;;) {
    all = await answered(asked(all))
    const over = all.every(({ pull }) => isOver(pull))
    if (over || untilLate() <= 0) {
      const now = nowMs()
      return { pulls: all.map(({ pull, endedAt = now }) => ({ pull, endedAt })), nodes }
    }
    await sleep(Math.min(pauseMs(nowMs() - startedAt), Math.max(0, untilLate())), limit)
    all = await answered(looked(all))
    tellProgress(all.map(({ pull }) => pull))
  }

  /** While the swarm elects a leader no node can say how far it is: that is not the time that it takes. */
  async function answered<T>(calls: Promise<T>): Promise<T> {
    const begunAt = nowMs()
    const answer = await calls
    const tookMs = nowMs() - begunAt
    if (tookMs >= SILENCE_MS) unansweredMs += tookMs
    return answer
  }

  /** Of so many images at a time the nodes are asked, and of each so many nodes. */
  async function asked(now: readonly Followed[]): Promise<Followed[]> {
    const most = deployment.maxParallel
    const done: Followed[] = []
    let busy = now.filter(({ pull }) => pull.nodes.size > 0 && !isOver(pull)).length
    for (const one of now) {
      const ids = isOver(one.pull) ? [] : nextNodes(one.pull, most)
      const isNew = one.serviceId === undefined
      if (ids.length === 0 || (isNew && busy >= most)) {
        done.push(one)
        continue
      }
      if (isNew) busy++
      done.push(await ask(one, ids))
    }
    return done
  }

  async function ask(one: Followed, ids: readonly string[]): Promise<Followed> {
    const pull = withAsked(one.pull, ids, nowMs())
    const notOn = nodes.map(({ ID }) => ID).filter((id) => !pull.nodes.has(id))
    try {
      if (one.serviceId !== undefined) {
        await widen(one.serviceId, notOn)
        return { ...one, pull }
      }
      return { pull, serviceId: await make(pull.demand, notOn) }
    } catch (error) {
      if (!(error instanceof EngineError) || isAnswerLost(error) || limit.aborted) throw error
      return { ...one, pull: refused(one.pull, error.message) }
    }
  }

  async function make({ image, access }: ImageDemand, notOn: readonly string[]): Promise<string> {
    const name = passingServiceName('pull', self, `${image} ${access?.config.directory ?? ''}`)
    const labels = passingServiceLabels(self, run.observed.now + deployment.timeoutSeconds * 1000)
    const spec = pullServiceSpec({ name, labels, image, notOn })
    const id = await makePassingService(engine, spec, access && storedLogin(access.credential), limit)
    left.add(id)
    return id
  }

  async function widen(id: string, notOn: readonly string[]): Promise<void> {
    const service = await findService(engine, id, limit)
    if (service === undefined) return
    const { Spec: spec } = service
    const Placement = { ...spec.TaskTemplate.Placement, Constraints: constraintsLeavingOut(notOn) }
    const TaskTemplate = { ...spec.TaskTemplate, Placement }
    await updateSpec(engine, id, [spec], { ...spec, TaskTemplate }, { from: 'spec' }, limit)
  }

  async function looked(now: readonly Followed[]): Promise<Followed[]> {
    const [tasks, present] = await Promise.all([
      engine.get<Task[]>('/tasks', { query: { filters: ofRun(self.token) }, signal: limit }),
      engine.get<Node[]>('/nodes', { signal: limit }),
    ])
    nodes = present
    const next = now.map((one): Followed => {
      if (one.serviceId === undefined || isOver(one.pull)) return one
      const own = tasks.filter(({ ServiceID: id }) => id === one.serviceId)
      return { ...one, pull: afterLook(one.pull, own, nodes, nowMs()) }
    })
    return Promise.all(next.map(removedWhenOver))
  }

  /** At once: what is still there when others take long would be pulled by each node that joins. */
  async function removedWhenOver(one: Followed): Promise<Followed> {
    if (one.endedAt !== undefined || !isOver(one.pull)) return one
    const ended = { ...one, endedAt: nowMs() }
    const { serviceId } = one
    if (serviceId === undefined) return ended
    // What could not be removed is tried once more at the end.
    const removed = removePassingService(engine, serviceId, limit).then(() => left.delete(serviceId))
    await removed.catch(() => undefined)
    return ended
  }
}

/** All nodes may have it already: then it is over within a second. */
function pauseMs(elapsedMs: number): number {
  if (elapsedMs < 2000) return 100
  return elapsedMs < 10_000 ? 250 : 500
}

/** Says from time to time how many nodes have what. */
function progressTeller(): (pulls: readonly Pull[]) => void {
  let saidAt = nowMs()
  let said = ''
  return (pulls) => {
    if (nowMs() - saidAt < PROGRESS_EVERY_MS) return
    const open = pulls.filter((pull) => !isOver(pull))
    const lines =
      open.length <= MOST_TOLD_ALONE
        ? open.map(
            (pull) =>
              `${imageInWords(pull.demand.image)}: ${thereOn(pull)} of ${pull.demand.nodes.length} nodes have it`,
          )
        : [`${pulls.length - open.length} of ${pulls.length} images are on their nodes`]
    saidAt = nowMs()
    if (lines.join('\n') === said) return
    said = lines.join('\n')
    for (const line of lines) log.info(line)
  }
}
