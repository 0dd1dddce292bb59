import type { Service } from '../docker/api.ts'
import { type ImageReference, pathMatches } from '../docker/registry/reference.ts'
import { modeName } from '../docker/specs/service-mode.ts'
import { referenceOf } from '../docker/specs/service-spec.ts'
import { UserError } from '../errors.ts'
import { isDirectoryName, NOT_ALLOWED } from '../inputs/accounts/config-directories.ts'
import type { Credential } from '../inputs/accounts/credential.ts'
import type { Deployment, ServiceRequest } from '../inputs/deployment.ts'
import { groupBy } from '../runner/group-by.ts'
import { mayBeSecret } from '../runner/secrets/may-be-secret.ts'
import { safeLine } from '../runner/text/safe-text.ts'
import { placed } from '../runner/text/shown.ts'
import { andList } from '../runner/text/word-list.ts'
import { utcWords } from '../runner/time/utc.ts'
import { coloursFor, siblingNames } from './colours.ts'
import { type ChoosingRequest, type ConfigChoice, configChoice } from './credentials/config-choice.ts'
import type { Config, LoggedIn } from './credentials/log-in.ts'
import { beforeInterim, markOf, mayBeAlive } from './interim-spec.ts'
import { missingService } from './missing-service.ts'
import type { Observation } from './observe.ts'
import type { Access, PlannedService } from './planned-service.ts'
import { notRefreshable, presentImage } from './refresh.ts'
import { planOf, type StrategyPlans } from './strategy.ts'

export interface Plan {
  readonly services: readonly PlannedService[]
  /** One line for each service that cannot be planned. */
  readonly problems: readonly string[]
}

/** What each service needs, and with which config. Pure: nothing is asked, nothing is changed. */
export function planDeployment(
  deployment: Deployment,
  loggedIn: LoggedIn,
  observed: Observation,
  strategies: StrategyPlans,
): Plan {
  const hasLock = deployment.lock !== undefined
  const plans = deployment.services.map((request) => {
    const owner = givenAway(request.name, deployment.services, strategies)
    return owner === undefined
      ? planService(request, loggedIn, observed, strategies, hasLock)
      : `service ${request.name}: ${owner.strategy.kind} needs this name for ${owner.name}: choose another for one of the two`
  })
  const isPlanned = (plan: (typeof plans)[number]): plan is PlannedService =>
    typeof plan !== 'string' && 'request' in plan
  const refused = plans.filter((plan) => typeof plan !== 'string' && 'why' in plan)
  return {
    services: plans.filter(isPlanned),
    problems: [...plans.filter((plan) => typeof plan === 'string'), ...toldOnce(refused)],
  }
}

/** A service for which no credential can be chosen. */
interface Refused {
  readonly name: string
  readonly why: string
}

/** One line for each cause, with all services that it concerns. */
function toldOnce(refused: readonly Refused[]): string[] {
  return [...groupBy(refused, ({ why }) => why)].map(([why, all]) => {
    const names = andList(all.map(({ name }) => name))
    return `${all.length === 1 ? 'service' : 'services'} ${names}: ${why}`
  })
}

/** The service of the same run that is to have a name for one of its two services. */
function givenAway(
  name: string,
  requests: readonly ServiceRequest[],
  strategies: StrategyPlans,
): ServiceRequest | undefined {
  return requests.find((other) => {
    const { hasSecondService } = planOf(other, strategies)
    return hasSecondService && other.name !== name && siblingNames(other.name).includes(name)
  })
}

/** The plan for one service, or why there is none: no credential can be chosen, or a line that says something else. */
function planService(
  request: ServiceRequest,
  loggedIn: LoggedIn,
  observed: Observation,
  strategies: StrategyPlans,
  hasLock: boolean,
): PlannedService | Refused | string {
  const { name } = request
  const colours = coloursFor(request, observed.services, planOf(request, strategies).hasSecondService)
  if (typeof colours === 'string') return `service ${name}: ${colours}`
  const found = colours === undefined ? observed.services.find(({ Spec }) => Spec.Name === name) : colours.live
  const busy = found && othersInterim(found, observed.now, hasLock)
  if (busy !== undefined) return `service ${name}: ${busy}`
  const { current = undefined, ...interim } = found === undefined ? {} : beforeInterim(found)
  if (current === undefined && !request.create) {
    return missingService(request, observed.otherNames ?? [], colours?.leftovers)
  }
  if (request.refresh && current !== undefined && presentImage(current) === undefined) {
    return `service ${name}: ${notRefreshable(current)}`
  }
  const asked = request.refresh ? { ...request, ...withTagOf(current) } : request
  if (request.replicas !== undefined && current !== undefined && current.Spec.Mode.Replicated === undefined) {
    return `service ${name} is a ${modeName(current.Spec).replace('-', ' ')} service: it has no replicas to set, leave \`replicas\` out`
  }
  try {
    const access = chooseAccess(asked, asked.image ?? referenceOf(current), current, loggedIn)
    const currentAccess = accessToReturn(asked, current, loggedIn)
    return { request: asked, current, access, currentAccess, ...(colours && { colours }), ...interim }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { name, why: error.message }
  }
}

