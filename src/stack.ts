import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Connection, ServiceRequest, ServiceResult, StackRequest } from './deployment.ts'
import type { Service } from './docker/api.ts'
import { CONTENT_KEY, locateComplaint, placeOf, VARIABLE_KEY } from './docker/compose.ts'
import { throughElection } from './docker/election.ts'
import { type Engine, EngineError } from './docker/engine.ts'
import { parseReference, withTagDefault } from './docker/reference.ts'
import { complaint } from './docker/rehearsal.ts'
import { imageOf } from './docker/service-spec.ts'
import { type FileObject, labelsOf, NAMESPACE_LABEL, parseStackFile, type StackFile } from './docker/stack-file.ts'
import {
  contentHash,
  HASH_LABEL,
  type Kind,
  type Network,
  type StackObject,
  unusedIds,
  VERSION_LABEL,
  versionName,
} from './docker/stack-objects.ts'
import { messageOf, throwAll, UserError } from './errors.ts'
import { log } from './runner/log.ts'
import { Secret } from './runner/secret.ts'
import type { Workspace } from './runner/workspace.ts'

/** A stack that was read: what it asks for, and what of it the swarm already has. */
export interface Stack {
  readonly name: string
  readonly services: readonly ServiceRequest[]
  /** Secrets and configs that the files give the content of. */
  readonly objects: readonly WantedObject[]
  /** Its own networks, by the names that they have on the swarm. */
  readonly networks: ReadonlySet<string>
  readonly known: KnownObjects
  readonly prune: boolean
  /** One line for everything that the swarm does not have, or has in another form. */
  readonly problems: readonly string[]
  /** External objects that are missing: a rehearsal goes on as if they were there, for that has been said. */
  readonly missing: {
    readonly secret: readonly string[]
    readonly config: readonly string[]
    readonly network: readonly string[]
  }
}

interface KnownObjects {
  readonly secret: readonly StackObject[]
  readonly config: readonly StackObject[]
  readonly networks: readonly Network[]
}

interface WantedObject {
  readonly kind: Kind
  /** As Swarm knows it. */
  readonly name: string
  /** The name without the hash, which all versions share; `undefined` when the name is fixed. */
  readonly versionOf: string | undefined
  readonly labels: Readonly<Record<string, string>>
  readonly content: Buffer
  readonly driver: { readonly Name: string; readonly Options: Readonly<Record<string, string>> } | undefined
  readonly templating: string | undefined
}

/** Docker 23 is the first with `docker stack config`, 26 the first with `docker stack deploy --detach`. */
const DETACH_CLI = 26

const LARGEST_KILOBYTES: Readonly<Record<Kind, number>> = { secret: 500, config: 1000 }
const LONGEST_SERVICE_NAME = 63

/**
 * Has docker merge the files and replace their variables, and compares what they need with what the swarm has.
 *
 * @throws UserErrors when docker cannot make one stack of the files
 */
