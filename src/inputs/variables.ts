import { mayBeSecret } from '../runner/may-be-secret.ts'
import { shown } from '../runner/shown.ts'
import type { Problems } from './problems.ts'
import type { YamlList, YamlMap, YamlValue } from './yaml.ts'

const NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/

/** Words in capitals without a digit among the first letters: so is a variable called, and hardly a password. */
const VARIABLE = /^[A-Z]+(?:_[A-Z0-9]+)*$/

/** Whether a text that stands where the name of a variable is expected can be shown: its value may have been put there. */
export function isVariableName(text: string): boolean {
  return VARIABLE.test(text)
}

/** The variables of an `env` key, a mapping or a list of `KEY=value`. No message shows a value. */
export function variablesFrom(env: YamlValue | undefined, problems: Problems): Record<string, string> {
  if (env === undefined) return {}
  if (env.kind === 'text') {
    problems.add('this is only text: write a mapping such as `env: {LOG_LEVEL: debug}`, or a list of `LOG_LEVEL=debug`')
    return {}
  }
  const pairs = env.kind === 'map' ? pairsOfMap(env, problems) : pairsOfList(env, problems)
  const known = new Set<string>()
  for (const [name, value] of pairs) {
    if (!NAME.test(name)) {
      problems.add(`${shown(name)} is no name of a variable: write letters, digits and _, no digit first`)
    } else if (known.has(name)) problems.add(`${name} is given twice: leave one of the two`)
    else if (value.includes('\0'))
      problems.add(`the value of ${name} has a NUL character, which no variable can have: take it out`)
    known.add(name)
  }
  return Object.fromEntries(pairs)
}

function pairsOfMap({ entries }: YamlMap, problems: Problems): [name: string, value: string][] {
  return entries.flatMap(({ key, value }) => {
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
    return [[key, value.value] as [string, string]]
  })
}

function pairsOfList({ items }: YamlList, problems: Problems): [name: string, value: string][] {
  return items.flatMap((item, index) => {
    if (item.kind !== 'text') {
      problems.add(`item ${index + 1} is no text: write it as \`KEY=value\`, in quotes if it holds a colon and a blank`)
      return []
    }
    const separator = item.value.indexOf('=')
    if (separator >= 0)
      return [[item.value.slice(0, separator).trim(), item.value.slice(separator + 1)] as [string, string]]
    problems.add(`item ${index + 1} has no value: write it as \`KEY=value\`, or \`KEY=\` if it shall be empty`)
    return []
  })
}
