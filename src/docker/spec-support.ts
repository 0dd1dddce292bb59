import type { ServiceSpec } from './api.ts'

/** A field that older daemons drop without a word: where it is, what people call it, and the API that brought it. */
const NEWER_FIELDS = [
  { key: '`healthcheck.start_interval`', minor: 44, isIn: hasStartInterval, without: withoutStartInterval },
  { key: '`volume.subpath`', minor: 45, isIn: hasSubpath, without: withoutSubpath },
] as const

/**
 * The spec as a daemon keeps it, and the settings in it that the daemon is too old for: sent all the same, they would
 * look like a change at every deploy.
 *
 * @param apiVersion that is spoken with the daemon: `1.41`
 */
export function withoutIgnored(
  spec: ServiceSpec,
  apiVersion: string,
): { readonly kept: ServiceSpec; readonly ignored: readonly string[] } {
  const minor = Number(apiVersion.split('.')[1])
  const dropped = NEWER_FIELDS.filter((field) => minor < field.minor && field.isIn(spec))
  return {
    kept: dropped.reduce((kept, field) => field.without(kept), spec),
    ignored: dropped.map(({ key }) => key),
  }
}

type Mount = NonNullable<NonNullable<ServiceSpec['TaskTemplate']['ContainerSpec']>['Mounts']>[number]

function hasStartInterval(spec: ServiceSpec): boolean {
  return spec.TaskTemplate.ContainerSpec?.Healthcheck?.StartInterval !== undefined
}

function withoutStartInterval(spec: ServiceSpec): ServiceSpec {
  const { StartInterval: _, ...Healthcheck } = spec.TaskTemplate.ContainerSpec?.Healthcheck ?? {}
  return withContainer(spec, { Healthcheck })
}

function hasSubpath(spec: ServiceSpec): boolean {
  return mountsOf(spec).some(({ VolumeOptions: options }) => options?.Subpath !== undefined)
}

function withoutSubpath(spec: ServiceSpec): ServiceSpec {
  const Mounts = mountsOf(spec).map((mount): Mount => {
    if (mount.VolumeOptions === undefined) return mount
    const { Subpath: _, ...VolumeOptions } = mount.VolumeOptions
    return { ...mount, VolumeOptions }
  })
  return withContainer(spec, { Mounts })
}

function mountsOf(spec: ServiceSpec): readonly Mount[] {
  return spec.TaskTemplate.ContainerSpec?.Mounts ?? []
}

function withContainer(spec: ServiceSpec, change: Partial<NonNullable<ServiceSpec['TaskTemplate']['ContainerSpec']>>) {
  const { TaskTemplate: template } = spec
  const ContainerSpec = { Image: '', ...template.ContainerSpec, ...change }
  return { ...spec, TaskTemplate: { ...template, ContainerSpec } }
}
