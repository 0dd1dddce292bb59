import { createHash, scryptSync } from 'node:crypto'
import type { Kind } from '../docker/specs/stack-objects.ts'

/**
 * How the secrets and configs of a stack are named after their content: Swarm cannot change what is in one, so that
 * another content is another object. Pure.
 */

/** Says of which name an object is one of several versions. */
export const VERSION_LABEL = 'swarm-deploy.version-of'
/** Says what the content of an object with a fixed name hashes to. */
export const HASH_LABEL = 'swarm-deploy.content'

const HASH_BYTES = 8
const LONGEST_NAME = 64

/**
 * A short hash of the content for its name. Whoever may list the objects of the swarm sees the names: that of a
 * secret is slow to work out, so that a weak password cannot be found by trying.
 */
export function contentHash(kind: Kind, name: string, content: Uint8Array): string {
  if (kind === 'secret') return slowHash(name, content)
  return sha256(content).slice(0, HASH_BYTES * 2)
}

/** What was worked out before: a run asks for one content more than once. Only this process has it. */
const workedOut = new Map<string, string>()

function slowHash(name: string, content: Uint8Array): string {
  const key = `${name} ${sha256(content)}`
  const hash = workedOut.get(key) ?? scryptSync(content, `swarm-deploy ${name}`, HASH_BYTES).toString('hex')
  workedOut.set(key, hash)
  return hash
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/** The name of one version: that of the object, as far as Swarm has room for it, with the hash behind it. */
export function versionName(name: string, hash: string): string {
  return `${name.slice(0, LONGEST_NAME - hash.length - 1)}-${hash}`
}
