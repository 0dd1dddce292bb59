import { saveState } from './command-files.ts'
import { note } from './state.ts'

/** Hands a value to `post` by way of the runner. What some runners lose there is in the journal too. */
export function saveForPost(name: 'workspace' | 'lock', value: string): void {
  if (name === 'lock') note({ lock: value })
  saveState(name, value)
}

/** A value that main of the same step has saved, as far as the runner has kept it. */
export function savedByMain(name: 'workspace' | 'lock'): string | undefined {
  return process.env[`STATE_${name}`] || undefined
}
