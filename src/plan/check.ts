import type { Run } from '../connect/run.ts'
import type { Distribution, Node, Service, ServiceSpec } from '../docker/api.ts'
import { familiar } from '../docker/registry/reference.ts'
import { credentialSpecOf, credentialSpecProblems } from '../docker/specs/credential-spec.ts'
import { isGlobal, isJob, wantedTasks } from '../docker/specs/service-mode.ts'
import { replacesNothing } from '../docker/specs/spec-comparison.ts'
import type { StackObject } from '../docker/specs/stack-objects.ts'
import { nodeName } from '../docker/swarm/node-name.ts'
import {
  constraintProblem,
  eligibleNodes,
  foreignNodes,
  platformOf,
  platformProblem,
} from '../docker/swarm/placement.ts'
import { cpuLimitProblem, roomProblem, startFirstProblem } from '../docker/swarm/room.ts'
import { allTasksOf } from '../docker/swarm/snapshot.ts'
import { messageOf, throwAll, UserErrors } from '../errors.ts'
import { type Deployment, stackOf } from '../inputs/deployment.ts'
import { policyAdvice } from '../inputs/update-policy.ts'
import { groupBy } from '../runner/group-by.ts'
import { log } from '../runner/log/log.ts'
import { inParallel } from '../runner/parallel.ts'
import { nameColumn } from '../runner/text/name-column.ts'
import { andList } from '../runner/text/word-list.ts'
import { nowMs } from '../runner/time/clock.ts'
import { type Belongings, configContent, type Stack, swarmNetworks } from '../stack/stack.ts'
import { surplusServices } from '../stack/unused.ts'
import { type Change, changeOf, type Target } from './change.ts'
import { nameInFiles } from './colours.ts'
import type { LoggedIn } from './credentials/log-in.ts'
import { type Storing, shortLivedProblems } from './credentials/short-lived.ts'
import {
  accessToReturn,
  type CheckedImage,
  checkImage,
  type FromArchives,
  type LookUp,
  lookUpOnce,
  type Say,
  UnreadableImage,
} from './images.ts'
import { slowCheckNote, slowUpdateNote, unfinishedUpdateNote } from './notices.ts'
import { type Observation, observedTasks } from './observe.ts'
import type { PlannedService } from './planned-service.ts'
import { type PortGiver, portGivers, portsGiven } from './port-givers.ts'
import { type PortMove, portMoves, withPortMoves, withPortsGiven } from './port-moves.ts'
import { type Decision, planOf, type StrategyPlan, type StrategyPlans } from './strategy.ts'
import {
  attachmentProblems,
  conflicts,
  type Draft,
  heldPortProblems,
  joinsNetwork,
  mayConflict,
  networkProblems,
  portHoldersFor,
  runnerPathProblems,
  type Surplus,
  sharedPortProblems,
  specProblems,
} from './swarm-check.ts'

const PROGRESS_EVERY_MS = 10_000

export interface Checked {
  readonly changes: readonly Change[]
  /** The services that are about to be removed, and give their ports to others before. */
  readonly givers: readonly PortGiver[]
  /** One line for everything that would not work out. */
  readonly problems: readonly string[]
}

/** What the check has at hand. */
interface CheckRun extends Run {
  readonly deployment: Deployment
  /** The secrets, configs and networks of the stack, or of the entries of services. */
  readonly belongings: Belongings | undefined
  readonly stack: Stack | undefined
  readonly loggedIn: LoggedIn
  readonly fromArchives: FromArchives
  readonly observed: Observation
  readonly strategies: StrategyPlans
}

/**
 * Everything that can be known before the swarm is touched: every image with its credential, every flag, every
 * platform, and all that Swarm would refuse. All that is wrong comes back at once, and nothing has changed.
 */
export async function check(planned: readonly PlannedService[], run: CheckRun): Promise<Checked> {
  const lookUp = lookUpOnce(run.connection, run.signal, run.fromArchives)
  const sayProgress = progressOf(planned.length)
  const column = nameColumn(planned.map(({ request }) => request.name))
  const results = await inParallel(planned, run.deployment.maxParallel, async (service) => {
    const say = (text: string) => log.info(`${column(service.request.name)} ${text}`)
    const result = await checkedOne(service, lookUp, say, run)
    sayProgress()
    return result
  })
  const drafts = results.flatMap(({ draft }) => draft ?? [])
  const ending = shortLivedProblems(
    results.flatMap(({ storing }) => storing ?? []),
    run.deployment,
    run.time,
  )
  const changes = results.flatMap(({ service }) => service ?? [])
  const moves = portMoves(drafts, changes)
  const together = await checkTogether(drafts, moves, run)
  return {
    changes: withPortMoves(changes, moves),
    givers: together.givers,
    problems: [...problemsOf(results), ...ending, ...together.problems],
  }
}

