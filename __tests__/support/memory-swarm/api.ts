import { isDeepStrictEqual } from 'node:util'
import type { Healthcheck, Node, ServiceSpec } from '../../../src/docker/api.ts'
import { constraintProblem } from '../../../src/docker/swarm/placement.ts'
import { namedPorts, portInTheWay } from '../../../src/docker/swarm/published-ports.ts'
import { asLeftover, asNode, asObject, asService, asTask } from './answers.ts'
import { isDirty } from './dirty.ts'
import { digestOf, findImage, type Image, type Images, mayRead } from './images.ts'
import { normalSpec } from './normal-spec.ts'
import { isJobSpec, modeOf, type ObjectKind, type StoredService, type StoredTask } from './objects.ts'
import { heldPorts, type Store } from './store.ts'

/** A request to the Engine API. */
export interface Call {
  readonly method: string
  /** Without the API's version and the query: `/services/web`. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly body?: unknown
  /** The header `X-Registry-Auth`. */
  readonly registryAuth?: string
}

export interface Answer {
  readonly status: number
  readonly body: unknown
}

/** What the daemon of a manager answers (the texts and statuses are those of Docker 20.10). */
export function answer(store: Store, images: Images, call: Call): Answer {
  const [, noun = '', ...rest] = call.path.split('/')
  const id = decodeURIComponent(rest[0] ?? '')
  const verb = `${call.method} ${noun}`
  switch (verb) {
    case 'GET _ping':
    case 'HEAD _ping':
      return ok('OK')
    case 'GET info':
      return ok(info(store))
    case 'GET version':
      return ok({ Version: '20.10.24', ApiVersion: '1.41', MinAPIVersion: '1.12', Os: 'linux', Arch: 'amd64' })
    case 'GET nodes':
      return rest.length === 0 ? ok([...store.nodes.values()].map(asNode)) : oneNode(store, id)
    case 'POST nodes':
      return updateNode(store, id, call)
    case 'GET services':
      return rest.length === 0
        ? ok(listServices(store, filtersOf(call)).map(asService))
        : withService(store, id, asServiceAnswer)
    case 'POST services':
      return id === 'create'
        ? createService(store, call)
        : withService(store, id, (one) => updateService(store, one, call))
    case 'DELETE services':
      return withService(store, id, (service) => {
        store.removeService(service)
        return ok('')
      })
    case 'GET tasks':
      return rest.length === 0 ? listTasks(store, filtersOf(call)) : oneTask(store, images, id, rest[1], call.query)
    case 'GET secrets':
    case 'GET configs':
    case 'GET networks':
      return rest.length === 0
        ? listObjects(store, noun as ObjectKind, filtersOf(call))
        : oneObject(store, noun as ObjectKind, id)
    case 'POST secrets':
    case 'POST configs':
    case 'POST networks':
      return rest[1] === 'update'
        ? relabelObject(store, noun as ObjectKind, id, call)
        : createObject(store, noun as ObjectKind, call.body as Record<string, unknown>)
    case 'DELETE secrets':
    case 'DELETE configs':
    case 'DELETE networks':
      return removeObject(store, noun as ObjectKind, id)
    case 'POST auth':
      return ok({ IdentityToken: '', Status: 'Login Succeeded' })
    case 'GET distribution':
      return distribution(images, call.path.slice('/distribution/'.length, -'/json'.length), call.registryAuth)
    case 'GET containers':
      return localContainer(store, images, id)
    case 'GET images':
      return localImage(store, images, call.path.slice('/images/'.length, -'/json'.length))
    default:
      return { status: 404, body: { message: 'page not found' } }
  }
}

function ok(body: unknown, status = 200): Answer {
  return { status, body }
}

function no(status: number, message: string): Answer {
  return { status, body: { message } }
}

type Filters = Readonly<Record<string, readonly string[]>>

