import { closeSync, constants, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { messageOf } from '../../errors.ts'
import { log } from './log.ts'
import { isInRunner } from './workflow-commands.ts'

/** The files by which a step hands something on (docs.github.com, "Workflow commands", environment files). */
const FILES = {
  GITHUB_OUTPUT: 'The outputs of this step',
  GITHUB_ENV: 'The variables for later steps',
  GITHUB_STATE: 'What is kept for the end of the job',
  GITHUB_STEP_SUMMARY: 'The job summary',
} as const

type CommandFile = keyof typeof FILES

/** What a run has handed on, for whoever started it without a runner. */
export interface HandedOn {
  readonly outputs: ReadonlyMap<string, string>
  readonly summary: readonly string[]
  /** What ended the run before it had results. */
  readonly errors: readonly string[]
}

const outputs = new Map<string, string>()
const summary: string[] = []
const errors: string[] = []

/** What was said of files that cannot be written: each output would say it again. */
const told = new Set<string>()

/** All outputs, summaries and errors of this process so far. */
export function handedOn(): HandedOn {
  return { outputs, summary, errors }
}

/** Keeps what ended the run, fit to be shown, for whoever started it without a runner. A runner has the annotations. */
export function keepErrors(problems: readonly string[]): void {
  errors.push(...problems)
}

/**
 * Sets an output of the step. A file that cannot be written is a warning: it says nothing of the deploy.
 *
 * @returns whether it is handed on, or there is nobody to hand it on to
 */
export function setOutput(name: string, value: string): boolean {
  outputs.set(name, value)
  return append('GITHUB_OUTPUT', named(name, value))
}

/** Sets a variable in the environment of all later steps of the job, in the same way. */
export function exportVariable(name: string, value: string): boolean {
  return append('GITHUB_ENV', named(name, value))
}

/** Saves a value for `post`, in the same way. */
export function saveState(name: string, value: string): void {
  append('GITHUB_STATE', named(name, value))
}

/** Adds Markdown to the job summary, in the same way. Some runners have none, and get none. */
export function addSummary(markdown: string): void {
  summary.push(markdown)
  if (process.env.GITHUB_STEP_SUMMARY) append('GITHUB_STEP_SUMMARY', `${markdown}\n`)
}

/** A name with a value of many lines, which ends with a line that the value does not have. */
function named(name: string, value: string): string {
  let delimiter = 'ghadelimiter'
  while (value.includes(delimiter)) delimiter += '_'
  return `${name}<<${delimiter}\n${value}\n${delimiter}\n`
}

/** @returns `false`: it could not be written, which a warning says */
function append(file: CommandFile, text: string): boolean {
  const path = process.env[file]
  // In a shell of one's own there is nobody to hand anything on to.
  if (!path && !isInRunner(process.env)) return true
  try {
    if (!path) throw new Error(`the runner has not set ${file}`)
    appendWhole(path, text)
    return true
  } catch (error) {
    const problem = `${FILES[file]} could not be written: ${messageOf(error)}`
    const key = `${path}: ${problem}`
    if (!told.has(key)) log.warning(problem)
    told.add(key)
    return false
  }
}

/** A pipe that nobody reads is an error, and no reason to wait. */
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK

/** Adds the whole text or nothing: half of an output, as a full disk leaves it, fails the step in the runner. */
function appendWhole(path: string, text: string): void {
  const file = openSync(path, APPEND)
  try {
    const { size } = fstatSync(file)
    const bytes = Buffer.from(text)
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done)
    } catch (error) {
      cutBack(file, size)
      throw error
    }
  } finally {
    closeSync(file)
  }
}

function cutBack(file: number, size: number): void {
  try {
    ftruncateSync(file, size)
  } catch {
    // No regular file: nothing of it can be taken back.
  }
}
