import type { Node, Service, ServicePort, ServiceSpec, Task } from '../docker/api.ts'
import { composePath, flagFor } from '../docker/specs/service-settings.ts'
import { isLeftover, type Network, type NetworkCreate, stackIn } from '../docker/specs/stack-objects.ts'
import { type HeldPorts, heldPorts, portHolders, type SharedPort, sharedPort } from '../docker/swarm/held-ports.ts'
import { networkViolations } from '../docker/swarm/network-rules.ts'
import { hasPort, isHostPort, namedPorts, portInTheWay, portName, portsOf } from '../docker/swarm/published-ports.ts'
import { changeViolations, specViolations, type Violation } from '../docker/swarm/swarm-rules.ts'
import { placeOf } from '../inputs/compose/place.ts'
import { runnerPaths } from '../inputs/compose/runner-paths.ts'
import { mapAt, serviceKeys } from '../inputs/compose/tree.ts'
import type { ServiceRequest } from '../inputs/deployment.ts'
import type { StackRequest } from '../inputs/stack-request.ts'
import { safeLine } from '../runner/text/safe-text.ts'
import { andList } from '../runner/text/word-list.ts'
import { keyOf } from '../stack/docker-files.ts'
import { scoped } from '../stack/stack.ts'
import type { Change } from './change.ts'
import { siblingNames } from './colours.ts'

/** What Swarm would refuse, in lines that say where it stands and what to write instead. Pure. */

/** A service as it is to be, whatever else is wrong with it. */
export interface Draft extends Pick<Change, 'request' | 'wanted' | 'networks'> {
  /** The service that is changed; `undefined`: there is none yet. */
  readonly current: Service | undefined
}

/**
 * What Swarm refuses in the spec of one service, whatever the others are.
 *
 * @param current the service that is changed
 */
export function specProblems(
  request: ServiceRequest,
  current: Service | undefined,
  wanted: ServiceSpec,
  files: StackRequest | undefined,
): string[] {
  const violations = [
    ...specViolations(wanted),
    ...(current === undefined ? [] : changeViolations(current.Spec, wanted)),
    ...(current === undefined || files === undefined ? [] : ownerViolations(current.Spec, files)),
  ]
  return violations.map((violation) => placed(request, violation, files))
}

/**
 * The bind mounts of a stack's service whose path is one of this runner: over SSH the nodes have none such, and where
 * the daemon may be that of the runner they can be meant.
 *
 * @param isRemote whether the swarm is another machine for sure
 */
export function runnerPathProblems(
  { name }: ServiceRequest,
  { TaskTemplate: { ContainerSpec: container } }: ServiceSpec,
  { files, directory, lookUp, name: stack }: StackRequest,
  isRemote: boolean,
): { readonly problems: readonly string[]; readonly warnings: readonly string[] } {
  const sources = (container?.Mounts ?? []).flatMap(({ Type, Source }) => (Type === 'bind' && Source ? [Source] : []))
  const key = keyIn(stack, name)
  const lines = runnerPaths(files, key, directory, lookUp)
    .filter(({ path }) => sources.includes(path))
    .map(({ place, source, path }) => {
      const whole = source === path ? '' : ` (${path})`
      const what = `${place}: services.${key}.volumes: ${source} is a path of this runner${whole}`
      return isRemote
        ? `${what}, and none of the nodes: write an absolute path of the nodes, or use a volume or config`
        : `${what}: every node that may run the service needs it too. Write an absolute path of the nodes, or use a volume or config`
    })
  return isRemote ? { problems: lines, warnings: [] } : { problems: [], warnings: lines }
}

/** The key of a stack's service in the files. */
function keyIn(stack: string, service: string): string {
  return service.slice(scoped({ name: stack }, '').length)
}

/** A line for what is wrong with a service: its place in the compose file, or the flag that gives it. */
function placed(
  request: ServiceRequest,
  { setting, item, problem }: Violation,
  files: StackRequest | undefined,
): string {
  const { compose, name } = request
  const [names, list] = [item === undefined ? [] : [item], item === undefined ? '' : ` ${item}`]
  if (compose === undefined || files === undefined) return `service ${name}: ${flagFor(setting)}${list}: ${problem}`
  const path = ['services', keyIn(files.name, name), ...composePath(setting)]
  return `${placeOf(files.files, [...path, ...names])}: ${[...path, ...names].join('.')}: ${problem}`
}

