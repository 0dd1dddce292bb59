import type { Run } from '../../connect/run.ts'
import type { Node, ServiceSpec } from '../../docker/api.ts'
import { type Engine, EngineError } from '../../docker/engine/engine.ts'
import { remove } from '../../docker/engine/removal.ts'
import type { ImageReference } from '../../docker/registry/reference.ts'
import { RegistryError, resolveImage } from '../../docker/registry/registry.ts'
import { caFile } from '../../docker/registry/registry-ca.ts'
import { isAnswerLost, mayRepeat } from '../../docker/specs/spec-update.ts'
import type { StackObject } from '../../docker/specs/stack-objects.ts'
import { CA_TRIES, caServiceSpec } from '../../docker/swarm/ca-service.ts'
import { swarmTime } from '../../docker/swarm/swarm-time.ts'
import { lastLinesOf } from '../../docker/swarm/task-logs.ts'
import { type OnRemains, throwAll, UserError } from '../../errors.ts'
import type { CaInstallation, Deployment, RegistryCa } from '../../inputs/deployment.ts'
import { storedLogin } from '../../plan/credentials/stored-account.ts'
import { log, stage } from '../../runner/log/log.ts'
import type { RunIdentity } from '../../runner/run.ts'
import { allOf } from '../../runner/text/all-of.ts'
import { limited } from '../../runner/text/safe-text.ts'
import { someOf } from '../../runner/text/some-of.ts'
import { timeLimit } from '../../runner/time/clock.ts'
import { retry } from '../../runner/time/retry.ts'
import { note } from '../../runner/workspace/state.ts'
import { followNodes } from '../follow-nodes.ts'
import {
  cannotPull,
  hasNoShell,
  inState,
  type Lacking,
  type NodeStates,
  nameIn,
  nodesThatLack,
  whyAway,
} from '../node-tasks.ts'
import {
  makePassingService,
  passingServiceLabels,
  passingServiceName,
  removeExpired,
  removeOurs,
} from '../passing-services.ts'
import { credentialFor, resolveToolImage } from '../tool-image.ts'
import { type CaRecord, holds, labelsWith, RECORDS, readRecord, recordBody, recordName } from './record.ts'

const TITLE = 'Have the nodes trust the registries'
/** As much of `timeout` the nodes may take. */
const SHARE = 0.5
const RELABEL_PAUSES_MS = [100, 300, 1000, 3000]
const LOG_TIMEOUT_MS = 5000
const MOST_LOG_LINES = 3

/** What the stage has at hand. */
export interface TrustRun extends Run {
  readonly deployment: Deployment
  readonly self: RunIdentity
  /** Also where the stage goes well: its work stays, whatever becomes of the run. */
  readonly onRemains: OnRemains
}

/** A CA, and the nodes of which it is not known that they have it. */
export interface CaToInstall {
  readonly ca: RegistryCa
  readonly lacking: Lacking
  /** Of how many nodes the swarm has. */
  readonly nodes: readonly Node[]
}

/**
 * Which CAs a deploy would put on which nodes. Nothing is changed by the question.
 *
 * The record on the swarm tells which nodes have one. Of the manager that answers the registry itself tells: when that is
 * not trusted, the record counts for nothing. Of other nodes nobody is asked.
 */
export async function casToInstall(
  { connection, deployment }: Omit<TrustRun, 'self' | 'onRemains'>,
  limit: AbortSignal,
) {
  const { engine } = connection
  const [nodes, records] = await Promise.all([
    engine.get<Node[]>('/nodes', { signal: limit }),
    recordsOf(engine, limit),
  ])
  return Promise.all(
    deployment.registryCas.map(async (ca): Promise<CaToInstall> => {
      const record = records.find(({ name }) => name === recordName(ca))
      const lacking = nodesThatLack(nodes, new Set(record?.nodes ?? []))
      if (lacking.asked.length > 0 || (await isTrusted(ca, deployment, engine, limit))) return { ca, lacking, nodes }
      log.info(`${ca.registry}: the manager does not trust it, though its CA was put there once`)
      return { ca, lacking: nodesThatLack(nodes, new Set()), nodes }
    }),
  )
}

/**
 * Puts the CAs of `registry-ca` on every node that can get a task, where that is asked for, and waits for them: a registry
 * can only be asked after that. No service is changed, and the one that does it is gone when it ends.
 *
 * @throws UserErrors that name the nodes on which it did not succeed
 */
export async function installRegistryCas(run: TrustRun): Promise<void> {
  const { deployment, time } = run
  const { installCas } = deployment
  if (installCas === undefined) return
  await stage(TITLE, async () => {
    const all = await time.before(TITLE, (limit) => casToInstall(run, limit))
    for (const one of all) tellLeftOut(one)
    const wanting = all.filter(({ lacking }) => lacking.asked.length > 0)
    for (const { ca, lacking, nodes } of all.filter((one) => !wanting.includes(one))) {
      const has = nodes.length - lacking.away.length - lacking.others.length
      log.info(`${ca.registry}: its CA was put on ${nodesInWords(has, nodes.length)} before`)
    }
    if (wanting.length === 0) return
    note({ pulls: run.self.token })
    const made = new Set<string>()
    try {
      await time.before(TITLE, (limit) => install(wanting, installCas, run, limit, made))
    } finally {
      if (run.signal.aborted) time.beginClosing()
      await removeOurs('ca', run.connection.engine, run.self, made, run.signal, run.onRemains)
    }
  })
}

