import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import { parse } from 'yaml'
import type { Service, ServiceSpec } from '../../../src/docker/api.ts'
import type { CommandOptions, CommandResult, DockerCli } from '../../../src/docker/cli/cli.ts'
import type { StackObject } from '../../../src/docker/specs/stack-objects.ts'
import { outOfTime } from './hand-clock.ts'

/**
 * Stands for the docker CLI where a command is rehearsed: it asks and tells the daemon at DOCKER_HOST as the CLI does,
 * and knows the few flags and compose keys that the tests use.
 */
export const memoryDocker: DockerCli = {
  run: (args, options = {}) => outOfTime(() => run(args, options)),
  start: () => {
    throw new Error('the memory swarm is not reached over docker')
  },
}

async function run(args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const [, , noun, verb, ...rest] = args
  const { env = {}, stdin = '' } = options
  try {
    switch (`${noun} ${verb}`) {
      case 'service create':
        await tell(env, '/services/create', createdSpec(rest, env))
        return done('')
      case 'service update':
        await update(rest, env)
        return done('')
      case 'stack deploy':
        await deployStack(rest.at(-1) ?? '', String(stdin), env)
        return done('')
      default:
        return { code: 125, stdout: '', stderr: `docker: '${noun} ${verb}' is not a docker command` }
    }
  } catch (error) {
    return { code: 1, stdout: '', stderr: (error as Error).message }
  }
}

function done(stdout: string): CommandResult {
  return { code: 0, stdout, stderr: '' }
}

type Env = Readonly<Record<string, string>>

async function ask<T>(env: Env, path: string): Promise<T | undefined> {
  const { status, body } = await call(env, 'GET', path)
  if (status === 404) return undefined
  if (status >= 400) throw new Error(`Error response from daemon: ${(body as { message: string }).message}`)
  return body as T
}

async function tell(env: Env, path: string, body: unknown): Promise<void> {
  const { status, body: said } = await call(env, 'POST', path, body)
  if (status >= 400) throw new Error(`Error response from daemon: ${(said as { message: string }).message}`)
}

function call(env: Env, method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const socketPath = env.DOCKER_HOST?.replace('unix://', '') ?? ''
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json' }
    const outgoing = request({ socketPath, method, path: `/v1.41${path}`, headers, agent: false })
    outgoing.once('error', reject)
    outgoing.once('response', (response) => {
      json(response).then((answer) => resolve({ status: response.statusCode ?? 500, body: answer }), reject)
    })
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** `--name=web`, `--name web`, and words that are no flags. */
function readFlags(args: readonly string[]): {
  readonly flags: (readonly [string, string])[]
  readonly words: string[]
} {
  const flags: (readonly [string, string])[] = []
  const words: string[] = []
  const switches = ['--detach', '--quiet', '--with-registry-auth', '--no-resolve-image', '--force']
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ''
    if (!arg.startsWith('--')) words.push(arg)
    else if (switches.includes(arg)) flags.push([arg, 'true'])
    else if (arg.includes('=')) flags.push([arg.slice(0, arg.indexOf('=')), arg.slice(arg.indexOf('=') + 1)])
    else flags.push([arg, args[++at] ?? ''])
  }
  return { flags, words }
}

/** What docker writes into the spec of every service that it makes. */
const IN_EVERY_CONTAINER = { Init: false, DNSConfig: {} }
const NO_RESOURCES = { Limits: {}, Reservations: {} }

function createdSpec(args: readonly string[], env: Env): ServiceSpec {
  const { flags, words } = readFlags(args)
  const empty: ServiceSpec = {
    Name: '',
    Labels: {},
    TaskTemplate: { ContainerSpec: { ...IN_EVERY_CONTAINER, Image: words[0] ?? '' }, Resources: NO_RESOURCES },
    Mode: { Replicated: { Replicas: 1 } },
    EndpointSpec: {},
  }
  return flags.reduce((spec, [flag, value]) => withFlag(spec, flag, value, env), empty)
}

async function update(args: readonly string[], env: Env): Promise<void> {
  const { flags, words } = readFlags(args)
  const service = await ask<Service>(env, `/services/${words[0]}`)
  if (service === undefined) throw new Error(`Error: No such service: ${words[0]}`)
  const spec = flags.reduce((before, [flag, value]) => withFlag(before, flag, value, env), service.Spec)
  await tell(env, `/services/${service.ID}/update?version=${service.Version.Index}`, spec)
}

