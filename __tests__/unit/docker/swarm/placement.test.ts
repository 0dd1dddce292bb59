import { describe, expect, test } from '@jest/globals'
import {
  constraintProblem,
  eligibleNodes,
  foreignNodes,
  type PlacementNode,
  platformProblem,
  satisfies,
} from '../../../../src/docker/swarm/placement.ts'

interface Traits {
  readonly id?: string
  readonly state?: string
  readonly availability?: string
  readonly address?: string
  readonly architecture?: string
  readonly os?: string
  readonly labels?: Readonly<Record<string, string>>
}

function worker(traits: Traits = {}): PlacementNode {
  return {
    ID: traits.id ?? 'abc123',
    Status: { State: traits.state ?? 'ready', Addr: traits.address ?? '10.0.1.7' },
    Spec: { Availability: traits.availability ?? 'active', Role: 'worker', Labels: traits.labels ?? { zone: 'West' } },
    Description: {
      Hostname: 'Node-1',
      Platform: { Architecture: traits.architecture ?? 'x86_64', OS: traits.os ?? 'linux' },
      Engine: { Labels: { ssd: 'true' } },
    },
  }
}

const bare: PlacementNode = {
  ID: 'bare',
  Status: { State: 'ready' },
  Spec: { Availability: 'active', Role: 'worker' },
  Description: { Hostname: 'bare', Platform: { Architecture: 'x86_64', OS: 'linux' }, Engine: {} },
}

describe('a constraint holds as swarmkit judges it', () => {
  // Each line is what NodeMatches of github.com/moby/swarmkit/v2 v2.0.0 answers.
  test.each([
    ['node.id==abc123', true],
    ['node.id==ABC123', true],
    ['node.id!=abc123', false],
    ['node.hostname == node-1', true],
    ['  node.hostname  !=  node-1 ', false],
    ['NODE.ROLE==Worker', true],
    ['node.role==manager', false],
    ['node.role!=manager', true],
    ['node.platform.os==linux', true],
    ['node.platform.arch==x86_64', true],
    ['node.platform.arch==amd64', false],
    ['node.labels.zone==west', true],
    ['Node.Labels.zone==west', true],
    ['node.labels.Zone==west', false],
    ['node.labels.none==west', false],
    ['node.labels.none!=west', true],
    ['node.labels.constructor!=x', true],
    ['engine.labels.ssd==TRUE', true],
    ['ENGINE.LABELS.ssd==true', true],
    ['engine.labels.none!=true', true],
    ['node.name==node-1', false],
    ['node.name!=node-1', false],
    ['node.labels.!=west', false],
  ])('%s: %s', (constraint, expected) => {
    expect(satisfies(worker(), constraint)).toBe(expected)
  })

  test.each([
    ['node.labels.zone==west', false],
    ['node.labels.zone!=west', true],
    ['engine.labels.ssd==true', false],
    ['engine.labels.ssd!=true', true],
    ['node.ip==10.0.1.7', false],
    ['node.ip!=10.0.1.7', true],
    ['node.ip==0.0.0.0/0', false],
    ['node.ip!=0.0.0.0/0', true],
  ])('on a node without labels and address, %s: %s', (constraint, expected) => {
    expect(satisfies(bare, constraint)).toBe(expected)
  })

  test.each([
    ['10.0.1.7', 'node.ip==10.0.1.7', true],
    ['10.0.1.7', 'node.ip!=10.0.1.7', false],
    ['10.0.1.7', 'node.ip==10.0.1.70', false],
    ['10.0.1.7', 'node.ip==::ffff:10.0.1.7', true],
    ['10.0.1.7', 'node.ip==10.0.1.0/24', true],
    ['10.0.1.7', 'node.ip!=10.0.1.0/24', false],
    ['10.0.2.7', 'node.ip==10.0.1.0/24', false],
    ['10.0.2.7', 'node.ip!=10.0.1.0/24', true],
    ['10.0.1.7', 'node.ip==::/0', false],
    ['2001:db8::2', 'node.ip==2001:DB8:0::2', true],
    ['2001:db8::2', 'node.ip==2001:db8::/32', true],
    ['2001:db9::2', 'node.ip==2001:db8::/32', false],
    ['2001:db8::2', 'node.ip==0.0.0.0/0', false],
    ['10.0.1.7', 'node.ip==10.0.1.0/33', false],
    ['10.0.1.7', 'node.ip!=10.0.1.0/33', false],
    ['10.0.1.7', 'node.ip==10.0.1.0/', false],
    ['10.0.1.7', 'node.ip==10.0.1.7/8/8', false],
    ['10.0.1.7', 'node.ip!=somewhere', false],
  ])('the address %s, %s: %s', (address, constraint, expected) => {
    expect(satisfies(worker({ address }), constraint)).toBe(expected)
  })
})

