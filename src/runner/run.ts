import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Environment } from './environment.ts'
import { type CiRun, ciRun } from './log/ci.ts'
import { withoutUser } from './secrets/likely-secrets.ts'
import { redact } from './secrets/secret.ts'
import { userName } from './user.ts'

/** How others know this run. Outside of a runner and a CI it has an owner alone, and the rest is empty. */
export interface RunIdentity extends CiRun {
  /** Random: it tells this run from every other, on all that it leaves on the swarm for a while. */
  readonly token: string
}

/** Which run this is, from the variables that every runner and CI sets. */
export function identifyRun(env: Environment): RunIdentity {
  const { GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id, GITHUB_RUN_ATTEMPT: attempt } = env
  const token = randomUUID()
  const other = repository ? undefined : ciRun(env)
  if (other?.owner) return { token, ...other }
  if (!repository) {
    const owner = redact(`${userName()}@${hostname()}, process ${process.pid}`)
    return { token, owner, url: '', repository: '', commit: '', ref: '', runId: '', attempt: '', actor: '' }
  }
  const parts = [
    repository,
    env.GITHUB_WORKFLOW && `workflow ${env.GITHUB_WORKFLOW}`,
    env.GITHUB_JOB && `job ${env.GITHUB_JOB}`,
    id && `run ${id}${attempt && attempt !== '1' ? ` (attempt ${attempt})` : ''}`,
  ]
  const word = (text = '') => redact(text)
  return {
    token,
    owner: word(parts.filter(Boolean).join(', ')),
    url: word(pageOf(repository, env)),
    repository: word(repository),
    commit: word(env.GITHUB_SHA),
    ref: word(env.GITHUB_REF),
    runId: word(id),
    attempt: word(attempt),
    // Who has started a run again is not always who has started it first.
    actor: word(env.GITHUB_TRIGGERING_ACTOR || env.GITHUB_ACTOR),
  }
}

/** Forgejo has its runs under their numbers within the repository, GitHub and Gitea under their IDs. */
function pageOf(repository: string, env: Environment): string {
  const { GITHUB_SERVER_URL: server, GITHUB_RUN_ID: id, GITHUB_RUN_NUMBER: number } = env
  const run = env.FORGEJO_ACTIONS === 'true' ? number || id : id
  return server && run ? `${withoutUser(server)}/${repository}/actions/runs/${run}` : ''
}
