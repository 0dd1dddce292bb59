import { visible } from '../../runner/text/printable.ts'
import { beginningOf } from '../../runner/text/safe-text.ts'
import { placed } from '../../runner/text/shown.ts'
import { valueAt } from '../keys.ts'
import type { Problems } from '../problems.ts'
import type { YamlList, YamlMap, YamlText, YamlValue } from '../yaml.ts'
import { isKnown } from './service-keys.ts'

const LONGEST_PLACE = 63
export const PAIR = '`web: ghcr.io/org/web:1.2`'

/** One service of the text, before it is looked at. */
export interface Entry {
  readonly place: string
  readonly name: string | undefined
  /** The name stands before it, as in `web: …`. */
  readonly isKeyed: boolean
  /** Where it begins. */
  readonly line: number
  /** `name: image` has its image here, everything else its mapping. */
  readonly value: YamlValue
}

/** Behind a colon: as pages and chats have it instead of an ordinary blank, or beside it. */
const OTHER_BLANK = /(?<=:)(?! )[\p{Z}\p{DI}]/u

/** Whether a text has comments at most, or what programs write for no value. */
function isNothing(root: YamlText | undefined): boolean {
  return root === undefined || (root.style === 'plain' && /^(?:~|null|undefined)?$/i.test(root.value))
}

/** What is in the text, one by one, before it is looked at. */
export function entriesOf(root: YamlValue | undefined, keys: readonly string[], problems: Problems): Entry[] {
  if (root === undefined || root.kind === 'text') {
    const what = isNothing(root) ? 'there is no value in it, as where an expression has none' : 'this is only text'
    const sign = OTHER_BLANK.exec(root?.value ?? '')?.[0]
    if (sign !== undefined) {
      problems.add(
        `${what}: behind the colon is ${visible(sign)}, which YAML does not take for a blank: write an ordinary one`,
      )
      return []
    }
    problems.add(`${what}: write pairs such as ${PAIR}, with a blank after the colon, or a list of entries`)
    return []
  }
  if (root.kind === 'list' || isOneEntry(root, keys)) return entriesOfList(root.kind === 'list' ? root.items : [root])
  const compose = root.entries.find(({ key, value }) => key === 'services' && value.kind !== 'text')
  if (compose !== undefined) {
    problems.add(
      `line ${compose.line} has the key \`services\`, as a compose file has: for a stack write the path of such a file in \`compose-file\`, and a name in \`stack\`; here write only pairs such as ${PAIR}`,
    )
    return []
  }
  return root.entries.map(({ key, line, value }) => {
    const named = value.kind === 'text' ? `${placeOf(key)} (line ${line})` : placeOf(key)
    const place = key.trim() === '' ? `services line ${line}` : named
    return { place, name: key, isKeyed: true, line, value }
  })
}

/** `name: web` with other keys of an entry is one that lacks its dash, and no service called `name`. */
function isOneEntry({ entries }: YamlMap, keys: readonly string[]): boolean {
  const has = (name: string) => entries.some(({ key }) => key === name)
  return (has('name') || (has('stack') && has('refresh'))) && entries.every(({ key }) => isKnown(key, keys))
}

function entriesOfList(items: YamlList['items']): Entry[] {
  return items.map((value, index) => {
    const textOf = (key: string) => {
      const inner = value.kind === 'map' ? valueAt(value, key) : undefined
      return inner?.kind === 'text' ? inner.value.trim() : undefined
    }
    const text = textOf('name')
    const owner = text || (textOf('stack') && `stack ${textOf('stack')}`)
    return {
      place: owner ? placeOf(owner) : `services entry ${index + 1} (line ${value.line})`,
      name: text,
      isKeyed: false,
      line: value.line,
      value,
    }
  })
}

/** Where an entry stands, as a message begins. */
export function placeOf(name: string): string {
  return `services: ${beginningOf(placed(name), LONGEST_PLACE)}`
}
