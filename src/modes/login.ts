import { join } from 'node:path'
import { connectForLogin } from '../connect/for-login.ts'
import { RunTime } from '../connect/run-time.ts'
import { FOLDERS_FOR_LATER_STEPS, settingsForLaterSteps } from '../docker/cli/config-file.ts'
import { pullSecretManifest, pullSecretProblem } from '../docker/registry/pull-secret.ts'
import { tokenOf } from '../docker/registry/token.ts'
import { throwAll, UserError } from '../errors.ts'
import type { Credential } from '../inputs/accounts/credential.ts'
import type { Login } from '../inputs/modes/login.ts'
import { userInWords } from '../plan/credentials/account.ts'
import { allCredentials } from '../plan/credentials/find-credentials.ts'
import { type Config, logIn } from '../plan/credentials/log-in.ts'
import { endWords } from '../plan/credentials/short-lived.ts'
import { storedLogin } from '../plan/credentials/stored-account.ts'
import { log, stage } from '../runner/log/log.ts'
import { timeOfDayMs } from '../runner/time/clock.ts'
import { note, openState } from '../runner/workspace/state.ts'
import { createWorkspace, type Workspace } from '../runner/workspace/workspace.ts'

/** The accounts that a step has left for later ones. */
export interface LeftLogin {
  readonly configs: readonly Config[]
  /** The path of the manifest, where one was asked for. */
  readonly pullSecretFile: string | undefined
  /** Where all of it is, until `post` removes it. */
  readonly directory: string
}

/**
 * Logs in, and leaves a Docker configuration directory for each config to the later steps of the job. They are in the
 * run's own directory, whose path is saved before anything is written to it: `post` removes it, whatever becomes of this
 * process.
 */
export async function login(asked: Login, signal: AbortSignal): Promise<LeftLogin> {
  const workspace = await createWorkspace()
  try {
    openState(workspace.directory, 'keep')
    const left = await loginIn(asked, workspace, new RunTime(asked.timeoutSeconds, signal))
    note({ hasLeftFiles: true })
    return left
  } catch (error) {
    await workspace[Symbol.asyncDispose]()
    throw error
  }
}

/**
 * Every credential is tried before anything is left: by a daemon, or by this process where there is none.
 *
 * @throws UserErrors with all that the registries do not take
 */
async function loginIn(asked: Login, workspace: Workspace, time: RunTime): Promise<LeftLogin> {
  const configs = await stage('Log in', () => time.before('Log in', (limit) => logInAll(asked, workspace, limit)))
  const pullSecretFile = await writePullSecrets(asked, configs, workspace)
  // Keys and the like were only for the way to the daemon.
  await workspace.keepOnly([...configs.map(({ directory }) => directory), ...(pullSecretFile ? [pullSecretFile] : [])])
  return { configs, pullSecretFile, directory: workspace.directory }
}

async function logInAll({ credentials, dockerConfigs, reach }: Login, workspace: Workspace, signal: AbortSignal) {
  using place = await connectForLogin(reach, workspace, process.env, signal)
  const { userConfig } = place
  const found = await allCredentials(dockerConfigs, userConfig.env, signal)
  throwAll(found.flatMap(({ failures }) => [...failures.values()]))
  const all = [...credentials, ...found.flatMap((one) => one.credentials)]
  if (all.length === 0)
    throw new UserError('docker-config: it has no account: log in with docker first, or write `registries`')
  const carriedOver = { ...userConfig.carriedOver, ...settingsForLaterSteps(userConfig.file) }
  const accounts = { credentials: all, dockerConfigs: [], configDirectories: [], services: [] }
  const loggedIn = await logIn(accounts, { ...place, userConfig: { ...userConfig, carriedOver } }, workspace, signal)
  throwAll(loggedIn.problems)
  for (const { directory } of loggedIn.configs) {
    for (const name of FOLDERS_FOR_LATER_STEPS) {
      await workspace.linkIfThere(join(directory, name), join(userConfig.directory, name))
    }
  }
  return loggedIn.configs
}

/** One manifest for each Secret, in one file. */
async function writePullSecrets(
  { pullSecrets }: Login,
  configs: readonly Config[],
  workspace: Workspace,
): Promise<string | undefined> {
  if (pullSecrets.length === 0) return undefined
  const secrets = pullSecrets.map((secret) => {
    const config = configs.find(({ name }) => name === secret.config)
    // Nodes of Kubernetes pull as long as those of a swarm.
    const credentials = (config?.credentials ?? []).map((one) => ({ ...one, ...storedLogin(one) }))
    return { secret, credentials }
  })
  throwAll(
    secrets.flatMap(({ credentials }) => {
      return credentials.flatMap((one) => {
        const problem = pullSecretProblem(one)
        return problem === undefined ? [] : [`pull-secret: ${one.origin}: ${problem}`]
      })
    }),
  )
  for (const { credentials } of secrets) for (const one of credentials) warnOfEnd(one)
  const file = join(workspace.directory, 'pull-secret.yaml')
  const manifests = secrets.map(({ secret, credentials }) => pullSecretManifest(secret, credentials))
  await workspace.writeFile(file, manifests.join('---\n'))
  return file
}

function warnOfEnd(credential: Credential): void {
  const now = timeOfDayMs()
  const token = tokenOf(credential, now)
  if (token?.end === undefined) return
  const other = credential.stored === undefined ? ', or the Secret one of its own: `stored-password-env`' : ''
  log.warning(
    `pull-secret: the password of ${userInWords(credential)} for ${credential.registry} is ${token.is}, which ${endWords(token.end, now)}: ${token.remedy}${other}`,
  )
}
