import type { ServiceSpec } from '../../docker/api.ts'
import type { RegistryCredential } from '../../docker/registry/registry-auth.ts'
import { type TokenEnd, tokenOf } from '../../docker/registry/token.ts'
import type { Credential } from '../../inputs/accounts/credential.ts'
import { ACCOUNT_LABELS } from '../../runner/own-labels.ts'
import { redact } from '../../runner/secrets/secret.ts'
import { placed } from '../../runner/text/shown.ts'
import { utcStamp } from '../../runner/time/utc.ts'

/**
 * The swarm does not tell whose credential it has stored with a service, and nodes pull with that for months. So each
 * write of ours that stores one says so in labels: whose it is, since when, and when it ends. Never a secret. Other tools
 * keep these labels (`docker service update`, also where it stores another credential) or lose them
 * (`docker stack deploy`).
 */

/** Whose credential is stored with a service, as its labels say. Anybody can write labels. */
export interface StoredAccount {
  readonly registry: string
  /** Empty where it was a token alone. */
  readonly account: string
  /** In milliseconds since 1970. */
  readonly storedAt: number
  /** `undefined`: it lasts, as far as anybody could tell. */
  readonly end: TokenEnd | undefined
}

/** What the nodes store of an account: the credential that it has for them, else the one of this run. */
export function storedLogin(credential: Credential): RegistryCredential {
  return credential.stored ?? credential
}

/** Whose a credential is, as it is written and shown: some registries take a token in the place of the name. */
export function accountName({ username }: Pick<RegistryCredential, 'username'>): string {
  return placed(redact(username))
}

/** Whose credential is stored: `account bot of ghcr.io`. Of an identity token there is no name. */
export function storedAccountInWords({ account, registry }: Pick<StoredAccount, 'account' | 'registry'>): string {
  return account === '' ? `a token for ${registry}` : `account ${account} of ${registry}`
}

/** What a label says in the place of a time when a token ended with its job. */
const WITH_JOB = 'job'

/**
 * The labels of a service with which the credential of an account is stored: all four, so that they replace each other;
 * what is not known is `undefined`.
 *
 * @param now in milliseconds since 1970
 */
export function storedAccountLabels(credential: Credential, now: number): Readonly<Record<string, string | undefined>> {
  const login = storedLogin(credential)
  const end = tokenOf(login, now)?.end
  return {
    [ACCOUNT_LABELS.registry]: login.registry,
    [ACCOUNT_LABELS.account]: login.kind === 'identity-token' && login.username === '' ? undefined : accountName(login),
    [ACCOUNT_LABELS.storedAt]: utcStamp(now),
    [ACCOUNT_LABELS.expires]: end && ('with' in end ? WITH_JOB : utcStamp(end.at)),
  }
}

/** A spec with other labels of the stored credential; an `undefined` one goes. */
export function withAccountLabels(
  spec: ServiceSpec,
  labels: Readonly<Record<string, string | undefined>>,
): ServiceSpec {
  const all = Object.entries({ ...spec.Labels, ...labels })
  const set = all.filter((entry): entry is [string, string] => entry[1] !== undefined)
  return { ...spec, Labels: Object.fromEntries(set) }
}

/** Of a service with which no credential is stored. */
export const NO_ACCOUNT_LABELS: Readonly<Record<string, undefined>> = Object.fromEntries(
  Object.values(ACCOUNT_LABELS).map((label) => [label, undefined]),
)

/** Those labels as a spec has them. */
export function accountLabelsOf({ Labels }: ServiceSpec): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.values(ACCOUNT_LABELS).map((label) => [label, Labels?.[label]]))
}

/** Whose credential is stored with a service; `undefined` where no run of ours has said so, or what it says is no such. */
export function storedAccountOf({ Labels }: ServiceSpec): StoredAccount | undefined {
  const text = (label: string) => Labels?.[label] ?? ''
  const registry = text(ACCOUNT_LABELS.registry)
  const storedAt = timeIn(text(ACCOUNT_LABELS.storedAt))
  if (registry === '' || storedAt === undefined) return undefined
  const expires = text(ACCOUNT_LABELS.expires)
  const at = timeIn(expires)
  const end = expires === WITH_JOB ? ({ with: 'job' } as const) : at && { at, isExact: false }
  // Anybody may have written it, or an older version.
  const account = accountName({ username: text(ACCOUNT_LABELS.account) })
  return { registry, account, storedAt, end: end || undefined }
}

/** Whether a token has ended by then: one of a job has, for whoever asks is another job. */
export function hasEnded(end: TokenEnd | undefined, now: number): boolean {
  return end !== undefined && ('with' in end || end.at <= now)
}

function timeIn(text: string): number | undefined {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) && !Number.isNaN(Date.parse(text))
    ? Date.parse(text)
    : undefined
}
