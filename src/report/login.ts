import { UserError } from '../errors.ts'
import { placeOf } from '../plan/credentials/account.ts'
import { accountName } from '../plan/credentials/stored-account.ts'
import { addSummary, exportVariable, setOutput } from '../runner/log/command-files.ts'
import { log } from '../runner/log/log.ts'
import { isInRunner } from '../runner/log/workflow-commands.ts'
import { counted } from '../runner/text/counted.ts'
import { cell, nameCell } from './markdown.ts'

/** What a run that only logs in has left for later steps. */
export interface LoginReport {
  readonly configs: readonly LeftConfig[]
  readonly pullSecretFile: string | undefined
  readonly directory: string
}

interface LeftConfig {
  readonly name: string
  readonly directory: string
  readonly credentials: readonly { readonly registry: string; readonly path: string; readonly username: string }[]
}

/**
 * Hands the directories to the later steps of the job. Where there is one only, docker itself is pointed to it: with
 * several nobody knows which is meant.
 *
 * @throws UserError when the runner does not take them: later steps would go on with other accounts, or none
 */
export function reportLogin({ configs, pullSecretFile, directory }: LoginReport): void {
  const [only, ...others] = configs
  const isAlone = only !== undefined && others.length === 0
  const directories = Object.fromEntries(configs.map((config) => [config.name, config.directory]))
  const handedOn = [
    setOutput('configs', JSON.stringify(directories)),
    ...(isAlone ? [setOutput('docker-config', only.directory), exportVariable('DOCKER_CONFIG', only.directory)] : []),
    ...(pullSecretFile === undefined ? [] : [setOutput('pull-secret-file', pullSecretFile)]),
  ]
  if (handedOn.includes(false)) {
    throw new UserError('the accounts are not handed on to the later steps: see the warning above, and run this again')
  }
  const hasLaterSteps = isInRunner(process.env)
  if (only !== undefined)
    log.info(hasLaterSteps ? forLaterSteps(only, others.length) : forTheShell(only, others.length))
  for (const config of configs) log.info(`config ${config.name}: ${config.directory}`)
  if (pullSecretFile !== undefined) log.info(`The pull secret is in ${pullSecretFile}`)
  if (process.env.DOCKER_AUTH_CONFIG) {
    log.warning(
      'DOCKER_AUTH_CONFIG is set: where later steps have it as well, docker prefers it to these accounts for the registries that it names. Set it to nothing in their `env`',
    )
  }
  setOutput('status', 'logged-in')
  setOutput('services', '[]')
  addSummary(summary(configs, hasLaterSteps))
  const count = configs.reduce((sum, { credentials }) => sum + credentials.length, 0)
  const until = hasLaterSteps ? 'until the end of the job' : `until you remove ${directory}`
  log.info(`logged-in: ${counted(count, 'account')}, ${until}`, 'good')
}

function forLaterSteps({ name, directory }: LeftConfig, others: number): string {
  return others === 0
    ? `DOCKER_CONFIG of the later steps is ${directory}`
    : `DOCKER_CONFIG is not set, for there are ${others + 1} configs. A later step chooses one in its \`env\`: ${choiceOf(name)}. ${SAME_CONFIG}`
}

/** Nothing can be set in the shell that has started this. */
function forTheShell({ directory }: LeftConfig, others: number): string {
  return others === 0
    ? `For docker to use the account: export DOCKER_CONFIG=${directory}`
    : `For docker to use one of the ${others + 1} configs: export DOCKER_CONFIG=${directory}, or the directory of another. ${SAME_CONFIG}`
}

const SAME_CONFIG = 'Accounts of several registries come into one with the same `config`'

/** How a workflow says which config a step has. */
function choiceOf(name: string): string {
  return `DOCKER_CONFIG: \${{ fromJSON(steps.ID.outputs.configs)['${name.replaceAll("'", "''")}'] }}`
}

function summary(configs: LoginReport['configs'], hasLaterSteps: boolean): string {
  const rows = configs.flatMap(({ name, credentials }) =>
    credentials.map((credential) => {
      const cells = [nameCell(placeOf(credential)), cell(accountName(credential)), nameCell(name)]
      return `| ${cells.join(' | ')} |`
    }),
  )
  return [
    `## ✅ Logged in${hasLaterSteps ? ' for the later steps of this job' : ''}`,
    'Swarm Deploy: **logged-in**, mode `login`',
    ['| Registry | Account | Config |', '| --- | --- | --- |', ...rows].join('\n'),
  ].join('\n\n')
}
