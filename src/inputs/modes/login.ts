import { namespaceProblem, type PullSecretName, secretNameProblem } from '../../docker/registry/pull-secret.ts'
import type { Environment } from '../../runner/environment.ts'
import { shown } from '../../runner/text/shown.ts'
import { UNNAMED_CONFIG } from '../accounts/docker-config.ts'
import type { Accounts, Reach } from '../deployment.ts'
import { input, readOrDefault } from '../given.ts'
import { listed, Problems } from '../problems.ts'
import { beginReading, parseTimeout, reachOf, readAccounts } from '../read.ts'
import type { StrategyTable } from '../strategy.ts'
import { parseYaml } from '../yaml.ts'

/** What a run of `login` is asked for. */
export interface Login extends Pick<Accounts, 'credentials' | 'dockerConfigs'> {
  readonly reach: Reach
  readonly pullSecrets: readonly PullSecretOf[]
  readonly timeoutSeconds: number
}

/** A pull secret for Kubernetes, and the name of the config that it holds. */
export interface PullSecretOf extends PullSecretName {
  readonly config: string
}

const FORM = '`NAME` or `NAME/NAMESPACE`'

/**
 * Reads the inputs of a run that only logs in.
 *
 * @throws UserErrors with everything that is wrong with any of them
 */
export function readLogin(given: Environment, strategies: StrategyTable): Login {
  const problems = new Problems()
  const { env } = beginReading(given, strategies, problems)
  const reach = reachOf(env, problems)
  const ofAccounts = new Problems()
  const accounts = readAccounts(env, ofAccounts)
  const { credentials, dockerConfigs } = accounts
  const isEmpty = credentials.length === 0 && dockerConfigs.length === 0
  if (isEmpty && ofAccounts.isEmpty) {
    problems.add(
      'registries: it is empty, and there is nothing to log in to: write `registries`, or `username` and `password`, or give a `docker-config`',
    )
  }
  // Which configs there are is not known when something is wrong with the accounts.
  const isWhole = ofAccounts.isEmpty && !isEmpty
  problems.take(ofAccounts)
  const pullSecrets = pullSecretsFrom(
    input(env, 'pull-secret'),
    isWhole ? accounts : undefined,
    problems.at('pull-secret'),
  )
  const timeoutSeconds = readOrDefault(env, 'timeout', problems, parseTimeout)
  problems.throwAll()
  return { reach, credentials, dockerConfigs, pullSecrets, timeoutSeconds }
}

/** @param accounts `undefined`: not known, and nothing is said of them */
function pullSecretsFrom(text: string, accounts: Accounts | undefined, problems: Problems): PullSecretOf[] {
  if (text.trim() === '') return []
  const configs = accounts && configsOf(accounts)
  const asked = entriesFrom(text, configs, problems)
  const secrets = asked.flatMap(({ config, place }) => {
    const secret = nameFrom(place, problems)
    return secret === undefined ? [] : [{ ...secret, config }]
  })
  for (const { config } of asked) checkConfig(config, configs, problems)
  const names = secrets.map(({ name, namespace = '' }) => `${namespace}/${name}`)
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) < index)
      problems.add(`the Secret ${name.replace(/^\//, '')} is written twice: give each config a Secret of its own`)
  }
  return secrets
}

interface Asked {
  readonly config: string
  /** `NAME` or `NAME/NAMESPACE` */
  readonly place: string
}

/** One text for the only config, or a mapping from the names of configs. */
function entriesFrom(text: string, configs: readonly string[] | undefined, problems: Problems): Asked[] {
  const { root, problems: wrong } = parseYaml(text)
  problems.addYaml(wrong)
  if (wrong.length > 0) return []
  if (root === undefined || (root.kind === 'map' && root.entries.length === 0)) {
    problems.add(`it names no Secret: write ${FORM}, or leave it out`)
    return []
  }
  if (root.kind === 'list') {
    problems.add(`this is a list: write ${FORM}, or a mapping such as \`CONFIG: NAME/NAMESPACE\``)
    return []
  }
  if (root.kind === 'map') {
    return root.entries.flatMap(({ key, value }) => {
      if (value.kind === 'text') return [{ config: key, place: value.value.trim() }]
      problems.add(`${shown(key)} has no text: write ${FORM}`)
      return []
    })
  }
  const [only = '', ...others] = configs ?? []
  if (others.length > 0) {
    problems.add(
      `there are the configs ${listed([only, ...others])}: write which of them each Secret holds, as in \`${only}: NAME/NAMESPACE\``,
    )
    return []
  }
  return [{ config: only, place: root.value.trim() }]
}

function nameFrom(place: string, problems: Problems): PullSecretName | undefined {
  const [name = '', namespace, ...others] = place.split('/')
  if (others.length > 0) {
    problems.add(`${shown(place)} has two slashes: write ${FORM}`)
    return undefined
  }
  const wrong = [
    [name, secretNameProblem(name)],
    [namespace ?? '', namespace === undefined ? undefined : namespaceProblem(namespace)],
  ].filter(([, problem]) => problem !== undefined)
  for (const [text = '', problem] of wrong) problems.add(`${shown(text)} ${problem}`)
  return wrong.length === 0 ? { name, namespace } : undefined
}

function configsOf({ credentials, dockerConfigs }: Accounts): string[] {
  const given = credentials.map(({ config }) => config)
  return [...new Set([...given, ...dockerConfigs.map(({ name = UNNAMED_CONFIG }) => name)])]
}

function checkConfig(config: string, configs: readonly string[] | undefined, problems: Problems): void {
  if (configs === undefined || configs.includes(config)) return
  problems.add(`there is no config ${shown(config)}: write ${listed(configs, 'or')}`)
}