const POLICY_FLAG = /^--(update|rollback)-(parallelism|delay|order|failure-action|monitor|max-failure-ratio)$/

/** Docker sends a policy whole as soon as one of its flags is given. */
const DEFAULT_POLICY = { Parallelism: 1, FailureAction: 'pause', Monitor: 5e9, MaxFailureRatio: 0, Order: 'stop-first' }

function withFlag(spec: ServiceSpec, flag: string, value: string, env: Env): ServiceSpec {
  const { TaskTemplate: template } = spec
  const container = template.ContainerSpec ?? { Image: '' }
  const within = (changed: object): ServiceSpec => ({
    ...spec,
    TaskTemplate: { ...template, ContainerSpec: { ...container, ...changed } },
  })
  const policy = POLICY_FLAG.exec(flag)
  if (policy !== null) {
    const key = policy[1] === 'update' ? 'UpdateConfig' : 'RollbackConfig'
    return { ...spec, [key]: { ...DEFAULT_POLICY, ...spec[key], ...policySetting(policy[2] ?? '', value) } }
  }
  switch (flag) {
    case '--name':
      return { ...spec, Name: value }
    case '--image':
      return within({ Image: value })
    case '--replicas':
      return { ...spec, Mode: { Replicated: { Replicas: Number(value) } } }
    case '--force':
      return { ...spec, TaskTemplate: { ...template, ForceUpdate: (template.ForceUpdate ?? 0) + 1 } }
    case '--env':
    case '--env-add': {
      const entry = value.includes('=') ? value : `${value}=${env[value] ?? ''}`
      const others = (container.Env ?? []).filter((one) => one.split('=')[0] !== entry.split('=')[0])
      return within({ Env: [...others, entry] })
    }
    case '--label':
    case '--label-add': {
      const [name = '', text = ''] = value.split(/=(.*)/s)
      return { ...spec, Labels: { ...spec.Labels, [name]: text } }
    }
    case '--mode':
      return { ...spec, Mode: modeNamed(value) }
    case '--network':
      return { ...spec, TaskTemplate: { ...template, Networks: [...(template.Networks ?? []), { Target: value }] } }
    case '--constraint': {
      const Constraints = [...(template.Placement?.Constraints ?? []), value]
      return { ...spec, TaskTemplate: { ...template, Placement: { ...template.Placement, Constraints } } }
    }
    case '--replicas-max-per-node': {
      const Placement = { ...template.Placement, MaxReplicas: Number(value) }
      return { ...spec, TaskTemplate: { ...template, Placement } }
    }
    case '--reserve-memory': {
      const Reservations = { ...template.Resources?.Reservations, MemoryBytes: Number.parseInt(value, 10) * 2 ** 30 }
      return { ...spec, TaskTemplate: { ...template, Resources: { ...template.Resources, Reservations } } }
    }
    case '--limit-cpu': {
      const Limits = { ...template.Resources?.Limits, NanoCPUs: Number(value) * 1e9 }
      return { ...spec, TaskTemplate: { ...template, Resources: { ...template.Resources, Limits } } }
    }
    case '--health-cmd':
      return within({ Healthcheck: { ...container.Healthcheck, Test: ['CMD-SHELL', value] } })
    case '--health-interval':
      return within({ Healthcheck: { ...container.Healthcheck, Interval: nanoseconds(value) } })
    case '--health-retries':
      return within({ Healthcheck: { ...container.Healthcheck, Retries: Number(value) } })
    case '--health-start-period':
      return within({ Healthcheck: { ...container.Healthcheck, StartPeriod: nanoseconds(value) } })
    case '--restart-condition':
      return withRestart(spec, { Condition: value })
    case '--restart-delay':
      return withRestart(spec, { Delay: nanoseconds(value) })
    case '--restart-max-attempts':
      return withRestart(spec, { MaxAttempts: Number(value) })
    case '--detach':
    case '--quiet':
    case '--with-registry-auth':
    case '--no-resolve-image':
      return spec
    default:
      throw new Error(`unknown flag: ${flag}`)
  }
}

function withRestart(spec: ServiceSpec, changed: object): ServiceSpec {
  const { TaskTemplate: template } = spec
  return { ...spec, TaskTemplate: { ...template, RestartPolicy: { ...template.RestartPolicy, ...changed } } }
}

