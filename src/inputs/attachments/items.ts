import { NAMESPACE_LABEL } from '../../docker/specs/stack-objects.ts'
import { OWN_LABELS } from '../../runner/own-labels.ts'
import { mayBeSecret } from '../../runner/secrets/may-be-secret.ts'
import { redact } from '../../runner/secrets/secret.ts'
import { placed, shown } from '../../runner/text/shown.ts'
import { closestKey, keyAdvice, textAt, valueAt } from '../keys.ts'
import type { Problems } from '../problems.ts'
import type { YamlMap, YamlValue } from '../yaml.ts'

/** Items of a list or mapping, and what all kinds of them may say: their names, keys and labels. */

/** An item of a list, or an entry of a mapping: its name, and what is said of it. */
export interface Item {
  readonly place: string
  readonly name: string | undefined
  readonly map: YamlMap | undefined
}

/** The items of a key, a list or a mapping; `undefined` when the entry does not have it. */
export function itemsAt(map: YamlMap, key: string, example: string, problems: Problems): Item[] | undefined {
  const value = valueAt(map, key)
  if (value === undefined) return undefined
  if (value.kind === 'text') {
    problems.add(`this is only text: write a list such as \`${key}: [${example}]\`, or \`[]\` for none`)
    return undefined
  }
  if (value.kind === 'list') return value.items.flatMap((item, index) => itemOf(item, `item ${index + 1}`, problems))
  // One item without its dash; in a mapping nothing has a text behind its name.
  if (['name', 'source'].some((name) => valueAt(value, name)?.kind === 'text')) return itemOf(value, 'item 1', problems)
  return value.entries.flatMap(({ key: name, value: inner }): Item[] => {
    if (inner.kind === 'map') return [{ place: placed(name), name, map: inner }]
    if (inner.kind === 'text' && inner.value.trim() === '') return [{ place: placed(name), name, map: undefined }]
    problems.add(`${shown(name)} is no mapping: write what is to be said of it, such as \`target\`, or nothing`)
    return []
  })
}

function itemOf(item: YamlValue, place: string, problems: Problems): Item[] {
  if (item.kind === 'text') return [{ place, name: item.value.trim(), map: undefined }]
  if (item.kind === 'map') return [{ place, name: undefined, map: item }]
  problems.add(`${place} is a list: write a name, or a mapping with the keys of one`)
  return []
}

/** The name that an item gives, before it is looked at. */
export function nameIn({ name, map }: Item): string | undefined {
  const inside = map && ['name', 'source'].map((key) => valueAt(map, key)).find((value) => value?.kind === 'text')
  const text = name ?? (inside?.kind === 'text' ? inside.value.trim() : undefined)
  return text === undefined || text === '' || text.length > 64 || mayBeSecret(text)
    ? undefined
    : shown(text).slice(1, -1)
}

export function nameOf(
  { name, map }: Item,
  problems: Problems,
  problemWith: (name: string) => string | undefined,
): string | undefined {
  const given = map === undefined ? [] : ['name', 'source'].filter((key) => valueAt(map, key) !== undefined)
  if (given.length + (name === undefined ? 0 : 1) > 1) {
    problems.add(
      `its name is given twice: write ${name === undefined ? '`name` or `source`' : 'it before the colon'} alone`,
    )
    return undefined
  }
  const text = name ?? (map && textAt(map, given[0] ?? 'name', problems))
  if (text === undefined || text === '') {
    problems.add('it has no name: write its `name`')
    return undefined
  }
  const problem = problemWith(text)
  if (problem !== undefined) problems.add(redact(problem))
  return text
}

/** What other lists and tools call them, those of `registries` among them. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  data: 'content',
  env: 'environment',
  'from-env': 'environment',
  'from-file': 'file',
  path: 'file',
  value: 'content',
  'value-env': 'environment',
  'value-file': 'file',
}

export function checkKeys(map: YamlMap, keys: readonly string[], problems: Problems): void {
  for (const { key, line } of map.entries.filter((entry) => !keys.includes(entry.key))) {
    problems.add(`line ${line} has the unknown key ${shown(key)}: ${adviceFor(key, keys)}`)
  }
}

function adviceFor(key: string, keys: readonly string[]): string {
  if (key === 'external') return 'leave it out: what is given no content, or no `create: true`, is one that is there'
  const closest = closestKey(key, keys, OTHER_NAMES)
  return keyAdvice(closest !== undefined && keys.includes(closest) ? closest : closestKey(key, keys), keys)
}

/** Labels of an object that is made: a mapping, or a list of `NAME=value`. */
export function labelsAt(map: YamlMap, problems: Problems): Record<string, string> {
  const value = valueAt(map, 'labels')
  const here = problems.at('`labels`')
  const pairs = value === undefined ? [] : pairsOf(value, here)
  for (const [name] of pairs) {
    if (name === '') here.add('a label has no name: write `NAME: value`')
    else if (name.startsWith(OWN_LABELS) || name === NAMESPACE_LABEL) {
      here.add(`${shown(name)} is not yours to give, because objects are found by it: leave it out`)
    }
  }
  return Object.fromEntries(pairs)
}

export function pairsOf(value: YamlValue, problems: Problems): [string, string][] {
  if (value.kind === 'text') {
    if (value.value.trim() !== '') problems.add('this is only text: write a mapping such as `{team: web}`')
    return []
  }
  const pairs: [string, YamlValue][] =
    value.kind === 'map'
      ? value.entries.map(({ key, value: inner }) => [key, inner])
      : value.items.map((item) => {
          const [, name = '', rest = ''] = item.kind === 'text' ? (/^([^=]*)=?(.*)$/s.exec(item.value) ?? []) : []
          return [name.trim(), item.kind === 'text' ? { ...item, value: rest } : item]
        })
  return pairs.flatMap(([name, inner]) => {
    if (inner.kind === 'text') return [[name, inner.value] as [string, string]]
    problems.add(`${shown(name)} is a ${inner.kind}: put its value in quotes to make it text`)
    return []
  })
}