async function install(
  wanting: readonly CaToInstall[],
  installation: CaInstallation,
  run: TrustRun,
  limit: AbortSignal,
  made: Set<string>,
): Promise<void> {
  const { connection, self, time } = run
  const { engine } = connection
  await removeExpired(engine, await swarmTime(engine, limit), limit)
  const image = await imageToRun(installation.image, run, limit)
  const records: CaRecord[] = []
  for (const { ca } of wanting) records.push(await recordFor(ca, engine, limit))

  const lacking = [...new Set(wanting.flatMap(({ lacking: { asked } }) => asked.map(({ ID }) => ID)))]
  const nodes = wanting[0]?.nodes ?? []
  for (const { ca, lacking: those } of wanting) {
    log.info(`${caFile(ca.registry)} is written on ${someOf(those.asked.map(nameIn(nodes)).toSorted())}`)
  }
  const endsAt = (await swarmTime(engine, limit)) + run.deployment.timeoutSeconds * 1000
  let done: readonly string[] | undefined
  const spec = caServiceSpec({
    name: passingServiceName('ca', self, records.map(({ name }) => name).join(' ')),
    labels: passingServiceLabels(self, endsAt),
    image: image.name,
    token: self.token,
    cas: records.map(({ registry, id, name }) => ({ registry, configId: id, configName: name })),
    notOn: nodes.map(({ ID }) => ID).filter((id) => !lacking.includes(id)),
  })
  try {
    const serviceId = await makeWriter(engine, spec, image.credential, limit)
    made.add(serviceId)
    const late = time.over(-time.seconds * 1000 * (1 - SHARE))
    const followed = { serviceId, on: lacking, tries: CA_TRIES, token: self.token }
    const { states, present } = await followNodes(followed, engine, late, limit)
    done = inState(states, 'done')
    await Promise.all(records.map((record) => remember(record, inState(states, 'done'), present, engine, limit)))
    await tell(states, present, image.name, run)
  } catch (error) {
    if (made.size === 0 && error instanceof UserError) done = []
    throw error
  } finally {
    const names = done?.map((ID) => nameIn(nodes)({ ID }))
    run.onRemains(remainsInWords(records, names))
  }
}

/** @throws UserError when the swarm does not take it */
async function makeWriter(
  engine: Engine,
  spec: ServiceSpec,
  credential: Parameters<typeof storedLogin>[0] | undefined,
  limit: AbortSignal,
): Promise<string> {
  try {
    return await makePassingService(engine, spec, credential && storedLogin(credential), limit)
  } catch (error) {
    if (!(error instanceof EngineError) || isAnswerLost(error) || limit.aborted) throw error
    throw new UserError(
      `install-registry-ca: the swarm does not take the service that writes the files: ${error.message}`,
    )
  }
}

/** @param done the nodes that have it now; `undefined` when that cannot be told */
function remainsInWords(records: readonly CaRecord[], done: readonly string[] | undefined): string {
  const what = `the CA of ${someOf(records.map(({ registry }) => registry))} is kept as a config of the swarm`
  if (done === undefined) return `${what}, and may have been written on nodes`
  return done.length === 0 ? what : `${what}, and was written on ${someOf(done.toSorted())}`
}

async function tell(states: NodeStates, nodes: readonly Node[], image: string, { connection }: TrustRun) {
  const nameOf = nameIn(nodes)
  const named = (ids: readonly string[]) => someOf(ids.map((id) => nameOf({ ID: id })).toSorted())
  const done = inState(states, 'done')
  if (done.length > 0) log.info(`Done on ${named(done)}`)
  const left = inState(states, 'left')
  if (left.length > 0) {
    log.notice(`registry-ca: ${named(left)} went away meanwhile, and may not have it: a later run does it`)
  }
  const problems: string[] = []
  const byName = [...states].toSorted(([a], [b]) => nameOf({ ID: a }).localeCompare(nameOf({ ID: b })))
  for (const [id, state] of byName) {
    if (state.state === 'failed') {
      const lines = await lastLinesOf(state.taskId, MOST_LOG_LINES, connection.engine, timeLimit(LOG_TIMEOUT_MS))
      problems.push(`registry-ca: ${nameOf({ ID: id })} did not get it: ${failureInWords(state.said, lines, image)}`)
    }
    if (state.state === 'working') {
      const said = state.said === '' ? 'its task has not ended' : limited(state.said)
      problems.push(`registry-ca: ${nameOf({ ID: id })} has not got it in half of \`timeout\`: ${said}`)
    }
  }
  throwAll(problems)
}

