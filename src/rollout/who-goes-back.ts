import { isJob } from '../docker/specs/service-mode.ts'
import type { Deployment } from '../inputs/deployment.ts'
import { interimOf, takersOf } from '../plan/change.ts'
import { onlyForces } from '../plan/force.ts'
import { isGood, type ServiceResult } from '../result.ts'
import { dependantsOf } from '../stack/dependants.ts'
import { isChanged, type Sent, type SentChange } from './send/sent.ts'
import type { Settled } from './settled.ts'

/** Which services a failed or stopped run has to bring back. Pure. */

/** What the user wants to become of services when not all of them have come up. */
type Policy = Pick<Deployment, 'onFailure' | 'onCancel' | 'stack'>

/** A service that was changed, and what became of it. */
type SettledChange = Settled & { readonly sent: SentChange }

/**
 * The services that a failed or stopped run has to bring back: none when all is well. Where the user wants to keep it
 * only those go back that would stay half-way, with a spec that was meant for the way there alone.
 */
export function goingBack(settled: readonly Settled[], policy: Policy): readonly SettledChange[] {
  if (settled.every(({ result }) => isGood(result))) return []
  const isUnwanted = unwantedOf(settled, policy)
  const halfWay = settled.filter(
    (one) =>
      mayGoBack(one) &&
      (isHalfWay(one.sent, one.result) || hasGivenForNothing(one, settled) || isAtOddsOverPorts(one, settled)),
  )
  // What has ports of them, or has given them any, cannot stay without them.
  const names = halfWay.map(({ result }) => result.name)
  const withThem = names.length === 0 ? new Set<string>() : needing(names, settled, undefined)
  return settled.filter((one): one is SettledChange => {
    const { sent, result } = one
    if (!mayGoBack(one)) return false
    if (isHalfWay(sent, result)) return true
    if (!isSent(sent) || wouldRunAgain(sent)) return false
    return withThem.has(result.name) || (isUnwanted(one) && !isRestarted(one))
  })
}

function mayGoBack({ sent, result }: Settled): boolean {
  return isChanged(sent) && result.outcome !== 'superseded'
}

/**
 * Whether the user wants the change of a service undone. With `rollback-failed` that are those that did not come up, and
 * of a stack what needs one of them: all others are what was asked for, and stand by themselves.
 */
export function unwantedOf(
  settled: readonly Settled[],
  { onFailure, onCancel, stack }: Policy,
): (one: Settled) => boolean {
  const bad = settled.filter(({ result }) => !isGood(result)).map(({ result }) => result)
  const wish = bad.some(({ outcome }) => outcome === 'cancelled') ? onCancel : onFailure
  if (bad.length === 0 || wish === 'keep' || wish === 'pause') return () => false
  if (wish === 'rollback') return () => true
  const all = needing(
    bad.map(({ name }) => name),
    settled,
    stack,
  )
  return ({ result }) => all.has(result.name)
}

/**
 * Those of some names and all that needs them back: of a stack what depends on one, and of services between which ports
 * have moved the one that gave with all that got, for it gets them back together.
 */
function needing(names: readonly string[], settled: readonly Settled[], stack: Policy['stack']): ReadonlySet<string> {
  const groups = settled.flatMap(({ sent, result }) => {
    const takers = takersOf(sent.change)
    return takers.length === 0 ? [] : [[result.name, ...takers]]
  })
  const found = new Set(names)
  for (let before = -1; before < found.size; ) {
    before = found.size
    const dependants = stack === undefined ? [] : dependantsOf([...found], stack)
    const moved = groups.filter((group) => group.some((name) => found.has(name))).flat()
    for (const name of [...dependants, ...moved]) found.add(name)
  }
  return found
}

/** It was, or may have been. */
export function isSent({ problem }: Sent): boolean {
  return problem === undefined || problem.isUnknown === true
}

/** Swarm alone would neither go on from an interim spec nor back, and its own rollback leads to it. */
function isHalfWay({ change, problem }: Sent, { outcome }: ServiceResult): boolean {
  return interimOf(change) !== undefined && (problem !== undefined || outcome === 'rolled-back')
}

/** It is without ports for the sake of others, and none of those has got them. */
function hasGivenForNothing({ sent }: Settled, settled: readonly Settled[]): boolean {
  const takers = takersOf(sent.change)
  if (takers.length === 0 || !isSent(sent) || wouldRunAgain(sent)) return false
  return settled
    .filter(({ result }) => takers.includes(result.name))
    .every((one) => !isSent(one.sent) || isBackBySwarm(one))
}

/**
 * Swarm's own rollback asks nobody: then two services have a port, of which the one that gave it gets no tasks. Both go
 * back, for that one has what it is to have, and only a write has Swarm look at it again.
 */
function isAtOddsOverPorts(one: Settled, settled: readonly Settled[]): boolean {
  if (!isSent(one.sent) || wouldRunAgain(one.sent)) return false
  const isGivenBy = ({ sent: { change } }: Settled) => takersOf(change).includes(one.result.name)
  const gives = takersOf(one.sent.change).length > 0
  return (gives && isBackBySwarm(one)) || settled.some((other) => isBackBySwarm(other) && isGivenBy(other))
}

function isBackBySwarm({ sent: { change }, result }: Settled): boolean {
  return change.action === 'update' && result.outcome === 'rolled-back' && hasCause(result)
}

/**
 * Swarm runs a job once more for every change of it (swarmkit, manager/controlapi/service.go): what it was before could
 * not be had without doing the old work again.
 */
export function wouldRunAgain({ change }: Sent): boolean {
  return change.action === 'update' && isJob(change.wanted)
}

/** It is up, and but for its new tasks it is what it was: a way back would only replace them once more. */
export function isRestarted({ sent: { change }, result }: Settled): boolean {
  return isGood(result) && change.action === 'update' && onlyForces(change.current.Spec, change.wanted)
}

/**
 * The jobs that are left as they are, though the others go back: one that still runs goes on, and gets its verdict, and
 * of one that has run it is looked whether it is still there.
 */
export function jobsThatStay(settled: readonly Settled[], policy: Policy): readonly Sent[] {
  const isUnwanted = unwantedOf(settled, policy)
  const stays = ({ sent, result }: Settled) => (isGood(result) || isGivenUp(result)) && wouldRunAgain(sent)
  return settled.filter((one) => isUnwanted(one) && stays(one)).map(({ sent }) => sent)
}

/** Not waited for any more when another service failed. */
export function isGivenUp(result: ServiceResult): boolean {
  return result.outcome === 'rolled-back' && !hasCause(result)
}

/** Something is wrong with it itself. */
export function hasCause(result: ServiceResult): boolean {
  return result.cause !== undefined
}
