import type { ServiceSpec } from '../docker/api.ts'
import { RECORD_LABEL } from '../inputs/flags.ts'

/**
 * A note on a service of what its `create-args`, or its lists of secrets, configs and networks, spoke of the last time,
 * by name and without any value: what a list speaks of no longer is taken back. Pure.
 */

/** The spec with such a note. It changes no task, and is only sent with what does change. */
export function withRecord(spec: ServiceSpec, record: readonly string[], label = RECORD_LABEL): ServiceSpec {
  const { [label]: _, ...labels } = spec.Labels ?? {}
  const note = record.length === 0 ? {} : { [label]: JSON.stringify([...new Set(record)]) }
  return { ...spec, Labels: { ...labels, ...note } }
}

/** What the note of a service says. Anybody can write labels: what is no such note is none. */
export function recorded({ Labels }: ServiceSpec, label = RECORD_LABEL): string[] {
  try {
    const names: unknown = JSON.parse(Labels?.[label] ?? '[]')
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : []
  } catch {
    return []
  }
}
