import type { Connection } from '../../connect/connection.ts'
import type { RunTime } from '../../connect/run-time.ts'
import type { Node, Service, ServiceSpec, Task } from '../../docker/api.ts'
import { ConnectionLost, EngineError, wordsOfError } from '../../docker/engine/engine.ts'
import { RegistryError } from '../../docker/registry/registry.ts'
import { imageOf } from '../../docker/specs/service-spec.ts'
import { findService } from '../../docker/specs/spec-update.ts'
import { eligibleNodes } from '../../docker/swarm/placement.ts'
import { takeSnapshot } from '../../docker/swarm/snapshot.ts'
import type { AuthRefresh } from '../../inputs/modes/auth-refresh.ts'
import { accountInWords } from '../../plan/credentials/account.ts'
import type { Renewal } from '../../plan/credentials/auth-refresh.ts'
import {
  accountName,
  storedAccountLabels,
  storedAccountOf,
  storedLogin,
} from '../../plan/credentials/stored-account.ts'
import { type LookUp, UnreadableImage } from '../../plan/images.ts'
import { observedTasks } from '../../plan/observe.ts'
import { numberOf } from '../../plan/write-number.ts'
import type { RenewalResult } from '../../result.ts'
import { ACCOUNT_LABELS } from '../../runner/own-labels.ts'
import { inParallel } from '../../runner/parallel.ts'
import { counted } from '../../runner/text/counted.ts'
import { nowMs, sleep, timeLimit, timeOfDayMs } from '../../runner/time/clock.ts'
import { secondsSince } from '../../runner/time/elapsed.ts'
import type { ServiceLog } from '../service-log.ts'
import { type KeptTasks, keptTasks } from '../watch/kept-tasks.ts'
import { countTasks } from '../watch/service-snapshot.ts'
import { storedCredential } from './stored-credential.ts'
import { WRITE_TIMEOUT_MS, writeSpec } from './write-spec.ts'

/** So often a service is looked at anew that somebody else changes at the same time. */
const TRIES = 3
/** Swarm replaces tasks within a tenth of a second after a write, if it does (seen with 20.10). */
const PROOF_MS = 2000
const LOOK_EVERY_MS = 500

/** What the renewal of stored credentials has at hand. */
export interface RenewalRun {
  readonly asked: AuthRefresh
  readonly connection: Connection
  readonly time: RunTime
  readonly signal: AbortSignal
  readonly lookUp: LookUp
  readonly lines: ServiceLog
  /** All tasks of the services, and the nodes, before anything is written. */
  readonly before: { readonly tasks: readonly Task[]; readonly nodes: readonly Node[] }
  /** What is to be done about a service as it is by now. */
  planAgain(service: Service): Renewal | undefined
}

type Renewing = Extract<Renewal, { action: 'renew' }>

/** A service to which the credential was written. */
export interface Renewed {
  readonly renewal: Renewing
  /** As it was written last, with our labels. */
  readonly written: ServiceSpec
  readonly before: readonly Task[]
}

/**
 * Stores the credential with each service, side by side: the image's manifest is read with it first, and where that is
 * refused nothing is written. What is written is the spec that the service has, so no task restarts.
 *
 * It is written twice: Swarm keeps one spec before the present one, with the credential that was stored with it, and a
 * `docker service rollback` would bring the old credential back.
 */
export function renewAll(renewals: readonly Renewal[], run: RenewalRun): Promise<(Renewed | RenewalResult)[]> {
  return inParallel(renewals, run.asked.maxParallel, async (renewal) => {
    const { service } = renewal
    const writing: Writing = { sent: 0, isStored: false }
    try {
      if (run.signal.aborted) return unrenewed(service, 'cancelled', 'the run was stopped before it was its turn')
      if (run.time.isOver) return unrenewed(service, 'timed-out', OVER)
      return await renew(renewal, run, writing)
    } catch (error) {
      if (run.signal.aborted) return unrenewed(service, 'cancelled', `the run was stopped: ${whatIsKnown(writing)}`)
      if (!(error instanceof ConnectionLost || error instanceof EngineError)) throw error
      const said = wordsOfError(error)
      return tell(unrenewed(service, 'failed', `${whatIsKnown(writing, error)}: ${said}`), run)
    }
  })
}

/** How far the writes to one service have come. */
interface Writing {
  sent: number
  /** Once at least: `docker service rollback` may still bring the credential before it back. */
  isStored: boolean
}

/** @param error of the daemon, which ended them */
function whatIsKnown({ sent, isStored }: Writing, error?: unknown): string {
  if (isStored) return `${STORED}, and the spec that \`docker service rollback\` brings back may have the one before`
  const isRefused = sent === 1 && error instanceof EngineError && error.status < 500
  return sent === 0 || isRefused ? 'nothing is written' : 'whether the credential is stored is not known'
}

