import { shown } from '../../runner/text/shown.ts'
import { orList } from '../../runner/text/word-list.ts'
import type { FileTarget, Healthcheck, Mount, Resources, ServicePort, ServiceSpec, UpdateConfig } from '../api.ts'
import { rounded } from '../engine/go-json.ts'
import { isJob, modeName } from '../specs/service-mode.ts'
import type { Setting } from '../specs/service-settings.ts'
import { templateProblem } from '../specs/spec-template.ts'
import { constraintProblem } from './placement.ts'
import { isHostPort, namedPorts, portName } from './published-ports.ts'

/**
 * What Swarm always refuses in the spec of a service: swarmkit's own checks (manager/controlapi/service.go, common.go),
 * those of the daemon before it (daemon/cluster/convert), and of every node before it makes a container
 * (daemon/cluster/executor/container/validate.go, volume/mounts). What Swarm takes is not refused here. Pure.
 */

/** One rule that a spec breaks. */
export interface Violation {
  readonly setting: Setting
  /** Which of several: the name of a variable. */
  readonly item?: string
  /** What is wrong, and what to write instead. */
  readonly problem: string
}

// swarmkit, manager/controlapi/common.go
const NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9_-]*[a-zA-Z0-9])?$/
const LONGEST_NAME = 63
const OBJECT_NAME = /^[a-zA-Z0-9](?:[\w.-]*[a-zA-Z0-9])?$/
const LONGEST_OBJECT_NAME = 64

// swarmkit, manager/controlapi/service.go
const LEAST_MEMORY = 4 * 1024 * 1024
const LEAST_CPUS = 1e6
const LEAST_DURATION = 1e6
const NANOSECONDS = 1e9
const MOST_PORT = 65_535
/** Swarm keeps the retries of a health check in 32 bits, and lets what is above them fall away. */
const MOST_RETRIES = 2 ** 31 - 1

/** Everything in the spec of a service that Swarm refuses, whatever else there is on the swarm. */
export function specViolations(given: ServiceSpec): Violation[] {
  const spec = rounded(given)
  const { TaskTemplate: template } = spec
  const container = template.ContainerSpec
  return [
    ...nameViolations(spec.Name),
    ...resourceViolations(template.Resources?.Limits, 'limit'),
    ...resourceViolations(template.Resources?.Reservations, 'reservation'),
    ...restartViolations(template.RestartPolicy),
    ...(template.Placement?.Constraints ?? []).flatMap(constraintViolations),
    ...updateViolations(spec),
    ...policyViolations(spec.UpdateConfig, 'update'),
    ...policyViolations(spec.RollbackConfig, 'rollback'),
    ...endpointViolations(spec),
    ...mountViolations(container?.Mounts ?? []),
    ...fileViolations(
      'secrets',
      (container?.Secrets ?? []).map(({ SecretName: name, File: file }) => ({ name, file })),
    ),
    ...fileViolations(
      'configs',
      (container?.Configs ?? []).map(({ ConfigName: name, File: file }) => ({ name, file })),
    ),
    ...templateViolations(spec),
    ...choiceViolations('isolation', (container?.Isolation ?? '').toLowerCase(), ISOLATIONS),
    ...directoryViolations(container?.Dir),
    ...healthViolations(container?.Healthcheck),
  ]
}

/** What Swarm refuses to change in a service that exists. */
export function changeViolations(current: ServiceSpec, wanted: ServiceSpec): Violation[] {
  const [was, becomes] = [modeName(current), modeName(wanted)]
  if (was === becomes) return []
  // Of a job that is removed while it runs Swarm forgets the tasks (moby/moby#44312).
  const when = isJob(current) ? ' when none of its tasks runs any more' : ''
  return [
    {
      setting: 'mode',
      problem: `Swarm cannot change the mode of a service, and ${current.Name} is ${was}, not ${becomes}: remove it first with \`docker service rm ${current.Name}\`${when}, or give this one another name`,
    },
  ]
}

/**
 * Why Swarm takes no service or network of this name; `undefined` when it does.
 *
 * @param what it names: `a service`
 */
export function nameProblem(name: string, what: string): string | undefined {
  if (!NAME.test(name)) return `${noName(name, what)}: write letters, digits, - and _, ${ENDS}`
  return name.length > LONGEST_NAME ? tooLong(name, LONGEST_NAME) : undefined
}

