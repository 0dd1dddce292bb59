import type { Service } from '../api.ts'
import { overlap } from './subnet.ts'

/** Why Swarm does not give a task its networks, which it never says itself. Pure. */

/** What `GET /networks` says of one, or what it was asked to be in `POST /networks/create`. */
export interface NetworkPool {
  readonly Id?: string
  readonly Name: string
  /** Empty as long as Swarm has not allocated it. */
  readonly Driver?: string
  readonly Ingress?: boolean
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string }[] }
}

/**
 * Why the networks of a service are not allocated; `undefined` when they do not tell.
 *
 * @param networks those of the swarm
 * @param asked what this run asked Swarm to make: a network that is not allocated does not show its subnet
 */
export function allocationProblem(
  service: Service,
  networks: readonly NetworkPool[],
  asked: readonly NetworkPool[],
): string | undefined {
  const its = networksOf(service, networks)
  const missing = its.find(({ Driver: driver }) => !driver)
  if (missing !== undefined) {
    return `the swarm cannot allocate network ${missing.Name}: ${whyNot(missing, networks, asked)}`
  }
  if (its.length === 0) return undefined
  const pools = its.map((network) => `${network.Name} (${subnetsOf(network).join(', ') || 'without a subnet'})`)
  return `the swarm has no address for its task: ${pools.join(' or ')} has none left, or the manager's log says why`
}

function networksOf({ Spec: spec }: Service, networks: readonly NetworkPool[]): NetworkPool[] {
  const targets = [...(spec.TaskTemplate.Networks ?? []), ...(spec.Networks ?? [])].map(({ Target }) => Target)
  const isPublished = (spec.EndpointSpec?.Ports ?? []).some(({ PublishMode: mode }) => mode !== 'host')
  return networks.filter(
    ({ Id, Name, Ingress }) => targets.includes(Id ?? Name) || targets.includes(Name) || (isPublished && Ingress),
  )
}

function whyNot(missing: NetworkPool, networks: readonly NetworkPool[], asked: readonly NetworkPool[]): string {
  const wanted = subnetsOf(asked.find(({ Name }) => Name === missing.Name) ?? missing)
  for (const subnet of wanted) {
    const other = networks.find((one) => one !== missing && subnetsOf(one).some((its) => overlap(its, subnet)))
    if (other !== undefined) return `its subnet ${subnet} is taken by ${other.Name}`
  }
  return 'its subnet may be that of another network, or the address pools of the swarm are used up'
}

function subnetsOf({ IPAM: ipam }: NetworkPool): string[] {
  return (ipam?.Config ?? []).flatMap(({ Subnet: subnet }) => subnet ?? [])
}
