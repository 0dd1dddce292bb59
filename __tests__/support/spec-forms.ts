import type { ServiceSpec } from '../../src/docker/api.ts'

/*
 * Every key of the Engine API's ServiceSpec that the docker CLI can send, and the forms in which it can send it. What
 * stands in one inner list means the same to Swarm, what stands in different ones does not.
 */
export interface Key {
  /** Where it is in the spec. */
  readonly path: string
  /** `undefined`: not sent at all. */
  readonly forms: readonly (readonly unknown[])[]
  /** What kinds of service may have it; all unless told. */
  readonly modes?: readonly Mode[]
  /** The API that brought it: an older daemon drops it. `NEVER`: every daemon so far. */
  readonly since?: string
  /** Goes with no form of some other key. */
  readonly alone?: true
}

export type Mode = keyof typeof BASES

/** The IDs of what the forms refer to. */
export interface Ids {
  readonly network: string
  /** The predefined network `host`. */
  readonly host: string
  readonly secrets: readonly [string, string]
  readonly configs: readonly [string, string]
}

/** The CLI sends it, and no daemon has kept it yet. */
export const NEVER = '1.999'

const SECOND = 1e9
const MIB = 1024 * 1024
const LONG_RUNNING: readonly Mode[] = ['replicated', 'global']

/** No service starts a task: there is nobody to run one. */
const NOWHERE = { Constraints: ['node.labels.none == such'] }

const BASES = {
  replicated: { Replicated: { Replicas: 0 } },
  global: { Global: {} },
  'replicated job': { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 1 } },
  'global job': { GlobalJob: {} },
} as const

export const MODES = Object.keys(BASES) as Mode[]

/** A spec with nothing but what it needs. */
export function bareSpec(mode: Mode, image = 'registry.example.com/app:v1'): ServiceSpec {
  return {
    Name: 'round',
    Mode: BASES[mode],
    TaskTemplate: { ContainerSpec: { Image: image }, Placement: NOWHERE },
  } as never
}

/** The spec with a value at a path, or without what is there. */
export function withValue(spec: ServiceSpec, path: string, value: unknown): ServiceSpec {
  return changed(spec, path.split('.'), value) as ServiceSpec
}

function changed(node: unknown, [key = '', ...rest]: readonly string[], value: unknown): unknown {
  const { [key]: old, ...others } = (node ?? {}) as Record<string, unknown>
  const inner = rest.length === 0 ? value : changed(old, rest, value)
  return inner === undefined ? others : { ...others, [key]: inner }
}

const IN_CONTAINER = 'TaskTemplate.ContainerSpec.'

/** All keys. */
export function specKeys(ids: Ids): Key[] {
  const container = (path: string, ...forms: Key['forms']): Key => ({ path: IN_CONTAINER + path, forms })
  const task = (path: string, ...forms: Key['forms']): Key => ({ path: `TaskTemplate.${path}`, forms })
  const longRunning = (path: string, ...forms: Key['forms']): Key => ({ path, forms, modes: LONG_RUNNING })
  const newer = (since: string, key: Key): Key => ({ ...key, since })
  return [
    {
      path: 'Labels',
      forms: [
        [undefined, {}],
        [{ a: '' }],
        [{ a: '1' }],
        [
          { a: '1', b: '2' },
          { b: '2', a: '1' },
        ],
      ],
    },
    { path: 'Mode.Replicated.Replicas', forms: [[undefined, 1], [0], [2]], modes: ['replicated'] },
    {
      path: 'Mode.ReplicatedJob',
      forms: [
        [{}, { MaxConcurrent: 1 }, { TotalCompletions: 1 }, { MaxConcurrent: 1, TotalCompletions: 1 }],
        [{ MaxConcurrent: 2 }, { MaxConcurrent: 2, TotalCompletions: 2 }],
        [{ MaxConcurrent: 2, TotalCompletions: 4 }],
      ],
      modes: ['replicated job'],
    },
    ...containerKeys(ids, container, newer),
    ...taskKeys(ids, task),
    ...policyKeys('UpdateConfig', ['pause', 'continue', 'rollback'], longRunning),
    ...policyKeys('RollbackConfig', ['pause', 'continue'], longRunning),
    {
      ...longRunning(
        'EndpointSpec',
        [undefined],
        [{}, { Mode: 'vip' }, { Mode: 'vip', Ports: [] }],
        [{ Mode: 'dnsrr' }],
      ),
      // A name in DNS alone goes with no port of the routing mesh.
      alone: true,
    },
    longRunning(
      'EndpointSpec.Ports',
      [undefined, []],
      [
        [{ TargetPort: 80 }],
        [{ TargetPort: 80, Protocol: 'tcp' }],
        [{ TargetPort: 80, Protocol: 'TCP', PublishMode: 'ingress' }],
      ],
      [[{ TargetPort: 81 }]],
      [[{ TargetPort: 80, Protocol: 'udp' }]],
      [[{ TargetPort: 80, Protocol: 'sctp' }]],
      [[{ TargetPort: 80, PublishMode: 'host' }]],
      [[{ TargetPort: 80, PublishedPort: 18080 }], [{ TargetPort: 80, PublishedPort: 18080, Protocol: 'tcp' }]],
      [[{ TargetPort: 80, PublishedPort: 18081 }]],
      [[{ Name: 'http', TargetPort: 80, PublishedPort: 18081 }]],
      [
        [
          { TargetPort: 80, PublishedPort: 18080 },
          { TargetPort: 81, PublishedPort: 18081, PublishMode: 'host' },
        ],
      ],
    ),
  ]
}

