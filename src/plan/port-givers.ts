import type { Service, ServicePort, ServiceSpec } from '../docker/api.ts'
import { isJob } from '../docker/specs/service-mode.ts'
import {
  isHostPort,
  namedPorts,
  otherPorts,
  portInTheWay,
  portsOf,
  withoutPorts,
} from '../docker/swarm/published-ports.ts'
import type { ServiceRequest } from '../inputs/deployment.ts'
import type { Update } from './change.ts'
import { isInterim } from './interim-spec.ts'
import { giftWords } from './port-moves.ts'
import { type Draft, newIngressPorts } from './swarm-check.ts'

/** Services that go when the deploy is up, and whose published ports others of it are to have before. Pure. */

/** A service that is left without ports which it has. */
export type PortGiver = Update & Required<Pick<Update, 'course' | 'givesPortsTo' | 'leaves'>>

/**
 * The services that can give away all the ports that are asked of them. Not those of nodes: a node has such a port for the
 * next task only when the last task with it is gone. Nor those that Swarm has chosen, which no spec names. Nor jobs.
 *
 * @param leaving the services that go
 * @param strategy what the user has chosen for all of them; `undefined`: they are of no stack
 */
export function portGivers(
  drafts: readonly Draft[],
  leaving: readonly Service[],
  strategy: ServiceRequest['strategy'] | undefined,
): PortGiver[] {
  if (strategy === undefined) return []
  return leaving.flatMap((current) => {
    const takers = drafts.filter((draft) => portInTheWay(newIngressPorts(draft), portsOf(current)) !== undefined)
    const asked = takers.flatMap(newIngressPorts)
    const given = namedPorts(current.Spec).filter((port) => !isHostPort(port) && portInTheWay(asked, [port]))
    const isAll = portInTheWay(asked, otherPorts(portsOf(current), given)) === undefined
    // A job would run once more for it. One with an interim spec is in the middle of somebody else's deploy.
    if (given.length === 0 || !isAll || isJob(current.Spec) || isInterim(current.Spec)) return []
    const names = takers.map(({ wanted: { Name } }) => Name)
    const gift = giftWords(given, names)
    const giver: PortGiver = {
      action: 'update',
      request: requestFor(current, strategy),
      access: undefined,
      currentAccess: undefined,
      current,
      wanted: stayingWithout(current.Spec, given),
      networks: [],
      changes: [gift],
      course: `${gift} first, and is removed last`,
      givesPortsTo: names,
      leaves: true,
    }
    return [giver]
  })
}

/** Where its new tasks fail, Swarm's own rollback would take the ports back from what has got them. */
function stayingWithout(spec: ServiceSpec, given: readonly ServicePort[]): ServiceSpec {
  const without = withoutPorts(spec, given)
  if (spec.UpdateConfig?.FailureAction !== 'rollback') return without
  return { ...without, UpdateConfig: { ...spec.UpdateConfig, FailureAction: 'pause' } }
}

/** All else of it stays. */
function requestFor({ Spec: { Name: name } }: Service, strategy: ServiceRequest['strategy']): ServiceRequest {
  const policies = { update: {}, rollback: {} }
  return { name, env: {}, create: false, updateArgs: [], strategy, policies, prepare: 'no' }
}

/** What a service gives away. */
export function portsGiven({ current, wanted }: Pick<Update, 'current' | 'wanted'>): ServicePort[] {
  return otherPorts(namedPorts(current.Spec), namedPorts(wanted))
}

/** Whether one of some services has a port that a service is to get back. */
export function havePortsOf(change: Update, services: readonly Service[]): boolean {
  return services.some((service) => portInTheWay(portsGiven(change), portsOf(service)) !== undefined)
}
