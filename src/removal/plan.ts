import type { Service } from '../docker/api.ts'
import { type Kind, type KnownObjects, type Referring, referredIds, stackIn } from '../docker/specs/stack-objects.ts'
import { similarNames } from '../inputs/keys.ts'
import type { RemovalSubject } from '../inputs/modes/removal.ts'
import { listed } from '../inputs/problems.ts'
import { colourOf, nameInFiles } from '../plan/colours.ts'
import { isRecordOf, recordsIn } from '../records/format.ts'
import { neededBy } from '../records/needed.ts'
import { type KeptRecord, recordsOf, type Subject, subjectWords } from '../records/record.ts'
import { placed } from '../runner/text/shown.ts'
import { someOf } from '../runner/text/some-of.ts'
import { isOwn, MADE_LABEL } from '../stack/stack.ts'

/** What a removal takes away, and what stays all the same. Pure. */

/** A network, secret or config of a stack, or one that was made for a service. */
export interface RemovableObject {
  readonly kind: Kind | 'network'
  readonly id: string
  readonly name: string
}

/** An object of a stack that services of others need. */
export interface KeptObject {
  readonly object: RemovableObject
  /** Who needs it, and how: a sentence without an end. */
  readonly why: string
}

export interface RemovalPlan {
  readonly services: readonly Service[]
  /** Those of the swarm that stay. */
  readonly others: readonly Service[]
  readonly objects: readonly RemovableObject[]
  readonly kept: readonly KeptObject[]
  /** The IDs of the config objects that say what was deployed: without its services nothing leads back there. */
  readonly records: readonly string[]
  /** The records of others, which may need what was made for the services. */
  readonly recordsOfOthers: readonly KeptRecord[]
  /** What is asked for and is not there. */
  readonly missing: readonly Missing[]
  /** One line for each thing that cannot be meant as it is written. */
  readonly problems: readonly string[]
  /** What is to be known of what goes: one line each. */
  readonly notices: readonly string[]
}

export interface Missing {
  /** `stack: there is no stack shop on this swarm` */
  readonly what: string
  /** What to write or look at. */
  readonly advice: string
  /** Whether the advice is worth reading also where it is fine that it is not there. */
  readonly isSuspicious: boolean
}

/** What is there, as far as a removal goes by it. */
export interface PresentSwarm {
  /** All of the swarm. */
  readonly services: readonly Service[]
  readonly known: KnownObjects
}

/**
 * What goes. A stack is what has its label, by its whole name: its services, and the networks, secrets and configs that
 * no service of others needs. A service is all that there is of it: of a blue-green one both, and what this action has made
 * for it, where no other needs that.
 *
 * All of it is in the order of names: that of a daemon is by IDs, and another one for each run.
 */
export function planRemoval(what: RemovalSubject, asListed: PresentSwarm): RemovalPlan {
  const swarm = byName(asListed)
  return what.kind === 'stack' ? planStack(what.name, swarm) : planServices(what.names, swarm)
}

function byName({ services, known: { secret, config, networks } }: PresentSwarm): PresentSwarm {
  const sorted = <T>(all: readonly T[], nameOf: (one: T) => string) =>
    all.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  const nameIn = ({ Spec }: { readonly Spec: { readonly Name: string } }) => Spec.Name
  return {
    services: sorted(services, nameIn),
    known: {
      secret: sorted(secret, nameIn),
      config: sorted(config, nameIn),
      networks: sorted(networks, ({ Name }) => Name),
    },
  }
}

function planStack(stack: string, { services, known }: PresentSwarm): RemovalPlan {
  const going = services.filter((service) => stackIn(service.Spec.Labels) === stack)
  const all = objectsOf(stack, known)
  const ids = new Set(going.map(({ ID }) => ID))
  const others = services.filter(({ ID }) => !ids.has(ID))
  const { objects, kept } = split(all, others, [])
  const records = recordIds(known, [
    { kind: 'stack', name: stack },
    // One of them may have been deployed by its name.
    ...going.map((service): Subject => ({ kind: 'service', name: nameInFiles(service) })),
  ])
  const isThere = going.length + all.length + records.length > 0
  return {
    services: going,
    others,
    objects,
    kept,
    records,
    recordsOfOthers: [],
    missing: isThere ? [] : [missingStack(stack, services)],
    problems: [],
    notices: [],
  }
}

function recordIds({ config }: KnownObjects, subjects: readonly Subject[]): string[] {
  return config.filter((one) => subjects.some((subject) => isRecordOf(one, subject))).map(({ ID }) => ID)
}

/** Secrets and configs first: networks are let go last. */
function objectsOf(stack: string, known: KnownObjects): RemovableObject[] {
  const contents = (['secret', 'config'] as const).flatMap((kind) =>
    known[kind]
      .filter(({ Spec }) => stackIn(Spec.Labels) === stack)
      .map(({ ID: id, Spec: { Name: name } }): RemovableObject => ({ kind, id, name })),
  )
  const networks = known.networks
    .filter(({ Labels }) => stackIn(Labels) === stack)
    .map(({ Id: id, Name: name }): RemovableObject => ({ kind: 'network', id, name }))
  return [...contents, ...networks]
}

/**
 * Which of the objects can go, and which services of others need.
 *
 * @param others the services that stay
 * @param records those of others
 */
export function split(
  objects: readonly RemovableObject[],
  others: readonly Referring[],
  records: readonly KeptRecord[],
): Pick<RemovalPlan, 'objects' | 'kept'> {
  const kept = objects.flatMap((object): KeptObject[] => {
    const why = whyNeeded(object, others) ?? whyRecorded(object, records)
    return why === undefined ? [] : [{ object, why }]
  })
  return { objects: objects.filter((object) => kept.every((one) => one.object !== object)), kept }
}

