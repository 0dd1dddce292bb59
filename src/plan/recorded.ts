import type { Service, ServiceSpec } from '../docker/api.ts'
import { parseReference } from '../docker/registry/reference.ts'
import { isJob } from '../docker/specs/service-mode.ts'
import { sameSpec } from '../docker/specs/spec-comparison.ts'
import {
  type Kind,
  type KnownObjects,
  type Referred,
  referredIds,
  stackIn,
  withIds,
} from '../docker/specs/stack-objects.ts'
import type { RecordedRequest, RollbackRequest, ServiceRequest } from '../inputs/deployment.ts'
import { type Nameable, type Selection, selected, unknownNames } from '../inputs/selection.ts'
import type { Running } from '../records/choose.ts'
import type { DeployRecord, RecordedNames, RecordedService } from '../records/record.ts'
import { asUpdate } from './change.ts'
import { asLive, coloursOf, nameInFiles } from './colours.ts'
import { choosingLabels } from './credentials/config-choice.ts'
import { beforeInterim } from './interim-spec.ts'
import { withoutOwnNote } from './keep-replicas.ts'

/** What was deployed once, held against what the swarm has now. Pure. */

/** What the swarm has. */
export interface Present {
  readonly services: readonly Service[]
  readonly objects: KnownObjects
}

/** A network, secret or config that a recorded spec names, and that the swarm no longer has. */
export interface Gone {
  readonly kind: Kind | 'network'
  readonly name: string
  /** The services that need it. */
  readonly services: readonly string[]
}

/**
 * The IDs of what a record names, as they are now: what was made anew under the same name has another ID.
 *
 * @returns the IDs that differ, and what is there under neither its ID nor its name
 */
export function presentIds(
  { services, names }: Pick<DeployRecord, 'services' | 'names'>,
  { objects }: Pick<Present, 'objects'>,
): { readonly ids: ReadonlyMap<string, Referred>; readonly gone: readonly Gone[] } {
  const ids = new Map<string, Referred>()
  const gone = new Map<string, Gone>()
  for (const { name: service, spec } of services) {
    for (const { kind, id, name } of needsOf(spec, names)) {
      const there = find(kind, id, name, objects)
      if (there !== undefined && there !== id) ids.set(id, kind === 'network' ? { id: there } : { id: there, name })
      if (there !== undefined) continue
      const before = gone.get(`${kind} ${id}`)?.services ?? []
      gone.set(`${kind} ${id}`, { kind, name, services: [...before, service] })
    }
  }
  return { ids, gone: [...gone.values()] }
}

/** The networks, secrets and configs that a spec names. */
function needsOf(
  spec: ServiceSpec,
  { networks, secrets, configs }: RecordedNames,
): { readonly kind: Kind | 'network'; readonly id: string; readonly name: string }[] {
  const container = spec.TaskTemplate.ContainerSpec
  const ofSecrets = new Map((container?.Secrets ?? []).map(({ SecretID, SecretName }) => [SecretID, SecretName]))
  const ofConfigs = new Map((container?.Configs ?? []).map(({ ConfigID, ConfigName }) => [ConfigID, ConfigName]))
  const account = container?.Privileges?.CredentialSpec?.Config
  return [...new Set(referredIds(spec))].map((id) => {
    if (ofSecrets.has(id)) return { kind: 'secret', id, name: secrets[id] ?? ofSecrets.get(id) ?? id }
    if (ofConfigs.has(id) || id === account) return { kind: 'config', id, name: configs[id] ?? ofConfigs.get(id) ?? id }
    return { kind: 'network', id, name: networks[id] ?? id }
  })
}

function find(kind: Kind | 'network', id: string, name: string, known: KnownObjects): string | undefined {
  if (kind !== 'network') {
    const all = known[kind]
    return (all.find(({ ID }) => ID === id) ?? all.find(({ Spec }) => Spec.Name === name))?.ID
  }
  // A service names a network by its name too, in the specs of old daemons.
  const isIt = ({ Id }: KnownObjects['networks'][number]) => Id === id || Id === name
  const named = known.networks.filter(({ Name }) => Name === name || Name === id)
  return (known.networks.find(isIt) ?? named.find(({ Scope }) => Scope === 'swarm') ?? named[0])?.Id
}

/** `scaled`: only numbers of tasks differ. `grown`: what is recorded is there, and services have come since. */
type Comparison = 'same' | 'scaled' | 'grown' | 'other'

