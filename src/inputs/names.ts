import { nameProblem } from '../docker/swarm/swarm-rules.ts'
import { shown, ticked } from '../runner/text/shown.ts'
import type { Problems } from './problems.ts'
import { parseYaml, type YamlValue } from './yaml.ts'

/** Names of what there is on the swarm, as an input lists them. */

/** The words of a text, with blanks, commas or line ends between. */
export function wordsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '')
}

/**
 * The names of services in an input: words, or a YAML list of them. Whatever else it holds is a problem.
 *
 * @param advice what to write instead, a phrase
 */
export function readNames(text: string, name: string, advice: string, problems: Problems): string[] {
  return checkedNames(text, advice, problems.at(name), (one) => {
    return /[/:@=*]/.test(one) ? `${shown(one)} is no name of a service: ${advice}` : nameProblem(one, 'a service')
  })
}

// moby, volume/names: what a daemon takes for a volume.
const VOLUME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/

/** The same of volumes. */
export function readVolumeNames(text: string, name: string, advice: string, problems: Problems): string[] {
  return checkedNames(text, advice, problems.at(name), (one) => {
    return VOLUME.test(one) ? undefined : `${shown(one)} is no name of a volume: ${advice}`
  })
}

function checkedNames(
  text: string,
  advice: string,
  here: Problems,
  problemOf: (name: string) => string | undefined,
): string[] {
  const names = namesFromText(text, advice, here)
  for (const one of names) {
    const problem = problemOf(one)
    if (problem !== undefined) here.add(problem)
  }
  for (const one of names.filter((other, index) => names.indexOf(other) < index)) {
    here.add(`${shown(one)} is given twice: leave one of the two out`)
  }
  return names
}

function namesFromText(text: string, advice: string, problems: Problems): string[] {
  const { root, problems: wrong } = parseYaml(text)
  problems.addYaml(wrong)
  if (wrong.length > 0 || root === undefined) return []
  if (root.kind === 'text') return wordsOf(root.value)
  if (root.kind === 'map') {
    problems.add(`${ticked(`${root.entries[0]?.key ?? ''}: …`)} is for a deploy: ${advice}`)
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