/** Both forms that the API takes: `{"name": ["a"]}` and `{"name": {"a": true}}`. */
function filtersOf({ query }: Call): Filters {
  const raw = JSON.parse(query.filters ?? '{}') as Record<string, readonly string[] | Record<string, boolean>>
  return Object.fromEntries(
    Object.entries(raw).map(([key, values]) => [key, Array.isArray(values) ? values : Object.keys(values)]),
  )
}

function has(filters: Filters, key: string, fits: (value: string) => boolean): boolean {
  const values = filters[key] ?? []
  return values.length === 0 || values.some(fits)
}

function hasLabel(labels: Readonly<Record<string, string>> | undefined | null, wanted: string): boolean {
  const [name = '', value] = wanted.split(/=(.*)/s)
  const actual = labels?.[name]
  return actual !== undefined && (value === undefined || actual === value)
}

function info(store: Store) {
  const nodes = [...store.nodes.values()]
  const manager = nodes.find(({ role }) => role === 'manager')
  return {
    ServerVersion: '20.10.24',
    SystemTime: store.timestamp(),
    Swarm: {
      NodeID: manager?.id ?? '',
      NodeAddr: manager?.address ?? '',
      LocalNodeState: 'active',
      ControlAvailable: true,
      Error: '',
      Nodes: nodes.length,
      Managers: nodes.filter(({ role }) => role === 'manager').length,
    },
  }
}

function oneNode(store: Store, id: string): Answer {
  const node = store.nodes.get(id) ?? [...store.nodes.values()].find(({ hostname }) => hostname === id)
  return node === undefined ? no(404, `node ${id} not found`) : ok(asNode(node))
}

function updateNode(store: Store, id: string, { query, body }: Call): Answer {
  const node = store.nodes.get(id)
  if (node === undefined) return no(404, `node ${id} not found`)
  if (Number(query.version) !== node.version) return outOfSequence()
  const { Availability: availability, Labels: labels = {} } = body as Node['Spec']
  store.writeNode(node, { availability, labels: { ...labels } })
  return ok('')
}

function withService(store: Store, id: string, then: (service: StoredService) => Answer): Answer {
  const service = store.service(id)
  return service === undefined ? no(404, `service ${id} not found`) : then(service)
}

function asServiceAnswer(service: StoredService): Answer {
  return ok(asService(service))
}

function listServices(store: Store, filters: Filters): StoredService[] {
  return [...store.services.values()].filter(
    ({ id, current: { spec } }) =>
      has(filters, 'id', (prefix) => id.startsWith(prefix)) &&
      has(filters, 'name', (prefix) => spec.Name.startsWith(prefix)) &&
      has(filters, 'label', (label) => hasLabel(spec.Labels, label)),
  )
}

function createService(store: Store, { body, registryAuth }: Call): Answer {
  const spec = normalSpec(body as ServiceSpec, store)
  const problem = specProblem(store, spec)
  if (problem !== undefined) return problem
  if (store.service(spec.Name) !== undefined) {
    const said = `name conflicts with an existing object: service ${spec.Name} already exists`
    return no(409, `rpc error: code = AlreadyExists desc = ${said}`)
  }
  const inTheWay = portProblem(store, spec)
  if (inTheWay !== undefined) return inTheWay
  return ok({ ID: store.createService(spec, registryAuth).id }, 201)
}

function specProblem(store: Store, spec: ServiceSpec): Answer | undefined {
  const { ContainerSpec: container, Placement: placement } = spec.TaskTemplate
  if (!container?.Image) {
    return no(400, 'rpc error: code = InvalidArgument desc = ContainerSpec: image reference must be provided')
  }
  const constraint = (placement?.Constraints ?? []).map(constraintProblem).find((one) => one !== undefined)
  if (constraint !== undefined) return no(500, `rpc error: code = Unknown desc = ${constraint}`)
  for (const { SecretID: id, SecretName: name } of container.Secrets ?? []) {
    if (!store.objects.secrets.has(id))
      return no(400, `rpc error: code = InvalidArgument desc = secret not found: ${name}`)
  }
  for (const { ConfigID: id, ConfigName: name } of container.Configs ?? []) {
    if (!store.objects.configs.has(id))
      return no(400, `rpc error: code = InvalidArgument desc = config not found: ${name}`)
  }
  return undefined
}