/**
 * The networks that Swarm would refuse to make, or never allocate.
 *
 * @param known those of the swarm, and of the node that answers
 */
export function networkProblems(drafts: readonly Draft[], known: readonly Network[], files: StackRequest): string[] {
  const wanted = new Map(drafts.flatMap(({ networks = [] }) => networks.map((one) => [one.Name, one] as const)))
  const keys = files.adapted.files.flatMap((file) => mapAt(file, 'networks').map(({ key }) => key))
  const placed = [...wanted.values()].map((network) => {
    const [section = 'networks', key = 'default'] = keyOf(files, 'networks', network.Name)
    return { network, path: [section, key], at: keys.indexOf(key) }
  })
  const before: NetworkCreate[] = []
  // Docker names them in no order.
  return placed
    .toSorted((a, b) => a.at - b.at)
    .flatMap(({ network, path }) => {
      const violations = networkViolations(network, [...known, ...before])
      before.push(network)
      return violations.map(({ key, problem }) => {
        const at = key === '' ? path : [...path, key]
        return `${placeOf(files.files, at)}: ${path.join('.')}: ${problem}`
      })
    })
}

/** Whether a service is to be on a network on which it is not yet. */
export function joinsNetwork({ current, wanted }: Draft): boolean {
  const targets = ({ TaskTemplate: { Networks: networks = [] } }: ServiceSpec) => networks.map(({ Target }) => Target)
  const has = current === undefined ? [] : targets(current.Spec)
  return targets(wanted).some((target) => !has.includes(target))
}

/**
 * A network that a service is attached to, though Swarm lets none be. Of a stack docker itself tells those of one node.
 *
 * @param known those of the swarm, and of the node that answers
 */
export function attachmentProblems(
  { request, wanted }: Draft,
  known: readonly Network[],
  files: StackRequest | undefined,
): string[] {
  const targets = (wanted.TaskTemplate.Networks ?? []).map(({ Target: target }) => target)
  const problems = targets.flatMap((target) => {
    const named = known.filter(({ Id, Name }) => Id === target || Name === target)
    const there = named.filter((one) => !isLeftover(one))
    if (named.length > 0 && there.length === 0) {
      return [
        `the network ${named[0]?.Name} is removed, and only kept by what still runs on it: make it anew when that has ended, or name another one`,
      ]
    }
    const network = there.find(({ Scope }) => Scope === 'swarm') ?? there[0]
    if (network?.Ingress) {
      return [`${network.Name} is the network of published ports, which no service can join: leave it out`]
    }
    const name = network?.Name ?? target
    if (name === 'none') return ['Swarm has no network `none`: leave it out']
    const isOfOneNode = network?.Scope === 'local' && !OF_EVERY_NODE.includes(name)
    return isOfOneNode && files === undefined
      ? [
          `${name} is a network of one node, which no service can use: make one with \`docker network create --driver overlay\``,
        ]
      : []
  })
  return problems.map((problem) => placed(request, { setting: 'networks', problem }, files))
}

/** Networks of docker's own, which services may use on each node. */
const OF_EVERY_NODE = ['bridge', 'host']

/** Whether a service brings a name or a port that another one may have. */
export function mayConflict(draft: Draft): boolean {
  return draft.current === undefined || newPorts(draft).length > 0
}

/** The services of a stack that the version of it to which it goes back does not have. */
export interface Surplus {
  readonly names: readonly string[]
  /** They go when all is up. */
  readonly prune: boolean
}

/**
 * The services whose name or published ports another service has. One that this run changes counts as it is and as it
 * will be: Swarm gives a port away only when nobody has it any more.
 *
 * @param known all services of the swarm
 * @param surplus of a rollback
 */
export function conflicts(
  drafts: readonly Draft[],
  known: readonly Service[],
  files: StackRequest | undefined,
  surplus: Surplus = { names: [], prune: false },
): string[] {
  return drafts.flatMap((draft, index) => {
    // What has got its name since the first look is told when it is made.
    const others = known.filter(({ ID, Spec }) => ID !== draft.current?.ID && Spec.Name !== draft.wanted.Name)
    const violations = [
      ...nameConflicts(draft, [...others.map(({ Spec }) => Spec.Name), ...namesBefore(drafts, index)]),
      ...portConflicts(draft, drafts, index, others, files, surplus),
    ]
    return violations.map((violation) => placed(draft.request, violation, files))
  })
}