/** The same of a secret or config. */
export function objectNameProblem(name: string, what: string): string | undefined {
  if (!OBJECT_NAME.test(name)) return `${noName(name, what)}: write letters, digits, -, _ and ., ${ENDS}`
  return name.length > LONGEST_OBJECT_NAME ? tooLong(name, LONGEST_OBJECT_NAME) : undefined
}

const ENDS = 'with a letter or digit first and last'

function noName(name: string, what: string): string {
  return `${shown(name, LONGEST_SHOWN)} is no name of ${what}`
}

function tooLong(name: string, most: number): string {
  return `the name has ${name.length} characters: Swarm takes at most ${most}, write a shorter one than ${shown(name, LONGEST_SHOWN)}`
}

const LONGEST_SHOWN = 70

function nameViolations(name: string): Violation[] {
  const problem = nameProblem(name, 'a service')
  return problem === undefined ? [] : [{ setting: 'name', problem }]
}

function resourceViolations(resources: Resources | undefined, kind: 'limit' | 'reservation'): Violation[] {
  const { NanoCPUs: cpus = 0, MemoryBytes: memory = 0 } = resources ?? {}
  const violations: Violation[] = []
  if (cpus !== 0 && cpus < LEAST_CPUS) {
    const problem = `${cpus / NANOSECONDS} is less than Swarm takes: write 0.001 or more`
    violations.push({ setting: `cpu ${kind}`, problem })
  }
  if (memory !== 0 && memory < LEAST_MEMORY) {
    const problem = `${memory} bytes are less than Swarm takes: write 4M or more`
    violations.push({ setting: `memory ${kind}`, problem })
  }
  return violations
}

const CONDITIONS = ['none', 'on-failure', 'any']

function restartViolations(policy: ServiceSpec['TaskTemplate']['RestartPolicy']): Violation[] {
  const { Condition: condition = '', Delay: delay = 0, Window: window = 0 } = policy ?? {}
  return [
    ...choiceViolations('restart condition', condition, CONDITIONS),
    ...negativeViolations('restart delay', delay),
    ...negativeViolations('restart window', window),
  ]
}

function constraintViolations(constraint: string): Violation[] {
  const problem = constraintProblem(constraint)
  if (problem === undefined) return []
  return [
    {
      setting: 'constraints',
      problem: `${JSON.stringify(constraint)} is none that Swarm takes (${problem}): write it like node.role==manager or node.labels.zone!=west`,
    },
  ]
}

/** Of a rollback Swarm itself looks at nothing but what {@link policyViolations} does. */
function updateViolations(spec: ServiceSpec): Violation[] {
  const { UpdateConfig: update, Mode: mode } = spec
  if (update === undefined) return []
  if (mode.ReplicatedJob !== undefined || mode.GlobalJob !== undefined) {
    return [{ setting: 'update policy', problem: 'Swarm takes no update policy for a job: leave it out' }]
  }
  const { Delay: delay = 0, Monitor: monitor = 0, MaxFailureRatio: ratio = 0 } = update
  return [
    ...negativeViolations('update delay', delay),
    ...negativeViolations('update monitor', monitor),
    ...(ratio >= 0 && ratio <= 1
      ? []
      : [{ setting: 'update failure ratio' as const, problem: `${ratio} is no ratio: write 0 to 1` }]),
  ]
}

const ACTIONS = ['pause', 'continue', 'rollback']
const ORDERS = ['stop-first', 'start-first']

function policyViolations(policy: UpdateConfig | undefined, phase: 'update' | 'rollback'): Violation[] {
  return [
    ...choiceViolations(`${phase} failure action`, policy?.FailureAction ?? '', ACTIONS),
    ...choiceViolations(`${phase} order`, policy?.Order ?? '', ORDERS),
  ]
}

/** Swarm takes any other word, and keeps the first of these in its place. */
const ISOLATIONS = ['default', 'process', 'hyperv']
const PROTOCOLS = ['tcp', 'udp', 'sctp']
const PUBLISH_MODES = ['ingress', 'host']

function endpointViolations(spec: ServiceSpec): Violation[] {
  const { Mode: mode = '', Ports: ports = [] } = spec.EndpointSpec ?? {}
  return [
    ...choiceViolations('endpoint mode', mode, ['vip', 'dnsrr']),
    ...ports.flatMap(portProblems).map((problem) => ({ setting: 'ports' as const, problem })),
    ...(mode === 'dnsrr' && !ports.every(isHostPort)
      ? [
          {
            setting: 'endpoint mode' as const,
            problem: 'with dnsrr Swarm publishes no port in ingress mode: publish it in host mode, or leave dnsrr out',
          },
        ]
      : []),
    ...doubles(namedPorts(spec).map(portName)).map((port) => ({
      setting: 'ports' as const,
      problem: `${port} is published twice: leave one of the two out`,
    })),
  ]
}

