import type { Setting } from '../../src/docker/specs/service-settings.ts'

/** A spec that a swarm is sent, what becomes of it, and the setting that our rules find wrong. */
export interface Trial {
  readonly name: string
  /** Beside name, image and mode: parts of the container, of the task template, and of the spec. */
  readonly container?: Readonly<Record<string, unknown>>
  readonly template?: Readonly<Record<string, unknown>>
  readonly spec?: Readonly<Record<string, unknown>>
  /** What the daemon says; `undefined`: it takes the spec. */
  readonly says?: string
  /** What the node says that was to run the task, of a spec that the manager takes. */
  readonly nodeSays?: string
  /** What our rules find; none where the spec is taken. */
  readonly setting?: Setting
}

const taken = (name: string, parts: Partial<Trial> = {}): Trial => ({ name, ...parts })
const refused = (setting: Setting, name: string, says: string, parts: Partial<Trial>): Trial => ({
  name,
  says,
  setting,
  ...parts,
})
const rejected = (setting: Setting, name: string, nodeSays: string, parts: Partial<Trial>): Trial => ({
  name,
  nodeSays,
  setting,
  ...parts,
})

/** The daemon takes it, and makes something of it that nobody meant. */
const misread = (setting: Setting, name: string, parts: Partial<Trial>): Trial => ({ name, setting, ...parts })

const named = (Name: string) => ({ spec: { Name } })
const resources = (kind: 'Limits' | 'Reservations', amount: object) => ({ template: { Resources: { [kind]: amount } } })
const restart = (RestartPolicy: object) => ({ template: { RestartPolicy } })
const constraint = (text: string) => ({ template: { Placement: { Constraints: [text] } } })
const update = (UpdateConfig: object) => ({ spec: { UpdateConfig } })
const rollback = (RollbackConfig: object) => ({ spec: { RollbackConfig } })
const job = (rest: object) => ({ spec: { Mode: { ReplicatedJob: { MaxConcurrent: 0 } }, ...rest } })
const endpoint = (Ports: readonly object[], Mode?: string) => ({
  spec: { EndpointSpec: { ...(Mode !== undefined && { Mode }), Ports } },
})
const mounts = (...Mounts: readonly object[]) => ({ container: { Mounts } })
const health = (Healthcheck: object) => ({ container: { Healthcheck } })
const env = (...Env: readonly string[]) => ({ container: { Env } })
const port = (PublishedPort: number, rest: object = {}) => ({ TargetPort: 80, PublishedPort, ...rest })

const NO_DNS_NAME = 'name must be valid as a DNS name component'
const NO_OPERATOR = 'constraint expected one operator from ==, !='
const TWICE = 'duplicate published ports provided'
const NO_FIELD = "can't evaluate field"
const NO_FUNCTION = 'not defined'

