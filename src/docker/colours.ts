import type { Strategy } from '../rollover.ts'
import type { Service, ServiceSpec } from './api.ts'
import { isJob, withoutTasks } from './service-mode.ts'

/**
 * The two services that a blue-green deploy alternates between. Swarm can neither rename a service nor have two of one
 * name: so `web` lives on as `web-blue` and `web-green`, and labels tell which of them has the traffic. Pure.
 */

const COLOURS = ['blue', 'green'] as const

/** The service that a colour belongs to. */
const BELONGS_LABEL = 'swarm-deploy.blue-green'
/** Counts the switches: the one with the highest number has the traffic. */
const LIVE_LABEL = 'swarm-deploy.live'

const FIRST = 1

const LONGEST_NAME = 63

/** All that there is of a blue-green service. */
export interface Colours {
  readonly live: Service | undefined
  /** The name of the service that comes next. */
  readonly next: string
  /** What it will have as its number. */
  readonly generation: number
  /** No traffic goes to them any more: kept by an earlier deploy, or left behind by one that was killed. */
  readonly leftovers: readonly Service[]
}

/** What leads traffic to a blue-green service. */
export interface Routing {
  /** The names of service labels. */
  readonly labels: readonly string[]
  /** A name on its networks. */
  readonly alias: string | undefined
}

/** The service beside the live one that a blue-green deploy makes. */
export interface NextColour {
  /** Its name: `web-green`. */
  readonly name: string
  /** The one that has the traffic; `undefined`: there is none yet. */
  readonly live: Service | undefined
  readonly routing: Routing
  /** The spec with which it takes the traffic over. */
  readonly routed: ServiceSpec
  /** To be removed before: nothing leads to them any more. */
  readonly leftovers: readonly Service[]
}

/** The names under which a service may be found. */
export function siblingNames(name: string): string[] {
  return [name, ...COLOURS.map((colour) => `${name}-${colour}`)]
}

/** Which of a service's siblings is live, and what comes next; or why nobody can tell. */
export function coloursOf(name: string, services: readonly Service[]): Colours | { readonly problem: string } {
  const siblings = siblingNames(name).flatMap((one) => services.find(({ Spec }) => Spec.Name === one) ?? [])
  const strangers = siblings.filter(({ Spec }) => Spec.Labels?.[BELONGS_LABEL] !== name)
  const ours = siblings.filter((service) => !strangers.includes(service))
  const newest = ours.filter((one) => generationOf(one) > 0).sort((a, b) => generationOf(b) - generationOf(a))[0]
  const plain = strangers.find(({ Spec }) => Spec.Name === name)
  const foreign = strangers.find((service) => service !== plain)
  if (foreign !== undefined) {
    return {
      problem: `the service ${foreign.Spec.Name} is there, and no blue-green deploy of ${name} made it: remove it, or choose another name`,
    }
  }
  if (plain !== undefined && newest !== undefined) {
    return {
      problem: `${newest.Spec.Name} is live, and a service ${name} that no blue-green deploy knows is there as well: remove it with \`docker service rm ${name}\``,
    }
  }
  const live = newest ?? plain
  return {
    live,
    next: `${name}-${live?.Spec.Name === `${name}-blue` ? 'green' : 'blue'}`,
    generation: live === undefined ? FIRST : Math.max(generationOf(live), FIRST) + 1,
    leftovers: ours.filter((service) => service !== live),
  }
}

function generationOf({ Spec }: Service): number {
  return Number(Spec.Labels?.[LIVE_LABEL] ?? 0) || 0
}

type BlueGreen = Extract<Strategy, { kind: 'blue-green' }>

