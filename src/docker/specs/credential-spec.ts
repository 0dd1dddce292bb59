import type { Node, ServiceSpec } from '../api.ts'
import { eligibleNodes } from '../swarm/placement.ts'
import { wantedTasks } from './service-mode.ts'

/** Where a Windows container gets the description of its group-managed service account from; one of the three. */
export interface CredentialSpecSource {
  /** The ID of a swarm config. */
  readonly Config?: string
  readonly File?: string
  readonly Registry?: string
}

/** The source that a service's spec names, `undefined` when it has none. */
export function credentialSpecOf(spec: ServiceSpec): CredentialSpecSource | undefined {
  return spec.TaskTemplate.ContainerSpec?.Privileges?.CredentialSpec ?? undefined
}

/**
 * What is wrong with a service's gMSA credential spec, one line each. Swarm takes it as it is, and then every task is
 * rejected.
 *
 * @param content of the swarm config that it names; `undefined` when there is no such config
 */
export function credentialSpecProblems(
  source: CredentialSpecSource,
  spec: ServiceSpec,
  content: string | undefined,
  nodes: readonly Node[],
): string[] {
  const given = (['Config', 'File', 'Registry'] as const).filter((key) => source[key])
  const problems = [
    given.length === 1
      ? undefined
      : `it names ${given.length === 0 ? 'no source' : given.map((key) => key.toLowerCase()).join(' and ')}: write exactly one of config, file and registry`,
    source.Config ? contentProblem(content) : undefined,
    source.File ? fileProblem(source.File) : undefined,
    source.Registry ? registryProblem(source.Registry) : undefined,
    wantedTasks(spec) === 0 ? undefined : nodeProblem(spec, nodes),
  ]
  return problems.flatMap((problem) => (problem === undefined ? [] : [`its credential spec cannot work: ${problem}`]))
}

/** The fields that Windows looks for (docs.microsoft.com, "Create a credential spec"). */
const JOIN_FIELDS = ['Sid', 'MachineAccountName', 'Guid', 'DnsTreeName', 'DnsName', 'NetBiosName'] as const

function contentProblem(content: string | undefined): string | undefined {
  const advice = 'write the JSON that the PowerShell command New-CredentialSpec makes'
  if (content === undefined) return 'the swarm config that it names does not exist: make it first, or correct the name'
  const root = parseObject(content)
  if (root === undefined) return `the config is no JSON object: ${advice}`
  const plugins = root.CmsPlugins
  if (!Array.isArray(plugins) || !plugins.includes('ActiveDirectory')) {
    return `the config's CmsPlugins do not list ActiveDirectory: ${advice}`
  }
  const join = asObject(root.DomainJoinConfig)
  const missing = JOIN_FIELDS.filter((field) => typeof join?.[field] !== 'string' || join[field] === '')
  if (missing.length > 0) return `the config's DomainJoinConfig lacks ${missing.join(', ')}: ${advice}`
  const accounts = asObject(root.ActiveDirectoryConfig)?.GroupManagedServiceAccounts
  if (!Array.isArray(accounts) || accounts.length === 0 || !accounts.every((one) => asObject(one)?.Name)) {
    return `the config's ActiveDirectoryConfig names no GroupManagedServiceAccounts: ${advice}`
  }
  return undefined
}

/** By which Docker's manual has an account known on the config with its description (engine/swarm/services). */
export const GMSA_LABEL = 'com.docker.gmsa.name'

/** The account that a credential spec describes; `undefined` where the content is none. */
export function credentialAccount(content: string): string | undefined {
  const accounts = asObject(parseObject(content)?.ActiveDirectoryConfig)?.GroupManagedServiceAccounts
  const name = Array.isArray(accounts) ? asObject(accounts[0])?.Name : undefined
  return typeof name === 'string' ? name : undefined
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return asObject(JSON.parse(text.replace(/^\uFEFF/, '')))
  } catch {
    return undefined
  }
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as Record<string, unknown>) : undefined
}

/** Windows reads it from `CredentialSpecs` under Docker's data directory, and from nowhere else. */
function fileProblem(file: string): string | undefined {
  const isAbsolute = /^(?:[\\/]|[a-z]:)/i.test(file)
  const escapes = file.split(/[\\/]/).includes('..')
  if (!isAbsolute && !escapes) return undefined
  return `the file ${file} lies outside of the CredentialSpecs directory of Docker on the node: write a path relative to that directory`
}

function registryProblem(name: string): string | undefined {
  return /[\\/]/.test(name)
    ? `${name} is no name of a value in the registry of Windows: write the name alone, without a path`
    : undefined
}

function nodeProblem(spec: ServiceSpec, nodes: readonly Node[]): string | undefined {
  const eligible = eligibleNodes(nodes, spec.TaskTemplate.Placement)
  const others = eligible.filter((node) => node.Description.Platform.OS !== 'windows')
  if (eligible.length === others.length) {
    return 'no Windows node that is ready and active may run the service: only Windows has group-managed service accounts'
  }
  if (others.length === 0) return undefined
  return 'nodes without Windows may run the service too: add the placement constraint node.platform.os == windows'
}
