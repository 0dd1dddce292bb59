import type { Difference, Moment } from './compare.ts'
import type { Stack } from './corpus.ts'

/** Where the action does not do what docker does, and why that is right. */
export interface Known {
  readonly moment: Moment
  /** By its title; any stack unless told. */
  readonly stack?: string
  readonly text: RegExp
  readonly reason: string
}

export const KNOWN: readonly Known[] = []

/** The reason of a difference; `undefined` when there is none. */
export function knownFor({ title }: Stack, { moment, text }: Difference): Known | undefined {
  return KNOWN.find((known) => known.moment === moment && (known.stack ?? title) === title && known.text.test(text))
}
