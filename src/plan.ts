import type { Access, Config, Deployment, LoggedIn, Observation, PlannedService, ServiceRequest } from './deployment.ts'
import type { Service, ServiceSpec } from './docker/api.ts'
import { coloursOf } from './docker/colours.ts'
import { beforeInterim } from './docker/interim-spec.ts'
import { type ImageReference, parseReference, pathMatches } from './docker/reference.ts'
import { imageOf } from './docker/service-spec.ts'
import { messageOf } from './errors.ts'

/** Labels by which a service names its config itself, the first that is set wins. */
const CONFIG_LABELS = ['swarm-deploy.auth.config', 'gantry.auth.config'] as const

export interface Plan {
  readonly services: readonly PlannedService[]
  /** One line for each service that cannot be planned. */
  readonly problems: readonly string[]
}

/** What each service needs, and with which config. Pure: nothing is asked, nothing is changed. */
export function planDeployment(deployment: Deployment, loggedIn: LoggedIn, observed: Observation): Plan {
  const plans = deployment.services.map((request) => planService(request, loggedIn, observed))
  return {
    services: plans.flatMap((plan) => (typeof plan === 'string' ? [] : [plan])),
    problems: plans.filter((plan) => typeof plan === 'string'),
  }
}

/** The plan for one service, or the line that says why there is none. */
function planService(request: ServiceRequest, loggedIn: LoggedIn, observed: Observation): PlannedService | string {
  const { name } = request
  const isBlueGreen = request.rollover.strategy.kind === 'blue-green'
  const colours = isBlueGreen ? coloursOf(name, observed.services) : undefined
  if (colours !== undefined && 'problem' in colours) return `service ${name}: ${colours.problem}`
  const found = colours === undefined ? observed.services.find(({ Spec }) => Spec.Name === name) : colours.live
  const { current = undefined, ...interim } = found === undefined ? {} : beforeInterim(found)
  if (current === undefined && !request.create) {
    return `service ${name} does not exist on this swarm: correct its name, or add \`create: true\` to have it made`
  }
  if (request.replicas !== undefined && current !== undefined && current.Spec.Mode.Replicated === undefined) {
    return `service ${name} is a ${modeOf(current.Spec)} service: it has no replicas to set, leave \`replicas\` out`
  }
  try {
    const access = chooseAccess(request, request.image ?? referenceOf(current), current, loggedIn)
    const currentAccess = accessToReturn(request, current, loggedIn)
    return { request, current, access, currentAccess, ...(colours && { colours }), ...interim }
  } catch (error) {
    return `service ${name}: ${messageOf(error)}`
  }
}

/**
 * The credential for a service, in this order: the config that the service names, in its entry or by a label; the
 * given credential with the longest path that holds the image; the user's own Docker configuration; none.
 *
 * @throws Error when two candidates are of the same rank, or the config named does not serve
 */
function chooseAccess(
  request: ServiceRequest,
  image: ImageReference | undefined,
  current: Service | undefined,
  loggedIn: LoggedIn,
): Access | undefined {
  if (image === undefined) return undefined
  return (
    namedAccess(request, current, image, loggedIn) ??
    matchingAccess(image, loggedIn.configs) ??
    ownAccess(image, loggedIn)
  )
}

/** The credential for the image that a service has now; that none can be chosen for it is no reason not to deploy. */
function accessToReturn(request: ServiceRequest, current: Service | undefined, loggedIn: LoggedIn): Access | undefined {
  try {
    return chooseAccess(request, referenceOf(current), current, loggedIn)
  } catch {
    return undefined
  }
}

function namedAccess(
  request: ServiceRequest,
  current: Service | undefined,
  image: ImageReference,
  { configs }: LoggedIn,
): Access | undefined {
  const choice = namedConfig(request, current)
  if (choice === undefined) return undefined
  const config = configs.find(({ name }) => name === choice.name)
  if (config === undefined) {
    const known =
      configs.length > 0
        ? `the configs of this run are ${list(configs.map(({ name }) => name))}`
        : 'this run has no configs'
    throw new Error(
      `${choice.source} names the config ${choice.name}, but ${known}: use one of them, or give \`registries\` an entry with \`config: ${choice.name}\``,
    )
  }
  const credential = config.credentials.find(({ registry }) => registry === image.registry)
  if (credential === undefined) {
    throw new Error(
      `${choice.source} names the config ${config.name}, which has no credential for ${image.registry}: add one to it, or leave the choice out`,
    )
  }
  return { config, credential }
}

function namedConfig(
  request: ServiceRequest,
  current: Service | undefined,
): { source: string; name: string } | undefined {
  if (request.authConfig !== undefined) return { source: '`auth-config`', name: request.authConfig }
  const labels = request.labels ?? current?.Spec.Labels ?? {}
  const label = CONFIG_LABELS.find((key) => labels[key])
  return label === undefined ? undefined : { source: `its label ${label}`, name: labels[label] ?? '' }
}

function matchingAccess(image: ImageReference, configs: readonly Config[]): Access | undefined {
  const all = configs.flatMap((config) => config.credentials.map((credential) => ({ config, credential })))
  const candidates = all.filter(({ credential: { registry, path } }) => {
    return registry === image.registry && pathMatches(path, image.repository)
  })
  const longest = Math.max(...candidates.map(({ credential }) => credential.path.length))
  const [first, ...others] = candidates.filter(({ credential }) => credential.path.length === longest)
  if (first !== undefined && others.length > 0) {
    const names = list([first, ...others].map(({ config, credential }) => `${config.name} (${credential.origin})`))
    throw new Error(
      `the configs ${names} serve ${image.registry}/${image.repository} equally well: choose one with \`auth-config: ${first.config.name}\`, or give their registries longer paths`,
    )
  }
  return first
}

function ownAccess(image: ImageReference, { ownConfig }: LoggedIn): Access | undefined {
  const credential = ownConfig?.credentials.find(({ registry }) => registry === image.registry)
  return ownConfig === undefined || credential === undefined ? undefined : { config: ownConfig, credential }
}

/** The image of a service as it runs now; `undefined` for one that Docker's own tools could not have set. */
function referenceOf(service: Service | undefined): ImageReference | undefined {
  const image = imageOf(service)
  if (image === undefined) return undefined
  try {
    return parseReference(image)
  } catch {
    return undefined
  }
}

function modeOf({ Mode: mode }: ServiceSpec): string {
  if (mode.Global) return 'global'
  return mode.GlobalJob ? 'global job' : 'replicated job'
}

function list(names: readonly string[]): string {
  return new Intl.ListFormat('en').format(names)
}
