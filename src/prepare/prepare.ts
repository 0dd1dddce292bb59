import type { Run } from '../connect/run.ts'
import type { Node, Task } from '../docker/api.ts'
import { EngineError } from '../docker/engine/engine.ts'
import { remove } from '../docker/engine/removal.ts'
import { registryAuthHeader } from '../docker/registry/registry-auth.ts'
import { imageInWords } from '../docker/specs/service-spec.ts'
import { findService, isAnswerLost, updateSpec } from '../docker/specs/spec-update.ts'
import { nodeName } from '../docker/swarm/node-name.ts'
import { pullServiceSpec } from '../docker/swarm/pull-service.ts'
import { allTasksOf } from '../docker/swarm/snapshot.ts'
import { messageOf, throwAll } from '../errors.ts'
import type { Deployment } from '../inputs/deployment.ts'
import type { Change } from '../plan/check.ts'
import type { Observation } from '../plan/observe.ts'
import { nowMs, sleep, timeLimit } from '../runner/clock.ts'
import { log, stage } from '../runner/log.ts'
import type { RunIdentity } from '../runner/run.ts'
import { note } from '../runner/state.ts'
import { type ImageDemand, imageDemands } from './demand.ts'
import { judge } from './judge.ts'
import { afterLook, beginPull, isOver, nextNodes, type Pull, refused, thereOn, withAsked } from './pull.ts'
import { ofRun, pullServiceLabels, pullServiceName, removeExpired, removeOfRun } from './pull-services.ts'

/** What the stage has at hand. */
export interface PrepareRun extends Run {
  readonly deployment: Deployment
  readonly observed: Observation
  readonly self: RunIdentity
}

const TITLE = 'Have the nodes pull the images'
/** As much of `timeout` the nodes may take: what is left is for a rollout that is not much faster than without. */
const SHARE = 0.5
/** A service that a killed run leaves counts for so much longer than the run could have lasted. */
const MARGIN_MS = 60_000
const REMOVE_TIMEOUT_MS = 20_000
const PROGRESS_EVERY_MS = 5000
/** More images are told of together. */
const MOST_TOLD_ALONE = 5

/**
 * Has the nodes pull the images that the changes bring, so far as their services ask for it (`prepare`), and waits for them.
 * Nothing of a service is changed, and none is made but those by which the nodes pull, which are gone when it ends.
 *
 * @returns what is observed of the swarm, with the tasks that there are by then
 * @throws UserErrors that name the nodes that cannot have an image, where a service needs them
 */
export async function prepareNodes(changes: readonly Change[], run: PrepareRun): Promise<Observation> {
  const { connection, observed } = run
  const demands = imageDemands(changes, observed)
  if (demands.length === 0) return observed
  await stage(TITLE, async () => {
    note({ pulls: run.self.token })
    try {
      await run.time.before(TITLE, (limit) => pullAll(demands, run, limit))
    } finally {
      if (run.signal.aborted) run.time.beginClosing()
      await removeOurs(run)
    }
  })
  // Those that have come and gone meanwhile are none of the rollout's.
  const tasks = await run.time.before('Look at the swarm', (limit) => {
    return allTasksOf(connection.engine, observed.services, limit)
  })
  return { ...observed, tasks }
}

/** Removes the services by which the nodes of runs pulled that nobody could clean up after. */
export async function removeLeft({ connection, observed, time }: PrepareRun): Promise<void> {
  await time.before('Look at the swarm', async (limit) => {
    try {
      const names = await removeExpired(connection.engine, observed.now, limit)
      if (names.length > 0) log.info(`Removed what an earlier run had left: ${names.join(', ')}`)
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      log.debug(`Not removed: what an earlier run may have left: ${error.message}`)
    }
  })
}

async function pullAll(demands: readonly ImageDemand[], run: PrepareRun, limit: AbortSignal): Promise<void> {
  const startedAt = nowMs()
  for (const demand of demands) sayBegin(demand)
  const { pulls, nodes } = await follow(demands, run, limit)
  const waited = (nowMs() - startedAt) / 1000
  const nameOf = (node: Node) => nodeName(node.ID, nodes) ?? node.ID
  const judged = pulls.map((pull) => judge(pull, nodes, nameOf, waited))
  for (const { line } of judged) log.info(`${line}, after ${waited.toFixed(1)} s`)
  for (const { notice } of judged) if (notice !== undefined) log.notice(`prepare: ${notice}`)
  throwAll(judged.flatMap(({ problem }) => (problem === undefined ? [] : [`prepare: ${problem}`])))
}

