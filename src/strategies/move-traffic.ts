import type { Service, ServiceSpec, Task } from '../docker/api.ts'
import type { Engine } from '../docker/engine/engine.ts'
import { remove } from '../docker/engine/removal.ts'
import { imageOf } from '../docker/specs/service-spec.ts'
import { sameSpec } from '../docker/specs/spec-comparison.ts'
import { findService, type UpdateResult } from '../docker/specs/spec-update.ts'
import { messageOf } from '../errors.ts'
import type { BlueGreenSettings } from '../inputs/strategies/blue-green.ts'
import { longestTrial, type Trial } from '../inputs/strategies/trial.ts'
import type { Change } from '../plan/change.ts'
import {
  type Colours,
  claimed,
  hasTraffic,
  reclaimed,
  retired,
  routingToTake,
  type SecondService,
} from '../plan/colours.ts'
import { isAsBefore, sayingWhoScales } from '../plan/keep-replicas.ts'
import type { ServiceResult } from '../result.ts'
import { isGood } from '../result.ts'
import type { RolloutRun } from '../rollout/run.ts'
import { createService } from '../rollout/send/create-service.ts'
import { DRAIN_SECONDS } from '../rollout/send/second-service.ts'
import type { Problem, Sent } from '../rollout/send/sent.ts'
import { noteMoving } from '../rollout/send/under-way.ts'
import { WRITE_TIMEOUT_MS, writeSpec } from '../rollout/send/write-spec.ts'
import { type Settled, settledAs, withResult } from '../rollout/settled.ts'
import { bySomeoneElse, superseded } from '../rollout/superseded.ts'
import { judgeEnding, judgeTrial } from '../rollout/watch/judge.ts'
import { type ReadSwarm, swarmReader } from '../rollout/watch/look.ts'
import { allEnded } from '../rollout/watch/service-history.ts'
import { untilFirstProblem } from '../rollout/watch/until-first-problem.ts'
import { watch } from '../rollout/watch/watch.ts'
import { type StepWords, watchStep } from '../rollout/watch/watch-step.ts'
import { log } from '../runner/log/log.ts'
import { nowMs, timeLimit } from '../runner/time/clock.ts'
import { secondsSince } from '../runner/time/elapsed.ts'
import { type OnTrial, trial } from './trial.ts'

/** A service whose traffic moves, on its way. */
interface Move {
  readonly sent: Sent
  readonly name: string
  readonly colours: Colours
  readonly next: SecondService
  /** The one that has the traffic, and is to lose it. */
  readonly old: Service
  /** What that was before this run, without what the run says on it. */
  readonly before: ServiceSpec
  /** The new one, as the swarm has it. */
  readonly service: Service
  readonly trial: Trial
  readonly keepOld: BlueGreenSettings['keepOld']
  /** The tasks of the new one that had ended before it came up. */
  readonly forgiven: readonly Task[] | undefined
  /** Whether traffic may go to the new one. */
  readonly hasMoved?: boolean
  readonly problem?: Problem
}

/** What the steps of all moves share. */
interface Shared extends RolloutRun {
  readonly read: ReadSwarm
}

/**
 * Gives the new services the traffic when they have passed their trial, side by side: what leads it to the old one is
 * given to the new one and then taken from the old, which stays for a while. When one service fails on the way, the way
 * back is to give all their old traffic back, unless the user wants to keep what there is.
 */
export async function moveTraffic(settled: readonly Settled[], run: RolloutRun): Promise<readonly Settled[]> {
  let moves = settled.flatMap((one) => moveOf(one) ?? [])
  const shared: Shared = { ...run, read: swarmReader(run, 'up-to-date') }
  for (const step of [tryOut, giveRoutes, takeRoutes, keepOld]) {
    moves = await untilFirstProblem(moves, run.signal, (move, signal) => step(move, { ...shared, signal }))
    if (run.signal.aborted || moves.some(({ problem }) => problem !== undefined)) break
  }
  const hasFailed = moves.some(({ problem }) => problem !== undefined)
  const goesBack = hasFailed && !run.signal.aborted && run.deployment.onFailure === 'rollback'
  if (run.signal.aborted) moves = moves.map((move) => stopped(move, run))
  else if (goesBack) moves = await Promise.all(moves.map((move) => yieldTo(move, run)))
  else if (hasFailed) moves = moves.map(leftAside)
  else await Promise.all(moves.map((move) => removeOld(move, run)))
  return settled.map((one) => reported(one, moves, goesBack))
}

