/**
 * Which variables of a step's environment are somebody's own, and what follows from that. By their names alone. Pure.
 */

/** The inputs with their secrets, what was saved for `post`, and tokens of the job: nobody else is to know them. */
const OF_THE_ACTION = /^(INPUT|STATE|ACTIONS)_/

/** What the runner tells a step about itself and the job: the user's own commands may have a use for it. */
const OF_THE_JOB = /^(GITHUB|GITEA|FORGEJO)_/

/** Whether only the action itself is to know it: neither the user's own commands nor a compose file has a use for it. */
export function isOfTheAction(name: string): boolean {
  return OF_THE_ACTION.test(name)
}

/** Whether it comes from the runner: no program that is started for the action's own sake has a use for it. */
export function isOfTheRunner(name: string): boolean {
  return OF_THE_ACTION.test(name) || OF_THE_JOB.test(name)
}

/**
 * Without one of these a command is not found, reaches another daemon than the user meant, or none, or outlives a run
 * that is killed. They stay, though a secret (`docker`, `deploy`, `proxy`) may happen to be part of one.
 */
const NEEDED =
  /^(PATH|HOME|USERPROFILE|TMPDIR|SSH_AUTH_SOCK|SSL_CERT_(FILE|DIR)|(HTTPS?|ALL|NO)_PROXY|DOCKER_(HOST|CONTEXT|CONFIG|CERT_PATH|TLS|TLS_VERIFY)|SWARM_DEPLOY_RUN)$/i

/** Whether a program that is started needs it, whatever its value. */
export function isNeeded(name: string): boolean {
  return NEEDED.test(name)
}

/** The docker CLI obeys these, the Go program that it is, and the ssh that it starts. */
const RULES_DOCKER =
  /^(DOCKER_.*|HOME|USERPROFILE|PATH|TMPDIR|TEMP|TMP|.*_PROXY|SSH_.*|SSL_CERT_.*|XDG_.*|LD_.*|GO[A-Z]+|OTEL_.*)$/i

/** Whether docker would obey a variable of this name itself: it cannot be handed to docker for a service alone. */
function rulesDocker(name: string): boolean {
  return RULES_DOCKER.test(name)
}

/** Linux gives a program no variable of more than 128 kB, and about 2 MB in all. */
const LARGEST_OF_DOCKER = 16 * 1024

/** Whether docker is given a variable to fill it in: neither what it would obey itself, nor what is too large for a program. */
export function isForDocker(name: string, value = ''): boolean {
  return !rulesDocker(name) && value.length <= LARGEST_OF_DOCKER
}

/** The variables of a service that docker is not given: they are put into the spec that it makes. */
export function variablesWithoutDocker(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name, value]) => !isForDocker(name, value)))
}

/** What the action itself gives docker, whatever the step has. */
const GIVEN_TO_DOCKER = ['DOCKER_API_VERSION', 'DOCKER_CONFIG', 'DOCKER_CONTEXT', 'DOCKER_HOST']

/** Whether docker has a value of its own for it where the step has none. */
export function isGivenToDocker(name: string): boolean {
  return GIVEN_TO_DOCKER.includes(name)
}

/** A variable that a workflow leaves empty is no choice; but Docker 20.10 takes an empty `DOCKER_HOST` for one. */
const CHOICE_OF_ENDPOINT = /^DOCKER_(HOST|CONTEXT)$/i

/** Whether it says which daemon docker speaks to. */
export function choosesEndpoint(name: string): boolean {
  return CHOICE_OF_ENDPOINT.test(name)
}

/** Each would lead a docker command away from the endpoint, the certificates or the config that was chosen for it. */
const LEADING_ELSEWHERE = [
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DOCKER_TLS',
  'DOCKER_TLS_VERIFY',
  'DOCKER_CERT_PATH',
  'DOCKER_CONFIG',
  'DOCKER_AUTH_CONFIG',
  'DOCKER_STACK_ORCHESTRATOR',
]

/** The environment with nothing in it that leads docker to a daemon or a config. */
export function withoutEndpoint(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !LEADING_ELSEWHERE.includes(name)))
}
