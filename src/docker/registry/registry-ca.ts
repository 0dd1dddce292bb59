/**
 * How a daemon comes to trust a registry whose certificate is signed by a private authority: a file of its own, which it
 * reads anew at each connection (moby, daemon/pkg/registry/registry.go; containerd's store, daemon/hosts.go). Pure.
 */

/** Where the daemon of a Linux node that runs as root looks for what concerns single registries. */
const CERTS_DIRECTORY = '/etc/docker/certs.d'

/** The file with the certificates of a registry's authorities. */
export function caFile(registry: string): string {
  return `${CERTS_DIRECTORY}/${registry}/ca.crt`
}

/** What to do on a node, in one line, with the certificate in `ca.crt`. */
export function trustCommand(registry: string): string {
  return `sudo mkdir -p ${CERTS_DIRECTORY}/${registry} && sudo cp ca.crt ${caFile(registry)}`
}

/** The same with the certificate in it: lines to be copied into a shell of the node. */
export function trustCommands(registry: string, pem: string): string[] {
  return [
    `sudo mkdir -p ${CERTS_DIRECTORY}/${registry}`,
    `sudo tee ${caFile(registry)} >/dev/null <<'END'`,
    ...pem.trimEnd().split('\n'),
    'END',
  ]
}

/** What prints the certificates that a registry sends. */
export function showCommand(registry: string): string {
  const address = /:\d+$/.test(registry) ? registry : `${registry}:443`
  return `openssl s_client -connect ${address} -showcerts </dev/null`
}