/** Specs at and beyond the edges of what Swarm takes. The names in them are not used twice. */
export const TRIALS: readonly Trial[] = [
  refused('name', 'a dot in the name', NO_DNS_NAME, named('web1.24')),
  refused('name', 'a dash at the end of the name', NO_DNS_NAME, named('web-')),
  refused('name', 'a letter of no DNS name', NO_DNS_NAME, named('wéb')),
  refused('name', 'a name of 64 characters', 'name must be 63 characters or fewer', named('n'.repeat(64))),
  taken('a name of 63 characters', named('n'.repeat(63))),
  taken('dashes and underscores within a name', named('w--e_b')),
  taken('capitals in a name', named('WEB')),

  refused(
    'memory limit',
    'memory a byte below 4 MiB',
    'Must be at least 4MiB',
    resources('Limits', { MemoryBytes: 4194303 }),
  ),
  refused('memory limit', 'negative memory', 'Must be at least 4MiB', resources('Limits', { MemoryBytes: -1 })),
  refused(
    'memory reservation',
    'reserved memory below 4 MiB',
    'Must be at least 4MiB',
    resources('Reservations', { MemoryBytes: 1 }),
  ),
  refused('cpu limit', 'too little CPU', 'Must be at least 0.001', resources('Limits', { NanoCPUs: 999999 })),
  refused(
    'cpu reservation',
    'too little reserved CPU',
    'Must be at least 0.001',
    resources('Reservations', { NanoCPUs: -5 }),
  ),
  taken('memory of 4 MiB', resources('Limits', { MemoryBytes: 4194304 })),
  taken('no memory limit, as 0', resources('Limits', { MemoryBytes: 0, NanoCPUs: 0 })),
  taken('the least CPU', resources('Reservations', { NanoCPUs: 1000000 })),
  taken('a reservation beyond the limit', {
    template: { Resources: { Limits: { MemoryBytes: 8e6 }, Reservations: { MemoryBytes: 16e6 } } },
  }),
  taken('a negative number of processes', resources('Limits', { Pids: -5 })),

  refused(
    'restart condition',
    'a restart condition of compose',
    'invalid RestartCondition: "always"',
    restart({ Condition: 'always' }),
  ),
  refused('restart delay', 'a negative restart delay', 'restart-delay cannot be negative', restart({ Delay: -1 })),
  refused('restart window', 'a negative restart window', 'restart-window cannot be negative', restart({ Window: -1 })),
  taken('no restart condition', restart({ Condition: '', Delay: 0, Window: 0 })),
  taken('restart on failure', restart({ Condition: 'on-failure' })),

  refused('constraints', 'a constraint without operator', NO_OPERATOR, constraint('node.role')),
  refused('constraints', 'a constraint with one =', NO_OPERATOR, constraint('node.role=manager')),
  refused('constraints', 'a constraint with a blank in its key', 'is invalid', constraint('node.labels.a b == x')),
  refused('constraints', 'a constraint without a value', "value '' is invalid", constraint('node.role == ')),
  refused('constraints', 'a constraint with a quote', 'is invalid', constraint('node.role=="manager"')),
  refused('constraints', 'a constraint with a key of one letter', "key 'a' is invalid", constraint('a==b')),
  taken('a constraint that no node satisfies', constraint('foo == bar')),
  taken('a constraint with blanks around it', constraint(' node.role == manager ')),
  taken('any preference', { template: { Placement: { Preferences: [{ Spread: { SpreadDescriptor: 'foo' } }] } } }),
  taken('max replicas of a global service', {
    template: { Placement: { MaxReplicas: 1, Constraints: ['foo==bar'] } },
    spec: { Mode: { Global: {} } },
  }),

  refused('update delay', 'a negative update delay', 'update-delay cannot be negative', update({ Delay: -1 })),
  refused('update monitor', 'a negative monitor window', 'update-monitor cannot be negative', update({ Monitor: -1 })),
  refused(
    'update failure ratio',
    'a negative failure ratio',
    'update-maxfailureratio cannot be less than 0',
    update({ MaxFailureRatio: -0.1 }),
  ),
  refused('update failure ratio', 'a failure ratio above 1', 'or bigger than 1', update({ MaxFailureRatio: 1.01 })),
  refused('update order', 'an unknown update order', 'unrecognized update order x', update({ Order: 'x' })),
  refused(
    'update failure action',
    'an unknown failure action',
    'unrecognized update failure action x',
    update({ FailureAction: 'x' }),
  ),
  refused('rollback order', 'an unknown rollback order', 'unrecognized update order x', rollback({ Order: 'x' })),
  refused(
    'rollback failure action',
    'an unknown failure action of a rollback',
    'unrecognized update failure action x',
    rollback({ FailureAction: 'x' }),
  ),
  taken('the edges of an update policy', update({ Parallelism: 0, Delay: 0, Monitor: 0, MaxFailureRatio: 1 })),
  taken('a negative delay of a rollback', rollback({ Delay: -1, Monitor: -1 })),
  taken('any failure ratio of a rollback', rollback({ MaxFailureRatio: 7 })),
  taken('a rollback that rolls back', rollback({ FailureAction: 'rollback' })),

  refused(
    'update policy',
    'an update policy of a job',
    'Jobs may not have an update config',
    job({ UpdateConfig: { Parallelism: 2 } }),
  ),
  refused(
    'update policy',
    'an empty update policy of a job',
    'Jobs may not have an update config',
    job({ UpdateConfig: {} }),
  ),
  taken('a rollback policy of a job', job({ RollbackConfig: { Parallelism: 2 } })),
  taken('a job that publishes a port', job(endpoint([port(7701)]).spec)),

  refused(
    'endpoint mode',
    'dnsrr with an ingress port',
    "port published with ingress mode can't be used with dnsrr mode",
    endpoint([port(7702)], 'dnsrr'),
  ),
  refused(
    'endpoint mode',
    "dnsrr with an ingress port of Swarm's choice",
    "can't be used with dnsrr mode",
    endpoint([{ TargetPort: 80 }], 'dnsrr'),
  ),
  refused('endpoint mode', 'an unknown endpoint mode', 'invalid resolution mode: "x"', endpoint([], 'x')),
  taken('dnsrr with a host port', endpoint([port(7703, { PublishMode: 'host' })], 'dnsrr')),
  taken('dnsrr without ports', endpoint([], 'dnsrr')),
  refused('ports', 'a port twice', TWICE, endpoint([port(7704), port(7704, { TargetPort: 81 })])),
  refused(
    'ports',
    'a port twice in host mode',
    TWICE,
    endpoint([port(7705, { PublishMode: 'host' }), port(7705, { PublishMode: 'host', TargetPort: 81 })]),
  ),
  refused('ports', 'a port in both modes', TWICE, endpoint([port(7706), port(7706, { PublishMode: 'host' })])),
  taken('a port for two protocols', endpoint([port(7707), port(7707, { Protocol: 'udp' })])),
  taken('one target by two ports', endpoint([port(7708), port(7709)])),
  taken("two ports of Swarm's choice", endpoint([{ TargetPort: 80 }, { TargetPort: 81 }])),
  misread('ports', 'a port that there is not', endpoint([port(65536)])),
  misread('ports', 'a port that there is not in a container', endpoint([port(7710, { TargetPort: 70000 })])),
  misread('ports', 'a port of no target', endpoint([{ PublishedPort: 7711 }])),
  misread('ports', 'an unknown protocol', endpoint([port(7712, { Protocol: 'x' })])),
  misread('ports', 'two protocols in one', endpoint([port(7713, { Protocol: 'tcp/udp' })])),
  misread('ports', 'an unknown way to publish', endpoint([port(7714, { PublishMode: 'x' })])),
  taken('the last port', endpoint([port(65535, { TargetPort: 65535 })])),
  taken('all protocols', endpoint(['tcp', 'udp', 'sctp'].map((Protocol) => port(7715, { Protocol })))),
  taken('capitals of a port', endpoint([port(7716, { Protocol: 'UDP', PublishMode: 'Host' })])),
  taken('dnsrr with capitals of a port', endpoint([port(7717, { PublishMode: 'Host' })], 'dnsrr')),
  refused('ports', 'a port twice but for its capitals', TWICE, endpoint([port(7718), port(7718, { Protocol: 'TCP' })])),

  refused(
    'mounts',
    'two mounts with one target',
    'duplicate mount point: /x',
    mounts({ Type: 'volume', Source: 'aa', Target: '/x' }, { Type: 'tmpfs', Target: '/x' }),
  ),
  taken(
    'two mounts whose targets look alike',
    mounts({ Type: 'volume', Source: 'aa', Target: '/x' }, { Type: 'volume', Source: 'bb', Target: '/x/' }),
  ),
  rejected(
    'mounts',
    'a bind mount from a relative path',
    'invalid bind mount source, must be an absolute path: data',
    mounts({ Type: 'bind', Source: 'data', Target: '/x' }),
  ),
  rejected(
    'mounts',
    'a bind mount from nowhere',
    'invalid bind mount source, must be an absolute path',
    mounts({ Type: 'bind', Target: '/x' }),
  ),
  rejected(
    'mounts',
    'a volume with a path for a name',
    'invalid volume mount source, must not be an absolute path',
    mounts({ Type: 'volume', Source: '/x', Target: '/x' }),
  ),
  rejected(
    'mounts',
    'a relative target',
    'invalid mount target, must be an absolute path: x',
    mounts({ Type: 'volume', Source: 'vv', Target: 'x' }),
  ),
  rejected(
    'mounts',
    'a tmpfs with a source',
    'invalid tmpfs source, source must be empty',
    mounts({ Type: 'tmpfs', Source: 'vv', Target: '/x' }),
  ),
  rejected(
    'mounts',
    'a mount over everything',
    "destination can't be '/'",
    mounts({ Type: 'volume', Source: 'vv', Target: '/' }),
  ),
  rejected(
    'mounts',
    'a volume with a blank in its name',
    'includes invalid characters for a local volume name',
    mounts({ Type: 'volume', Source: 'v v', Target: '/x' }),
  ),
  rejected(
    'mounts',
    'a volume with a name of one letter',
    'volume name is too short',
    mounts({ Type: 'volume', Source: 'v', Target: '/x' }),
  ),
  taken('a volume without a name', mounts({ Type: 'volume', Target: '/x' })),
  taken('a volume named by a template', mounts({ Type: 'volume', Source: '{{.Service.Name}}', Target: '/x' })),
  refused(
    'mounts',
    'an unknown propagation',
    'invalid MountPropagation: "x"',
    mounts({ Type: 'bind', Source: '/tmp', Target: '/x', BindOptions: { Propagation: 'x' } }),
  ),
  refused(
    'mounts',
    'an image as a mount',
    'invalid MountType: "image"',
    mounts({ Type: 'image', Source: 'x', Target: '/x' }),
  ),
  taken(
    'a propagation in capitals',
    mounts({ Type: 'bind', Source: '/tmp', Target: '/x', BindOptions: { Propagation: 'RSlave' } }),
  ),
  misread('isolation', 'an unknown isolation', { container: { Isolation: 'x' } }),
  taken('an isolation in capitals', { container: { Isolation: 'Default' } }),
  taken('a bind mount', mounts({ Type: 'bind', Source: '/tmp', Target: '/x' })),

  refused(
    'health interval',
    'a health interval below 1 ms',
    'Interval in HealthConfig cannot be less than 1ms',
    health({ Interval: 999999 }),
  ),
  refused(
    'health interval',
    'a negative health interval',
    'Interval in HealthConfig cannot be less than 1ms',
    health({ Interval: -1 }),
  ),
  refused(
    'health timeout',
    'a health timeout below 1 ms',
    'Timeout in HealthConfig cannot be less than 1ms',
    health({ Timeout: 5 }),
  ),
  refused(
    'health start period',
    'a start period below 1 ms',
    'StartPeriod in HealthConfig cannot be less than 1ms',
    health({ StartPeriod: 5 }),
  ),
  refused('health retries', 'negative retries', 'Retries in HealthConfig cannot be negative', health({ Retries: -1 })),
  misread('health retries', 'more retries than 32 bits hold', health({ Retries: 4294967301 })),
  taken('as many retries as 32 bits hold', health({ Retries: 2147483647 })),
  refused(
    'health interval',
    'a short interval of a check that is off',
    'cannot be less than 1ms',
    health({ Test: ['NONE'], Interval: 5 }),
  ),
  taken(
    'a health check of the shortest times',
    health({ Test: ['CMD', 'true'], Interval: 1e6, Timeout: 1e6, StartPeriod: 1e6 }),
  ),
  taken('a health check of zeros', health({ Interval: 0, Timeout: 0, StartPeriod: 0, Retries: 0 })),

  refused('environment', 'a template without an end', 'unclosed action', env('A={{')),
  refused('environment', 'a template with an unknown field', NO_FIELD, env('A={{.Nope}}')),
  refused('environment', "somebody else's template", NO_FIELD, env('A={{ .Values.image }}')),
  refused('environment', 'a template with an unknown field of the service', NO_FIELD, env('A={{.Service.Nope}}')),
  refused('environment', 'a template with a field in another case', NO_FIELD, env('A={{.Node.Platform.Os}}')),
  refused('environment', 'a template with a field of a text', NO_FIELD, env('A={{.Service.Name.x}}')),
  refused('environment', 'a template with a label', 'map has no entry', env('A={{.Service.Labels.x}}')),
  refused('environment', 'a template with an unknown word', NO_FUNCTION, env('A={{name}}')),
  refused('environment', 'a template with a function of contents', NO_FUNCTION, env('A={{ env "HOME" }}')),
  refused('environment', 'a template with a function behind a pipe', NO_FUNCTION, env('A={{.Task.Slot | add 1}}')),
  refused('environment', 'a function between words of Go', NO_FUNCTION, env('A={{if true}}{{secret "x"}}{{end}}')),
  refused('environment', 'an empty template', 'missing value for command', env('A=x{{}}')),
  refused('environment', 'a good and a bad template', NO_FIELD, env('A={{.Task.Slot}}{{.Task.Nope}}')),
  refused('hostname', 'a hostname with an unknown field', NO_FIELD, { container: { Hostname: '{{.Nope}}' } }),
  refused(
    'mounts',
    'a mount with an unknown field',
    NO_FIELD,
    mounts({ Type: 'bind', Source: '/{{.Nope}}', Target: '/x' }),
  ),
  refused(
    'mounts',
    'an option of a volume with an unknown field',
    NO_FIELD,
    mounts({
      Type: 'volume',
      Source: 'vv',
      Target: '/x',
      VolumeOptions: { DriverConfig: { Name: 'local', Options: { o: '{{.Nope}}' } } },
    }),
  ),
  refused(
    'mounts',
    'a label of a volume with an unknown field',
    NO_FIELD,
    mounts({ Type: 'volume', Source: 'vv', Target: '/x', VolumeOptions: { Labels: { a: '{{.Nope}}' } } }),
  ),
  taken(
    'options of a volume that Swarm fills in',
    mounts({
      Type: 'volume',
      Source: 'vv',
      Target: '/x',
      VolumeOptions: {
        Labels: { a: '{{.Task.Slot}}' },
        DriverConfig: { Name: 'local', Options: { device: ':/{{index .Service.Labels "x"}}' } },
      },
    }),
  ),
  taken(
    'templates that Swarm knows',
    env(
      'A={{.Service.Name}}-{{ .Task.Slot }}',
      'B={{- .Node.Hostname -}}',
      'C={{.Node.Platform.OS}}/{{.Node.Platform.Architecture}}',
      'D={{.Service.Labels}}{{.Service.ID}}{{.Node.ID}}{{.Task.ID}}{{.Task.Name}}',
      'E={{.}}{{.Service}}{{.Node}}{{.Task}}{{.Node.Platform}}',
    ),
  ),
  taken(
    'templates that mean no field',
    env('A={{"{{"}} .Values.image }}', 'B={{/* no word */}}', 'C=}}', 'D={{`x`}}', 'E={ {.Nope} }'),
  ),
  taken(
    'templates with words of Go',
    env(
      'A={{if true}}x{{end}}',
      'B={{with .Service}}{{.Name}}{{end}}',
      'C={{index .Service.Labels "x"}}',
      'D={{print .Service.Name}}',
      'E={{.Service.Name | printf "%s"}}',
      'F={{$env := "secret x"}}{{printf `env %s` $env}}',
      'G={{printf "%c" \'e\'}}{{0x1F}}',
    ),
  ),
  taken('a template in the name of a variable', env('{{.Nope}}=x')),
  taken('a hostname of a template', { container: { Hostname: '{{.Node.Hostname}}-{{.Task.Slot}}' } }),

  rejected('working directory', 'a relative working directory', 'it needs to be an absolute path', {
    container: { Dir: 'app' },
  }),
  taken('a working directory', { container: { Dir: '/app' } }),
]
