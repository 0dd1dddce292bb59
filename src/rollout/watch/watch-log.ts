import { isGood, type ServiceResult } from '../../result.ts'
import { endLive } from '../../runner/log/log.ts'
import { counted } from '../../runner/text/counted.ts'
import { someOf } from '../../runner/text/some-of.ts'
import type { Sent } from '../send/sent.ts'
import type { ServiceLog } from '../service-log.ts'
import { sayResult } from '../service-result.ts'
import { progressOf } from './progress.ts'
import type { WatchedService } from './watched-service.ts'

/** What a watch says of the services that it watches. */
export interface WatchLog {
  /** One more look at a service that has not settled. */
  seen(before: WatchedService, now: WatchedService): void
  /** One more counts as settled. What is to be said of it may have to wait for its diagnosis. */
  count(result: ServiceResult, sent: Sent): void
  /** @param node where it failed, where that is known */
  say(result: ServiceResult, sent: Sent, node?: string): void
  /** Services for which nobody waits any more, because of others. */
  givenUp(names: readonly string[], culprits: readonly string[]): void
  /** All of them have been looked at: these have not settled. */
  looked(underWay: readonly WatchedService[]): void
  /** The watch is over. */
  end(): void
}

/** @param total how many services there will be */
export function watchLog(total: number, lines: ServiceLog): WatchLog {
  const tell = { out: progressOf(total, 'up', lines), back: progressOf(total, 'back', lines) }
  let up = 0
  let failed = 0
  let isBack = false
  /** Of many services those that share a reason which is none of their own. */
  const alike = new Map<string, number>()

  return {
    seen(before, now) {
      const words = inWords(now.progress)
      if (words !== inWords(before.progress)) lines.step(now.sent.change.request.name, words)
    },
    count(result, sent) {
      endLive(result.name)
      isBack = sent.isWayBack === true
      if (isGood(result)) up++
      else if (result.outcome !== 'skipped') failed++
      const { outcome, cause = '' } = result
      const words = `${outcome}: ${cause}`
      if (lines.isMany && isAlike(result)) alike.set(words, (alike.get(words) ?? 0) + 1)
    },
    say(result, sent, node) {
      // What many services go back to is what they had: as long as all is well, their number says it.
      const isNumber = isAlike(result) || (isBack && isGood(result))
      if (!lines.isMany || !isNumber) sayResult(result, sent, lines, node)
    },
    givenUp(names, culprits) {
      const why = `not waited for any more, because ${someOf(culprits)} failed`
      if (lines.isMany && names.length > 1) lines.all(`${names.length} services are ${why}`)
      else for (const name of names) lines.say(name, why)
    },
    looked(underWay) {
      const named = underWay.map(({ sent, progress }) => {
        return { name: sent.change.request.name, progress: inWords(progress) }
      })
      tell[isBack || underWay[0]?.sent.isWayBack ? 'back' : 'out']({ up, failed, underWay: named })
    },
    end() {
      endLive()
      if (lines.isMany && isBack) lines.all(`${up} of ${total} ${up === total ? 'are back' : 'back'}`)
      for (const [said, count] of alike) lines.all(`${counted(count, 'service')} ${said}`)
    },
  }
}

function isAlike({ outcome }: ServiceResult): boolean {
  return outcome === 'skipped' || outcome === 'cancelled'
}

/** That Swarm is at it is worth a word in the cause of a failure only. */
function inWords(progress: string): string {
  return progress.replace(/, Swarm updates$/, '')
}
