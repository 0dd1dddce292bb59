import { describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../../../src/docker/api.ts'
import { parseGoJson } from '../../../../src/docker/engine/go-json.ts'
import { sameSpec } from '../../../../src/docker/specs/spec-comparison.ts'
import { type FieldChange, specDifference } from '../../../../src/docker/specs/spec-difference.ts'
import { createSpec, digest } from '../../../support/builders.ts'
import { bareSpec, type Ids, MODES, specKeys, withValue } from '../../../support/spec-forms.ts'

const IDS: Ids = { network: 'n1', host: 'n0', secrets: ['s1', 's2'], configs: ['c1', 'c2'] }
const SECOND = 1e9

const textOf = ({ field, key, before = '–', after = '–' }: FieldChange) =>
  `${field}${key === undefined ? '' : ` ${key}`}: ${before} → ${after}`

/** The differences as one line each. */
function told(now: ServiceSpec, wanted: ServiceSpec): string[] {
  return specDifference(now, wanted, new Map([['n1', 'back']])).map(textOf)
}

/** What is told of one value that becomes another. */
function change(path: string, before: unknown, after: unknown): string[] {
  return told(withValue(createSpec(), path, before), withValue(createSpec(), path, after))
}

const LABELS = ['a', 'a.b', 'a b'].map((name) => `label ${name}: 1 → 2`)
const inContainer = (key: string) => `TaskTemplate.ContainerSpec.${key}`

/** All keys that docker can send, in all forms: the list that real daemons are held against too. */
describe.each(MODES)('no difference of a %s service is silent, and none is invented', (mode) => {
  const keys = specKeys(IDS).filter(({ modes }) => modes?.includes(mode) ?? true)
  test.each(keys.map((key, index) => [`${key.path} (${index})`, key] as const))('%s', (_, { path, forms }) => {
    const specs = forms.flatMap((same) => same.map((form) => withValue(bareSpec(mode), path, form)))
    const wrong = specs.flatMap((a) =>
      specs.filter((b) => {
        const changes = specDifference(a, b)
        return (changes.length === 0) !== sameSpec(a, b) || changes.some(({ before, after }) => before === after)
      }),
    )
    expect(wrong).toEqual([])
  })

  test('and each is told in words of its own, not by a path of the API', () => {
    const plain = keys.filter(({ path }) => !path.endsWith('ContainerSpec'))
    const words = plain.flatMap(({ path, forms }) => {
      const specs = forms.map(([form]) => withValue(bareSpec(mode), path, form))
      return specs.flatMap((a) => specs.flatMap((b) => specDifference(a, b).map(({ field }) => field)))
    })
    expect([...new Set(words)].filter((field) => /TaskTemplate|ContainerSpec|[A-Z]/.test(field))).toEqual([])
  })
})

describe('how a difference is told', () => {
  test.each<[path: string, before: unknown, after: unknown, ...told: string[]]>([
    ['Mode', { Replicated: {} }, { Replicated: { Replicas: 3 } }, 'replicas: 1 → 3'],
    ['Labels', { tier: 'a' }, { tier: 'b', zone: '' }, 'label tier: a → b', 'label zone: – → '],
    [inContainer('Labels'), { tier: 'a' }, undefined, 'container label tier: a → –'],
    [inContainer('Args'), ['serve', 'a b'], ['serve', '--port=80'], 'command: serve "a b" → serve --port=80'],
    [inContainer('Command'), undefined, ['/bin/sh', '-c'], 'entrypoint: – → /bin/sh -c'],
    [
      inContainer('Env'),
      ['A=1', 'B=2', 'D'],
      ['A=1', 'B=3', 'C='],
      'env B: 2 → 3',
      "env D: not set, whatever the image's is → –",
      'env C: – → ',
    ],
    [inContainer('Env'), ['A=1', 'A=2'], ['A=1', 'A=3'], 'env A (2): 2 → 3'],
    [inContainer('StopGracePeriod'), 10 * SECOND, 120 * SECOND, 'stop_grace_period: 10 s → 2 m'],
    [
      inContainer('Healthcheck'),
      { Test: ['CMD-SHELL', 'curl -f x'] },
      undefined,
      'healthcheck.test: CMD-SHELL "curl -f x" → –',
    ],
    [
      inContainer('Healthcheck'),
      undefined,
      { Interval: SECOND, Retries: 3 },
      'healthcheck.interval: – → 1 s',
      'healthcheck.retries: – → 3',
    ],
    [
      inContainer('Ulimits'),
      [{ Name: 'nofile', Soft: 1, Hard: 2 }],
      [{ Name: 'nofile', Soft: 1, Hard: 4 }],
      'ulimit nofile: 1:2 → 1:4',
    ],
    [
      inContainer('Sysctls'),
      { 'net.core.somaxconn': '1' },
      { 'net.core.somaxconn': '2' },
      'sysctl net.core.somaxconn: 1 → 2',
    ],
    [
      inContainer('Hosts'),
      ['10.0.0.1 one'],
      ['10.0.0.1 one', '10.0.0.2 two'],
      'extra_hosts: 10.0.0.1 one → 10.0.0.1 one, 10.0.0.2 two',
    ],
    [
      inContainer('DNSConfig'),
      undefined,
      { Nameservers: ['10.0.0.1'], Search: ['a.test'] },
      'dns: – → 10.0.0.1',
      'dns_search: – → a.test',
    ],
    [inContainer('CapabilityAdd'), ['CAP_A'], ['CAP_A', 'CAP_B'], 'cap_add: CAP_A → CAP_A, CAP_B'],
    [
      inContainer('Mounts'),
      [
        { Type: 'volume', Source: 'data', Target: '/data' },
        { Type: 'bind', Source: '/etc', Target: '/etc' },
      ],
      [{ Type: 'volume', Source: 'data', Target: '/data', ReadOnly: true }],
      'mount /data: volume data → volume data, read-only',
      'mount /etc: bind /etc → –',
    ],
    [
      inContainer('Mounts'),
      [
        { Type: 'tmpfs', Target: '/a' },
        { Type: 'tmpfs', Target: '/b' },
      ],
      [
        { Type: 'tmpfs', Target: '/b' },
        { Type: 'tmpfs', Target: '/a' },
      ],
      'mount order: /a, /b → /b, /a',
    ],
    [
      inContainer('Secrets'),
      [{ SecretID: 's1', SecretName: 'key-0a', File: { Name: 'key', UID: '0', GID: '0', Mode: 0o444 } }],
      [{ SecretID: 's2', SecretName: 'key-0b', File: { Name: 'key', UID: '7', GID: '0', Mode: 0o400 } }],
      'secret key: key-0a → key-0b, owner 7:0, mode 0400',
    ],
    [
      inContainer('Configs'),
      [{ ConfigID: 'c1', ConfigName: 'app', File: { Name: '/app' } }],
      [{ ConfigID: 'c2', ConfigName: 'app', File: { Name: '/app' } }],
      'config /app: {"ConfigID":"c1","ConfigName":"app","File":{"Name":"/app"}} → {"ConfigID":"c2","ConfigName":"app","File":{"Name":"/app"}}',
    ],
    [
      'TaskTemplate.Networks',
      [{ Target: 'n1' }],
      [{ Target: 'n1', Aliases: ['db'] }, { Target: 'front' }],
      'network back: attached → attached, aliases db',
      'network front: – → attached',
    ],
    [
      'EndpointSpec',
      { Ports: [{ TargetPort: 80, PublishedPort: 8080 }] },
      { Ports: [{ TargetPort: 80, PublishedPort: 8081, PublishMode: 'host' }] },
      'port 80/tcp: 8080, ingress → 8081, host',
    ],
    [
      'TaskTemplate.Resources.Limits',
      { MemoryBytes: 64 * 2 ** 20, NanoCPUs: 5e8 },
      { MemoryBytes: 2 ** 31 },
      'limits.memory: 64 MiB → 2 GiB',
      'limits.cpus: 0.5 → –',
    ],
    ['TaskTemplate.Placement.Constraints', ['node.role==worker'], undefined, 'constraints: node.role==worker → –'],
    ['TaskTemplate.ForceUpdate', 1, 2, 'forced: 1 → 2'],
    [
      'TaskTemplate.LogDriver',
      { Name: 'json-file' },
      { Name: 'json-file', Options: { 'max-size': '10m' } },
      'logging option max-size: – → 10m',
    ],
    [
      'TaskTemplate.RestartPolicy',
      { Delay: 5 * SECOND },
      { Delay: 0, Condition: 'none' },
      'restart_policy.condition: any → none',
      'restart_policy.delay: 5 s → 0 s',
    ],
    [
      'UpdateConfig',
      { Parallelism: 1 },
      { Parallelism: 2, Order: 'start-first' },
      'update-config.parallelism: 1 → 2',
      'update-config.order: stop-first → start-first',
    ],
    // Keys that begin like others: none of them is a part of another.
    ['Labels', { a: '1', 'a.b': '1', 'a b': '1' }, { a: '2', 'a.b': '2', 'a b': '2' }, ...LABELS],
    [
      inContainer('Mounts'),
      ['/d', '/d.e'].map((Target) => ({ Type: 'tmpfs', Target })),
      ['/d', '/d.e'].map((Target) => ({ Type: 'volume', Target })),
      'mount /d: tmpfs → volume',
      'mount /d.e: tmpfs → volume',
    ],
    [inContainer('Env'), ['A=1', 'A=2', 'A (2)=3'], ['A=1', 'A=5', 'A (2)=4'], 'env A (2): 2 → 5', 'env A (2): 3 → 4'],
    [inContainer('New'), { a: 1, 'a.b': 1 }, { a: 2, 'a.b': 2 }, 'container.New.a: 1 → 2', 'container.New.a.b: 1 → 2'],
    [
      inContainer('New'),
      { a: { b: 1 }, 'a.b': 2 },
      { a: { b: 3 }, 'a.b': 4 },
      'container.New.a.b: 1 → 3',
      'container.New.a.b: 2 → 4',
    ],
    ['constructor', { a: 1 }, { a: 2 }, 'constructor.a: 1 → 2'],
    [
      'EndpointSpec',
      { Ports: [{ TargetPort: 80, PublishedPort: 1 }] },
      { Ports: [1, 2].map((PublishedPort) => ({ TargetPort: 80, PublishedPort })) },
      'port 80/tcp (2): – → 2, ingress',
    ],
    ['TaskTemplate.ContainerSpec.Brand.New', { a: 1 }, { a: 2 }, 'container.Brand.New.a: 1 → 2'],
    ['TaskTemplate.Newer', undefined, ['a'], 'TaskTemplate.Newer: – → ["a"]'],
    ['Newest', 1, undefined, 'Newest: 1 → –'],
    [
      inContainer('StopGracePeriod'),
      parseGoJson('9223372036854775806'),
      parseGoJson('9223372036854775807'),
      'stop_grace_period: 9223372036854775806 → 9223372036854775807',
    ],
  ])('%s', (path, before, after, ...lines) => {
    expect(change(path, before, after).toSorted()).toEqual(lines.toSorted())
  })

  test('an image with its digests', () => {
    const after = `ghcr.io/acme/web:2@${digest('b')}`
    const before = createSpec()
    expect(told(before, withValue(before, inContainer('Image'), after))).toEqual([
      `image: ghcr.io/acme/web:1@${digest('a')} → ${after}`,
    ])
  })
})
