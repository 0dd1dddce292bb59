import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { scratchDirectory } from './scratch.ts'

/** What a workflow says of a step that uses the action. */
export interface Step {
  readonly with: Readonly<Record<string, string>>
  /** Added to the environment that every step has. */
  readonly env?: Readonly<Record<string, string>>
  /** Goes before every command: `lab.enter` puts the runner into the network of the nodes. */
  readonly enter?: readonly string[]
  /** As some runners do when a job is cancelled: `post` is started without what main has saved. */
  readonly losesState?: boolean
  /** What later steps of the job do, between main and post: with what main has handed on to them. */
  readonly later?: (handedOn: HandedOn) => Promise<void>
  /** The bundle to run as main, or as post where that is started by itself, instead of the action's own. */
  readonly bundle?: string
}

/** What a step hands on to later ones. */
export interface HandedOn {
  readonly outputs: Readonly<Record<string, string>>
  /** Variables of their environment. */
  readonly variables: Readonly<Record<string, string>>
}

/** What one process of the action, `main` or `post`, left behind. */
export interface ProcessResult {
  /** `null` when a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice'
  readonly title: string | undefined
  readonly message: string
  /** Where in the repository it is shown, and in which line. */
  readonly file?: string
  readonly line?: number
}

/** What a person finds after the step: the log as the runner shows it, and all that the step handed on. */
export interface StepResult {
  readonly main: ProcessResult
  readonly post: ProcessResult
  readonly log: string
  readonly annotations: readonly Annotation[]
  readonly outputs: Readonly<Record<string, string>>
  readonly variables: HandedOn['variables']
  readonly summary: string
  /** What main saved for post. */
  readonly state: Readonly<Record<string, string>>
}

/** A step that is under way. */
export interface RunningStep {
  /** The process of main, to be signalled by its pid. */
  readonly main: ChildProcess
  /** What main has printed so far. */
  readonly printed: () => string
  /** The end of main, and then of post. */
  readonly finished: Promise<StepResult>
}

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..')

interface ActionFile {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>
  readonly runs: { readonly main: string; readonly post: string }
}

/**
 * Does with a step what GitHub's runner does: gives the action its inputs (with the defaults of `action.yml`) and files
 * to write to, runs its `main`, always its `post`, and reads the commands in what they print.
 */
export class Runner implements AsyncDisposable {
  readonly directory: string
  readonly home: string
  readonly temp: string
  readonly workspace: string
  readonly #node: string
  #steps = 0

  private constructor(directory: string, node: string) {
    this.directory = directory
    this.#node = node
    this.home = join(directory, 'home')
    this.temp = join(directory, 'temp')
    this.workspace = join(directory, 'workspace')
  }

  /**
   * A runner with empty home, temporary and workspace directories of its own.
   *
   * @param node the program that it starts actions with
   */
  static async start(node = process.execPath): Promise<Runner> {
    const runner = new Runner(scratchDirectory('runner-'), node)
    for (const directory of [runner.home, runner.temp, runner.workspace]) await mkdir(directory)
    return runner
  }

  /** Runs a step to its end. */
  async run(step: Step): Promise<StepResult> {
    return (await this.start(step)).finished
  }

  /** Starts a step; its main can be signalled meanwhile. */
  async start(step: Step): Promise<RunningStep> {
    const action = await readAction()
    const files = await this.#files()
    const env = { ...this.#environment(files), ...inputVariables(action, step), ...step.env }
    const main = launch(this.#command(step), step.bundle ?? action.runs.main, env)
    return { main: main.child, printed: main.printed, finished: this.#finish(action, env, files, main, step) }
  }

  /** Runs `post` once more, or while main still runs: with what main has saved, or with the step's inputs alone. */
  async post(state: StepResult['state'], step: Step = { with: {} }): Promise<ProcessResult> {
    const action = await readAction()
    const env = { ...this.#environment(await this.#files()), ...inputVariables(action, step), ...step.env }
    return launch(this.#command(step), step.bundle ?? action.runs.post, { ...env, ...stateVariables(state) }).result
  }

  #command({ enter = [] }: Pick<Step, 'enter'>): string[] {
    return [...enter, this.#node]
  }

  async #finish(
    action: ActionFile,
    env: Record<string, string>,
    files: CommandFiles,
    main: Launched,
    step: Step,
  ): Promise<StepResult> {
    const mainResult = await main.result
    const state = parseCommandFile(await readFile(files.GITHUB_STATE, 'utf8'))
    const variables = parseCommandFile(await readFile(files.GITHUB_ENV, 'utf8'))
    const outputs = parseCommandFile(await readFile(files.GITHUB_OUTPUT, 'utf8'))
    await step.later?.({ outputs, variables })
    const withState = { ...env, ...variables, ...(step.losesState ? {} : stateVariables(state)) }
    const postResult = await launch(this.#command(step), action.runs.post, withState).result
    return {
      main: mainResult,
      post: postResult,
      state,
      ...readLog(mainResult.stdout + mainResult.stderr + postResult.stdout + postResult.stderr),
      outputs,
      variables,
      summary: await readFile(files.GITHUB_STEP_SUMMARY, 'utf8'),
    }
  }

  async #files(): Promise<CommandFiles> {
    const directory = join(this.directory, `step-${++this.#steps}`)
    await mkdir(directory)
    const names = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY', 'GITHUB_ENV', 'GITHUB_PATH'] as const
    const paths = Object.fromEntries(names.map((name) => [name, join(directory, name)])) as unknown as CommandFiles
    for (const path of Object.values(paths)) await writeFile(path, '')
    return paths
  }

  #environment(files: CommandFiles): Record<string, string> {
    return {
      PATH: process.env.PATH ?? '',
      HOME: this.home,
      LANG: 'C.UTF-8',
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: this.workspace,
      RUNNER_TEMP: this.temp,
      RUNNER_OS: 'Linux',
      // Where Node keeps what it has compiled: tests start the same bundle again and again.
      ...(process.env.NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }),
      ...files,
    }
  }

  /** Removes the runner's directories. */
  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true })
  }
}

