import type { Environment } from '../runner/environment.ts'
import { safeLine } from '../runner/text/safe-text.ts'
import { closestKey } from './keys.ts'
import type { Problems } from './problems.ts'

/**
 * Inputs of the step that there are not. A runner warns of them and hands them on all the same: what somebody asked for
 * in them would silently not be done.
 */

const PREFIX = 'INPUT_'
const MOST_NAME_CHARACTERS = 60

/** Our input for what other actions, docker and compose call so. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  'compose-files': 'compose-file',
  'compose-path': 'compose-file',
  'docker-compose-file': 'compose-file',
  'docker-compose-file-path': 'compose-file',
  'config-json': 'docker-config',
  'docker-auth-config': 'docker-config',
  'docker-config-json': 'docker-config',
  'docker-context': 'context',
  dockerconfigjson: 'docker-config',
  'docker-host': 'host',
  'dot-env': 'env-file',
  // The flag of a shell.
  dotenv: 'env-file',
  'dotenv-file': 'env-file',
  'env-files': 'env-file',
  file: 'compose-file',
  files: 'compose-file',
  'force-recreate': 'force',
  'force-update': 'force',
  key: 'ssh-key',
  'known-hosts': 'ssh-known-hosts',
  manager: 'host',
  prepull: 'prepare',
  'pre-pull': 'prepare',
  'private-key': 'ssh-key',
  'ca-cert': 'registry-ca',
  'registry-ca-cert': 'registry-ca',
  'registry-ca-certificate': 'registry-ca',
  'registry-cert': 'registry-ca',
  'registry-host': 'registry',
  'registry-pass': 'password',
  'registry-password': 'password',
  'registry-token': 'password',
  'registry-url': 'registry',
  'registry-user': 'username',
  'registry-username': 'username',
  'remote-docker-host': 'host',
  'remote-private-key': 'ssh-key',
  rollback: 'on-failure',
  'ssh-deploy-private-key': 'ssh-key',
  'ssh-private-key': 'ssh-key',
  'ssh-remote-known-hosts': 'ssh-known-hosts',
  'stack-file': 'compose-file',
  'stack-file-name': 'compose-file',
  'stack-name': 'stack',
  'deploy-file': 'compose-file',
  'deploy-timeout': 'timeout',
  'monitor-timeout': 'timeout',
  token: 'password',
}

const HOST = 'write it in `host`, as in `host: ssh://user@host:port`'
const VARIABLES = "set it in the step's `env`, or in a file that `env-file` names"
const PINNED = 'leave it out: every image is looked up and pinned by its digest'
const STORED = 'write it in an entry of `registries`, which has room for a second credential'
const FORWARDED = 'leave it out: the credential is sent wherever there is one'
const LOGIN = 'leave it out: the logins of a run are in directories of its own, which are removed at its end'
const WITHOUT_DOCKER = 'leave it out: docker is not called with flags of yours here'
const OF_FILES = 'write it under `networks` in the compose file'
const NOT_COPIED = 'leave it out: files are read on the runner, and none is copied to a server'
const DEBUG_LOG = 'leave it out: a run with debug logging tells more'
const CONTENT_NAMES = 'leave it out: configs and secrets are made anew when their content changes'

const DRY_RUN = 'write `mode: plan`'

/** What to write for what is no input under another name. */
const ADVICE: Readonly<Record<string, string>> = {
  args: WITHOUT_DOCKER,
  check: DRY_RUN,
  diff: DRY_RUN,
  plan: DRY_RUN,
  attempts: 'leave it out: what passes is tried again by itself',
  debug: DEBUG_LOG,
  detach: 'write `wait: false` where nobody shall wait, or leave it out',
  'docker-network': OF_FILES,
  'docker-network-attachable': OF_FILES,
  'docker-network-driver': OF_FILES,
  'docker-prune': 'write `prune-images: true` where old images are to go, or leave it out',
  ecr: 'leave it out, and write `ecr: true` in the entry of `registries` whose login Amazon is to give',
  'enable-rollback': 'leave it out: a deploy that fails goes back, unless `on-failure` says otherwise',
  'env-file-base64': 'write the file in an earlier step, and its path in `env-file`',
  'env-var-prefix': VARIABLES,
  'exclude-variables': 'leave it out: of all variables only those are used that the files name',
  'extra-files': NOT_COPIED,
  'extra-variables': VARIABLES,
  'key-interpolation': 'leave it out: keys of compose files are taken as they stand',
  'log-level': DEBUG_LOG,
  login: 'write `mode: login`',
  logout: LOGIN,
  'manage-variables': CONTENT_NAMES,
  'md5-file-path': CONTENT_NAMES,
  'md5-variable-name': CONTENT_NAMES,
  'monitor-interval': 'leave it out: the swarm is looked at all the time',
  pass: 'write `password` for a registry, and `ssh-key` for a host: passwords for SSH are not taken',
  port: HOST,
  'project-path': NOT_COPIED,
  'refresh-auth': 'write `mode: refresh-auth`',
  'registry-auth': `${FORWARDED}; several registries go into \`registries\``,
  'remote-host': HOST,
  'remote-port': HOST,
  'remote-user': HOST,
  'resolve-image': PINNED,
  'scale-after': 'write `replicas` under `deploy` in the compose file',
  scope: 'write the path in `registry`, such as `ghcr.io/org-a`',
  secrets: VARIABLES,
  'ssh-deploy-user': HOST,
  'ssh-host': HOST,
  'ssh-port': HOST,
  'ssh-remote-hostname': HOST,
  'ssh-remote-port': HOST,
  'ssh-user': HOST,
  'stack-param': VARIABLES,
  'strict-variables': 'leave it out: a variable that is missing is an error',
  'stored-password': STORED,
  'stored-password-env': STORED,
  'stored-password-file': STORED,
  'stored-username': STORED,
  summary: 'leave it out: there always is one',
  user: `write it in \`host\` for SSH, as in \`host: ssh://user@host\`, or in \`username\` for a registry`,
  variables: VARIABLES,
  vars: VARIABLES,
  version:
    "write the version in the image: `web: ghcr.io/org/web:1.2`, or set the variable of your compose file in the step's `env`",
  'with-registry-auth': FORWARDED,
}

