import { describe, expect, test } from '@jest/globals'
import { allocationProblem, type NetworkPool } from '../../../../src/docker/swarm/network-allocation.ts'
import { createService, createSpec } from '../../../support/builders.ts'

const pool = (Name: string, ...subnets: string[]): NetworkPool => ({
  Id: `id-${Name}`,
  Name,
  Driver: 'overlay',
  IPAM: { Config: subnets.map((Subnet) => ({ Subnet })) },
})
/** As the daemon shows it: without its subnet. */
const unallocated = (Name: string): NetworkPool => ({ Id: `id-${Name}`, Name, Driver: '', IPAM: {} })
const asked = (Name: string, ...subnets: string[]): NetworkPool => ({
  Name,
  IPAM: { Config: subnets.map((Subnet) => ({ Subnet })) },
})
const serviceOn = (...names: string[]) =>
  createService({ Spec: createSpec({ TaskTemplate: { Networks: names.map((name) => ({ Target: `id-${name}` })) } }) })

const UNKNOWN = 'its subnet may be that of another network, or the address pools of the swarm are used up'

describe('a network that is not allocated', () => {
  test.each<[string, readonly NetworkPool[], readonly NetworkPool[], string]>([
    [
      'has the subnet of another',
      [pool('c_m', '10.99.0.0/24'), unallocated('c_n')],
      [asked('c_n', '10.99.0.0/24')],
      'its subnet 10.99.0.0/24 is taken by c_m',
    ],
    [
      'has a subnet within that of another',
      [pool('big', '10.99.0.0/16'), unallocated('c_n')],
      [asked('c_n', '10.99.7.0/24')],
      'its subnet 10.99.7.0/24 is taken by big',
    ],
    [
      'has a subnet around that of another',
      [pool('small', '10.99.7.0/24'), unallocated('c_n')],
      [asked('c_n', '10.99.0.0/16')],
      'its subnet 10.99.0.0/16 is taken by small',
    ],
    [
      'has two, of which one is taken',
      [pool('six', 'fd00:1::/64'), unallocated('c_n')],
      [asked('c_n', '10.1.0.0/24', 'fd00:1::/48')],
      'its subnet fd00:1::/48 is taken by six',
    ],
    [
      'has a subnet of its own',
      [pool('c_m', '10.98.0.0/24'), unallocated('c_n')],
      [asked('c_n', '10.99.0.0/24')],
      UNKNOWN,
    ],
    ['was made by somebody else', [pool('c_m', '10.99.0.0/24'), unallocated('c_n')], [], UNKNOWN],
    ['asks for what is no subnet', [pool('c_m', 'nonsense'), unallocated('c_n')], [asked('c_n', '10.99/x')], UNKNOWN],
  ])('%s', (_, networks, wanted, why) => {
    expect(allocationProblem(serviceOn('c_n'), networks, wanted)).toBe(`the swarm cannot allocate network c_n: ${why}`)
  })

  test('is none of a service that is not on it', () => {
    const networks = [pool('c_m', '10.98.0.0/24'), unallocated('c_n')]
    expect(allocationProblem(serviceOn('c_m'), networks, [])).not.toContain('c_n')
  })
})

describe('networks that are allocated', () => {
  test('may have no address left', () => {
    expect(allocationProblem(serviceOn('tiny'), [pool('tiny', '10.98.0.0/29'), pool('other', '10.1.0.0/24')], [])).toBe(
      "the swarm has no address for its task: tiny (10.98.0.0/29) has none left, or the manager's log says why",
    )
  })

  test.each([
    ['ingress', 'ingress (10.0.0.0/24)'],
    ['host', undefined],
  ] as const)('count with ports published as %s', (PublishMode, network) => {
    const ingress = { ...pool('ingress', '10.0.0.0/24'), Ingress: true }
    const spec = createSpec({ EndpointSpec: { Ports: [{ PublishedPort: 80, PublishMode }] } })
    const problem = allocationProblem(createService({ Spec: spec }), [ingress], [])
    if (network === undefined) expect(problem).toBeUndefined()
    else expect(problem).toContain(network)
  })

  test('tell nothing of a service without any', () => {
    expect(allocationProblem(createService(), [pool('c_m', '10.98.0.0/24')], [])).toBeUndefined()
  })
})
