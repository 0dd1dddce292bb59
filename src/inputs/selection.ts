import { UserError } from '../errors.ts'
import { similarNames } from './keys.ts'
import { wordsOf } from './names.ts'
import { listed } from './problems.ts'
import { parseYaml } from './yaml.ts'
import { lineInWords } from './yaml-lines.ts'

/** Which services of a run an input means: all of them, or those of these names. */
export type Selection = 'all' | readonly string[]

/** A service that can be meant. */
export interface Nameable {
  /** As the swarm has it. */
  readonly name: string
  /** Of one of a stack, as the compose file has it. */
  readonly key?: string
}

/** More names than these help nobody to find the right one. */
const MOST_TOLD = 8

/**
 * `true`, `false`, or names as {@link parseNames} reads them.
 *
 * @throws UserError that says what to write instead
 */
export function parseSelection(text: string): Selection {
  if (/^(?:true|True|TRUE)$/.test(text)) return 'all'
  return /^(?:false|False|FALSE)$/.test(text) ? [] : parseNames(text)
}

/**
 * Names of services, with blanks, commas or line ends between, or as a YAML list, which may be empty; each once.
 *
 * @throws UserError that says what to write instead
 */
export function parseNames(text: string): string[] {
  if (!/^(?:-[ \t\r\n]|\[)/.test(text)) {
    const words = distinctWords(text)
    if (words.length > 0) return words
    throw new UserError('it names no service: write names such as `web api`, or leave it out')
  }
  const { root, problems } = parseYaml(text)
  const [wrong] = problems
  if (wrong !== undefined) throw new UserError(lineInWords(wrong))
  const items = root?.kind === 'list' ? root.items : []
  const words = distinctWords(items.map((item) => nameIn(item)).join(' '))
  if (words.length > 0 || items.length === 0) return words
  throw new UserError(
    'the list has only empty names, as of a variable that is not set: write names such as `[web, api]`, or `[]` for none',
  )
}

function distinctWords(text: string): string[] {
  return [...new Set(wordsOf(text))]
}

function nameIn(item: { readonly kind: string; readonly value?: string; readonly line: number }): string {
  if (item.kind === 'text' && item.value !== undefined) return item.value
  throw new UserError(`line ${item.line} is no name of a service: write names alone, such as \`web api\``)
}

/** The services that are meant, by the names that they have on the swarm. What is no name of one is left out. */
export function selected(selection: Selection, all: readonly Nameable[]): ReadonlySet<string> {
  if (selection === 'all') return new Set(all.map(({ name }) => name))
  return new Set(selection.flatMap((asked) => find(asked, all)?.name ?? []))
}

/**
 * What is wrong with names that no service has: one line for all of them, which goes on after the name of the input;
 * `undefined` when each has one.
 *
 * @param owner whose services these are: `the stack shop`
 */
export function unknownNames(selection: Selection, all: readonly Nameable[], owner: string): string | undefined {
  const unknown = selection === 'all' ? [] : selection.filter((asked) => find(asked, all) === undefined)
  if (unknown.length === 0) return undefined
  const known = all.map(({ name, key = name }) => key)
  const guesses = unknown.map((asked) => similarNames(asked, known)[0])
  const meant = [...new Set(guesses.filter((guess) => guess !== undefined))]
  const question = meant.length === 0 ? '' : `did you mean ${listed(meant)}? `
  const left = known.length - MOST_TOLD
  const names = listed([...known.slice(0, MOST_TOLD)])
  const are = `${question === '' ? 'its' : 'Its'} services are ${names}${left > 0 ? `, and ${left} more` : ''}`
  const told = guesses.every((guess) => guess !== undefined) ? question.trim() : `${question}${are}`
  return `${owner} has no service ${listed(unknown, 'or')}: ${told}`
}

/** The name in the file goes before that on the swarm: another service may be called so there. */
function find(asked: string, all: readonly Nameable[]): Nameable | undefined {
  return all.find(({ key }) => key === asked) ?? all.find(({ name }) => name === asked)
}
