/** A way to one daemon that is open. */
export interface Way extends Disposable {
  /** As the user wrote it. */
  readonly text: string
  /** The environment in which every docker command takes this way. */
  readonly env: Readonly<Record<string, string>>
  /** What was said against docker's use of it, in the user's words. */
  explain(said: string): string
}

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

/** The environment with nothing in it that leads docker to a daemon. */
export function withoutEndpoint(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !LEADING_ELSEWHERE.includes(name)))
}
