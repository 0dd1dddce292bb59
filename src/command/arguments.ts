import { isNeverBlank } from '../inputs/given.ts'
import { closestKey } from '../inputs/keys.ts'
import { DEFAULT_MODE, MODE_NAMES, type ModeName, parseMode, probableMode } from '../inputs/mode.ts'
import { Problems } from '../inputs/problems.ts'
import { unknownInputAdvice } from '../inputs/unknown-inputs.ts'
import type { Environment } from '../runner/environment.ts'
import { mayBeSecret } from '../runner/secrets/may-be-secret.ts'
import { safeLine } from '../runner/text/safe-text.ts'
import { shown } from '../runner/text/shown.ts'
import { flagOf, inputOf, isSwitch, KNOWN, OPTIONS, type Option, optionProblem, PATHS, SECRETS } from './known.ts'
import { isList } from './lists.ts'

/** What a command line asks for. Pure: no file is read, and no value of a secret is taken. */

/** Where a value stands: in the word itself, in a file, or on standard input. */
export interface Value {
  readonly from: 'word' | 'file' | 'stdin'
  /** The value itself or the path; empty for standard input. */
  readonly text: string
}

export type Asked =
  | { readonly kind: 'help'; readonly mode: ModeName | undefined }
  | { readonly kind: 'version' }
  | {
      readonly kind: 'run'
      /** `undefined`: the command line names none. */
      readonly mode: ModeName | undefined
      /** By the names of inputs, in the order given. */
      readonly inputs: ReadonlyMap<string, readonly Value[]>
    }

/**
 * Reads the words of a command line: a mode, then flags that are named after the inputs.
 *
 * @throws InputErrors with everything that is wrong with them
 */
export function parseArguments(words: readonly string[]): Asked {
  const [first, ...others] = words
  const isMode = first !== undefined && !first.startsWith('-') && first !== 'help'
  const problems = new Problems()
  const mode = isMode ? (problems.attempt(() => parseMode(first)) ?? probableMode(first)) : undefined
  const rest = isMode ? others : words
  const flags = rest.slice(0, endOf(rest))
  if (first === 'help') return { kind: 'help', mode: MODE_NAMES.find((name) => name === others[0]) }
  if (flags.some((word) => word === '--help' || word === '-h')) {
    return { kind: 'help', mode: MODE_NAMES.find((name) => name === first) }
  }
  if (flags.includes('--version')) return { kind: 'version' }
  const reader = new FlagReader(problems)
  reader.read(rest)
  const { inputs } = reader
  const inFlag = inputs.get('mode')?.[0]
  if (mode !== undefined && inFlag !== undefined && inFlag.text !== mode) {
    problems.add(`--mode: the first word, \`${mode}\`, says another one: leave one of the two out`)
  }
  problems.throwAll()
  return { kind: 'run', mode, inputs }
}

/**
 * What is asked of the command itself, by flags or else by variables, also where other words are wrong: a program that
 * reads the result has to find one.
 */
