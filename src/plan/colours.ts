import type { Service, ServiceSpec } from '../docker/api.ts'
import { isJob, wantedTasks } from '../docker/specs/service-mode.ts'
import { stackIn } from '../docker/specs/stack-objects.ts'
import { allowingNodes, withoutTasks } from '../docker/specs/without-tasks.ts'
import type { ServiceRequest } from '../inputs/deployment.ts'
import type { BlueGreenSettings } from '../inputs/strategies/blue-green.ts'
import { COLOUR_LABELS } from '../runner/own-labels.ts'
import { andList } from '../runner/text/word-list.ts'

/**
 * The two services that a blue-green deploy alternates between. Swarm can neither rename a service nor have two of one
 * name: so `web` lives on as `web-blue` and `web-green`, and labels tell which of them has the traffic. Pure.
 */

const COLOURS = ['blue', 'green'] as const

const { belongs: BELONGS_LABEL, live: LIVE_LABEL, route: ROUTE_LABEL } = COLOUR_LABELS

const FIRST = 1

const LONGEST_NAME = 63

/** All that there is of a service that was deployed blue-green. */
export interface Colours {
  readonly live: Service | undefined
  /** The name of the service that comes next. */
  readonly next: string
  /** What it will have as its number. */
  readonly generation: number
  /** No traffic is meant for them any more: kept by an earlier deploy, or left behind by one that was killed. */
  readonly leftovers: readonly Service[]
  /** What leads traffic to them; `undefined` where no deploy has written it down yet. */
  readonly route: Route | undefined
}

/** What leads traffic to a service, whatever its labels are called in full. */
interface Route {
  /** How the names of the service labels begin: `traefik.`; none: no label does. */
  readonly labels: readonly string[]
  /** A name on its networks. */
  readonly alias?: string
}

/** What leads traffic to one spec of a blue-green service. */
export interface Routing {
  /** The names of service labels. */
  readonly labels: readonly string[]
  /** How they begin. */
  readonly prefixes: readonly string[]
  /** A name on its networks. */
  readonly alias: string | undefined
}

/** The service beside the live one that a blue-green deploy makes. */
export interface SecondService {
  /** Its name: `web-green`. */
  readonly name: string
  /** What it has as its number. */
  readonly generation: number
  /** The one that has the traffic; `undefined`: there is none yet. */
  readonly live: Service | undefined
  readonly routing: Routing
  /** The spec with which it takes the traffic over. */
  readonly routed: ServiceSpec
}

/** The names under which a service may be found. */
export function siblingNames(name: string): string[] {
  return [name, ...COLOURS.map((colour) => `${name}-${colour}`)]
}

/** Whether a service of this name was deployed blue-green, whatever its strategy is now. */
export function hasColours(name: string, services: readonly Service[]): boolean {
  return siblingsOf(name, services).some((service) => belongsTo(service) === name)
}

/** The name of the blue-green service of which a service is a colour; `undefined` for any other service. */
export function colourOf(service: Service): string | undefined {
  const name = belongsTo(service)
  return name === service.Spec.Name ? undefined : name
}

/** The name under which the files of a stack have a service: one of two may have the traffic of the name in them. */
export function nameInFiles(service: Service): string {
  return colourOf(service) ?? service.Spec.Name
}

/** The service of the swarm that a name in the files means; `undefined` where there is none, or nobody can tell. */
export function liveService(name: string, services: readonly Service[]): Service | undefined {
  const colours = coloursOf(name, services)
  return 'problem' in colours ? undefined : colours.live
}

/** Whether a label is what tells the two services of one name apart. */
export function isBookkeeping(label: string): boolean {
  return Object.values<string>(COLOUR_LABELS).includes(label)
}

/**
 * Which services a name means: of one that was deployed blue-green the one that has the traffic, whatever its strategy
 * is now; `undefined` where there is none but the one of that name; or why the deploy would go to the wrong one.
 */
