import { withoutEndpoint } from '../../runner/variables.ts'

/** What `docker context inspect` says of the endpoint that the user's own settings lead to. */
export interface ContextInspection {
  readonly Name: string
  readonly Endpoints: { readonly docker: { readonly Host: string; readonly SkipTLSVerify?: boolean } }
  readonly TLSMaterial?: Readonly<Record<string, readonly string[]>>
  readonly Storage?: { readonly TLSPath?: string }
}

export interface Endpoint {
  readonly host: string
  /** The environment in which a docker command reaches this endpoint whatever its configuration directory is. */
  readonly env: Record<string, string>
}

/**
 * Ties docker commands to the endpoint of a context. A configuration directory of our own has neither contexts nor
 * certificates: without this the CLI would quietly go to the runner's own daemon.
 *
 * @param env the step's environment
 * @param context of the user's own configuration
 * @param userConfigDirectory where the CLI looks for certificates when `DOCKER_CERT_PATH` is not set
 */
export function environmentForEndpoint(
  env: Readonly<Record<string, string>>,
  context: ContextInspection,
  userConfigDirectory: string,
): Endpoint {
  const host = context.Endpoints.docker.Host
  const tls = context.Name === 'default' ? tlsOfEnvironment(env, userConfigDirectory) : tlsOfContext(context)
  return { host, env: { ...withoutEndpoint(env), ...tls, DOCKER_HOST: host } }
}

function tlsOfEnvironment(env: Readonly<Record<string, string>>, userConfigDirectory: string): Record<string, string> {
  if (!env.DOCKER_TLS && !env.DOCKER_TLS_VERIFY) return {}
  return {
    ...(env.DOCKER_TLS ? { DOCKER_TLS: env.DOCKER_TLS } : {}),
    ...(env.DOCKER_TLS_VERIFY ? { DOCKER_TLS_VERIFY: env.DOCKER_TLS_VERIFY } : {}),
    DOCKER_CERT_PATH: env.DOCKER_CERT_PATH || userConfigDirectory,
  }
}

function tlsOfContext(context: ContextInspection): Record<string, string> {
  const hasMaterial = (context.TLSMaterial?.docker ?? []).length > 0
  const directory = context.Storage?.TLSPath
  if (!hasMaterial || !directory) return {}
  const verify = context.Endpoints.docker.SkipTLSVerify ? { DOCKER_TLS: '1' } : { DOCKER_TLS_VERIFY: '1' }
  return { ...verify, DOCKER_CERT_PATH: `${directory}/docker` }
}

/** Whether a context has TLS without any certificate, which docker takes from contexts only. */
export function hasBareTls({ Endpoints: { docker }, TLSMaterial: material }: ContextInspection): boolean {
  return docker.Host.startsWith('tcp:') && docker.SkipTLSVerify === true && (material?.docker ?? []).length === 0
}