function namesBefore(drafts: readonly Draft[], index: number): string[] {
  return drafts.slice(0, index).flatMap(({ current, wanted }) => (current === undefined ? [wanted.Name] : []))
}

/**
 * The other services of the swarm with a port of their nodes that a draft asks for. What this run deploys may give its own
 * away.
 *
 * @param known all services of the swarm
 */
export function portHoldersFor(drafts: readonly Draft[], known: readonly Service[]): Service[] {
  const own = new Set(drafts.flatMap(({ request }) => siblingNames(request.name)))
  const asked = drafts.flatMap(newPorts)
  return portHolders(
    asked,
    known.filter(({ Spec }) => !own.has(Spec.Name)),
  )
}

/**
 * Tasks that would wait for ever, for those of other services have a port of every node that is left for them.
 *
 * @param holders what {@link portHoldersFor} finds
 * @param tasks those of the holders
 */
export function heldPortProblems(
  drafts: readonly Draft[],
  holders: readonly Service[],
  tasks: readonly Task[],
  nodes: readonly Node[],
  files: StackRequest | undefined,
): string[] {
  return drafts.flatMap(({ request, current, wanted }) => {
    const asked = newPorts({ current, wanted })
    const own = portHolders(asked, holders)
    const ids = new Set(own.map(({ ID }) => ID))
    const held = heldPorts(
      wanted,
      tasks.filter(({ ServiceID: id }) => ids.has(id)),
      nodes,
    )
    const [holder] = own
    if (held === undefined || holder === undefined) return []
    const port = asked.find((one) => portHolders([one], [holder]).length > 0)
    const names = andList(own.map(({ Spec }) => Spec.Name))
    const problem = `${port === undefined ? '' : portName(port)} is a port of the node, and ${heldInWords(names, held)}${remedyFor(holder, wanted, files)}`
    return [placed(request, { setting: 'ports', problem }, files)]
  })
}

function heldInWords(holders: string, { taken, nodes, waiting, tasks }: HeldPorts): string {
  const where = taken === nodes ? 'every node' : `${taken} of the ${nodes} nodes`
  const what = waiting === tasks ? (tasks === 1 ? 'its task' : 'its tasks') : `${waiting} of its ${tasks} tasks`
  return `${holders} has it on ${where} that may run this service: ${what} would wait for ever`
}

/** Tasks that would wait for ever, for two services of this deploy want one port of the same nodes. */
export function sharedPortProblems(
  drafts: readonly Draft[],
  nodes: readonly Node[],
  files: StackRequest | undefined,
): string[] {
  return drafts.flatMap((draft, index) =>
    drafts.slice(0, index).flatMap((other) => {
      const port = newHostPorts(draft, other)[0] ?? newHostPorts(other, draft)[0]
      const shared = port === undefined ? undefined : sharedPort(other.wanted, draft.wanted, nodes)
      if (port === undefined || shared === undefined) return []
      const problem = `${portName(port)} is a port of the node, and ${other.wanted.Name} publishes it in this same deploy: ${sharedInWords(shared)}: write another port for one of the two`
      return [placed(draft.request, { setting: 'ports', problem }, files)]
    }),
  )
}

/** The ports of its nodes that a service gets, and that another one has or gets too. */
function newHostPorts({ current, wanted }: Draft, other: Draft): ServicePort[] {
  const others = namedPorts(other.wanted)
  return newPorts({ current, wanted }).filter((port) => isHostPort(port) && hasPort(others, port))
}

function sharedInWords({ nodes, waiting, tasks }: SharedPort): string {
  const are = nodes === 1 ? 'is one node' : `are ${nodes} nodes`
  return `there ${are} for their ${tasks} tasks, and ${waiting} would wait for ever`
}

/** What to do about a port that another service has. */
function remedyFor({ Spec: spec }: Service, wanted: ServiceSpec, files: StackRequest | undefined): string {
  return isLeftOver(spec, wanted, files)
    ? `. It is of this stack but no longer in its files: remove it first with \`docker service rm ${spec.Name}\``
    : ': write another port, or take it from that one first'
}

