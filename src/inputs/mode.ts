import { UserError } from '../errors.ts'
import { closestKey } from './keys.ts'
import { listed, shown } from './problems.ts'

/** What kind of run it is. The first is that of whoever chooses none; what each does, `src/modes/table.ts` says. */
export const MODE_NAMES = ['deploy', 'plan'] as const

export type ModeName = (typeof MODE_NAMES)[number]

export const DEFAULT_MODE: ModeName = MODE_NAMES[0]

/**
 * The mode of this name.
 *
 * @throws UserError that says which was probably meant
 */
export function parseMode(text: string): ModeName {
  const mode = MODE_NAMES.find((name) => name === text)
  if (mode !== undefined) return mode
  const closest = closestKey(text, MODE_NAMES)
  const advice = closest === undefined ? `write ${listed(MODE_NAMES, 'disjunction')}` : `did you mean \`${closest}\`?`
  throw new UserError(`${shown(text)} is no mode: ${advice}`)
}
