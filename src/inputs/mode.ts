import { UserError } from '../errors.ts'
import { closestKey } from './keys.ts'
import { listed, shown } from './problems.ts'

/** What kind of run it is. The first is that of whoever chooses none; what each does, `src/modes/table.ts` says. */
export const MODE_NAMES = ['deploy', 'plan'] as const

export type ModeName = (typeof MODE_NAMES)[number]

export const DEFAULT_MODE: ModeName = MODE_NAMES[0]

/** What the input of this name takes in other actions. */
const MODES_OF_OTHERS: Readonly<Record<string, string>> = {
  swarm: 'leave it out: this action always deploys to a swarm',
  stack: 'leave it out: a stack is deployed where the input `stack` names one',
  service: 'leave it out: services are deployed where the input `services` names them',
  compose: 'this action deploys to a swarm only',
  'dry-run': 'write `plan`',
  check: 'write `plan`',
  diff: 'write `plan`',
}

/**
 * The mode of this name.
 *
 * @throws UserError that says which was probably meant
 */
export function parseMode(text: string): ModeName {
  const mode = MODE_NAMES.find((name) => name === text)
  if (mode !== undefined) return mode
  throw new UserError(`${shown(text)} is no mode: ${adviceFor(text)}`)
}

function adviceFor(text: string): string {
  const ofOthers = Object.hasOwn(MODES_OF_OTHERS, text) ? MODES_OF_OTHERS[text] : undefined
  if (ofOthers !== undefined) return ofOthers
  const closest = closestKey(text, MODE_NAMES)
  return closest === undefined ? `write ${listed(MODE_NAMES, 'disjunction')}` : `did you mean \`${closest}\`?`
}
