import { nowMs } from './clock.ts'
/** The seconds since a moment of {@link nowMs}, as a person is told them: to a tenth. */
export function secondsSince(moment: number): number {
  return toTenths((nowMs() - moment) / 1000)
}

/** Seconds to a tenth: also a sum of such, which may come out as 13.399999999999999. */
export function toTenths(seconds: number): number {
  return Math.round(seconds * 10) / 10
}
