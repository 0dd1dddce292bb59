import { nowMs, tooLong } from './clock.ts'

/** The time of a run, or of a part of one. It can stand still, and its timers keep nothing alive. */
export class Countdown {
  /** As it began. */
  readonly seconds: number
  #deadline: number
  #stillSince: number | undefined
  #aside = 0
  readonly #alarms = new Set<{
    readonly afterMs: number
    readonly controller: AbortController
    timer?: NodeJS.Timeout
  }>()

  constructor(seconds: number) {
    this.seconds = seconds
    this.#deadline = nowMs() + seconds * 1000
  }

  get leftMs(): number {
    return this.#deadline - (this.#stillSince ?? nowMs())
  }

  /** A signal that is aborted so long after the end, or before it when negative. */
  signal(afterMs: number): AbortSignal {
    const alarm = { afterMs, controller: new AbortController() }
    this.#alarms.add(alarm)
    this.#arm()
    return alarm.controller.signal
  }

  /** Stands still while some work is done, up to so long; of several at the same time, until the last has ended. */
  async aside<T>(atMostMs: number, work: () => Promise<T>): Promise<T> {
    if (this.#aside++ === 0) {
      this.#stillSince = nowMs()
      this.#arm()
    }
    let isAside = true
    const goOn = () => {
      if (!isAside) return
      isAside = false
      if (--this.#aside > 0 || this.#stillSince === undefined) return
      this.#deadline += nowMs() - this.#stillSince
      this.#stillSince = undefined
      this.#arm()
    }
    const timer = setTimeout(goOn, atMostMs).unref()
    try {
      return await work()
    } finally {
      clearTimeout(timer)
      goOn()
    }
  }

  #arm(): void {
    for (const alarm of this.#alarms) {
      clearTimeout(alarm.timer)
      if (this.#stillSince !== undefined) continue
      const ring = () => {
        this.#alarms.delete(alarm)
        alarm.controller.abort(tooLong('the time that the run has for it is over'))
      }
      const inMs = this.leftMs + alarm.afterMs
      if (inMs <= 0) ring()
      else alarm.timer = setTimeout(ring, inMs).unref()
    }
  }
}
