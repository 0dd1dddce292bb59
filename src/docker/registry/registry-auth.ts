import { Secret } from '../../runner/secrets/secret.ts'
import { registryKey } from './reference.ts'

/** A user name and password for a registry. */
export interface RegistryCredential {
  /** `ghcr.io`, `registry.example.com:5000`; Docker Hub is `docker.io`. */
  readonly registry: string
  readonly username: string
  /** A password or token; of kind `identity-token` the refresh token that some registries give out instead. */
  readonly password: Secret
  readonly kind: 'password' | 'identity-token'
}

/**
 * The credential as the Engine API takes it: the body of `POST /auth`.
 * `serveraddress` is the exact registry: nodes with the containerd image store send a credential nowhere else
 * (moby, daemon/containerd/resolver.go).
 */
export function authConfig(credential: RegistryCredential): Record<string, string> {
  const serveraddress = registryKey(credential.registry)
  const secret = credential.password.reveal()
  return credential.kind === 'identity-token'
    ? { identitytoken: secret, serveraddress }
    : { username: credential.username, password: secret, serveraddress }
}

/**
 * The value of the header `X-Registry-Auth`: base64url *with* padding. Without it the daemon drops the credential and
 * does not say so (moby, api/pkg/authconfig).
 */
export function registryAuthHeader(credential: RegistryCredential): Secret {
  const base64 = Buffer.from(JSON.stringify(authConfig(credential))).toString('base64')
  return new Secret(base64.replaceAll('+', '-').replaceAll('/', '_'))
}

/** Whether a token server can have meant it: what a header can hold (RFC 6750, 2.1, and what some send beyond that). */
export function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value)
}
