import { isDeepStrictEqual } from 'node:util'
import type { Raw, ServiceState, StackState } from './state.ts'

/** When in the play of a stack something differed. */
export type Moment =
  /** docker refuses the stack, or the action does. */
  | 'refused'
  /** The action took over what docker had deployed. */
  | 'adopted'
  /** What the action deployed, beside what docker had. */
  | 'spec'
  /** The action deployed the same once more. */
  | 'again'
  /** docker deployed over it. */
  | 'over'

/** Something that docker and the action did not do alike. */
export interface Difference {
  readonly moment: Moment
  /** The place, and both values: `services.web.spec.Labels: {"a":"1"} ≠ {}` */
  readonly text: string
}

/** Every place in which two values differ, and what is there. Pure. */
function differences(one: unknown, other: unknown, place = ''): string[] {
  if (isDeepStrictEqual(one, other)) return []
  if (!isMap(one) || !isMap(other)) return [`${place}: ${JSON.stringify(one)} ≠ ${JSON.stringify(other)}`]
  const keys = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...keys].flatMap((key) => differences(one[key], other[key], place === '' ? key : `${place}.${key}`))
}

/** Where two deploys of a stack have not put the same on the swarm. Pure. */
export function differencesOfStacks(one: StackState, other: StackState): string[] {
  return differences(contentOf(one), contentOf(other))
}

/** Which services were written to, or restarted, between two looks. Pure. */
export function touched(before: StackState, after: StackState): string[] {
  return Object.entries(after.services).flatMap(([name, now]) => {
    const then = before.services[name]
    if (then === undefined) return [`services.${name}: is new`]
    const written = now.version === then.version ? [] : [`services.${name}: was written to`]
    const previous = now.hasPreviousSpec && !then.hasPreviousSpec ? [`services.${name}: has a new PreviousSpec`] : []
    return [...written, ...previous, ...restarted(name, then, now)]
  })
}

/** Which services have other tasks than before. A job that docker deploys runs again: that is how docker is. Pure. */
export function restartedByDocker(before: StackState, after: StackState): string[] {
  return Object.entries(after.services).flatMap(([name, now]) => {
    const then = before.services[name]
    if (then === undefined) return [`services.${name}: is new`]
    return now.iteration === undefined ? restarted(name, then, now) : []
  })
}

function restarted(name: string, then: ServiceState, now: ServiceState): string[] {
  const isSame = isDeepStrictEqual(then.tasks.toSorted(), now.tasks.toSorted()) && then.iteration === now.iteration
  return isSame ? [] : [`services.${name}: has other tasks`]
}

function contentOf({ services, ...objects }: StackState) {
  return {
    services: Object.fromEntries(Object.entries(services).map(([name, { spec }]) => [name, unordered(spec)])),
    ...objects,
  }
}

/** Docker sends secrets and configs in the order of a Go map, and those of one service are no list to Swarm. */
function unordered(spec: Raw): Raw {
  const template = spec.TaskTemplate as Raw
  const container = template.ContainerSpec as Raw
  const sets = ['Secrets', 'Configs'].flatMap((key) => {
    const list = container[key] as readonly unknown[] | undefined
    return list === undefined ? [] : [[key, list.toSorted(byText)]]
  })
  return { ...spec, TaskTemplate: { ...template, ContainerSpec: { ...container, ...Object.fromEntries(sets) } } }
}

function byText(one: unknown, other: unknown): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1
}

function isMap(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
