import { isDeepStrictEqual } from 'node:util'
import type { FileTarget, ServiceSpec } from '../api.ts'
import { type CredentialSpecSource, credentialSpecOf } from './credential-spec.ts'
import type { NetworkCreate } from './stack-objects.ts'

/**
 * Secrets, configs, networks and a credential spec that are attached to a service. What has a name in a list – the file
 * of a secret or config, a network – is given whole; all others of the service stay. Pure.
 */

/** What is to be attached, by IDs or placeholders for them. A list that is `undefined` leaves what the service has. */
export interface Attached {
  readonly secrets?: readonly SecretReference[]
  readonly configs?: readonly ConfigReference[]
  readonly networks?: readonly NetworkReference[]
  readonly credentialSpec?: CredentialSpecChoice
  /** The names of networks by their IDs and placeholders. */
  readonly networkNames: ReadonlyMap<string, string>
  /** The networks that are to be made for it. */
  readonly toMake: readonly NetworkCreate[]
}

/** As the Engine API has them. */
export interface SecretReference {
  readonly SecretID: string
  readonly SecretName: string
  readonly File?: FileTarget
}

export interface ConfigReference {
  readonly ConfigID: string
  readonly ConfigName: string
  readonly File?: FileTarget
  /** Nothing but the runtime of the container gets it: it is a credential spec. */
  readonly Runtime?: Readonly<Record<string, never>>
}

export interface NetworkReference {
  readonly Target: string
  /** Further names on it; `undefined`: those that the service has there. */
  readonly Aliases?: readonly string[]
}

/** `undefined`: none. */
export type CredentialSpecChoice =
  | { readonly source: undefined }
  | { readonly source: CredentialSpecSource; readonly config?: Pick<ConfigReference, 'ConfigID' | 'ConfigName'> }

export interface Attachment {
  readonly spec: ServiceSpec
  /** What is now otherwise, in the user's words: `secret db-password`. */
  readonly changes: readonly string[]
  /** What the lists speak of, by name: `secret db-password`. */
  readonly noted: readonly string[]
}

/**
 * A spec with what is attached to its service.
 *
 * @param earlier what the lists of an earlier run spoke of, as {@link Attachment.noted} had it: what these do not goes
 * @param keptAlias a name on its networks that stays, whatever the list says of the networks
 */
export function withAttached(
  spec: ServiceSpec,
  attached: Attached,
  earlier: readonly string[] = [],
  keptAlias?: string | undefined,
): Attachment {
  const { secrets, configs, networks, credentialSpec, networkNames } = attached
  const nameOf = ({ Target }: NetworkReference) => networkNames.get(Target) ?? Target
  const template = spec.TaskTemplate
  const container = template.ContainerSpec ?? { Image: '' }
  const plain = (container.Configs ?? []).filter((one) => !isRuntime(one))
  const runtime = (container.Configs ?? []).filter(isRuntime)

  const ofSecrets = laid('secret', container.Secrets ?? [], secrets, fileName, sameSecret, earlier)
  const ofConfigs = laid('config', plain, configs, fileName, sameConfig, earlier)
  const now = template.Networks ?? []
  const wanted = networks?.map((one) => withAliases(one, now, keptAlias))
  const ofNetworks = laid('network', now, wanted, nameOf, isDeepStrictEqual, earlier)
  const account = credentialSpec && accountOf(spec, runtime, credentialSpec)
  const all = [...ofConfigs.entries, ...(account?.configs ?? runtime)]
  return {
    spec: {
      ...spec,
      TaskTemplate: {
        ...template,
        ...listOf('Networks', template.Networks, ofNetworks.entries),
        ContainerSpec: {
          ...container,
          ...listOf('Secrets', container.Secrets, ofSecrets.entries),
          ...listOf('Configs', container.Configs, all),
          ...(account?.hasChanged && {
            Privileges: {
              ...withoutSpec(container.Privileges),
              ...(account.source && { CredentialSpec: account.source }),
            },
          }),
        },
      },
    },
    changes: [
      ...ofSecrets.changes,
      ...ofConfigs.changes,
      ...ofNetworks.changes,
      ...(account?.hasChanged ? ['credential-spec'] : []),
    ],
    noted: [
      ...(secrets === undefined ? earlier.filter(isOf('secret')) : named('secret', secrets, fileName)),
      ...(configs === undefined ? earlier.filter(isOf('config')) : named('config', configs, fileName)),
      ...(networks === undefined ? earlier.filter(isOf('network')) : named('network', networks, nameOf)),
    ],
  }
}

