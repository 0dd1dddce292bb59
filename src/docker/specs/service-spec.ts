import { variablesWithoutDocker } from '../../runner/variables.ts'
import type { Distribution, Service, ServiceSpec } from '../api.ts'
import { familiar, type ImageReference, referenceIn, sameImage } from '../registry/reference.ts'

/** What is asked of a service's spec; what is not named stays. */
export interface Asked {
  /** Pinned by digest. */
  readonly image: ImageReference | undefined
  readonly replicas: number | undefined
  readonly env: Readonly<Record<string, string>>
}

/** What differs between a service and what is asked of it: exactly this is sent. */
export interface Difference {
  readonly image: ImageReference | undefined
  readonly replicas: number | undefined
  readonly env: Readonly<Record<string, string>>
  /** In the user's words; empty when nothing differs. Values of variables are not shown. */
  readonly words: readonly string[]
}

/**
 * What must change in a spec, or all that is asked when there is none yet. Only what differs is sent: the docker CLI
 * writes all variables anew, in random order, as soon as one is given, and that alone would restart the tasks.
 */
export function difference(spec: ServiceSpec | undefined, asked: Asked): Difference {
  if (spec === undefined) return { ...asked, words: [] }
  const image = isSameImage(spec, asked.image) ? undefined : asked.image
  const now = spec.Mode.Replicated?.Replicas ?? spec.Mode.ReplicatedJob?.TotalCompletions ?? 1
  const replicas = asked.replicas === now ? undefined : asked.replicas
  const env = Object.fromEntries(
    Object.entries(asked.env).filter(([name, value]) => variables(spec).get(name) !== value),
  )
  const names = Object.keys(env)
  return {
    image,
    replicas,
    env,
    words: [
      ...(image === undefined ? [] : ['image']),
      ...(replicas === undefined ? [] : [`replicas ${now} → ${replicas}`]),
      ...(names.length === 0 ? [] : [`env ${names.join(', ')}`]),
    ],
  }
}

/** The spec with what differs made so, as `docker service update` would: what is not named stays. */
export function withDifference(spec: ServiceSpec, { image, replicas, env }: Asked): ServiceSpec {
  const { TaskTemplate: template, Mode: mode } = spec
  const container = template.ContainerSpec ?? { Image: '' }
  // A name alone takes the image's own variable away: it stays as it is.
  const before = (container.Env ?? []).map((entry) => [entry.split('=', 1)[0], entry] as const)
  const after = Object.entries(env).map(([name, value]) => [name, `${name}=${value}`] as const)
  const Env = [...new Map([...before, ...after]).values()]
  return {
    ...spec,
    ...(replicas !== undefined && { Mode: { ...mode, Replicated: { Replicas: replicas } } }),
    TaskTemplate: {
      ...template,
      ContainerSpec: {
        ...container,
        ...(image && { Image: familiar(image) }),
        ...(Object.keys(env).length > 0 && { Env }),
      },
    },
  }
}

/** The container's own words, which docker calls its arguments; `undefined`: those of the image. */
export function commandOf({ TaskTemplate: template }: ServiceSpec): readonly string[] | undefined {
  return template.ContainerSpec?.Args
}

/** The spec with the container's own words; none: with those of the image. `undefined` leaves it as it is. */
export function withCommand(spec: ServiceSpec, words: readonly string[] | undefined): ServiceSpec {
  const { TaskTemplate: template } = spec
  if (words === undefined || template.ContainerSpec === undefined) return spec
  const { Args: _, ...container } = template.ContainerSpec
  const ContainerSpec = words.length === 0 ? container : { ...container, Args: words }
  return { ...spec, TaskTemplate: { ...template, ContainerSpec } }
}

/**
 * The spec with the platforms of its image, as docker sends them: Swarm chooses nodes by them. It leaves out the
 * architecture of arm, whose names differ (github.com/docker/docker/client/service_create.go).
 */
export function withPlatforms(spec: ServiceSpec, platforms: Distribution['Platforms'] = []): ServiceSpec {
  if (platforms.length === 0) return spec
  const Platforms = platforms.map(({ architecture = '', os = '' }) => ({
    Architecture: architecture.toLowerCase() === 'arm' ? '' : architecture,
    OS: os,
  }))
  const { TaskTemplate: template } = spec
  return { ...spec, TaskTemplate: { ...template, Placement: { ...template.Placement, Platforms } } }
}

/** The image of a service, with its digest where it has one, as the swarm holds it. */
export function imageOf(service: Service | undefined): string | undefined {
  return service && imageOfSpec(service.Spec)
}

/** The same in its parts; `undefined` for one that Docker's own tools could not have set. */
export function referenceOf(service: Service | undefined): ImageReference | undefined {
  return referenceIn(imageOf(service))
}

/** The image of a spec. */
export function imageOfSpec({ TaskTemplate: template }: ServiceSpec): string | undefined {
  return template.ContainerSpec?.Image
}

/** Enough of a digest to tell two apart, as Docker shortens image IDs. */
const DIGEST_CHARACTERS = 12

/** An image in a line of text: its digest is shortened. */
export function imageInWords(image: string | undefined): string {
  const [, name = 'no image', digest = ''] = /^(.*?)(@sha256:.*)?$/.exec(image ?? '') ?? []
  const most = '@sha256:'.length + DIGEST_CHARACTERS
  return digest.length > most ? `${name}${digest.slice(0, most)}…` : `${name}${digest}`
}

/** The spec with the variables that docker was not given. */
export function withOtherVariables(spec: ServiceSpec, env: Readonly<Record<string, string>>): ServiceSpec {
  return withDifference(spec, { image: undefined, replicas: undefined, env: variablesWithoutDocker(env) })
}

function isSameImage(spec: ServiceSpec, image: ImageReference | undefined): boolean {
  return image === undefined || sameImage(spec.TaskTemplate.ContainerSpec?.Image ?? '', familiar(image))
}

function variables(spec: ServiceSpec): Map<string, string> {
  const entries = (spec.TaskTemplate.ContainerSpec?.Env ?? []).map((entry): [string, string] => {
    const at = entry.indexOf('=')
    return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)]
  })
  return new Map(entries)
}
