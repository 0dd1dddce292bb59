import { UserError } from '../errors.ts'
import type { Environment } from '../runner/environment.ts'
import { log } from '../runner/log/log.ts'
import { DIRECTORIES_INPUT, parseConfigDirectories } from './accounts/config-directories.ts'
import type { Credential } from './accounts/credential.ts'
import { checkSeparation, credentialFromShortForm, SHORT_FORM_INPUTS } from './accounts/credentials.ts'
import { readDockerConfigs, UNNAMED_CONFIG } from './accounts/docker-config.ts'
import { credentialsFromText, type PasswordSources } from './accounts/registries.ts'
import { registryCasFromText } from './accounts/registry-ca.ts'
import { attachmentSources } from './attachments/attachments.ts'
import { checkContents } from './compose/contents.ts'
import type {
  Accounts,
  Deployment,
  DockerConfig,
  LockRequest,
  PlanRequest,
  Reach,
  ServiceRequest,
} from './deployment.ts'
import { fileReader, resolvePath } from './files.ts'
import { blankProblems, input, isGivenEmpty, read, readOrDefault, tellUnused } from './given.ts'
import { imagesFromText } from './images.ts'
import { hideTokens } from './masking.ts'
import { type ModeName, parseMode, probableMode } from './mode.ts'
import { allInputs, checkModeInputs, isRollback } from './mode-inputs.ts'
import { readPruneImages } from './node-tools.ts'
import { checkPause, NO_PAUSE, pausing } from './pause.ts'
import { parsePrepare } from './prepare.ts'
import { listed, Problems } from './problems.ts'
import { reachFrom } from './reach/reach.ts'
import { type Replacement, type ReplacementSettings, replacementOf } from './replacement.ts'
import { readRollback } from './rollback.ts'
import { parseSelection, type Selection, selected, unknownNames } from './selection.ts'
import { entryKeys } from './services/service-keys.ts'
import { servicesFromText } from './services/services.ts'
import { nameables, readStack } from './stack.ts'
import type { StackRequest } from './stack-request.ts'
import { checkAllAreUsed, checkRunFits, readStrategySettings, type StrategyTable } from './strategy.ts'
import { checkUnknownInputs, checkUnreadVariables } from './unknown-inputs.ts'
import { policiesOfInputs, RETIRED_KEYS } from './update-policy.ts'
import { parseBoolean, parseChoice, parseDuration, parseImage, parseInteger } from './values.ts'

const LONGEST_TIMEOUT_SECONDS = 24 * 60 * 60
const MOST_PARALLEL = 100
const LONGEST_HISTORY = 100
const ON_FAILURE = ['rollback', 'rollback-failed', 'keep', 'pause'] as const
const ON_SHORT_LIVED = ['warn', 'error', 'allow'] as const
const SAME_DIGEST = ['deploy', 'keep'] as const
const ON_CANCEL = ['rollback', 'keep'] as const

/**
 * Reads the inputs of the step, and masks every secret as it is read.
 *
 * @param strategies those that can be chosen
 * @throws UserErrors with everything that is wrong with any of them
 */
