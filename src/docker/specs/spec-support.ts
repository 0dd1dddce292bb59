import type { ServiceSpec } from '../api.ts'

/**
 * Fields of a container's spec that daemons drop without a word: what people call them, where they are (lists are gone
 * through), and the API that brought them. What the docker CLI sends and no daemon has kept yet (seen with 20.10, 26.1
 * and 28.5) has none.
 */
const DROPPED_FIELDS: readonly { readonly key: string; readonly path: string; readonly minor: number }[] = [
  { key: '`healthcheck.start_interval`', path: 'Healthcheck.StartInterval', minor: 44 },
  { key: '`volume.subpath`', path: 'Mounts.VolumeOptions.Subpath', minor: 45 },
  { key: '`oom_score_adj`', path: 'OomScoreAdj', minor: 46 },
  { key: '`bind-recursive`', path: 'Mounts.BindOptions.ReadOnlyNonRecursive', minor: Number.POSITIVE_INFINITY },
  { key: '`bind-recursive`', path: 'Mounts.BindOptions.ReadOnlyForceRecursive', minor: Number.POSITIVE_INFINITY },
  { key: '`create_host_path`', path: 'Mounts.BindOptions.CreateMountpoint', minor: Number.POSITIVE_INFINITY },
]

/**
 * The spec as a daemon keeps it, and the settings in it that the daemon drops: sent all the same, they would look like a
 * change at every deploy.
 *
 * @param apiVersion that is spoken with the daemon: `1.41`
 */
export function withoutIgnored(
  spec: ServiceSpec,
  apiVersion: string,
): { readonly kept: ServiceSpec; readonly ignored: readonly string[] } {
  const minor = Number(apiVersion.split('.')[1])
  const { TaskTemplate: template } = spec
  const dropped = DROPPED_FIELDS.filter((field) => minor < field.minor && has(template.ContainerSpec, field.path))
  if (dropped.length === 0) return { kept: spec, ignored: [] }
  const container = dropped.reduce<unknown>((kept, { path }) => without(kept, path.split('.')), template.ContainerSpec)
  return {
    kept: { ...spec, TaskTemplate: { ...template, ContainerSpec: container } } as ServiceSpec,
    ignored: [...new Set(dropped.map(({ key }) => key))],
  }
}

function has(node: unknown, path: string): boolean {
  if (Array.isArray(node)) return node.some((item) => has(item, path))
  if (path === '') return node !== undefined
  const [key = '', ...rest] = path.split('.')
  return isObject(node) && has(node[key], rest.join('.'))
}

function without(node: unknown, path: readonly string[]): unknown {
  if (Array.isArray(node)) return node.map((item) => without(item, path))
  const [key = '', ...rest] = path
  if (!isObject(node) || node[key] === undefined) return node
  const { [key]: inner, ...others } = node
  return rest.length === 0 ? others : { ...others, [key]: without(inner, rest) }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
