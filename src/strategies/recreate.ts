import type { Node, Service } from '../docker/api.ts'
import type { Snapshot } from '../docker/swarm/snapshot.ts'
import { mayHaveContainer } from '../docker/swarm/task.ts'
import type { CheckedService, Update } from '../plan/check.ts'
import { emptied } from '../plan/interim-spec.ts'
import { type Begun, begunWith, sendInterim, untouched } from '../rollout/interim.ts'
import { judgeEnding } from '../rollout/judge.ts'
import { swarmReader } from '../rollout/look.ts'
import type { Field, Rollout } from '../rollout/rollout.ts'
import { untilFirstProblem } from '../rollout/until-first-problem.ts'
import { type StepWords, watchStep } from '../rollout/watch-step.ts'
import { log } from '../runner/log.ts'
import { tasksToReplace } from './first-step.ts'
import type { Strategy } from './strategy.ts'

const STRATEGY_NAME = 'recreate'

/** All old tasks are gone before the first new one. */
export const recreate: Strategy = {
  keys: {},
  needsWait: true,
  choose: () => ({ settings: undefined, asideSeconds: 0 }),
  updatesInPlace: false,
  hasSecondService: false,
  meansGap: true,
  decide: ({ planned: { current }, wanted, nodes }) => {
    if (current === undefined) return {}
    const total = tasksToReplace(STRATEGY_NAME, current.Spec, wanted, nodes)
    return typeof total === 'number' ? { firstStep: true } : total
  },
  first: { stage: 'Stop the old tasks', act: stopOldTasks },
}

function hasFirstStep(checked: CheckedService): checked is Update {
  const isOurs = checked.action === 'update' && checked.request.strategy.kind === STRATEGY_NAME
  return isOurs && checked.firstStep !== undefined
}

const STOPPING: StepWords = { during: 'while its old tasks ended' }

/**
 * Takes every task of the services to be recreated down, side by side, and waits until their containers have ended. It
 * does not throw for what a service does.
 */
async function stopOldTasks(services: readonly CheckedService[], field: Field): Promise<Begun> {
  const sent = await Promise.all(
    services.map((checked) => {
      if (!hasFirstStep(checked) || field.signal.aborted) return untouched(checked)
      log.info(`${checked.request.name}: its old tasks are stopped (${checked.changes.join('; ')})`)
      return sendInterim(checked, emptied(checked.current.Spec, field.mark), { from: 'spec' }, field.connection)
    }),
  )
  const stopped = sent.some(({ problem }) => problem !== undefined) ? sent : await untilGone(sent, field)
  return begunWith(stopped, 'the end of the old tasks of', field.signal)
}

/** The rollouts, each with a problem when its old tasks have not gone; those that the run's stop overtakes as they are. */
function untilGone(sent: readonly Rollout[], field: Field): Promise<Rollout[]> {
  const read = swarmReader(field, 'all')
  return untilFirstProblem(sent, field.signal, async (rollout, signal) => {
    const { checked, service } = rollout
    const isStopping = hasFirstStep(checked) && checked.interim !== undefined
    if (!isStopping || service === undefined) return rollout
    const { name } = checked.request
    const watching = watchStep(service, name, STOPPING, read, judgeEnding, { ...field, signal })
    const problem = await watching.untilSettled((progress, swarm) => {
      const left = swarm === undefined ? progress : leftOf(service, swarm)
      return `its old tasks have not ended within ${field.time.seconds} s: ${left}`
    })
    if (problem !== undefined) return { ...rollout, problem }
    log.info(`${name}: its old tasks are gone`)
    return rollout
  })
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
  const { Hostname: host } = node.Description
  return node.Status.State === 'ready'
    ? `node ${host}`
    : `node ${host}, which is ${node.Status.State} (if it is gone for good: \`docker node rm --force ${host}\`)`
}
