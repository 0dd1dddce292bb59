import { type Deployment, stackOf } from '../inputs/deployment.ts'
import type { ModeName } from '../inputs/mode.ts'
import { withEcrLogins } from '../plan/credentials/ecr-login.ts'
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
import { type Deployed, deploy } from './deploy.ts'
import { history } from './history.ts'
import { login } from './login.ts'
import { plan } from './plan.ts'
import { type AuthRefreshed, refreshAuth } from './refresh-auth.ts'
import { remove } from './remove.ts'
import { status } from './status.ts'

/** Tells the user what a run came to. */
export type Report = () => Promise<void> | void

/** Does what the inputs ask for, and returns what tells of it. */
export type Story<Asked> = (asked: Asked, env: Environment, signal: AbortSignal) => Promise<Report>

const deploying = story(deploy, reportDeployed)

/** What each mode does when its inputs are right. In the bundle it is a file of its own, which only such a run loads. */
export const STORIES = {
  deploy: deploying,
  plan: story(plan, reportPlanned),
  'refresh-auth': story(refreshAuth, reportRefreshed),
  login: story(login, reportLogin),
  status: story(status, reportStatus),
  remove: story(remove, reportRemoval),
  history: story(history, ({ subjects, unreadable }) => reportHistory(subjects, unreadable)),
  rollback: deploying,
} as const satisfies Readonly<Record<ModeName, unknown>>

function story<Asked extends Pick<Deployment, 'credentials'>, Came>(
  run: (asked: Asked, signal: AbortSignal) => Promise<Came>,
  report: (came: Came, asked: Asked) => Promise<void> | void,
): Story<Asked> {
  return async (given, env, signal) => {
    const asked = await withEcrLogins(given, env, signal)
    const came = await run(asked, signal)
    return () => report(came, asked)
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