function failureInWords(said: string, lines: readonly string[], image: string): string {
  const printed = lines.length === 0 ? '' : `: ${lines.join('; ')}`
  return `${limited(said) || 'no reason given'}${printed}${adviceFor(said, image)}`
}

function adviceFor(said: string, image: string): string {
  if (hasNoShell(said)) {
    return `. The image of \`install-registry-ca-image\`, ${image}, has no shell: name one that has, such as \`busybox:1.37\``
  }
  if (cannotPull(said)) {
    return `. It has to get the image of \`install-registry-ca-image\`, ${image}, before it trusts the registry: name one that it can pull, or load it there (\`docker load\`)`
  }
  return ''
}

/** Those on which it is not done, and no failure. */
function tellLeftOut({ ca: { registry }, lacking: { away, others }, nodes }: CaToInstall): void {
  const nameOf = nameIn(nodes)
  if (away.length > 0) {
    const those = someOf(away.map((node) => `${nameOf(node)} (${whyAway(node)})`))
    log.notice(
      `registry-ca: the CA of ${registry} is not put on ${those}: such nodes get no task. A run that finds them active does it`,
    )
  }
  if (others.length > 0) {
    log.notice(`registry-ca: the CA of ${registry} is not put on ${someOf(others.map(nameOf))}: not Linux`)
  }
}

function nodesInWords(some: number, all: number): string {
  if (some === all) return all === 1 ? 'the one node' : allOf(all, 'nodes')
  return `${some} of ${all} nodes`
}

async function recordsOf(engine: Engine, signal: AbortSignal): Promise<CaRecord[]> {
  const found = await engine.get<StackObject[]>('/configs', { query: { filters: RECORDS }, signal })
  return found.flatMap((object) => readRecord(object) ?? [])
}

/**
 * The config object with the content, made where it is not there. Those with an earlier content for the registry go: the
 * nodes are about to lose it. One that another run is putting on the nodes cannot go.
 *
 * @throws UserError when another run is at it, or somebody else has a config of that name
 */
async function recordFor(ca: RegistryCa, engine: Engine, signal: AbortSignal): Promise<CaRecord> {
  const body = recordBody(ca)
  await engine.post('/configs/create', { body, mayRepeat: true, signal }).catch((error: unknown) => {
    if (!(error instanceof EngineError) || error.status !== 409) throw error
  })
  const records = (await recordsOf(engine, signal)).filter(({ registry }) => registry === ca.registry)
  const own = records.find(({ name }) => name === body.Name)
  if (own === undefined || !holds(own, ca)) {
    throw new UserError(`install-registry-ca: the swarm has a config ${body.Name} with another content: remove it`)
  }
  for (const earlier of records.filter((record) => record !== own)) {
    try {
      await remove(engine, `/configs/${earlier.id}`, signal)
    } catch (error) {
      if (!(error instanceof EngineError) || isAnswerLost(error)) throw error
      throw new UserError(
        `install-registry-ca: another run is putting another CA of ${ca.registry} on the nodes: run this again when it has ended, and give both the same \`registry-ca\` (${error.message})`,
      )
    }
  }
  return own
}

/** Notes which nodes have it, also when another run does the same. It never fails the run: then it is done once more. */
async function remember(
  record: CaRecord,
  done: readonly string[],
  nodes: readonly Node[],
  engine: Engine,
  signal: AbortSignal,
): Promise<void> {
  if (done.length === 0) return
  const present = nodes.map(({ ID }) => ID)
  try {
    await retry(
      async () => {
        const object = await engine.get<StackObject>(`/configs/${record.id}`, { signal })
        const now = readRecord(object)
        if (now === undefined || done.every((id) => now.nodes.includes(id))) return
        const body = { ...object.Spec, Labels: labelsWith(now, done, present) }
        await engine.post(`/configs/${record.id}/update`, {
          query: { version: String(object.Version?.Index) },
          body,
          signal,
        })
      },
      (error, { number }) => (mayRepeat(error) ? RELABEL_PAUSES_MS[number - 1] : undefined),
      signal,
    )
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    log.notice(`registry-ca: that nodes have it could not be noted, so a later run does it again: ${error.message}`)
  }
}

/** Whether the manager that answers trusts the registry, as far as the images of the deployment tell. */
async function isTrusted({ registry }: RegistryCa, deployment: Deployment, engine: Engine, signal: AbortSignal) {
  const image = deployment.services.map((service) => service.image).find((one) => one?.registry === registry)
  if (image === undefined) return true
  try {
    await resolveImage(engine, image, credentialFor(image, deployment.credentials), signal)
    return true
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    return error.failure !== 'unknown-ca'
  }
}

/** The image with its digest, so far as the registry tells: nodes may have one that cannot be looked up. */
async function imageToRun(image: ImageReference, { connection, deployment }: TrustRun, signal: AbortSignal) {
  const tool = await resolveToolImage('install-registry-ca-image', image, deployment, connection, signal)
  if (tool.unread !== undefined) {
    log.info(`${tool.name} cannot be looked up, and is taken as each node has it: ${limited(tool.unread.message)}`)
  }
  return tool
}
