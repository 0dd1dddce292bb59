import type { UserConfig } from '../../connect/user-config.ts'
import {
  type ConfigFile,
  helperFor,
  type PlainCredential,
  registriesIn,
  rivalKeys,
  storedCredential,
} from '../../docker/cli/config-file.ts'
import { askHelper, HelperError } from '../../docker/cli/credential-helper.ts'
import type { Engine } from '../../docker/engine/engine.ts'
import { pathMatches } from '../../docker/registry/reference.ts'
import { referenceOf } from '../../docker/specs/service-spec.ts'
import { UserError } from '../../errors.ts'
import { isDirectoryName, readConfigDirectory } from '../../inputs/accounts/config-directories.ts'
import type { Credential } from '../../inputs/accounts/credential.ts'
import { UNNAMED_CONFIG } from '../../inputs/accounts/docker-config.ts'
import type { Accounts, ServiceRequest } from '../../inputs/deployment.ts'
import { Secret } from '../../runner/secrets/secret.ts'
import { safeLine } from '../../runner/text/safe-text.ts'
import { siblingNames } from '../colours.ts'
import { servicesNamed } from '../observe.ts'
import { type ChoosingRequest, configChoice } from './config-choice.ts'

/** What needs accounts, and those that are given for it. */
export interface InNeed extends Accounts {
  readonly services: readonly (ChoosingRequest & Pick<ServiceRequest, 'name' | 'image'>)[]
  /** The images that are pushed. */
  readonly images?: readonly (ChoosingRequest & Pick<ServiceRequest, 'image'>)[]
}

/** What a Docker client configuration has for the registries that were asked for. */
export interface Found {
  readonly name: string
  readonly credentials: readonly Credential[]
  /** Why there is none for a registry, where a helper should have had one. */
  readonly failures: ReadonlyMap<string, string>
}

/** What the user's Docker client configurations have for the services of a run. */
export interface FoundCredentials {
  /** For what no given credential serves. */
  readonly own: Found
  /** For the services that name one, each by its name. */
  readonly named: readonly Found[]
  /** Why a directory that services name is not among these. */
  readonly unread: ReadonlyMap<string, string>
}

/**
 * Looks the credentials of a run up in the Docker client configurations that the user gave, or has on this runner. Only
 * what a service may need is looked up, and no helper is asked for anything else.
 */
export async function findCredentials(
  deployment: InNeed,
  engine: Engine,
  userConfig: UserConfig,
  signal: AbortSignal,
): Promise<FoundCredentials> {
  const { env } = userConfig
  const { sources, unread } = await namedSources(deployment, engine, signal)
  const [own, ...named] = await Promise.all([
    find(ownSource(deployment, userConfig), unservedRegistries(deployment), env, signal),
    ...sources.map(({ source, registries }) => find(source, registries, env, signal)),
  ])
  return { own, named, unread }
}

/** All that the given configurations have: where no service says what is needed. */
export function allCredentials(
  dockerConfigs: Accounts['dockerConfigs'],
  env: UserConfig['env'],
  signal: AbortSignal,
): Promise<Found[]> {
  const sources = dockerConfigs.map(({ name = UNNAMED_CONFIG, origin, open }) => ({ name, origin, file: open() }))
  return Promise.all(sources.map((source) => find(source, registriesIn(source.file), env, signal)))
}

/** The registries of images for which no credential was given: there the user's own configuration may have one. */
function unservedRegistries({ services, images = [], credentials }: InNeed): string[] {
  const unserved = [...services, ...images].flatMap((request) => {
    const { image } = request
    if (image === undefined || configChoice(request, undefined) !== undefined) return []
    const served = credentials.some(
      ({ registry, path }) => registry === image.registry && pathMatches(path, image.repository),
    )
    return served ? [] : [image.registry]
  })
  return [...new Set(unserved)]
}

/** A Docker client configuration that credentials are looked up in. */
interface Source {
  readonly name: string
  readonly origin: string
  readonly file: ConfigFile
}

function ownSource({ dockerConfigs }: InNeed, { name, file }: UserConfig): Source {
  const given = dockerConfigs.find((one) => one.name === undefined)
  return given === undefined ? { name, origin: name, file } : { ...given, name: UNNAMED_CONFIG, file: given.open() }
}

