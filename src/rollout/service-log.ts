import { endLive, log, showLive, type Tone } from '../runner/log/log.ts'
import { nameColumn } from '../runner/text/name-column.ts'
import { nowMs } from '../runner/time/clock.ts'

/** From so many services on, what is only on its way is left to the progress of the whole. */
export const MANY_SERVICES = 10
const TIME_COLUMNS = 4

/** The lines of the log on services: with the seconds since the first change, and the names in a column. */
export interface ServiceLog {
  /** Whether the services are so many that a line for each of their steps would hide what matters. */
  readonly isMany: boolean
  say(name: string, text: string): void
  /** What a service is at: on a terminal in a line of its own, elsewhere of many services only in a debug log. */
  step(name: string, text: string): void
  /** It is what it was before, and that is all: of many services only in a debug log. */
  unchanged(name: string, text: string): void
  /** It is as it should be. */
  good(name: string, text: string): void
  /** Something is wrong with it. */
  bad(name: string, text: string): void
  /** Of all services together. */
  all(text: string): void
}

/** @param names of all services that there will be lines on */
export function serviceLog(names: readonly string[], startedAt = nowMs()): ServiceLog {
  const isMany = names.length >= MANY_SERVICES
  const column = nameColumn(names)
  const line = (mark: string, text: string) => {
    const seconds = String(Math.floor((nowMs() - startedAt) / 1000)).padStart(TIME_COLUMNS)
    return `${seconds} s  ${mark} ${text}`
  }
  const of =
    (mark: string, tone?: Tone, into = log.info) =>
    (name: string, text: string) =>
      into(line(mark, `${column(name)} ${text}`), tone)
  const say = of(' ')
  const step = isMany ? of(' ', undefined, log.debug) : say
  const ended = (tell: typeof say) => (name: string, text: string) => {
    endLive(name)
    tell(name, text)
  }
  return {
    isMany,
    say,
    step(name, text) {
      if (!showLive(name, () => line(' ', `${column(name)} ${text}`))) step(name, text)
    },
    unchanged: ended(step),
    good: ended(of('✓')),
    bad: ended(of('✗', 'bad')),
    all: (text) => log.info(line(' ', text)),
  }
}
