import { expect, test } from '@jest/globals'
import { type NetworkLike, networkViolations } from '../../../../src/docker/swarm/network-rules.ts'

const subnet = (...subnets: string[]) => ({ IPAM: { Config: subnets.map((Subnet) => ({ Subnet })) } })
const THERE: readonly NetworkLike[] = [
  { Name: 'there', Scope: 'swarm', Driver: 'overlay', ...subnet('10.9.0.0/24') },
  { Name: 'local', Scope: 'local', Driver: 'bridge', ...subnet('10.8.0.0/24') },
  { Name: 'waiting', Scope: 'swarm', Driver: '', IPAM: {} },
]
const found = (wanted: NetworkLike) => networkViolations(wanted, THERE).map(({ key, problem }) => `${key}: ${problem}`)

test.each<[string, NetworkLike, RegExp]>([
  [
    'a name of another stack',
    { Name: 'there' },
    /^name: the swarm has a network there that is not of this stack: write `external: true` to use it, or another name$/,
  ],
  [
    'the name of a network of a node',
    { Name: 'local' },
    /^name: a node has a network local of its own: remove it there, or write another name$/,
  ],
  ['a name but for its capitals', { Name: 'THERE' }, /^name: THERE and there are one name for Swarm/],
  ["a name of docker's own", { Name: 'none' }, /^name: none is a network of docker's own/],
  ['no name', { Name: 'a.b' }, /^name: "a\.b" is no name of a network: write letters/],
  [
    'a driver of one node',
    { Name: 'n', Driver: 'bridge' },
    /^driver: bridge makes a network of one node, which no service can use: write overlay/,
  ],
  ['macvlan', { Name: 'n', Driver: 'macvlan' }, /^driver: macvlan makes a network of one node/],
  [
    'a subnet that is taken',
    { Name: 'n', ...subnet('10.9.0.128/25') },
    /^ipam: the subnet 10\.9\.0\.128\/25 is taken by the network there \(10\.9\.0\.0\/24\)/,
  ],
  ['a subnet around it', { Name: 'n', ...subnet('10.0.0.0/8') }, /is taken by the network there/],
  [
    'one subnet twice',
    { Name: 'n', ...subnet('10.7.0.0/24', '10.7.0.0/25') },
    /^ipam: the subnet 10\.7\.0\.0\/25 overlaps another one of the same network/,
  ],
  [
    'no subnet',
    { Name: 'n', ...subnet('10.7.0.0') },
    /^ipam: "10\.7\.0\.0" is no subnet: write one such as 10\.20\.0\.0\/24/,
  ],
  [
    'a subnet of two addresses',
    { Name: 'n', ...subnet('10.7.0.0/31') },
    /^ipam: the subnet 10\.7\.0\.0\/31 has no room/,
  ],
])('%s', (_, wanted, says) => {
  expect(found(wanted)).toEqual([expect.stringMatching(says)])
})

test.each<[string, NetworkLike]>([
  ['a free name and subnet', { Name: 'n', Driver: 'overlay', ...subnet('10.9.1.0/24') }],
  ['the subnet of a network of a node', { Name: 'n', ...subnet('10.8.0.0/24') }],
  ['IPv6', { Name: 'n', ...subnet('fd00::/64', '10.6.0.0/16') }],
  ['bridge for all nodes', { Name: 'n', Driver: 'bridge', Scope: 'swarm' }],
  ['a driver of somebody else', { Name: 'n', Driver: 'weave' }],
  ['no options at all', { Name: 'n' }],
])('%s is taken', (_, wanted) => {
  expect(found(wanted)).toEqual([])
})

test('everything that is wrong is told', () => {
  expect(
    networkViolations({ Name: 'a.b', Driver: 'bridge', ...subnet('x', '10.9.0.0/24') }, THERE).map(({ key }) => key),
  ).toEqual(['name', 'driver', 'ipam', 'ipam'])
})
