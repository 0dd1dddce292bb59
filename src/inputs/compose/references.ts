import type { YamlValue } from '../yaml.ts'
import type { SECTIONS } from './keys.ts'
import { entryAt } from './tree.ts'

interface Reference {
  readonly section: (typeof SECTIONS)[number]
  readonly name: string
  readonly line: number
}

/** What a service names of the other sections. */
export function referencesOf(service: YamlValue): Reference[] {
  if (service.kind !== 'map') return []
  return service.entries.flatMap(({ key, value }): Reference[] => {
    if (key === 'networks') return namesOf(value).map((one) => ({ section: 'networks', ...one }))
    if (key === 'secrets' || key === 'configs') return sourcesOf(value).map((one) => ({ section: key, ...one }))
    if (key === 'volumes') return volumesOf(value).map((one) => ({ section: 'volumes', ...one }))
    if (key !== 'credential_spec' || value.kind !== 'map') return []
    const config = entryAt(value, 'config')
    return config?.kind === 'text' ? [{ section: 'configs', name: config.value, line: config.line }] : []
  })
}

type Name = Omit<Reference, 'section'>

function namesOf(value: YamlValue): Name[] {
  if (value.kind === 'map') return value.entries.map(({ key, line }) => ({ name: key, line }))
  return value.kind === 'list' ? value.items.flatMap(nameOf) : []
}

function nameOf(value: YamlValue): Name[] {
  return value.kind === 'text' ? [{ name: value.value, line: value.line }] : []
}

function sourcesOf(value: YamlValue): Name[] {
  if (value.kind !== 'list') return []
  return value.items.flatMap((item) => {
    const source = item.kind === 'map' ? entryAt(item, 'source') : item
    return source === undefined ? [] : nameOf(source)
  })
}

/** Named volumes only: a path begins with a dot, a slash or a tilde. */
function volumesOf(value: YamlValue): Name[] {
  if (value.kind !== 'list') return []
  return value.items.flatMap((item) => {
    if (item.kind === 'text') {
      const name = /^([\w-][\w.-]+):/.exec(item.value)?.[1]
      return name === undefined || /^[a-z]:\\/i.test(item.value) ? [] : [{ name, line: item.line }]
    }
    if (item.kind !== 'map') return []
    const type = entryAt(item, 'type')
    const source = entryAt(item, 'source')
    return type?.kind === 'text' && type.value === 'volume' && source !== undefined ? nameOf(source) : []
  })
}