/** No traffic moves, because not all services came up: one that stays beside the live one says so. */
export function leftWithoutTraffic(settled: Settled): Settled {
  const { sent, result } = settled
  const move = moveOf(settled)
  if (move === undefined || sent.problem !== undefined) return settledAs(sent, result)
  const { outcome, cause = outcome, trouble } = result
  const problem = isGood(result) ? {} : { problem: { outcome, cause, ...(trouble && { trouble }) } as Problem }
  const left = leftAside({ ...move, ...problem })
  return settledAs(sent, { ...result, ...left.problem, ...ofTheLive(result, left) })
}

function moveOf({ sent, history }: Settled): Move | undefined {
  const { change, service } = sent
  if (change.action !== 'switch' || change.second.live === undefined || service === undefined) return undefined
  const { request, colours, second: next, wanted } = change
  const { trial: asked, keepOld: keep } = request.strategy.settings as BlueGreenSettings
  const { Spec: before } = change.second.live
  const old = { ...change.second.live, Spec: sayingWhoScales(before, wanted) }
  const forgiven = history && allEnded(history)
  return { sent, name: request.name, colours, next, old, before, service, trial: asked, keepOld: keep, forgiven }
}

async function tryOut(move: Move, run: Shared): Promise<Move> {
  return throughTrial(move, move.trial, 'trial', run)
}

/** To the new one first: for a while both have traffic, and at no time none. */
async function giveRoutes(move: Move, run: RolloutRun): Promise<Move> {
  const { name, next, old } = move
  const { engine } = run.connection
  const signal = timeLimit(WRITE_TIMEOUT_MS)
  noteMoving(move.sent)
  // This also finds out whether somebody has changed it, and marks it for the next run in case this one is killed.
  const claim = await writeSpec(engine, old.ID, [move.before], claimedOld(move), { from: 'spec' }, signal)
  if (claim !== 'done') {
    const problem = superseded(claim, 'before its traffic moved', old.Spec.Name)
    const left = run.deployment.onFailure === 'rollback' ? '' : `; ${withoutTraffic(next)}`
    const theirs = await findService(engine, old.ID, signal)
    return { ...move, problem: { ...problem, cause: `${problem.cause}${left}`, theirs: { image: imageOf(theirs) } } }
  }
  run.lines.say(name, `the traffic moves from ${old.Spec.Name} to ${next.name}`)
  if (next.routing.alias !== undefined) return makeAnew(move, run)
  const given = await writeSpec(engine, move.service.ID, [move.service.Spec], next.routed, { from: 'spec' }, signal)
  const service = await findService(engine, move.service.ID, signal)
  if (given !== 'done' || service === undefined) return { ...move, problem: whileMoving(move.service, given) }
  return { ...move, service, hasMoved: true }
}

/**
 * The new service made anew, with its name on the networks: a node learns the aliases of a service with the first
 * task of it that it sees, and takes no later ones (libnetwork, service_common.go; seen with Docker 20.10).
 */
async function makeAnew(move: Move, run: RolloutRun): Promise<Move> {
  const { engine } = run.connection
  const { change } = move.sent
  const signal = timeLimit(WRITE_TIMEOUT_MS)
  await remove(engine, `/services/${move.service.ID}`, signal)
  const made = await createService(change.access, move.next.routed, engine, signal)
  if ('problem' in made) return { ...move, problem: made.problem }
  const moved = { ...move, service: made.service, hasMoved: true }
  const { result, history } = await watchOne({ change, service: made.service, sentAt: nowMs() }, run)
  return { ...moved, ...problemOf(result), forgiven: history && allEnded(history) }
}

