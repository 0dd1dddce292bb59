import { randomBytes } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { messageOf } from '../errors.ts'
import { saveState } from './command-files.ts'
import { log } from './log.ts'

const STATE = 'workspace'
const NAME = /^swarm-deploy-[0-9a-f]{12}$/

/** The run's own directory, readable by nobody else, with everything secret in it. */
export interface Workspace extends AsyncDisposable {
  readonly directory: string
  /** Makes a directory in it (0700). */
  makeDirectory(name: string): Promise<string>
  /** Writes a file (0600) that did not exist before. */
  writeFile(path: string, content: string): Promise<void>
  /** A path for a socket, another one at each call; short, for the kernel allows it 107 bytes. */
  socketPath(): string
}

/** Makes the workspace under the runner's temporary directory. Its path is saved first, so that `post` finds it even
 * when this process is killed a moment later. */
export async function createWorkspace(): Promise<Workspace> {
  const directory = join(temporaryDirectory(), `swarm-deploy-${randomBytes(6).toString('hex')}`)
  saveState(STATE, directory)
  await mkdir(directory, { mode: 0o700 })
  let sockets = 0
  return {
    directory,
    async makeDirectory(name) {
      const path = join(directory, name)
      await mkdir(path, { mode: 0o700 })
      return path
    },
    writeFile: (path, content) => writeFile(path, content, { mode: 0o600, flag: 'wx' }),
    socketPath: () => join(directory, `s${++sockets}`),
    [Symbol.asyncDispose]: () =>
      removeWorkspace(directory).catch((error: unknown) => log.warning(`Not cleaned up: ${messageOf(error)}`)),
  }
}

/** The workspace that main of the same step made, as far as `post` knows; it may be gone already. */
export function workspaceOfMain(): string | undefined {
  return process.env[`STATE_${STATE}`] || undefined
}

/**
 * Removes a workspace with everything in it; one that is gone already is fine.
 *
 * @throws Error when the path is not one that {@link createWorkspace} makes
 */
export async function removeWorkspace(directory: string): Promise<void> {
  if (!NAME.test(basename(directory)) || dirname(directory) !== temporaryDirectory()) {
    throw new Error(`${directory} is not a directory that this action made`)
  }
  await rm(directory, { recursive: true, force: true, maxRetries: 3 })
}

function temporaryDirectory(): string {
  return resolve(process.env.RUNNER_TEMP || tmpdir())
}
