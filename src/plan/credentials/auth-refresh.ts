import type { Service, Task } from '../../docker/api.ts'
import type { ImageReference } from '../../docker/registry/reference.ts'
import { isJob } from '../../docker/specs/service-mode.ts'
import { imageOf, referenceOf } from '../../docker/specs/service-spec.ts'
import { stackIn } from '../../docker/specs/stack-objects.ts'
import { isRunning } from '../../docker/swarm/task.ts'
import { hasUnfinishedUpdate, isPaused } from '../../docker/swarm/update-status.ts'
import { UserError } from '../../errors.ts'
import type { NamedService, ServiceChoice } from '../../inputs/modes/auth-refresh.ts'
import { groupBy } from '../../runner/group-by.ts'
import { placed } from '../../runner/text/shown.ts'
import { nameInFiles } from '../colours.ts'
import { isInterim } from '../interim-spec.ts'
import { missingStack, otherService } from '../missing-service.ts'
import { accessFor, ConfigNotGiven } from '../plan.ts'
import type { Access } from '../planned-service.ts'
import { accountInWords } from './account.ts'
import { choosingLabels } from './config-choice.ts'
import type { LoggedIn } from './log-in.ts'

/** Whose stored credential is renewed, and with which account. Pure. */

/** A service that is chosen, with what its entry says. */
export interface ChosenService {
  readonly service: Service
  readonly authConfig: string | undefined
}

/** What is done about the stored credential of one service. */
export type Renewal =
  | { readonly action: 'renew'; readonly service: Service; readonly image: ImageReference; readonly access: Access }
  /** It is left as it is, which is no failure. */
  | { readonly action: 'skip'; readonly service: Service; readonly reason: string; readonly again: boolean }
  | { readonly action: 'fail'; readonly service: Service; readonly reason: string }

/** The services that are chosen, and one line for each name that there is none of. */
export interface Choice {
  readonly chosen: readonly ChosenService[]
  readonly missing: readonly { readonly name: string; readonly reason: string }[]
}

/**
 * The services that a choice means. A blue-green service is all that there is of it.
 *
 * @param all services of the swarm
 * @throws UserError when a stack or label has none: nothing would be done where something is expected
 */
export function choose(which: ServiceChoice, all: readonly Service[]): Choice {
  const those = (services: readonly Service[]) => ({
    chosen: services.map((service) => ({ service, authConfig: undefined })),
    missing: [],
  })
  switch (which.by) {
    case 'account':
      return those(all)
    case 'stack': {
      const members = all.filter(({ Spec }) => stackIn(Spec.Labels) === which.stack)
      if (members.length === 0) throw new UserError(missingStack(which.stack, all))
      return those(members)
    }
    case 'label': {
      const labelled = all.filter(({ Spec }) => which.labels.every((label) => hasLabel(Spec.Labels ?? {}, label)))
      if (labelled.length === 0) {
        const labels = which.labels.map((label) => `label=${placed(label)}`).join(' ')
        throw new UserError(
          `services: no service of this swarm has ${labels}: correct it; labels of services count, which in compose files stand under \`deploy.labels\``,
        )
      }
      return those(labelled)
    }
    case 'name':
      return chosenByName(which.services, all)
  }
}

function chosenByName(named: readonly NamedService[], onSwarm: readonly Service[]): Choice {
  const found = named.map(({ name, authConfig }) => ({
    name,
    services: onSwarm
      .filter((service) => service.Spec.Name === name || nameInFiles(service) === name)
      .map((service) => ({ service, authConfig })),
  }))
  const missing = found.filter(({ services }) => services.length === 0)
  // Of two entries that mean one service, that with its very name says more of it than that of the two.
  const all = found.flatMap(({ name, services }) => services.map((one) => ({ name, ...one })))
  const byId = groupBy(all, ({ service }) => service.ID)
  return {
    chosen: [...byId.values()].flatMap((those) => {
      const [first] = those
      const one = those.find(({ name, service }) => service.Spec.Name === name) ?? first
      return one === undefined ? [] : [{ service: one.service, authConfig: one.authConfig }]
    }),
    missing: missing.map(({ name }) => {
      const advice = otherService(name, onSwarm, 'correct its name, or leave it out')
      return { name, reason: `it does not exist on this swarm: ${advice}` }
    }),
  }
}

/** As docker's own `--filter label=` has it. */
function hasLabel(labels: Readonly<Record<string, string>>, wanted: string): boolean {
  const equals = wanted.indexOf('=')
  if (equals === -1) return Object.hasOwn(labels, wanted)
  const key = wanted.slice(0, equals)
  return Object.hasOwn(labels, key) && labels[key] === wanted.slice(equals + 1)
}

/** What is known of the swarm and of the accounts when services are planned. */
export interface RefreshGround {
  readonly which: ServiceChoice
  readonly loggedIn: LoggedIn
  /** Of all services: those that their present specs ask for; `undefined`: nobody has looked. */
  readonly upToDate: readonly Task[] | undefined
  readonly tasks: readonly Task[]
}

/**
 * What is done about a service; `undefined` where services are chosen by account, and none serves this one.
 *
 * A write has a job run again, and has Swarm go on with an update that is paused (moby, daemon/cluster/services.go;
 * swarmkit, manager/orchestrator/update/updater.go): neither is done for the sake of a credential.
 */
export function planRenewal({ service, authConfig }: ChosenService, ground: RefreshGround): Renewal | undefined {
  const { which, loggedIn } = ground
  const image = referenceOf(service)
  const skip = (reason: string, again = false): Renewal => ({ action: 'skip', service, reason, again })
  const fail = (reason: string): Renewal => ({ action: 'fail', service, reason })
  const isNamed = which.by === 'name'
  let access: Access | undefined
  try {
    const choosing = { ...service, Spec: { ...service.Spec, Labels: choosingLabels(service) } }
    access = image && accessFor(choosing, image, authConfig, loggedIn)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    // One that this run does not have is somebody else's.
    return which.by === 'account' && error instanceof ConfigNotGiven ? undefined : fail(error.message)
  }
  if (which.by === 'account' && access === undefined) return undefined
  if (isJob(service.Spec)) return skip('it is a job, which any write has run again')
  if (image === undefined || access === undefined) {
    const reason = `no account of this run serves its image ${imageOf(service) ?? ''}`
    return isNamed
      ? fail(`${reason}: add one for ${image?.registry ?? 'its registry'} to \`registries\`, or leave the service out`)
      : skip(`${reason}, and what is stored with it stays`)
  }
  if (loggedIn.refused.has(access.credential)) {
    return fail(`nothing is written: its registry has refused the ${accountInWords(access.credential)}`)
  }
  const busy = whyBusy(service, ground)
  return busy === undefined ? { action: 'renew', service, image, access } : skip(busy, true)
}

/** Why a write would do more than store a credential, for now. */
function whyBusy(service: Service, { tasks, upToDate }: RefreshGround): string | undefined {
  if (isPaused(service)) return 'its update is paused, and any write would have Swarm go on with it'
  if (hasUnfinishedUpdate(service)) return 'an update of it is in progress'
  if (isInterim(service.Spec)) return 'a deploy is in the middle of it, or was when it was killed'
  const current = new Set(upToDate?.map(({ ID }) => ID))
  const isOld = (task: Task) => task.ServiceID === service.ID && isRunning(task) && !current.has(task.ID)
  return upToDate !== undefined && tasks.some(isOld) ? 'Swarm is about to replace tasks of it' : undefined
}
