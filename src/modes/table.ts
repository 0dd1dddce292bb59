import { UserError } from '../errors.ts'
import type { ModeName } from '../inputs/mode.ts'
import { readAuthRefresh } from '../inputs/modes/auth-refresh.ts'
import { readHistoryInputs } from '../inputs/modes/history.ts'
import { readLogin } from '../inputs/modes/login.ts'
import { readRemoval } from '../inputs/modes/removal.ts'
import { readStatus } from '../inputs/modes/status.ts'
import { readInputs } from '../inputs/read.ts'
import { STRATEGY_INPUTS } from '../inputs/strategies/table.ts'
import type { StrategyTable } from '../inputs/strategy.ts'
import type { Environment } from '../runner/environment.ts'
import type { Report, STORIES, Story } from './stories.ts'

/** A kind of run. */
interface Mode {
  /** What its inputs ask for. @throws UserErrors with everything that is wrong with them */
  read(env: Environment): unknown
  /** Reads its inputs, does what they ask for, and returns what tells of it. */
  run(env: Environment, signal: AbortSignal): Promise<Report>
}

/** All modes by their names; `src/inputs/mode-inputs.ts` says which inputs each takes. */
export const MODES: Readonly<Record<ModeName, Mode>> = {
  deploy: mode(readInputs, (stories) => stories.deploy),
  plan: mode(readInputs, (stories) => stories.plan),
  'refresh-auth': mode(readAuthRefresh, (stories) => stories['refresh-auth']),
  login: mode(readLogin, (stories) => stories.login),
  status: mode(readStatus, (stories) => stories.status),
  remove: mode(readRemoval, (stories) => stories.remove),
  history: mode(readHistoryInputs, (stories) => stories.history),
  rollback: mode(readInputs, (stories) => stories.rollback),
}

function mode<Asked>(
  read: (env: Environment, strategies: StrategyTable) => Asked,
  storyIn: (stories: typeof STORIES) => Story<Asked>,
): Mode {
  return {
    read: (env) => read(env, STRATEGY_INPUTS),
    async run(env, signal) {
      const asked = read(env, STRATEGY_INPUTS)
      const story = storyIn(await loadStories())
      return story(asked, env, signal)
    },
  }
}

/** What does it is most of the code: it is loaded when the inputs are right. */
async function loadStories(): Promise<typeof STORIES> {
  try {
    return (await import('./stories.ts')).STORIES
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new UserError('dist/stories.js is not there: keep the files of this action together', { cause: error })
  }
}