export function readInputs(given: Environment, strategies: StrategyTable): Deployment {
  const problems = new Problems()
  const { env, mode } = beginReading(given, strategies, problems)
  const plan = readPlan(env, mode, problems)
  const reach = reachOf(env, problems)
  const accounts = readAccounts(env, problems)
  const onShortLived = readOrDefault(env, 'on-short-lived', problems, parseOnShortLived)
  const images = isRollback(env, mode) ? [] : imagesFromText(input(env, 'images'), env, problems)
  const onFailure = readOrDefault(env, 'on-failure', problems, (text) => parseChoice(text, ON_FAILURE))
  const forAll = {
    strategies,
    strategy: readStrategySettings((name) => input(env, name).trim() || undefined, strategies, problems),
    policies: policiesOfInputs((name) => input(env, name), problems),
    prepare: readOrDefault(env, 'prepare', problems, parsePrepare),
  }
  const back = isRollback(env, mode) ? readRollback(env, forAll, problems) : undefined
  const stack = back ? undefined : readStackInputs(env, replacementOf(undefined, forAll, problems), problems)
  const services = back?.services ?? readServices(env, forAll, problems)
  const trust = readTrust(env, accounts.credentials, services, problems)
  const force = readForce(env, stack, services, problems)
  const keepReplicas = readOrDefault(env, 'keep-replicas', problems, parseBoolean)
  const sameDigest = readOrDefault(env, 'same-digest', problems, (text) => parseChoice(text, SAME_DIGEST))
  const ofStack = stack ?? back?.request.stack
  const requests = [...services, ...(ofStack === undefined ? [] : [ofStack])]
  const pauses = onFailure === 'pause'
  if (pauses && back !== undefined) problems.add(`on-failure: ${NO_PAUSE}`)
  else if (pauses) checkPause(requests, problems)
  const chosen = requests.map(({ strategy }) => strategy)
  checkAllAreUsed(forAll.strategy, chosen, strategies, problems)
  const wait = readOrDefault(env, 'wait', problems, parseBoolean)
  const pruneImages = readPruneImages(env, wait, problems)
  const timeoutSeconds = readOrDefault(env, 'timeout', problems, parseTimeout)
  const monitorSeconds = read(env, 'monitor', problems, parseMonitor)
  const maxParallel = readOrDefault(env, 'max-parallel', problems, parseMaxParallel)
  const onCancel = readOrDefault(env, 'on-cancel', problems, (text) => parseChoice(text, ON_CANCEL))
  const lock = readLock(env, problems)
  const historyLimit = readOrDefault(env, 'history-limit', problems, (text) => parseInteger(text, 0, LONGEST_HISTORY))
  if (monitorSeconds !== undefined && monitorSeconds >= timeoutSeconds) {
    problems.add('monitor: it is not shorter than `timeout`, so no service could ever pass: write a longer `timeout`')
  }
  if (ofStack?.prune && !wait) {
    problems.add(
      'prune: with `wait: false` nobody sees whether the deploy succeeds, and only then anything may be removed: leave one of the two out',
    )
  }
  checkRunFits(chosen, ofStack, wait, strategies, problems)
  // The check tells these with all that it finds; a run that does not come so far tells them here.
  if (stack !== undefined && !problems.isEmpty) checkContents(stack.files, stack.lookUp, stack.directory, problems)
  problems.throwAll()
  return {
    mode,
    reach,
    ...accounts,
    ...trust,
    pruneImages,
    onShortLived,
    images,
    services: pauses ? services.map(pausing) : services,
    ...(stack && { stack: pauses ? pausing(stack) : stack }),
    ...(back && { rollback: back.request }),
    wait,
    timeoutSeconds,
    monitorSeconds,
    onFailure,
    onCancel,
    force,
    keepReplicas,
    sameDigest,
    maxParallel,
    lock,
    historyLimit,
    plan,
  }
}

/** The mode that is asked for, also where other inputs are wrong; the one that was probably meant, where it is. */
export function modeAsked(env: Environment): ModeName {
  return probableMode(input(env, 'mode').trim())
}

/** Whoever meant to look, and whose variable was empty, must not deploy. An input that is not given is not there, or has its default. */
const EMPTY_MODE =
  'mode: it is empty, as a variable is that is not set: write the mode, or leave the input out where a deploy is meant'

/** What the reading of every mode begins with: that there is each input, and that it fits the mode. */
export function beginReading(given: Environment, strategies: StrategyTable, problems: Problems) {
  const known = { inputs: inputNames(strategies), entryKeys: entryKeys(strategies) }
  for (const [name, value = ''] of Object.entries(given)) if (name.startsWith('INPUT_')) hideTokens(value)
  const env = withUnread(checkUnknownInputs(given, known, problems, log.warning), known.inputs, problems)
  if (isGivenEmpty(env, 'mode')) problems.add(EMPTY_MODE)
  for (const problem of blankProblems(env)) problems.add(problem)
  readOrDefault(env, 'mode', problems, parseMode)
  const mode = modeAsked(env)
  checkModeInputs(env, mode, strategies, problems)
  return { env, mode }
}

/** In these modes one of `services` and `stack` has to be given. */
const ACTS_ON_SOMETHING: readonly ModeName[] = ['deploy', 'plan', 'refresh-auth', 'remove', 'rollback']

/** What is given in variables that nobody reads, where nothing else says what the run is to act on. */
function withUnread(env: Environment, known: readonly string[], problems: Problems): Environment {
  const isTold = ['services', 'stack'].some((name) => input(env, name).trim() !== '')
  return isTold || !ACTS_ON_SOMETHING.includes(modeAsked(env)) ? env : checkUnreadVariables(env, known, problems)
}

