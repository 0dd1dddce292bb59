import { messageOf, UserError } from '../errors.ts'
import { nowMs, tooLong } from '../runner/time/clock.ts'
import { Countdown } from '../runner/time/countdown.ts'
import { boundConnection } from './bound-connection.ts'
import type { Connection } from './connection.ts'

/**
 * The time of a run, in one place. `timeout` is for all of it: what is done before anything changes may take a part of
 * that, so that a rollout that is begun can end; the way back has a time of its own; and a run that is stopped has a few
 * seconds, whatever it is at.
 */

/** As much of `timeout` is kept for the rollout: nothing is sent when less is left. */
const ROLLOUT_SHARE = 0.25
/** A way back takes no shorter than that, however short the rollout was to be. */
const LEAST_WAY_BACK_SECONDS = 60

/** How long each part of a run may take, in seconds. */
export interface Shares {
  /** From the start to the first change. */
  readonly before: number
  /** From the start to the end of the rollout. */
  readonly rollout: number
  /** From the beginning of the way back. */
  readonly wayBack: number
}

/** The shares of a run whose input `timeout` is so many seconds. Pure. */
export function sharesOf(timeoutSeconds: number): Shares {
  return {
    before: timeoutSeconds * (1 - ROLLOUT_SHARE),
    rollout: timeoutSeconds,
    wayBack: Math.max(timeoutSeconds, LEAST_WAY_BACK_SECONDS),
  }
}

/** When the time of a part is over, calls that are under way may still end, and a diagnosis be made. */
const GRACE_MS = 7000
/** The same when nothing has been answered since. */
const GRACE_IN_SILENCE_MS = 2000

/** A swarm that has not answered for as long is silent: the way back then is a last try. */
const SILENT_MS = 10_000
const LAST_TRY_MS = 5000
const CLOSING_MS = 60_000
const CLOSING_IN_SILENCE_MS = 1500

/**
 * How long after a stop the calls of each part end. GitHub's runner sends SIGINT, SIGTERM after 7.5 s and SIGKILL after
 * 10 s; others leave less.
 */
const AFTER_STOP_MS = { rollout: 1000, 'way-back': 3000, closing: 4000 } as const

/** When even that was too long, the step ends without a last word of the swarm. */
export const GIVE_UP_AFTER_STOP_MS = 4500

type Part = keyof typeof AFTER_STOP_MS

/** The time of one run. It begins when it is made. */
export class RunTime {
  readonly #shares: Shares
  readonly #stop: AbortSignal
  #stoppedAt: number | undefined
  #countdown: Countdown
  #part: Part = 'rollout'
  #limit: AbortSignal
  #answeredAt = nowMs()

  /** @param stop aborted when the runner wants the run to stop */
  constructor(timeoutSeconds: number, stop: AbortSignal) {
    this.#shares = sharesOf(timeoutSeconds)
    this.#stop = stop
    const onStop = () => {
      this.#stoppedAt = nowMs()
    }
    if (stop.aborted) onStop()
    else stop.addEventListener('abort', onStop, { once: true })
    this.#countdown = new Countdown(this.#shares.rollout)
    this.#limit = this.#limitOf('rollout', this.#overWithGrace())
  }

  /** How long the present part may take: the run up to the end of its rollout, or its way back. */
  get seconds(): number {
    return this.#countdown.seconds
  }

  /** How much of it is left, in milliseconds; negative when it is over. */
  get leftMs(): number {
    return this.#countdown.leftMs
  }

  get isOver(): boolean {
    return this.#countdown.leftMs <= 0
  }

  /** Aborted some time after the present part should have ended, with a `TimeoutError` as its reason. */
  over(afterMs = 0): AbortSignal {
    return this.#countdown.signal(afterMs)
  }

  /** Work that `timeout` does not count, up to so many seconds: a trial that is to take them, a wait for somebody's lock. */
  aside<T>(seconds: number, work: () => Promise<T>): Promise<T> {
    return this.#countdown.aside(seconds * 1000, work)
  }

  /**
   * Does a stage before the first change. It ends in time also when the work takes no notice of the signal.
   *
   * @param what the stage, in the words of the log
   * @throws TimedOut when its share of the time is over
   */
  async before<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const over = this.over((this.#shares.before - this.#shares.rollout) * 1000)
    const signal = AbortSignal.any([this.#stop, over])
    const unresponsive = new Promise<never>((_, reject) => {
      const giveUp = () => setTimeout(() => reject(signal.reason), AFTER_STOP_MS['way-back']).unref()
      signal.addEventListener('abort', giveUp, { once: true })
    })
    try {
      signal.throwIfAborted()
      return await Promise.race([work(signal), unresponsive])
    } catch (error) {
      // Whatever else it broke.
      this.#stop.throwIfAborted()
      throw over.aborted ? tooLate(this.#shares, what, error) : error
    }
  }

  /** From here on the way back has its own time. In a swarm that is silent it is one last try. */
  beginWayBack(): void {
    if (this.#part !== 'rollout') return
    this.#part = 'way-back'
    const lastTryMs = Math.max(LAST_TRY_MS, Math.min(this.#countdown.leftMs, CLOSING_MS))
    const isSilent = this.#isSilent
    this.#countdown = new Countdown(isSilent ? lastTryMs / 1000 : this.#shares.wayBack)
    this.#limit = this.#limitOf('way-back', isSilent ? this.over() : this.#overWithGrace())
  }

  /** From here on all that is left to do is to leave nothing behind. */
  beginClosing(): void {
    if (this.#part === 'closing') return
    this.#part = 'closing'
    const ms = this.#isSilent ? CLOSING_IN_SILENCE_MS : CLOSING_MS
    this.#limit = this.#limitOf('closing', new Countdown(ms / 1000).signal(0))
  }

  /** The connection with calls that all end when the part of the run does in which they are made. */
  bound(connection: Connection): Connection {
    const onAnswer = () => {
      this.#answeredAt = nowMs()
    }
    return boundConnection(connection, () => this.#limit, onAnswer)
  }

  get #isSilent(): boolean {
    return nowMs() - this.#answeredAt >= SILENT_MS
  }

  #overWithGrace(): AbortSignal {
    const end = new AbortController()
    const early = this.over(GRACE_IN_SILENCE_MS)
    const onEarly = () => {
      if (nowMs() - this.#answeredAt >= GRACE_IN_SILENCE_MS) end.abort(early.reason)
    }
    early.addEventListener('abort', onEarly, { once: true })
    return AbortSignal.any([end.signal, this.over(GRACE_MS)])
  }

  #limitOf(part: Part, over: AbortSignal): AbortSignal {
    const end = new AbortController()
    const onStop = () => {
      const passed = nowMs() - (this.#stoppedAt ?? nowMs())
      setTimeout(() => end.abort(tooLong('the run was stopped')), Math.max(0, AFTER_STOP_MS[part] - passed)).unref()
    }
    if (this.#stop.aborted) onStop()
    else this.#stop.addEventListener('abort', onStop, { once: true })
    return AbortSignal.any([over, end.signal])
  }
}

/** The time of the run was over before anything was changed. */
export class TimedOut extends UserError {
  override name = 'TimedOut'
}

function tooLate({ before, rollout }: Shares, stage: string, waitedFor: unknown): TimedOut {
  const share = `${before} of the ${rollout} s were over in the stage “${stage}”`
  const said = waitedFor instanceof DOMException ? '' : `: ${messageOf(waitedFor)}`
  return new TimedOut(`timeout: ${share}, and too little was left for the rest${said}. Nothing was changed`, {
    cause: waitedFor,
  })
}