/** What leads traffic to a service: labels that a proxy reads, or a name on its networks. */
export function routingOf({ routeLabels, routeAlias }: BlueGreen, name: string, spec: ServiceSpec): Routing {
  const labels = Object.keys(spec.Labels ?? {}).filter((label) =>
    routeLabels.some((prefix) => label.startsWith(prefix)),
  )
  const hasNetworks = (spec.TaskTemplate.Networks ?? []).length > 0
  const alias = routeAlias ?? (labels.length === 0 && hasNetworks ? name : undefined)
  return { labels, alias: hasNetworks ? alias : undefined }
}

/** Why a service cannot be blue-green on Swarm, with the way out; `undefined` when it can. */
export function colourRefusal(name: string, next: string, spec: ServiceSpec, routing: Routing): string | undefined {
  if (isJob(spec)) return 'blue-green is for services that run on, and this is a job: write `strategy: rolling` for it'
  const ports = spec.EndpointSpec?.Ports ?? []
  if (ports.length > 0) {
    const published = ports.map(({ PublishedPort: port }) => port ?? 'of its own choice').join(', ')
    return `blue-green makes a second service, and both cannot publish the port ${published}: put a proxy before it, or write another \`strategy\``
  }
  if (next.length > LONGEST_NAME) {
    return `blue-green would name it ${next}, which has more than ${LONGEST_NAME} characters: choose a shorter name than ${name}`
  }
  if (routing.labels.length > 0 || routing.alias !== undefined) return undefined
  return 'blue-green moves the traffic, and nothing leads any to it: it has no label that begins as `route-labels` says, and no network of its own on which it could have an alias'
}

/** What both colours would share although only one of them may have it. */
export function sharedByColours({ TaskTemplate: { ContainerSpec: container } }: ServiceSpec): string[] {
  const writable = (container?.Mounts ?? []).filter(({ Type, ReadOnly }) => Type !== 'tmpfs' && ReadOnly !== true)
  return [...(writable.length > 0 ? ['its writable mounts'] : []), ...(container?.Hostname ? ['its hostname'] : [])]
}

/** The next colour with the traffic. */
export function routed(
  wanted: ServiceSpec,
  name: string,
  { next, generation }: Colours,
  routing: Routing,
): ServiceSpec {
  const labels = { ...wanted.Labels, [BELONGS_LABEL]: name, [LIVE_LABEL]: String(generation) }
  return withAliases({ ...wanted, Name: next, Labels: labels }, (aliases) =>
    routing.alias === undefined || aliases.includes(routing.alias) ? aliases : [...aliases, routing.alias],
  )
}

/** The same without the traffic: only who knows its own name reaches it. */
export function hidden(spec: ServiceSpec, { labels, alias }: Routing): ServiceSpec {
  const kept = Object.entries(spec.Labels ?? {}).filter(([label]) => label !== LIVE_LABEL && !labels.includes(label))
  return withAliases({ ...spec, Labels: Object.fromEntries(kept) }, (aliases) => aliases.filter((one) => one !== alias))
}

/** The live service with the labels that tell so: one that no blue-green deploy has made gets them by this. */
export function claimed(spec: ServiceSpec, name: string): ServiceSpec {
  return { ...spec, Labels: { [LIVE_LABEL]: String(FIRST), ...spec.Labels, [BELONGS_LABEL]: name } }
}

/**
 * The old colour without the traffic. A name on a network leads to it as long as it has tasks: the service's own name
 * cannot be taken away, and another alias would replace all of them.
 */
export function retired(spec: ServiceSpec, { labels, alias }: Routing): ServiceSpec {
  const { Labels } = hidden(spec, { labels, alias: undefined })
  const unlabelled = { ...spec, ...(Labels && { Labels }) }
  return alias === undefined ? unlabelled : withoutTasks(unlabelled)
}

function withAliases(spec: ServiceSpec, change: (aliases: readonly string[]) => readonly string[]): ServiceSpec {
  const { TaskTemplate: template } = spec
  if (template.Networks === undefined) return spec
  const networks = template.Networks.map((one) => ({ ...one, Aliases: change(one.Aliases ?? []) }))
  return { ...spec, TaskTemplate: { ...template, Networks: networks } }
}
