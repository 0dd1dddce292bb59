import type { RegistryRequest } from '../docker/registry/registry-error.ts'
import type { Credential } from '../inputs/deployment.ts'

/** An account as a line of the log names it: `account bot of ghcr.io/acme`, with its config where that has a name of its own. */
export function accountInWords(credential: Credential): string {
  const config = namedConfig(credential)
  return `account ${credential.username} of ${placeOf(credential)}${config === undefined ? '' : ` (config ${config})`}`
}

/** Whom a request with it is about, as an error names it. */
export function requestWith(credential: Credential): RegistryRequest {
  const config = namedConfig(credential)
  return {
    registry: credential.registry,
    username: credential.username,
    ...(config === undefined ? {} : { config }),
  }
}

/** The name of the config that holds it, unless that is only the place that it is for: nobody has written such a name. */
function namedConfig(credential: Credential): string | undefined {
  return credential.config === placeOf(credential) ? undefined : credential.config
}

function placeOf({ registry, path }: Credential): string {
  return path === '' ? registry : `${registry}/${path}`
}