function credentialSpecOf(config: string, name: string): object {
  return {
    Image: 'registry.example.com/app:v1',
    Privileges: privileges({ CredentialSpec: { Config: config, File: '', Registry: '' } }),
    Configs: [{ ConfigID: config, ConfigName: name, Runtime: {} }],
  }
}

function privileges(more: object): object {
  return { CredentialSpec: null, SELinuxContext: null, ...more }
}

type Make = (path: string, ...forms: Key['forms']) => Key

function containerKeys(ids: Ids, container: Make, newer: (since: string, key: Key) => Key): Key[] {
  return [
    // Swarm wants the config of a credential spec among the configs.
    {
      path: 'TaskTemplate.ContainerSpec',
      forms: [[credentialSpecOf(ids.configs[0], 'one')], [credentialSpecOf(ids.configs[1], 'two')]],
      alone: true,
    },
    container('Image', ['registry.example.com/app:v1'], ['registry.example.com/app:v2']),
    container('Labels', [undefined, {}], [{ a: '' }], [{ a: '1' }]),
    container('Command', [undefined, []], [['sleep']], [['sleep', '']], [['', 'sleep']]),
    container('Args', [undefined, []], [['a', 'b']], [['b', 'a']], [['a b']], [['a', 'b', '']]),
    container('Hostname', [undefined], ['one'], ['{{.Task.Name}}']),
    container(
      'Env',
      [undefined, []],
      [
        ['A=1', 'B=2'],
        ['B=2', 'A=1'],
      ],
      [['A=1']],
      [['A=']],
      [['A']],
    ),
    container('Dir', [undefined], ['/tmp'], ['/']),
    container('User', [undefined], ['0'], ['1000:1000']),
    container('Groups', [undefined, []], [['audio']], [['1000', 'audio']]),
    // The CLI writes all of these out.
    container(
      'Privileges',
      [undefined],
      [privileges({}), { ...privileges({}), NoNewPrivileges: false }],
      [privileges({ CredentialSpec: { Config: '', File: 'spec.json', Registry: '' } })],
      [privileges({ CredentialSpec: { Config: '', File: '', Registry: 'spec' } })],
    ),
    newer('1.46', container('OomScoreAdj', [undefined], [100], [-100])),
    container('Init', [undefined], [true], [false]),
    container('StopSignal', [undefined], ['SIGINT'], ['SIGTERM']),
    container('TTY', [undefined], [true]),
    container('OpenStdin', [undefined], [true]),
    container('ReadOnly', [undefined], [true]),
    container('StopGracePeriod', [undefined], [0], [SECOND], [90 * SECOND]),
    container('Isolation', [undefined, 'default', 'Default', ''], ['process', 'Process'], ['hyperv', 'HyperV']),
    container('Sysctls', [undefined], [{ 'net.core.somaxconn': '1' }], [{ 'net.core.somaxconn': '2' }]),
    container('CapabilityAdd', [undefined, []], [['CAP_NET_ADMIN']], [['CAP_NET_ADMIN', 'CAP_SYS_TIME']], [['ALL']]),
    container('CapabilityDrop', [undefined, []], [['CAP_NET_ADMIN']], [['ALL']]),
    container(
      'Ulimits',
      [undefined, []],
      [[{ Name: 'core', Soft: 0, Hard: 0 }]],
      [[{ Name: 'core', Soft: 0, Hard: 1 }]],
      [[{ Name: 'nofile', Soft: -1, Hard: -1 }]],
      [
        [
          { Name: 'nofile', Soft: 1, Hard: 2 },
          { Name: 'nproc', Soft: 3, Hard: 3 },
        ],
      ],
    ),
    container(
      'Hosts',
      [undefined, []],
      [['10.0.0.1 one']],
      [['10.0.0.1 one', '10.0.0.2 two']],
      [['10.0.0.2 two', '10.0.0.1 one']],
    ),
    container(
      'DNSConfig',
      [undefined],
      [{ Nameservers: ['10.0.0.1'] }],
      [{ Nameservers: ['10.0.0.1', '10.0.0.2'] }],
      [{ Search: ['example.com'] }],
      [{ Options: ['ndots:1'] }],
    ),
    container(
      'Healthcheck',
      [undefined],
      [{}],
      [{ Test: ['NONE'] }],
      [{ Test: ['CMD', 'true'] }],
      [{ Test: ['CMD-SHELL', 'true'] }],
    ),
    container('Healthcheck.Interval', [undefined], [SECOND], [2 * SECOND]),
    container('Healthcheck.Timeout', [undefined], [SECOND], [2 * SECOND]),
    container('Healthcheck.StartPeriod', [undefined], [SECOND], [2 * SECOND]),
    newer('1.44', container('Healthcheck.StartInterval', [undefined], [SECOND], [2 * SECOND])),
    container('Healthcheck.Retries', [undefined], [1], [5]),
    ...mountKeys(container, newer),
    container('Secrets', ...objectForms('Secret', ids.secrets)),
    container('Configs', ...objectForms('Config', ids.configs)),
  ]
}

