import { swarmEvents } from '../../docker/engine/events.ts'
import type { Snapshot } from '../../docker/swarm/snapshot.ts'
import { isGood, type ServiceResult } from '../../result.ts'
import { nowMs, sleep, tooLong } from '../../runner/time/clock.ts'
import type { RolloutRun } from '../run.ts'
import type { Sent } from '../send/sent.ts'
import { givenUpResult, unwatchedResult } from '../service-result.ts'
import { allDiagnosed, type Settled, settledAs } from '../settled.ts'
import { pauseAfter, SwarmUnseen, swarmReader } from './look.ts'
import { watchLog } from './watch-log.ts'
import { lookOnce, type Next, settledUnseen, startWatching, type WatchedService } from './watched-service.ts'

/** A watch over services that are sent one after another. */
export interface Watch {
  /**
   * Watches one more, from the next look on.
   *
   * @param seen with what was seen of it before; nothing yet unless given
   */
  add(sent: Sent, seen?: WatchedService): void
  /** Those of which it is certain that they fail; only where the watch ends at the first failure. */
  readonly culprits: readonly string[]
  /** Aborted at the first certain failure; only where the watch ends with it. */
  readonly failed: AbortSignal
  /** No more are added: those that were, when they have settled. */
  end(inThisOrder: readonly Sent[]): Promise<readonly Settled[]>
}

/**
 * Waits until every service has settled: all side by side, with one look at the services and one at the tasks for all
 * of them. It does not throw for what a service does; when the signal is aborted, what has not settled is `cancelled`.
 */
export async function watch(all: readonly Sent[], run: RolloutRun): Promise<readonly Settled[]> {
  const watching = beginWatch(all.length, run)
  for (const sent of all) watching.add(sent)
  return allDiagnosed(await watching.end(all))
}

/**
 * Begins to watch what is added.
 *
 * @param total how many that will be
 * @param endsAtFailure the watch ends at the first service of which it is certain that it fails: those that have not
 * settled by then are given up, to be brought back
 */
export function beginWatch(total: number, run: RolloutRun, endsAtFailure = false): Watch {
  const { observed, connection, signal, time, lines } = run
  const read = swarmReader(run, 'up-to-date')
  const told = watchLog(total, lines)
  const settled = new Map<Sent, Settled>()
  const failure = new AbortController()
  let culprits: readonly string[] = []
  let watched: readonly WatchedService[] = []
  let isComplete = false
  let complete: () => void = () => undefined
  const completed = new Promise<void>((resolve) => {
    complete = resolve
  })
  /** From the first failure on. All services that fail in the same look are culprits. */
  let isOver = false
  let wake: () => void = () => undefined

  const settle = (one: Settled) => {
    const endsAll = endsAtFailure && !isGood(one.result) && one.result.outcome !== 'cancelled'
    const say = (result: ServiceResult) => {
      told.say(result, one.sent, one.node)
      return result
    }
    told.count(one.result, one.sent)
    if (endsAll) say(one.result)
    settled.set(one.sent, endsAll ? one : { ...one, diagnosed: one.diagnosed.then(say) })
    if (!endsAll || isOver) return
    culprits = [...culprits, one.result.name]
    failure.abort(tooLong())
  }
  const giveUp = (these: readonly Pick<WatchedService, 'sent' | 'history' | 'snapshot'>[]) => {
    told.givenUp(
      these.map(({ sent }) => sent.change.request.name),
      culprits,
    )
    for (const one of these) {
      settled.set(one.sent, settledAs(one.sent, givenUpResult(one.sent, { ...one, nodes: observed.nodes }, culprits)))
    }
  }

  const add = (sent: Sent, seen = startWatching(sent, observed)) => {
    if (sent.problem !== undefined) settle(settledAs(sent, unwatchedResult(sent)))
    else if (isOver) giveUp([seen])
    else watched = [...watched, seen]
    isOver = failure.signal.aborted
    wake()
  }

  const lookOn = async () => {
    using events = swarmEvents(connection.engine, signal)
    while (watched.length > 0 || !isComplete) {
      if (watched.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        continue
      }
      const looked = watched
      const begunAt = nowMs()
      const isLate = time.isOver
      const swarm = await readOrUnseen(looked)
      const halted: Sent[] = []
      const left = looked.flatMap((one) => {
        const next: Next =
          swarm instanceof SwarmUnseen
            ? { settled: settledUnseen(one, swarm, run) }
            : lookOnce(one, swarm, isLate, run, endsAtFailure)
        if ('settled' in next) {
          settle(next.settled)
          return []
        }
        told.seen(one, next.watched)
        if (next.isHalted) halted.push(one.sent)
        return [next.watched]
      })
      await Promise.all(halted.map(goOn))
      // Those that came meanwhile were not in this snapshot.
      watched = [...left, ...watched.filter((one) => !looked.includes(one))]
      isOver = failure.signal.aborted
      if (isOver) {
        giveUp(watched)
        watched = []
      }
      told.looked(watched)
      if (watched.length === 0) continue
      const pauseMs = pauseAfter(begunAt)
      // While services are sent, each makes events: a look at every one of them would be in the way of the next.
      await (isComplete
        ? events.nextOrAfter(pauseMs)
        : Promise.race([completed, sleep(pauseMs, signal).catch(() => undefined)]))
    }
  }

  /** Whether it goes on the next look tells. */
  const goOn = async (sent: Sent) => {
    if (sent.goOn === undefined) return
    lines.step(sent.change.request.name, 'Swarm has paused because of a task whose successor runs: it is told to go on')
    await sent.goOn(run).catch(() => undefined)
  }

  const readOrUnseen = async (looked: readonly WatchedService[]): Promise<Snapshot | SwarmUnseen> => {
    try {
      return await read(looked.flatMap(({ sent }) => sent.service ?? []))
    } catch (error) {
      if (error instanceof SwarmUnseen) return error
      throw error
    }
  }

  const looking = lookOn()
  // It is waited for at the end, and not before.
  looking.catch(() => undefined)
  return {
    add,
    get culprits() {
      return culprits
    },
    failed: failure.signal,
    async end(inThisOrder) {
      isComplete = true
      complete()
      wake()
      await looking
      told.end()
      return inThisOrder.flatMap((sent) => settled.get(sent) ?? [])
    },
  }
}