const OVER = '`timeout` was over before it was its turn: write a longer one'

async function renew(first: Renewal, run: RenewalRun, writing: Writing): Promise<Renewed | RenewalResult> {
  const { connection, lookUp, lines, before } = run
  const { engine } = connection
  let renewal: Renewal | undefined = first
  for (let number = 1; ; number++) {
    const { service } = renewal
    if (renewal.action === 'skip')
      return tell({ ...unrenewed(service, 'skipped', renewal.reason), again: renewal.again }, run)
    if (renewal.action === 'fail') return tell(unrenewed(service, 'failed', renewal.reason), run)
    const { access, image } = renewal
    const login = storedLogin(access.credential)
    try {
      await lookUp(image, access, login)
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error
      const { message } = new UnreadableImage(error, image, access, run.asked.credentials, { login })
      return tell(unrenewed(service, 'failed', `nothing is written: ${message}`), run)
    }
    const { result, written } = await write(renewal, run, writing)
    if (result === 'done') {
      lines.step(service.Spec.Name, `the credential of ${accountInWords({ ...access.credential, ...login })} is stored`)
      return { renewal, written, before: observedTasks(before, service.ID) }
    }
    const now: Service | undefined = result === 'removed' ? undefined : await findService(engine, service.ID, limit())
    if (now === undefined) return tell(unrenewed(service, 'skipped', 'somebody has removed it meanwhile'), run)
    if (number === TRIES) {
      const reason = `somebody else changed it ${TRIES} times meanwhile, and nothing is written over that: run this again`
      return tell(unrenewed(service, 'failed', reason), run)
    }
    lines.say(service.Spec.Name, 'somebody else has changed it meanwhile: it is looked at again')
    renewal = run.planAgain(now)
    if (renewal === undefined) {
      return tell(
        unrenewed(now, 'skipped', 'somebody else has given it an image that no account of this run serves'),
        run,
      )
    }
  }
}

async function write({ service, access }: Renewing, { connection: { engine } }: RenewalRun, writing: Writing) {
  const credential = storedCredential(access)
  let written = service.Spec
  const note = (spec: ServiceSpec) => {
    written = spec
    writing.sent++
  }
  const once = () => writeSpec(engine, service.ID, [service.Spec], service.Spec, credential, limit(), { sending: note })
  const result = await once()
  // What somebody else has written in between is theirs, and has the new credential or one of their own.
  if (result === 'done') {
    writing.isStored = true
    await once()
  }
  return { result, written }
}

function limit(): AbortSignal {
  return timeLimit(WRITE_TIMEOUT_MS)
}

/**
 * Looks until it is proved that the tasks that ran are the same and run on, and until those that could not pull before
 * have come up: as long as `timeout` lasts.
 *
 * @returns what became of each
 */
export async function watchKept(
  renewed: readonly Renewed[],
  run: RenewalRun,
): Promise<ReadonlyMap<Renewed, RenewalResult>> {
  const { connection, time, signal, asked } = run
  const services = renewed.map(({ renewal }) => renewal.service)
  const startedAt = nowMs()
  for (let pauseMs = PROOF_MS; ; pauseMs = LOOK_EVERY_MS) {
    await sleep(pauseMs, signal).catch(() => undefined)
    let seen: Seen[]
    try {
      seen = await look(renewed, services, connection)
    } catch (error) {
      if (!(error instanceof ConnectionLost || error instanceof EngineError)) throw error
      const said = wordsOfError(error)
      const outcome = signal.aborted ? 'cancelled' : 'failed'
      const unseen = (one: Renewed) => {
        const cause = `${STORED}, and its tasks cannot be looked at: ${said}`
        return tell(withAccount(unrenewed(one.renewal.service, outcome, cause), one), run)
      }
      return new Map(renewed.map((one) => [one, unseen(one)]))
    }
    const isLast = time.isOver || signal.aborted || !asked.wait
    const isDone = seen.every(
      ({ kept, otherAccount }) =>
        kept === 'removed' ||
        otherAccount !== undefined ||
        kept.waitsFor === undefined ||
        kept.cannotPull !== undefined,
    )
    if (isLast || isDone) return new Map(seen.map((now) => [now.one, tell(resultOf(now, startedAt, run), run)]))
  }
}

/** What is seen of a service that was renewed. */
interface Seen {
  readonly one: Renewed
  readonly kept: KeptTasks | 'removed'
  /** Whose credential somebody else has stored with it since, where it is another. */
  readonly otherAccount: string | undefined
  readonly running: number
  readonly wanted: number
}