/** swarmkit, manager/controlapi/service.go: checkPortConflicts */
function portProblem(store: Store, spec: ServiceSpec, itself?: StoredService): Answer | undefined {
  const asked = namedPorts(spec)
  for (const other of store.services.values()) {
    const { id, current } = other
    const port = id === itself?.id ? undefined : portInTheWay(asked, heldPorts(other))
    if (port === undefined) continue
    const said = `port '${port.PublishedPort}' is already in use by service '${current.spec.Name}' (${id}) as an ingress port`
    return no(400, `rpc error: code = InvalidArgument desc = ${said}`)
  }
  return undefined
}

function updateService(store: Store, service: StoredService, { query, body, registryAuth }: Call): Answer {
  const { version = '', rollback, registryAuthFrom = 'spec' } = query
  if (!/^\d+$/.test(version)) {
    return no(400, `invalid service version '${version}': strconv.ParseUint: parsing "${version}": invalid syntax`)
  }
  if (rollback === 'previous') return rollBack(store, service, version)

  const spec = normalSpec(body as ServiceSpec, store)
  const problem = specProblem(store, spec)
  if (problem !== undefined) return problem
  const { current, previous } = service
  if (registryAuthFrom === 'previous-spec' && registryAuth === undefined && previous === undefined) {
    return no(500, 'service does not have a previous spec')
  }
  if (spec.Name !== current.spec.Name) {
    return no(501, 'rpc error: code = Unimplemented desc = renaming services is not supported')
  }
  if (modeOf(spec) !== modeOf(current.spec)) {
    return no(501, 'rpc error: code = Unimplemented desc = service mode change is not allowed')
  }
  // It looks only where that changes (swarmkit, controlapi/service.go: UpdateService).
  const isMoved = !isDeepStrictEqual(spec.EndpointSpec, current.spec.EndpointSpec)
  const inTheWay = isMoved ? portProblem(store, spec, service) : undefined
  if (inTheWay !== undefined) return inTheWay
  if (Number(version) !== service.version) return outOfSequence()
  const stored = registryAuthFrom === 'previous-spec' ? previous?.credential : current.credential
  store.writeService(service, {
    current: { spec, version: service.version, credential: registryAuth ?? stored },
    previous: current,
    status: undefined,
    iteration: isJobSpec(spec) ? (service.iteration ?? 0) + 1 : undefined,
  })
  return ok({ Warnings: null })
}

function outOfSequence(): Answer {
  return no(500, 'rpc error: code = Unknown desc = update out of sequence')
}

function rollBack(store: Store, service: StoredService, version: string): Answer {
  const { current, previous } = service
  if (previous === undefined) {
    const said = `service ${service.id} does not have a previous spec`
    return no(400, `rpc error: code = FailedPrecondition desc = ${said}`)
  }
  if (Number(version) !== service.version) return outOfSequence()
  store.writeService(service, {
    current: previous,
    previous: current,
    status: { state: 'rollback_started', message: 'manually requested rollback', startedAt: store.timestamp() },
    iteration: isJobSpec(previous.spec) ? (service.iteration ?? 0) + 1 : undefined,
  })
  return ok({ Warnings: null })
}

