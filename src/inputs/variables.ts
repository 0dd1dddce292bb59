import { mayBeSecret } from '../runner/secrets/may-be-secret.ts'
import { shown } from '../runner/text/shown.ts'
import type { Problems } from './problems.ts'
import type { YamlList, YamlMap, YamlValue } from './yaml.ts'

const NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/

/** Words in capitals without a digit among the first letters: so is a variable called, and hardly a password. */
const VARIABLE = /^[A-Z]+(?:_[A-Z0-9]+)*$/

/** Whether a text that stands where the name of a variable is expected can be shown: its value may have been put there. */
export function isVariableName(text: string): boolean {
  return VARIABLE.test(text)
}

/** A variable as it is written. */
interface Pair {
  readonly name: string
  readonly value: string
  readonly line: number
}

/**
 * The variables of an `env` key, a mapping or a list of `KEY=value`. No message shows a value.
 *
 * @param at the problems of one line
 */
export function variablesFrom(env: YamlValue | undefined, at: (line: number) => Problems): Record<string, string> {
  if (env === undefined) return {}
  if (env.kind === 'text') {
    at(env.line).add(
      'this is only text: write a mapping such as `env: {LOG_LEVEL: debug}`, or a list of `LOG_LEVEL=debug`',
    )
    return {}
  }
  const pairs = env.kind === 'map' ? pairsOfMap(env, at) : pairsOfList(env, at)
  const known = new Set<string>()
  for (const { name, value, line } of pairs) {
    const problems = at(line)
    if (!NAME.test(name)) {
      problems.add(`${shown(name)} is no name of a variable: write letters, digits and _, no digit first`)
    } else if (known.has(name)) problems.add(`${name} is given twice: leave one of the two`)
    else if (value.includes('\0'))
      problems.add(`the value of ${name} has a NUL character, which no variable can have: take it out`)
    known.add(name)
  }
  return Object.fromEntries(pairs.map(({ name, value }) => [name, value]))
}

function pairsOfMap({ entries }: YamlMap, at: (line: number) => Problems): Pair[] {
  return entries.flatMap(({ key, value, line }) => {
    const problems = at(line)
    if (value.kind !== 'text') {
      problems.add(
        `the value of ${shown(key)} is a ${value.kind === 'map' ? 'mapping' : 'list'}: put it in quotes to make it text`,
      )
      return []
    }
    if (value.value === '' && value.style === 'plain') {
      problems.add(`${shown(key)} has no value: write \`${mayBeSecret(key) ? 'NAME' : key}: ""\` if it shall be empty`)
      return []
    }
    return [{ name: key, value: value.value, line }]
  })
}

function pairsOfList({ items }: YamlList, at: (line: number) => Problems): Pair[] {
  return items.flatMap((item, index) => {
    const { line } = item
    const problems = at(line)
    if (item.kind !== 'text') {
      problems.add(`item ${index + 1} is no text: write it as \`KEY=value\`, in quotes if it holds a colon and a blank`)
      return []
    }
    const separator = item.value.indexOf('=')
    if (separator >= 0)
      return [{ name: item.value.slice(0, separator).trim(), value: item.value.slice(separator + 1), line }]
    problems.add(`item ${index + 1} has no value: write it as \`KEY=value\`, or \`KEY=\` if it shall be empty`)
    return []
  })
}
