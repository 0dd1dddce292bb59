import { saveState } from '../log/command-files.ts'
import type { SavedName } from './left-by-main.ts'
import { note } from './state.ts'

/** Hands a value to `post` by way of the runner. What some runners lose there is in the journal too. */
export function saveForPost(name: SavedName, value: string): void {
  if (name === 'lock') note({ lock: value })
  saveState(name, value)
}
