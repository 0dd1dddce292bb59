import type { Problems } from './problems.ts'
import { parseYaml, type YamlValue } from './yaml.ts'

/** Names of what there is on the swarm, as an input lists them. */

/** The words of a text, with blanks, commas or line ends between. */
export function wordsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '')
}

/**
 * The names in a text: words, or a YAML list of them. Whatever else it holds is a problem, and none is left out silently.
 *
 * @param advice what to write instead of `name: image`, a phrase
 */
export function namesFromText(text: string, advice: string, problems: Problems): string[] {
  const { root, problems: wrong } = parseYaml(text)
  for (const { line, column, reason } of wrong) problems.add(`line ${line}, column ${column}: ${reason}`)
  if (wrong.length > 0 || root === undefined) return []
  if (root.kind === 'text') return wordsOf(root.value)
  if (root.kind === 'map') {
    problems.add(`\`${root.entries[0]?.key ?? ''}: …\` is for a deploy: ${advice}`)
    return []
  }
  return root.items.flatMap((item, index) => namesOfItem(item, `entry ${index + 1}`, advice, problems))
}

function namesOfItem(item: YamlValue, place: string, advice: string, problems: Problems): string[] {
  const words = item.kind === 'text' ? wordsOf(item.value) : []
  if (words.length > 0) return words
  problems.add(item.kind === 'text' ? `${place} is empty: leave it out` : `${place} is no name: ${advice}`)
  return []
}
