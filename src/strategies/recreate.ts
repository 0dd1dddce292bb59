import type { Node, Service } from '../docker/api.ts'
import { replicasOf } from '../docker/specs/service-mode.ts'
import { nodeName } from '../docker/swarm/node-name.ts'
import type { Snapshot } from '../docker/swarm/snapshot.ts'
import { mayHaveContainer } from '../docker/swarm/task.ts'
import { messageOf } from '../errors.ts'
import type { Change, Update } from '../plan/change.ts'
import { emptied } from '../plan/interim-spec.ts'
import { sayingWhoScales } from '../plan/keep-replicas.ts'
import type { RolloutRun } from '../rollout/run.ts'
import { type AfterFirstStep, afterFirstStep, sendInterim } from '../rollout/send/interim.ts'
import { type Sent, untouched } from '../rollout/send/sent.ts'
import { writeSpec } from '../rollout/send/write-spec.ts'
import { judgeEnding } from '../rollout/watch/judge.ts'
import { type ReadSwarm, swarmReader } from '../rollout/watch/look.ts'
import { untilFirstProblem } from '../rollout/watch/until-first-problem.ts'
import { type StepWords, watchStep } from '../rollout/watch/watch-step.ts'
import { log } from '../runner/log/log.ts'
import { hasOthersScale } from '../runner/own-labels.ts'
import { allOf } from '../runner/text/all-of.ts'
import { timeLimit } from '../runner/time/clock.ts'
import { firstStepOf, tasksToReplace } from './first-step.ts'
import type { Strategy } from './strategy.ts'

const STRATEGY_NAME = 'recreate'

/** All old tasks are gone before the first new one. */
export const recreate: Strategy<typeof STRATEGY_NAME> = {
  name: STRATEGY_NAME,
  updatesInPlace: false,
  hasSecondService: false,
  hasDowntime: true,
  decide: ({ planned: { current }, wanted, nodes }) => {
    if (current === undefined) return {}
    const total = tasksToReplace(STRATEGY_NAME, current.Spec, wanted, nodes)
    if (typeof total !== 'number') return total
    const all = total === 1 ? 'its task is' : `${allOf(total, 'tasks')} are`
    return { course: `${all} stopped before the first new one starts: nothing runs in between`, firstStep: true }
  },
  first: { stage: 'Stop the old tasks', act: stopOldTasks },
}

function hasFirstStep(change: Change): change is Update {
  return firstStepOf(change, STRATEGY_NAME) !== undefined
}

const HOLD_TIMEOUT_MS = 30_000
const STOPPING: StepWords = { during: 'while its old tasks ended' }

/**
 * Takes every task of the services to be recreated down, side by side, and waits until their containers have ended. It
 * does not throw for what a service does.
 */
async function stopOldTasks(services: readonly Change[], run: RolloutRun): Promise<AfterFirstStep> {
  const sent = await Promise.all(
    services.map((change) => {
      if (!hasFirstStep(change) || run.signal.aborted) return untouched(change)
      run.lines.say(change.request.name, `its old tasks are stopped (${change.changes.join('; ')})`)
      return sendInterim(
        change,
        emptied(sayingWhoScales(change.current.Spec, change.wanted), run.mark),
        { from: 'spec' },
        run,
      )
    }),
  )
  const stopped = sent.some(({ problem }) => problem !== undefined) ? sent : await untilGone(sent, run)
  return afterFirstStep(stopped, 'the end of the old tasks of', run.signal)
}

/** The rollouts, each with a problem when its old tasks have not gone; those that the run's stop overtakes as they are. */
function untilGone(sent: readonly Sent[], run: RolloutRun): Promise<Sent[]> {
  const read = swarmReader(run, 'all')
  return untilFirstProblem(sent, run.signal, async (sent, signal) => {
    const { change, service } = sent
    const isStopping = hasFirstStep(change) && change.interim !== undefined
    if (!isStopping || service === undefined) return sent
    const { name } = change.request
    const watching = watchStep(service, name, STOPPING, heldDown(service, read, run), judgeEnding, { ...run, signal })
    const problem = await watching.untilSettled((progress, swarm) => {
      const left = swarm === undefined ? progress : leftOf(service, swarm)
      return `its old tasks have not ended within ${run.time.seconds} s: ${left}`
    })
    if (problem !== undefined) return { ...sent, problem }
    run.lines.say(name, 'its old tasks are gone')
    return sent
  })
}

/** The same reading; where others have scaled the service from none meanwhile, it is to have none again. */
function heldDown({ ID: id, Spec: emptied }: Service, read: ReadSwarm, { connection }: RolloutRun): ReadSwarm {
  if (!hasOthersScale(emptied.Labels)) return read
  return async (ours) => {
    const swarm = await read(ours)
    const now = swarm.services.get(id)
    if (now?.found !== 'ours' || !replicasOf(now.service.Spec)) return swarm
    const limit = timeLimit(HOLD_TIMEOUT_MS)
    await writeSpec(connection.engine, id, [emptied], emptied, { from: 'spec' }, limit).catch((error: unknown) =>
      log.debug(`${emptied.Name} was scaled, and is not emptied again: ${messageOf(error)}`),
    )
    return read(ours)
  }
}

/** How many of them are where. */
function leftOf({ ID: id }: Service, { services, nodes }: Snapshot): string {
  const now = services.get(id)
  const left = now === undefined || now.found === 'removed' ? [] : now.tasks.filter(mayHaveContainer)
  return `${left.length} on ${[...new Set(left.map(({ NodeID }) => placeOf(NodeID, nodes)))].join(', ')}`
}

/** A node that is down does not say how its tasks ended, and its containers may run on. */
function placeOf(id: string | undefined, nodes: readonly Node[]): string {
  const node = nodes.find(({ ID }) => ID === id)
  if (node === undefined) return 'a node that is gone'
  const name = nodeName(id, nodes)
  return node.Status.State === 'ready'
    ? `node ${name}`
    : `node ${name}, which is ${node.Status.State} (if it is gone for good: \`docker node rm --force ${node.ID}\`)`
}