export function coloursFor(
  { name, compose }: ServiceRequest,
  services: readonly Service[],
  hasSecondService: boolean,
): Colours | string | undefined {
  const named = services.find(({ Spec }) => Spec.Name === name)
  const owner = named && colourOf(named)
  if (owner !== undefined) {
    return `it is one of the two services of the blue-green service ${owner}, and may not be the one that has the traffic: write \`name: ${owner}\``
  }
  if (!hasSecondService && !hasColours(name, services)) return undefined
  const taken = hasSecondService ? nameTaken(name, services) : undefined
  if (taken !== undefined) return taken
  const colours = coloursOf(name, services)
  if ('problem' in colours) return colours.problem
  if (hasSecondService) return colours
  const live = colours.live?.Spec.Name
  if (compose !== undefined && live !== undefined && live !== name) {
    return `it was deployed blue-green, and ${live} has its traffic: a stack would make a second ${name} beside it. Deploy it by \`services\`, or remove it first with \`docker service rm ${live}\`, which takes it down until the stack is deployed`
  }
  return { ...colours, next: name }
}

/** Why blue-green cannot have the names that it needs; `undefined` when it can. */
export function nameTaken(name: string, services: readonly Service[]): string | undefined {
  const foreign = siblingsOf(name, services).find(
    (service) => service.Spec.Name !== name && belongsTo(service) !== name,
  )
  return (
    foreign &&
    `the service ${foreign.Spec.Name} is there, and no blue-green deploy of ${name} made it: remove it, or choose another name`
  )
}

/**
 * Which of a service's siblings is live, and what comes next; or why nobody can tell. Live is who has what leads the
 * traffic, as far as that is known; the numbers tell where a deploy was killed between giving and taking it.
 */
export function coloursOf(name: string, services: readonly Service[]): Colours | { readonly problem: string } {
  const siblings = siblingsOf(name, services)
  const ours = siblings.filter((service) => belongsTo(service) === name)
  const plain = siblings.find((service) => service.Spec.Name === name && !ours.includes(service))
  const candidates = [...(plain === undefined ? [] : [plain]), ...ours]
  const route = routeOf(ours)
  const live = liveOf(name, candidates, route)
  if (live !== undefined && 'problem' in live) return live
  return {
    live,
    next: `${name}-${live?.Spec.Name === `${name}-blue` ? 'green' : 'blue'}`,
    generation: live === undefined ? FIRST : Math.max(FIRST, ...ours.map(generationOf)) + 1,
    leftovers: ours.filter((service) => service !== live),
    route,
  }
}

function liveOf(
  name: string,
  candidates: readonly Service[],
  route: Route | undefined,
): Service | undefined | { readonly problem: string } {
  const plain = candidates.find((service) => belongsTo(service) !== name)
  const marked = candidates.filter((service) => generationOf(service) > 0)
  if (marked.length === 0 && (plain !== undefined || route === undefined)) return plain
  const routed = candidates.filter((service) =>
    route === undefined ? marked.includes(service) || service === plain : isLedTo(service, route),
  )
  const [only, ...others] = routed
  if (others.length === 0) {
    if (only !== undefined || marked.length === 0) return only
    return {
      problem: `none of its services has the traffic: ${listed(candidates)} ${candidates.length === 1 ? 'has' : 'have'} not ${wayOf(route)}. Give it back to the one that is meant, with \`docker service update\`, or remove those that nobody needs, with \`docker service rm\``,
    }
  }
  const generations = new Set(routed.map(generationOf))
  const isKilled = routed.every((service) => marked.includes(service)) && generations.size === routed.length
  if (isKilled) return routed.toSorted((a, b) => generationOf(b) - generationOf(a))[0]
  return {
    problem: `${listed(routed)} all have ${wayOf(route)}, and it cannot be told which is meant to have the traffic: take it from the others with \`docker service update\`, or remove those that nobody needs, with \`docker service rm\``,
  }
}

/** In words that follow "has". */
function wayOf(route: Route | undefined): string {
  if (route === undefined) return `the label ${LIVE_LABEL}`
  const ways = [
    ...(route.labels.length === 0 ? [] : [`labels that begin with ${route.labels.join(' or ')}`]),
    ...(route.alias === undefined ? [] : [`the name ${route.alias} on a network, with tasks behind it`]),
  ]
  return `what leads it there (${ways.join(', ')})`
}

function listed(services: readonly Service[]): string {
  return andList(services.map(({ Spec }) => Spec.Name))
}

/** Whether traffic is led to a service in this way. */
export function hasTraffic(service: Service, { prefixes, alias }: Routing): boolean {
  return isLedTo(service, { labels: prefixes, ...(alias !== undefined && { alias }) })
}

