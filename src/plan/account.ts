import type { Credential } from '../inputs/deployment.ts'

/** An account as a line of the log names it: `account bot of ghcr.io/acme`, with its config where that has a name of its own. */
export function accountInWords({ registry, path, username, config }: Credential): string {
  const place = path === '' ? registry : `${registry}/${path}`
  return `account ${username} of ${place}${config === place ? '' : ` (config ${config})`}`
}
