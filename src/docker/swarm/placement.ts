import { BlockList, isIP, isIPv4 } from 'node:net'
import { safeLine } from '../../runner/text/safe-text.ts'

/** What the Engine API's Node object says of a node that decides where tasks may run. */
export interface PlacementNode {
  readonly ID: string
  readonly Status: { readonly State: string; readonly Addr?: string }
  readonly Spec: {
    readonly Availability: string
    readonly Role: string
    readonly Labels?: Readonly<Record<string, string>>
  }
  readonly Description: {
    readonly Hostname?: string
    readonly Platform: { readonly Architecture?: string; readonly OS?: string }
    readonly Engine: { readonly Labels?: Readonly<Record<string, string>> }
  }
}

/** The Engine API's `TaskTemplate.Placement`. */
export interface Placement {
  readonly Constraints?: readonly string[]
  readonly Platforms?: readonly { readonly Architecture?: string; readonly OS?: string }[]
}

/** A platform as the registry names it: `GET /distribution/{image}/json`. */
export interface ImagePlatform {
  readonly architecture?: string
  readonly os?: string
}

/** The image's platforms and the nodes' platforms, which have nothing in common: `linux/arm64` and `linux/amd64`. */
export interface PlatformProblem {
  readonly image: readonly string[]
  readonly nodes: readonly string[]
}

interface Constraint {
  readonly key: string
  readonly negated: boolean
  readonly value: string
}

// swarmkit v2 manager/constraint/constraint.go. The key has at least two characters; so it is there.
const KEY = /^[a-z_][a-z0-9\-_.]+$/i
const VALUE = /^[a-z0-9:\-_\s.*()?+[\]\\^$|/]+$/i
const OPERATORS = ['==', '!='] as const
const NODE_LABEL = 'node.labels.'
const ENGINE_LABEL = 'engine.labels.'

/** What the swarm will say against a constraint when the service is created or updated; `undefined` when nothing. */
export function constraintProblem(text: string): string | undefined {
  const parsed = parseConstraint(text)
  return typeof parsed === 'string' ? parsed : undefined
}

/**
 * Whether the node satisfies a constraint such as `node.labels.zone == west`, to swarmkit's letter: values compare
 * without case, a label's name with it, a missing label is the empty string, and a key that swarmkit does not know
 * matches no node, not even with `!=`. A text that is no constraint matches no node either: the swarm refuses it.
 */
export function satisfies(node: PlacementNode, constraint: string): boolean {
  const parsed = parseConstraint(constraint)
  if (typeof parsed === 'string') return false
  if (parsed.key.toLowerCase() === 'node.ip') return satisfiesAddress(node.Status.Addr ?? '', parsed)
  const actual = attribute(node, parsed.key)
  if (actual === undefined) return false
  return (actual.toLowerCase() === parsed.value.toLowerCase()) !== parsed.negated
}

/**
 * The nodes that may be given the service's tasks. `Placement.Platforms` does not count here: it tells what the image
 * before this deployment ran on; see {@link platformProblem} for the new one.
 */
export function eligibleNodes<Node extends PlacementNode>(nodes: readonly Node[], placement: Placement = {}): Node[] {
  return allowedNodes(nodes, placement).filter((node) => isThere(node) && node.Spec.Availability === 'active')
}

/**
 * A new leader of the swarm calls every node unknown until it reports: it is not gone. One that has joined and never
 * reported is unknown too, and what it is, nobody knows.
 */
function isThere({ Status: { State: state }, Description: { Platform: platform } }: PlacementNode): boolean {
  return state === 'ready' || (state === 'unknown' && platform.OS !== undefined)
}

/** The nodes that satisfy the constraints, whether or not they can be given tasks at this moment. */
export function allowedNodes<Node extends PlacementNode>(nodes: readonly Node[], placement: Placement = {}): Node[] {
  const constraints = placement.Constraints ?? []
  return nodes.filter((node) => constraints.every((constraint) => satisfies(node, constraint)))
}

/**
 * Why the swarm would find no node for the image among these; `undefined` when at least one can run it. An image that
 * names no platforms runs anywhere, as far as the swarm is concerned.
 */
export function platformProblem(
  nodes: readonly PlacementNode[],
  imagePlatforms: readonly ImagePlatform[],
): PlatformProblem | undefined {
  const platforms = realPlatforms(imagePlatforms)
  const fits = (node: PlacementNode) => platforms.some((platform) => runs(node, platform))
  if (platforms.length === 0 || nodes.some(fits)) return undefined
  return { image: namesOf(platforms), nodes: distinct(nodes.map(platformOf)) }
}

/** Nodes that cannot run an image which others can: what they are, and the constraints that keep a service from them. */
export interface ForeignNodes<Node extends PlacementNode> {
  readonly image: readonly string[]
  readonly nodes: readonly Node[]
  readonly constraints: readonly string[]
}

/**
 * The nodes on which a task of a global service would wait for ever: each that its constraints allow is given one, whatever
 * the platform (swarmkit, manager/orchestrator/global/global.go; seen with 20.10). `undefined` where there are none.
 */