/** What of a version goes back. */
export interface Extent extends Pick<RollbackRequest, 'rerunJobs'> {
  /** The services of a stack that are meant, as its files or the swarm call them. */
  readonly only: Selection
}

/** Which of the records of one subject runs. */
export function runningOf(records: readonly DeployRecord[], extent: Extent, present: Present): Running {
  const how = new Map(records.map((record) => [record, compared(record, extent, present)]))
  const whole = records.find((record) => how.get(record) === 'same')
  const nearly = records.find((record) => how.get(record) !== 'other')
  return { record: whole ?? nearly, has: (record) => ['same', 'scaled'].includes(how.get(record) ?? 'other') }
}

/**
 * How what runs compares with a record. Numbers of tasks are changed by people and programs without a deploy. Jobs do
 * not count where they are not run again.
 */
function compared(record: DeployRecord, { rerunJobs, only }: Extent, present: Present): Comparison {
  const { ids } = presentIds(record, present)
  const meant = meantOf(record, only)
  const counting = record.services.filter(({ name, spec }) => meant.has(name) && (rerunJobs || !isJob(spec)))
  const all = counting.map((one) => comparedService(one, ids, present))
  if (all.includes('other')) return 'other'
  const others = only === 'all' ? surplusOf(record, present) : []
  if (others.length > 0) return 'grown'
  return all.includes('scaled') ? 'scaled' : 'same'
}

/** The services of a record that `only` means, by the names that they have on the swarm. */
export function meantOf(record: DeployRecord, only: Selection): ReadonlySet<string> {
  return selected(only, nameablesOf(record))
}

/** What is wrong with the names of `only`; it goes on after the name of the input. */
export function unknownIn(record: DeployRecord, only: Selection): string | undefined {
  return unknownNames(only, nameablesOf(record), `#${record.version} of the stack ${record.subject.name}`)
}

function nameablesOf({ subject, services }: DeployRecord): Nameable[] {
  const prefix = `${subject.name}_`
  return services.map(({ name }) => ({ name, ...(name.startsWith(prefix) && { key: name.slice(prefix.length) }) }))
}

function comparedService(
  { name, spec }: RecordedService,
  ids: ReadonlyMap<string, Referred>,
  { services }: Present,
): Comparison {
  const colours = coloursOf(name, services)
  const found = 'problem' in colours ? undefined : colours.live
  if (found === undefined || 'problem' in colours) return 'other'
  const { current } = beforeInterim(found)
  const wanted = asUpdate(asLive(withIds(spec, ids), current, colours.route), current.Spec)
  if (sameSpec(current.Spec, wanted)) return 'same'
  const { Replicated: replicated } = current.Spec.Mode
  if (replicated === undefined || wanted.Mode.Replicated === undefined) return 'other'
  const scaled = withoutOwnNote({ ...wanted, Mode: { Replicated: replicated } })
  return sameSpec(withoutOwnNote(current.Spec), scaled) ? 'scaled' : 'other'
}

/** The services of a stack that a record does not have. */
export function surplusOf({ subject, services }: DeployRecord, present: Pick<Present, 'services'>): Service[] {
  if (subject.kind !== 'stack') return []
  const names = new Set(services.map(({ name }) => name))
  return present.services.filter(
    (service) => stackIn(service.Spec.Labels) === subject.name && !names.has(nameInFiles(service)),
  )
}

/** Whether a recorded service runs as it is recorded. */
export function isAsRecorded(service: RecordedService, ids: ReadonlyMap<string, Referred>, present: Present): boolean {
  return comparedService(service, ids, present) === 'same'
}

/**
 * A recorded service as a request that says everything about it.
 *
 * @param asked how its tasks are replaced, and whose credential it gets
 * @throws InvalidReference when what is recorded has no image that Docker would take
 */
export function requestOf(
  { name, spec: recorded }: RecordedService,
  asked: Pick<ServiceRequest, 'strategy' | 'policies' | 'prepare' | 'authConfig'>,
  ids: ReadonlyMap<string, Referred>,
  how: Pick<RecordedRequest, 'isRerun' | 'isOfStack'>,
): ServiceRequest {
  const spec = withIds(recorded, ids)
  const container = spec.TaskTemplate.ContainerSpec
  const { strategy, policies, prepare, authConfig } = asked
  return {
    name,
    image: parseReference(container?.Image ?? ''),
    ...(authConfig !== undefined && { authConfig }),
    env: {},
    create: true,
    updateArgs: [],
    strategy,
    policies,
    prepare,
    labels: choosingLabels({ Spec: spec }),
    recorded: { spec, ...how },
  }
}
