import { isNoNumber, type YamlValue } from '../yaml.ts'

/** What stands somewhere in a file. */
export interface Found {
  readonly path: readonly string[]
  readonly line: number
  readonly text: string
}

/**
 * What YAML takes for a number without end, or for none at all: docker turns the files into JSON to check them, which has no
 * such numbers, and says nothing of the place.
 *
 * @param path of the value
 */
export function noNumbers(value: YamlValue, path: readonly string[]): Found[] {
  if (value.kind === 'map') return value.entries.flatMap((entry) => noNumbers(entry.value, [...path, entry.key]))
  if (value.kind === 'list') return value.items.flatMap((item) => noNumbers(item, path))
  return isNoNumber(value) ? [{ path, line: value.line, text: value.value }] : []
}
