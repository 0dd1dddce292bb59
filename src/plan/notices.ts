import type { Healthcheck, Service, ServiceSpec } from '../docker/api.ts'
import { spoken } from '../docker/duration.ts'
import { intervalSeconds } from '../docker/swarm/health.ts'
import { monitorSecondsOf, updateDelaySeconds } from '../docker/swarm/update-policy.ts'
import { hasUnfinishedUpdate, isPaused } from '../docker/swarm/update-status.ts'
import type { Credential } from '../inputs/accounts/credential.ts'
import type { DockerConfig } from '../inputs/deployment.ts'
import { limited } from '../runner/text/safe-text.ts'
import { placeOf, userInWords } from './credentials/account.ts'
import type { Access } from './planned-service.ts'

/** What is good to know before a deploy, and no reason against it. Pure. */

const NANOSECONDS = 1e9

/** Whoever needs credentials: for the image that it is to have, and the one that it has. */
interface Needing {
  readonly access: Pick<Access, 'credential'> | undefined
  readonly currentAccess: Pick<Access, 'credential'> | undefined
}

/**
 * The credentials that no service of a run needs, neither for the image that it is to have nor for the one that it has,
 * and no image that is pushed.
 *
 * @param given all that the user gave
 * @param planned those who need one
 */
export function unusedCredentials(given: readonly Credential[], planned: readonly Needing[]): string[] {
  const used = new Set(planned.flatMap(({ access, currentAccess }) => [access?.credential, currentAccess?.credential]))
  return given
    .filter((credential) => !used.has(credential))
    .map((credential) => {
      const { origin } = credential
      return `${origin}: the credential of ${userInWords(credential)} for ${placeOf(credential)} serves no service of this run: correct its \`registry\`, or leave it out`
    })
}

/** The Docker client configurations that no service of a run uses. */
export function unusedConfigs(given: readonly DockerConfig[], planned: readonly Needing[]): string[] {
  const used = new Set(
    planned.flatMap(({ access, currentAccess }) => [access?.credential.origin, currentAccess?.credential.origin]),
  )
  return given
    .filter(({ origin }) => !used.has(origin))
    .map(({ name, origin }) => {
      const remedy = name === undefined ? 'correct its accounts' : `choose it with \`auth-config: ${name}\``
      return `${origin}: it serves no service of this run: ${remedy}, or leave it out`
    })
}

/**
 * What becomes of an update that had not come to its end before this run began, in the user's words; `undefined` when
 * there is none.
 *
 * @param isChanged whether this run sends the service anything; a paused update always is sent anew
 */
export function unfinishedUpdateNote(service: Service, isChanged: boolean): string | undefined {
  const { UpdateStatus: status } = service
  if (status === undefined || !hasUnfinishedUpdate(service)) return undefined
  if (isPaused(service))
    return `its last update is paused (${limited(status.Message ?? 'no reason given')}): it is sent anew`
  const what = status.State === 'updating' ? 'an earlier update of it' : 'the rollback of its last update'
  return isChanged
    ? `${what} is still in progress: this deploy takes its place, and a way back would lead to what that one was to make`
    : `${what} is still in progress, and leads to what is asked for: nothing is sent, and the deploy stands or falls with it`
}

/**
 * What a health check that is slow beside the time limit of a run leads to, as a notice before the deploy; `undefined`
 * when it is not.
 *
 * @param timeoutSeconds how long the run waits for all services
 */
export function slowCheckNote(check: Healthcheck, timeoutSeconds: number): string | undefined {
  const limit = limitInWords(timeoutSeconds)
  const isEarlier = (check.StartPeriod ?? 0) > 0 && (check.StartInterval ?? 0) > 0
  if (intervalSeconds(check) > timeoutSeconds && !isEarlier) {
    return `the interval of its health check is ${spoken(intervalSeconds(check))}, and ${limit}: it may not pass in time`
  }
  const start = (check.StartPeriod ?? 0) / NANOSECONDS
  if (start <= timeoutSeconds) return undefined
  return `the start period of its health check is ${spoken(start)}, and ${limit}: a check that fails is not told as such in time`
}

/**
 * That Swarm's own update of a service takes longer than a run waits, by its policy alone; `undefined` when it does not.
 *
 * @param tasks how many are replaced
 */
export function slowUpdateNote(spec: ServiceSpec, tasks: number, timeoutSeconds: number): string | undefined {
  const { UpdateConfig: policy } = spec
  const [delay, monitor] = [updateDelaySeconds(spec), monitorSecondsOf(spec)]
  // Without a policy Swarm replaces one after another, with one that does not say how many all of them.
  const atOnce = policy === undefined ? 1 : policy.Parallelism || tasks
  const turns = Math.ceil(tasks / atOnce)
  const least = turns * delay + monitor
  if (tasks === 0 || least <= timeoutSeconds) return undefined
  const delays = delay === 0 ? '' : `${turns} times its delay of ${spoken(delay)} and `
  return `its update takes at least ${spoken(least)} (${delays}its monitor of ${spoken(monitor)}), and ${limitInWords(timeoutSeconds)}: give the run more, or the update less`
}

function limitInWords(timeoutSeconds: number): string {
  return `the \`timeout\` of this run is ${spoken(timeoutSeconds)}`
}
