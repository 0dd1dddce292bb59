import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Environment } from './environment.ts'
import { ciRun } from './log/ci.ts'
import { withoutUser } from './secrets/likely-secrets.ts'
import { redact } from './secrets/secret.ts'
import { userName } from './user.ts'

/** How others know this run. */
export interface RunIdentity {
  /** Random: it tells this run from every other, on all that it leaves on the swarm for a while. */
  readonly token: string
  /** `acme/shop, workflow Deploy, job release, run 1234 (attempt 2)` */
  readonly owner: string
  /** Its page; empty outside of a runner, as is all that follows. */
  readonly url: string
  /** `acme/shop` */
  readonly repository: string
  readonly commit: string
  /** `refs/heads/main` */
  readonly ref: string
  readonly runId: string
  /** `1`, and more where it was run again. */
  readonly attempt: string
  /** The account that has started it. */
  readonly actor: string
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
