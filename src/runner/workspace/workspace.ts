import { rmSync } from 'node:fs'
import { mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { messageOf, UserError } from '../../errors.ts'
import { crypto } from '../crypto.ts'
import { log } from '../log/log.ts'
import { saveForPost } from './saved.ts'
import { JOURNAL } from './state.ts'
import { unwritable } from './temporary.ts'
import { isThere, parentsOfWorkspaces, workspaceName } from './workspace-path.ts'

/** More than a run writes before it changes anything: a full disk shows here, where another can be taken. */
const PROBE = Buffer.alloc(256 * 1024)

const MARK = 'SWARM_DEPLOY_RUN'

/** The run's own directory, readable by nobody else, with everything secret in it. */
export interface Workspace extends AsyncDisposable {
  readonly directory: string
  /** Makes a directory in it (0700). */
  makeDirectory(name: string): Promise<string>
  /** Writes a file (0600, or 0700 for a program) that did not exist before. */
  writeFile(path: string, content: string, kind?: 'program'): Promise<void>
  /** Makes a path in it lead to a directory of the user's, where there is one. */
  linkIfThere(path: string, target: string): Promise<void>
  /** Removes all in it but these, and what is left for `post`. */
  keepOnly(paths: readonly string[]): Promise<void>
  /** A path for a socket, another one at each call; short, for the kernel allows it 107 bytes. */
  socketPath(): string
}

/**
 * Makes the workspace under the first temporary directory that serves. Its path is saved first, so that `post` finds it
 * even when this process is killed a moment later. What this process starts from now on has its name in the
 * environment: by that it is found again when this process is gone.
 *
 * @throws UserError when no temporary directory serves
 */
export async function createWorkspace(): Promise<Workspace> {
  const directory = await makeWorkspace()
  own = directory
  process.env[MARK] = basename(directory)
  let sockets = 0
  return {
    directory,
    async makeDirectory(name) {
      const path = join(directory, name)
      await written(mkdir(path, { mode: 0o700 }), directory)
      return path
    },
    writeFile: (path, content, kind) =>
      written(writeFile(path, content, { mode: kind === 'program' ? 0o700 : 0o600, flag: 'wx' }), directory),
    async linkIfThere(path, target) {
      const isDirectory = await stat(target).then(
        (stats) => stats.isDirectory(),
        () => false,
      )
      if (isDirectory) await written(symlink(target, path), directory)
    },
    async keepOnly(paths) {
      const kept = new Set([JOURNAL, ...paths.map((path) => basename(path))])
      const others = (await readdir(directory)).filter((name) => !kept.has(name))
      await Promise.all(others.map((name) => removeAll(join(directory, name))))
    },
    socketPath: () => join(directory, `s${++sockets}`),
    [Symbol.asyncDispose]: () =>
      removeAll(directory).catch((error: unknown) => log.warning(`Not cleaned up: ${messageOf(error)}`)),
  }
}

/** The last that this process has made. */
let own: string | undefined

/** Removes the workspace of this process, which is about to end and waits for nothing. */
export function removeOwnAtOnce(): void {
  if (own !== undefined) rmSync(own, { recursive: true, force: true })
}

async function makeWorkspace(): Promise<string> {
  const name = workspaceName(crypto().randomBytes(6).toString('hex'))
  const reasons: string[] = []
  for (const parent of parentsOfWorkspaces()) {
    const directory = join(parent, name)
    saveForPost('workspace', directory)
    try {
      await mkdir(directory, { mode: 0o700 })
      await writeFile(join(directory, 'probe'), PROBE, { mode: 0o600, flag: 'wx' })
      await rm(join(directory, 'probe'))
      if (reasons.length > 0) log.info(`${directory} is used, for ${reasons.join('; ')}`)
      return directory
    } catch (error) {
      await rm(directory, { recursive: true, force: true }).catch(() => undefined)
      const reason = unwritable(error)
      if (reason === undefined) throw error
      reasons.push(`the temporary directory ${parent} cannot be written to: ${reason}`)
    }
  }
  throw new UserError(`${reasons.join('; ')}: set RUNNER_TEMP to a directory with some free space`)
}

/** @throws UserError when the disk does not take it */
async function written<T>(work: Promise<T>, directory: string): Promise<T> {
  try {
    return await work
  } catch (error) {
    const reason = unwritable(error)
    if (reason === undefined) throw error
    throw new UserError(
      `the directory of this run, ${directory}, cannot be written to: ${reason}. It has to stay as it is until the step ends, with some free space`,
      { cause: error },
    )
  }
}

/** By which the children of a run are found: an entry of their environment. */
export function markOf(directory: string): string {
  return `${MARK}=${basename(directory)}`
}

/**
 * Removes a workspace that another process has left, with everything in it; one that is gone already is fine.
 *
 * @throws Error when the path is not one that {@link createWorkspace} makes, or somebody else has made what is there
 */
export async function removeWorkspace(directory: string): Promise<void> {
  if (await isThere(directory)) await removeAll(directory)
}

function removeAll(directory: string): Promise<void> {
  return rm(directory, { recursive: true, force: true, maxRetries: 3 })
}
