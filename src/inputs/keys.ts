import { listed, type Problems } from './problems.ts'
import type { YamlEntry, YamlMap, YamlValue } from './yaml.ts'

const MOST_TYPOS = 2
const MOST_GUESSES = 3

/** The value of a key, `undefined` when the mapping does not have it. */
export function valueAt(map: YamlMap, key: string): YamlValue | undefined {
  return map.entries.find((entry) => entry.key === key)?.value
}

/** The value of a key, `undefined` also when there is nothing in it: a list of which every line is commented out. */
export function filledAt(map: YamlMap, key: string): YamlValue | undefined {
  const value = valueAt(map, key)
  if (value === undefined) return undefined
  if (value.kind === 'text') return value.value.trim() === '' ? undefined : value
  return (value.kind === 'list' ? value.items : value.entries).length === 0 ? undefined : value
}

/** The trimmed text of a key; `undefined` when the mapping does not have it, or has no text there: then it is a problem. */
export function textAt(map: YamlMap, key: string, problems: Problems): string | undefined {
  const value = valueAt(map, key)
  if (value === undefined) return undefined
  if (value.kind === 'text') return value.value.trim()
  problems.add(
    `\`${key}\` is a ${value.kind === 'map' ? 'mapping' : 'list'}: write one text, in quotes if it has special characters`,
  )
  return undefined
}

/** The known key that was probably meant. */
export function closestKey(
  key: string,
  known: readonly string[],
  otherNames: Readonly<Record<string, string>> = {},
): string | undefined {
  const plain = key.toLowerCase().replaceAll('_', '-')
  const other = Object.hasOwn(otherNames, plain) ? otherNames[plain] : undefined
  if (other !== undefined) return other
  const within = (names: readonly string[], lettersForTypo: number) =>
    names
      .map((name) => ({ name, typos: typosBetween(plain.slice(0, 40), name) }))
      .filter(({ name, typos }) => typos <= Math.min(MOST_TYPOS, name.length / lettersForTypo))
  const close = within(known, 2.5)
  const closeToOthers = within(Object.keys(otherNames), 4).map(({ name, typos }) => ({ name: otherNames[name], typos }))
  const [best] = [...close, ...closeToOthers].sort((a, b) => a.typos - b.typos)
  return best?.name
}

/**
 * What to do about an unknown key behind one without a value, with nothing but such between: it was perhaps not indented.
 *
 * @returns `undefined` where it stands behind another key
 */
export function indentAdvice(entry: YamlEntry, map: YamlMap, isKnown: (key: string) => boolean): string | undefined {
  const last = map.entries.slice(0, map.entries.indexOf(entry)).findLast(({ key }) => isKnown(key))
  const isEmpty = last?.value.kind === 'text' && last.value.style === 'plain' && last.value.value === ''
  if (!isEmpty || entry.line < last.line) return undefined
  return `indent it by two blanks more if it belongs to \`${last.key}\` in line ${last.line}`
}

/** A list of more keys hides the one that was meant. */
const MOST_KEYS_TOLD = 8

/** What to write instead of an unknown key. */
export function keyAdvice(closest: string | undefined, known: readonly string[]): string {
  if (closest === undefined) return `write one of ${listed(known, 'or')}`
  const guess = `did you mean \`${closest}\`?`
  return known.length > MOST_KEYS_TOLD ? guess : `${guess} The keys are ${listed(known)}`
}

/** The names of services that may be meant: the same in a stack, and the same with a typo, the likeliest first. */
export function similarNames(name: string, names: readonly string[]): string[] {
  const plain = name.toLowerCase()
  const ofStacks = names.filter((one) => one.toLowerCase().endsWith(`_${plain}`))
  const close = names
    .map((one) => ({ one, typos: typosBetween(plain, one.toLowerCase()) }))
    .filter(({ typos }) => typos <= Math.min(MOST_TYPOS, plain.length / 2))
    .sort((a, b) => a.typos - b.typos)
    .map(({ one }) => one)
  return [...new Set([...ofStacks, ...close])].slice(0, MOST_GUESSES)
}

/** How many signs have to be added, taken away or replaced, or change places with the next (Damerau's distance). */
export function typosBetween(a: string, b: string): number {
  let beforeThat: readonly number[] = []
  let previous: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const areSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = areSwapped ? (beforeThat[j - 2] ?? 0) + 1 : replaced
      current.push(Math.min(replaced, swapped, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1))
    }
    beforeThat = previous
    previous = current
  }
  return previous[b.length] ?? 0
}
