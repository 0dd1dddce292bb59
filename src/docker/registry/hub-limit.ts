import { isIP } from 'node:net'
import type { RegistryCredential } from './registry-auth.ts'
import type { HttpAnswer, HttpSend } from './registry-http.ts'
import { headerOf, RegistrySession } from './registry-session.ts'

/** How many pulls Docker Hub still allows (https://docs.docker.com/docker-hub/usage/pulls, "View pull rate and limit"). */
export interface HubLimit {
  /** In the whole window. */
  readonly pulls: number
  readonly left: number
  /** How long the window is. */
  readonly seconds: number
  /** Whether the pulls of an address are counted, and not those of the account. */
  readonly isOfAddress: boolean
}

/** The image that Docker has for this question: to look at it does not count as a pull. */
const PREVIEW = 'ratelimitpreview/test'

/**
 * What Docker Hub tells of an account's pulls; `undefined` where it names no limit, as for paid plans.
 *
 * @throws RegistryError when it does not answer
 */
export async function readHubLimit(
  send: HttpSend,
  credential: RegistryCredential,
  signal: AbortSignal,
): Promise<HubLimit | undefined> {
  const session = new RegistrySession({
    send,
    registry: 'docker.io',
    repository: PREVIEW,
    credential,
    actions: 'pull',
    isInsecure: false,
    authorities: [],
    signal,
  })
  // Where none is left, that is the answer.
  return hubLimitIn(await session.callOnce({ method: 'HEAD', at: 'manifests/latest', allowed: [429] }))
}

/** `100;w=21600`: so many in a window of so many seconds. Pure. */
export function hubLimitIn(answer: HttpAnswer): HubLimit | undefined {
  const [limit, remaining] = ['ratelimit-limit', 'ratelimit-remaining'].map((name) =>
    /^(\d{1,9})(?:;w=(\d{1,9}))?$/.exec(headerOf(answer, name)?.trim() ?? ''),
  )
  if (!limit) return undefined
  const left = remaining?.[1] ?? (answer.status === 429 ? '0' : undefined)
  if (left === undefined) return undefined
  return {
    pulls: Number(limit[1]),
    left: Number(left),
    seconds: Number(limit[2] ?? remaining?.[2] ?? 0),
    isOfAddress: isIP(headerOf(answer, 'docker-ratelimit-source') ?? '') !== 0,
  }
}