/** Whether the files have had it once. */
function isLeftOver(spec: ServiceSpec, wanted: ServiceSpec, files: StackRequest | undefined): boolean {
  const stack = stackIn(spec.Labels)
  if (files === undefined || stack === undefined || stack !== stackIn(wanted.Labels)) return false
  return !serviceKeys(files.adapted.files).some((key) => scoped(files, key) === spec.Name)
}

/** One that is of no stack comes to this one; docker cannot make one whose name another stack's has. */
function ownerViolations({ Name: name, Labels: labels }: ServiceSpec, { name: stack }: StackRequest): Violation[] {
  const owner = stackIn(labels) ?? stack
  if (owner === stack) return []
  const problem = `${name} is a service of the stack ${safeLine(owner)}: write another name, or another \`stack\``
  return [{ setting: 'name', problem }]
}

/** Swarm finds names without their capitals. */
function nameConflicts({ current, wanted }: Draft, others: readonly string[]): Violation[] {
  if (current !== undefined) return []
  const { Name: name } = wanted
  const other = others.find((one) => one !== name && one.toLowerCase() === name.toLowerCase())
  if (other === undefined) return []
  return [{ setting: 'name', problem: `${name} and ${other} are one name for Swarm: write another one` }]
}

function portConflicts(
  { current, wanted }: Draft,
  drafts: readonly Draft[],
  index: number,
  others: readonly Service[],
  files: StackRequest | undefined,
  surplus: Surplus,
): Violation[] {
  const asks = newPorts({ current, wanted })
  if (asks.length === 0) return []
  const taken = others.flatMap((other) => {
    const port = portInTheWay(asks, portsOf(other))
    return port === undefined ? [] : [takenBy(port, other, drafts, wanted, files, surplus)]
  })
  const both = drafts.slice(0, index).flatMap((other) => {
    const port = portInTheWay(asks, newPorts(other))
    return port === undefined
      ? []
      : [
          `${portName(port)} is what ${other.wanted.Name} publishes in this same deploy: write another port for one of the two`,
        ]
  })
  return [...taken, ...both].map((problem) => ({ setting: 'ports', problem }))
}

/** The ports by which a spec asks for more than the service has, if there is one. */
function newPorts({ current, wanted }: Pick<Draft, 'current' | 'wanted'>): ServicePort[] {
  const has = current === undefined ? [] : portsOf(current)
  return namedPorts(wanted).filter((port) => !hasPort(has, port))
}

/** Those of them that the whole swarm has once. */
export function newIngressPorts(draft: Pick<Draft, 'current' | 'wanted'>): ServicePort[] {
  return newPorts(draft).filter((port) => !isHostPort(port))
}

function takenBy(
  port: ServicePort,
  { ID, Spec: spec }: Service,
  drafts: readonly Draft[],
  wanted: ServiceSpec,
  files: StackRequest | undefined,
  surplus: Surplus,
): string {
  const name = portName(port)
  const other = drafts.find(({ current }) => current?.ID === ID)
  if (other !== undefined && portInTheWay([port], namedPorts(other.wanted)) === undefined) {
    return `${spec.Name} still publishes ${name}, and Swarm gives it away only when that is deployed: deploy ${spec.Name} without it first, then this one`
  }
  return `${name} is published by the service ${spec.Name}${whoseIs(spec, wanted, files, surplus)}`
}

/** Of the service that has it. */
function whoseIs(spec: ServiceSpec, wanted: ServiceSpec, files: StackRequest | undefined, surplus: Surplus): string {
  const { Name: name } = spec
  if (isLeftOver(spec, wanted, files)) {
    return `, of this stack but no longer in its files: ${removing(name, files)}`
  }
  return surplus.names.includes(name)
    ? `, of this stack but not in this version of it: ${removing(name, surplus)}`
    : ': write another port, or take it from that one first'
}

function removing(
  name: string,
  { prune, leftOut = [] }: Partial<Pick<StackRequest, 'prune' | 'leftOut'>> = {},
): string {
  // The two inputs are an error beside each other.
  const alone = leftOut.length > 0 ? ' in place of `only`' : ''
  return `${prune === true ? '' : `write \`prune: true\`${alone}, or `}remove it first with \`docker service rm ${name}\``
}
