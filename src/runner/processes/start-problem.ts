import type { ChildProcess } from 'node:child_process'
import { UserError } from '../../errors.ts'
import { safeLine } from '../text/safe-text.ts'

/** The limits at which a system starts no program (fork(2), pipe(2), execve(2)), with what to do about each. */
const LIMITS: Readonly<Record<string, string>> = {
  E2BIG:
    'what a program is to be given is larger than this system takes (128 kB for an argument or variable, about 2 MB for all): shorten it, or put it into a file',
  EAGAIN:
    'this user or container may have no more processes: raise that limit (`ulimit -u`, or the limit of PIDs of the container), or write a smaller `max-parallel`',
  EMFILE: 'this process may open no more files: raise that limit (`ulimit -n`), or write a smaller `max-parallel`',
  ENFILE: 'the system of this runner may open no more files: end what has them open, or raise `fs.file-max`',
  ENOMEM: 'this runner has no memory left: give it more, or write a smaller `max-parallel`',
}

/** What the runtime of Go prints, and of cgo, when a program of theirs is given no thread. */
const NO_THREAD = /pthread_create failed: |failed to create new OS thread/

/** That this run meets a limit of the system, with what to do; `undefined` where an error is something else. */
export function limitMet(error: unknown): string | undefined {
  const limit = LIMITS[(error as NodeJS.ErrnoException | null | undefined)?.code ?? '']
  return limit && `the run cannot go on: ${limit}`
}

/** What to say where a program could not be started for want of what every program needs; else the error itself. */
export function startProblem(program: string, error: NodeJS.ErrnoException): Error {
  const limit = LIMITS[error.code ?? '']
  return limit === undefined
    ? error
    : new UserError(`${nameOf(program)} could not be started: ${limit}`, { cause: error })
}

/**
 * Without a file descriptor left Node makes no pipes for a program, which its types do not know, and says why in an event.
 *
 * @throws UserError when it has none
 */
export function requirePipes(program: string, child: ChildProcess): void {
  if ((child.stdout as unknown) !== undefined) return
  child.once('error', () => undefined)
  throw startProblem(program, Object.assign(new Error(`spawn ${program} EMFILE`), { code: 'EMFILE' }))
}

/** The same of one that was started, and then could not go on; `undefined` where it ended for another reason. */
export function outOfThreads(program: string, printed: string): string | undefined {
  return NO_THREAD.test(printed) ? `${nameOf(program)} could not go on: ${LIMITS.EAGAIN}` : undefined
}

function nameOf(program: string): string {
  return `\`${safeLine(program, 200)}\``
}
