import { defaultOf } from '../inputs/defaults.ts'
import type { ModeName } from '../inputs/mode.ts'
import { inputsOfMode } from '../inputs/mode-inputs.ts'
import { inputNames } from '../inputs/read.ts'
import { entryKeys } from '../inputs/services/service-keys.ts'
import { STRATEGY_INPUTS } from '../inputs/strategies/table.ts'
import type { KnownInputs } from '../inputs/unknown-inputs.ts'
import { shown } from '../runner/text/shown.ts'

/** What a command line may have: made of what the code reads, so that a new input is a flag at once. */

/** Of the command itself, beside the inputs. */
export const OPTIONS = ['output', 'output-file', 'summary-file'] as const
export type Option = (typeof OPTIONS)[number]

/** What is wrong with the value of one of these; `undefined` when nothing is. */
export function optionProblem(option: Option, value: string): string | undefined {
  if (option === 'output')
    return value === 'json' ? undefined : `${shown(value)} is no form: write json, or leave it out`
  return value.trim() === '' ? 'its value is empty: write the path of a file, or leave it out' : undefined
}

export const KNOWN: KnownInputs = { inputs: inputNames(STRATEGY_INPUTS), entryKeys: entryKeys(STRATEGY_INPUTS) }

/** The inputs of a mode, which its help shows; the mode itself is the first word. */
export function flagsOfMode(mode: ModeName): string[] {
  return inputsOfMode(mode, STRATEGY_INPUTS).filter((name) => name !== 'mode')
}

/** Node takes `--env-file` for a flag of its own, also behind the script (node, src/node_dotenv.cc). */
const OTHER_FLAGS: ReadonlyMap<string, string> = new Map([['env-file', 'dotenv']])

/** The flag of an input: its name, unless Node has one of that name. */
export function flagOf(input: string): string {
  return OTHER_FLAGS.get(input) ?? input
}

/** The input that a flag means, which may have its name all the same. */
export function inputOf(flag: string): string {
  const [input] = [...OTHER_FLAGS].find(([, other]) => other === flag) ?? [flag]
  return input
}

/** Whether an input is `true` or `false`, or one of these among others. */
export function isSwitch(input: string): boolean {
  return ['true', 'false'].includes(defaultOf(input, STRATEGY_INPUTS) ?? '')
}

/** Whose values are secrets: any user of the machine can read a command line. */
export const SECRETS: readonly string[] = ['password', 'ssh-key', 'ssh-passphrase', 'tls-key']

/** Inputs that are paths themselves: what the file holds is read by whoever reads the input. */
export const PATHS: readonly string[] = [
  ...['compose-file', 'env-file', 'registry-file', 'username-file', 'password-file', 'registries-file'],
  ...['ssh-config', 'allow-config-directories'],
]