async function look(
  renewed: readonly Renewed[],
  services: readonly Service[],
  { engine }: Connection,
): Promise<Seen[]> {
  const { services: found, nodes } = await takeSnapshot(engine, services, 'all', limit())
  return renewed.map((one): Seen => {
    const { service } = one.renewal
    const now = found.get(service.ID)
    if (now === undefined || now.found === 'removed')
      return { one, kept: 'removed', otherAccount: undefined, running: 0, wanted: 0 }
    const otherAccount = accountStoredSince(one.written, now.service.Spec)
    // Somebody's change that is gone again has replaced tasks too.
    const isOurs =
      (now.found === 'ours' || now.found === 'stale') && numberOf(now.service.Spec) === numberOf(one.written)
    const kept = keptTasks(service, one.before, now.tasks, nodes, isOurs)
    const may = eligibleNodes(nodes, now.service.Spec.TaskTemplate.Placement)
    const { wanted, counted } = countTasks(now.service, now.tasks, may)
    return { one, kept, otherAccount, running: counted.length, wanted }
  })
}

/** Only runs of ours say whose credential they store; of what others write nobody can tell. */
function accountStoredSince(written: ServiceSpec, now: ServiceSpec): string | undefined {
  const [ours, theirs] = [storedAccountOf(written), storedAccountOf(now)]
  // An older one is what a leader shows that has not caught up yet.
  const isNewer = (numberOf(now) ?? 0) > (numberOf(written) ?? 0)
  if (theirs === undefined || !isNewer) return undefined
  return theirs.registry === ours?.registry && theirs.account === ours.account ? undefined : theirs.account
}

const STORED = 'the credential is stored'

function resultOf(
  { one, kept, otherAccount, running, wanted }: Seen,
  startedAt: number,
  { asked, signal }: RenewalRun,
): RenewalResult {
  const { service } = one.renewal
  if (kept === 'removed') return unrenewed(service, 'skipped', 'somebody has removed it meanwhile')
  if (otherAccount !== undefined) {
    const reason = `somebody else has stored the credential of ${otherAccount} with it meanwhile, which is left there`
    return { ...unrenewed(service, 'skipped', reason), again: true }
  }
  const { unchanged, changed, replaced, waitsFor, cannotPull, failsOtherwise } = kept
  const result = withAccount(
    { ...unrenewed(service, 'refreshed', undefined), tasks: { unchanged, changed, running, wanted } },
    one,
  )
  if (replaced.length > 0) {
    return {
      ...result,
      outcome: 'failed',
      cause: `${STORED}, but ${replaced.join('; ')}, which no renewal should bring about`,
    }
  }
  if (cannotPull !== undefined) {
    return {
      ...result,
      outcome: 'failed',
      cause: `${STORED}, and its task still cannot pull the image: it ${cannotPull}`,
    }
  }
  if (waitsFor !== undefined && asked.wait) {
    const outcome = signal.aborted ? 'cancelled' : 'timed-out'
    return {
      ...result,
      outcome,
      cause: `${STORED}, but a task that waited for the image is not up after ${secondsSince(startedAt)} s: it ${waitsFor}`,
    }
  }
  const notes = [
    ...changed,
    ...(waitsFor === undefined ? [] : [`a task that waits for the image is not waited for: it ${waitsFor}`]),
    ...(failsOtherwise === undefined ? [] : [`a task that could not pull has the image now, and ${failsOtherwise}`]),
  ]
  return notes.length === 0 ? result : { ...result, note: notes.join('; ') }
}

function withAccount(result: RenewalResult, { renewal: { access, service } }: Renewed): RenewalResult {
  const login = storedLogin(access.credential)
  const { registry } = login
  const username = accountName(login)
  const { [ACCOUNT_LABELS.expires]: expires } = storedAccountLabels(access.credential, timeOfDayMs())
  const before = storedAccountOf(service.Spec)?.account
  const account = { username, registry, config: access.config.name, ...(expires && { expires }) }
  return { ...result, account: before && before !== username ? { ...account, before } : account }
}

function unrenewed(service: Service, outcome: RenewalResult['outcome'], cause: string | undefined): RenewalResult {
  return {
    name: service.Spec.Name,
    outcome,
    image: imageOf(service),
    tasks: { unchanged: 0, changed: [], running: 0, wanted: 0 },
    ...(cause === undefined ? {} : { cause }),
  }
}

function tell(result: RenewalResult, { lines }: RenewalRun): RenewalResult {
  const { name, outcome, cause, note, tasks } = result
  if (outcome === 'skipped') lines.say(name, `skipped: ${cause}`)
  else if (outcome !== 'refreshed') lines.bad(name, `${outcome}: ${cause}`)
  else
    lines.good(name, `${STORED}, ${counted(tasks.unchanged, 'task')} unchanged${note === undefined ? '' : `; ${note}`}`)
  return result
}
