import type { Place } from '../../result.ts'
import type { YamlMap, YamlValue } from '../yaml.ts'

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

/** What stands at a path, in the last of the files that has it. */
export function valueAtPath(files: readonly ComposeFile[], path: readonly string[]): YamlValue | undefined {
  const found = files.map(({ root }) => lineOf(root, path)).findLast(({ depth }) => depth === path.length)
  return found?.value
}

/** How far the path leads, and to what. */
interface Found {
  readonly line: number
  readonly depth: number
  readonly value: YamlValue
}

function lineOf(root: YamlValue, path: readonly string[]): Found {
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
  return { line, depth, value }
}