/** An input that there is not. */
interface Unknown {
  /** As in a workflow, as far as a variable tells. */
  readonly name: string
  readonly variable: string
  readonly value: string
}

/** Which inputs there are, and which keys an entry of `services` has besides. */
export interface KnownInputs {
  readonly inputs: readonly string[]
  readonly entryKeys: readonly string[]
}

/**
 * Adds one problem for each input that is given and that there is not, with what was probably meant.
 *
 * The runners of Gitea and Forgejo hand the inputs of a composite action on to the steps in it (gitea.com/gitea/act,
 * pkg/runner/action_composite.go): there it cannot be told whose it is, and it is only a warning. GitHub's runner does not
 * (actions/runner#665), and act takes them away again (pkg/runner/step.go, `mergeEnv`).
 *
 * @param warn is told what is no error
 * @returns the environment with each value where it was probably meant to be: so nothing is told besides that only
 *   follows from the name
 */
export function checkUnknownInputs(
  env: Environment,
  known: KnownInputs,
  problems: Problems,
  warn: (line: string) => void,
): Environment {
  const mayBeOfOthers = Boolean(env.GITEA_ACTIONS || env.FORGEJO_ACTIONS)
  const meant: Record<string, string> = {}
  // Once is enough: several are those of another action.
  let isOwnTold = false
  for (const unknown of unknownInputs(env, known.inputs)) {
    const input = inputMeantBy(unknown.name, env, known)
    const line = lineFor(unknown, input, known)
    if (mayBeOfOthers) {
      warn(`${line} (ignored: this runner hands on the inputs of a composite action around this step as well)`)
      continue
    }
    const own: string = isOwnTold ? '' : mayBeTheUsersOwn(unknown)
    isOwnTold ||= own !== ''
    problems.add(`${line}${own}`)
    const variable = input && variableOf(input)
    if (variable !== undefined && !env[variable]) meant[variable] = unknown.value
  }
  return Object.keys(meant).length === 0 ? env : { ...env, ...meant }
}

/** @param input that was probably meant */
function lineFor(unknown: Unknown, input: string | undefined, known: KnownInputs): string {
  const { name, variable } = unknown
  if (input !== undefined && plainName(name) === input && variable !== variable.toUpperCase()) {
    return `${input}: a variable that is written ${safeLine(variable, MOST_NAME_CHARACTERS)} is not read: write ${spellingsOf(input).ofShell}`
  }
  return `${name}: there is no such input: ${adviceFor(unknown, input, known)}`
}

/** How the variables begin that are read in one place or another. */
const READ_SOMEWHERE = /^(swarm_deploy|plugin|input)_(.+)$/i

/**
 * Adds one problem for each variable that is named after an input and is not read, for its small letters or because a
 * shell alone has such. Only for a run that is not told what to act on: elsewhere it may be anybody's.
 *
 * @returns the environment with `services` and `stack` where they were meant to be
 */