describe('a text that is no constraint', () => {
  test.each([
    ['node.role=manager', 'constraint expected one operator from ==, !='],
    ['', 'constraint expected one operator from ==, !='],
    ['==manager', "key '' is invalid"],
    ['n==manager', "key 'n' is invalid"],
    ['node role==manager', "key 'node role' is invalid"],
    ['node.labels.a!=b==c', "key 'node.labels.a!=b' is invalid"],
    ['node.role==', "value '' is invalid"],
    ['node.role===manager', "value '=manager' is invalid"],
    ['node.labels.zone==a,b', "value 'a,b' is invalid"],
  ])('%j is told in the words of the swarm and matches no node', (constraint, problem) => {
    expect(constraintProblem(constraint)).toBe(problem)
    expect(satisfies(worker(), constraint)).toBe(false)
  })

  test.each(['node.role == manager', 'node.labels.a.b!=^x.*$', 'node.unknown==1'])('%j is one', (constraint) => {
    expect(constraintProblem(constraint)).toBeUndefined()
  })
})

describe('the nodes that may be given tasks', () => {
  const nodes = [
    worker({ id: 'west' }),
    worker({ id: 'east', labels: { zone: 'east', disk: 'ssd' } }),
    worker({ id: 'west-ssd', labels: { zone: 'west', disk: 'ssd' } }),
    worker({ id: 'down', state: 'down' }),
    worker({ id: 'drained', availability: 'drain' }),
    worker({ id: 'paused', availability: 'pause' }),
  ]

  test.each([
    ['without placement', undefined, ['west', 'east', 'west-ssd']],
    ['without constraints', {}, ['west', 'east', 'west-ssd']],
    ['with one constraint', { Constraints: ['node.labels.zone==west'] }, ['west', 'west-ssd']],
    [
      'with two, which must both hold',
      { Constraints: ['node.labels.zone==west', 'node.labels.disk==ssd'] },
      ['west-ssd'],
    ],
    ['with one that none meets', { Constraints: ['node.role==manager'] }, []],
    [
      "with the former image's platforms, which do not count",
      { Platforms: [{ OS: 'windows' }] },
      ['west', 'east', 'west-ssd'],
    ],
  ])('%s', (_, placement, expected) => {
    expect(eligibleNodes(nodes, placement).map(({ ID }) => ID)).toEqual(expected)
  })

  test('one that is unknown to a new leader is there, one that never reported is not', () => {
    const known = worker({ id: 'known', state: 'unknown' })
    const joining = { ...worker({ id: 'joining', state: 'unknown' }), Description: { Platform: {}, Engine: {} } }
    expect(eligibleNodes([known, joining])).toEqual([known])
  })
})