/** One service of the filter that is gone fails the whole call. */
function listTasks(store: Store, filters: Filters): Answer {
  const services = (filters.service ?? []).map((name) => ({ name, service: store.service(name) }))
  const gone = services.find(({ service }) => service === undefined)
  if (gone !== undefined) return no(404, `service ${gone.name} not found`)
  const ids = services.map(({ service }) => service?.id)
  const upToDate = (filters['_up-to-date'] ?? []).some((value) => value === 'true' || value === '1')
  const tasks = [...store.tasks.values()].filter(
    (task) =>
      (ids.length === 0 || ids.includes(task.serviceId)) &&
      has(filters, 'id', (prefix) => task.id.startsWith(prefix)) &&
      has(filters, 'node', (node) => task.nodeId === node) &&
      has(filters, 'desired-state', (state) => task.desired === state) &&
      has(filters, 'label', (label) => hasLabel(task.made.spec.Labels, label)) &&
      has(filters, 'name', (prefix) => taskName(task).startsWith(prefix)) &&
      (!upToDate || isUpToDate(store, task)),
  )
  return ok(tasks.map(asTask))
}

/** swarmkit, api/naming/naming.go */
function taskName({ id, slot, nodeId = '', made }: StoredTask): string {
  return `${made.spec.Name}.${slot > 0 ? slot : nodeId}.${id}`
}

function isUpToDate(store: Store, task: StoredTask): boolean {
  const service = store.services.get(task.serviceId)
  return service !== undefined && !isDirty(store, service, task)
}

function oneTask(
  store: Store,
  images: Images,
  id: string,
  part: string | undefined,
  { stdout, stderr }: Call['query'],
): Answer {
  const task = store.tasks.get(id)
  if (task === undefined) return no(404, `task ${id} not found`)
  if (part !== 'logs') return ok(asTask(task))
  if (task.printed !== undefined) {
    const { stdout: out = [], stderr: err = [] } = task.printed
    const lines = [...(stdout ? out : []), ...(stderr ? err : [])]
    return ok(Buffer.concat(lines.map(logFrame)))
  }
  const { prints = '' } = findImage(images, task.made.spec.TaskTemplate.ContainerSpec?.Image ?? '')?.image ?? {}
  return ok(logFrame(prints))
}

/** A line of a log as the API streams it (moby, api/types/container: 8 bytes before each piece). */
function logFrame(line: string): Buffer {
  if (line === '') return Buffer.alloc(0)
  const text = Buffer.from(`${line}\n`)
  const head = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0])
  head.writeUInt32BE(text.length, 4)
  return Buffer.concat([head, text])
}

const SINGULAR = { secrets: 'secret', configs: 'config', networks: 'network' } as const

function listObjects(store: Store, kind: ObjectKind, filters: Filters): Answer {
  const found = [...store.objects[kind].values()].filter(
    ({ id, name, body }) =>
      has(filters, 'id', (prefix) => id.startsWith(prefix)) &&
      has(filters, 'name', (prefix) => name.startsWith(prefix)) &&
      has(filters, 'label', (label) => hasLabel(body.Labels as Record<string, string>, label)),
  )
  const leftovers = kind === 'networks' ? [...store.leftovers].map(asLeftover) : []
  return ok([...found.map((object) => asObject(kind, object)), ...leftovers])
}

function oneObject(store: Store, kind: ObjectKind, id: string): Answer {
  const object = store.object(kind, id)
  return object === undefined ? no(404, `${SINGULAR[kind]} ${id} not found`) : ok(asObject(kind, object))
}

function createObject(store: Store, kind: ObjectKind, { Name, ...body }: Record<string, unknown>): Answer {
  const name = String(Name)
  const isLeft = kind === 'networks' && [...store.leftovers].some((one) => one.name === name)
  if (isLeft || store.object(kind, name) !== undefined) {
    return kind === 'networks'
      ? no(409, `network with name ${name} already exists`)
      : no(409, `rpc error: code = AlreadyExists desc = ${SINGULAR[kind]} ${name} already exists`)
  }
  const { id } = store.createObject(kind, name, body)
  return ok(kind === 'networks' ? { Id: id, Warning: '' } : { ID: id }, 201)
}

