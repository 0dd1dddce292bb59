import { expect, test } from '@jest/globals'
import type { Service, ServicePort } from '../../../../src/docker/api.ts'
import { hasPort, namedPorts, portInTheWay, portsOf } from '../../../../src/docker/swarm/published-ports.ts'

const ingress = (PublishedPort: number): ServicePort => ({ PublishedPort, Protocol: 'tcp', PublishMode: 'ingress' })
const host = (PublishedPort: number): ServicePort => ({ PublishedPort, PublishMode: 'host' })
const udp = (PublishedPort: number): ServicePort => ({ PublishedPort, Protocol: 'udp' })

test.each<[string, ServicePort, ServicePort, boolean]>([
  ['ingress and ingress', ingress(80), ingress(80), true],
  ['ingress and host', ingress(80), host(80), true],
  ['host and ingress', host(80), { PublishedPort: 80 }, true],
  ['host and host', host(80), host(80), false],
  ['another port', ingress(80), ingress(81), false],
  ['another protocol', ingress(80), udp(80), false],
])('%s', (_, wanted, other, isInTheWay) => {
  expect(portInTheWay([ingress(9), wanted], [ingress(8), other])).toBe(isInTheWay ? wanted : undefined)
})

test("ports of Swarm's choice are no names, but they are taken", () => {
  const service = {
    Spec: { EndpointSpec: { Ports: [ingress(80), { PublishMode: 'ingress' }, { PublishedPort: 0 }] } },
    Endpoint: { Ports: [ingress(80), ingress(30000), { PublishMode: 'host' }] },
  } as unknown as Service
  expect(namedPorts(service.Spec)).toEqual([ingress(80)])
  expect(portsOf(service)).toEqual([ingress(80), ingress(80), ingress(30000)])
  expect(namedPorts({})).toEqual([])
})

test('a port that changes its mode is looked at again', () => {
  expect(hasPort([host(80)], ingress(80))).toBe(false)
  expect(hasPort([{ PublishedPort: 80 }], ingress(80))).toBe(true)
})