describe("the image's platforms and the nodes'", () => {
  test.each([
    ['the same under two names', 'x86_64', [{ architecture: 'amd64', os: 'linux' }]],
    ['the same under two names', 'aarch64', [{ architecture: 'arm64', os: 'linux' }]],
    ['the same under one name', 's390x', [{ architecture: 's390x', os: 'linux' }]],
    [
      'one of several',
      'x86_64',
      [
        { architecture: 'arm64', os: 'linux' },
        { architecture: 'amd64', os: 'linux' },
      ],
    ],
    ['32-bit arm, which nodes spell with a variant', 'armv7l', [{ architecture: 'arm', os: 'linux' }]],
    ['an image that names no platform', 'x86_64', []],
    ['an image whose only entry is an attestation', 'x86_64', [{ architecture: 'unknown', os: 'unknown' }]],
    ['an architecture that is not told', 'x86_64', [{ os: 'linux' }]],
    ['an operating system that is not told', 'x86_64', [{ architecture: 'amd64' }]],
  ])('fit: %s (%s)', (_, architecture, image) => {
    expect(platformProblem([worker({ architecture })], image)).toBeUndefined()
  })

  test('one fitting node is enough', () => {
    const nodes = [worker({ architecture: 'aarch64' }), worker({ architecture: 'x86_64' })]
    expect(platformProblem(nodes, [{ architecture: 'amd64', os: 'linux' }])).toBeUndefined()
  })

  test.each([
    ['another architecture', [{ architecture: 'arm64', os: 'linux' }], ['linux/arm64']],
    ['another operating system', [{ architecture: 'amd64', os: 'windows' }], ['windows/amd64']],
    ['arm for another operating system', [{ architecture: 'arm', os: 'freebsd' }], ['freebsd/arm']],
    [
      'attestations left out, each platform once',
      [
        { architecture: 'arm64', os: 'linux' },
        { architecture: 'unknown', os: 'unknown' },
        { architecture: 'aarch64', os: 'linux' },
        { architecture: 'ppc64le', os: 'linux' },
      ],
      ['linux/arm64', 'linux/ppc64le'],
    ],
    [
      'words that a stranger has chosen, on one line',
      [{ architecture: `arm64${'x'.repeat(100)}`, os: 'linux\n::error::no' }],
      [expect.stringMatching(/^linux ::error::no\/arm64x+… \(\d+ more characters\)$/)],
    ],
  ])('do not fit: %s', (_, platforms, image) => {
    expect(platformProblem([worker(), worker({ architecture: 'amd64' })], platforms)).toEqual({
      image,
      nodes: ['linux/amd64'],
    })
  })

  test.each([
    ['another architecture', [{ architecture: 'aarch64' }], ['node.platform.arch!=aarch64']],
    ['another operating system', [{ os: 'windows' }], ['node.platform.os!=windows']],
    [
      'of each kind one',
      [{ os: 'windows', architecture: 'aarch64' }, { architecture: 'armv7l' }, { architecture: 'armv7l' }],
      ['node.platform.arch!=armv7l', 'node.platform.os!=windows'],
    ],
  ])('some nodes have another, and constraints leave them out: %s', (_, traits, constraints) => {
    const fitting = [worker({ id: 'fits' }), worker({ id: 'fits-too', architecture: 'amd64' })]
    const others = traits.map((its) => worker(its))
    const found = foreignNodes([...fitting, ...others], [{ architecture: 'amd64', os: 'linux' }])
    expect(found).toEqual({ image: ['linux/amd64'], nodes: others, constraints })
    const left = eligibleNodes([...fitting, ...others], { Constraints: found?.constraints ?? [] })
    expect(left).toEqual(fitting)
  })

  test.each([
    ['all nodes fit', [{ architecture: 'amd64', os: 'linux' }]],
    ['the image names none', []],
  ])('no node has another: %s', (_, platforms) => {
    expect(foreignNodes([worker()], platforms)).toBeUndefined()
  })

  test('do not fit where there is no node', () => {
    expect(platformProblem([], [{ architecture: 'amd64', os: 'linux' }])).toEqual({ image: ['linux/amd64'], nodes: [] })
  })
})
