import { parseChoice } from './values.ts'

/**
 * Which nodes have the image of a service before anything is changed: `no`: nobody looks; `all`: every node that may get
 * one of its tasks; `enough`: as many of these as it has tasks; `auto`: the same where that makes the rollout shorter.
 */
export type PrepareChoice = 'no' | 'auto' | 'enough' | 'all'

const WORDS = { true: 'all', false: 'no', auto: 'auto', enough: 'enough' } as const

/**
 * The choice that one of the words `true`, `false`, `auto` and `enough` stands for.
 *
 * @throws UserError that names them
 */
export function parsePrepare(text: string): PrepareChoice {
  const word = /^(?:true|false)$/i.test(text) ? text.toLowerCase() : text
  return WORDS[parseChoice(word, Object.keys(WORDS) as (keyof typeof WORDS)[])]
}