export function foreignNodes<Node extends PlacementNode>(
  nodes: readonly Node[],
  imagePlatforms: readonly ImagePlatform[],
): ForeignNodes<Node> | undefined {
  const platforms = realPlatforms(imagePlatforms)
  const fits = (node: Node) => platforms.length === 0 || platforms.some((platform) => runs(node, platform))
  const foreign = nodes.filter((node) => !fits(node))
  if (foreign.length === 0) return undefined
  const systems = new Set(nodes.filter(fits).map(({ Description: { Platform } }) => Platform.OS))
  const constraints = foreign.map(({ Description: { Platform } }) =>
    systems.has(Platform.OS) ? `node.platform.arch!=${Platform.Architecture}` : `node.platform.os!=${Platform.OS}`,
  )
  return { image: namesOf(platforms), nodes: foreign, constraints: distinct(constraints) }
}

/** Without what is no platform: a statement about an image is listed beside it. */
function realPlatforms(platforms: readonly ImagePlatform[]): ImagePlatform[] {
  return platforms.filter(({ architecture, os }) => architecture !== 'unknown' && os !== 'unknown')
}

function namesOf(platforms: readonly ImagePlatform[]): string[] {
  return distinct(platforms.map(({ architecture, os }) => platformName(architecture, os)))
}

/** `linux/arm64` */
export function platformOf({ Description: { Platform } }: PlacementNode): string {
  return platformName(Platform.Architecture, Platform.OS)
}

/** Whether a node can run an image of these platforms; one that names none runs anywhere. */
export function hasPlatform(node: PlacementNode, platforms: Placement['Platforms']): boolean {
  if (platforms == null || platforms.length === 0) return true
  return platforms.some(({ Architecture = '', OS = '' }) => runs(node, { architecture: Architecture, os: OS }))
}

/**
 * swarmkit's PlatformFilter on what the docker CLI records for an image. 32-bit `arm` is recorded without its
 * architecture, since nodes report variants such as `armv7l` (swarmkit#2294).
 */
function runs(node: PlacementNode, { architecture = '', os = '' }: ImagePlatform): boolean {
  const { Architecture, OS } = node.Description.Platform
  const wanted = architecture.toLowerCase() === 'arm' ? '' : normalisedArchitecture(architecture)
  return (wanted === '' || wanted === normalisedArchitecture(Architecture)) && (os === '' || os === OS)
}

function normalisedArchitecture(architecture = ''): string {
  if (architecture === 'x86_64') return 'amd64'
  if (architecture === 'aarch64') return 'arm64'
  return architecture
}

/** What is longer is no platform. */
const MOST_PLATFORM_CHARACTERS = 60

/** `linux/amd64`, of whoever made the image. */
function platformName(architecture?: string, os?: string): string {
  return safeLine(`${os || 'any'}/${normalisedArchitecture(architecture) || 'any'}`, MOST_PLATFORM_CHARACTERS)
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort()
}

/** The parsed constraint, or what is wrong with it in swarmkit's words. */
function parseConstraint(text: string): Constraint | string {
  const operator = OPERATORS.find((candidate) => text.includes(candidate))
  if (operator === undefined) return `constraint expected one operator from ${OPERATORS.join(', ')}`
  const at = text.indexOf(operator)
  const key = text.slice(0, at).trim()
  const value = text.slice(at + operator.length).trim()
  if (!KEY.test(key)) return `key '${key}' is invalid`
  if (!VALUE.test(value)) return `value '${value}' is invalid`
  return { key, negated: operator === '!=', value }
}

/** What the node has under a constraint's key; `undefined` for a key that swarmkit does not know. */
function attribute(node: PlacementNode, key: string): string | undefined {
  const known = key.toLowerCase()
  switch (known) {
    case 'node.id':
      return node.ID
    case 'node.hostname':
      return node.Description.Hostname
    case 'node.role':
      return node.Spec.Role
    case 'node.platform.os':
      return node.Description.Platform.OS
    case 'node.platform.arch':
      return node.Description.Platform.Architecture
    default:
      if (isLabelKey(known, NODE_LABEL)) return label(node.Spec.Labels, key.slice(NODE_LABEL.length))
      if (isLabelKey(known, ENGINE_LABEL)) return label(node.Description.Engine.Labels, key.slice(ENGINE_LABEL.length))
      return undefined
  }
}

function isLabelKey(key: string, prefix: string): boolean {
  return key.startsWith(prefix) && key.length > prefix.length
}

function label(labels: Readonly<Record<string, string>> | undefined, name: string): string {
  return labels !== undefined && Object.hasOwn(labels, name) ? (labels[name] ?? '') : ''
}

/** `node.ip` is an address or a network in CIDR form; anything else matches no node, whatever the operator. */
function satisfiesAddress(address: string, { value, negated }: Constraint): boolean {
  const [base = '', prefix, ...more] = value.split('/')
  const bits = isIPv4(base) ? 32 : 128
  const length = prefix === undefined ? bits : Number(prefix)
  const valid =
    isIP(base) !== 0 && more.length === 0 && (prefix === undefined || /^\d{1,3}$/.test(prefix)) && length <= bits
  if (!valid) return false

  // For Go, an IPv4 address is in an IPv6 network only where that is one of mapped IPv4 addresses.
  if (isIPv4(address) && !isIPv4(base) && length < 96) return negated
  const network = new BlockList()
  network.addSubnet(base, length, family(base))
  const within = isIP(address) !== 0 && network.check(address, family(address))
  return within !== negated
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6'
}
