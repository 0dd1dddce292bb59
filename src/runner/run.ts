import { randomUUID } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import { ciRun } from './ci.ts'
import type { Environment } from './environment.ts'
import { redact } from './secret.ts'

/** How others know this run. */
export interface RunIdentity {
  /** Random: it tells this run from every other, on all that it leaves on the swarm for a while. */
  readonly token: string
  /** `acme/shop, workflow Deploy, job release, run 1234 (attempt 2)` */
  readonly owner: string
  /** Its page; empty outside of a runner. */
  readonly url: string
}

/** Which run this is, from the variables that every runner and CI sets. */
export function identifyRun(env: Environment): RunIdentity {
  const { GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id, GITHUB_RUN_ATTEMPT: attempt } = env
  const token = randomUUID()
  const other = repository ? undefined : ciRun(env)
  if (other?.owner) return { token, ...other }
  if (!repository) {
    return { token, owner: redact(`${userInfo().username}@${hostname()}, process ${process.pid}`), url: '' }
  }
  const parts = [
    repository,
    env.GITHUB_WORKFLOW && `workflow ${env.GITHUB_WORKFLOW}`,
    env.GITHUB_JOB && `job ${env.GITHUB_JOB}`,
    id && `run ${id}${attempt && attempt !== '1' ? ` (attempt ${attempt})` : ''}`,
  ]
  const url = env.GITHUB_SERVER_URL && id ? `${env.GITHUB_SERVER_URL}/${repository}/actions/runs/${id}` : ''
  return { token, owner: redact(parts.filter(Boolean).join(', ')), url: redact(url) }
}
