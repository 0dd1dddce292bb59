import { imageInWords } from '../docker/specs/service-spec.ts'
import { nodeName } from '../docker/swarm/node-name.ts'
import { allTasksOf } from '../docker/swarm/snapshot.ts'
import { throwAll } from '../errors.ts'
import type { Change } from '../plan/change.ts'
import type { Observation } from '../plan/observe.ts'
import { log, stage } from '../runner/log/log.ts'
import { nowMs } from '../runner/time/clock.ts'
import { note } from '../runner/workspace/state.ts'
import { type ImageDemand, imageDemands } from './demand.ts'
import { follow, type PrepareRun } from './follow.ts'
import { judge, whereItIs } from './judge.ts'
import { nameIn } from './node-tasks.ts'
import { removeOurs, sweepExpired } from './passing-services.ts'

const TITLE = 'Have the nodes pull the images'

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
    const left = new Set<string>()
    try {
      await run.time.before(TITLE, (limit) => pullAll(demands, run, limit, left))
    } finally {
      if (run.signal.aborted) run.time.beginClosing()
      await removeOurs('pull', run.connection.engine, run.self, left, run.signal, run.onRemains)
    }
  })
  // Those that have come and gone meanwhile are none of the rollout's.
  const tasks = await run.time.before('Look at the swarm', (limit) => {
    return allTasksOf(connection.engine, observed.services, limit)
  })
  return { ...observed, tasks }
}

/** Removes the services that runs had for a while, and that nobody could clean up after. */
export async function removeLeft({ connection, observed, time }: PrepareRun): Promise<void> {
  await time.before('Look at the swarm', (limit) => sweepExpired(connection.engine, observed.now, limit))
}

async function pullAll(
  demands: readonly ImageDemand[],
  run: PrepareRun,
  limit: AbortSignal,
  left: Set<string>,
): Promise<void> {
  const startedAt = nowMs()
  for (const demand of demands) sayBegin(demand)
  const { pulls, nodes } = await follow(demands, run, limit, left)
  const nameOf = nameIn(nodes)
  const judged = pulls.map(({ pull, endedAt }) => {
    const seconds = (endedAt - startedAt) / 1000
    log.info(`${whereItIs(pull)}, after ${seconds.toFixed(1)} s`)
    return judge(pull, nodes, nameOf, seconds)
  })
  for (const { notice } of judged) if (notice !== undefined) log.notice(`prepare: ${notice}`)
  throwAll(judged.flatMap(({ problem }) => (problem === undefined ? [] : [`prepare: ${problem}`])))
}

function sayBegin({ image, nodes, notAsked, services }: ImageDemand): void {
  const names = services.map(({ name }) => name).join(', ')
  log.info(
    `${imageInWords(image)} for ${names}: ${nodes.length} ${nodes.length === 1 ? 'node is' : 'nodes are'} asked to have it`,
  )
  if (notAsked.length === 0) return
  const hosts = notAsked.map(({ ID }) => nodeName(ID, notAsked)).join(', ')
  log.info(`${imageInWords(image)}: not asked are ${hosts}, which run Windows: they pull it during the rollout`)
}
