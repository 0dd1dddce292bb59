import type { ServiceSpec } from '../docker/api.ts'
import { ATTACHED_LABEL, CREATE_ARGS_LABEL } from '../inputs/flags.ts'

/**
 * A note on a service of what its `create-args`, or its lists of secrets, configs and networks, spoke of the last time,
 * by name and without any value: what a list speaks of no longer is taken back. Pure.
 */

/** Whether a label is such a note: what its list changes is told by itself. */
export function isListNote(label: string): boolean {
  return label === CREATE_ARGS_LABEL || label === ATTACHED_LABEL
}

/** The spec with such a note. It changes no task, and is only sent with what does change. */
export function withListNote(spec: ServiceSpec, names: readonly string[], label = CREATE_ARGS_LABEL): ServiceSpec {
  const { [label]: _, ...labels } = spec.Labels ?? {}
  const note = names.length === 0 ? {} : { [label]: JSON.stringify([...new Set(names)]) }
  return { ...spec, Labels: { ...labels, ...note } }
}

/** What the note of a service says. Anybody can write labels: what is no such note is none. */
export function listNoteOf({ Labels }: ServiceSpec, label = CREATE_ARGS_LABEL): string[] {
  try {
    const names: unknown = JSON.parse(Labels?.[label] ?? '[]')
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : []
  } catch {
    return []
  }
}
