import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jest } from '@jest/globals'
import type { Connection } from '../../../src/connect/connection.ts'
import { RunTime } from '../../../src/connect/run-time.ts'
import type { Engine, RequestOptions } from '../../../src/docker/engine/engine.ts'
import type { HttpSend } from '../../../src/docker/registry/registry-http.ts'
import { Cancelled } from '../../../src/errors.ts'
import type { SwarmStatus } from '../../../src/health/status.ts'
import { readAuthRefresh } from '../../../src/inputs/modes/auth-refresh.ts'
import { readHistoryInputs } from '../../../src/inputs/modes/history.ts'
import { readRemoval } from '../../../src/inputs/modes/removal.ts'
import { readStatus } from '../../../src/inputs/modes/status.ts'
import { modeAsked, readInputs } from '../../../src/inputs/read.ts'
import { STRATEGY_INPUTS } from '../../../src/inputs/strategies/table.ts'
import { type Deployed, deployOver } from '../../../src/modes/deploy.ts'
import { historyOver } from '../../../src/modes/history.ts'
import { planOver } from '../../../src/modes/plan.ts'
import { type AuthRefreshed, refreshAuthOver } from '../../../src/modes/refresh-auth.ts'
import { removeOver } from '../../../src/modes/remove.ts'
import { statusOver } from '../../../src/modes/status.ts'
import type { Outlook } from '../../../src/plan/outlook.ts'
import { giveAdvice } from '../../../src/report/advice.ts'
import { reportAuthRefresh } from '../../../src/report/auth-refresh.ts'
import { reportFailure } from '../../../src/report/failure.ts'
import { reportHistory } from '../../../src/report/history.ts'
import { reportPlan } from '../../../src/report/plan.ts'
import { reportRemoval } from '../../../src/report/removal.ts'
import { reportResults } from '../../../src/report/report.ts'
import { reportStatus } from '../../../src/report/status-report.ts'
import type { RemovedThing, RenewalResult, ServiceResult } from '../../../src/result.ts'
import { nowMs, sleep } from '../../../src/runner/time/clock.ts'
import type { Workspace } from '../../../src/runner/workspace/workspace.ts'
import { settle } from './hand-clock.ts'
import { memoryDocker } from './memory-docker.ts'
import type { MemorySwarm } from './memory-swarm.ts'

/** What came of a run. */
export interface Run {
  /** What it says of each service; none when it ended before anything was changed. */
  readonly results: readonly ServiceResult[]
  /** What it would tell last. */
  readonly advice: readonly string[]
  /** With `mode: plan`, what it says a deploy would do. */
  readonly outlook?: Outlook
  /** With `mode: refresh-auth`, what became of each stored credential. */
  readonly renewals?: readonly RenewalResult[]
  /** With `mode: remove`, what became of each thing. */
  readonly removed?: readonly RemovedThing[]
  /** With `mode: status`, how the services are. */
  readonly seen?: SwarmStatus
  /** Whether the step is red. */
  readonly isRed?: boolean
  /** The errors of a run that ended before anything was changed. */
  readonly problems: readonly string[]
  /** Whether it says that nobody foresaw what it met. */
  readonly isBug: boolean
  /** What it printed. */
  readonly log: string
  /** How long it took, on the swarm's clock. */
  readonly seconds: number
}

export interface RunOptions {
  /** The text of the compose file of a stack; `compose-file` is then set. */
  readonly compose?: string
  /** The files of the job, by their paths in its workspace. */
  readonly files?: Readonly<Record<string, string>>
  /** The variables of the step. */
  readonly env?: Readonly<Record<string, string>>
  /** Aborts the run, as a runner does. */
  readonly stop?: AbortController
  /** The registries to which this runner sends images. */
  readonly registryHttp?: HttpSend
  /** A run that takes longer hangs, and fails the test. */
  readonly limitSeconds?: number
  /** Has the log end with the report of the results, as that of a runner does. */
  readonly tells?: boolean
  /** Ends the run for good, as a runner that is lost does: with the answer to this call, and without `post`. */
  readonly kill?: Moment
}

/** A call, by a pattern on `METHOD /path`: the first that fits, or the `nth`, counted from 1. */
export interface Moment {
  readonly at: RegExp
  readonly nth?: number
}

/** Stops a run as a runner does that cancels its job. */
export function cancel(stop: AbortController): void {
  stop.abort(new Cancelled('SIGTERM'))
}