/** Its image is looked up again, by the tag that it has at this moment. */
function withTagOf(current: Service | undefined): Pick<ServiceRequest, 'image'> {
  const image = presentImage(current)
  return image === undefined ? {} : { image }
}

/**
 * Why a service must be left alone for now: its spec is meant for the way of a run that may still be at work.
 *
 * @param now by the swarm's clock
 */
function othersInterim({ Spec: spec }: Service, now: number, hasLock: boolean): string | undefined {
  const mark = markOf(spec)
  if (mark === undefined || !mayBeAlive(mark, now, hasLock)) return undefined
  const who = mark.url === '' ? mark.owner : `${mark.owner} (${mark.url})`
  return `${who} is in the middle of a deploy of it, which may last until ${utcWords(mark.until)}: deploy again when that is over, and keep deploys of one service apart with \`concurrency\` or \`lock: true\`. If that run is gone, take back what it left with \`docker service rollback ${spec.Name}\`, and deploy again`
}

/**
 * The credential for a service, in this order: the config that the service names, in its entry or by a label; the
 * given credential with the longest path that holds the image; the user's own Docker configuration; none.
 *
 * @throws UserError when two candidates are of the same rank, or the config named does not serve
 */
function chooseAccess(
  request: ChoosingRequest,
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

/** A service names a config that this run does not have. */
export class ConfigNotGiven extends UserError {
  override name = 'ConfigNotGiven'
}

/**
 * The credential for a service as it is on the swarm, by the same rules; without a service, for an image alone.
 *
 * @param authConfig the config that is asked for, if one is
 * @throws UserError when two candidates are of the same rank, or the config named does not serve
 */
export function accessFor(
  service: Service | undefined,
  image: ImageReference,
  authConfig: string | undefined,
  loggedIn: LoggedIn,
): Access | undefined {
  return chooseAccess(authConfig === undefined ? {} : { authConfig }, image, service, loggedIn)
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
  request: ChoosingRequest,
  current: Service | undefined,
  image: ImageReference,
  { configs, named, unread }: LoggedIn,
): Access | undefined {
  const choice = configChoice(request, current)
  if (choice === undefined) return undefined
  const all = [...configs, ...named]
  const config = all.find(({ name }) => name === choice.name)
  if (config === undefined) throw unknownConfig(choice, all, unread.get(choice.name))
  const credential = credentialIn(config, image.registry)
  if (credential === undefined) {
    throw new UserError(
      `${choice.source} names the config ${config.name}, which has no credential for ${image.registry}: add one to it, or leave the choice out`,
    )
  }
  return { config, credential }
}

/** A label may hold anything; what is behind it in the error matters more. */
const LONGEST_NAME = 200

/** @param unread why it is not taken for the path of a directory, where somebody has looked */
function unknownConfig(choice: ConfigChoice, all: readonly Config[], unread: string | undefined): UserError {
  const { source } = choice
  const name = placed(safeLine(choice.name, LONGEST_NAME))
  const toWrite = mayBeSecret(choice.name) ? '…' : name
  const known =
    all.length > 0 ? `the configs of this run are ${andList(all.map((one) => one.name))}` : 'this run has no configs'
  const advice = `give \`registries\` an entry with \`config: ${toWrite}\`, or \`docker-config\` one of that name (\`${toWrite}: env:NAME\`)`
  if (!isDirectoryName(choice.name)) {
    const others = all.length > 0 ? 'use one of them, or ' : ''
    return new ConfigNotGiven(`${source} names the config ${name}, but ${known}: ${others}${advice}`)
  }
  const why = unread ?? NOT_ALLOWED
  const message = `${source} names the directory ${name}: ${why}. Or ${advice}; ${known}`
  return why === NOT_ALLOWED ? new ConfigNotGiven(message) : new UserError(message)
}

/**
 * The credential of a config for a registry.
 *
 * @throws UserError when there is none because a helper failed
 */
function credentialIn(config: Config, registry: string): Credential | undefined {
  const failure = config.failures?.get(registry)
  if (failure !== undefined) throw new UserError(failure)
  return config.credentials.find((credential) => credential.registry === registry)
}

function matchingAccess(image: ImageReference, configs: readonly Config[]): Access | undefined {
  const all = configs.flatMap((config) => config.credentials.map((credential) => ({ config, credential })))
  const candidates = all.filter(({ credential: { registry, path } }) => {
    return registry === image.registry && pathMatches(path, image.repository)
  })
  const longest = Math.max(...candidates.map(({ credential }) => credential.path.length))
  const [first, ...others] = candidates.filter(({ credential }) => credential.path.length === longest)
  if (first !== undefined && others.length > 0) {
    const names = andList([first, ...others].map(({ config, credential }) => `${config.name} (${credential.origin})`))
    throw new UserError(
      `the configs ${names} serve ${image.registry}/${image.repository} equally well: choose one with \`auth-config: ${first.config.name}\`, or give their registries longer paths`,
    )
  }
  return first
}

function ownAccess(image: ImageReference, { ownConfig }: LoggedIn): Access | undefined {
  const credential = ownConfig && credentialIn(ownConfig, image.registry)
  return ownConfig === undefined || credential === undefined ? undefined : { config: ownConfig, credential }
}
