import { posix } from 'node:path'
import type { Kind } from '../../docker/specs/stack-objects.ts'
import { objectNameProblem } from '../../docker/swarm/swarm-rules.ts'
import { shown } from '../../runner/text/shown.ts'
import { SOURCES } from '../compose/contents.ts'
import { textAt } from '../keys.ts'
import type { Problems } from '../problems.ts'
import type { YamlMap } from '../yaml.ts'
import { contentIn } from './content.ts'
import { checkKeys, type Item, itemsAt, nameIn, nameOf } from './items.ts'
import type { AttachmentSources, ObjectFile, ObjectRequest } from './request.ts'

const OBJECT_KEYS = [
  ...['name', 'source', ...SOURCES],
  ...['target', 'uid', 'gid', 'mode', 'labels', 'template-driver'],
]

const READABLE_BY_ALL = 0o444
/** Linux keeps an ID in 32 bits, and the last of them for none: a higher one would become another. */
const HIGHEST_ID = 2 ** 32 - 2

export function objectsAt(
  map: YamlMap,
  kind: Kind,
  service: string,
  sources: AttachmentSources,
  problems: Problems,
): ObjectRequest[] | undefined {
  const here = problems.at(`\`${kind}s\``)
  const items = itemsAt(map, `${kind}s`, kind === 'secret' ? 'db-password' : 'app-config', here)
  const objects = items?.flatMap((item) => objectOf(item, kind, service, sources, here) ?? [])
  const known = new Set<string>()
  for (const object of objects ?? []) {
    const path = pathInContainer(object)
    if (known.has(path)) {
      here.add(`two of them have the target ${shown(object.file.Name)}: write another \`target\` for one of the two`)
    }
    known.add(path)
  }
  return objects
}

function objectOf(
  item: Item,
  kind: Kind,
  service: string,
  sources: AttachmentSources,
  problems: Problems,
): ObjectRequest | undefined {
  const { map } = item
  const here = problems.at(nameIn(item) ?? item.place)
  if (map !== undefined) checkKeys(map, OBJECT_KEYS, here)
  const content =
    map && contentIn(map, kind, `services: ${service}: \`${kind}s\`: ${nameIn(item) ?? item.place}`, sources, here)
  const name = nameOf(item, here, (text) => objectNameProblem(text, `a ${kind}`))
  if (name === undefined) return undefined
  if (map === undefined) return { kind, name, file: fileOf(name) }
  const text = (key: string) => textAt(map, key, here)
  const target = text('target')
  if (target !== undefined && !isFileName(target)) {
    here.add(
      `\`target\`: ${shown(target)} is no name of a file: write one such as \`${kind === 'secret' ? name : `/etc/${name}`}\``,
    )
  }
  const file = {
    ...fileOf(target ?? name),
    ...numberAt('uid', 'UID'),
    ...numberAt('gid', 'GID'),
    ...modeAt(text('mode'), here),
  }
  return { kind, name, file, ...(content && { content }) }

  function numberAt(key: 'uid' | 'gid', field: 'UID' | 'GID') {
    const number = text(key)
    if (number === undefined) return {}
    if (!/^\d{1,10}$/.test(number) || Number(number) > HIGHEST_ID)
      here.add(`\`${key}\`: ${shown(number)} is no number of a user or group: write one such as 1000`)
    return { [field]: number }
  }
}

/** Where docker puts the file: of two on one path the later would hide the other. */
export function pathInContainer({ kind, file }: ObjectRequest): string {
  return posix.resolve(kind === 'secret' ? '/run/secrets' : '/', file.Name)
}

function fileOf(name: string): ObjectFile {
  return { Name: name, UID: '0', GID: '0', Mode: READABLE_BY_ALL }
}

function isFileName(target: string): boolean {
  return target !== '' && !/[\0\r\n]/.test(target) && !/(?:^|\/)\.{0,2}$/.test(target)
}

function modeAt(text: string | undefined, problems: Problems): { readonly Mode?: number } {
  if (text === undefined) return {}
  if (/^(?:0o?)?[0-7]{3}$/.test(text)) return { Mode: Number.parseInt(text.slice(-3), 8) }
  problems.add(`\`mode\`: ${shown(text)} are no permissions of a file: write three octal digits, such as 0440`)
  return {}
}