function modeNamed(mode: string): ServiceSpec['Mode'] {
  if (mode === 'global') return { Global: {} }
  if (mode === 'global-job') return { GlobalJob: {} }
  return mode === 'replicated-job' ? { ReplicatedJob: {} } : { Replicated: { Replicas: 1 } }
}

function policySetting(setting: string, value: string): object {
  switch (setting.replaceAll('_', '-')) {
    case 'parallelism':
      return { Parallelism: Number(value) }
    case 'delay':
      return { Delay: nanoseconds(value) }
    case 'monitor':
      return { Monitor: nanoseconds(value) }
    case 'order':
      return { Order: value }
    case 'failure-action':
      return { FailureAction: value }
    default:
      return { MaxFailureRatio: Number(value) }
  }
}

const UNITS: Readonly<Record<string, number>> = { ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }

function nanoseconds(duration: string): number {
  const parts = [...duration.matchAll(/([\d.]+)(ms|s|m|h)/g)]
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNITS[unit] ?? 0), 0)
}

/** What Go writes of a policy, whether it is given or not. */
const ALWAYS_SAID = { Parallelism: 1, MaxFailureRatio: 0, Order: '' }

interface ComposeService {
  readonly image: string
  readonly secrets?: readonly string[]
  readonly configs?: readonly string[]
  readonly credential_spec?: { readonly config?: string; readonly file?: string; readonly registry?: string }
  readonly environment?: Readonly<Record<string, string>>
  readonly networks?: Readonly<Record<string, unknown>> | readonly string[]
  readonly ports?: readonly string[]
  readonly deploy?: {
    readonly replicas?: number
    readonly mode?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly update_config?: Readonly<Record<string, string | number>>
    readonly rollback_config?: Readonly<Record<string, string | number>>
    readonly restart_policy?: Readonly<Record<string, string | number>>
  }
}

interface ComposeObject {
  readonly name?: string
  readonly external?: boolean
  readonly labels?: Readonly<Record<string, string>> | readonly string[]
}

interface ComposeText {
  readonly networks?: Readonly<Record<string, ComposeObject>>
  readonly services: Readonly<Record<string, ComposeService>>
  readonly secrets?: Readonly<Record<string, ComposeObject>>
  readonly configs?: Readonly<Record<string, ComposeObject>>
}

function labelsOf({ labels = {} }: ComposeObject): Readonly<Record<string, string>> {
  if (!Array.isArray(labels)) return labels as Readonly<Record<string, string>>
  return Object.fromEntries(labels.map((label) => [label.split('=', 1)[0], label.slice(label.indexOf('=') + 1)]))
}

