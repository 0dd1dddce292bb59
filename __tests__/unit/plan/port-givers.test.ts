import { describe, expect, test } from '@jest/globals'
import type { Service, ServicePort, ServiceSpec } from '../../../src/docker/api.ts'
import { havePortsOf, portGivers, portsGiven } from '../../../src/plan/port-givers.ts'
import { withPortsGiven } from '../../../src/plan/port-moves.ts'
import type { Draft } from '../../../src/plan/swarm-check.ts'

const ROLLING = { kind: 'rolling' } as const

const port = (published: number, mode: 'ingress' | 'host' = 'ingress'): ServicePort => ({
  PublishedPort: published,
  TargetPort: 80,
  Protocol: 'tcp',
  PublishMode: mode,
})

const spec = (name: string, ports: readonly ServicePort[]): ServiceSpec => ({
  Name: name,
  Labels: {},
  TaskTemplate: { ContainerSpec: { Image: 'web:1' } },
  Mode: { Replicated: { Replicas: 1 } },
  EndpointSpec: { Ports: ports },
})

const service = (name: string, ports: readonly ServicePort[], chosen: readonly ServicePort[] = []) =>
  ({
    ID: name,
    Version: { Index: 1 },
    Spec: spec(name, ports),
    Endpoint: { Ports: [...ports, ...chosen] },
  }) as unknown as Service

const draft = (name: string, ports: readonly ServicePort[]) =>
  ({ request: { name }, current: undefined, wanted: spec(name, ports), networks: [] }) as unknown as Draft

describe('a service that goes gives', () => {
  const given = (drafts: readonly Draft[], leaving: Service) =>
    portGivers(drafts, [leaving], ROLLING as never).map(({ wanted, givesPortsTo, changes }) => ({
      keeps: wanted.EndpointSpec?.Ports?.map(({ PublishedPort }) => PublishedPort),
      givesPortsTo,
      changes,
    }))

  test('what is asked for, to all who ask', () => {
    const drafts = [draft('a', [port(80)]), draft('b', [port(81)]), draft('c', [port(90)])]
    expect(given(drafts, service('old', [port(80), port(81), port(82)]))).toEqual([
      { keeps: [82], givesPortsTo: ['a', 'b'], changes: ['gives 80/tcp and 81/tcp to a and b'] },
    ])
  })

  test('nothing where nobody asks', () => {
    expect(given([draft('a', [port(90)])], service('old', [port(80)]))).toEqual([])
  })

  test.each([
    ['a port of the nodes', [port(80)], service('old', [port(80, 'host')])],
    ['to one that wants it of the nodes', [port(80, 'host')], service('old', [port(80)])],
    ['one that Swarm has chosen', [port(80), port(30000)], service('old', [port(80)], [port(30000)])],
  ] as const)('not %s', (_, ports, old) => {
    expect(given([draft('a', ports)], old)).toEqual([])
  })

  test('and has it back when nobody else has it', () => {
    const old = service('old', [port(80), port(82)])
    const [giver] = portGivers([draft('a', [port(80)])], [old], ROLLING as never)
    if (giver === undefined) throw new Error('it gives nothing')
    expect(withPortsGiven([old, service('c', [])], [{ giver: old, ports: portsGiven(giver) }])).toMatchObject([
      { Spec: { EndpointSpec: { Ports: [port(82)] } } },
      { ID: 'c' },
    ])
    expect(havePortsOf(giver, [service('a', [port(80)])])).toBe(true)
    expect(havePortsOf(giver, [service('a', [port(82)])])).toBe(false)
  })
})
