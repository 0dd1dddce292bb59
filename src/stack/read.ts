import { join } from 'node:path'
import type { Connection, ServiceRequest, StackRequest } from '../deployment.ts'
import { parseReference, withTagDefault } from '../docker/reference.ts'
import { complaint } from '../docker/rehearsal.ts'
import { labelsOf, parseStackFile, type StackFile } from '../docker/stack-file.ts'
import type { Kind } from '../docker/stack-objects.ts'
import { throwAll, UserError } from '../errors.ts'
import { locateComplaint, placeOf } from '../inputs/compose/place.ts'
import { log, stage } from '../runner/log.ts'
import type { Workspace } from '../runner/workspace.ts'
import { wantedObjects } from './content.ts'
import { type KnownObjects, knownObjects, type Stack, scoped, type WantedObject } from './stack.ts'

/** Docker 23 is the first with `docker stack config`, 26 the first with `docker stack deploy --detach`. */
const DETACH_CLI = 26

const LONGEST_SERVICE_NAME = 63

/**
 * Has docker merge the files and replace their variables, and compares what they need with what the swarm has.
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
  const file = await render(request, connection, workspace, signal)
  const known = await knownObjects(connection.engine, signal)

  const problems: string[] = []
  const objects = wantedObjects(request, file, known, problems)
  const missing = missingExternals(request, file, known, problems)
  // What was refused above is there for the services: that it is not would only be said once more for each of them.
  for (const kind of ['secret', 'config'] as const) missing[kind].push(...refusedObjects(kind, file, objects))
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

function missingExternals(
  request: StackRequest,
  file: StackFile,
  known: KnownObjects,
  problems: string[],
): Record<Kind | 'network', string[]> {
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

/** The names of those whose content cannot be had. */
function refusedObjects(kind: Kind, file: StackFile, objects: ReadonlyMap<string, WantedObject>): string[] {
  return Object.entries(file[`${kind}s`]).flatMap(([key, { external, name }]) =>
    external || objects.has(`${kind}s.${key}`) ? [] : [name ?? key],
  )
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