/** In other actions the input of this name says whether a deploy is watched at all. */
function parseMonitor(text: string): number {
  if (!/^(?:true|false|yes|no)$/i.test(text)) return parseDuration(text)
  const advice =
    'leave it out: every deploy is watched, unless `wait: false`. Here `monitor` says for how long new tasks must go on, such as `10s`'
  throw new UserError(`${text} is no duration: ${advice}`)
}

/** What only a plan asks for. */
function readPlan(env: Environment, mode: ModeName, problems: Problems): PlanRequest {
  if (mode !== 'plan') return { showValues: false, failOnChanges: false }
  const showValues = readOrDefault(env, 'show-values', problems, parseBoolean)
  const failOnChanges = readOrDefault(env, 'fail-on-changes', problems, parseBoolean)
  return { showValues, failOnChanges }
}

/** All inputs that there are, and those that there were: these are told with what they have become. */
export function inputNames(strategies: StrategyTable): string[] {
  return [...allInputs(strategies), ...RETIRED_KEYS]
}

/**
 * Reads only how the swarm is reached, as `post` needs it.
 *
 * @throws UserErrors with everything that is wrong with it
 */
export function readReach(env: Environment): Reach {
  const problems = new Problems()
  const reach = reachOf(env, problems)
  problems.throwAll()
  return reach
}

export function reachOf(env: Environment, problems: Problems): Reach {
  return reachFrom(
    {
      input: (name) => input(env, name),
      resolvePath: (path) => resolvePath(env, path),
      hasAgent: Boolean(env.SSH_AUTH_SOCK),
    },
    problems,
  )
}

/** Whether the run takes the lock, and how long it waits for it. */
export function readLock(env: Environment, problems: Problems): LockRequest | undefined {
  const isLocked = readOrDefault(env, 'lock', problems, parseBoolean)
  const timeoutSeconds = readOrDefault(env, 'lock-timeout', problems, parseTimeout)
  return isLocked ? { timeoutSeconds } : undefined
}

/** The accounts of a run. Every secret of one is masked, and each is checked against the others. */
export function readAccounts(env: Environment, problems: Problems): Accounts {
  const credentials = readCredentials(env, problems)
  const dockerConfigs = readDockerConfigs(input(env, 'docker-config'), env, problems)
  checkNames(credentials, dockerConfigs, problems)
  const configDirectories = parseConfigDirectories(input(env, DIRECTORIES_INPUT), env, problems)
  return { credentials, dockerConfigs, configDirectories }
}

/** The accounts of all inputs that give some. */
function readCredentials(env: Environment, problems: Problems): Credential[] {
  const sources: PasswordSources = { env, readFile: fileReader(env) }
  const short = Object.fromEntries(SHORT_FORM_INPUTS.map((name) => [name, input(env, name)])) as Record<
    (typeof SHORT_FORM_INPUTS)[number],
    string
  >
  const credentials = [
    ...credentialsFromText(input(env, 'registries'), 'registries', sources, problems),
    ...credentialsFromFile(input(env, 'registries-file').trim(), sources, problems),
    credentialFromShortForm(short, sources.readFile, problems),
  ].filter((credential) => credential !== undefined)
  checkSeparation(credentials, problems)
  return credentials
}

/** A name means one config. */
function checkNames(credentials: readonly Credential[], configs: readonly DockerConfig[], problems: Problems): void {
  for (const { name, origin } of configs) {
    const other = credentials.find(({ config }) => config === (name ?? UNNAMED_CONFIG))
    if (other === undefined) continue
    problems.add(`${origin}: ${other.origin} has a config of this name too: give one of them another name`)
  }
}

function credentialsFromFile(path: string, sources: PasswordSources, problems: Problems): Credential[] {
  const name = 'registries-file'
  if (path === '') return []
  if (/[\r\n]/.test(path)) {
    // Read all the same, so that its passwords are masked.
    credentialsFromText(path, name, sources, new Problems())
    problems.add(
      `${name}: this is no path but several lines: give the content in \`registries\`, or write the path of a file`,
    )
    return []
  }
  // What holds no blank and has the look of a path is no credential.
  const place = /^[\w./~+-]*[./][\w./~+-]*$/.test(path) ? `${name} ${path}` : name
  const text = problems.at(place).attempt(() => sources.readFile(path))
  if (text?.trim() === '') problems.add(`${name}: the file is empty: write credentials to it, or leave the input out`)
  return credentialsFromText(text ?? '', name, sources, problems)
}

