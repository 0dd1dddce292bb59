import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { argv } from 'node:process'

/**
 * A process that answers as the daemon of a manager does, for a swarm that is larger than a machine could hold. New
 * tasks stay `preparing` for as long as it is told, as they do at a slow registry, and then come up, one share after
 * another. It tells its parent when every service was updated, and when the first tasks come up.
 *
 * Arguments: the path of the socket, the number of services, tasks of each, seconds of `preparing`.
 */
const [, , socket = '', services = '', replicas = '', preparing = ''] = argv
const SERVICES = Number(services)
const REPLICAS = Number(replicas)
const PREPARING_MS = Number(preparing) * 1000
/** From the first service that comes up to the last. */
const SPREAD_MS = 20_000
const NODES = 50

interface Task {
  readonly ID: string
  readonly ServiceID: string
  readonly version: number
}

interface Service {
  readonly id: string
  readonly index: number
  version: number
  spec: Record<string, unknown>
  updatedAt: number | undefined
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')
const idOf = (text: string) => hashOf(text).slice(0, 25)
const bornAt = new Date().toISOString()
const all: Service[] = Array.from({ length: SERVICES }, (_, index) => ({
  id: idOf(`service ${index}`),
  index,
  version: 10 + index,
  spec: specOf(index, 'v1'),
  updatedAt: undefined,
}))
const byId = new Map(all.map((service) => [service.id, service]))
let sentAt: number | undefined

function specOf(index: number, tag: string): Record<string, unknown> {
  return {
    Name: `app-${index}`,
    Labels: { 'com.example.team': `team-${index % 20}`, 'traefik.enable': 'true' },
    TaskTemplate: templateOf(index, `registry.example/team/app-${index}:${tag}@sha256:${hashOf(`image ${index}`)}`),
    Mode: { Replicated: { Replicas: REPLICAS } },
    UpdateConfig: {
      Parallelism: 0,
      FailureAction: 'pause',
      Monitor: 5_000_000_000,
      MaxFailureRatio: 0,
      Order: 'stop-first',
    },
    EndpointSpec: { Mode: 'vip' },
  }
}

/** As a stack's: its size is what counts. */
function templateOf(index: number, image: string) {
  return {
    ContainerSpec: {
      Image: image,
      Labels: { 'com.docker.stack.namespace': 'shop' },
      Env: Array.from({ length: 12 }, (_, number) => `VARIABLE_${number}=a value of some length, for app ${index}`),
      Init: false,
      Healthcheck: { Test: ['CMD-SHELL', 'wget -q -O /dev/null http://127.0.0.1:8080/health || exit 1'] },
      StopGracePeriod: 10_000_000_000,
      DNSConfig: {},
      Isolation: 'default',
    },
    Resources: { Limits: { MemoryBytes: 268_435_456 }, Reservations: {} },
    RestartPolicy: { Condition: 'any', Delay: 5_000_000_000, MaxAttempts: 0 },
    Placement: { Platforms: [{ Architecture: 'amd64', OS: 'linux' }] },
    Networks: [{ Target: idOf('network'), Aliases: [`app-${index}`] }],
    ForceUpdate: 0,
    Runtime: 'container',
  }
}

function serviceAnswer({ id, version, spec, updatedAt, index }: Service) {
  return {
    ID: id,
    Version: { Index: version },
    CreatedAt: bornAt,
    UpdatedAt: bornAt,
    Spec: spec,
    ...(updatedAt !== undefined && { PreviousSpec: specOf(index, 'v1') }),
    Endpoint: { Spec: { Mode: 'vip' }, VirtualIPs: [{ NetworkID: idOf('network'), Addr: '10.0.9.2/24' }] },
    ...(updatedAt !== undefined && {
      UpdateStatus: {
        State: stateOf(index) === 'running' ? 'completed' : 'updating',
        StartedAt: new Date(updatedAt).toISOString(),
      },
    }),
  }
}

/** When the tasks of a service are up. */
function stateOf(index: number): 'preparing' | 'running' {
  if (sentAt === undefined) return 'preparing'
  const upAt = sentAt + PREPARING_MS + (index / SERVICES) * SPREAD_MS
  return Date.now() >= upAt ? 'running' : 'preparing'
}

function taskAnswers(service: Service): unknown[] {
  const { index, id, updatedAt, version } = service
  const state = updatedAt === undefined ? 'running' : stateOf(index)
  return Array.from({ length: REPLICAS }, (_, slot) => {
    const task: Task = { ID: idOf(`${id} ${slot} ${updatedAt}`), ServiceID: id, version }
    const container = { ContainerID: hashOf(task.ID), PID: 4242, ExitCode: 0 }
    return {
      ID: task.ID,
      Version: { Index: version + slot },
      CreatedAt: new Date(updatedAt ?? Date.parse(bornAt)).toISOString(),
      UpdatedAt: bornAt,
      Labels: {},
      Spec: service.spec.TaskTemplate,
      ServiceID: id,
      Slot: slot + 1,
      NodeID: idOf(`node ${(index + slot) % NODES}`),
      Status: {
        Timestamp: bornAt,
        State: state,
        Message: state === 'running' ? 'started' : 'preparing',
        ...(state === 'running' && { ContainerStatus: container }),
        PortStatus: {},
      },
      DesiredState: 'running',
      NetworksAttachments: [
        {
          Network: {
            ID: idOf('network'),
            Version: { Index: 9 },
            CreatedAt: bornAt,
            UpdatedAt: bornAt,
            Spec: {
              Name: 'shop_default',
              Labels: { 'com.docker.stack.namespace': 'shop' },
              DriverConfiguration: { Name: 'overlay' },
              IPAMOptions: { Driver: { Name: 'default' } },
              Scope: 'swarm',
            },
            DriverState: { Name: 'overlay', Options: { 'com.docker.network.driver.overlay.vxlanid_list': '4097' } },
            IPAMOptions: {
              Driver: { Name: 'default' },
              Configs: [{ Subnet: '10.0.9.0/16', Gateway: '10.0.9.1' }],
            },
          },
          Addresses: [`10.0.${index % 250}.${slot + 3}/16`],
        },
      ],
    }
  })
}

const nodes = Array.from({ length: NODES }, (_, index) => ({
  ID: idOf(`node ${index}`),
  Version: { Index: 20 + index },
  Spec: { Labels: {}, Role: index < 3 ? 'manager' : 'worker', Availability: 'active' },
  Description: {
    Hostname: `node-${index}`,
    Platform: { Architecture: 'x86_64', OS: 'linux' },
    Resources: { NanoCPUs: 8_000_000_000, MemoryBytes: 33_554_432_000 },
    Engine: { EngineVersion: '28.5.2', Labels: {} },
  },
  Status: { State: 'ready', Addr: `10.1.0.${index + 1}` },
}))

const INFO = {
  ServerVersion: '28.5.2',
  OSType: 'linux',
  Swarm: { NodeID: idOf('node 0'), LocalNodeState: 'active', ControlAvailable: true, Nodes: NODES, Managers: 3 },
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

function answer(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Api-Version': '1.51', Ostype: 'linux' })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

function chosen(url: URL, key: string): Service[] {
  const filters = JSON.parse(url.searchParams.get('filters') ?? '{}') as Record<string, unknown>
  const given = filters[key]
  // A list, or a map of values, as older clients write it.
  const values = Array.isArray(given) ? given.map(String) : Object.keys((given as object | undefined) ?? {})
  if (values.length === 0) return all
  if (key !== 'name') return values.flatMap((id) => byId.get(id) ?? [])
  return all.filter(({ spec }) => values.some((value) => String(spec.Name).startsWith(value)))
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? '', 'http://docker')
  const path = url.pathname.replace(/^\/v[\d.]+/, '')
  if (path === '/_ping') return answer(response, 'OK')
  if (path === '/version') return answer(response, { Version: '28.5.2', ApiVersion: '1.51', MinAPIVersion: '1.24' })
  if (path === '/info') return answer(response, { ...INFO, SystemTime: new Date().toISOString() })
  if (path === '/nodes') return answer(response, nodes)
  if (path === '/services') {
    const filters = url.searchParams.get('filters') ?? ''
    return answer(response, chosen(url, filters.includes('"name"') ? 'name' : 'id').map(serviceAnswer))
  }
  if (path === '/tasks') return answer(response, chosen(url, 'service').flatMap(taskAnswers))
  if (path === '/events') return response.writeHead(200, { 'Content-Type': 'application/json' }).flushHeaders()
  if (path.startsWith('/distribution/')) {
    const digest = `sha256:${hashOf(path)}`
    return answer(response, { Descriptor: { digest }, Platforms: [{ architecture: 'amd64', os: 'linux' }] })
  }
  const update = /^\/services\/([^/]+)\/update$/.exec(path)
  if (update !== null) {
    const service = byId.get(update[1] ?? '')
    if (service === undefined) return answer(response, { message: 'service not found' }, 404)
    service.spec = JSON.parse(await bodyOf(request)) as Record<string, unknown>
    service.version += 100_000
    service.updatedAt = Date.now()
    if (sentAt === undefined && all.every(({ updatedAt }) => updatedAt !== undefined)) {
      sentAt = Date.now()
      process.send?.('sent')
      setTimeout(() => {
        process.send?.('up')
      }, PREPARING_MS)
    }
    return answer(response, {})
  }
  const one = /^\/services\/([^/]+)$/.exec(path)
  const found = byId.get(one?.[1] ?? '') ?? all.find(({ spec }) => spec.Name === one?.[1])
  if (found !== undefined) return answer(response, serviceAnswer(found))
  return answer(response, { message: `the simulated daemon has no ${request.method} ${path}` }, 404)
})
// A daemon closes no connection that rests.
server.keepAliveTimeout = 0
server.listen(socket, () => process.send?.('ready'))