export function optionsIn(words: readonly string[], env: Environment): Map<Option, string> {
  const flags = words.slice(0, endOf(words))
  return new Map(
    OPTIONS.flatMap((name): [Option, string][] => {
      const at = flags.findIndex((word) => flagIn(word)?.name === name)
      const flag = flagIn(flags[at] ?? '')?.value ?? flags[at + 1]
      const given = [at < 0 ? undefined : flag, ...variablesOf(name).map((variable) => env[variable])]
      const value = given.find(
        (one) => one !== undefined && one.trim() !== '' && optionProblem(name, one) === undefined,
      )
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** Those in which a setting may stand; the first of them counts. */
function variablesOf(name: string): string[] {
  return [variableOfCommand(name), `PLUGIN_${name.toUpperCase().replaceAll('-', '_')}`]
}

interface FlagWord {
  /** Of the input or the option. */
  readonly name: string
  /** As it stands in the word. */
  readonly written: string
  readonly value: string | undefined
}

/** The flag that a word is, with the value behind its `=`. */
function flagIn(word: string): FlagWord | undefined {
  const [, written, value] = /^--([A-Za-z][\w-]*)(?:=([\s\S]*))?$/.exec(word) ?? []
  if (written === undefined) return undefined
  return { name: inputOf(written.toLowerCase().replaceAll('_', '-')), written, value }
}

/** Behind a `--` nothing is a flag. */
function endOf(words: readonly string[]): number {
  const end = words.indexOf('--')
  return end < 0 ? words.length : end
}

class FlagReader {
  readonly inputs = new Map<string, Value[]>()
  readonly #options = new Set<Option>()
  readonly #problems: Problems
  #stdinOf: string | undefined

  constructor(problems: Problems) {
    this.#problems = problems
  }

  read(words: readonly string[]): void {
    for (let at = 0; at < words.length; at++) {
      const word = words[at] ?? ''
      const flag = flagIn(word)
      if (flag === undefined) {
        this.#problems.add(strayWord(word, words[at - 1]))
        // What follows what was meant as a flag is probably its value.
        const isMeantAsFlag = /^-[A-Za-z]$/.test(word) || OTHER_DASHES.test(word)
        if (isMeantAsFlag && words[at + 1] !== undefined && !/^[-\p{Pd}]/u.test(words[at + 1] ?? '')) at++
      }
      if (flag !== undefined && this.#readFlag(flag, words[at + 1])) at++
    }
  }

  /** Whether the next word was its value. */
  #readFlag({ name, written, value }: FlagWord, next: string | undefined): boolean {
    const option = OPTIONS.find((one) => one === name)
    const isInput = KNOWN.inputs.includes(name)
    const opposite = name.startsWith('no-') ? name.slice('no-'.length) : undefined
    if (!isInput && opposite !== undefined && isSwitch(opposite)) {
      if (value === undefined) this.#add(opposite, 'false')
      else this.#problems.add(`--${name}: it takes no value: write --${opposite}=${value} or --${name}`)
      return false
    }
    const takesNext = value === undefined && next !== undefined && !/^--?[A-Za-z]/.test(next)
    if (option === undefined && !isInput) {
      this.#problems.add(
        `--${mayBeSecret(written) ? '***' : safeLine(name, MOST_NAME_CHARACTERS)}: there is no such flag: ${flagAdvice(name)}`,
      )
      return takesNext
    }
    const given = value ?? (takesNext ? next : undefined)
    if (option !== undefined) this.#addOption(option, given)
    else if (given !== undefined) this.#add(name, given)
    else if (isSwitch(name)) this.#add(name, 'true')
    else if (SECRETS.includes(name)) this.#problems.add(`--${name}: its value is missing: ${insteadOf(name)}`)
    else {
      const before = next === undefined ? '' : missingBefore(flagOf(name), next)
      this.#problems.add(`--${flagOf(name)}: its value is missing${before}`)
    }
    return takesNext
  }

  #add(name: string, text: string): void {
    const value = givenAs(name, text)
    const refusal = refusalOf(name, value)
    if (refusal !== undefined) this.#problems.add(`--${flagOf(name)}: ${refusal}`)
    if (value.from === 'stdin') {
      if (this.#stdinOf !== undefined) {
        this.#problems.add(`--${name}: --${this.#stdinOf} reads standard input already: give one of them a file, @PATH`)
      }
      this.#stdinOf = name
    }
    const before = this.inputs.get(name) ?? []
    if (before.length > 0 && !isList(name)) this.#problems.add(`--${name}: it is given twice: write it once`)
    this.inputs.set(name, [...before, value])
  }

  #addOption(name: Option, value: string | undefined): void {
    if (value === undefined) {
      this.#problems.add(`--${name}: its value is missing`)
      return
    }
    const problem = optionProblem(name, value)
    if (problem !== undefined) this.#problems.add(`--${name}: ${problem}`)
    if (this.#options.has(name)) this.#problems.add(`--${name}: it is given twice: write it once`)
    this.#options.add(name)
  }
}

const MOST_NAME_CHARACTERS = 60

/** A flag whose dashes, or one of them, a page or a program for letters has made longer. */
const OTHER_DASHES = /^-?(?!-)[\p{Pd}\u2212]+[A-Za-z][\w-]*(?:=|$)/u

/** What docker and ssh call so. */
const SHORT_FLAGS: ReadonlyMap<string, string> = new Map([
  ['-c', 'compose-file'],
  ['-f', 'compose-file'],
  ['-H', 'host'],
  ['-i', 'ssh-key @PATH'],
  ['-u', 'username'],
])

function strayWord(word: string, before: string | undefined): string {
  if (OTHER_DASHES.test(word)) {
    return 'a word begins with a dash that only looks like two of -, as in text from a web page: write --stack shop'
  }
  if (/^-[A-Za-z]/.test(word)) {
    const short = word.slice(0, 2)
    const flag = SHORT_FLAGS.get(short)
    const advice = flag === undefined ? 'the name of an input, such as --stack shop' : `--${flag}`
    return `${shown(short)}: there are no short flags: write ${advice}`
  }
  // It may be a secret that stands where nobody expects one.
  const place = before?.startsWith('--')
    ? ` behind ${safeLine(before.replace(/=.*/s, '=…'), MOST_NAME_CHARACTERS)}`
    : ''
  return `a word${place} belongs to no flag: the mode comes first and alone, a stack as \`--stack NAME\`, services as \`--services\`, and a value with blanks needs quotes`
}

function missingBefore(name: string, next: string): string {
  return `: where it really is ${safeLine(next.replace(/=.*/s, ''), MOST_NAME_CHARACTERS)}, write --${name}=…`
}

/** A value that is a file's, or what stands on standard input; a path stays a path. */
function givenAs(name: string, text: string): Value {
  if (text === '-') return { from: 'stdin', text: '' }
  if (text.startsWith('@') && !PATHS.includes(name)) return { from: 'file', text: text.slice(1) }
  return { from: 'word', text }
}

function refusalOf(name: string, { from, text }: Value): string | undefined {
  if (from === 'stdin') {
    return PATHS.includes(name) ? 'it is a path, and no content: write the path of a file' : undefined
  }
  if (from === 'file') return text === '' ? 'behind the @ the path of a file is missing' : undefined
  if (isNeverBlank(name) && text.trim() === '') {
    return 'its value is empty, as a variable is that is not set: set that, or leave the flag out'
  }
  if (SECRETS.includes(name)) return `a secret does not belong on a command line: ${insteadOf(name)}`
  if (name === 'registries' && holdsPassword(text)) {
    return 'a password does not belong on a command line: write password-env or password-file in the entry, or give a file (--registries @FILE, --registries-file FILE) or standard input (--registries -)'
  }
  if (name === 'docker-config' && holdsConfig(text)) {
    return 'the content of a configuration does not belong on a command line: write the path of its file, or env:NAME for a variable'
  }
  return undefined
}

function insteadOf(name: string): string {
  const file = KNOWN.inputs.includes(`${name}-file`) ? `, --${name}-file FILE` : ''
  return `write it to the variable ${variableOfCommand(name)}, or give a file (--${name} @FILE${file}) or standard input (--${name} -)`
}

/** The variable in which a shell gives an input or an option. */
export function variableOfCommand(name: string): string {
  return `SWARM_DEPLOY_${name.toUpperCase().replaceAll('-', '_')}`
}

/** With a key for one, or in the form with four columns. */
function holdsPassword(text: string): boolean {
  return /password["']?\s*:/i.test(text) || !/^\s*[-[{]/.test(text)
}

/** JSON, or what is too long for a path and a name. */
function holdsConfig(text: string): boolean {
  return /["']?auths?["']?\s*:/i.test(text) || /[A-Za-z0-9+/=_-]{200}/.test(text)
}

/** What to write instead of a flag that there is not. */
function flagAdvice(name: string): string {
  if (MODE_NAMES.some((mode) => mode === name) || (probableMode(name) !== DEFAULT_MODE && name.length > 3)) {
    return `write the mode as the first word: \`${probableMode(name)}\``
  }
  const option = closestKey(name, OPTIONS)
  return option === undefined ? asFlags(unknownInputAdvice(name, {}, KNOWN)) : `did you mean \`--${option}\`?`
}

function asFlags(advice: string): string {
  return advice
    .replace(/^did you mean `([\w-]+)`\?$/, (_, input: string) => `did you mean \`--${flagOf(input)}\`?`)
    .replace(/^leave it out: all inputs are in action.yml$/, 'all of them are shown by --help')
}
