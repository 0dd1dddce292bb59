import type { RunTime } from '../../connect/run-time.ts'
import { type Token, type TokenEnd, tokenOf } from '../../docker/registry/token.ts'
import type { Credential } from '../../inputs/accounts/credential.ts'
import type { Deployment } from '../../inputs/deployment.ts'
import { groupBy } from '../../runner/group-by.ts'
import { docLink, withDocLink } from '../../runner/log/doc-link.ts'
import { log } from '../../runner/log/log.ts'
import { someOf } from '../../runner/text/some-of.ts'
import { timeOfDayMs } from '../../runner/time/clock.ts'
import { utcWords } from '../../runner/time/utc.ts'
import { storedPasswordInWords } from './account.ts'
import { storedLogin } from './stored-account.ts'

/** A service with which a credential would be stored. */
export interface Storing {
  readonly name: string
  readonly credential: Credential
}

/** Of a token that names its own end: nodes pull for months, and whoever chose a later one has thought of that. */
const SOON_MS = 30 * 24 * 60 * 60 * 1000

/**
 * One line for each credential that would be stored and ends soon: whose it is, when that is, with which services, and what
 * to do. Pure.
 *
 * @param now in milliseconds since 1970
 * @param runEndsAt when the time of this run is over, the same
 */
export function shortLived(storing: readonly Storing[], now: number, runEndsAt: number): string[] {
  return [...groupBy(storing, ({ credential }) => credential)].flatMap(([credential, services]) => {
    const token = tokenOf(storedLogin(credential), now)
    if (token?.end === undefined || !isSoon(token.end, now)) return []
    const names = services.map(({ name }) => name)
    return [
      withDocLink(
        lineOf(credential, { ...token, end: token.end }, names, now, runEndsAt),
        docLink('a credential that ends'),
      ),
    ]
  })
}

/**
 * What to do about credentials that would be stored and end soon is the user's choice: what is an error is returned, and of
 * what is not the log warns.
 */
export function shortLivedProblems(
  storing: readonly Storing[],
  { onShortLived }: Pick<Deployment, 'onShortLived'>,
  time: RunTime,
): string[] {
  if (onShortLived === 'allow') return []
  const now = timeOfDayMs()
  const lines = shortLived(storing, now, now + time.leftMs)
  if (onShortLived === 'error') return lines.map((line) => `on-short-lived: ${line}`)
  for (const line of lines) log.warning(line)
  return []
}

function isSoon(end: TokenEnd, now: number): boolean {
  return 'with' in end || end.at - now < SOON_MS
}

function lineOf(
  credential: Credential,
  { is, end, remedy }: Token & { readonly end: TokenEnd },
  services: readonly string[],
  now: number,
  runEndsAt: number,
): string {
  const what = `${storedPasswordInWords(credential)} is ${is}, which ${endWords(end, now)}: from then on no node can pull the image of ${someOf(services)} with it`
  const isTooSoon = 'at' in end && end.at > now && end.at < runEndsAt
  const early = isTooSoon
    ? `. That is before the \`timeout\` of this run is over (${utcWords(runEndsAt)}), so that even this rollout may fail of it`
    : ''
  const other =
    credential.stored === undefined
      ? ', or give the nodes one of their own: `stored-password-env` in an entry of `registries`'
      : ''
  return `${what}${early}. What to do: ${remedy}${other}`
}

/** When a token ends, in words that follow "which". */
export function endWords(end: TokenEnd, now: number): string {
  if ('with' in end) return 'ends with the job'
  if (end.at <= now) return `ended at ${utcWords(end.at)}`
  return `ends at ${utcWords(end.at)}${end.isExact ? '' : ' at the latest'}`
}
