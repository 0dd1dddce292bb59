import type { Difference, Moment } from './compare.ts'
import type { Stack } from './corpus.ts'

/** Where the action does not do what docker does, and why that is right. */
export interface Known {
  readonly moment: Moment
  /** What is in the compose files; any unless told. */
  readonly files?: RegExp
  readonly text: RegExp
  readonly reason: string
  /** Whether it is not seen in every run. */
  readonly isChance?: true
}

/** Secrets with a content and without a name of their own. */
const SECRETS = /^secrets:(?: \{ \w+: |\n(?: {2}.*\n)*? {2}\w+: )\{ file:/m
const SECRETS_OR_CONFIGS = /^(?:secrets|configs):(?: \{ \w+: |\n(?: {2}.*\n)*? {2}\w+: )\{ file:/m

export const KNOWN: readonly Known[] = [
  {
    moment: 'refused',
    text: /^by the action alone: \S+ line \d+: a dollar sign begins no variable/,
    reason: 'Docker refuses it too, but loses the sign without a word where a variable comes behind it.',
  },
  {
    moment: 'adopted',
    files: SECRETS,
    text: /: (?:is updated|was written to|has a new PreviousSpec|has other tasks)$/,
    reason:
      'Nobody can read the content of a secret, so that it may be another one: it is made once more, with a hash.',
  },
  {
    moment: 'over',
    files: SECRETS_OR_CONFIGS,
    text: /: has other tasks$/,
    reason:
      'Secrets and configs of the action have a hash in their names, so that their content can change; docker makes its own.',
  },
  {
    moment: 'over',
    files: /(?:secrets|configs): \[differential-there, /,
    text: /: has other tasks$/,
    reason:
      'Docker sends one secret or config under two names in the order of a Go map, and restarts the tasks at random.',
    isChance: true,
  },
]

/** The reason of a difference; `undefined` when there is none. */
export function knownFor({ files }: Stack, { moment, text }: Difference): Known | undefined {
  const all = files.join('\n')
  return KNOWN.find((known) => known.moment === moment && (known.files?.test(all) ?? true) && known.text.test(text))
}