function mountKeys(container: Make, newer: (since: string, key: Key) => Key): Key[] {
  const bind = (more: object) => [{ Type: 'bind', Source: '/etc', Target: '/a', ...more }]
  const volume = (more: object) => [{ Type: 'volume', Source: 'data', Target: '/a', ...more }]
  const tmpfs = (more: object) => [{ Type: 'tmpfs', Target: '/a', ...more }]
  return [
    container(
      'Mounts',
      [undefined, []],
      [
        bind({}),
        bind({ BindOptions: {} }),
        bind({ Consistency: 'cached' }),
        bind({ ClusterOptions: {} }),
        bind({ Type: 'Bind' }),
      ],
      [bind({ ReadOnly: true })],
      [bind({ Target: '/b' })],
      [bind({ BindOptions: { Propagation: 'rprivate' } }), bind({ BindOptions: { Propagation: 'RPRIVATE' } })],
      [bind({ BindOptions: { Propagation: 'rslave' } })],
      [
        bind({ BindOptions: { NonRecursive: true } }),
        bind({ BindOptions: { NonRecursive: true, Propagation: 'rprivate' } }),
      ],
      [volume({})],
      [volume({ Source: 'other' })],
      [volume({ VolumeOptions: {} })],
      [volume({ VolumeOptions: { NoCopy: true } })],
      [volume({ VolumeOptions: { Labels: { a: '1' } } })],
      [volume({ VolumeOptions: { Labels: { a: '' } } })],
      [volume({ VolumeOptions: { DriverConfig: { Name: 'local' } } })],
      [volume({ VolumeOptions: { DriverConfig: { Name: 'local', Options: { type: 'tmpfs', o: '' } } } })],
      [[{ Type: 'volume', Target: '/a' }]],
      [tmpfs({})],
      [tmpfs({ TmpfsOptions: {} })],
      [tmpfs({ TmpfsOptions: { SizeBytes: MIB } })],
      [tmpfs({ TmpfsOptions: { Mode: 0o1770 } })],
      [[...bind({}), ...volume({ Target: '/b' })]],
      [[...volume({ Target: '/b' }), ...bind({})]],
    ),
    newer(
      '1.45',
      container(
        'Mounts',
        [volume({ VolumeOptions: {} })],
        [volume({ VolumeOptions: { Subpath: 'a' } })],
        [volume({ VolumeOptions: { Subpath: 'b' } })],
      ),
    ),
    newer(
      NEVER,
      container(
        'Mounts',
        [bind({ BindOptions: { Propagation: 'rprivate' } })],
        [bind({ BindOptions: { Propagation: 'rprivate', CreateMountpoint: true } })],
        [bind({ BindOptions: { Propagation: 'rprivate', ReadOnlyNonRecursive: true } })],
        [bind({ BindOptions: { Propagation: 'rprivate', ReadOnlyForceRecursive: true } })],
      ),
    ),
  ]
}