/**
 * Runs the action against a memory swarm, from its inputs to the results of its services. The time has to be stopped
 * (`stopTime`): it goes on by itself as far as the run and the swarm need it.
 *
 * @param inputs as in a workflow
 * @throws Hangs
 */
export async function runAction(
  swarm: MemorySwarm,
  inputs: Readonly<Record<string, string>>,
  options: RunOptions = {},
): Promise<Run> {
  const [run] = await runTogether(swarm, [{ ...options, inputs }])
  if (run === undefined) throw new Error('the run has no end')
  return run
}

/** Runs of the action side by side, each begun so many seconds after the first. What they print is one log. */
export async function runTogether(
  swarm: MemorySwarm,
  runs: readonly (RunOptions & {
    readonly inputs: Readonly<Record<string, string>>
    readonly afterSeconds?: number
  })[],
): Promise<Run[]> {
  const printed = capture()
  const exitCode = process.exitCode
  const limit = Math.max(...runs.map(({ limitSeconds = 3600 }) => limitSeconds))
  try {
    const all = runs.map(async ({ inputs, afterSeconds = 0, ...options }) => {
      if (afterSeconds > 0) await sleep(afterSeconds * 1000)
      return runOne(swarm, inputs, options, printed.text)
    })
    return await settle(Promise.all(all), limit)
  } finally {
    process.exitCode = exitCode
    printed.end()
  }
}

async function runOne(
  swarm: MemorySwarm,
  inputs: Readonly<Record<string, string>>,
  {
    compose,
    files = {},
    env: variables = {},
    stop = new AbortController(),
    kill,
    tells = false,
    registryHttp = NO_REGISTRY,
  }: RunOptions,
  printed: () => string,
): Promise<Run> {
  const { directory, make, remove } = directoryOnDemand()
  if (compose !== undefined) writeFileSync(join(make(), 'compose.yml'), compose)
  for (const [path, content] of Object.entries(files)) writeFileSync(join(make(), path), content)
  const all = compose === undefined ? inputs : { 'compose-file': 'compose.yml', ...inputs }
  const given = Object.entries(all).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  const env = { ...variables, ...Object.fromEntries(given), GITHUB_WORKSPACE: directory }
  const startedAt = nowMs()
  const end = (of: Omit<Run, 'log' | 'seconds'>) => {
    return { ...of, log: printed(), seconds: (nowMs() - startedAt) / 1000 }
  }
  const { engine, killed } = mortal(swarm.engine, kill)
  try {
    const connection = connectionTo(engine, directory, registryHttp)
    const runFor = ({ timeoutSeconds }: { readonly timeoutSeconds: number }) => {
      const time = new RunTime(timeoutSeconds, stop.signal)
      return { connection, workspace: workspaceIn(directory, make), signal: stop.signal, time }
    }
    if (modeAsked(env) === 'refresh-auth') {
      const asked = readAuthRefresh(env, STRATEGY_INPUTS)
      process.exitCode = 0
      const { results: renewals, problems } = await Promise.race([refreshAuthOver(asked, runFor(asked)), killed])
      reportAuthRefresh(renewals, problems)
      return end({ results: [], renewals, isRed: process.exitCode === 1, advice: [], problems, isBug: false })
    }
    if (modeAsked(env) === 'status') {
      const asked = readStatus(env, STRATEGY_INPUTS)
      process.exitCode = 0
      const seen = await statusOver(asked, runFor(asked))
      await reportStatus(seen, asked)
      return end({ results: [], seen, isRed: process.exitCode === 1, advice: [], problems: [], isBug: false })
    }
    if (modeAsked(env) === 'remove') {
      const asked = readRemoval(env, STRATEGY_INPUTS)
      process.exitCode = 0
      const result = await Promise.race([removeOver(asked, runFor(asked)), killed])
      if ('things' in result) reportRemoval(result)
      const { things: removed = [], services: results = [] } = 'things' in result ? result : {}
      return end({ results, removed, isRed: process.exitCode === 1, advice: [], problems: [], isBug: false })
    }
    if (modeAsked(env) === 'history') {
      const asked = readHistoryInputs(env, STRATEGY_INPUTS)
      const { subjects, unreadable } = await historyOver(asked, runFor(asked))
      await reportHistory(subjects, unreadable)
      return end({ results: [], advice: [], problems: [], isBug: false })
    }
    const asked = readInputs(env, STRATEGY_INPUTS)
    const run = runFor(asked)
    if (asked.mode === 'plan') {
      const outlook = await planOver(asked, run)
      await reportPlan(outlook, asked.plan)
      return end({ results: [], advice: outlook.advice, outlook, problems: [], isBug: false })
    }
    const { results, advice, records } = await Promise.race([deployOver(asked, run), killed])
    if (tells) {
      await reportResults(results, asked, records)
      giveAdvice(advice)
    }
    return end({ results, advice, problems: [], isBug: false })
  } catch (error) {
    const before = printed().length
    await reportFailure(error, modeAsked(env))
    const report = printed().slice(before)
    const problems = [...report.matchAll(/^Error: (.*(?:\n {2}.*)*)$/gm)].map(([, line = '']) =>
      line.replaceAll('\n  ', '\n'),
    )
    return end({
      results: [],
      advice: [],
      problems,
      isBug: problems.some((line) => line.startsWith('A bug of this action')),
    })
  } finally {
    remove()
  }
}

