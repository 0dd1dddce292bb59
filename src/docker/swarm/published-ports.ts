import type { Service, ServicePort, ServiceSpec } from '../api.ts'

/** Which ports of the swarm's services get into each other's way (swarmkit, controlapi/service.go, checkPortConflicts). Pure. */

/** As people write it: `8080/tcp`. */
export function portName({ PublishedPort: port, Protocol: protocol = 'tcp' }: ServicePort): string {
  return `${port}/${protocol.toLowerCase()}`
}

/** The ports that a spec names; Swarm chooses the others itself, and takes free ones. */
export function namedPorts({ EndpointSpec: endpoint }: Pick<ServiceSpec, 'EndpointSpec'>): ServicePort[] {
  return (endpoint?.Ports ?? []).filter(({ PublishedPort: port = 0 }) => port !== 0)
}

/** All ports that a service has on the swarm, also those that Swarm has chosen. */
export function portsOf({ Spec: spec, Endpoint: endpoint }: Service): ServicePort[] {
  const given = (endpoint?.Ports ?? []).filter(({ PublishedPort: port = 0 }) => port !== 0)
  return [...namedPorts(spec), ...given]
}

/**
 * The first of some ports that Swarm would not give to a service as long as another service has these; `undefined`: it
 * would give all of them. Host-mode ports of two services are the nodes' affair.
 */
export function portInTheWay(wanted: readonly ServicePort[], others: readonly ServicePort[]): ServicePort | undefined {
  return wanted.find((port) =>
    others.some((other) => portName(other) === portName(port) && !(isHostPort(port) && isHostPort(other))),
  )
}

/** Whether a service has a port already, in the same mode: Swarm does not look at it again. */
export function hasPort(ports: readonly ServicePort[], port: ServicePort): boolean {
  return ports.some((one) => portName(one) === portName(port) && isHostPort(one) === isHostPort(port))
}

/** Whether it is published on the nodes of the tasks alone. */
export function isHostPort({ PublishMode: mode }: ServicePort): boolean {
  return mode?.toLowerCase() === 'host'
}

/** Some ports but for others, by their numbers and protocols. */
export function otherPorts(ports: readonly ServicePort[], gone: readonly ServicePort[]): ServicePort[] {
  const names = gone.map(portName)
  return ports.filter((port) => !names.includes(portName(port)))
}

/** A spec without some of its ports. */
export function withoutPorts(spec: ServiceSpec, gone: readonly ServicePort[]): ServiceSpec {
  const { Ports: ports = [] } = spec.EndpointSpec ?? {}
  return { ...spec, EndpointSpec: { ...spec.EndpointSpec, Ports: otherPorts(ports, gone) } }
}