/** Secrets or configs of a service: a set, by where a task finds them. */
function objectForms(kind: 'Secret' | 'Config', [one, two]: readonly [string, string]): Key['forms'] {
  const object = (id: string, file: object = {}) => ({
    [`${kind}ID`]: id,
    [`${kind}Name`]: id === one ? 'one' : 'two',
    File: { Name: '/a', UID: '0', GID: '0', Mode: 0o444, ...file },
  })
  const [a, b, c] = [object(one), object(two, { Name: '/b' }), object(one, { Name: '/c' })]
  return [
    [undefined, []],
    [[a]],
    [[object(one, { Name: '/other' })]],
    [[object(one, { UID: '1' })]],
    [[object(one, { GID: '1' })]],
    [[object(one, { Mode: 0o400 })]],
    [[object(two)]],
    [
      [a, b, c],
      [c, b, a],
      [b, c, a],
    ],
    ...(kind === 'Config' ? [[[{ ConfigID: one, ConfigName: 'one', Runtime: {} }]]] : []),
  ]
}

function taskKeys(ids: Ids, task: Make): Key[] {
  const limits = 'Resources.Limits'
  const reservations = 'Resources.Reservations'
  const policy = (more: object = {}) => ({ Condition: 'any', MaxAttempts: 0, ...more })
  return [
    task('Runtime', [undefined, 'container']),
    task('ForceUpdate', [undefined, 0], [1]),
    task(`${limits}.NanoCPUs`, [undefined], [5e8], [1e9]),
    task(`${limits}.MemoryBytes`, [undefined], [64 * MIB], [65 * MIB]),
    task(`${limits}.Pids`, [undefined], [10], [20]),
    task(`${reservations}.NanoCPUs`, [undefined], [5e8], [1e9]),
    task(`${reservations}.MemoryBytes`, [undefined], [8 * MIB], [9 * MIB]),
    task(
      `${reservations}.GenericResources`,
      [undefined, []],
      [[{ DiscreteResourceSpec: { Kind: 'gpu', Value: 1 } }]],
      [[{ DiscreteResourceSpec: { Kind: 'gpu', Value: 2 } }]],
      [[{ DiscreteResourceSpec: { Kind: 'ssd', Value: 1 } }]],
    ),
    task(
      'RestartPolicy',
      [undefined],
      [{}, { Condition: 'any' }, { MaxAttempts: 0 }, policy()],
      [policy({ Condition: 'none' }), { Condition: 'none' }],
      [policy({ Condition: 'on-failure' })],
      [policy({ Delay: 0 })],
      [policy({ Delay: SECOND })],
      [policy({ MaxAttempts: 3 }), { MaxAttempts: 3 }],
      [policy({ Window: 0 })],
      [policy({ Window: SECOND })],
    ),
    task(
      'Placement',
      [NOWHERE, { ...NOWHERE, Preferences: [] }, { ...NOWHERE, Platforms: [{ Architecture: 'amd64', OS: 'linux' }] }],
      [{ Constraints: [...NOWHERE.Constraints, 'node.role==manager'] }],
      [{ ...NOWHERE, Preferences: [{ Spread: { SpreadDescriptor: 'node.labels.zone' } }] }],
      [{ ...NOWHERE, Preferences: [{ Spread: { SpreadDescriptor: 'node.labels.rack' } }] }],
    ),
    { ...task('Placement.MaxReplicas', [undefined], [1], [2]), modes: ['replicated'] },
    task(
      'Networks',
      [undefined, []],
      [[{ Target: ids.network }]],
      [[{ Target: ids.network, Aliases: ['a'] }]],
      [[{ Target: ids.network, Aliases: ['a', 'b'] }]],
      [[{ Target: ids.network, DriverOpts: { a: '1' } }]],
      [[{ Target: ids.host }]],
    ),
    task(
      'LogDriver',
      [undefined],
      [{ Name: 'json-file' }],
      [{ Name: 'none' }],
      [{ Name: 'json-file', Options: { labels: '' } }],
      [{ Name: 'json-file', Options: { labels: 'a' } }],
    ),
  ]
}

function policyKeys(key: 'UpdateConfig' | 'RollbackConfig', actions: readonly string[], make: Make): Key[] {
  const zero = { Parallelism: 0, MaxFailureRatio: 0 }
  return [
    make(
      key,
      [undefined],
      [zero, { ...zero, FailureAction: 'pause', Order: 'stop-first' }, { ...zero, Order: '' }],
      [{ Parallelism: 1, MaxFailureRatio: 0 }],
    ),
    make(`${key}.FailureAction`, ['pause'], ...actions.slice(1).map((action) => [action])),
    make(`${key}.Order`, ['stop-first'], ['start-first']),
    make(`${key}.Delay`, [undefined], [SECOND], [2 * SECOND]),
    make(`${key}.Monitor`, [undefined], [SECOND], [2 * SECOND]),
    make(`${key}.MaxFailureRatio`, [0], [0.25], [0.5]),
    make(`${key}.Parallelism`, [0], [1], [2]),
  ]
}