/** It never fails the run: what stays is removed by a later one. */
async function removeOurs({ connection, self }: PrepareRun): Promise<void> {
  try {
    await removeOfRun(connection.engine, self.token, timeLimit(REMOVE_TIMEOUT_MS))
    note({ pulls: '' })
  } catch (error) {
    log.warning(
      `Not removed: the services by which nodes pulled (${messageOf(error)}). Remove those whose name begins with \`swarm-deploy-prepare-\`, or leave it to a later deploy`,
    )
  }
}

/** A pull that has its service, or had it. */
interface Followed {
  readonly pull: Pull
  readonly serviceId?: string
  readonly isRemoved?: true
}

/** Asks the nodes, and looks until all have answered, or their time is over. */
async function follow(demands: readonly ImageDemand[], run: PrepareRun, limit: AbortSignal) {
  const { connection, deployment, self, time } = run
  const { engine } = connection
  const late = time.over(-time.seconds * 1000 * (1 - SHARE))
  const tellProgress = progressTeller()
  const startedAt = nowMs()
  let all: readonly Followed[] = demands.map((demand) => ({ pull: beginPull(demand) }))
  let nodes: readonly Node[] = run.observed.nodes

  for (;;) {
    all = await asked(all)
    const over = all.every(({ pull }) => isOver(pull))
    if (over || late.aborted) return { pulls: all.map(({ pull }) => pull), nodes }
    await sleep(pauseMs(nowMs() - startedAt), AbortSignal.any([limit, late])).catch(() => undefined)
    limit.throwIfAborted()
    all = await looked(all)
    tellProgress(all.map(({ pull }) => pull))
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
    const name = pullServiceName(self, `${image} ${access?.config.directory ?? ''}`)
    const until = Math.ceil(run.observed.now + deployment.timeoutSeconds * 1000 + MARGIN_MS)
    const body = pullServiceSpec({ name, labels: pullServiceLabels(self, until), image, notOn })
    const auth = access === undefined ? {} : { registryAuth: registryAuthHeader(access.credential) }
    try {
      const made = await engine.post<{ ID: string }>('/services/create', {
        body,
        mayRepeat: true,
        signal: limit,
        ...auth,
      })
      return made.ID
    } catch (error) {
      // The answer to a first call was lost.
      const there =
        error instanceof EngineError && error.status === 409 ? await findService(engine, name, limit) : undefined
      if (there === undefined) throw error
      return there.ID
    }
  }

  /** Where more nodes are let in, tasks that have ended are not run again (swarmkit, manager/orchestrator/task.go). */
  async function widen(id: string, notOn: readonly string[]): Promise<void> {
    const service = await findService(engine, id, limit)
    if (service === undefined) return
    const { Spec: spec } = service
    const { Constraints } = pullServiceSpec({ name: '', labels: {}, image: '', notOn }).TaskTemplate.Placement ?? {}
    const TaskTemplate = {
      ...spec.TaskTemplate,
      Placement: { ...spec.TaskTemplate.Placement, Constraints: Constraints ?? [] },
    }
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
    if (one.serviceId === undefined || one.isRemoved || !isOver(one.pull)) return one
    try {
      await remove(engine, `/services/${one.serviceId}`, limit)
      return { ...one, isRemoved: true }
    } catch {
      // It is tried once more at the end.
      return one
    }
  }
}

/** All nodes may have it already: then it is over within a second. */
function pauseMs(elapsedMs: number): number {
  if (elapsedMs < 2000) return 100
  return elapsedMs < 10_000 ? 250 : 500
}

function sayBegin({ image, nodes, notAsked, services }: ImageDemand): void {
  const names = services.map(({ name }) => name).join(', ')
  log.info(
    `${imageInWords(image)} for ${names}: ${nodes.length} ${nodes.length === 1 ? 'node is' : 'nodes are'} asked to have it`,
  )
  if (notAsked.length === 0) return
  const hosts = notAsked.map(({ Description }) => Description.Hostname).join(', ')
  log.info(`${imageInWords(image)}: not asked are ${hosts}, which run Windows: they pull it during the rollout`)
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