export async function readStack(
  request: StackRequest,
  connection: Connection,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<Stack> {
  for (const notice of request.adapted.notices) log.notice(notice)
  for (const warning of request.adapted.warnings) log.warning(warning)
  const file = await render(request, connection, workspace, signal)
  const known = await knownObjects(connection.engine, signal)

  const problems: string[] = []
  const objects = await wantedObjects(request, file, known, problems)
  const missing = missingExternals(request, file, known, problems)
  const pinned = withObjects(file, objects)
  const services = Object.keys(file.services).flatMap((key) => {
    const service = serviceRequest(request, key, pinned, (connection.cliVersion?.major ?? 0) >= DETACH_CLI)
    if (typeof service !== 'string') return [service]
    problems.push(service)
    return []
  })
  if (services.length === 0 && problems.length === 0) {
    problems.push(`${placeOf(request.files, [])}: there is no service in it: write at least one under \`services\``)
  }
  throwAll(services.length === 0 ? problems : [])
  const networks = new Set(Object.entries(file.networks).map(([key, one]) => one?.name ?? scoped(request, key)))
  return {
    name: request.name,
    services,
    objects: [...objects.values()],
    networks: networks.add(scoped(request, 'default')),
    known,
    prune: request.prune,
    problems,
    missing,
  }
}

async function render(
  request: StackRequest,
  { docker, configDirectory }: Connection,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<StackFile> {
  const { files, adapted, directory, variables } = request
  const [first = '', ...others] = adapted.texts
  const folder = others.length > 0 ? await workspace.makeDirectory('compose') : ''
  const paths = others.map((_, index) => join(folder, `${index + 2}.yml`))
  await Promise.all(others.map((text, index) => workspace.writeFile(paths[index] ?? '', text)))
  // The first file comes by the input: so relative paths begin at the directory of the user's file.
  const from = ['-', ...paths].flatMap((path) => ['--compose-file', path])
  const args = ['--config', configDirectory, 'stack', 'config', ...from]
  const result = await docker.run(args, { env: variables, stdin: first, cwd: directory, signal })
  if (result.code !== 0) throw new UserError(locateComplaint(files, complaint(result)))
  return parseStackFile(result.stdout)
}

async function knownObjects(engine: Engine, signal: AbortSignal): Promise<KnownObjects> {
  const [secret, config, networks] = await Promise.all([
    throughElection(() => engine.get<StackObject[]>('/secrets', { signal }), signal),
    throughElection(() => engine.get<StackObject[]>('/configs', { signal }), signal),
    throughElection(() => engine.get<Network[]>('/networks', { signal }), signal),
  ])
  return { secret, config, networks }
}

function scoped({ name }: { readonly name: string }, key: string): string {
  return `${name}_${key}`
}

function serviceRequest(
  request: StackRequest,
  key: string,
  file: StackFile,
  knowsDetach: boolean,
): ServiceRequest | string {
  const service = file.services[key] ?? {}
  const name = scoped(request, key)
  if (name.length > LONGEST_SERVICE_NAME) {
    return `${placeOf(request.files, ['services', key])}: the service ${name} has ${name.length} characters, Swarm takes at most ${LONGEST_SERVICE_NAME}: write a shorter name for it or the stack`
  }
  if (!service.image) {
    return `${placeOf(request.files, ['services', key])}: services.${key} has no \`image\`: build and push in an earlier step, and name the result here`
  }
  try {
    const image = withTagDefault(parseReference(service.image))
    const compose = { stack: request.name, key, file, isRerun: request.rerunJobs, knowsDetach }
    const nothingElse = { env: {}, create: true, createArgs: [], updateArgs: [], rollover: request.rollover }
    return { name, image, labels: labelsOf(service), ...nothingElse, compose }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return `${placeOf(request.files, ['services', key, 'image'])}: services.${key}.image: ${error.message}`
  }
}

/** The secrets and configs that the files hold the content of, by `secrets.key` and `configs.key`. */
async function wantedObjects(
  request: StackRequest,
  file: StackFile,
  known: KnownObjects,
  problems: string[],
): Promise<Map<string, WantedObject>> {
  const wanted = new Map<string, WantedObject>()
  for (const kind of ['secret', 'config'] as const) {
    for (const [key, object] of Object.entries(file[`${kind}s`])) {
      if (object.external) continue
      const place = placeOf(request.files, [`${kind}s`, key])
      try {
        const one = await wantedObject(request, kind, key, object)
        checkFixedName(one, known[kind])
        wanted.set(`${kind}s.${key}`, one)
      } catch (error) {
        if (!(error instanceof UserError)) throw error
        problems.push(`${place}: ${kind}s.${key}: ${error.message}`)
      }
    }
  }
  return wanted
}

async function wantedObject(request: StackRequest, kind: Kind, key: string, object: FileObject): Promise<WantedObject> {
  const driver = object.driver === undefined ? undefined : { Name: object.driver, Options: object.driver_opts ?? {} }
  const content = driver === undefined ? await contentOf(request, kind, object) : Buffer.alloc(0)
  if (kind === 'secret' && content.length > 0) new Secret(content.toString())
  const base = object.name ?? scoped(request, key)
  const isFixed = object.name !== undefined || driver !== undefined
  const hash = contentHash(kind, base, content)
  return {
    kind,
    name: isFixed ? base : versionName(base, hash),
    versionOf: isFixed ? undefined : base,
    labels: {
      ...object.labels,
      [NAMESPACE_LABEL]: request.name,
      ...(isFixed ? { [HASH_LABEL]: hash } : { [VERSION_LABEL]: base }),
    },
    content,
    driver,
    templating: object.template_driver,
  }
}

async function contentOf({ lookUp }: StackRequest, kind: Kind, object: FileObject): Promise<Buffer> {
  const content = await rawContent(object, lookUp)
  if (content.length === 0) throw new UserError('its content is empty, which Swarm does not take: give it some')
  const most = LARGEST_KILOBYTES[kind]
  if (content.length < most * 1024) return content
  throw new UserError(
    `its content is larger than ${most} kB, which Swarm does not take: put it into an image or volume`,
  )
}

async function rawContent(object: FileObject, lookUp: StackRequest['lookUp']): Promise<Buffer> {
  const variable = object[VARIABLE_KEY]
  if (typeof variable === 'string') {
    const value = lookUp(variable)
    if (value === undefined)
      throw new UserError(`the variable ${variable} is not set: set it in the \`env\` of the step`)
    return Buffer.from(value)
  }
  if (object[CONTENT_KEY] !== undefined) return Buffer.from(String(object[CONTENT_KEY]))
  const path = object.file
  if (path === undefined) throw new UserError('it has no content: write its `file`, or `external: true`')
  try {
    if ((await stat(path)).isFile()) return await readFile(path)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code !== 'ENOENT' && code !== 'ENOTDIR')
      throw new UserError(`its file ${path} cannot be read (${code}): check its permissions`)
    throw new UserError(
      `there is no file ${path}: write the path of a file of this job, relative to the first compose file`,
    )
  }
  throw new UserError(`${path} is no regular file: write the path of one`)
}

/** Swarm cannot change the content of an object: with a name of its own it has to stay what it is. */
function checkFixedName({ kind, name, versionOf, labels, content }: WantedObject, known: readonly StackObject[]): void {
  if (versionOf !== undefined) return
  const existing = known.find(({ Spec }) => Spec.Name === name)
  if (existing === undefined) return
  const hash = existing.Spec.Labels?.[HASH_LABEL]
  const data = existing.Spec.Data
  const differs =
    data === undefined ? hash !== undefined && hash !== labels[HASH_LABEL] : data !== content.toString('base64')
  if (differs) {
    throw new UserError(
      `the swarm has the ${kind} ${name} with another content, which cannot be changed: leave \`name\` out, then each content gets a name of its own, or write a new name`,
    )
  }
  if (data === undefined && hash === undefined) {
    log.warning(`the secret ${name} was not made by this action: it is taken as it is, for its content cannot be read`)
  }
}

function missingExternals(
  request: StackRequest,
  file: StackFile,
  known: KnownObjects,
  problems: string[],
): Stack['missing'] {
  const absent = (kind: Kind) =>
    Object.entries(file[`${kind}s`]).flatMap(([key, { external, name }]) => {
      const wanted = name ?? (typeof external === 'object' ? external.name : undefined) ?? key
      if (!external || known[kind].some(({ Spec }) => Spec.Name === wanted)) return []
      problems.push(
        `${placeOf(request.files, [`${kind}s`, key])}: the external ${kind} ${wanted} does not exist on this swarm: make it with \`docker ${kind} create\`, or correct its name`,
      )
      return [wanted]
    })
  const network = Object.entries(file.networks).flatMap(([key, one]) => {
    if (!one?.external) return []
    const wanted = one.name ?? key
    const found = known.networks.filter(({ Name }) => Name === wanted)
    if (['host', 'bridge', 'none'].includes(wanted) || found.some(({ Scope }) => Scope === 'swarm')) return []
    const place = placeOf(request.files, ['networks', key])
    problems.push(
      found.length > 0
        ? `${place}: the external network ${wanted} exists on one node only: make it with \`docker network create --driver overlay\`, or correct its name`
        : `${place}: the external network ${wanted} does not exist on this swarm: make it with \`docker network create --driver overlay\`, or correct its name`,
    )
    return [wanted]
  })
  return { secret: absent('secret'), config: absent('config'), network }
}

/** The file as services are deployed from: secrets and configs exist by then, under their own names. */
function withObjects(file: StackFile, objects: ReadonlyMap<string, WantedObject>): StackFile {
  const external = (kind: 'secrets' | 'configs') =>
    Object.fromEntries(
      Object.entries(file[kind]).map(([key, object]) => {
        const name = objects.get(`${kind}.${key}`)?.name
        return [key, name === undefined ? { external: true, name: object.name ?? key } : { external: true, name }]
      }),
    )
  return { ...file, secrets: external('secrets'), configs: external('configs') }
}

/** What stands for an object that is not there yet. */
function placeholder(kind: Kind | 'network', name: string): string {
  return kind === 'network' ? name : `new-${kind}-${name}`
}

/** What the preflight has to know of the stack around a service. */
export function surroundingsOf(stack: Stack) {
  return {
    pretended: pretendedObjects(stack),
    networkIds: networkIds(stack),
    configContent: (id: string) => configContent(stack, id),
  }
}

/** What a rehearsal must see on the swarm beyond what there is. */
function pretendedObjects({ objects, known, missing }: Stack): Record<Kind | 'network', StackObject[]> {
  const made = (kind: Kind) => objects.filter((one) => one.kind === kind && !exists(one, known)).map(({ name }) => name)
  const all = (kind: Kind | 'network', names: readonly string[]) =>
    names.map((name) => ({ ID: placeholder(kind, name), Spec: { Name: name, Labels: {} } }))
  return {
    secret: all('secret', [...made('secret'), ...missing.secret]),
    config: all('config', [...made('config'), ...missing.config]),
    network: all('network', missing.network),
  }
}

function exists({ kind, name }: WantedObject, known: KnownObjects): boolean {
  return known[kind].some(({ Spec }) => Spec.Name === name)
}

/** The IDs of the networks, by name. */
function networkIds({ known }: Stack): Map<string, string> {
  const local = known.networks.filter(({ Scope }) => Scope !== 'swarm')
  const swarm = known.networks.filter(({ Scope }) => Scope === 'swarm')
  return new Map([...local, ...swarm].map(({ Id, Name }) => [Name, Id]))
}

/** The content of the swarm config with this ID, as it is or will be. */
function configContent({ objects, known }: Stack, id: string): string | undefined {
  const existing = known.config.find(({ ID }) => ID === id)?.Spec.Data
  if (existing !== undefined) return Buffer.from(existing, 'base64').toString()
  return objects.find(({ kind, name }) => kind === 'config' && placeholder('config', name) === id)?.content.toString()
}

/**
 * Makes the networks, secrets and configs that are not there yet, each once.
 *
 * @param networks what docker itself would send to make them, from the rehearsals
 * @returns the ID of each, by what stood for it until now
 * @throws UserError when the swarm refuses one; those made before it are taken away again
 */
export async function makeObjects(
  stack: Stack,
  networks: readonly { readonly Name: string }[],
  { engine }: Connection,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const made: { readonly placeholder: string; readonly path: string; readonly id: string }[] = []
  const make = async (kind: Kind | 'network', name: string, body: unknown) => {
    signal.throwIfAborted()
    const id = await makeOnce(engine, kind, name, body)
    made.push({ placeholder: placeholder(kind, name), path: `/${kind}s/${id}`, id })
    log.info(`${kind} ${name}: created`)
  }
  try {
    for (const body of new Map(networks.map((one) => [one.Name, one])).values()) await make('network', body.Name, body)
    for (const object of stack.objects) {
      if (!exists(object, stack.known)) await make(object.kind, object.name, bodyOf(object))
    }
  } catch (error) {
    await Promise.all(made.map(({ path }) => engine.remove(path).catch((e: unknown) => log.warning(messageOf(e)))))
    throw error
  }
  return new Map(made.map(({ placeholder: before, id }) => [before, id]))
}

function bodyOf({ name, labels, content, driver, templating }: WantedObject): unknown {
  return {
    Name: name,
    Labels: labels,
    ...(driver === undefined ? { Data: content.toString('base64') } : { Driver: driver }),
    ...(templating === undefined ? {} : { Templating: { Name: templating } }),
  }
}

/** While the swarm has no leader nobody knows whether it was made: then it is there at the second try. */
async function makeOnce(engine: Engine, kind: Kind | 'network', name: string, body: unknown): Promise<string> {
  const patience = AbortSignal.timeout(120_000)
  try {
    const answer = await throughElection(
      () => engine.post<{ ID?: string; Id?: string }>(`/${kind}s/create`, { body }),
      patience,
    )
    return answer.ID ?? answer.Id ?? ''
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    if (error.status !== 409) throw new UserError(`the swarm refuses to make the ${kind} ${name}: ${error.message}`)
    const there = await throughElection(
      () => engine.get<{ ID?: string; Id?: string }>(`/${kind}s/${encodeURIComponent(name)}`),
      patience,
    )
    return there.ID ?? there.Id ?? ''
  }
}

/** Tasks that are being stopped hold on to their networks for a while. */
const RELEASE_SECONDS = 20

/**
 * Removes what a stack that has come up no longer needs: earlier versions of its secrets and configs, and with
 * `prune` its services that the files do not name any more, and then all that is the stack's and not used.
 */
export async function removeUnused(stack: Stack, connection: Connection): Promise<ServiceResult[]> {
  const { engine, docker, configDirectory } = connection
  const patience = AbortSignal.timeout(120_000)
  const read = <T>(path: string, query?: Readonly<Record<string, string>>) =>
    throughElection(() => engine.get<T>(path, query === undefined ? {} : { query }), patience)
  const remove = async (kind: Kind | 'network' | 'service', id: string) => {
    const result = await docker.run(['--config', configDirectory, kind, 'rm', id])
    return result.code === 0 ? undefined : complaint(result)
  }

  const names = new Set(stack.services.map(({ name }) => name))
  const before = await read<Service[]>('/services')
  const surplus = before.filter(({ Spec }) => isOfStack(stack, Spec.Labels) && !names.has(Spec.Name))
  const results = stack.prune ? await Promise.all(surplus.map(removeService)) : []

  const [services, known] = await Promise.all([read<Service[]>('/services'), knownObjects(engine, patience)])
  for (const kind of ['secret', 'config'] as const) {
    const old = known[kind].filter((object) => isOld(stack, kind, object))
    const unused = unusedIds(
      old.map(({ ID }) => ID),
      services,
    )
    for (const { ID, Spec } of old.filter((one) => unused.includes(one.ID))) {
      say(`${kind} ${Spec.Name}`, await remove(kind, ID))
    }
  }
  if (stack.prune) {
    const old = known.networks.filter(({ Name, Labels }) => isOfStack(stack, Labels) && !stack.networks.has(Name))
    const unused = unusedIds(
      old.map(({ Id }) => Id),
      services,
    )
    for (const { Id, Name } of old.filter((one) => unused.includes(one.Id))) {
      say(`network ${Name}`, await whenReleased(() => remove('network', Id)))
    }
  }
  return results

  async function removeService(service: Service): Promise<ServiceResult> {
    const startedAt = performance.now()
    const refusal = await remove('service', service.ID)
    say(`service ${service.Spec.Name}`, refusal)
    return {
      name: service.Spec.Name,
      action: 'remove',
      outcome: refusal === undefined ? 'removed' : 'failed',
      image: { before: imageOf(service), after: undefined },
      config: undefined,
      nodes: 0,
      tasks: { running: 0, wanted: 0 },
      seconds: Math.round((performance.now() - startedAt) / 100) / 10,
      ...(refusal === undefined ? {} : { cause: `docker refused to remove it: ${refusal}` }),
    }
  }
}

function isOfStack({ name }: Stack, labels: Readonly<Record<string, string>> | null | undefined): boolean {
  return labels?.[NAMESPACE_LABEL] === name
}

/** An earlier version of what the files hold; with `prune` everything of the stack that they do not hold. */
function isOld(stack: Stack, kind: Kind, { Spec }: StackObject): boolean {
  const wanted = stack.objects.filter((object) => object.kind === kind)
  if (!isOfStack(stack, Spec.Labels) || wanted.some(({ name }) => name === Spec.Name)) return false
  const version = Spec.Labels?.[VERSION_LABEL]
  return stack.prune || wanted.some(({ versionOf }) => versionOf !== undefined && versionOf === version)
}

function say(what: string, refusal: string | undefined): void {
  if (refusal === undefined) log.info(`${what}: removed`)
  else log.warning(`${what} is no longer needed, but docker did not remove it: ${refusal}`)
}

async function whenReleased(remove: () => Promise<string | undefined>): Promise<string | undefined> {
  const deadline = performance.now() + RELEASE_SECONDS * 1000
  for (;;) {
    const refusal = await remove()
    if (refusal === undefined || !/in use|active endpoints/i.test(refusal) || performance.now() > deadline)
      return refusal
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}
