import { blueGreen } from './blue-green.ts'
import { canary } from './canary.ts'
import { recreate } from './recreate.ts'
import { rolling } from './rolling.ts'
import type { Strategy } from './strategy.ts'

/**
 * All strategies by their names; the first is that of whoever chooses none. Their first steps are done in this order:
 * first what may fail, then what stops services.
 */
export const STRATEGIES = { rolling, canary, recreate, 'blue-green': blueGreen } as const satisfies Readonly<
  Record<string, Strategy>
>