/** A list with what is wanted of it in the place of what had its name, and without what an earlier list alone named. */
function laid<T>(
  word: string,
  now: readonly T[],
  wanted: readonly T[] | undefined,
  nameOf: (entry: T) => string,
  isSame: (one: T, other: T) => boolean,
  earlier: readonly string[],
): { readonly entries: readonly T[]; readonly changes: readonly string[] } {
  if (wanted === undefined) return { entries: now, changes: [] }
  const left = new Map(wanted.map((entry) => [nameOf(entry), entry]))
  const changes: string[] = []
  const kept = now.flatMap((entry) => {
    const name = nameOf(entry)
    const instead = left.get(name)
    left.delete(name)
    if (instead === undefined) {
      // A second one of this name has been replaced with the first.
      const isGone = earlier.includes(`${word} ${name}`) || wanted.some((one) => nameOf(one) === name)
      if (isGone) changes.push(`${word} ${name}`)
      return isGone ? [] : [entry]
    }
    if (isSame(entry, instead)) return [entry]
    changes.push(`${word} ${name}`)
    return [instead]
  })
  changes.push(...[...left.keys()].map((name) => `${word} ${name}`))
  return { entries: [...kept, ...left.values()], changes: [...new Set(changes)] }
}

/** Left out where there is nothing, and was nothing. */
function listOf(key: string, before: readonly unknown[] | undefined, entries: readonly unknown[]) {
  return before === undefined && entries.length === 0 ? {} : { [key]: entries }
}

function named<T>(word: string, entries: readonly T[], nameOf: (entry: T) => string): string[] {
  return entries.map((entry) => `${word} ${nameOf(entry)}`)
}

function isOf(word: string): (name: string) => boolean {
  return (name) => name.startsWith(`${word} `)
}

function fileName({ File: file }: { readonly File?: FileTarget }): string {
  return file?.Name ?? ''
}

function sameSecret(one: SecretReference, other: SecretReference): boolean {
  return one.SecretID === other.SecretID && sameFile(one.File, other.File)
}

function sameConfig(one: ConfigReference, other: ConfigReference): boolean {
  return one.ConfigID === other.ConfigID && sameFile(one.File, other.File)
}

function sameFile(one: FileTarget = {}, other: FileTarget = {}): boolean {
  const whole = ({ UID = '', GID = '', Mode = 0 }: FileTarget) => [UID || '0', GID || '0', Mode]
  return isDeepStrictEqual(whole(one), whole(other))
}

function withAliases(
  { Target, Aliases: asked }: NetworkReference,
  now: readonly NetworkReference[],
  keptAlias: string | undefined,
): NetworkReference {
  const before = now.find((one) => one.Target === Target)
  if (asked === undefined) return before ?? { Target }
  const has = (aliases: readonly string[] | undefined, alias: string) => (aliases ?? []).includes(alias)
  const isKept = keptAlias !== undefined && has(before?.Aliases, keptAlias) && !has(asked, keptAlias)
  const aliases = isKept ? [...asked, keptAlias] : asked
  if (isDeepStrictEqual(aliases, before?.Aliases ?? [])) return before ?? { Target }
  return { ...before, Target, Aliases: aliases }
}

function isRuntime({ File: file, Runtime: runtime }: ConfigReference): boolean {
  return runtime !== undefined && file === undefined
}

/** The API has all three of them. */
function whole({ Config = '', File = '', Registry = '' }: CredentialSpecSource = {}) {
  return { Config, File, Registry }
}

/** The credential spec, and the configs that no file of the container has: of one in a config, that config. */
function accountOf(spec: ServiceSpec, runtime: readonly ConfigReference[], choice: CredentialSpecChoice) {
  const now = credentialSpecOf(spec)
  const config = choice.source === undefined ? undefined : choice.config
  const configs = config === undefined ? [] : [{ ...config, Runtime: {} }]
  const isSame =
    isDeepStrictEqual(whole(now), whole(choice.source)) &&
    isDeepStrictEqual(
      runtime.map(({ ConfigID }) => ConfigID),
      configs.map(({ ConfigID }) => ConfigID),
    )
  return isSame
    ? { hasChanged: false, source: now, configs: runtime }
    : { hasChanged: true, source: choice.source && whole(choice.source), configs }
}

function withoutSpec(privileges: NonNullable<ServiceSpec['TaskTemplate']['ContainerSpec']>['Privileges']) {
  const { CredentialSpec: _, ...others } = privileges ?? {}
  return others
}
