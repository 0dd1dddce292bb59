import type { YamlList, YamlMap, YamlText, YamlValue } from '../yaml.ts'

export function isNothing(value: YamlValue): boolean {
  return value.kind === 'text' && value.style === 'plain' && /^(?:|~|null)$/i.test(value.value)
}

export function entryAt(map: YamlMap, key: string): YamlValue | undefined {
  return map.entries.find((entry) => entry.key === key)?.value
}

export function mapAt(root: YamlMap, key: string): YamlMap['entries'] {
  const value = entryAt(root, key)
  return value?.kind === 'map' ? value.entries : []
}

export function mapValues(map: YamlMap, change: (key: string, value: YamlValue) => YamlValue): YamlMap {
  return { ...map, entries: map.entries.map((entry) => ({ ...entry, value: change(entry.key, entry.value) })) }
}

export function mapItems(value: YamlValue, change: (item: YamlValue) => YamlValue): YamlValue {
  if (value.kind !== 'list') return value.kind === 'map' ? change(value) : value
  return { ...value, items: value.items.map(change) } satisfies YamlList
}

/** The map with every text in it changed; its keys stay. */
export function mapTexts(map: YamlMap, change: (text: YamlText) => YamlText): YamlMap {
  const changed = (value: YamlValue): YamlValue => {
    if (value.kind === 'text') return change(value)
    return value.kind === 'list' ? { ...value, items: value.items.map(changed) } : mapTexts(value, change)
  }
  return mapValues(map, (_, value) => changed(value))
}

export function text(value: string, line: number): YamlText {
  return { kind: 'text', line, value, style: 'quoted', isFolded: false, hasComment: false }
}

/** Plain text that YAML reads as a number, a truth value or nothing. All else is text, with or without quotes. */
const NO_TEXT =
  /^(?:~|null|Null|NULL|true|True|TRUE|false|False|FALSE|[-+]?(?:\d[\d_]*(?:\.[\d_]*)?(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|0x[\da-fA-F_]+|0o[0-7_]+|0b[01_]+|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN))$/

/** The value as YAML on one line, which docker reads as it would have read the original. */
export function toYaml(value: YamlValue): string {
  if (value.kind === 'list') return `[${value.items.map(toYaml).join(', ')}]`
  if (value.kind === 'map') {
    return `{${value.entries.map(({ key, value: inner }) => `${quoted(key)}: ${toYaml(inner)}`).join(', ')}}`
  }
  if (isNothing(value)) return 'null'
  return value.style === 'plain' && NO_TEXT.test(value.value) ? value.value : quoted(value.value)
}

/** JSON's quotes are YAML's double quotes, but for control characters that JSON leaves as they are. */
function quoted(value: string): string {
  return JSON.stringify(value).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
