import { join } from 'node:path'
import type { Connection } from '../connect/connection.ts'
import type { Service, ServiceSpec } from '../docker/api.ts'
import { allComplaints } from '../docker/cli/all-complaints.ts'
import { stackDeploy } from '../docker/cli/commands.ts'
import { type CapturedStack, captureStack } from '../docker/cli/stack-capture.ts'
import { parseReference, withTagDefault } from '../docker/registry/reference.ts'
import {
  type KnownObjects,
  NAMESPACE_LABEL,
  type NetworkCreate,
  type ObjectCreate,
  placeholder,
  type Referred,
  referredIds,
  stackIn,
  withIds,
} from '../docker/specs/stack-objects.ts'
import { throwAll, UserError } from '../errors.ts'
import { SOURCE_LABEL } from '../inputs/compose/adapt-content.ts'
import { complaintPath, locateComplaint } from '../inputs/compose/complaints.ts'
import { placeOf, positionOf } from '../inputs/compose/place.ts'
import { serviceKeys } from '../inputs/compose/tree.ts'
import type { ServiceRequest } from '../inputs/deployment.ts'
import type { StackRequest } from '../inputs/stack-request.ts'
import { log, stage } from '../runner/log/log.ts'
import { inParallel } from '../runner/parallel.ts'
import { placed } from '../runner/text/shown.ts'
import type { Workspace } from '../runner/workspace/workspace.ts'
import { wantedObjects } from './content.ts'
import { dependantsOf } from './dependants.ts'
import { dockerFiles, keyOf } from './docker-files.ts'
import { type KnownToStack, knownObjects, type Stack, scoped, type WantedObject } from './stack.ts'

/** The first docker CLI with `docker stack deploy --detach`. */
const DETACH_CLI = 26

const KINDS = ['secret', 'config'] as const

/** How many docker commands look for complaints side by side. */
const MOST_COMMANDS = 4

/**
 * Has docker say what it would deploy of the files, and compares what they need with what the swarm has.
 *
 * @throws UserErrors when docker cannot make one stack of the files
 */
