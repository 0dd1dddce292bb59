import type { Service } from '../docker/api.ts'
import type { Engine } from '../docker/engine/engine.ts'
import type { ImageReference } from '../docker/registry/reference.ts'
import { isJob } from '../docker/specs/service-mode.ts'
import { imageOf, referenceOf } from '../docker/specs/service-spec.ts'
import { stackIn } from '../docker/specs/stack-objects.ts'
import { throwAll } from '../errors.ts'
import type { Deployment, ServiceRequest } from '../inputs/deployment.ts'
import type { Selection } from '../inputs/selection.ts'
import { log } from '../runner/log/log.ts'
import { colourOf, siblingNames } from './colours.ts'
import { isForced } from './force.ts'
import { missingStack } from './missing-service.ts'

/**
 * What is asked to be refreshed, as requests for services with an image: the one that each has, without its digest. So
 * the credential that serves it is known before anything is logged in; the plan takes the image from the service once
 * more, as it is by then.
 *
 * @throws UserErrors when a stack has no service
 */
export async function withPresentImages(asked: Deployment, engine: Engine, signal: AbortSignal): Promise<Deployment> {
  if (!asked.services.some(({ refresh }) => refresh)) return asked
  const all = await engine.get<Service[]>('/services', { signal })
  const problems: string[] = []
  const named = new Set(asked.services.filter(({ isStack }) => !isStack).map(({ name }) => name))
  const services = asked.services.flatMap((request) => {
    if (!request.refresh) return [request]
    if (!request.isStack) return [withImageOf(request, all)]
    const members = membersOf(request, all, asked.force)
    if (typeof members === 'string') problems.push(members)
    else return members.filter(({ name }) => !named.has(name))
    return []
  })
  throwAll(problems)
  return { ...asked, services }
}

/** The image of a service without its digest: what its tag means now; `undefined` where there is no tag. */
export function presentImage(service: Service | undefined): ImageReference | undefined {
  const reference = referenceOf(service)
  if (reference?.tag === undefined) return undefined
  const { registry, repository, tag } = reference
  return { registry, repository, tag }
}

/** Why a service cannot be refreshed; it goes on after its name. */
export function notRefreshable(service: Service): string {
  return `its image ${imageOf(service) ?? ''} has no tag that could have moved: write the \`image\` that it is to have`
}

function withImageOf(request: ServiceRequest, all: readonly Service[]): ServiceRequest {
  const names = siblingNames(request.name)
  const image = presentImage(all.find(({ Spec }) => names.includes(Spec.Name)))
  return image === undefined ? request : { ...request, image }
}

/** A job would run again, which is what `force` asks for. */
function membersOf(request: ServiceRequest, all: readonly Service[], force: Selection): ServiceRequest[] | string {
  const { isStack: _, name: stack, ...rest } = request
  const members = all.filter(({ Spec }) => stackIn(Spec.Labels) === stack)
  if (members.length === 0) return missingStack(stack, all)
  const requests = members.flatMap((service) => {
    const name = colourOf(service) ?? service.Spec.Name
    const image = presentImage(service)
    if (isJob(service.Spec) && !isForced({ ...rest, name }, force))
      log.info(`${name}: a job, which would run again: it is not refreshed`)
    else if (image === undefined) log.notice(`service ${name} is not refreshed: ${notRefreshable(service)}`)
    else return [{ ...rest, name, image }]
    return []
  })
  return [...new Map(requests.map((one) => [one.name, one])).values()]
}