/** Only the labels of a secret or config can be changed. */
function relabelObject(store: Store, kind: ObjectKind, id: string, { query, body }: Call): Answer {
  const object = store.object(kind, id)
  if (object === undefined) return no(404, `${SINGULAR[kind]} ${id} not found`)
  const { Labels, Data, Name } = body as Record<string, unknown>
  const isOther = Name !== object.name || (Data !== undefined && Data !== object.body.Data)
  if (isOther) return no(400, 'rpc error: code = InvalidArgument desc = only updates to Labels are allowed')
  if (Number(query.version) !== object.version) return outOfSequence()
  store.relabelObject(kind, object, Labels as Record<string, string>)
  return ok('')
}

function removeObject(store: Store, kind: ObjectKind, id: string): Answer {
  const object = store.object(kind, id)
  if (object === undefined) return no(404, `${SINGULAR[kind]} ${id} not found`)
  const user = [...store.services.values()].find((service) => JSON.stringify(service.current.spec).includes(object.id))
  if (user !== undefined) {
    const said =
      kind === 'networks'
        ? `FailedPrecondition desc = network ${object.id} is in use by service ${user.id}`
        : `InvalidArgument desc = ${SINGULAR[kind]} '${object.name}' is in use by the following service: ${user.current.spec.Name}`
    return no(400, `rpc error: code = ${said}`)
  }
  store.objects[kind].delete(object.id)
  return ok('', 204)
}

function distribution(images: Images, reference: string, header: string | undefined): Answer {
  const found = findImage(images, decodeURIComponent(reference))
  if (found === undefined) return no(404, 'manifest unknown: manifest unknown')
  if (!mayRead(found.image, header)) {
    return header === undefined
      ? no(500, `Head "https://${reference}": no basic auth credentials`)
      : no(403, 'denied: requested access to the resource is denied')
  }
  const { platforms = ['linux/amd64'] } = found.image
  return ok({
    Descriptor: {
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      digest: digestOf(found.tag),
      size: 586,
    },
    Platforms: platforms.map((platform) => {
      const [os, architecture] = platform.split('/')
      return { architecture, os }
    }),
  })
}

/** A container of the manager's own node; of others a daemon knows nothing. */
function localContainer(store: Store, images: Images, containerId: string): Answer {
  const task = [...store.tasks.values()].find(({ container }) => container?.id === containerId)
  if (task === undefined || store.nodes.get(task.nodeId ?? '')?.role !== 'manager') {
    return no(404, `No such container: ${containerId}`)
  }
  const { Image: image = '', Healthcheck: own } = task.made.spec.TaskTemplate.ContainerSpec ?? {}
  const check = { ...checkOf(findImage(images, image)?.image), ...own }
  const hasCheck = Object.keys(check).length > 0
  return ok({
    Id: containerId,
    State: hasCheck || task.isUnhealthy ? { Health: healthOf(task, check.Retries || 3) } : {},
    Config: hasCheck ? { Healthcheck: check } : {},
  })
}

/** A container that has ended is unhealthy in any case, if it had a check: how often that had failed tells more. */
function healthOf({ state, isUnhealthy }: StoredTask, retries: number): object {
  const isUp = state === 'running' || state === 'starting'
  return { Status: isUp && !isUnhealthy ? 'healthy' : 'unhealthy', FailingStreak: isUnhealthy ? retries : 0 }
}

/** The manager's own node has what it has pulled. */
function localImage(store: Store, images: Images, reference: string): Answer {
  const name = decodeURIComponent(reference)
  const found = findImage(images, name)
  const manager = [...store.nodes.values()].find(({ role }) => role === 'manager')
  if (found === undefined || manager?.images.has(digestOf(found.tag)) !== true) {
    return no(404, `no such image: ${name}: No such image: ${name}`)
  }
  const check = checkOf(found.image)
  return ok({ Id: digestOf(`${found.tag} config`), Config: check ? { Healthcheck: check } : {} })
}

function checkOf(image: Image | undefined): Healthcheck | undefined {
  return image?.healthy !== undefined || image?.unhealthy !== undefined ? { Test: ['CMD', 'true'] } : undefined
}