/** What services name, with the registries that they need it for. */
async function namedSources(deployment: InNeed, engine: Engine, signal: AbortSignal) {
  const { dockerConfigs, configDirectories } = deployment
  const given = dockerConfigs.flatMap(({ name, origin, open }) =>
    name === undefined ? [] : [{ name, origin, file: open() }],
  )
  const isAsked = given.length > 0 || configDirectories.length > 0
  const wishes = isAsked ? await wishesOf(deployment, engine, signal) : []
  const unread = new Map<string, string>()
  const known = new Set(
    [...given, ...deployment.credentials.map(({ config }) => ({ name: config }))].map(({ name }) => name),
  )
  const directories = [...new Set(wishes.map(({ config }) => config))].flatMap((name) => {
    if (known.has(name) || !isDirectoryName(name)) return []
    try {
      return [{ name, origin: name, file: readConfigDirectory(name, configDirectories) }]
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      unread.set(name, error.message)
      return []
    }
  })
  const sources = [...given, ...directories].map((source) => {
    const registries = wishes.flatMap(({ config, registry }) => (config === source.name ? [registry] : []))
    return { source, registries: [...new Set(registries)] }
  })
  return { sources, unread }
}

/**
 * Which config services name, and the registries of the images that they are to have, and that they have; and the same of
 * images that are pushed.
 */
async function wishesOf(deployment: InNeed, engine: Engine, signal: AbortSignal) {
  const names = deployment.services.flatMap(({ name }) => siblingNames(name))
  const present = names.length === 0 ? [] : await servicesNamed(engine, names, signal)
  const pushed = (deployment.images ?? []).flatMap(({ authConfig: config, image }) =>
    config === undefined || image === undefined ? [] : [{ config, registry: image.registry }],
  )
  const ofServices = deployment.services.flatMap((request) => {
    const current = present.filter(({ Spec }) => siblingNames(request.name).includes(Spec.Name))
    const choices = [undefined, ...current].flatMap((service) => configChoice(request, service) ?? [])
    const images = current.flatMap((service) => referenceOf(service)?.registry ?? [])
    const registries = [...(request.image === undefined ? [] : [request.image.registry]), ...images]
    return choices.flatMap(({ name: config }) => registries.map((registry) => ({ config, registry })))
  })
  return [...ofServices, ...pushed]
}

/** What a source has for some registries. */
async function find(
  source: Source,
  registries: readonly string[],
  env: UserConfig['env'],
  signal: AbortSignal,
): Promise<Found> {
  const failures = new Map<string, string>()
  const found = await Promise.all(
    registries.map(async (registry) => {
      const plain = await lookUp(source, registry, env, signal).catch((error: unknown) => {
        if (!(error instanceof UserError)) throw error
        failures.set(registry, error.message)
      })
      return plain === undefined ? [] : [credentialOf(registry, plain, source)]
    }),
  )
  return { name: source.name, credentials: found.flat(), failures }
}

/** @throws UserError that says why nothing can be said of a registry */
async function lookUp(
  { file, origin }: Source,
  registry: string,
  env: UserConfig['env'],
  signal: AbortSignal,
): Promise<PlainCredential | undefined> {
  const helper = helperFor(file, registry)
  if (helper === undefined) {
    const rivals = rivalKeys(file, registry)
    if (rivals.length > 0) throw new UserError(rivalry(rivals, origin, registry))
    return storedCredential(file, registry)
  }
  try {
    return await askHelper(helper, registry, env, signal)
  } catch (error) {
    if (!(error instanceof HelperError)) throw error
    // As docker itself does: the swarm would pull as nobody.
    throw new UserError(
      `the credential helper ${safeLine(helper, 100)} of ${origin} has no credential for ${registry}: ${error.message}. Mend it on this runner, or give \`registries\` an entry for ${registry}`,
    )
  }
}

/** Docker has no paths there: it would take one of them by chance (cli/config/credentials/file_store.go). */
function rivalry(keys: readonly string[], origin: string, registry: string): string {
  return `${origin} has several accounts for ${registry} (${keys.map((key) => safeLine(key, 100)).join(', ')}), of which docker takes one by chance: give each as an entry of \`registries\`, with its path`
}

function credentialOf(
  registry: string,
  { kind, username, password }: PlainCredential,
  { name, origin }: Source,
): Credential {
  return { origin, config: name, registry, path: '', username, password: new Secret(password, username), kind }
}