export function checkUnreadVariables(env: Environment, known: readonly string[], problems: Problems): Environment {
  const meant: Record<string, string> = {}
  for (const [variable, value = ''] of Object.entries(env)) {
    const [, prefix = '', rest = ''] = READ_SOMEWHERE.exec(variable) ?? []
    const name = plainName(rest.toLowerCase())
    if (!known.includes(name) || value.trim() === '' || variable.startsWith(PREFIX)) continue
    const ofShell = `${prefix}_${rest.replaceAll('-', '_')}`.toUpperCase()
    problems.add(
      variable === ofShell
        ? `${name}: the variable ${variable} is only read where a shell starts this: write \`${name}\` in the \`with\` of the step`
        : `${name}: the variable ${variable} is not read: write \`${name}\` in the \`with\` of the step, or ${ofShell} where a shell starts this`,
    )
    if (name === 'services' || name === 'stack') meant[variableOf(name)] = value
  }
  return Object.keys(meant).length === 0 ? env : { ...env, ...meant }
}

/** Nobody gives a variable of their own a dash in its name. */
function mayBeTheUsersOwn({ variable }: Unknown): string {
  return variable.includes('-') ? '' : ` (if ${variable} is a variable of your own \`env\`, give that another name)`
}

/** What to write instead of an input that there is not. */
export function unknownInputAdvice(name: string, env: Environment, known: KnownInputs): string {
  const plain = safeLine(name.toLowerCase(), MOST_NAME_CHARACTERS)
  return adviceFor({ name: plain }, inputMeantBy(plain, env, known), known)
}

interface Spellings {
  readonly ofRunner: string
  readonly ofShell: string
}

/** Every name is asked for many times. */
const spellings = new Map<string, Spellings>()

/** The variables in which a runner and a shell hand an input over: a shell cannot set one with a dash. */
export function spellingsOf(input: string): Spellings {
  const known = spellings.get(input)
  if (known !== undefined) return known
  const ofRunner = `${PREFIX}${input.toUpperCase()}`
  const both = { ofRunner, ofShell: ofRunner.replaceAll('-', '_') }
  spellings.set(input, both)
  return both
}

/** The variable in which a runner hands an input over. */
export function variableOf(input: string): string {
  return spellingsOf(input).ofRunner
}

/** Those with a value: GitHub's runner hands an input that an expression leaves empty over as well. */
function unknownInputs(env: Environment, known: readonly string[]): Unknown[] {
  return Object.entries(env).flatMap(([variable, value = '']) => {
    if (!variable.startsWith(PREFIX) || variable === PREFIX || value.trim() === '') return []
    const name = variable.slice(PREFIX.length).toLowerCase()
    if (isReadFor(name, variable, known, env) || isReadFor(plainName(name), variable, known, env)) return []
    return [{ name: safeLine(name, MOST_NAME_CHARACTERS), variable, value }]
  })
}

/** A runner always sets the variable with dashes, if only to nothing; then the one of a shell is not looked at. */
function isReadFor(name: string, variable: string, known: readonly string[], env: Environment): boolean {
  const { ofRunner, ofShell } = spellingsOf(name)
  const read = env[ofRunner] === undefined ? ofShell : ofRunner
  return variable === read && known.includes(name)
}

function inputMeantBy(name: string, env: Environment, { inputs, entryKeys }: KnownInputs): string | undefined {
  const plain = plainName(name)
  if (Object.hasOwn(ADVICE, plain)) return undefined
  if (plain === 'name' || plain === 'service') return env[variableOf('services')] ? undefined : nameOfWhat(plain)
  // Of one service: its value makes no sense in an input that is only spelt like it, as `images` is.
  if (entryKeys.includes(plain) && !Object.hasOwn(OTHER_NAMES, plain)) return undefined
  return closestKey(plain, inputs, OTHER_NAMES)
}

/** `name` is that of a stack in the actions that have it. */
function nameOfWhat(plain: string): string {
  return plain === 'name' ? 'stack' : 'services'
}

function adviceFor(
  { name }: Pick<Unknown, 'name'>,
  input: string | undefined,
  { inputs, entryKeys }: KnownInputs,
): string {
  const plain = plainName(name)
  if (Object.hasOwn(ADVICE, plain)) return ADVICE[plain] ?? ''
  if (entryKeys.includes(plain) && !inputs.includes(plain)) {
    const key = `\`${plain}\` is a key of an entry of \`services\`, as in ${exampleWith(plain)}`
    return input === undefined ? key : `did you mean \`${input}\`? For one service ${key}`
  }
  return input === undefined ? 'leave it out: all inputs are in action.yml' : `did you mean \`${input}\`?`
}

function exampleWith(key: string): string {
  const value = EXAMPLES[key] ?? '…'
  const image = key === 'image' || key === 'name' ? '' : `, ${key}: ${value}`
  return `\`- {name: web, image: "ghcr.io/org/web:1.2"${image}}\``
}

const EXAMPLES: Readonly<Record<string, string>> = { create: 'true', replicas: '2', env: '{LOG_LEVEL: debug}' }

function plainName(name: string): string {
  return name.replaceAll('_', '-')
}
