import { join } from 'node:path'
import { dockerCli } from '../docker/cli/cli.ts'
import { isolatedConfigFile } from '../docker/cli/config-file.ts'
import { withPlainApiVersion } from '../docker/engine/api-version.ts'
import { connectEngine } from '../docker/engine/connect-engine.ts'
import { ConnectionLost, type Engine, EngineError } from '../docker/engine/engine.ts'
import { loginFromHere } from '../docker/registry/login-check.ts'
import { messageOf, UserError } from '../errors.ts'
import type { Reach } from '../inputs/deployment.ts'
import type { Environment } from '../runner/environment.ts'
import { log } from '../runner/log/log.ts'
import { environmentForChildren } from '../runner/processes/program-environment.ts'
import { safeLine } from '../runner/text/safe-text.ts'
import type { Workspace } from '../runner/workspace/workspace.ts'
import { candidatesOf } from './endpoints.ts'
import { findCli, hasCli } from './install-cli.ts'
import type { Candidate } from './managers.ts'
import type { Route } from './route.ts'
import { readUserConfig, type UserConfig } from './user-config.ts'

/** A daemon that is not there says so at once; one far away, within this. */
const PING_SECONDS = 10

/** Who logs in where no swarm is needed. */
export interface LoginPlace extends Disposable {
  readonly engine: Engine
  readonly userConfig: UserConfig
  /** It is this machine that asks the registries: its own daemon, or, without one, this very process. */
  readonly isHere: boolean
}

/**
 * Finds who logs in: the daemon that `host` or `context` leads to, whether or not it manages a swarm; without these the
 * one that docker on this machine is set to, as `docker login` has it; and where none answers, this process itself.
 *
 * @throws UserError when `host` or `context` is given, and no daemon answers there, and when `DOCKER_API_VERSION` is no
 *   version
 */
export async function connectForLogin(
  reach: Reach,
  workspace: Workspace,
  env: Environment,
  signal: AbortSignal,
): Promise<LoginPlace> {
  const bare = withPlainApiVersion(environmentForChildren(env))
  const userConfig = readUserConfig(bare)
  const isAsked = reach.hosts.length > 0 || reach.context !== undefined
  const reasons: string[] = []
  try {
    if (!isAsked && !(await hasCli(bare, signal))) throw new UserError('there is no docker command')
    // For the runner's own daemon its own command serves, however old.
    const cliEnv = isAsked ? (await findCli({ reach }, bare, workspace, signal)).env : bare
    const directory = await workspace.makeDirectory('client')
    await workspace.writeFile(join(directory, 'config.json'), isolatedConfigFile(new Map(), userConfig.carriedOver))
    const headers = userConfig.file.HttpHeaders ?? {}
    for (const candidate of await candidatesOf(reach, { workspace, env: cliEnv, userConfig, signal })) {
      const found = await open(candidate, directory, headers, signal)
      if (typeof found === 'string') {
        reasons.push(found)
        continue
      }
      log.info(`The logins are made by the docker daemon at ${candidate.text}`)
      return { ...found, userConfig, isHere: !isAsked && candidate.text.startsWith('unix://') }
    }
  } catch (error) {
    if (isAsked || !(error instanceof UserError)) throw error
    reasons.push(error.message)
  }
  if (isAsked) throw new UserError(reasons.join('; '))
  log.info(
    `The logins are made by this step itself, for no docker daemon answers here: ${safeLine(reasons.join('; '))}`,
  )
  return { engine: loginFromHere(), userConfig, isHere: true, [Symbol.dispose]: () => undefined }
}

/** The daemon that a candidate leads to, or why there is none. */
async function open(
  candidate: Candidate,
  configDirectory: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<(Disposable & { readonly engine: Engine }) | string> {
  let route: Route
  try {
    route = await candidate.open()
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return `${candidate.text}: ${error.message}`
  }
  try {
    const docker = dockerCli({ ...route.env, DOCKER_CONFIG: configDirectory })
    const dial = () => docker.start(['system', 'dial-stdio'])
    const address = { host: candidate.text, headers, dial, explain: route.explain }
    const engine = await connectEngine(address, signal, PING_SECONDS)
    const close = () => {
      engine.close()
      route[Symbol.dispose]()
    }
    return { engine, [Symbol.dispose]: close }
  } catch (error) {
    route[Symbol.dispose]()
    if (!(error instanceof ConnectionLost || error instanceof EngineError)) throw error
    const reason = error instanceof ConnectionLost ? error.reason : messageOf(error)
    return `the docker daemon at ${candidate.text} cannot be used: ${reason}`
  }
}
