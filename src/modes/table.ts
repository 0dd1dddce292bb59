import { readAuthRefresh } from '../inputs/auth-refresh.ts'
import { type Deployment, stackOf } from '../inputs/deployment.ts'
import { readHistoryInputs } from '../inputs/history.ts'
import { readLogin } from '../inputs/login.ts'
import type { ModeName } from '../inputs/mode.ts'
import { readInputs } from '../inputs/read.ts'
import { readRemoval } from '../inputs/removal.ts'
import { readStatus } from '../inputs/status.ts'
import type { StrategyTable } from '../inputs/strategy.ts'
import { withEcrLogins } from '../plan/ecr-login.ts'
import type { Outlook } from '../plan/outlook.ts'
import { giveAdvice } from '../report/advice.ts'
import { reportAuthRefresh } from '../report/auth-refresh.ts'
import type { RunWords } from '../report/headline.ts'
import { reportHistory } from '../report/history.ts'
import { reportImages } from '../report/images.ts'
import { reportLogin } from '../report/login.ts'
import { reportPlan } from '../report/plan.ts'
import { reportPruned } from '../report/pruned.ts'
import { reportRemoval } from '../report/removal.ts'
import { reportResults } from '../report/report.ts'
import { reportStatus } from '../report/status-report.ts'
import type { Environment } from '../runner/environment.ts'
import { STRATEGIES } from '../strategies/table.ts'
import { type Deployed, deploy } from './deploy.ts'
import { history } from './history.ts'
import { login } from './login.ts'
import { plan } from './plan.ts'
import { type AuthRefreshed, refreshAuth } from './refresh-auth.ts'
import { remove } from './remove.ts'
import { status } from './status.ts'

/** Tells the user what a run came to. */
export type Report = () => Promise<void> | void

/** A kind of run. */
interface Mode {
  /** What its inputs ask for. @throws UserErrors with everything that is wrong with them */
  read(env: Environment): unknown
  /** Reads its inputs, does what they ask for, and returns what tells of it. */
  run(env: Environment, signal: AbortSignal): Promise<Report>
}

/** All modes by their names; `src/inputs/mode-inputs.ts` says which inputs each takes. */
export const MODES: Readonly<Record<ModeName, Mode>> = {
  deploy: mode(readInputs, deploy, reportDeployed),
  plan: mode(readInputs, plan, reportPlanned),
  'refresh-auth': mode(readAuthRefresh, refreshAuth, reportRefreshed),
  login: mode(readLogin, login, reportLogin),
  status: mode(readStatus, status, reportStatus),
  remove: mode(readRemoval, remove, reportRemoval),
  history: mode(readHistoryInputs, history, ({ subjects, unreadable }) => reportHistory(subjects, unreadable)),
  rollback: mode(readInputs, deploy, reportDeployed),
}

function mode<Asked extends Pick<Deployment, 'credentials'>, Came>(
  read: (env: Environment, strategies: StrategyTable) => Asked,
  run: (asked: Asked, signal: AbortSignal) => Promise<Came>,
  report: (came: Came, asked: Asked) => Promise<void> | void,
): Mode {
  return {
    read: (env) => read(env, STRATEGIES),
    async run(env, signal) {
      const asked = await withEcrLogins(read(env, STRATEGIES), env, signal)
      const came = await run(asked, signal)
      return () => report(came, asked)
    },
  }
}

async function reportDeployed(came: Deployed, asked: Deployment): Promise<void> {
  const { results, advice, images, pruned, records, returns } = came
  await reportResults(results, { ...asked, stack: stackWords(asked, returns), returns }, records)
  reportImages(images)
  reportPruned(pruned)
  giveAdvice(advice)
}

/** What `only` leaves out of a rollback is known when its version is. */
function stackWords(asked: Deployment, returns: Deployed['returns'] = []): RunWords['stack'] {
  const stack = stackOf(asked)
  return stack && { name: stack.name, leftOut: [...stack.leftOut, ...returns.flatMap(({ leftOut }) => leftOut)] }
}

function reportPlanned(outlook: Outlook, asked: Deployment): Promise<void> {
  return reportPlan(outlook, asked.plan)
}

function reportRefreshed({ results, problems }: AuthRefreshed): void {
  reportAuthRefresh(results, problems)
}
