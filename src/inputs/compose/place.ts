import type { Place } from '../../result.ts'
import type { YamlMap, YamlValue } from '../yaml.ts'
import { adviceInside } from './keys.ts'
import { mapAt } from './tree.ts'

/** A compose file as its author wrote it. */
export interface ComposeFile {
  /** As the user gave it. */
  readonly path: string
  readonly root: YamlMap
}

/** Where a key stands, in the last of the files that has it: `compose.yml line 7`; as near as can be told. */
export function placeOf(files: readonly ComposeFile[], path: readonly string[]): string {
  const place = positionOf(files, path)
  return place === undefined ? files.map((file) => file.path).join(', ') : `${place.file} line ${place.line}`
}

/** The same as a position; `undefined` when no file has even the first part of the path. */
export function positionOf(files: readonly ComposeFile[], path: readonly string[]): Place | undefined {
  const found = files
    .map((file) => ({ file: file.path, ...lineOf(file.root, path) }))
    .reduce((best, one) => (one.depth >= best.depth ? one : best))
  return found.depth === 0 ? undefined : { file: found.file, line: found.line }
}

/**
 * A message of docker, with the place that it means before it: `compose.yml line 7: services.web …`.
 *
 * @param about the path that it is about when it names none
 */
export function locateComplaint(files: readonly ComposeFile[], message: string, about: readonly string[] = []): string {
  const path = complaintPath(files, message) ?? about
  // Of some values docker says the path twice.
  const said = message.replace(/^(\S+) (?=\1 )/, '')
  const what = `${placeOf(files, path)}: docker refuses it: ${said}`
  return UNKNOWN_KEY.test(message) ? `${what}: ${adviceInside(path.slice(0, -1), path.at(-1) ?? '')}` : what
}

/** Of a network, volume, secret or config: it has a name in two places, or is external and more (docker/cli, compose/loader). */
const OF_OBJECT =
  /^(?:(?:network|volume|secret|config) (.+): (?:network|volume|secret|config)\.\w|conflicting parameters .* specified for volume "(.+)"$)/
const NAME_REFUSED = /^(services|networks|volumes|secrets|configs) Additional property (.+) is not allowed$/
const UNKNOWN_KEY = /Additional property (.+) is not allowed$/

/** The path that a message of docker names; `undefined` where it names none. */
export function complaintPath(files: readonly ComposeFile[], message: string): readonly string[] | undefined {
  const [, ofConflict, ofVolume] = OF_OBJECT.exec(message) ?? []
  if (ofConflict !== undefined) return [`${message.split(' ', 1)[0]}s`, ofConflict]
  if (ofVolume !== undefined) return ['volumes', ofVolume]
  const [, section, name] = NAME_REFUSED.exec(message) ?? []
  if (section !== undefined && name !== undefined) return [section, name]
  const parts = /\b(services|networks|volumes|secrets|configs)\.[\w.-]+/.exec(message)?.[0].split('.')
  const key = UNKNOWN_KEY.exec(message)?.[1]
  return parts && [...keysIn(files, parts), ...(key === undefined ? [] : [key])]
}

/** A path that was split at its dots, with the name of the section's entry put together again: it may have dots too. */
function keysIn(files: readonly ComposeFile[], [section = '', ...parts]: readonly string[]): readonly string[] {
  const names = new Set(files.flatMap(({ root }) => mapAt(root, section).map(({ key }) => key)))
  const most = parts.findLastIndex((_, index) => names.has(parts.slice(0, index + 1).join('.'))) + 1
  return most === 0 ? [section, ...parts] : [section, parts.slice(0, most).join('.'), ...parts.slice(most)]
}

function lineOf(root: YamlValue, path: readonly string[]): { readonly line: number; readonly depth: number } {
  let value = root
  let line = root.line
  let depth = 0
  for (const part of path) {
    const entry = value.kind === 'map' ? value.entries.find(({ key }) => key === part) : undefined
    const next = value.kind === 'list' ? value.items[Number(part)] : entry?.value
    if (next === undefined) break
    line = entry?.line ?? next.line
    value = next
    depth++
  }
  return { line, depth }
}
