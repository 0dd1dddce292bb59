import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { copyFile, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { GoProgram } from './go-program.ts'
import { scratchDirectory } from './scratch.ts'

/** The release that workflows are run with. */
const ACT = new GoProgram('github.com/nektos/act', 'v0.2.89')
const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** A workflow's jobs as YAML has them. Before the steps of each the repository is checked out. */
export type Jobs = Readonly<Record<string, Job>>

interface Job {
  readonly steps: readonly unknown[]
  readonly [key: string]: unknown
}

export interface WorkflowOptions {
  /** Variables that every step has. */
  readonly env?: Readonly<Record<string, string>>
  /** Runs the jobs in containers of a daemon; without it they run on this machine itself. */
  readonly container?: { readonly host: string; readonly image: string }
  /** Further files of the repository, by path. */
  readonly files?: Readonly<Record<string, string>>
  /** The settings of the repository. */
  readonly secrets?: Readonly<Record<string, string>>
  readonly vars?: Readonly<Record<string, string>>
  /** What has happened in the repository; a push unless given. */
  readonly event?: 'push' | 'schedule' | 'workflow_dispatch' | 'pull_request'
  /** What GitHub tells with it. */
  readonly payload?: Readonly<Record<string, unknown>>
  /** Where programs are found before all others. */
  readonly programs?: string
  /** How the workflow calls the action where it is not `./`: `owner/name@ref`. */
  readonly action?: string
  /** The files of further repositories, by `owner/name@ref` and path. */
  readonly repositories?: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** What came of a workflow. */
export interface WorkflowResult {
  readonly code: number | null
  readonly log: string
  /** What its steps wrote to files in `$NOTES`, by name. */
  readonly notes: Readonly<Record<string, string>>
}

/** A workflow that is under way. */
export interface RunningWorkflow {
  /** The runner, to be signalled by its pid. */
  readonly runner: ChildProcess
  readonly printed: () => string
  readonly finished: Promise<WorkflowResult>
}

/** Why act cannot be had here; `undefined` when it can. */
export function actProblem(): string | undefined {
  return ACT.problem()
}

/** Builds act, the first time that this user needs it: that takes minutes. */
export async function buildAct(): Promise<void> {
  await ACT.build()
}

/**
 * act, a runner for workflow files that is no part of GitHub's: it starts the action with the Node that it finds, ends
 * it without notice when it is cancelled, and lives on nothing but a directory of its own.
 */
export class Act implements AsyncDisposable {
  readonly directory: string
  #runs = 0

  private constructor(directory: string) {
    this.directory = directory
  }

  static async create(): Promise<Act> {
    return new Act(scratchDirectory('act-'))
  }

  /** Where act keeps the temporary directories of its jobs, and removes each with its job. */
  get cache(): string {
    return join(this.directory, 'cache', 'act')
  }

  /** Runs a workflow to its end. */
  async run(workflow: Jobs | string, options: WorkflowOptions = {}): Promise<WorkflowResult> {
    return (await this.start(workflow, options)).finished
  }

  /**
   * Starts a workflow in a repository of its own that holds the action; its runner can be signalled meanwhile.
   *
   * @param workflow its jobs, or all of its file as it stands
   */
  async start(workflow: Jobs | string, options: WorkflowOptions = {}): Promise<RunningWorkflow> {
    const { env = {}, container, files = {}, secrets = {}, vars = {}, event = 'push', action } = options
    const { payload = {}, programs, repositories = {} } = options
    const repository = join(this.directory, `repository-${++this.#runs}`)
    const notes = join(this.directory, `notes-${this.#runs}`)
    await mkdir(notes)
    await cp(join(ROOT, 'dist'), join(repository, 'dist'), { recursive: true })
    await copyFile(join(ROOT, 'action.yml'), join(repository, 'action.yml'))
    const text =
      typeof workflow === 'string'
        ? workflow
        : stringify({ on: 'push', env: { NOTES: notes, ...env }, jobs: checkedOut(workflow) })
    await writeFiles(repository, { '.github/workflows/test.yml': text, ...files })
    commit(repository)
    const others = Object.entries(repositories).map(([name, content], index) => {
      return { name, content, path: join(this.directory, `other-${this.#runs}-${index}`) }
    })
    for (const { path, content } of others) await writeFiles(path, content)

    const where = container === undefined ? '-self-hosted' : container.image
    const { NODE_COMPILE_CACHE: compiled } = process.env
    const mounts = container === undefined ? [] : ['--pull=false', '--container-options', `-v ${notes}:${notes}`]
    const settings = [
      // With a name alone act takes the value from its environment, where it may have several lines.
      ...Object.keys(secrets).flatMap((name) => ['--secret', name]),
      ...Object.entries(vars).flatMap(([name, value]) => ['--var', `${name}=${value}`]),
      ...(action === undefined ? [] : ['--local-repository', `${action}=${repository}`]),
      ...others.flatMap(({ name, path }) => ['--local-repository', `${name}=${path}`]),
      // On this machine steps start one bundle again and again.
      ...(compiled === undefined || container ? [] : ['--env', `NODE_COMPILE_CACHE=${compiled}`]),
    ]
    const platform = ['--platform', `ubuntu-latest=${where}`]
    const told = join(this.directory, `event-${this.#runs}.json`)
    await writeFile(told, JSON.stringify(payload))
    const args = [event, '--eventpath', told, ...platform, '--action-offline-mode', '--rm', ...mounts, ...settings]
    const runner = spawn(ACT.path, args, {
      cwd: repository,
      env: {
        PATH: [...(programs === undefined ? [] : [programs]), process.env.PATH ?? ''].join(delimiter),
        HOME: this.directory,
        XDG_CACHE_HOME: join(this.directory, 'cache'),
        ...secrets,
        ...(container && { DOCKER_HOST: container.host }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let log = ''
    for (const stream of [runner.stdout, runner.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        log += chunk
      })
    }
    const finished = endOf(runner).then(async (code) => ({ code, log, notes: await readAll(notes) }))
    return { runner, printed: () => log, finished }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true })
  }
}

async function writeFiles(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), content)
  }
}

function checkedOut(jobs: Jobs): Jobs {
  const entries = Object.entries(jobs).map(([name, job]) => {
    const steps = [{ uses: 'actions/checkout@v5' }, ...job.steps]
    return [name, { 'runs-on': 'ubuntu-latest', ...job, steps }] as const
  })
  return Object.fromEntries(entries)
}

/**
 * act asks for the repository's state, and says so at length where there is none. That of the workflow is enough: with the
 * whole bundle in it each job would copy it twice.
 */
function commit(repository: string): void {
  const identity = ['-c', 'user.name=act', '-c', 'user.email=act@example.com']
  for (const args of [
    ['init', '--quiet', '--initial-branch', 'main'],
    ['add', '.github'],
    [...identity, 'commit', '--quiet', '--message', 'The workflow'],
  ]) {
    const { status, stderr } = spawnSync('git', args, { cwd: repository, encoding: 'utf8' })
    if (status !== 0) throw new Error(`git ${args.at(-1)}: ${stderr}`)
  }
}

function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((settle, fail) => {
    child.once('error', fail)
    child.once('close', settle)
  })
}

async function readAll(directory: string): Promise<Record<string, string>> {
  const names = await readdir(directory)
  const contents = await Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')))
  return Object.fromEntries(names.map((name, index) => [name, (contents[index] ?? '').trim()]))
}
