import type { NetworkCreate } from '../../docker/specs/stack-objects.ts'
import { nameProblem } from '../../docker/swarm/swarm-rules.ts'
import { placed } from '../../runner/text/shown.ts'
import { textAt, valueAt } from '../keys.ts'
import { listed, type Problems } from '../problems.ts'
import { parseBoolean } from '../values.ts'
import type { YamlMap } from '../yaml.ts'
import { checkKeys, type Item, itemsAt, labelsAt, nameIn, nameOf, pairsOf } from './items.ts'
import type { NetworkRequest } from './request.ts'

/** What is said of a network that is made. */
const CREATE_KEYS = ['driver', 'attachable', 'internal', 'encrypted', 'driver-opts', 'labels', 'subnet']
const NETWORK_KEYS = ['name', 'aliases', 'create', ...CREATE_KEYS]

export function networksAt(map: YamlMap, problems: Problems): NetworkRequest[] | undefined {
  const here = problems.at('`networks`')
  const items = itemsAt(map, 'networks', 'backend', here)
  const networks = items?.flatMap((item) => networkOf(item, here) ?? [])
  const known = new Set<string>()
  for (const { name } of networks ?? []) {
    if (known.has(name)) here.add(`${placed(name)} is given twice: put all of it into one item`)
    known.add(name)
  }
  return networks
}

function networkOf(item: Item, problems: Problems): NetworkRequest | undefined {
  const { map } = item
  const here = problems.at(nameIn(item) ?? item.place)
  if (map !== undefined) checkKeys(map, NETWORK_KEYS, here)
  const name = nameOf(item, here, (text) => (PREDEFINED.includes(text) ? undefined : nameProblem(text, 'a network')))
  if (name === undefined) return undefined
  if (map === undefined) return { name, aliases: undefined, create: undefined }
  const isMade = valueAt(map, 'create') !== undefined && switchAt('create')
  const given = CREATE_KEYS.filter((key) => valueAt(map, key) !== undefined)
  if (!isMade && given.length > 0) {
    here.add(
      `${listed(given)} ${given.length === 1 ? 'is' : 'are'} for a network that is made here: write \`create: true\` too, or leave ${given.length === 1 ? 'it' : 'them'} out`,
    )
  }
  const subnet = textAt(map, 'subnet', here)
  const options = valueAt(map, 'driver-opts')
  const create: NetworkCreate = {
    Name: name,
    Driver: textAt(map, 'driver', here) || 'overlay',
    Attachable: switchAt('attachable'),
    Internal: switchAt('internal'),
    Options: {
      ...(options && Object.fromEntries(pairsOf(options, here.at('`driver-opts`')))),
      ...(switchAt('encrypted') && { encrypted: '' }),
    },
    Labels: labelsAt(map, here),
    ...(subnet && { IPAM: { Config: [{ Subnet: subnet }] } }),
  }
  return { name, aliases: aliasesAt(map, here), create: isMade ? create : undefined }

  function switchAt(key: string): boolean {
    const text = map && textAt(map, key, here)
    return text === undefined ? false : (here.at(`\`${key}\``).attempt(() => parseBoolean(text)) ?? false)
  }
}

/** Docker's own, which services may use. */
const PREDEFINED = ['host', 'bridge', 'none']

function aliasesAt(map: YamlMap, problems: Problems): string[] | undefined {
  const value = valueAt(map, 'aliases')
  if (value === undefined) return undefined
  const items = value.kind === 'list' ? value.items : []
  const names = items.flatMap((item) => (item.kind === 'text' && item.value.trim() !== '' ? [item.value.trim()] : []))
  if (value.kind !== 'list' || names.length < items.length) {
    problems.add('`aliases` is no list of names: write one such as `[api, db]`')
  }
  return names
}
