import type { Node } from '../docker/api.ts'
import { parseReference } from '../docker/registry/reference.ts'
import { classifyRegistryError, describeFailure, remedy } from '../docker/registry/registry-error.ts'
import { imageInWords } from '../docker/specs/service-spec.ts'
import { eligibleNodes } from '../docker/swarm/placement.ts'
import { userInWords } from '../plan/credentials/account.ts'
import { storedLogin } from '../plan/credentials/stored-account.ts'
import { limited } from '../runner/text/safe-text.ts'
import { someOf } from '../runner/text/some-of.ts'
import type { ImageDemand, ServiceDemand } from './demand.ts'
import { type Pull, thereOn } from './pull.ts'

/** What nodes that lack an image mean for the services that need it. Pure. */

/** What is said of an image. */
export interface Judgement {
  /** Why the services must not be deployed. */
  readonly problem?: string
  /** What is wrong with nodes that the services can do without. */
  readonly notice?: string
}

/** A node that does not have the image. */
interface Lacking {
  readonly node: Node
  /** `unasked`: it was not its turn yet. */
  readonly why: 'failed' | 'slow' | 'unasked'
  /** In the daemon's words; empty unless it failed. */
  readonly said: string
  readonly seconds: number
}

/**
 * Judges one image: `all` of the nodes that may run a service must have it, or as many as it has tasks, or with `auto` as
 * many must be left that could still pull it.
 *
 * @param nodes of the swarm, as they are now
 * @param nameOf what a node is called
 * @param waitedSeconds for how long the nodes were waited for
 */
export function judge(
  pull: Pull,
  nodes: readonly Node[],
  nameOf: (node: Node) => string,
  waitedSeconds: number,
): Judgement {
  const { demand, refusal } = pull
  const image = imageInWords(demand.image)
  if (refusal !== undefined) return refusedJudgement(demand, image, refusal)
  const active = eligibleNodes(nodes).map(({ ID }) => ID)
  const lacking = demand.nodes.flatMap((node) => lackingNode(node, pull, active, waitedSeconds))
  const missing = demand.services.filter((service) => !isServed(service, lacking, active))
  const unknown = demand.nodes.filter(({ ID }) => active.includes(ID) && pull.nodes.get(ID)?.state === 'unknown')
  const left = missing.filter(({ nodes: own }) => !own.some(({ ID }) => active.includes(ID)))
  if (lacking.length === 0 && unknown.length === 0 && left.length === 0) return {}
  const told = [
    ...leftWords(left, nameOf),
    ...(lacking.length === 0 ? [] : [lackingWords(lacking, pull, image, nameOf, waitedSeconds)]),
    ...unknownWords(unknown, image, nameOf),
  ].join(' ')
  const needing = missing.length > 0 ? missing : demand.services
  const text = `${serviceWords(needing)}: ${told}`
  return missing.length > 0 ? { problem: text } : { notice: text }
}

/** Which nodes have it. */
export function whereItIs({ demand, nodes, refusal }: Pull): string {
  const image = imageInWords(demand.image)
  if (refusal !== undefined) return `${image}: no node was asked`
  return `${image}: on ${countOf(thereOn({ nodes }), demand.nodes.length)}`
}

/** With `auto` nothing was asked for that this run could not do without. */
function refusedJudgement({ services }: ImageDemand, image: string, refusal: string): Judgement {
  const must = services.filter(({ choice }) => choice !== 'auto')
  const said = `the swarm refuses the service by which its nodes would pull ${image}: ${limited(refusal)}`
  return must.length === 0
    ? { notice: `${serviceWords(services)}: ${said}. The nodes pull it during the rollout` }
    : { problem: `${serviceWords(must)}: ${said}. Write \`prepare: false\` where that is not allowed` }
}

function lackingNode(node: Node, { nodes }: Pull, active: readonly string[], waitedSeconds: number): Lacking[] {
  const found = nodes.get(node.ID)
  if (!active.includes(node.ID)) return []
  if (found === undefined || found.state === 'pulling') {
    return [{ node, why: found === undefined ? 'unasked' : 'slow', said: '', seconds: waitedSeconds }]
  }
  return found.state === 'failed' ? [{ node, why: 'failed', said: found.said, seconds: found.seconds }] : []
}

/** Whether a service has its image on as many nodes as it asks for. */
function isServed(service: ServiceDemand, lacking: readonly Lacking[], active: readonly string[]): boolean {
  const { choice, needed } = service
  const nodes = service.nodes.filter(({ ID }) => active.includes(ID))
  // Nobody has looked at those that may have come in their place.
  if (nodes.length === 0) return choice === 'auto'
  const counts = lacking.filter(({ why }) => choice !== 'auto' || why === 'failed')
  const bad = counts.filter(({ node }) => nodes.some(({ ID }) => ID === node.ID)).length
  if (choice === 'all') return bad === 0
  return nodes.length - bad >= (needed === 'all' ? nodes.length : Math.min(needed, nodes.length))
}

