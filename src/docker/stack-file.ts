import { parse } from 'yaml'
import { UserError } from '../errors.ts'
import type { Rollover, UpdatePolicy } from '../rollover.ts'
import { foreignLine } from '../runner/foreign.ts'
import type { ServiceSpec } from './api.ts'
import { familiar, type ImageReference } from './reference.ts'

/** The label by which Docker finds what belongs to a stack. */
export const NAMESPACE_LABEL = 'com.docker.stack.namespace'

/** A secret or config of a rendered file. */
export interface FileObject {
  readonly name?: string
  readonly external?: boolean | { readonly name?: string }
  readonly file?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly driver?: string
  readonly driver_opts?: Readonly<Record<string, string>>
  readonly template_driver?: string
  readonly [key: `x-${string}`]: unknown
}

interface FileDeploy {
  readonly labels?: Readonly<Record<string, string | null>>
  readonly mode?: string
  readonly update_config?: Readonly<Record<string, unknown>>
  readonly rollback_config?: Readonly<Record<string, unknown>>
}

export interface FileService {
  readonly image?: string
  readonly labels?: Readonly<Record<string, string | null>>
  readonly deploy?: FileDeploy
  readonly networks?: Readonly<Record<string, unknown>>
  readonly [key: string]: unknown
}

/** What `docker stack config` prints: all files merged, all variables replaced. */
export interface StackFile {
  readonly version?: string
  readonly services: Readonly<Record<string, FileService>>
  readonly networks: Readonly<Record<string, { readonly name?: string; readonly external?: boolean } | null>>
  readonly volumes: Readonly<Record<string, unknown>>
  readonly secrets: Readonly<Record<string, FileObject>>
  readonly configs: Readonly<Record<string, FileObject>>
}

/**
 * Reads what `docker stack config` printed.
 *
 * @throws UserError when docker would never print that
 */
export function parseStackFile(rendered: string): StackFile {
  const root = rootOf(rendered)
  return {
    ...(root.version === undefined ? {} : { version: String(root.version) }),
    services: root.services ?? {},
    networks: root.networks ?? {},
    volumes: root.volumes ?? {},
    secrets: root.secrets ?? {},
    configs: root.configs ?? {},
  }
}

function rootOf(rendered: string): Partial<StackFile> {
  try {
    const root: unknown = parse(rendered, { maxAliasCount: 0 }) ?? {}
    if (typeof root === 'object' && !Array.isArray(root)) return root as Partial<StackFile>
  } catch {
    // Told below, whatever it is.
  }
  const printed = foreignLine(rendered.trim(), 200)
  throw new UserError(
    `\`docker stack config\` printed what no docker CLI prints: "${printed}". Check which docker is first on the PATH of this step`,
  )
}

/** The labels of a service by which it may name its config: Docker puts those of `deploy` on the service itself. */
export function labelsOf({ labels = {}, deploy = {} }: FileService): Record<string, string> {
  const all = Object.entries({ ...labels, ...deploy.labels })
  return Object.fromEntries(all.map(([key, value]) => [key, value ?? '']))
}

/** One service of a stack, as `docker stack deploy` takes it. */
export interface StackService {
  readonly stack: string
  /** Its name in the compose files. */
  readonly key: string
  /** The stack file with this service only, whose secrets and configs are external ones by now. */
  readonly file: StackFile
  /** Run it again when it is a job that is finished. */
  readonly isRerun: boolean
  /** The CLI is of Docker 26 or newer: without `--detach` it would wait. */
  readonly knowsDetach: boolean
}

/**
 * The compose file that deploys one service, with its image pinned, and with the policies of the inputs where it has
 * none of its own. What Docker would take for a variable is escaped: all of them are replaced by now.
 */
export function fileFor({ key, file }: StackService, image: ImageReference, rollover: Rollover): string {
  // Their content is in `environment` by now, and Swarm knows neither order nor builds.
  const { env_file: _files, depends_on: _order, build: _build, ...service } = file.services[key] ?? {}
  const { version, networks, volumes, secrets } = file
  const { credential, configs } = credentialByName(service, file.configs)
  const escaped = escapeVariables({
    services: {
      [key]: { ...service, ...policiesFor(service.deploy, rollover), ...credential, image: familiar(image) },
    },
    networks,
    volumes,
    secrets,
    configs,
  })
  return JSON.stringify({ ...(version === undefined ? {} : { version }), ...(escaped as object) })
}

/** Swarm takes no policy for a job. */
function policiesFor(deploy: FileDeploy = {}, { update, rollback }: Rollover): Pick<FileService, 'deploy'> {
  if (deploy.mode?.endsWith('-job')) return {}
  const policies = Object.entries({ update, rollback }).flatMap(([phase, policy]) => {
    const key = `${phase}_config` as 'update_config' | 'rollback_config'
    const filled = { ...composePolicy(policy), ...deploy[key] }
    return Object.keys(filled).length === 0 ? [] : [[key, filled] as const]
  })
  return policies.length === 0 ? {} : { deploy: { ...deploy, ...Object.fromEntries(policies) } }
}

const NUMBERS = ['parallelism', 'max-failure-ratio']

function composePolicy(policy: UpdatePolicy): Record<string, unknown> {
  const entries: [string, string][] = Object.entries(policy)
  return Object.fromEntries(
    entries.map(([setting, value]) => [
      setting.replaceAll('-', '_'),
      NUMBERS.includes(setting) ? Number(value) : value,
    ]),
  )
}

/** Docker looks the config of a credential spec up by the name that it has on the swarm, as key and as name. */
function credentialByName(service: Omit<FileService, 'image'>, configs: StackFile['configs']) {
  const spec = service.credential_spec as { readonly config?: string } | undefined
  const config = configs[spec?.config ?? '']
  if (config?.name === undefined) return { credential: {}, configs }
  return { credential: { credential_spec: { config: config.name } }, configs: { ...configs, [config.name]: config } }
}

function escapeVariables(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$', '$$$$')
  if (Array.isArray(value)) return value.map(escapeVariables)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, escapeVariables(inner)]))
}

/** The spec with every placeholder of an ID, and every name of a network, replaced by the ID that it has now. */
export function withIds(spec: ServiceSpec, ids: ReadonlyMap<string, string>): ServiceSpec {
  const { TaskTemplate: template } = spec
  const container = template.ContainerSpec
  const id = (text: string) => ids.get(text) ?? text
  const credential = container?.Privileges?.CredentialSpec
  return {
    ...spec,
    TaskTemplate: {
      ...template,
      ...(template.Networks && { Networks: template.Networks.map((one) => ({ ...one, Target: id(one.Target) })) }),
      ...(container && {
        ContainerSpec: {
          ...container,
          ...(container.Secrets && {
            Secrets: container.Secrets.map((one) => ({ ...one, SecretID: id(one.SecretID) })),
          }),
          ...(container.Configs && {
            Configs: container.Configs.map((one) => ({ ...one, ConfigID: id(one.ConfigID) })),
          }),
          ...(credential?.Config && {
            Privileges: { ...container.Privileges, CredentialSpec: { ...credential, Config: id(credential.Config) } },
          }),
        },
      }),
    },
  }
}
