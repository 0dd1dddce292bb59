import type { Service, ServicePort } from '../docker/api.ts'
import { isHostPort, namedPorts, portInTheWay, portName, withoutPorts } from '../docker/swarm/published-ports.ts'
import { andList } from '../runner/text/word-list.ts'
import type { Change } from './change.ts'
import { type Draft, newIngressPorts } from './swarm-check.ts'

/** Published ports that go from one service of a deploy to another one. Pure. */

/** That a service of the deploy gives ports to another one of it, which is sent after it. */
export interface PortMove {
  readonly giver: Service
  readonly giverName: string
  readonly takerName: string
  readonly ports: readonly ServicePort[]
}

/**
 * The moves that the order of sending can make: from a service whose own change takes its port away, to one that gets it with
 * the whole of its change. Not where two would wait for each other.
 *
 * @param changes those of the drafts with which nothing is wrong
 */
export function portMoves(drafts: readonly Draft[], changes: readonly Change[]): PortMove[] {
  const changeOf = new Map(changes.map((change) => [change.request.name, change]))
  const all = drafts.flatMap((giver) => {
    const { current, wanted, request } = giver
    if (current === undefined || !gives(changeOf.get(request.name))) return []
    const given = namedPorts(current.Spec).filter(
      (port) => !isHostPort(port) && portInTheWay([port], namedPorts(wanted)) === undefined,
    )
    // Most give nothing, and a thousand services would each be held against a thousand.
    if (given.length === 0) return []
    return drafts.flatMap((taker): PortMove[] => {
      if (taker === giver || !takes(changeOf.get(taker.request.name))) return []
      const asked = newIngressPorts(taker)
      const ports = given.filter((port) => portInTheWay(asked, [port]) !== undefined)
      return ports.length === 0
        ? []
        : [{ giver: current, giverName: request.name, takerName: taker.request.name, ports }]
    })
  })
  return all.filter(({ giverName, takerName }) => !isBehind(takerName, giverName, all))
}

/** What a strategy with a second service has, it has until that is up. */
function gives(change: Change | undefined): boolean {
  return change === undefined || change.action === 'update'
}

/** A first step is taken before anything else is sent. */
function takes(change: Change | undefined): boolean {
  return (
    change === undefined || change.action === 'create' || (change.action === 'update' && change.firstStep === undefined)
  )
}

/** Whether a service waits, by any of the moves, for another one. */
function isBehind(
  giver: string,
  taker: string,
  moves: readonly PortMove[],
  seen: ReadonlySet<string> = new Set(),
): boolean {
  if (seen.has(giver)) return false
  return moves.some(
    (move) =>
      move.giverName === giver &&
      (move.takerName === taker || isBehind(move.takerName, taker, moves, new Set([...seen, giver]))),
  )
}

/** The services of the swarm as they are when some of them have given ports away. */
export function withPortsGiven(
  services: readonly Service[],
  moves: readonly Pick<PortMove, 'giver' | 'ports'>[],
): Service[] {
  return services.map((service) => {
    const ports = moves.filter(({ giver }) => giver.ID === service.ID).flatMap((move) => move.ports)
    return ports.length === 0 ? service : { ...service, Spec: withoutPorts(service.Spec, ports), Endpoint: {} }
  })
}

/** The changes with what they give to whom. */
export function withPortMoves(changes: readonly Change[], moves: readonly PortMove[]): Change[] {
  return changes.map((change) => {
    const gifts = moves.filter(({ giverName }) => giverName === change.request.name)
    if (gifts.length === 0 || change.action !== 'update') return change
    const words = gifts.map(({ ports, takerName }) => `${giftWords(ports, [takerName])}, which is sent after it`)
    return {
      ...change,
      course: [...(change.course === undefined ? [] : [change.course]), ...words].join('; '),
      givesPortsTo: gifts.map(({ takerName }) => takerName),
    }
  })
}

/** `gives 8080/tcp to web and api` */
export function giftWords(ports: readonly ServicePort[], takers: readonly string[]): string {
  return `gives ${andList(ports.map(portName))} to ${andList(takers)}`
}
