import { registryKey } from './reference.ts'
import type { RegistryCredential } from './registry-auth.ts'

/** A Secret of Kubernetes with which its nodes pull (type `kubernetes.io/dockerconfigjson`). Pure. */

/** Where a pull secret goes. */
export interface PullSecretName {
  readonly name: string
  /** `undefined`: that of whoever applies the manifest. */
  readonly namespace: string | undefined
}

/** A credential for all images of a registry, or for those under a path. */
export interface ScopedCredential extends RegistryCredential {
  readonly path: string
}

const LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/
const LONGEST_LABEL = 63
const LONGEST_NAME = 253

/** Why Kubernetes would not take this name for a Secret (apimachinery, util/validation: IsDNS1123Subdomain). */
export function secretNameProblem(name: string): string | undefined {
  if (name.length <= LONGEST_NAME && name.split('.').every((part) => LABEL.test(part))) return undefined
  return `is no name of a Secret: write at most ${LONGEST_NAME} lower-case letters, digits, \`-\` and \`.\`, each part with a letter or digit at both ends`
}

/** The same for a namespace (IsDNS1123Label). */
export function namespaceProblem(name: string): string | undefined {
  if (name.length <= LONGEST_LABEL && LABEL.test(name)) return undefined
  return `is no name of a namespace: write at most ${LONGEST_LABEL} lower-case letters, digits and \`-\`, with a letter or digit at both ends`
}

/** Why a credential cannot be in a pull secret. */
export function pullSecretProblem({ kind, path, registry }: ScopedCredential): string | undefined {
  // kubernetes, pkg/credentialprovider/config.go: an entry has a user name and a password, or both in `auth`.
  if (kind === 'identity-token')
    return 'it is an identity token, which no kubelet can use: give a user name and a password'
  // The kubelet finds the Hub by its key alone.
  return registry === 'docker.io' && path !== ''
    ? 'it is for a path of Docker Hub, for which a kubelet knows no paths: write `registry: docker.io`'
    : undefined
}

/**
 * The manifest. Its keys are those by which a kubelet looks: a host, or a host with a path, of which it takes the longest
 * that an image begins with (https://kubernetes.io/docs/concepts/containers/images/#config-json).
 *
 * @param credentials without a {@link pullSecretProblem}
 */
export function pullSecretManifest(secret: PullSecretName, credentials: readonly ScopedCredential[]): string {
  const auths = credentials.map(({ registry, path, username, password }) => {
    const secretText = password.reveal()
    const auth = Buffer.from(`${username}:${secretText}`).toString('base64')
    const key = path === '' ? registryKey(registry) : `${registry}/${path}`
    return [key, { username, password: secretText, auth }]
  })
  const config = Buffer.from(JSON.stringify({ auths: Object.fromEntries(auths) })).toString('base64')
  const { name, namespace } = secret
  return [
    'apiVersion: v1',
    'kind: Secret',
    'type: kubernetes.io/dockerconfigjson',
    'metadata:',
    // In quotes: YAML takes `no` and `1` for something else.
    `  name: "${name}"`,
    ...(namespace === undefined ? [] : [`  namespace: "${namespace}"`]),
    'data:',
    `  .dockerconfigjson: ${config}`,
    '',
  ].join('\n')
}