/** An engine that falls silent for ever at some moment. */
function mortal(engine: Engine, moment: Moment | undefined) {
  const never = new Promise<never>(() => undefined)
  const { promise: killed, resolve: die } = withResolvers<Deployed & AuthRefreshed>()
  let seen = 0
  let isDead = false
  const living =
    <T>(method: string, work: (path: string, options?: RequestOptions) => Promise<T>) =>
    async (path: string, options?: RequestOptions): Promise<T> => {
      if (isDead) return never
      const answer = await work(path, options).catch((error: unknown) => (isDead ? never : Promise.reject(error)))
      if (isDead) return never
      if (moment?.at.test(`${method} ${path}`) && ++seen === (moment.nth ?? 1)) {
        isDead = true
        die({ results: [], advice: [], images: [], problems: [], records: [] })
        return never
      }
      return answer
    }
  const mortalEngine: Engine = {
    ...engine,
    get: living('GET', (path, options) => engine.get(path, options)) as Engine['get'],
    post: living('POST', (path, options) => engine.post(path, options)) as Engine['post'],
    remove: living('DELETE', (path, options) => engine.remove(path, options)),
  }
  return { engine: mortalEngine, killed }
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

const NO_REGISTRY: HttpSend = ({ url }) => Promise.reject(new Error(`no registry is at ${url.host}`))

function connectionTo(engine: Engine, directory: string, registryHttp: HttpSend): Connection {
  return {
    docker: memoryDocker,
    cliVersion: { major: 28, minor: 2 } as Connection['cliVersion'],
    engine,
    registryHttp,
    configDirectory: join(directory, 'client'),
    userConfig: {
      name: '~/.docker',
      directory: join(directory, 'none'),
      file: {},
      carriedOver: { cliPluginsExtraDirs: [] },
      env: {},
    },
    [Symbol.dispose]: () => undefined,
  }
}

/** A directory that is made when it is first needed: most runs need none, and files take longer than all the rest. */
function directoryOnDemand() {
  const directory = join(tmpdir(), `memory-${randomUUID().slice(0, 8)}`)
  let isMade = false
  const make = () => {
    mkdirSync(directory, { recursive: true })
    isMade = true
    return directory
  }
  const remove = () => {
    if (isMade) rmSync(directory, { recursive: true, force: true })
  }
  return { directory, make, remove }
}

/** A workspace without files: nothing in memory reads them. Only the sockets of rehearsals are there. */
function workspaceIn(directory: string, make: () => string): Workspace {
  let sockets = 0
  return {
    directory,
    makeDirectory: async (name) => join(directory, name),
    writeFile: async () => undefined,
    linkIfThere: async () => undefined,
    keepOnly: async () => undefined,
    socketPath: () => join(make(), `s${++sockets}`),
    [Symbol.asyncDispose]: async () => undefined,
  }
}

/** The variables by which the action knows that a runner reads what it prints, and where that wants its outputs. */
const OF_RUNNERS = ['GITHUB_ACTIONS', 'GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY', 'ACT', 'GITEA_ACTIONS', 'FORGEJO_ACTIONS']

/** What is printed meanwhile, as plain text: also where a runner runs these tests, none of it is for that. */
function capture() {
  const pieces: string[] = []
  const ofRunner = OF_RUNNERS.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))
  for (const name of OF_RUNNERS) delete process.env[name]
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((piece) => {
    pieces.push(String(piece))
    return true
  })
  const end = () => {
    spy.mockRestore()
    Object.assign(process.env, Object.fromEntries(ofRunner))
  }
  return { text: () => pieces.join(''), end }
}
