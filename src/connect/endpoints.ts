import { join } from 'node:path'
import { type DockerCli, dockerCli } from '../docker/cli/cli.ts'
import { type ContextInspection, environmentForEndpoint, hasBareTls } from '../docker/cli/endpoint.ts'
import { parseGoJson } from '../docker/engine/go-json.ts'
import { UserError } from '../errors.ts'
import type { DockerConfig, Reach, TlsMaterial } from '../inputs/deployment.ts'
import { hideAddress } from '../inputs/masking.ts'
import { parseHost, shownAddress } from '../inputs/reach/host.ts'
import { CONTEXT, tcpReason, VARIABLES } from '../inputs/reach/tls.ts'
import type { Environment } from '../runner/environment.ts'
import { log } from '../runner/log/log.ts'
import { safeLine } from '../runner/text/safe-text.ts'
import { withoutEndpoint } from '../runner/variables.ts'
import type { Workspace } from '../runner/workspace/workspace.ts'
import { addressReason, contextProblem, contextWithoutAddress } from './context-problem.ts'
import { localReason } from './local-reason.ts'
import { rootlessSockets } from './local-sockets.ts'
import type { Candidate } from './managers.ts'
import type { Route } from './route.ts'
import { runnersSshReason } from './ssh/error.ts'
import { prepareSsh } from './ssh/files.ts'
import { openSsh } from './ssh/tunnel.ts'
import type { UserConfig } from './user-config.ts'

interface Ground {
  readonly workspace: Workspace
  readonly env: Readonly<Record<string, string>>
  readonly userConfig: UserConfig
  readonly signal: AbortSignal
}

/** Where a manager may be, none of it open yet: the hosts, else a context, else the runner's own. */
export async function candidatesOf(reach: Reach, ground: Ground): Promise<Candidate[]> {
  const { workspace, env, signal } = ground
  if (reach.hosts.length === 0) return [await candidateOfContext(reach, ground)]
  const ssh = reach.ssh && (await prepareSsh(reach.ssh, workspace, env))
  const tls = reach.tls && (await writeTls(reach.tls, workspace))
  return reach.hosts.map((host) => ({
    text: shownAddress(host.text),
    open: async () => {
      switch (host.kind) {
        case 'ssh':
          if (ssh === undefined) throw new Error('an ssh host without ssh settings')
          return await openSsh(ssh, host, signal)
        case 'tcp':
          if (tls === undefined)
            log.warning(`${shownAddress(host.text)} is used without TLS: whoever can reach it owns the swarm`)
          return plainRoute(host.text, env, tls ?? {}, (said) => tcpReason(said))
        case 'unix':
          return plainRoute(host.text, env, {}, localExplanation(host.text, env))
      }
    },
  }))
}

/**
 * What the user set and will not have the effect that they may expect, one line each.
 *
 * @param env of the step itself: programs that it starts do not get what is secret
 * @param used the configurations that the inputs name
 */
export function ignoredVariables(env: Environment, used: readonly DockerConfig[]): string[] {
  const isUsed = used.some(({ variable }) => variable === 'DOCKER_AUTH_CONFIG')
  if (!env.DOCKER_AUTH_CONFIG || isUsed) return []
  return [
    'DOCKER_AUTH_CONFIG is set and not used: it would override the credential of every service. Write `docker-config: env:DOCKER_AUTH_CONFIG` to use it where no entry of `registries` serves.',
  ]
}

/** What a context leads to; without a name the one that docker itself would take. */
async function candidateOfContext({ context: name, ssh }: Reach, ground: Ground): Promise<Candidate> {
  const { env, userConfig, workspace, signal } = ground
  const { DOCKER_HOST: _, ...withoutHost } = env
  const asked = name === undefined ? env : { ...withoutHost, DOCKER_CONTEXT: name }
  hideAddress(env.DOCKER_HOST ?? '')
  const context = await inspectContext(dockerCli(asked), name, asked, signal)
  hideAddress(context.Endpoints.docker.Host)
  if (hasBareTls(context)) {
    throw new UserError(
      `the docker context ${context.Name} trusts whoever answers at ${context.Endpoints.docker.Host}, and has no certificates: give it its \`ca\`, \`cert\` and \`key\`, or use \`host\` with \`tls-ca\`, \`tls-cert\` and \`tls-key\``,
    )
  }
  const { host, env: endpointEnv } = environmentForEndpoint(asked, context, userConfig.directory)
  if (ssh !== undefined) {
    const target = parseHost(host)
    if (target.kind !== 'ssh') {
      throw new UserError(
        `context: ${name} leads to ${shownAddress(host)}, where no SSH input has a use: leave \`ssh-…\` out`,
      )
    }
    return { text: target.text, open: async () => openSsh(await prepareSsh(ssh, workspace, env), target, signal) }
  }
  const explain = explanationFor(host, env, context.Name === 'default' ? VARIABLES : CONTEXT)
  const shown = shownAddress(host)
  return {
    text: shown,
    open: async () => ({ text: shown, env: endpointEnv, explain, [Symbol.dispose]: () => undefined }),
  }
}

function explanationFor(
  host: string,
  env: Readonly<Record<string, string>>,
  settings: Parameters<typeof tcpReason>[1],
): Route['explain'] {
  if (host.startsWith('tcp:')) return (said) => tcpReason(said, settings)
  if (host.startsWith('ssh:')) return runnersSshReason
  return host.startsWith('unix:') ? localExplanation(host, env) : addressReason
}

function localExplanation(host: string, env: Readonly<Record<string, string>>): Route['explain'] {
  return (said) => localReason(said, rootlessSockets(host, env))
}

function plainRoute(
  text: string,
  env: Readonly<Record<string, string>>,
  settings: Readonly<Record<string, string>>,
  explain: Route['explain'],
): Route {
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

async function inspectContext(
  docker: DockerCli,
  name: string | undefined,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ContextInspection> {
  const { code, stdout, stderr } = await docker.run(['context', 'inspect', '--format', '{{json .}}'], { signal })
  if (code !== 0) throw new UserError(contextProblem(stderr, { name, env }))
  return contextIn(stdout)
}

function contextIn(stdout: string): ContextInspection {
  try {
    const context = parseGoJson(stdout) as Partial<ContextInspection>
    if (context.Endpoints?.docker?.Host) return context as ContextInspection
    // What docker says of every context, also of one whose file is empty.
    if (context.Storage !== undefined) throw new UserError(contextWithoutAddress(context.Name))
  } catch (error) {
    if (error instanceof UserError) throw error
    // Else told below, whatever it is.
  }
  throw new UserError(
    `\`docker context inspect\` printed what no docker CLI prints: "${safeLine(stdout.trim(), 200)}". Check which docker is first on the PATH of this step`,
  )
}
