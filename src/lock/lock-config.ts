import { createHash } from 'node:crypto'
import type { StackObject } from '../docker/specs/stack-objects.ts'
import { withoutUser } from '../runner/secrets/likely-secrets.ts'
import { safeLine } from '../runner/text/safe-text.ts'

/**
 * A lock on the swarm: a config object with a fixed name. Swarm gives a name to one object only, so whoever could
 * make it has the lock, and nobody needs a service of their own for it.
 */

const PREFIX = 'swarm-deploy.lock'
// swarmkit, manager/controlapi/common.go
const LONGEST_NAME = 64
const HASH_LENGTH = 12

const OWNER = `${PREFIX}.owner`
const URL = `${PREFIX}.url`
const SECONDS = `${PREFIX}.seconds`
const TOKEN = `${PREFIX}.token`

/** Whoever may make a config may write anything into its labels. */
const MOST_SHOWN = 300

/** Who holds a lock, as its labels say. */
export interface Holder {
  /** In words: `acme/shop, workflow Deploy, job release`. */
  readonly owner: string
  /** Where to look at the run; empty outside of a runner. */
  readonly url: string
  /** For how many seconds after it was made it counts. */
  readonly seconds: number
  /** Tells one run's locks from every other's. */
  readonly token: string
}

/** A lock that there is on the swarm. */
export interface HeldLock {
  readonly id: string
  readonly holder: Holder
  readonly createdAt: string
}

/** The name of the lock for a service or a stack. */
export function lockName(kind: 'service' | 'stack', name: string): string {
  const plain = `${PREFIX}.${kind}.${name}`
  if (plain.length <= LONGEST_NAME) return plain
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH)
  return `${plain.slice(0, LONGEST_NAME - HASH_LENGTH - 1)}.${hash}`
}

/** The body that makes a lock. */
export function lockBody(name: string, { owner, url, seconds, token }: Holder): unknown {
  const labels = { [OWNER]: owner, [URL]: url, [SECONDS]: String(seconds), [TOKEN]: token }
  return { Name: name, Labels: labels, Data: Buffer.from('a lock of a deploy').toString('base64') }
}

/** The filter that finds the locks of one run. */
export function locksOf(token: string): string {
  return JSON.stringify({ label: [`${TOKEN}=${token}`] })
}

/** The command that removes the locks of one run, and never another's of the same name. */
export function releaseByHand(token: string): string {
  return `docker config rm $(docker config ls --quiet --filter label=${TOKEN}=${token})`
}

/** A config object read as a lock. */
export function heldLock({ ID, CreatedAt, Spec }: StackObject & { readonly CreatedAt: string }): HeldLock {
  const labels = Spec.Labels ?? {}
  const holder = {
    owner: safeLine(labels[OWNER] ?? '', MOST_SHOWN) || 'someone unknown',
    url: safeLine(withoutUser(labels[URL] ?? ''), MOST_SHOWN),
    // One that was made by hand stays until it is removed by hand.
    seconds: /^\d+$/.test(labels[SECONDS] ?? '') ? Number(labels[SECONDS]) : Number.POSITIVE_INFINITY,
    token: labels[TOKEN] ?? '',
  }
  return { id: ID, holder, createdAt: CreatedAt }
}

/**
 * Whether a lock no longer counts. Both times are the swarm's: runners' clocks differ.
 *
 * @param now of the swarm, in milliseconds since 1970
 */
export function isExpired({ createdAt, holder }: HeldLock, now: number): boolean {
  return secondsLeft(createdAt, holder.seconds, now) <= 0
}

/** How long a lock still counts at most. */
export function secondsLeft(createdAt: string, seconds: number, now: number): number {
  return Math.ceil((Date.parse(createdAt) - now) / 1000) + seconds
}