/** What Swarm takes, and makes a port of that nobody meant; one beyond the last it never allocates (seen with 20.10). */
function portProblems(port: ServicePort): string[] {
  const { TargetPort: target = 0, PublishedPort: published = 0, Protocol: protocol = '', PublishMode: mode = '' } = port
  const tooLarge = [target, published].filter((one) => one > MOST_PORT)
  return [
    ...(target === 0 ? ['one has no `target`: write the port on which the container listens'] : []),
    ...tooLarge.map((one) => `there is no port ${one}: write one up to ${MOST_PORT}`),
    ...choiceProblems(protocol.toLowerCase(), PROTOCOLS),
    ...choiceProblems(mode.toLowerCase(), PUBLISH_MODES),
  ]
}

function mountViolations(mounts: readonly Mount[]): Violation[] {
  const problems = [
    ...doubles(mounts.map(({ Target: target = '' }) => target)).map(
      (target) => `two of them have the target ${JSON.stringify(target)}: leave one of the two out`,
    ),
    ...mounts.flatMap((mount) => mountProblem(mount) ?? []),
  ]
  return problems.map((problem) => ({ setting: 'mounts', problem }))
}

/** A volume of docker's own driver (moby, volume/local): other drivers have rules of their own. */
const VOLUME_NAME = /^[a-zA-Z0-9][\w.-]+$/

const PROPAGATIONS = ['rprivate', 'private', 'rshared', 'shared', 'rslave', 'slave']

/** Why the daemon or every node would refuse a mount. What a template fills in is known only there. */
function mountProblem(mount: Mount): string | undefined {
  const { Type: type = 'volume', Source: source = '', Target: target = '', VolumeOptions: options } = mount
  const [propagation] = choiceProblems((mount.BindOptions?.Propagation ?? '').toLowerCase(), PROPAGATIONS)
  if (propagation !== undefined) return `the propagation of ${target}: ${propagation}`
  if (type.toLowerCase() === 'image') return `${target} is an image, which Swarm does not mount: write a volume`
  if (type === 'npipe') return undefined
  if (isFixed(target) && !isAbsolute(target)) {
    return `the target ${JSON.stringify(target)} is no absolute path: write one that begins with /`
  }
  if (target === '/') return 'the target is /, which is the whole container: write a directory in it'
  if (!isFixed(source)) return undefined
  if (type === 'bind' && !isAbsolute(source)) {
    return `the source ${JSON.stringify(source)} of ${target} is no absolute path of a node: write one that begins with /, or use a volume`
  }
  if (type === 'tmpfs' && source !== '') return `the tmpfs ${target} has a source: leave it out`
  if (type !== 'volume' || source === '') return undefined
  if (isAbsolute(source)) return `the volume ${source} has a path for a name: write type bind, or the name of a volume`
  const driver = options?.DriverConfig?.Name ?? ''
  return (driver === '' || driver === 'local') && !VOLUME_NAME.test(source)
    ? `${JSON.stringify(source)} is no name of a volume: write two or more letters, digits, _, . and -, with a letter or digit first`
    : undefined
}

/** On Linux or on Windows: which nodes will have the task is not known. */
function isAbsolute(path: string): boolean {
  return path.startsWith('/') || /^(?:[a-zA-Z]:)?[\\/]/.test(path)
}

function isFixed(text: string): boolean {
  return !text.includes('{{')
}

function fileViolations(
  setting: 'secrets' | 'configs',
  references: readonly { readonly name: string; readonly file: FileTarget | undefined }[],
): Violation[] {
  const targets = references.flatMap(({ file }) => file?.Name ?? [])
  const nameless = references.filter(({ file }) => file !== undefined && (file.Name ?? '') === '')
  return [
    ...nameless.map(({ name }) => ({ setting, problem: `${name} has an empty target: write the name of a file` })),
    ...doubles(targets.filter((target) => target !== '')).map((target) => ({
      setting,
      problem: `two of them have the target ${target}: give one of the two another \`target\``,
    })),
  ]
}

