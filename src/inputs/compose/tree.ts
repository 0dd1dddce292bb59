import type { YamlList, YamlMap, YamlText, YamlValue } from '../yaml.ts'

export function isNothing(value: YamlValue): boolean {
  return value.kind === 'text' && value.style === 'plain' && /^(?:|~|null|Null|NULL)$/.test(value.value)
}

/** What stands where a mapping belongs. */
export function noMap(value: YamlValue): string {
  return isNothing(value) ? 'empty' : `a ${value.kind} and no mapping`
}

export function entryAt(map: YamlMap, key: string): YamlValue | undefined {
  return map.entries.find((entry) => entry.key === key)?.value
}

export function mapAt(root: YamlMap, key: string): YamlMap['entries'] {
  const value = entryAt(root, key)
  return value?.kind === 'map' ? value.entries : []
}

/** The keys of all services, in the order of the files. */
export function serviceKeys(files: readonly YamlMap[]): string[] {
  return [...new Set(files.flatMap((file) => mapAt(file, 'services').map(({ key }) => key)))]
}

export function mapValues(map: YamlMap, change: (key: string, value: YamlValue) => YamlValue): YamlMap {
  return { ...map, entries: map.entries.map((entry) => ({ ...entry, value: change(entry.key, entry.value) })) }
}

export function mapItems(value: YamlValue, change: (item: YamlValue) => YamlValue): YamlValue {
  if (value.kind !== 'list') return value.kind === 'map' ? change(value) : value
  return { ...value, items: value.items.map(change) } satisfies YamlList
}

/** The items of a list; of anything else the value itself, which stands for a list of one. */
export function itemsOf(value: YamlValue): readonly YamlValue[] {
  return value.kind === 'list' ? value.items : [value]
}

/** The map with every text in it changed; its keys stay. */
export function mapTexts(map: YamlMap, change: (text: YamlText) => YamlText): YamlMap {
  const changed = (value: YamlValue): YamlValue => {
    if (value.kind === 'text') return change(value)
    return value.kind === 'list' ? { ...value, items: value.items.map(changed) } : mapTexts(value, change)
  }
  return mapValues(map, (_, value) => changed(value))
}

export type YamlEntry = YamlMap['entries'][number]

/**
 * The map with more entries in the map at a path, which is made where there is none. What is no map stays as it is, for
 * docker to refuse it.
 */
export function withEntries(map: YamlMap, path: readonly string[], added: readonly YamlEntry[]): YamlMap {
  const [key, ...rest] = path
  if (key === undefined) return { ...map, entries: [...map.entries, ...added] }
  const given = entryAt(map, key)
  const inner: YamlValue =
    given === undefined || isNothing(given) ? { kind: 'map', line: given?.line ?? map.line, entries: [] } : given
  const value = inner.kind === 'map' ? withEntries(inner, rest, added) : inner
  return given === undefined
    ? { ...map, entries: [...map.entries, { key, line: map.line, value }] }
    : mapValues(map, (one, old) => (one === key ? value : old))
}

/** The map without what is at a path. */
export function without(map: YamlMap, [key, ...rest]: readonly string[]): YamlMap {
  if (rest.length === 0) return { ...map, entries: map.entries.filter((entry) => entry.key !== key) }
  return mapValues(map, (one, value) => (one === key && value.kind === 'map' ? without(value, rest) : value))
}

export function text(value: string, line: number): YamlText {
  return { kind: 'text', line, value, style: 'quoted', isFolded: false, hasComment: false }
}

/** Plain text of which docker may make a number, a truth value or nothing: it has to stay plain. */
const NO_TEXT = /^(?:true|false|yes|no|on|off|[yn]|null|~|[-+]?\.?\d[\w.+-]*|[-+]?\.(?:inf|nan))$/i

/** A date is text for those who write one. What docker makes of it has a time, and the words UTC behind it. */
const DATE = /^\d{4}-\d{1,2}-\d{1,2}/

/** Longer keys need a question mark before them. */
const LONGEST_KEY = 1000

/** The value as YAML on one line, which docker reads as it would have read the original. */
export function toYaml(value: YamlValue): string {
  if (value.kind === 'list') return `[${value.items.map(toYaml).join(', ')}]`
  if (value.kind === 'map') {
    return `{${value.entries.map(({ key, value: inner }) => `${keyToYaml(key)}: ${toYaml(inner)}`).join(', ')}}`
  }
  if (isNothing(value)) return 'null'
  if (value.isTimestamp) return `!!timestamp ${quoted(value.value)}`
  const isText = value.style !== 'plain' || !NO_TEXT.test(value.value) || DATE.test(value.value)
  return isText ? quoted(value.value) : value.value
}

function keyToYaml(key: string): string {
  const text = quoted(key)
  return text.length > LONGEST_KEY ? `? ${text} ` : text
}

/** JSON's quotes are YAML's double quotes, but for the characters that JSON leaves as they are and docker refuses. */
function quoted(value: string): string {
  return JSON.stringify(value).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
