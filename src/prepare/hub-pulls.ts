import type { Connection } from '../connect/connection.ts'
import { spoken } from '../docker/duration.ts'
import { type HubLimit, readHubLimit } from '../docker/registry/hub-limit.ts'
import { isGlobal, wantedTasks } from '../docker/specs/service-mode.ts'
import { imageOf, imageOfSpec } from '../docker/specs/service-spec.ts'
import { eligibleNodes, hasPlatform } from '../docker/swarm/placement.ts'
import { messageOf } from '../errors.ts'
import type { Credential } from '../inputs/accounts/credential.ts'
import { type Change, serviceBefore } from '../plan/change.ts'
import { userInWords } from '../plan/credentials/account.ts'
import { storedLogin } from '../plan/credentials/stored-account.ts'
import type { Observation } from '../plan/observe.ts'
import type { Access } from '../plan/planned-service.ts'
import { groupBy } from '../runner/group-by.ts'
import { log } from '../runner/log/log.ts'
import { idle, timeLimit } from '../runner/time/clock.ts'
import { contentOf, nodesByContent } from './demand.ts'

/**
 * The pulls that Docker Hub still allows the accounts of a run, beside those that it may take. Docker tells them to whoever
 * asks over HTTP, and a daemon does not pass them on: so this runner asks, and only for accounts. Without an account Docker
 * counts by the address of each node, of which no runner can know.
 */

const HUB = 'docker.io'
const LIMIT_MS = 3000
/** A check mostly takes longer than the question that is asked beside it. */
const WAIT_MS = 1000

/** What Docker Hub says of each account, as far as it has said it by now. */
export type HubReading = ReadonlyMap<Credential, Promise<HubLimit | undefined>>

/** Asks for each account of Docker Hub that a service uses. Nothing waits for it, and nothing fails. */
export function readHubLimits(
  accesses: readonly (Access | undefined)[],
  { registryHttp }: Connection,
  stop: AbortSignal,
): HubReading {
  const credentials = accesses.flatMap((access) => (access?.credential.registry === HUB ? [access.credential] : []))
  return new Map(
    [...new Set(credentials)].map((credential) => {
      const signal = AbortSignal.any([stop, timeLimit(LIMIT_MS)])
      const asked = readHubLimit(registryHttp, storedLogin(credential), signal).catch((error: unknown) => {
        log.debug(`Docker Hub does not tell the pulls left of ${userInWords(credential)}: ${messageOf(error)}`)
        return undefined
      })
      return [credential, asked]
    }),
  )
}

/** Says how many pulls are left, and warns where the changes may need more. */
export async function tellHubLimits(
  reading: HubReading,
  changes: readonly Change[],
  observed: Observation,
): Promise<void> {
  if (reading.size === 0) return
  const needs = hubNeeds(changes, observed)
  const late = idle(WAIT_MS).then(() => undefined)
  for (const [credential, asked] of reading) {
    const limit = await Promise.race([asked, late])
    if (limit === undefined) continue
    const username = userInWords(storedLogin(credential))
    const { line, isShort } = hubLimitWords(username, limit, needs.get(credential) ?? 0)
    if (isShort) log.warning(line)
    else log.info(line)
  }
}

/** What is told of an account. Pure. */
export function hubLimitWords(username: string, { pulls, left, seconds, isOfAddress }: HubLimit, need: number) {
  const window = seconds > 0 ? ` in ${spoken(seconds)}` : ''
  const words = `Docker Hub: ${left} of ${pulls} pulls${window} are left`
  if (isOfAddress)
    return { line: `${words} for the address of this runner: it does not count those of ${username}`, isShort: false }
  const line = `${words} for the account ${username}`
  if (need <= left)
    return { line: `${line}${need === 0 ? '' : `, and this run needs ${need} at the most`}`, isShort: false }
  return {
    line: `${line}, and this run may need ${need}, one for each node and image: nodes that are refused cannot start their tasks. Wait, use an account with more pulls, or have the images in a registry of your own`,
    isShort: true,
  }
}

/** How many pulls the changes may take of each account: a node that has no task with the image pulls it once. Pure. */
export function hubNeeds(changes: readonly Change[], { nodes, tasks }: Observation): Map<Credential, number> {
  const running = nodesByContent(tasks)
  const wanting = changes.flatMap((change) => {
    const { access, wanted, request } = change
    const content = contentOf(imageOfSpec(wanted))
    const before = serviceBefore(change)
    const count = wantedTasks(wanted)
    const isNew = change.action !== 'unchanged' && content !== undefined && content !== contentOf(imageOf(before))
    if (!isNew || access?.credential.registry !== HUB || count === 0) return []
    const placement = wanted.TaskTemplate.Placement
    const placed = eligibleNodes(nodes, placement).filter((node) => hasPlatform(node, placement?.Platforms))
    const has = running.get(content) ?? new Set()
    const lacking = placed.filter(({ ID }) => !has.has(ID)).map(({ ID }) => ID)
    const isOnAll = isGlobal(wanted) || count === undefined || request.prepare !== 'no'
    return [
      {
        credential: access.credential,
        content,
        lacking,
        most: isOnAll ? lacking.length : Math.min(count, lacking.length),
      },
    ]
  })
  const needs = new Map<Credential, number>()
  const byImage = groupBy(wanting, ({ content, credential }) => `${content} ${credential.config} ${credential.origin}`)
  for (const all of byImage.values()) {
    const [first] = all
    if (first === undefined) continue
    const nodesOfAll = new Set(all.flatMap(({ lacking }) => lacking)).size
    const sum = all.reduce((total, { most }) => total + most, 0)
    needs.set(first.credential, (needs.get(first.credential) ?? 0) + Math.min(sum, nodesOfAll))
  }
  return needs
}