/** The calls of the real one, in its order. Content is not read: the action gives it none. */
async function deployStack(stack: string, text: string, env: Env): Promise<void> {
  const file = parse(text) as ComposeText
  const Labels = { 'com.docker.stack.namespace': stack }
  const networks = (one: ComposeService) => {
    const named = Array.isArray(one.networks) ? one.networks : Object.keys(one.networks ?? {})
    return (named.length === 0 ? ['default'] : (named as string[])).map(nameOf)
  }
  const nameOf = (key: string) => {
    const { name, external } = file.networks?.[key] ?? {}
    return name ?? (external ? key : `${stack}_${key}`)
  }
  const externals = Object.entries(file.networks ?? {}).flatMap(([key, one]) => (one?.external ? nameOf(key) : []))
  await ask(env, '/info')
  // The real one reads all services before it sends the first, and ends at its first complaint.
  for (const [key, { deploy }] of Object.entries(file.services)) {
    const isKnown = [undefined, 'replicated', 'global', 'replicated-job', 'global-job'].includes(deploy?.mode)
    if (!isKnown) throw new Error(`service ${key}: Unknown mode: ${deploy?.mode}`)
  }
  const used = new Set(Object.values(file.services).flatMap(networks))
  for (const name of externals.filter((one) => used.has(one))) await ask(env, `/networks/${name}`)
  await ask(env, '/networks')
  for (const Name of [...used].filter((one) => !externals.includes(one))) {
    await tell(env, '/networks/create', { Name, Driver: 'overlay', Labels })
  }
  for (const kind of ['secrets', 'configs'] as const) {
    for (const [key, object] of Object.entries(file[kind] ?? {})) {
      const Name = object.name ?? `${stack}_${key}`
      if (object.external || (await ask(env, `/${kind}/${Name}`)) !== undefined) continue
      await tell(env, `/${kind}/create`, { Name, Labels: { ...Labels, ...labelsOf(object) } })
    }
  }
  await ask(env, '/services')
  for (const [key, one] of Object.entries(file.services)) {
    const spec = stackSpec(`${stack}_${key}`, stack, key, one, networks(one))
    const account = one.credential_spec
    const refer = async (kind: 'secrets' | 'configs') => {
      const runtime = kind === 'configs' && account?.config !== undefined ? [account.config] : []
      const names = [...(one[kind] ?? []), ...runtime].map((source) => {
        const { name, external } = file[kind]?.[source] ?? {}
        return { source, name: name ?? (external ? source : `${stack}_${source}`) }
      })
      if (names.length === 0) return {}
      const wanted = Object.fromEntries(names.map(({ name }) => [name, true]))
      const filters = encodeURIComponent(JSON.stringify({ name: wanted }))
      const all = (await ask<StackObject[]>(env, `/${kind}?filters=${filters}`)) ?? []
      const [Kind, list] = kind === 'secrets' ? ['Secret', 'Secrets'] : ['Config', 'Configs']
      const references = names.map(({ source, name }) => {
        const id = all.find(({ Spec }) => Spec.Name === name)?.ID
        if (id === undefined) throw new Error(`service ${key}: ${kind.slice(0, -1)} not found: ${name}`)
        const where = runtime.includes(source) ? { Runtime: {} } : { File: { Name: source } }
        return { ...where, [`${Kind}ID`]: id, [`${Kind}Name`]: name }
      })
      return { [list ?? '']: references }
    }
    const { TaskTemplate: template } = spec
    const refers = { ...(await refer('secrets')), ...(await refer('configs')) }
    const configs = 'Configs' in refers ? (refers.Configs as { ConfigID: string; Runtime?: object }[]) : []
    const Config = configs.find(({ Runtime }) => Runtime !== undefined)?.ConfigID ?? ''
    const CredentialSpec = { Config, File: account?.file ?? '', Registry: account?.registry ?? '' }
    const privileges = account === undefined ? {} : { Privileges: { CredentialSpec } }
    const ContainerSpec = { Image: '', ...template.ContainerSpec, ...refers, ...privileges }
    await tell(env, '/services/create', { ...spec, TaskTemplate: { ...template, ContainerSpec } })
  }
}

/** `80:8000` */
function portOf(text: string) {
  const [published, target] = text.split(':').map(Number)
  return { Protocol: 'tcp', TargetPort: target ?? 0, PublishedPort: published ?? 0, PublishMode: 'ingress' as const }
}

function stackSpec(name: string, stack: string, key: string, one: ComposeService, networks: string[]): ServiceSpec {
  const { image, environment = {}, deploy = {} } = one
  const namespace = { 'com.docker.stack.namespace': stack }
  const policy = (settings: Readonly<Record<string, string | number>>) =>
    Object.assign(
      {},
      ALWAYS_SAID,
      ...Object.entries(settings).map(([setting, value]) => policySetting(setting, String(value))),
    )
  const { condition, delay, max_attempts: attempts } = deploy.restart_policy ?? {}
  const restart = {
    ...(condition !== undefined && { Condition: condition }),
    ...(delay !== undefined && { Delay: nanoseconds(String(delay)) }),
    ...(attempts !== undefined && { MaxAttempts: Number(attempts) }),
  }
  const Env = Object.entries(environment).map(([variable, value]) => `${variable}=${value}`)
  return {
    Name: name,
    Labels: { 'com.docker.stack.image': image, ...namespace, ...deploy.labels },
    TaskTemplate: {
      ContainerSpec: { Image: image, Labels: namespace, ...(Env.length > 0 && { Env }) },
      Networks: networks.map((Target) => ({ Target, Aliases: [key] })),
      ...(deploy.restart_policy && { RestartPolicy: restart }),
    } as ServiceSpec['TaskTemplate'],
    Mode:
      deploy.mode === undefined || deploy.mode === 'replicated'
        ? { Replicated: { Replicas: deploy.replicas ?? 1 } }
        : modeNamed(deploy.mode),
    ...(deploy.update_config && { UpdateConfig: policy(deploy.update_config) }),
    ...(deploy.rollback_config && { RollbackConfig: policy(deploy.rollback_config) }),
    EndpointSpec: one.ports ? { Ports: one.ports.map(portOf) } : {},
  }
}