async function takeRoutes(move: Move, run: RolloutRun): Promise<Move> {
  const { name, next, old } = move
  const { engine } = run.connection
  const signal = timeLimit(WRITE_TIMEOUT_MS)
  const given = await writeSpec(engine, old.ID, [claimedOld(move)], retiredOld(move), { from: 'spec' }, signal)
  const now = await findService(engine, old.ID, signal)
  if (given !== 'done') return { ...move, problem: whileMoving(old, given) }
  if (now === undefined) return { ...move, problem: whileMoving(old, 'removed') }
  // A name leads to it until its last task has ended.
  if (next.routing.alias !== undefined) await untilStopped(now, name, run)
  run.lines.good(name, `${next.name} has the traffic`)
  return move
}

/** The old one as the move begins. */
function claimedOld({ old, name }: Move): ServiceSpec {
  return claimed(old.Spec, name)
}

/** The old one when the traffic is taken from it. */
function retiredOld(move: Move): ServiceSpec {
  return retired(claimedOld(move), routingToTake(move.next.routing, move.colours))
}

/** It is no failure when they do not end in time: they may still be asked by their name. */
async function untilStopped(old: Service, name: string, run: RolloutRun): Promise<void> {
  const watching = watchStep(old, name, { during: 'while its tasks ended' }, swarmReader(run, 'all'), judgeEnding, run)
  const problem = await watching.untilSettled((left) => `${run.time.seconds} s are over, and ${left}`)
  if (problem !== undefined) log.warning(`${name}: the tasks of ${old.Spec.Name} have not ended: ${problem.cause}`)
}

/** @param given what the last change of it came to, `done` where somebody else undid that at once */
function whileMoving({ Spec }: Service, given: UpdateResult): Problem {
  return superseded(given === 'done' ? 'changed' : given, 'while its traffic moved', Spec.Name)
}

/** The old one stays for as long as is asked for, and the new one is on trial again meanwhile. */
async function keepOld(move: Move, run: Shared): Promise<Move> {
  const { keepOld: keep = move.next.routing.alias === undefined ? DRAIN_SECONDS : 0 } = move
  if (keep === 'until-next' || keep === 0) return move
  run.lines.say(move.name, `${move.old.Spec.Name} stays for ${keep} s`)
  return throughTrial(move, { ...move.trial, holdSeconds: keep }, 'time with the traffic', run)
}

async function throughTrial(move: Move, asked: Trial, what: string, run: Shared): Promise<Move> {
  const { name, next, service } = move
  const words: StepWords = { during: `during its ${what}`, failed: `the ${what} failed: `, service: next.name }
  const watching = watchStep(service, name, words, run.read, judgeTrial, run, move.forgiven)
  const onTrial: OnTrial = {
    service: next.name,
    image: imageOf(service),
    say: (text) => run.lines.say(name, text),
  }
  const cause = await run.time.aside(longestTrial(asked), () => trial(onTrial, asked, watching.stillUp, run.signal))
  if (cause === undefined) return move
  return { ...move, problem: watching.down() ?? (await watching.failure('failed', cause)) }
}

/** It is no failure when the old one stays: the next deploy removes it. */
async function removeOld(move: Move, { connection, lines }: RolloutRun): Promise<void> {
  const { name, old, keepOld: keep } = move
  if (keep === 'until-next') {
    lines.say(name, `${old.Spec.Name} stays until the next deploy`)
    return
  }
  const signal = timeLimit(WRITE_TIMEOUT_MS)
  try {
    const now = await findService(connection.engine, old.ID, signal)
    if (now === undefined) {
      lines.say(name, bySomeoneElse('removed', 'after it had lost its traffic', old.Spec.Name))
      return
    }
    if (!sameSpec(now.Spec, retiredOld(move))) {
      log.warning(`${name}: ${bySomeoneElse('changed', 'after it had lost its traffic', old.Spec.Name)}, and it stays`)
      return
    }
    await remove(connection.engine, `/services/${old.ID}`, signal)
    lines.say(name, `${old.Spec.Name} is removed`)
  } catch (error) {
    log.warning(`${name}: ${old.Spec.Name}, which has no traffic, may be left: ${messageOf(error)}`)
  }
}

