import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Connection, Deployment, Reach, TlsMaterial, UserConfig } from './deployment.ts'
import { type DockerCli, dockerCli } from './docker/cli.ts'
import { type CliVersion, missingFeature, parseCliVersion } from './docker/cli-version.ts'
import { type ConfigFile, isolatedConfigFile, parseConfigFile, settingsToCarryOver } from './docker/config-file.ts'
import { type ContextInspection, environmentForEndpoint, warningsFor } from './docker/endpoint.ts'
import { installDocker } from './docker/install.ts'
import { messageOf, UserError } from './errors.ts'
import { type Door, Managers } from './reach/managers.ts'
import { openSsh } from './reach/ssh.ts'
import { prepareSsh } from './reach/ssh-files.ts'
import { tcpReason } from './reach/tls.ts'
import { type Way, withoutEndpoint } from './reach/way.ts'
import { type Environment, environmentForChildren } from './runner/environment.ts'
import { log } from './runner/log.ts'
import type { Workspace } from './runner/workspace.ts'

/**
 * Finds a manager of the swarm, then isolates: from here on no docker command reads the user's configuration. Where
 * several hosts are given, each is tried in turn, and when the one in use fails later on, the others are.
 *
 * @throws UserError when there is no docker CLI, no such context, no daemon, or when no daemon is a swarm manager
 */
export async function connect(
  deployment: Deployment,
  workspace: Workspace,
  env: Environment,
  signal: AbortSignal,
): Promise<Connection> {
  const bare = environmentForChildren(env)
  const userConfig = await readUserConfig(bare)
  const cli = await findCli(deployment, bare, { workspace, signal })
  const directory = await workspace.makeDirectory('client')
  await workspace.writeFile(join(directory, 'config.json'), isolatedConfigFile(new Map(), userConfig.carriedOver))

  const doors = await doorsOf(deployment.reach, { workspace, env: cli.env, userConfig, signal })
  const managers = new Managers(doors, directory)
  try {
    const engine = await managers.connect(userConfig.file.HttpHeaders ?? {}, signal)
    const close = () => {
      managers[Symbol.dispose]()
      engine.close()
    }
    return {
      docker: managers.docker,
      cliVersion: cli.version,
      engine,
      configDirectory: directory,
      userConfig,
      [Symbol.dispose]: close,
    }
  } catch (error) {
    managers[Symbol.dispose]()
    throw error
  }
}

interface Ground {
  readonly workspace: Workspace
  readonly env: Readonly<Record<string, string>>
  readonly userConfig: UserConfig
  readonly signal: AbortSignal
}

/** The ways that there may be to the swarm, none of them open yet: the hosts, else a context, else the runner's own. */
async function doorsOf(reach: Reach, ground: Ground): Promise<Door[]> {
  const { workspace, env, signal } = ground
  if (reach.hosts.length === 0) return [await doorOfContext(reach.context, ground)]
  for (const warning of warningsFor(env)) log.warning(warning)
  const ssh = reach.ssh && (await prepareSsh(reach.ssh, workspace, env))
  const tls = reach.tls && (await writeTls(reach.tls, workspace))
  return reach.hosts.map((host) => ({
    text: host.text,
    open: async () => {
      switch (host.kind) {
        case 'ssh':
          if (ssh === undefined) throw new Error('an ssh host without ssh settings')
          return await openSsh(ssh, host, signal)
        case 'tcp':
          if (tls === undefined) log.warning(`${host.text} is used without TLS: whoever can reach it owns the swarm`)
          return plainWay(host.text, env, tls ?? {}, tcpReason)
        case 'unix':
          return plainWay(host.text, env, {}, (said) => said)
      }
    },
  }))
}

async function doorOfContext(name: string | undefined, { env, userConfig, signal }: Ground): Promise<Door> {
  const { DOCKER_HOST: _, ...withoutHost } = env
  const asked = name === undefined ? env : { ...withoutHost, DOCKER_CONTEXT: name }
  const context = await inspectContext(dockerCli(asked), name, asked, signal)
  const { host, env: endpointEnv, warnings } = environmentForEndpoint(asked, context, userConfig.directory)
  for (const warning of warnings) log.warning(warning)
  const explain = host.startsWith('tcp:') ? tcpReason : (said: string) => said
  return {
    text: host,
    open: async () => ({ text: host, env: endpointEnv, explain, [Symbol.dispose]: () => undefined }),
  }
}

