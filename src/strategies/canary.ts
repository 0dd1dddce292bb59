import { imageOf } from '../docker/specs/service-spec.ts'
import type { CanarySettings } from '../inputs/strategies/canary.ts'
import { longestTrial, type Trial } from '../inputs/strategies/trial.ts'
import { type Change, interimOf, type Update } from '../plan/change.ts'
import { withFirstTasks } from '../plan/interim-spec.ts'
import { sayingWhoScales } from '../plan/keep-replicas.ts'
import { observedTasks } from '../plan/observe.ts'
import type { RolloutRun } from '../rollout/run.ts'
import { type AfterFirstStep, afterFirstStep, sendInterim } from '../rollout/send/interim.ts'
import { renewCredential } from '../rollout/send/renew-credential.ts'
import { type Problem, type Sent, untouched } from '../rollout/send/sent.ts'
import { storedCredential } from '../rollout/send/stored-credential.ts'
import { judgeFirstTasks } from '../rollout/watch/judge.ts'
import { type ReadSwarm, swarmReader } from '../rollout/watch/look.ts'
import { untilFirstProblem } from '../rollout/watch/until-first-problem.ts'
import { type StepWords, watchStep } from '../rollout/watch/watch-step.ts'
import { firstStepOf, tasksToReplace } from './first-step.ts'
import type { Strategy } from './strategy.ts'
import { type OnTrial, trial, trialWords } from './trial.ts'

/** So many of all its tasks are replaced first. */
interface FirstStep {
  readonly tasks: number
  readonly total: number
  readonly trial: Trial
}

const STRATEGY_NAME = 'canary'

/** A part of the tasks first; Swarm's own update for the others, when those have passed their trial. */
export const canary: Strategy<typeof STRATEGY_NAME> = {
  name: STRATEGY_NAME,
  updatesInPlace: true,
  hasSecondService: false,
  hasDowntime: false,
  decide: ({ planned: { request, current }, wanted, nodes }) => {
    if (current === undefined) return {}
    const { size, trial: asked } = request.strategy.settings as CanarySettings
    const total = tasksToReplace(STRATEGY_NAME, current.Spec, wanted, nodes)
    if (typeof total !== 'number') return total
    const tasks = 'tasks' in size ? size.tasks : partOf(total, size.percent)
    if (tasks < total) {
      const [are, theyHave] = tasks === 1 ? ['is', 'it has'] : ['are', 'those have']
      const course = `${tasks} of its ${total} tasks ${are} replaced first, and the others when ${theyHave} ${trialWords(asked)}`
      return { course, firstStep: { tasks, total, trial: asked } satisfies FirstStep }
    }
    const has = total === 1 ? 'it has one task only' : `${tasks} of its ${total} tasks would be all of them`
    return { refusal: `canary tries some tasks while the others stay, but ${has}: ${adviceFor(total)}` }
  },
  first: { stage: 'Try the canaries', act: tryCanaries },
}

/** Rounded up, and of two tasks any part is one. */
function partOf(total: number, percent: number): number {
  return Math.max(1, Math.min(total - 1, Math.ceil((total * percent) / 100)))
}

function adviceFor(total: number): string {
  return total === 1
    ? 'give it more first, or write `strategy: rolling` for it'
    : `write a \`canary\` from 1 to ${total - 1}`
}

function canaryOf(change: Change): FirstStep | undefined {
  return firstStepOf(change, STRATEGY_NAME) as FirstStep | undefined
}

const CANARY: StepWords = { during: 'during its canary', failed: 'the canary failed: ', ofCanary: true }

/**
 * Has the first tasks of every canary service replaced, side by side, and tries them. When one fails, the trials of
 * the others end too. It does not throw for what a service does.
 */
async function tryCanaries(services: readonly Change[], run: RolloutRun): Promise<AfterFirstStep> {
  const sent = await Promise.all(
    services.map((change) => {
      const step = canaryOf(change)
      return step === undefined || change.action !== 'update' ? untouched(change) : sendCanary(change, step, run)
    }),
  )
  const tried = sent.some(({ problem }) => problem !== undefined) ? sent : await tryAll(sent, run)
  return afterFirstStep(tried, 'the canary of', run.signal)
}

async function sendCanary(change: Update, { tasks, total }: FirstStep, run: RolloutRun): Promise<Sent> {
  const { request, current, wanted, changes, access } = change
  if (run.signal.aborted) return untouched(change)
  run.lines.say(request.name, `${tasks} of its ${total} tasks first (${changes.join('; ')})`)
  await renewCredential(change, run, run.signal)
  const interim = withFirstTasks(sayingWhoScales(current.Spec, wanted), wanted, tasks, run.mark)
  return sendInterim(change, interim, storedCredential(access), run)
}

/** The rollouts, each with a problem when its canary has failed; those that a stop or another's failure overtakes as they are. */
function tryAll(sent: readonly Sent[], run: RolloutRun): Promise<Sent[]> {
  const read = swarmReader(run, 'up-to-date')
  return untilFirstProblem(sent, run.signal, async (sent, signal) => {
    const step = canaryOf(sent.change)
    if (step === undefined || interimOf(sent.change) === undefined) return sent
    const problem = await tryOne(sent, step, read, { ...run, signal })
    return problem === undefined ? sent : { ...sent, problem }
  })
}

/** Why the canaries of a service did not come up, stay up or pass the check; `undefined` when they did. */
async function tryOne(
  { change, service: ours }: Sent,
  { tasks, trial: asked }: FirstStep,
  read: ReadSwarm,
  run: RolloutRun,
): Promise<Problem | undefined> {
  if (ours === undefined) return undefined
  const { name } = change.request
  const before = observedTasks(run.observed, ours.ID)
  const watching = watchStep(
    ours,
    name,
    CANARY,
    read,
    (history, snapshot) => judgeFirstTasks(history, snapshot, tasks, STRATEGY_NAME),
    run,
    before,
  )
  const problem = await watching.untilSettled(
    (progress) => `it has not settled within ${run.time.seconds} s: ${progress}`,
  )
  if (problem !== undefined) return problem
  run.lines.say(name, 'its canary is up')

  const onTrial: OnTrial = {
    service: ours.Spec.Name,
    image: imageOf(ours),
    say: (text) => run.lines.say(name, text),
  }
  const cause = await run.time.aside(longestTrial(asked), () => trial(onTrial, asked, watching.stillUp, run.signal))
  if (cause === undefined) run.lines.good(name, 'its canary has passed, now the others')
  return cause === undefined ? undefined : (watching.down() ?? watching.failure('failed', cause))
}