/**
 * The old one as it was, and up, and then the new one removed. While both have the traffic the old one's number says
 * whose it is to be, should this run be killed.
 */
async function giveBack(move: Move, run: RolloutRun): Promise<void> {
  const { name, next, old, sent } = move
  const { engine } = run.connection
  const signal = timeLimit(WRITE_TIMEOUT_MS)
  let stays = `both ${old.Spec.Name} and ${next.name} stay`
  try {
    const now = await findService(engine, old.ID, signal)
    if (now !== undefined && isAsBefore(now.Spec, move.before, sent.change.wanted)) return
    const back = reclaimed(old.Spec, name, next)
    const given = await writeSpec(engine, old.ID, [claimedOld(move), retiredOld(move)], back, { from: 'spec' }, signal)
    const service = await findService(engine, old.ID, signal)
    if (service === undefined) stays = `${next.name} stays`
    if (given !== 'done' || service === undefined) throw new Error(whileMoving(old, given).cause)
    run.lines.say(name, `the traffic goes back to ${old.Spec.Name}`)
    const change: Change = { ...sent.change, action: 'unchanged', current: old }
    const { problem } = problemOf((await watchOne({ change, service, sentAt: nowMs() }, run)).result)
    if (problem !== undefined) throw new Error(problem.cause)
    if (await removeNew(move, engine, signal)) {
      await writeSpec(engine, old.ID, [back], old.Spec, { from: 'spec' }, signal)
    }
  } catch (error) {
    throw new Error(`${messageOf(error)}; ${stays}`, { cause: error })
  }
}

/**
 * Beside somebody else's deploy of the live one ours is of no use; where theirs has no traffic, the new one keeps it. Where
 * they have removed the new one with its traffic, the old one, which nobody has touched, gets that back.
 */
async function yieldTo(move: Move, { connection: { engine }, lines }: RolloutRun): Promise<Move> {
  const { name, old, next, problem, service } = move
  if (problem?.outcome !== 'superseded') return move
  const signal = timeLimit(WRITE_TIMEOUT_MS)
  try {
    const theirs = await findService(engine, old.ID, signal)
    const isLost = move.hasMoved && (await findService(engine, service.ID, signal)) === undefined
    if (isLost && theirs !== undefined && sameSpec(theirs.Spec, retiredOld(move))) {
      return { ...move, problem: { ...problem, outcome: 'failed' } }
    }
    const isOfUse = move.hasMoved && (theirs === undefined || !hasTraffic(theirs, next.routing))
    if (isOfUse || !(await removeNew(move, engine, signal))) return move
    lines.say(name, `${next.name} removed again`)
    return { ...move, hasMoved: false, problem: { ...problem, theirs: { image: imageOf(theirs) } } }
  } catch (error) {
    log.warning(`${next.name}, which was to take the place of ${old.Spec.Name}, may be left: ${messageOf(error)}`)
    return move
  }
}

/** Removes the new one, unless somebody else has changed it; whether it is gone. */
async function removeNew({ service, next }: Move, engine: Engine, signal: AbortSignal): Promise<boolean> {
  // One that was made anew has another ID, which a lost answer leaves unknown.
  const now = (await findService(engine, service.ID, signal)) ?? (await findService(engine, next.name, signal))
  if (now === undefined) return true
  if (![service.Spec, next.routed].some((spec) => sameSpec(now.Spec, spec))) return false
  await remove(engine, `/services/${now.ID}`, signal)
  return true
}

async function watchOne(sent: Sent, run: RolloutRun): Promise<Settled> {
  const [settled] = await watch([sent], run)
  if (settled === undefined) throw new Error('the watch has no result for the service that it watched')
  return settled
}