/** Swarm refuses to remove what a spec names, and does not count the one that a rollback brings back. */
function whyNeeded({ id }: RemovableObject, others: readonly Referring[]): string | undefined {
  const names = (all: readonly Referring[]) => someOf(all.map(({ Spec }) => Spec.Name))
  const users = others.filter(({ Spec }) => referredIds(Spec).includes(id))
  if (users.length > 0) return `used by ${names(users)}`
  const past = others.filter(({ PreviousSpec }) => referredIds(PreviousSpec).includes(id))
  return past.length === 0 ? undefined : `a rollback of ${names(past)} would need it`
}

/** Whoever goes back to what is recorded finds all of it. */
function whyRecorded(object: RemovableObject, records: readonly KeptRecord[]): string | undefined {
  const [first] = records.filter((one) => neededBy([one])(object))
  return first === undefined ? undefined : `a record of ${subjectWords(first.record.subject)} needs it`
}

function missingStack(stack: string, services: readonly Service[]): Missing {
  const what = `stack: there is no stack ${placed(stack)} on this swarm`
  if (services.some((service) => service.Spec.Name === stack || nameInFiles(service) === stack)) {
    const advice = `there is a service of this name: write \`services: ${placed(stack)}\` where that is meant`
    return { what, advice, isSuspicious: true }
  }
  const [guess] = similarNames(stack, [...new Set(services.flatMap((service) => stackIn(service.Spec.Labels) ?? []))])
  return { what, ...adviceFor(stack, guess) }
}

function planServices(names: readonly string[], { services, known }: PresentSwarm): RemovalPlan {
  const found = names.map((name) => ({ name, its: services.filter((one) => isOf(name, one)) }))
  const colours = found.flatMap(({ name, its }) => {
    const owner = its.map(colourOf).find((one) => one !== undefined && one !== name)
    return owner === undefined ? [] : [{ name, owner }]
  })
  const going = new Map(found.flatMap(({ its }) => its.map((one) => [one.ID, one])))
  const others = services.filter(({ ID }) => !going.has(ID))
  const subjects = names.map((name): Subject => ({ kind: 'service', name }))
  const { kept: all } = recordsIn(known.config)
  const own = subjects.flatMap((subject) => recordsOf(all, subject))
  const recordsOfOthers = all.filter((one) => !own.includes(one))
  return {
    services: [...going.values()],
    others,
    ...split(madeFor([...going.values()], own, known), others, recordsOfOthers),
    records: recordIds(known, subjects),
    recordsOfOthers,
    missing: found.filter(({ its }) => its.length === 0).map(({ name }) => missingService(name, services)),
    problems: colours.map(
      ({ name, owner }) =>
        `services: ${name} is one of the two services of the blue-green service ${owner}: write \`${owner}\`, which removes both`,
    ),
    notices: [...going.values()].flatMap((one) => {
      const stack = stackIn(one.Spec.Labels)
      return stack === undefined
        ? []
        : [
            `${one.Spec.Name} belongs to the stack ${stack}, whose next deploy makes it again unless its files no longer name it`,
          ]
    }),
  }
}

/**
 * What this action has made for services: the versions of their secrets and configs, and their networks. Also what only
 * their records name: earlier versions, and all of a service that is gone already.
 */
function madeFor(services: readonly Service[], records: readonly KeptRecord[], known: KnownObjects): RemovableObject[] {
  const specs = [
    ...services.flatMap(({ Spec, PreviousSpec }) => [Spec, PreviousSpec]),
    ...records.flatMap(({ record }) => record.services.map(({ spec }) => spec)),
  ]
  const ids = new Set(specs.flatMap(referredIds))
  const contents = (['secret', 'config'] as const).flatMap((kind) =>
    known[kind]
      .filter(({ ID, Spec }) => ids.has(ID) && isOwn({ name: undefined }, Spec.Labels))
      .map(({ ID: id, Spec: { Name: name } }): RemovableObject => ({ kind, id, name })),
  )
  const networks = known.networks
    .filter(({ Id, Labels }) => ids.has(Id) && Labels?.[MADE_LABEL] !== undefined)
    .map(({ Id: id, Name: name }): RemovableObject => ({ kind: 'network', id, name }))
  return [...contents, ...networks]
}

function isOf(name: string, service: Service): boolean {
  return service.Spec.Name === name || nameInFiles(service) === name
}

function missingService(name: string, services: readonly Service[]): Missing {
  const what = `services: there is no service ${placed(name)} on this swarm`
  const members = services.filter((one) => stackIn(one.Spec.Labels) === name)
  if (members.length > 0) {
    const advice = `there is a stack of this name: write \`stack: ${placed(name)}\` where all of it is meant, or name its services: ${listed(members.map(({ Spec }) => Spec.Name))}`
    return { what, advice, isSuspicious: true }
  }
  const [guess] = similarNames(
    name,
    services.map(({ Spec }) => Spec.Name),
  )
  return { what, ...adviceFor(name, guess) }
}

function adviceFor(name: string, guess: string | undefined): Omit<Missing, 'what'> {
  // `pr-${{ … }}` of an event that has no such value.
  if (/[-_]$/.test(name)) {
    const advice = 'its name ends as one does of which a variable is empty: check the expression'
    return { advice, isSuspicious: true }
  }
  const advice = guess === undefined ? 'correct its name' : `did you mean \`${guess}\`?`
  const ifGone = guess === undefined ? ', or write' : ' Write'
  return { advice: `${advice}${ifGone} \`if-exists: true\` where it may be gone already`, isSuspicious: false }
}
