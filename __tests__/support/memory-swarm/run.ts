import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jest } from '@jest/globals'
import type { Connection, ServiceResult } from '../../../src/deployment.ts'
import { Cancelled } from '../../../src/errors.ts'
import { readInputs } from '../../../src/inputs.ts'
import { carryOut } from '../../../src/main.ts'
import { reportFailure } from '../../../src/report.ts'
import { nowMs } from '../../../src/runner/clock.ts'
import type { Workspace } from '../../../src/runner/workspace.ts'
import { settle } from './hand-clock.ts'
import { memoryDocker } from './memory-docker.ts'
import type { MemorySwarm } from './memory-swarm.ts'

/** What came of a run. */
export interface Run {
  /** What it says of each service; none when it ended before anything was changed. */
  readonly results: readonly ServiceResult[]
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
  /** Aborts the run, as a runner does. */
  readonly stop?: AbortController
  /** A run that takes longer hangs, and fails the test. */
  readonly limitSeconds?: number
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
 */
export async function runAction(
  swarm: MemorySwarm,
  inputs: Readonly<Record<string, string>>,
  options: RunOptions = {},
): Promise<Run> {
  const { compose, stop = new AbortController(), limitSeconds } = options
  const directory = mkdtempSync(join(tmpdir(), 'memory-'))
  if (compose !== undefined) writeFileSync(join(directory, 'compose.yml'), compose)
  const all = compose === undefined ? inputs : { 'compose-file': 'compose.yml', ...inputs }
  const given = Object.entries(all).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  const env = { ...Object.fromEntries(given), GITHUB_WORKSPACE: directory }
  const printed = capture()
  const startedAt = nowMs()
  const exitCode = process.exitCode
  try {
    const world = { connection: connectionTo(swarm, directory), workspace: workspaceIn(directory), signal: stop.signal }
    const results = await settle(carryOut(readInputs(env), world), limitSeconds)
    return { results, problems: [], isBug: false, log: printed.text(), seconds: (nowMs() - startedAt) / 1000 }
  } catch (error) {
    const before = printed.text().length
    await reportFailure(error)
    const report = printed.text().slice(before)
    const problems = [...report.matchAll(/^Error: (.*(?:\n {2}.*)*)$/gm)].map(([, line = '']) =>
      line.replaceAll('\n  ', '\n'),
    )
    const isBug = problems.some((line) => line.startsWith('A bug of this action'))
    return { results: [], problems, isBug, log: printed.text(), seconds: (nowMs() - startedAt) / 1000 }
  } finally {
    process.exitCode = exitCode
    printed.end()
    rmSync(directory, { recursive: true })
  }
}

function connectionTo(swarm: MemorySwarm, directory: string): Connection {
  return {
    docker: memoryDocker,
    cliVersion: { major: 28, minor: 2 } as Connection['cliVersion'],
    engine: swarm.engine,
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

/** A workspace without files: nothing in memory reads them. Only the sockets of rehearsals are there. */
function workspaceIn(directory: string): Workspace {
  let sockets = 0
  return {
    directory,
    makeDirectory: async (name) => join(directory, name),
    writeFile: async () => undefined,
    socketPath: () => join(directory, `s${++sockets}`),
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