function plainWay(
  text: string,
  env: Readonly<Record<string, string>>,
  settings: Readonly<Record<string, string>>,
  explain: Way['explain'],
): Way {
  return {
    text,
    env: { ...withoutEndpoint(env), ...settings, DOCKER_HOST: text },
    explain,
    [Symbol.dispose]: () => undefined,
  }
}

/** The variables with which docker finds the certificates. */
async function writeTls({ ca, cert, key }: TlsMaterial, workspace: Workspace): Promise<Record<string, string>> {
  const directory = await workspace.makeDirectory('tls')
  await workspace.writeFile(join(directory, 'ca.pem'), ca)
  await workspace.writeFile(join(directory, 'cert.pem'), cert)
  await workspace.writeFile(join(directory, 'key.pem'), key.reveal())
  return { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: directory }
}

interface FoundCli {
  /** The environment with the docker CLI on its PATH. */
  readonly env: Record<string, string>
  readonly version: CliVersion | undefined
}

/** A docker CLI that serves: the runner's own, or one that is installed now. */
async function findCli(
  { reach, stack }: Deployment,
  env: Record<string, string>,
  { workspace, signal }: Pick<Ground, 'workspace' | 'signal'>,
): Promise<FoundCli> {
  const own = await ownVersion(dockerCli(env), signal)
  const missing = own === 'none' ? undefined : missingFeature(own, stack !== undefined)
  if (own !== 'none' && missing === undefined) return { env, version: own }
  log.info(
    own === 'none'
      ? 'There is no docker command on the PATH of this step: it is installed for this run'
      : `The docker CLI ${own?.text} of this runner is ${missing}: a newer one is installed for this run`,
  )
  const version = parseCliVersion(`version ${reach.cli.version}`)
  const stillMissing = missingFeature(version, stack !== undefined)
  if (stillMissing !== undefined)
    throw new UserError(`docker-version: ${version?.text} is ${stillMissing}: write a newer one`)
  const path = await installDocker(reach.cli, await workspace.makeDirectory('install'), env, signal)
  return { env: { ...env, PATH: [path, env.PATH].filter(Boolean).join(delimiter) }, version }
}

async function ownVersion(docker: DockerCli, signal: AbortSignal): Promise<CliVersion | undefined | 'none'> {
  try {
    return parseCliVersion((await docker.run(['--version'], { signal })).stdout)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return 'none'
  }
}

async function readUserConfig(env: Readonly<Record<string, string>>): Promise<UserConfig> {
  const directory = env.DOCKER_CONFIG || join(homedir(), '.docker')
  const name = env.DOCKER_CONFIG ? 'DOCKER_CONFIG' : '~/.docker'
  const file = await readConfigFile(join(directory, 'config.json'))
  return { name, directory, file, carriedOver: settingsToCarryOver(file, join(directory, 'cli-plugins')), env }
}

async function readConfigFile(path: string): Promise<ConfigFile> {
  try {
    return parseConfigFile(await readFile(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    log.warning(`${path} is not read: ${messageOf(error)}`)
    return {}
  }
}

async function inspectContext(
  docker: DockerCli,
  name: string | undefined,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ContextInspection> {
  const { code, stdout, stderr } = await docker.run(['context', 'inspect', '--format', '{{json .}}'], { signal })
  if (code === 0) return JSON.parse(stdout) as ContextInspection
  const current = env.DOCKER_CONTEXT ? `DOCKER_CONTEXT (${env.DOCKER_CONTEXT})` : 'the current docker context'
  const source = name === undefined ? current : `\`context\` (${name})`
  throw new UserError(
    `docker could not resolve ${source}: ${stderr.trim()}. Choose one that \`docker context ls\` lists.`,
  )
}