/** What is wrong with each, in their order; images that cannot be read for one cause are told once. */
function problemsOf(findings: readonly Finding[]): string[] {
  const byCause = groupBy(
    findings.flatMap(({ unreadable }) => unreadable ?? []),
    ({ error }) => error.sameCause,
  )
  return findings.flatMap(({ unreadable, problems }) => {
    const all = unreadable === undefined ? [] : (byCause.get(unreadable.error.sameCause) ?? [])
    if (unreadable === undefined || all[0] !== unreadable) return problems
    const names = andList(all.map(({ name }) => name))
    return [`${all.length === 1 ? 'service' : 'services'} ${names}: ${unreadable.error.message}`, ...problems]
  })
}

/** What is wrong with services beside each other and those of the swarm, and with the networks that they bring along. */
async function checkTogether(
  drafts: readonly Draft[],
  moves: readonly PortMove[],
  run: CheckRun,
): Promise<Pick<Checked, 'givers' | 'problems'>> {
  const { connection, deployment, signal, belongings, stack } = run
  const { stack: files } = deployment
  const joining = drafts.filter(joinsNetwork)
  const networks =
    belongings?.known.networks ?? (joining.length > 0 ? await swarmNetworks(connection.engine, signal) : [])
  const services = drafts.some(mayConflict) ? await connection.engine.get<Service[]>('/services', { signal }) : []
  const surplus = stack === undefined ? [] : surplusServices(stack, services, nameInFiles)
  const leaving = stack?.prune ? surplus : []
  const givers = portGivers(drafts, leaving, stackOf(deployment)?.strategy)
  const leavingPorts = givers.map((giver) => ({ giver: giver.current, ports: portsGiven(giver) }))
  for (const { request, course } of givers) log.info(`${request.name}: ${course}`)
  const problems = [
    ...(files === undefined ? [] : networkProblems(drafts, networks, files)),
    ...joining.flatMap((draft) => attachmentProblems(draft, networks, files)),
    ...conflicts(drafts, withPortsGiven(services, [...leavingPorts, ...moves]), files, ofRollback(deployment, surplus)),
    ...sharedPortProblems(drafts, run.observed.nodes, files),
    ...(await portsHeldByOthers(drafts, services, run)),
  ]
  return { givers, problems }
}

/** With `only` it could not be told what is left out from what a version does not have. */
function ofRollback({ rollback }: Deployment, surplus: readonly Service[]): Surplus | undefined {
  const stack = rollback?.stack
  if (stack === undefined || stack.only !== 'all') return undefined
  return { names: surplus.map(({ Spec }) => Spec.Name), prune: stack.prune }
}

/** Tasks are asked for only where another service has a port of its nodes that is wanted. */
async function portsHeldByOthers(
  drafts: readonly Draft[],
  services: readonly Service[],
  run: CheckRun,
): Promise<string[]> {
  const { connection, deployment, signal, observed } = run
  const holders = portHoldersFor(drafts, services)
  if (holders.length === 0) return []
  const tasks = await allTasksOf(connection.engine, holders, signal)
  return heldPortProblems(drafts, holders, tasks, observed.nodes, deployment.stack)
}

/** Says from time to time how many of so many are done: nobody shall wonder whether a long stage hangs. */
function progressOf(total: number): () => void {
  let done = 0
  let saidAt = nowMs()
  return () => {
    done++
    if (done === total || nowMs() - saidAt < PROGRESS_EVERY_MS) return
    saidAt = nowMs()
    log.info(`${done} of ${total} services are checked`)
  }
}

/** A service that was looked at. */
interface Finding {
  /** As it is to be, as far as docker knows what its file or flags mean. */
  readonly draft?: Draft
  /** The same with all that a deploy needs; only when nothing is wrong. */
  readonly service?: Change
  /** The credential that would be stored with it. */
  readonly storing?: Storing
  readonly unreadable?: { readonly name: string; readonly error: UnreadableImage }
  readonly problems: readonly string[]
}

async function checkedOne(planned: PlannedService, lookUp: LookUp, say: Say, run: CheckRun): Promise<Finding> {
  // That a credential was refused has been said once, for all services that need it.
  if (planned.access !== undefined && run.loggedIn.refused.has(planned.access.credential)) return { problems: [] }
  // So has that its image cannot be pushed.
  const { image } = planned.request
  const pushed = image && run.fromArchives.get(familiar(image))
  if (pushed !== undefined && pushed.distribution === undefined) return { problems: [] }
  try {
    return await checkOne(planned, lookUp, say, run)
  } catch (error) {
    if (run.signal.aborted) throw new Error(`service ${planned.request.name}: ${messageOf(error)}`, { cause: error })
    throw error
  }
}