type CommandFiles = Record<
  'GITHUB_OUTPUT' | 'GITHUB_STATE' | 'GITHUB_STEP_SUMMARY' | 'GITHUB_ENV' | 'GITHUB_PATH',
  string
>

interface Launched {
  readonly child: ChildProcess
  readonly printed: () => string
  readonly result: Promise<ProcessResult>
}

/** @param node with what goes before it */
function launch(node: readonly string[], script: string, env: Readonly<Record<string, string>>): Launched {
  const [program = '', ...args] = [...node, resolve(ROOT, script)]
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
  })
  const ended = new Promise<number | null>((settle, fail) => {
    child.once('error', fail)
    child.once('close', settle)
  })
  const result = Promise.all([text(child.stdout), text(child.stderr), ended])
  return { child, printed: () => printed, result: result.then(([stdout, stderr, code]) => ({ code, stdout, stderr })) }
}

async function readAction(): Promise<ActionFile> {
  return parse(await readFile(join(ROOT, 'action.yml'), 'utf8')) as ActionFile
}

function stateVariables(state: StepResult['state']): Record<string, string> {
  return Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]))
}

/** The runner's own rule: upper case, blanks become underscores, everything else stays. */
function inputVariables({ inputs }: ActionFile, step: Step): Record<string, string> {
  const unknown = Object.keys(step.with).filter((name) => !(name in inputs))
  if (unknown.length > 0) throw new Error(`action.yml has no input ${unknown.join(', ')}`)
  const entries = Object.entries(inputs).map(([name, { default: fallback = '' }]) => {
    return [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, step.with[name] ?? fallback] as const
  })
  return Object.fromEntries(entries)
}

/** The files in which an action hands on names with values of many lines: `name<<delimiter`, lines, `delimiter`. */
function parseCommandFile(content: string): Record<string, string> {
  const values: Record<string, string> = {}
  const lines = content.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const [, name = '', delimiter] = /^([^<]+)<<(.+)$/.exec(lines[at] ?? '') ?? []
    if (delimiter === undefined) continue
    const end = lines.indexOf(delimiter, at + 1)
    values[name] = lines.slice(at + 1, end).join('\n')
    at = end
  }
  return values
}

/** What a runner makes of the lines that an action prints: masks applied, commands shown as a person sees them. */
function readLog(printed: string): Pick<StepResult, 'log' | 'annotations'> {
  const masks = new Set<string>()
  const annotations: Annotation[] = []
  const hide = (line: string) => [...masks].reduce((clean, mask) => clean.replaceAll(mask, '***'), line)
  const shown = printed.split('\n').flatMap((line) => {
    const [, command, properties = '', data = ''] = /^::([a-z-]+)(?: ([^:]*))?::(.*)$/.exec(line) ?? []
    const message = unescapeData(data)
    switch (command) {
      case 'add-mask':
        masks.add(message)
        return []
      case 'group':
        return [`▼ ${hide(message)}`]
      case 'endgroup':
      case 'debug':
        return []
      case 'error':
      case 'warning':
      case 'notice': {
        const [title, file, line] = ['title', 'file', 'line'].map((name) => {
          const value = new RegExp(`(?:^|,)${name}=([^,]*)`).exec(properties)?.[1]
          return value === undefined ? undefined : unescapeData(value)
        })
        annotations.push({ level: command, title, message, ...(file && { file }), ...(line && { line: Number(line) }) })
        return [`${command}: ${hide(title === undefined ? message : `${title}: ${message}`)}`]
      }
      default:
        return [hide(line)]
    }
  })
  return { log: shown.join('\n').trim(), annotations }
}

function unescapeData(data: string): string {
  return data
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%25', '%')
}