const KNOWN =
  'it fills in .Service.ID, .Service.Name, .Node.ID, .Node.Hostname, .Node.Platform.Architecture, .Node.Platform.OS, .Task.ID, .Task.Name and .Task.Slot; write {{"{{"}} where {{ is meant as it is'

function templateViolations({ TaskTemplate: { ContainerSpec: container } }: ServiceSpec): Violation[] {
  const of = (setting: Setting, text: string, item?: string): Violation[] => {
    const why = templateProblem(text)
    if (why === undefined) return []
    return [
      { setting, ...(item !== undefined && { item }), problem: `Swarm reads it as a template, but ${why}: ${KNOWN}` },
    ]
  }
  const variables = (container?.Env ?? []).flatMap((variable) => {
    const at = variable.indexOf('=')
    return at < 0 ? [] : of('environment', variable.slice(at + 1), variable.slice(0, at))
  })
  const mounts = (container?.Mounts ?? []).flatMap(textsOfMount).flatMap((text) => of('mounts', text))
  return [...variables, ...mounts, ...of('hostname', container?.Hostname ?? '')]
}

/** What Swarm fills in of a mount (swarmkit, template/expand.go). */
function textsOfMount({ Source: source = '', Target: target = '', VolumeOptions: options }: Mount): string[] {
  return [
    source,
    target,
    ...[options?.Labels, options?.DriverConfig?.Options].flatMap((all) => Object.values(all ?? {})),
  ]
}

function directoryViolations(directory = ''): Violation[] {
  if (directory === '' || isAbsolute(directory)) return []
  const problem = `${JSON.stringify(directory)} is no absolute path: write one that begins with /`
  return [{ setting: 'working directory', problem }]
}

function healthViolations(check: Healthcheck = {}): Violation[] {
  const durations = [
    ['health interval', check.Interval],
    ['health timeout', check.Timeout],
    ['health start period', check.StartPeriod],
    ['health start interval', check.StartInterval],
  ] as const
  return [
    ...durations.flatMap(([setting, duration = 0]) =>
      duration !== 0 && duration < LEAST_DURATION
        ? [{ setting, problem: 'it is shorter than Swarm takes: write 1ms or more' }]
        : [],
    ),
    ...healthTestProblems(check.Test).map((problem) => ({ setting: 'health command' as const, problem })),
    ...((check.Retries ?? 0) < 0
      ? [{ setting: 'health retries' as const, problem: `${check.Retries} is negative: write 0 or more` }]
      : []),
    ...((check.Retries ?? 0) > MOST_RETRIES
      ? [{ setting: 'health retries' as const, problem: `${check.Retries} is more than Swarm counts: write less` }]
      : []),
  ]
}

const HEALTH_KINDS = ['CMD', 'CMD-SHELL', 'NONE']

/**
 * Docker passes over a check of another kind (daemon/health.go), and the node waits for its first result before the task is
 * up: for ever. Of a `CMD` without a command the daemon itself ends, on one node after another (seen with 20.10).
 */
function healthTestProblems([kind, ...words]: readonly string[] = []): string[] {
  if (kind === undefined) return []
  if (!HEALTH_KINDS.includes(kind)) {
    return [
      `its list begins with ${shown(kind)}, where docker has CMD, CMD-SHELL or NONE, so that it is never run and no task is ever up: write \`["CMD", …]\`, or all of it as one text`,
    ]
  }
  if (kind === 'CMD' && words.length === 0) return ['there is no command behind CMD: write one, or NONE for no check']
  return kind === 'CMD-SHELL' && words.length === 1 && words[0] === 'NONE'
    ? [
        'as text, NONE is a command for the shell, which has none, and no task is ever up: write `["NONE"]` for no check',
      ]
    : []
}

function choiceViolations(setting: Setting, value: string, choices: readonly string[]): Violation[] {
  return choiceProblems(value, choices).map((problem) => ({ setting, problem }))
}

/** The empty text is Swarm's default. */
function choiceProblems(value: string, choices: readonly string[]): string[] {
  if (value === '' || choices.includes(value)) return []
  const known = orList(choices)
  return [`Swarm does not know ${JSON.stringify(value)}: write ${known}`]
}

function negativeViolations(setting: Setting, duration: number): Violation[] {
  return duration < 0 ? [{ setting, problem: 'it is negative: write 0s or more' }] : []
}

/** Those that are there more than once, each once. */
function doubles(texts: readonly string[]): string[] {
  return [...new Set(texts.filter((text, index) => texts.indexOf(text) !== index))]
}