/** The authorities of registries, and whether the nodes get them. */
function readTrust(
  env: Environment,
  credentials: readonly Credential[],
  services: readonly ServiceRequest[],
  problems: Problems,
): Pick<Deployment, 'registryCas' | 'installCas'> {
  const ofCredentials = credentials.map(({ registry }) => registry)
  const ofImages = services.flatMap(({ image }) => (image === undefined ? [] : [image.registry]))
  const registries = ofCredentials.length > 0 ? ofCredentials : ofImages
  const sources = { readFile: fileReader(env), registries, now: new Date() }
  const text = input(env, 'registry-ca')
  const registryCas = registryCasFromText(text, sources, problems)
  const isInstalled = readOrDefault(env, 'install-registry-ca', problems, parseBoolean)
  const image = read(env, 'install-registry-ca-image', problems, parseImage)
  if (!isInstalled) {
    if (image !== undefined) tellUnused('install-registry-ca-image', '`install-registry-ca: true`')
    return { registryCas }
  }
  if (text.trim() === '') {
    problems.add('install-registry-ca: there is nothing to install: give the CA in `registry-ca`, or leave this out')
  }
  if (input(env, 'install-registry-ca-image').trim() === '') {
    problems.add(
      'install-registry-ca: it needs an image whose containers write the file on the nodes, as root: name one that you trust and that every node can pull or has, with a shell, in `install-registry-ca-image`, such as `busybox:1.37`',
    )
  }
  return { registryCas, ...(image && { installCas: { image } }) }
}

function readServices(env: Environment, forAll: ReplacementSettings, problems: Problems): ServiceRequest[] {
  const text = input(env, 'services')
  const stack = input(env, 'stack').trim()
  if (text.trim() !== '' && stack !== '') {
    problems.add(
      '`services` and `stack` are both given: give each a step of its own, for a service of a stack gets all it has from the compose files',
    )
    return []
  }
  if (text.trim() !== '') return servicesFromText(text, forAll, attachmentSources(env), problems)
  // Of files without a stack it is told that this has no name.
  if (stack !== '' || input(env, 'compose-file').trim() !== '') return []
  const given = (['images', 'registries', 'registries-file', ...SHORT_FORM_INPUTS, 'docker-config'] as const).find(
    (name) => input(env, name) !== '',
  )
  const why = given === undefined ? 'it is empty' : `it is empty, and \`${given}\` alone deploys nothing`
  problems.add(`services: ${why}: write what to deploy, such as \`web: ghcr.io/org/web:1.2\`, or give a \`stack\``)
  return []
}

function readStackInputs(env: Environment, replacement: Replacement, problems: Problems): StackRequest | undefined {
  const inputs = {
    stack: input(env, 'stack'),
    'compose-file': input(env, 'compose-file'),
    'env-file': input(env, 'env-file'),
    prune: input(env, 'prune'),
    'rerun-jobs': input(env, 'rerun-jobs'),
    only: input(env, 'only'),
  }
  return readStack(inputs, replacement, env, problems)
}

/** Whose tasks are to be replaced. The services of a stack that is there already are only known when the swarm is seen. */
function readForce(
  env: Environment,
  stack: StackRequest | undefined,
  services: readonly ServiceRequest[],
  problems: Problems,
): Selection {
  const force = readOrDefault(env, 'force', problems, parseSelection)
  const [all, owner] = stack === undefined ? [services, '`services`'] : [nameables(stack), `the stack ${stack.name}`]
  const isKnown = all.length > 0 && !services.some(({ isStack }) => isStack)
  const problem = isKnown ? unknownNames(force, all, owner) : undefined
  if (problem !== undefined) problems.add(`force: ${problem}`)
  const idle = force === 'all' ? [] : [...selected(force, all)].filter((name) => stack?.leftOut.includes(name))
  if (idle.length > 0)
    problems.add(`force: \`only\` leaves ${listed(idle)} out: add the name there, or take it out here`)
  return force
}

export function parseOnShortLived(text: string): Deployment['onShortLived'] {
  return parseChoice(text, ON_SHORT_LIVED)
}

export function parseMaxParallel(text: string): number {
  return parseInteger(text, 1, MOST_PARALLEL)
}

export function parseTimeout(text: string): number {
  const seconds = parseDuration(text)
  if (seconds <= LONGEST_TIMEOUT_SECONDS) return seconds
  throw new UserError(`${text} is more than a day: write at most 24h`)
}
