import { redact } from './secret.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** The runner's own variables: the inputs with their secrets, saved state, and tokens of the job. */
const OF_THE_RUNNER = /^(INPUT|STATE|ACTIONS|GITHUB|GITEA|FORGEJO)_/

/**
 * Without one of these a command is not found, reaches another daemon than the user meant, or none, or outlives a run
 * that is killed. They stay, though a secret (`docker`, `deploy`, `proxy`) may happen to be part of one.
 */
const NEEDED =
  /^(PATH|HOME|USERPROFILE|TMPDIR|SSH_AUTH_SOCK|SSL_CERT_(FILE|DIR)|(HTTPS?|ALL|NO)_PROXY|DOCKER_(HOST|CONTEXT|CONFIG|CERT_PATH|TLS|TLS_VERIFY)|SWARM_DEPLOY_RUN)$/i

/** A variable that a workflow leaves empty is no choice; but Docker 20.10 takes an empty `DOCKER_HOST` for one. */
const CHOICE_OF_ENDPOINT = /^DOCKER_(HOST|CONTEXT)$/i

/**
 * The environment for programs that this action starts: the step's own, without what they have no use for and
 * without every variable that holds a secret known so far.
 */
export function environmentForChildren(env: Environment): Record<string, string> {
  const entries = Object.entries(env).filter((entry): entry is [string, string] => {
    const [name, value] = entry
    if (value === undefined || OF_THE_RUNNER.test(name)) return false
    if (value === '' && CHOICE_OF_ENDPOINT.test(name)) return false
    return NEEDED.test(name) || redact(value) === value
  })
  return Object.fromEntries(entries)
}

/** What only the action itself is to know: its inputs with their secrets, saved state, and the runner's own tokens. */
const OF_THE_ACTION = /^(INPUT|STATE|ACTIONS)_/

/** The environment for the user's own commands: as in any other step, all that they set for this one. */
export function environmentForCommands(env: Environment): Record<string, string> {
  const entries = Object.entries(env).filter((entry): entry is [string, string] => {
    const [name, value] = entry
    return value !== undefined && !OF_THE_ACTION.test(name)
  })
  return Object.fromEntries(entries)
}