/** What kept a service from coming up. A stop of the run is none of the service's. */
function problemOf(result: ServiceResult): { readonly problem?: Problem } {
  const { outcome, cause = outcome, trouble, failedTask } = result
  if (isGood(result) || outcome === 'cancelled') return {}
  // What somebody else has made of it is left to them.
  const problem = { outcome: outcome === 'superseded' ? outcome : ('failed' as const), cause }
  return { problem: { ...problem, ...(trouble && { trouble }), ...(failedTask && { failedTask }) } }
}

/** With `on-failure: keep` what has no traffic yet stays so. */
function leftAside(move: Move): Move {
  const { problem, next } = move
  if (move.hasMoved || problem?.outcome === 'superseded') return move
  const stays = withoutTraffic(next)
  if (problem !== undefined) return { ...move, problem: { ...problem, cause: `${problem.cause}; ${stays}` } }
  const cause = `its traffic has not moved, because another service failed; ${stays}`
  return { ...move, problem: { outcome: 'skipped', cause } }
}

/** A stop finds the traffic where it is; what is left is removed by the next deploy. */
function stopped(move: Move, run: RolloutRun): Move {
  const { old, next } = move
  if (move.problem !== undefined) return move
  const cause = move.hasMoved
    ? `the run was stopped when ${next.name} had got the traffic; ${old.Spec.Name} stays until the next deploy`
    : `the run was stopped before the traffic moved from ${old.Spec.Name}${leftByStop(next, run)}`
  return { ...move, problem: { outcome: 'cancelled', cause } }
}

/** A stop before any traffic has moved: what was made for it says so. */
export function stoppedBeforeTheMove(settled: Settled, run: RolloutRun): Settled {
  const { change, problem } = settled.sent
  const next = change.action === 'switch' ? change.second : undefined
  const isSent = problem === undefined || problem.isUnknown === true
  if (next?.live === undefined || !isSent) return settled
  const { Spec: old } = next.live
  return withResult(settled, (result) => {
    if (!isGood(result) && result.outcome !== 'cancelled') return result
    const said = isGood(result) ? undefined : result.cause
    const cause = said ?? `the run was stopped before the traffic moved from ${old.Name}`
    const image = { ...result.image, after: imageOf(next.live) }
    return { ...result, image, outcome: 'cancelled', cause: `${cause}${leftByStop(next, run)}` }
  })
}

function leftByStop({ name }: SecondService, { deployment }: RolloutRun): string {
  return deployment.onCancel === 'rollback' ? '' : `; ${withoutTraffic({ name })}`
}

function withoutTraffic({ name }: Pick<SecondService, 'name'>): string {
  return `${name} stays without traffic until the next deploy`
}

function reported(settled: Settled, moves: readonly Move[], goesBack: boolean): Settled {
  const { sent, result } = settled
  const move = moves.find((one) => one.sent === sent)
  if (move === undefined) return settled
  const { problem, hasMoved } = move
  const isTheirs = problem?.outcome === 'superseded'
  const isUndone = goesBack && !isTheirs
  // With a problem it is not brought back: it has the traffic, or somebody else has changed it.
  const stays = problem !== undefined && !isUndone && (hasMoved || isTheirs)
  const undo = (run: RolloutRun) => giveBack(move, run)
  return settledAs(
    { ...sent, service: move.service, ...(stays && { problem }), ...(isUndone && { undo }) },
    {
      ...result,
      ...(problem ?? { outcome: 'updated' }),
      ...(problem !== undefined && !hasMoved && ofTheLive(result, move)),
      ...(hasMoved && { live: move.next.name }),
      seconds: secondsSince(sent.sentAt),
    },
  )
}

/** The new one has no traffic, or is gone: what runs is the live one. Nobody has counted the tasks of somebody else's. */
function ofTheLive({ image }: ServiceResult, { old, problem }: Move): Partial<ServiceResult> {
  if (problem?.theirs === undefined) return { image: { ...image, after: imageOf(old) } }
  return { image: { ...image, after: problem.theirs.image }, nodes: 0, tasks: { running: 0, wanted: 0 } }
}
