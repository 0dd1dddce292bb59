import { isRoomy, isSubnet, overlap } from './subnet.ts'
import { nameProblem } from './swarm-rules.ts'

/**
 * What Swarm refuses in a network that is to be made, or takes and never allocates (swarmkit,
 * manager/controlapi/network.go and manager/allocator; moby, api/server/router/network). Pure.
 */

/** A network that is there, or that is to be made: the API's own fields. */
export interface NetworkLike {
  readonly Name: string
  readonly Scope?: string
  /** Empty as long as Swarm has not allocated it. */
  readonly Driver?: string
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string }[] }
}

export interface NetworkViolation {
  readonly key: '' | 'name' | 'driver' | 'ipam'
  /** What is wrong, and what to write instead. */
  readonly problem: string
}

/** Drivers of docker's own that make a network of one node, when nobody asks for one of the swarm. */
const LOCAL_DRIVERS = ['bridge', 'host', 'ipvlan', 'macvlan', 'none', 'null']
const PREDEFINED = ['bridge', 'default', 'host', 'none']

/**
 * Everything that is wrong with a network that is to be made.
 *
 * @param others those that the swarm has, and those that are made before it
 */
export function networkViolations(wanted: NetworkLike, others: readonly NetworkLike[]): NetworkViolation[] {
  return [...nameViolations(wanted, others), ...driverViolations(wanted), ...subnetViolations(wanted, others)]
}

function nameViolations({ Name: name }: NetworkLike, others: readonly NetworkLike[]): NetworkViolation[] {
  const problem = PREDEFINED.includes(name)
    ? `${name} is a network of docker's own: write another name`
    : (nameProblem(name, 'a network') ?? takenProblem(name, others))
  return problem === undefined ? [] : [{ key: 'name', problem }]
}

function takenProblem(name: string, others: readonly NetworkLike[]): string | undefined {
  const same = others.find((other) => other.Name === name)
  if (same !== undefined) {
    return same.Scope === 'local'
      ? `a node has a network ${name} of its own: remove it there, or write another name`
      : `the swarm has a network ${name} that is not of this stack: write \`external: true\` to use it, or another name`
  }
  // Swarm finds names without their capitals.
  const similar = others.find((other) => other.Name.toLowerCase() === name.toLowerCase() && other.Scope !== 'local')
  return similar && `${name} and ${similar.Name} are one name for Swarm: write another one`
}

function driverViolations({ Driver: driver = '', Scope: scope }: NetworkLike): NetworkViolation[] {
  if (scope === 'swarm' || !LOCAL_DRIVERS.includes(driver)) return []
  const problem = `${driver} makes a network of one node, which no service can use: write overlay, or leave the driver out`
  return [{ key: 'driver', problem }]
}

function subnetViolations(wanted: NetworkLike, others: readonly NetworkLike[]): NetworkViolation[] {
  const subnets = subnetsOf(wanted)
  return subnets.flatMap((subnet, index) => {
    const problem = subnetProblem(subnet, subnets.slice(0, index), others)
    return problem === undefined ? [] : [{ key: 'ipam' as const, problem }]
  })
}

function subnetProblem(subnet: string, before: readonly string[], others: readonly NetworkLike[]): string | undefined {
  if (!isSubnet(subnet)) return `${JSON.stringify(subnet)} is no subnet: write one such as 10.20.0.0/24`
  if (!isRoomy(subnet)) {
    return `the subnet ${subnet} has no room for a task and its gateway: write a larger one`
  }
  if (before.some((other) => overlap(subnet, other))) {
    return `the subnet ${subnet} overlaps another one of the same network: write one that does not`
  }
  for (const other of others.filter(({ Scope: scope }) => scope !== 'local')) {
    const its = subnetsOf(other).find((one) => overlap(subnet, one))
    if (its !== undefined) {
      return `the subnet ${subnet} is taken by the network ${other.Name} (${its}), so Swarm would never allocate it: write another one`
    }
  }
  return undefined
}

function subnetsOf({ IPAM: ipam }: NetworkLike): string[] {
  return (ipam?.Config ?? []).map(({ Subnet: subnet = '' }) => subnet)
}
