import { placed } from '../../runner/text/shown.ts'
import type { YamlText, YamlValue } from '../yaml.ts'
import type { Section } from './keys.ts'
import { namedVolume } from './short-forms.ts'
import { entryAt, isNothing } from './tree.ts'
import { filledIn, isFillable, type LookUp } from './variables.ts'

interface Reference {
  readonly section: Section
  readonly name: string
  readonly line: number
}

/** What a service names of the other sections; what names it by variables that cannot be filled in is left out. */
export function referencesOf(service: YamlValue, lookUp: LookUp): Reference[] {
  if (service.kind !== 'map') return []
  return service.entries.flatMap(({ key, value }): Reference[] => {
    if (key === 'networks') return namesOf(value).map((one) => ({ section: 'networks', ...one }))
    if (key === 'secrets' || key === 'configs') return sourcesOf(value).map((one) => ({ section: key, ...one }))
    if (key === 'volumes') return volumesOf(value).map((one) => ({ section: 'volumes', ...one }))
    if (key !== 'credential_spec' || value.kind !== 'map') return []
    return nameOf(entryAt(value, 'config')).map((one) => ({ section: 'configs', ...one }))
  })

  // Keys stay as they are: docker fills in none of their variables.
  function namesOf(value: YamlValue): Name[] {
    if (value.kind === 'map') return value.entries.map(({ key, line }) => ({ name: key, line }))
    return value.kind === 'list' ? value.items.flatMap(nameOf) : []
  }

  function nameOf(value: YamlValue | undefined): Name[] {
    return value?.kind === 'text' && !isNothing(value) ? filled(value).map((name) => ({ name, line: value.line })) : []
  }

  function sourcesOf(value: YamlValue): Name[] {
    if (value.kind !== 'list') return []
    return value.items.flatMap((item) => nameOf(item.kind === 'map' ? entryAt(item, 'source') : item))
  }

  /** Named volumes only. */
  function volumesOf(value: YamlValue): Name[] {
    if (value.kind !== 'list') return []
    return value.items.flatMap((item) => {
      if (item.kind === 'text') {
        const names = filled(item).flatMap((spec) => namedVolume(spec) ?? [])
        return names.map((name) => ({ name, line: item.line }))
      }
      if (item.kind !== 'map') return []
      const type = entryAt(item, 'type')
      const isVolume = type?.kind === 'text' && filled(type)[0] === 'volume'
      return isVolume ? nameOf(entryAt(item, 'source')).filter(({ name }) => name !== '') : []
    })
  }

  function filled({ value }: YamlText): string[] {
    return isFillable(value, lookUp) ? [filledIn(value, lookUp)] : []
  }
}

type Name = Omit<Reference, 'section'>

/** The items of the `secrets` or `configs` of a service that are mappings and name none, as in `- db: {file: …}`. */
export function withoutSource(value: YamlValue): Name[] {
  return (value.kind === 'list' ? value.items : []).flatMap((item) => {
    if (item.kind !== 'map' || entryAt(item, 'source') !== undefined) return []
    const name = item.entries.find((entry) => entry.value.kind === 'map' || isNothing(entry.value))?.key ?? 'NAME'
    return [{ name: placed(name), line: item.line }]
  })
}