/** All that would not work out with one service is told together. */
async function checkOne(planned: PlannedService, lookUp: LookUp, say: Say, run: CheckRun): Promise<Finding> {
  const { request, current, interim, colours } = planned
  const { nodes } = run.observed
  const strategy = planOf(request, run.strategies)
  for (const notice of request.notices ?? []) log.notice(`service ${request.name}: ${notice}`)
  const problems: string[] = []
  let unreadable: Pick<Finding, 'unreadable'> = {}
  const attempt = async <T>(work: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await work()
    } catch (error) {
      if (run.signal.aborted || !(error instanceof UserErrors)) throw error
      if (error instanceof UnreadableImage) unreadable = { unreadable: { name: request.name, error } }
      else problems.push(...error.problems.map((line) => `service ${request.name}: ${line}`))
      return undefined
    }
  }
  const image = await attempt(() => checkImage(planned, lookUp, run.deployment.credentials, say))
  const change = await attempt(() => changeOf(planned, image ?? unresolved(planned), run))
  if (change === undefined) return { problems, ...unreadable }
  if (change.keptTag !== undefined) say(`${change.keptTag}, and keeps that name`)
  const { wanted, changes } = change
  const draft = { request, current, ...change }
  if (image !== undefined && current !== undefined && changes.length === 0) {
    noticeUnfinishedUpdate(request.name, current, false)
    return { problems, draft, service: { ...base(image), action: 'unchanged', current } }
  }

  const stored = (image ?? planned).access?.credential
  const storing = stored === undefined ? {} : { storing: { name: request.name, credential: stored } }
  const decision = await attempt(() => decide(strategy, planned, wanted, nodes))
  await attempt(async () => throwAll(await credentialProblems(wanted, run)))
  if (run.deployment.stack !== undefined) {
    const paths = runnerPathProblems(request, wanted, run.deployment.stack, run.connection.isRemote === true)
    problems.push(...paths.problems)
    for (const warning of paths.warnings) log.warning(warning)
  }
  // A second service is a new one: no rule on changes of a service that is there applies.
  problems.push(...specProblems(request, colours === undefined ? current : undefined, wanted, run.deployment.stack))
  await attempt(() =>
    throwAll([
      ...placementProblems(wanted, image?.distribution, nodes),
      ...(strategy.updatesInPlace ? orderProblems(planned, wanted, run.observed) : []),
    ]),
  )
  if (image === undefined || problems.length > 0) return { problems, draft, ...storing, ...unreadable }

  if (current !== undefined) noticeUnfinishedUpdate(request.name, current, true)
  noticeSlowCheck(planned, wanted, run.deployment)
  if (strategy.updatesInPlace && decision?.firstStep === undefined) {
    noticeSlowUpdate(planned, wanted, nodes, run.deployment)
  }
  const service = { ...base(image), ...(decision?.course !== undefined && { course: decision.course }) }
  if (decision?.second !== undefined && colours !== undefined) {
    const { wanted: hidden, service: second } = decision.second
    return { problems, draft, ...storing, service: { ...service, action: 'switch', wanted: hidden, second, colours } }
  }
  if (current === undefined) return { problems, draft, ...storing, service: { ...service, action: 'create' } }
  const currentAccess = await accessToReturn(planned, image, lookUp, say)
  const step = decision?.firstStep === undefined ? {} : { firstStep: decision.firstStep }
  const update = { ...service, action: 'update' as const, current, currentAccess, ...(interim && { interim }), ...step }
  return { problems, draft, ...storing, service: update }

  function base({ access }: CheckedImage) {
    return { request, access, ...(colours && { colours }), ...(change as Target) }
  }
}

/** The image as it is asked for, where the registry gave an error: so the other problems are found all the same. */
function unresolved({ request: { image } }: PlannedService): CheckedImage {
  return { pinned: image, access: undefined, distribution: undefined }
}

function noticeUnfinishedUpdate(name: string, current: Service, isChanged: boolean): void {
  const note = unfinishedUpdateNote(current, isChanged)
  if (note !== undefined) log.notice(`service ${name}: ${note}`)
}

/** Why an update could not put a new task beside an old one. */
function orderProblems({ request, current }: PlannedService, wanted: ServiceSpec, observed: Observation): string[] {
  const { compose } = request
  const instead = `use ${policyAdvice({ order: 'stop-first' }, compose !== undefined)}`
  if (current === undefined || replacesNothing(current.Spec, wanted)) return []
  const tasks = observedTasks(observed, current.ID)
  const why = startFirstProblem(current.Spec, wanted, observed.nodes, tasks)
  return why === undefined ? [] : [`start-first cannot work here: ${why}; ${instead}`]
}

