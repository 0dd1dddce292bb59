import type { Run } from '../connect/run.ts'
import type { Node, Service } from '../docker/api.ts'
import type { Engine } from '../docker/engine/engine.ts'
import { referenceOf } from '../docker/specs/service-spec.ts'
import { allTasksOf, takeSnapshot } from '../docker/swarm/snapshot.ts'
import { throwAll } from '../errors.ts'
import type { AuthRefresh } from '../inputs/modes/auth-refresh.ts'
import { type Choice, type ChosenService, choose, planRenewal, type Renewal } from '../plan/credentials/auth-refresh.ts'
import { choosingLabels, configChoice } from '../plan/credentials/config-choice.ts'
import { type LoggedIn, logIn } from '../plan/credentials/log-in.ts'
import { shortLivedProblems } from '../plan/credentials/short-lived.ts'
import { lookUpOnce } from '../plan/images.ts'
import { sweepAmong } from '../prepare/passing-services.ts'
import type { RenewalResult } from '../result.ts'
import { type RenewalRun, type Renewed, renewAll, watchKept } from '../rollout/send/renew-stored.ts'
import { serviceLog } from '../rollout/service-log.ts'
import { openStage, stage } from '../runner/log/log.ts'
import { note } from '../runner/workspace/state.ts'
import { withRun } from './with-run.ts'

/** What came of a run that renews stored credentials. */
export interface AuthRefreshed {
  readonly results: readonly RenewalResult[]
  /** One line for each account that its registry did not take. */
  readonly problems: readonly string[]
}

/** Stores today's credential with services, and restarts nothing. */
export function refreshAuth(asked: AuthRefresh, signal: AbortSignal): Promise<AuthRefreshed> {
  return withRun({ ...asked, onCancel: 'keep' }, signal, (run) => refreshAuthOver(asked, run))
}

/**
 * Chooses the services, logs in, stores the credential of each, and proves that their tasks are the same. What goes wrong
 * with one service does not hold up the others: their credentials end all the same.
 *
 * @throws UserErrors when no service is meant, or no account is any good
 */
export async function refreshAuthOver(asked: AuthRefresh, run: Run): Promise<AuthRefreshed> {
  const { time, signal, workspace } = run
  const connection = time.bound(run.connection)
  const { engine } = connection
  const all = await time.before('Look at the swarm', async (limit) => {
    const services = await engine.get<Service[]>('/services', { signal: limit })
    await sweepAmong(services, engine, limit)
    return services
  })
  const choice = choose(asked.which, all)
  const accounts = { ...asked, services: inNeed(asked, choice) }
  const loggedIn = await stage('Log in', () =>
    time.before('Log in', (limit) => logIn(accounts, connection, workspace, limit)),
  )
  if (asked.credentials.length > 0 && loggedIn.refused.size === asked.credentials.length) throwAll(loggedIn.problems)

  const served = choice.chosen.filter((chosen) => planOne(chosen, asked, loggedIn) !== undefined)
  if (served.length === 0 && choice.missing.length === 0) throwAll([...loggedIn.problems, NONE_SERVED])
  const services = served.map(({ service }) => service)
  const before = await time.before('Look at the swarm', (limit) => tasksAndNodes(engine, services, limit))
  const renewals = served.flatMap((chosen) => planOne(chosen, asked, loggedIn, before) ?? [])
  const storing = renewals.flatMap((one) => {
    return one.action === 'renew' ? [{ name: one.service.Spec.Name, credential: one.access.credential }] : []
  })
  throwAll(shortLivedProblems(storing, asked, time))
  const renewal: RenewalRun = {
    asked,
    connection,
    time,
    signal,
    before,
    lookUp: lookUpOnce(connection, signal),
    lines: serviceLog(services.map(({ Spec }) => Spec.Name)),
    planAgain: (service) => {
      const chosen = served.find((one) => one.service.ID === service.ID)
      return planOne({ service, authConfig: chosen?.authConfig }, asked, loggedIn)
    },
  }
  note({ storesCredentials: true })
  const written = await openStage('Renew the stored credentials', () => renewAll(renewals, renewal))
  const renewed = written.filter((one): one is Renewed => 'renewal' in one)
  const watched = renewed.length === 0 ? undefined : await watchKept(renewed, renewal)
  const results = written.flatMap((one) => ('renewal' in one ? (watched?.get(one) ?? []) : [one]))
  return { results: [...missingOf(choice), ...results], problems: loggedIn.problems }
}

const NONE_SERVED =
  'services: no service of this swarm has an image that an account of this run serves: check the `registry` of each, or name the services'

/**
 * The services for which Docker configurations may be asked. Where services are chosen by the accounts that are given, that
 * of the runner is not asked; a service may still name one that is given.
 */
function inNeed({ which, credentials, dockerConfigs }: AuthRefresh, { chosen }: Choice) {
  const isGiven = credentials.length > 0 || dockerConfigs.length > 0
  const isGivenAlone = which.by === 'account' && isGiven && dockerConfigs.every(({ name }) => name !== undefined)
  return chosen.flatMap(({ service, authConfig }) => {
    const image = referenceOf(service)
    const request = {
      name: service.Spec.Name,
      labels: choosingLabels(service),
      ...(authConfig === undefined ? {} : { authConfig }),
    }
    if (image === undefined || (isGivenAlone && configChoice(request, undefined) === undefined)) return []
    return [{ ...request, image }]
  })
}

type Before = Awaited<ReturnType<typeof tasksAndNodes>>

/** @param before `undefined`: of the tasks nothing is known yet */
function planOne(
  chosen: ChosenService,
  { which }: AuthRefresh,
  loggedIn: LoggedIn,
  before?: Before,
): Renewal | undefined {
  return planRenewal(chosen, { which, loggedIn, upToDate: before?.upToDate, tasks: before?.tasks ?? [] })
}

async function tasksAndNodes(engine: Engine, services: readonly Service[], signal: AbortSignal) {
  const [snapshot, tasks] = await Promise.all([
    takeSnapshot(engine, services, 'up-to-date', signal),
    allTasksOf(engine, services, signal),
  ])
  const upToDate = [...snapshot.services.values()].flatMap((one) => (one.found === 'removed' ? [] : one.tasks))
  const nodes: readonly Node[] = snapshot.nodes
  return { upToDate, tasks, nodes }
}

function missingOf({ missing }: Choice): RenewalResult[] {
  return missing.map(({ name, reason }) => ({
    name,
    outcome: 'failed',
    image: undefined,
    tasks: { unchanged: 0, changed: [], running: 0, wanted: 0 },
    cause: reason,
  }))
}