/** Whether traffic is led to a service. One that is live stays so without tasks: they may have been scaled away. */
function isLedTo(service: Service, { labels, alias }: Route): boolean {
  const { Spec: spec } = service
  if (namesWith(labels, spec).length > 0) return true
  const networks = spec.TaskTemplate.Networks ?? []
  const hasAlias =
    alias !== undefined && networks.some(({ Aliases }) => spec.Name === alias || (Aliases ?? []).includes(alias))
  return hasAlias && (generationOf(service) > 0 || hasTasks(spec))
}

function hasTasks(spec: ServiceSpec): boolean {
  return wantedTasks(spec) !== 0 && allowingNodes(spec.TaskTemplate) === spec.TaskTemplate
}

/** As the latest deploy has written it down. */
function routeOf(services: readonly Service[]): Route | undefined {
  const newestFirst = services.toSorted((a, b) => generationOf(b) - generationOf(a))
  return newestFirst.flatMap(({ Spec }) => parseRoute(Spec.Labels?.[ROUTE_LABEL]) ?? [])[0]
}

function parseRoute(text: string | undefined): Route | undefined {
  try {
    const { labels, alias } = JSON.parse(text ?? '') as Partial<Route>
    if (!Array.isArray(labels) || !labels.every((label) => typeof label === 'string' && label !== '')) return undefined
    if (typeof alias === 'string') return { labels, alias }
    return labels.length === 0 ? undefined : { labels }
  } catch {
    return undefined
  }
}

function siblingsOf(name: string, services: readonly Service[]): Service[] {
  return siblingNames(name).flatMap((one) => services.find(({ Spec }) => Spec.Name === one) ?? [])
}

/** One with a copy of another's labels is none of its two. */
function belongsTo({ Spec }: Service): string | undefined {
  const name = Spec.Labels?.[BELONGS_LABEL]
  return name !== undefined && siblingNames(name).includes(Spec.Name) ? name : undefined
}

/** Whether a service of two names has lost its traffic, or has never had it. */
export function isRetired({ Labels: labels }: ServiceSpec): boolean {
  return labels?.[BELONGS_LABEL] !== undefined && labels[LIVE_LABEL] === undefined
}

function generationOf({ Spec }: Pick<Service, 'Spec'>): number {
  return Number(Spec.Labels?.[LIVE_LABEL] ?? 0) || 0
}

function namesWith(prefixes: readonly string[], { Labels }: ServiceSpec): string[] {
  return Object.keys(Labels ?? {}).filter((label) => prefixes.some((prefix) => label.startsWith(prefix)))
}

/** What the inputs say of what leads traffic to a service. */
type RouteSettings = Pick<BlueGreenSettings, 'routeLabels' | 'routeAlias'>

/** What leads traffic to a service: labels that a proxy reads, or a name on its networks. */
export function routingOf({ routeLabels, routeAlias }: RouteSettings, name: string, spec: ServiceSpec): Routing {
  const labels = namesWith(routeLabels, spec)
  const hasNetworks = (spec.TaskTemplate.Networks ?? []).length > 0
  const alias = routeAlias ?? (labels.length === 0 && hasNetworks ? name : undefined)
  return { labels, prefixes: labels.length === 0 ? [] : routeLabels, alias: hasNetworks ? alias : undefined }
}

/** Why a service cannot be blue-green on Swarm, with the way out; `undefined` when it can. */
export function colourRefusal(name: string, next: string, spec: ServiceSpec, routing: Routing): string | undefined {
  if (isJob(spec)) return 'blue-green is for services that run on, and this is a job: write `strategy: rolling` for it'
  const stack = stackIn(spec.Labels)
  if (stack !== undefined && spec.Name === name) {
    return `it belongs to the stack ${stack}, whose next deploy would make a second ${name} beside the one that has the traffic: write another \`strategy\`, or take it out of the stack's files`
  }
  const ports = spec.EndpointSpec?.Ports ?? []
  if (ports.length > 0) {
    const published = ports.map(({ PublishedPort: port }) => port ?? 'of its own choice').join(', ')
    return `blue-green makes a second service, and both cannot publish the port ${published}: put a proxy before it, or write another \`strategy\``
  }
  if (next.length > LONGEST_NAME) {
    return `blue-green would name it ${next}, which has more than ${LONGEST_NAME} characters: choose a shorter name than ${name}`
  }
  if (routing.labels.length > 0 || routing.alias !== undefined) return undefined
  return 'blue-green moves the traffic, and nothing leads any to it: it has no label that begins as `route-labels` says, and no network of its own on which it could have an alias. Write one of the two in `create-args`, as in `--label traefik.enable=true` or `--network NAME`, or another `strategy`'
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
  const route: Route = { labels: routing.prefixes, ...(routing.alias !== undefined && { alias: routing.alias }) }
  const labels = {
    ...wanted.Labels,
    [BELONGS_LABEL]: name,
    [LIVE_LABEL]: String(generation),
    [ROUTE_LABEL]: JSON.stringify(route),
  }
  return withAliases({ ...wanted, Name: next, Labels: labels }, (aliases) =>
    routing.alias === undefined || aliases.includes(routing.alias) ? aliases : [...aliases, routing.alias],
  )
}