/** A health check that takes longer than the run waits. */
function noticeSlowCheck(
  { request, current }: PlannedService,
  wanted: ServiceSpec,
  { wait, timeoutSeconds }: Deployment,
) {
  const check = wanted.TaskTemplate.ContainerSpec?.Healthcheck
  const isOff = check === undefined || check.Test?.[0] === 'NONE' || isJob(wanted)
  if (isOff || (current !== undefined && replacesNothing(current.Spec, wanted))) return
  const note = slowCheckNote(check, wait ? timeoutSeconds : Number.POSITIVE_INFINITY)
  if (note !== undefined) log.notice(`service ${request.name}: ${note}`)
}

/** A policy by which Swarm takes longer than the run waits. */
function noticeSlowUpdate(
  { request, current }: PlannedService,
  wanted: ServiceSpec,
  nodes: readonly Node[],
  { wait, timeoutSeconds }: Deployment,
) {
  if (!wait || current === undefined || isJob(wanted) || replacesNothing(current.Spec, wanted)) return
  const tasks = wantedTasks(current.Spec) ?? eligibleNodes(nodes, wanted.TaskTemplate.Placement).length
  const note = slowUpdateNote(wanted, tasks, timeoutSeconds)
  if (note !== undefined) log.notice(`service ${request.name}: ${note}`)
}

/**
 * How its strategy makes the change. A stack has services that it does not fit: they are deployed without.
 *
 * @throws UserErrors when the strategy cannot be had for this service
 */
function decide(
  strategy: StrategyPlan,
  planned: PlannedService,
  wanted: ServiceSpec,
  nodes: readonly Node[],
): Decision {
  const { name, compose, recorded } = planned.request
  const { refusal, notices = [], ...decision } = strategy.decide?.({ planned, wanted, nodes }) ?? {}
  for (const notice of notices) log.notice(`${name}: ${notice}`)
  if (refusal === undefined) return decision
  if (compose === undefined && !recorded?.isOfStack) throw new UserErrors([refusal])
  if (!isJob(wanted)) log.notice(`service ${name} is deployed without its strategy: ${refusal}`)
  return {}
}

/** What would make Windows refuse the service's gMSA account. */
async function credentialProblems(
  spec: ServiceSpec,
  { connection, observed, belongings, signal }: CheckRun,
): Promise<string[]> {
  const source = credentialSpecOf(spec)
  if (source === undefined) return []
  if (source.Config && belongings?.told.has(source.Config)) return []
  const content = source.Config ? await contentOfConfig(source.Config) : undefined
  return credentialSpecProblems(source, spec, content, observed.nodes)

  async function contentOfConfig(id: string): Promise<string | undefined> {
    const known = belongings && configContent(belongings, id)
    if (known !== undefined) return known
    const all = await connection.engine.get<StackObject[]>('/configs', { signal })
    const data = all.find(({ ID }) => ID === id)?.Spec.Data
    return data === undefined ? undefined : Buffer.from(data, 'base64').toString()
  }
}

/** Why no node could run the service's tasks. What Swarm does not take for a constraint has been told. */
function placementProblems(
  spec: ServiceSpec,
  distribution: Distribution | undefined,
  nodes: readonly Node[],
): string[] {
  const hasBadConstraint = (spec.TaskTemplate.Placement?.Constraints ?? []).some((one) => constraintProblem(one))
  if (wantedTasks(spec) === 0 || hasBadConstraint) return []
  const eligible = eligibleNodes(nodes, spec.TaskTemplate.Placement)
  if (eligible.length === 0) {
    const constraints = (spec.TaskTemplate.Placement?.Constraints ?? []).join(', ')
    return [
      `no node that is ready and active satisfies its placement constraints${constraints === '' ? '' : ` (${constraints})`}: its tasks would wait for ever. Change the constraints, or the nodes' labels and availability`,
    ]
  }
  const platform = platformProblem(eligible, distribution?.Platforms ?? [])
  if (platform !== undefined) {
    return [
      `its image is built for ${platform.image.join(', ')}, but the nodes that may run it are ${platform.nodes.join(', ')}: build it for one of those`,
    ]
  }
  const foreign = isGlobal(spec) ? foreignNodes(eligible, distribution?.Platforms ?? []) : undefined
  if (foreign !== undefined) {
    const names = andList(foreign.nodes.map((node) => `${nodeName(node.ID, nodes)} (${platformOf(node)})`))
    return [
      `its image is built for ${foreign.image.join(', ')}, and a global service is to run on ${names} too: its task would wait there for ever. Build it for that platform as well, or write the constraint ${andList(foreign.constraints)}`,
    ]
  }
  const lacking = [roomProblem(spec, nodes), cpuLimitProblem(spec, nodes)]
  return lacking.flatMap((why) => (why === undefined ? [] : `${why}. Ask for less, or add nodes that have it`))
}