export function readStack(
  request: StackRequest,
  connection: Connection,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<Stack> {
  return stage('Read the stack', () => read(request, connection, workspace, signal))
}

async function read(
  request: StackRequest,
  connection: Connection,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<Stack> {
  for (const notice of request.adapted.notices) log.notice(notice)
  for (const warning of request.adapted.warnings) log.warning(warning)
  const known = await knownToStack(request, connection, signal)
  const capture = (only?: string, leftOut: readonly (readonly string[])[] = []) =>
    captured(request, connection, known, workspace, signal, only, leftOut)
  const whole = await capture()
  const keys = serviceKeys(request.adapted.files)
  const isOne = keys.length === 1
  const asked = whole.refusal === undefined || isOne ? [] : await inParallel(keys, MOST_COMMANDS, (key) => capture(key))
  const alone = whole.refusal !== undefined && isOne ? [whole] : asked
  const all = together([whole, ...alone])
  for (const warning of all.warnings.flatMap(withoutRestart)) log.warning(`docker stack deploy says: ${warning}`)

  const problems: string[] = []
  const objects = wantedObjects(request, all, known, problems)
  problems.push(...missingExternals(request, known, all.missing))
  if (whole.refusal === undefined) requireAll(request, whole.services)
  else problems.push(...(await refusals(request, whole.refusal, alone, capture)))

  const ids = idsFor(objects, known)
  const networks = all.networks.filter(({ Name }) => !isThere(Name, request, known))
  const order = keys.map((key) => scoped(request, key))
  const services = all.services
    .toSorted((a, b) => order.indexOf(a.Name) - order.indexOf(b.Name))
    .flatMap((spec) => {
      const service = serviceRequest(request, spec, ids, networks)
      if (typeof service !== 'string') return [service]
      problems.push(service)
      return []
    })
  if (services.length === 0 && problems.length === 0) {
    problems.push(`${placeOf(request.files, [])}: there is no service in it: write at least one under \`services\``)
  }
  throwAll(services.length === 0 ? problems : [])
  const meant = services.filter(({ name }) => !request.leftOut.includes(name))
  if (request.leftOut.length > 0) tellLeftOut(request, meant, known)
  return {
    name: request.name,
    services: meant,
    objects: objectsFor(meant, objects, known, request),
    networks: new Map(all.networks.map(({ Name }) => [Name, placeOfNetwork(request, Name)])),
    known,
    prune: request.prune,
    problems,
    told: toldIds(objects, all.missing),
  }
}

async function knownToStack(
  { name }: StackRequest,
  { engine }: Connection,
  signal: AbortSignal,
): Promise<KnownToStack> {
  const filters = JSON.stringify({ label: [`${NAMESPACE_LABEL}=${name}`] })
  const [known, services] = await Promise.all([
    knownObjects(engine, signal),
    engine.get<Service[]>('/services', { query: { filters }, signal }),
  ])
  return {
    ...known,
    used: new Set(services.flatMap(({ Spec }) => referredIds(Spec))),
    services: new Set(services.map(({ Spec }) => Spec.Name)),
  }
}

const UNSUPPORTED = 'Ignoring unsupported options: '

/** That docker ignores `restart` is told with its place by then, and of `on-failure` it is not true. */
function withoutRestart(warning: string): string[] {
  if (!warning.startsWith(UNSUPPORTED)) return [warning]
  const others = warning
    .slice(UNSUPPORTED.length)
    .split(', ')
    .filter((key) => key !== 'restart')
  return others.length === 0 ? [] : [`${UNSUPPORTED}${others.join(', ')}`]
}

/** @param only the one service that docker is asked about; all unless given */
async function captured(
  request: StackRequest,
  { docker, engine, configDirectory, cliVersion }: Connection,
  known: KnownObjects,
  workspace: Workspace,
  signal: AbortSignal,
  only: string | undefined,
  leftOut: readonly (readonly string[])[],
): Promise<CapturedStack> {
  const [first = '', ...others] = dockerFiles(request, cliVersion?.major, only, leftOut)
  // Not by its name, which may be anything, also a path.
  const number = only === undefined ? '' : serviceKeys(request.adapted.files).indexOf(only) + 1
  const folder = others.length > 0 ? await workspace.makeDirectory(`compose${number}-${leftOut.length}`) : ''
  const paths = others.map((_, index) => join(folder, `${index + 2}.yml`))
  await Promise.all(others.map((text, index) => workspace.writeFile(paths[index] ?? '', text)))
  const command = stackDeploy({
    name: request.name,
    directory: configDirectory,
    first,
    others: paths,
    cwd: request.directory,
    env: request.variables,
    knowsDetach: (cliVersion?.major ?? 0) >= DETACH_CLI,
  })
  return captureStack(command, docker, engine, known, workspace.socketPath(), signal)
}

/** What docker says against the files: all that it says against each service alone, else as it said it first. */
async function refusals(
  request: StackRequest,
  first: string,
  alone: readonly CapturedStack[],
  capture: (only: string, leftOut: readonly (readonly string[])[]) => Promise<CapturedStack>,
): Promise<string[]> {
  const keys = serviceKeys(request.adapted.files)
  const only = keys.length === 1 ? ['services', ...keys] : []
  // What is said of each service alike is about none of them, or about something that has a place.
  const isAlike = keys.length > 1 && alone.every(({ refusal }) => refusal === first)
  const isCommon = isAlike && complaintPath(request.files, first, ['services', keys[0] ?? '']) === undefined
  if (isCommon || alone.every(({ refusal }) => refusal === undefined)) {
    return [locateComplaint(request.files, first, only, request.lookUp)]
  }
  const refused = alone.flatMap(({ refusal }, index) =>
    refusal === undefined ? [] : [{ key: keys[index] ?? '', refusal }],
  )
  const found = await inParallel(refused, MOST_COMMANDS, async ({ key, refusal }) => {
    const service = ['services', key]
    const all = await complaints(request, service, refusal, (leftOut) => capture(key, leftOut))
    return all.map((complaint) => locateComplaint(request.files, complaint, service, request.lookUp))
  })
  // Docker itself has no order.
  return [...new Set(found.flat())].sort(new Intl.Collator('en', { numeric: true }).compare)
}

/** All that docker says against one service. */
function complaints(
  { files }: StackRequest,
  service: readonly string[],
  first: string,
  ask: (leftOut: readonly (readonly string[])[]) => Promise<CapturedStack>,
): Promise<string[]> {
  const leftOut: (readonly string[])[] = []
  return allComplaints(first, async (complaint) => {
    const path = complaintPath(files, complaint, service)
    if (path === undefined || path.length < 3) return undefined
    // Without it there is only that to complain of.
    if (path.length === 3 && path[2] === 'image') return undefined
    // Of a list all goes, or its other items would be told by wrong places.
    const item = path.findIndex((part, index) => index > 2 && /^\d+$/.test(part))
    leftOut.push(item < 0 ? path : path.slice(0, item))
    const { refusal } = await ask(leftOut)
    return refusal !== undefined && OF_NO_SOURCE.test(refusal) ? undefined : refusal
  })
}

/** What docker says of a secret or config from which `external` was left out: it looks for its file, which has no name. */
const OF_NO_SOURCE = /^read \S+: is a directory$/

/** @throws UserError when what calls itself docker has passed over a service without a word */
function requireAll(request: StackRequest, services: readonly ServiceSpec[]): void {
  const isHeard = (key: string) => services.some(({ Name }) => Name === scoped(request, key))
  const unheard = serviceKeys(request.adapted.files).filter((key) => !isHeard(key))
  if (unheard.length === 0) return
  throw new UserError(
    `\`docker stack deploy\` does not say what it would deploy of ${unheard.map(placed).join(', ')}: check which docker is first on the PATH of this step`,
  )
}

/** What several captures of parts of one stack have. */
function together(captures: readonly CapturedStack[]): Omit<CapturedStack, 'refusal'> {
  const once = <T>(list: (capture: CapturedStack) => readonly T[]) => [...new Set(captures.flatMap(list))]
  const byName = <T extends { readonly Name: string }>(
    list: (capture: CapturedStack) => readonly T[],
    nameOf = ({ Name }: T) => Name,
  ) => [...new Map(captures.flatMap(list).map((one) => [nameOf(one), one])).values()]
  // The files may give one name to two of them, which is an error.
  const sourceOf = ({ Name, Labels }: ObjectCreate) => `${Name} ${Labels?.[SOURCE_LABEL]}`
  return {
    services: byName(({ services }) => services),
    networks: byName(({ networks }) => networks),
    secret: byName(({ secret }) => secret, sourceOf),
    config: byName(({ config }) => config, sourceOf),
    missing: {
      secret: once(({ missing }) => missing.secret),
      config: once(({ missing }) => missing.config),
      network: once(({ missing }) => missing.network),
    },
    warnings: once(({ warnings }) => warnings),
  }
}

function serviceRequest(
  request: StackRequest,
  captured: ServiceSpec,
  ids: ReadonlyMap<string, Referred>,
  networks: readonly NetworkCreate[],
): ServiceRequest | string {
  const { Name: name } = captured
  const key = name.slice(scoped(request, '').length)
  const container = captured.TaskTemplate.ContainerSpec
  if (!container?.Image) {
    return `${placeOf(request.files, ['services', key])}: services.${key} has no \`image\`: build and push in an earlier step, and name the result here`
  }
  try {
    const image = withTagDefault(parseReference(container.Image))
    const needed = new Set((captured.TaskTemplate.Networks ?? []).map(({ Target }) => Target))
    const compose = {
      spec: withIds(captured, ids),
      networks: networks.filter(({ Name }) => needed.has(Name)),
      isRerun: request.rerunJobs,
    }
    const { strategy, policies, prepare } = request
    const place = positionOf(request.files, ['services', key])
    const nothingElse = { env: {}, create: true, updateArgs: [], strategy, policies, prepare, ...(place && { place }) }
    return { name, image, labels: { ...container.Labels, ...captured.Labels }, ...nothingElse, compose }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return `${placeOf(request.files, ['services', key, 'image'])}: services.${key}.image: ${error.message}`
  }
}

/** The IDs that are known by now, and the names that objects get here, for those in docker's specs. */
function idsFor(
  objects: ReadonlyMap<string, WantedObject | undefined>,
  known: KnownObjects,
): ReadonlyMap<string, Referred> {
  // Of two networks with one name that of the swarm.
  const local = known.networks.filter(({ Scope }) => Scope !== 'swarm')
  const swarm = known.networks.filter(({ Scope }) => Scope === 'swarm')
  const networks = [...local, ...swarm].map(({ Id: id, Name }) => [Name, { id }] as const)
  const own = [...objects].flatMap(([captured, object]) => {
    if (object === undefined) return []
    return [[captured, { id: idOf(object, known), name: object.name }] as const]
  })
  return new Map<string, Referred>([...networks, ...own])
}

function placeOfNetwork(request: StackRequest, network: string): string {
  const path = keyOf(request, 'networks', network)
  return path.length === 0 ? placeOf(request.files, path) : `${placeOf(request.files, path)}: ${path.join('.')}`
}

/** A network of this name that is not the stack's does not count: the swarm itself refuses a second one. */
function isThere(network: string, { name }: StackRequest, known: KnownObjects): boolean {
  return known.networks.some(({ Name, Labels }) => Name === network && stackIn(Labels) === name)
}

function missingExternals(request: StackRequest, known: KnownObjects, missing: CapturedStack['missing']): string[] {
  return [...KINDS, 'network' as const].flatMap((kind) =>
    missing[kind].map((name) => {
      const place = placeOf(request.files, keyOf(request, `${kind}s`, name))
      const isLocal = kind === 'network' && known.networks.some((network) => network.Name === name)
      const how = kind === 'network' ? 'docker network create --driver overlay' : `docker ${kind} create`
      const what = isLocal ? 'exists on one node only' : 'does not exist on this swarm'
      return `${place}: the external ${kind} ${name} ${what}: make it with \`${how}\`, or correct its name`
    }),
  )
}

/** What the files hold the content of; where services are left out, what those that are meant need. */
function objectsFor(
  services: readonly ServiceRequest[],
  objects: ReadonlyMap<string, WantedObject | undefined>,
  known: KnownObjects,
  { leftOut }: StackRequest,
): WantedObject[] {
  const all = [...objects.values()].filter((one) => one !== undefined)
  if (leftOut.length === 0) return all
  const needed = new Set(services.flatMap(({ compose }) => referredIds(compose?.spec)))
  return all.filter((object) => needed.has(idOf(object, known)))
}

/** What is deployed and what is not, and what of the latter the former would need and not find. */
function tellLeftOut(request: StackRequest, meant: readonly ServiceRequest[], known: KnownToStack): void {
  const names = meant.map(({ name }) => name)
  const isOne = names.length === 1
  const what = isOne
    ? names.join()
    : `${names.length === 0 ? 'no' : names.length} services of the stack ${request.name}`
  log.info(`only: ${what} ${isOne ? 'is' : 'are'} deployed, and left as they are: ${request.leftOut.join(', ')}`)
  for (const missing of request.leftOut.filter((name) => !known.services.has(name))) {
    const dependants = dependantsOf([missing], request)
    const [first] = names.filter((name) => dependants.has(name))
    if (first === undefined) continue
    log.notice(`only: ${first} needs ${missing} (\`depends_on\`), which is left out, and is not on this swarm`)
  }
}

/** The ID of an object, or what stands for it until there is one. */
function idOf({ kind, name }: WantedObject, known: KnownObjects): string {
  return known[kind].find(({ Spec }) => Spec.Name === name)?.ID ?? placeholder(kind, name)
}

/** What stands for objects that services refer to, and that will not be there. */
function toldIds(
  objects: ReadonlyMap<string, WantedObject | undefined>,
  missing: CapturedStack['missing'],
): ReadonlySet<string> {
  const refused = [...objects].flatMap(([captured, object]) => (object === undefined ? [captured] : []))
  const absent = [...KINDS, 'network' as const].flatMap((kind) => missing[kind].map((name) => placeholder(kind, name)))
  return new Set([...refused, ...absent])
}