/** The same without the traffic: only who knows its own name reaches it. */
export function hidden(spec: ServiceSpec, { labels, alias }: Pick<Routing, 'labels' | 'alias'>): ServiceSpec {
  const kept = Object.entries(spec.Labels ?? {}).filter(([label]) => label !== LIVE_LABEL && !labels.includes(label))
  return withAliases({ ...spec, Labels: Object.fromEntries(kept) }, (aliases) => aliases.filter((one) => one !== alias))
}

/** The live service with the labels that tell so: one that no blue-green deploy has made gets them by this. */
export function claimed(spec: ServiceSpec, name: string): ServiceSpec {
  return { ...spec, Labels: { [LIVE_LABEL]: String(FIRST), ...spec.Labels, [BELONGS_LABEL]: name } }
}

/**
 * A spec as the service that is live now would have it: under its name, with what tells the two apart and with the name
 * on its networks that leads the traffic to it.
 *
 * @param spec without {@link isBookkeeping the labels that tell them apart}
 */
export function asLive(spec: ServiceSpec, live: Service, route: Route | undefined): ServiceSpec {
  const own = Object.entries(live.Spec.Labels ?? {}).filter(([label]) => isBookkeeping(label))
  const named = {
    ...spec,
    Name: live.Spec.Name,
    ...(own.length > 0 && { Labels: { ...spec.Labels, ...Object.fromEntries(own) } }),
  }
  const alias = route?.alias
  if (own.length === 0 || alias === undefined) return named
  return withAliases(named, (aliases) => (aliases.includes(alias) ? aliases : [...aliases, alias]))
}

/** The service with the traffic that it had before, as long as the newer one that lost it again is still there. */
export function reclaimed(
  spec: ServiceSpec,
  name: string,
  { generation }: Pick<SecondService, 'generation'>,
): ServiceSpec {
  return { ...spec, Labels: { ...spec.Labels, [LIVE_LABEL]: String(generation + 1), [BELONGS_LABEL]: name } }
}

/**
 * The old colour without the traffic. A name on a network leads to it as long as it has tasks: the service's own name
 * cannot be taken away, and another alias would replace all of them.
 */
export function retired(spec: ServiceSpec, { labels, prefixes, alias }: Routing): ServiceSpec {
  const names = [...labels, ...namesWith(prefixes, spec)]
  const { Labels } = hidden(spec, { labels: names, alias: undefined })
  const unlabelled = { ...spec, ...(Labels && { Labels }) }
  return alias === undefined ? unlabelled : withoutTasks(unlabelled)
}

/** What is to be taken from the old one: also what led traffic to it until now, where that has changed. */
export function routingToTake({ prefixes, labels, alias }: Routing, { route }: Colours): Routing {
  return { labels, prefixes: [...prefixes, ...(route?.labels ?? [])], alias: alias ?? route?.alias }
}

/** What becomes of a leftover to which traffic is still led: the spec without that, and whether a proxy led it. */
export interface Taking {
  readonly spec: ServiceSpec
  readonly byLabels: boolean
}

/** How the traffic is taken from a leftover; `undefined` when none is led to it. */
export function takenFrom(leftover: Service, { route }: Colours): Taking | undefined {
  if (route === undefined || !isLedTo(leftover, route)) return undefined
  const { labels: prefixes, alias } = route
  const spec = retired(leftover.Spec, { labels: [], prefixes, alias })
  return { spec, byLabels: namesWith(prefixes, leftover.Spec).length > 0 }
}

function withAliases(spec: ServiceSpec, change: (aliases: readonly string[]) => readonly string[]): ServiceSpec {
  const { TaskTemplate: template } = spec
  if (template.Networks === undefined) return spec
  const networks = template.Networks.map((one) => ({ ...one, Aliases: change(one.Aliases ?? []) }))
  return { ...spec, TaskTemplate: { ...template, Networks: networks } }
}
