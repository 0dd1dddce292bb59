import { blueGreen } from './blue-green.ts'
import { canary } from './canary.ts'
import { recreate } from './recreate.ts'
import { rolling } from './rolling.ts'
import type { Strategy } from './strategy.ts'

/**
 * All strategies by their names. The first is that of whoever chooses none. First steps are taken in this order: first
 * those that may fail, then those that stop services.
 */
export const STRATEGIES = named({ rolling, canary, recreate, 'blue-green': blueGreen })

/** Has the compiler see that each has the name under which it stands. */
function named<Table extends { readonly [Name in keyof Table]: Strategy<Name & string> }>(table: Table): Table {
  return table
}