/** A daemon whose packets are dropped gives up after as long; what is refused fails at once. */
const DROPPED_SECONDS = 25

function lackingWords(
  lacking: readonly Lacking[],
  pull: Pull,
  image: string,
  nameOf: (node: Node) => string,
  waitedSeconds: number,
): string {
  const failed = lacking.filter(({ why }) => why === 'failed')
  const slow = lacking.filter(({ why }) => why !== 'failed')
  const parts: string[] = []
  if (failed.length > 0) {
    const each = failed.map(({ node, said, seconds }) => {
      return `${nameOf(node)} (after ${seconds.toFixed(1)} s: ${reason(said)})`
    })
    const which = `${countOf(failed.length, pull.demand.nodes.length)} cannot pull ${image}`
    parts.push(`${which}: ${someOf(each)}. ${causeOf(failed, pull)}`)
  }
  if (slow.length > 0) {
    const names = someOf(slow.map(({ node, why }) => `${nameOf(node)}${why === 'unasked' ? ' (not asked yet)' : ''}`))
    const more = slow.some(({ why }) => why === 'unasked') ? ', a larger `max-parallel`' : ''
    const longer = `Give the run a longer \`timeout\`${more}, or the registry a faster line`
    parts.push(
      `${countOf(slow.length, pull.demand.nodes.length)} did not have ${image} after ${Math.round(waitedSeconds)} s: ${names}. ${longer}.`,
    )
  }
  return parts.join(' ')
}

/** The image is named already. */
function reason(said: string): string {
  return limited(said).replace(/^(No such image): \S+$/, '$1') || 'no reason given'
}

/**
 * What the failures of some nodes have in common. Docker below 29.7.2 says `No such image` whatever the cause is; then it
 * shows in which nodes fail, and how soon.
 */
function causeOf(failed: readonly Lacking[], pull: Pull): string {
  const { registry, repository } = parseReference(pull.demand.image)
  const said = failed[0]?.said ?? ''
  if (/no space left on device/i.test(said)) return 'Free room on the disk of the node: `docker system df` there.'
  if (/no matching manifest/i.test(said)) return 'Build the image for the platform of the node, or keep it off there.'
  const told = classifyRegistryError(500, said)
  if (told !== 'unknown') {
    const { access } = pull.demand
    const account = access && { config: access.config.name, username: userInWords(storedLogin(access.credential)) }
    return `${capital(describeFailure(told))}. ${remedy(told, { registry, repository, ...account })}`
  }
  const log = 'What it was, `journalctl -u docker` on the node says in the line `pulling image failed`.'
  if (failed.some(({ seconds }) => seconds >= DROPPED_SECONDS)) {
    return `So late, its packets to ${registry} are dropped (check route and firewall of the node), or its disk was full by then. ${log}`
  }
  const trust = `it does not trust the certificate of ${registry} (/etc/docker/certs.d/${registry}/ca.crt), has no way there (firewall, DNS, the daemon's proxy), or its disk is full`
  return thereOn(pull) > 0 || failed.length < pull.demand.nodes.length
    ? `Others pull it, so the cause is on the node: ${trust}. ${log}`
    : `No node that lacks it can pull it, though a manager could read its manifest: either it is gone from the registry by now, or the account may not pull it, or each of them has the same trouble: ${trust}. ${log}`
}

/** A rollout would find no node. */
function leftWords(services: readonly ServiceDemand[], nameOf: (node: Node) => string): string[] {
  if (services.length === 0) return []
  const nodes = new Map(services.flatMap((service) => service.nodes.map((node) => [node.ID, node])))
  const names = someOf([...nodes.values()].map(nameOf))
  return [
    `Of the nodes that may run a task none is ready and active any more: ${names}. Run it again when one is (\`docker node ls\`).`,
  ]
}

/** It may well have it: so it fails nothing. */
function unknownWords(nodes: readonly Node[], image: string, nameOf: (node: Node) => string): string[] {
  if (nodes.length === 0) return []
  const names = someOf(nodes.map(nameOf))
  return [
    `Whether ${names} ${nodes.length === 1 ? 'has' : 'have'} ${image} is not known: its task there is gone, because Swarm keeps too few, or somebody has removed it.`,
  ]
}

function serviceWords(services: readonly ServiceDemand[]): string {
  return `${services.length === 1 ? 'service' : 'services'} ${someOf(services.map(({ name }) => name))}`
}

function countOf(some: number, all: number): string {
  if (some === all) return all === 1 ? 'the one node that lacked it' : `all ${all} nodes that lacked it`
  return `${some} of the ${all} nodes that lacked it`
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
}
