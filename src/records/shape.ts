import { isLargeNumber } from '../docker/engine/go-json.ts'

/**
 * What a value must be, as far as the code looks at it. Whoever may make a config writes what he likes in it: what has
 * this shape can be read without asking for each field. Pure.
 */
export type Shape =
  | 'any'
  | 'text'
  | 'number'
  | 'object'
  | { readonly listOf: Shape }
  | { readonly mapOf: Shape }
  /** An object that has at least these; those with a `?` at the end may be missing. Others may be anything. */
  | { readonly with: { readonly [key: string]: Shape } }

/** Deeper than any spec: what walks through a value must come to its end. */
const DEEPEST = 50

/** Whether it has the shape, and is not deeper than anything that makes sense. */
export function fits(value: unknown, shape: Shape): boolean {
  return has(value, shape) && isShallow(value, DEEPEST)
}

function has(value: unknown, shape: Shape): boolean {
  if (shape === 'any') return true
  if (shape === 'text') return typeof value === 'string'
  if (shape === 'number') return typeof value === 'number' || isLargeNumber(value)
  if (typeof value !== 'object' || value === null) return false
  if (typeof shape !== 'string' && 'listOf' in shape) {
    return Array.isArray(value) && value.every((item) => has(item, shape.listOf))
  }
  if (Array.isArray(value)) return false
  if (shape === 'object') return true
  if ('mapOf' in shape) return Object.values(value).every((item) => has(item, shape.mapOf))
  return Object.entries(shape.with).every(([key, inner]) => {
    const name = key.replace('?', '')
    if (!Object.hasOwn(value, name)) return name !== key
    return has((value as Readonly<Record<string, unknown>>)[name], inner)
  })
}

function isShallow(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return left > 0 && Object.values(value).every((inner) => isShallow(inner, left - 1))
}

/** A spec of a service, as far as this code reads it (`src/docker/api.ts`). */
export const SPEC_SHAPE: Shape = specShape()

function specShape(): Shape {
  const texts: Shape = { listOf: 'text' }
  const textMap: Shape = { mapOf: 'text' }
  const file: Shape = { with: { 'Name?': 'text', 'UID?': 'text', 'GID?': 'text', 'Mode?': 'number' } }
  const networks: Shape = { listOf: { with: { Target: 'text', 'Aliases?': texts } } }
  const policy: Shape = {
    with: {
      'Parallelism?': 'number',
      'Delay?': 'number',
      'Monitor?': 'number',
      'MaxFailureRatio?': 'number',
      'Order?': 'text',
      'FailureAction?': 'text',
    },
  }
  const generic: Shape = {
    with: {
      'DiscreteResourceSpec?': { with: { 'Kind?': 'text', 'Value?': 'number' } },
      'NamedResourceSpec?': { with: { 'Kind?': 'text', 'Value?': 'text' } },
    },
  }
  const resources: Shape = {
    with: { 'NanoCPUs?': 'number', 'MemoryBytes?': 'number', 'GenericResources?': { listOf: generic } },
  }
  const mount: Shape = {
    with: {
      'Type?': 'text',
      'Source?': 'text',
      'Target?': 'text',
      'VolumeOptions?': { with: { 'Subpath?': 'text', 'DriverConfig?': { with: { 'Name?': 'text' } } } },
      'BindOptions?': { with: { 'Propagation?': 'text' } },
    },
  }
  const healthcheck: Shape = {
    with: {
      'Test?': texts,
      'Interval?': 'number',
      'Timeout?': 'number',
      'StartPeriod?': 'number',
      'StartInterval?': 'number',
      'Retries?': 'number',
    },
  }
  const privileges: Shape = {
    with: {
      'SELinuxContext?': 'object',
      'CredentialSpec?': { with: { 'Config?': 'text', 'File?': 'text', 'Registry?': 'text' } },
    },
  }
  const container: Shape = {
    with: {
      Image: 'text',
      'Command?': texts,
      'Args?': texts,
      'Env?': texts,
      'Labels?': textMap,
      'Healthcheck?': healthcheck,
      'Hostname?': 'text',
      'Dir?': 'text',
      'User?': 'text',
      'Groups?': texts,
      'Hosts?': texts,
      'DNSConfig?': { with: { 'Nameservers?': texts, 'Search?': texts, 'Options?': texts } },
      'Sysctls?': textMap,
      'Ulimits?': { listOf: { with: { 'Name?': 'text', 'Soft?': 'number', 'Hard?': 'number' } } },
      'CapabilityAdd?': texts,
      'CapabilityDrop?': texts,
      'Mounts?': { listOf: mount },
      'Secrets?': { listOf: { with: { SecretID: 'text', SecretName: 'text', 'File?': file } } },
      'Configs?': { listOf: { with: { ConfigID: 'text', ConfigName: 'text', 'File?': file } } },
      'Privileges?': privileges,
    },
  }
  const restart: Shape = {
    with: { 'Condition?': 'text', 'MaxAttempts?': 'number', 'Delay?': 'number', 'Window?': 'number' },
  }
  const platform: Shape = { with: { 'Architecture?': 'text', 'OS?': 'text' } }
  const template: Shape = {
    with: {
      ContainerSpec: container,
      'Networks?': networks,
      'ForceUpdate?': 'number',
      'LogDriver?': { with: { 'Name?': 'text', 'Options?': textMap } },
      'RestartPolicy?': restart,
      'Resources?': { with: { 'Limits?': resources, 'Reservations?': resources } },
      'Placement?': {
        with: {
          'Constraints?': texts,
          'Preferences?': { listOf: { with: { 'Spread?': { with: { 'SpreadDescriptor?': 'text' } } } } },
          'MaxReplicas?': 'number',
          'Platforms?': { listOf: platform },
        },
      },
    },
  }
  const port: Shape = {
    with: { 'TargetPort?': 'number', 'PublishedPort?': 'number', 'Protocol?': 'text', 'PublishMode?': 'text' },
  }
  return {
    with: {
      Name: 'text',
      'Labels?': textMap,
      TaskTemplate: template,
      Mode: {
        with: {
          'Replicated?': { with: { 'Replicas?': 'number' } },
          'Global?': 'object',
          'ReplicatedJob?': { with: { 'MaxConcurrent?': 'number', 'TotalCompletions?': 'number' } },
          'GlobalJob?': 'object',
        },
      },
      'UpdateConfig?': policy,
      'RollbackConfig?': policy,
      'EndpointSpec?': { with: { 'Mode?': 'text', 'Ports?': { listOf: port } } },
      'Networks?': networks,
    },
  }
}
