import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { nowMs } from '../time/clock.ts'
import { poll } from '../time/poll.ts'

/** What a main takes at most to stop in good order, and more. */
const PATIENCE_MS = 10_000
const LAST_PATIENCE_MS = 2000
const LOOK_EVERY_MS = 50
/** What ends may start something more in its last moment. */
const ROUNDS = 3

/**
 * When a process began, in the clock ticks of its kernel; `undefined` when there is none with this number any more, or
 * the system does not tell (proc(5), /proc/pid/stat).
 */
export function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name of the program stands in brackets, and may itself hold some.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' || state === 'X' ? undefined : fields[18]
  } catch {
    return undefined
  }
}

/**
 * In which numbers of processes mean what they mean here (pid_namespaces(7)): of a container's nobody outside can say by
 * them whether they still run. Empty where the system does not tell.
 */
export function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

/** A process, and no other that has its number later on. */
export interface ProcessIdentity {
  readonly pid: number
  /** As {@link startOf} tells it. */
  readonly startedAt: string
}

/** Whether a process still runs. */
export function isAlive({ pid, startedAt }: ProcessIdentity): boolean {
  return startedAt !== '' && pid > 1 && pid !== process.pid && startOf(pid) === startedAt
}

/** Ends a main that still runs: it is asked to, and has some seconds for it. Whether it did so by itself. */
export async function stopMain(main: ProcessIdentity): Promise<boolean> {
  signal(main, 'SIGINT')
  if (await areGone([main], PATIENCE_MS)) return true
  signal(main, 'SIGKILL')
  await areGone([main], LAST_PATIENCE_MS)
  return false
}

/**
 * Ends all processes that a run has started, wherever they are by now: they are known by an entry of their environment.
 *
 * @param mark `NAME=value`
 * @returns how many there were
 */
export async function endMarked(mark: string): Promise<number> {
  const ended = new Set<number>()
  for (let round = 1; round <= ROUNDS; round++) {
    const left = marked(mark)
    if (left.length === 0) break
    for (const one of left) {
      ended.add(one.pid)
      signal(one, 'SIGTERM')
    }
    if (await areGone(left, LAST_PATIENCE_MS)) continue
    for (const one of left) signal(one, 'SIGKILL')
    await areGone(left, LAST_PATIENCE_MS)
  }
  return ended.size
}

function marked(mark: string): ProcessIdentity[] {
  return processes().flatMap((pid) => {
    try {
      const startedAt = startOf(pid)
      const isOurs = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(mark)
      return isOurs && startedAt !== undefined && pid !== process.pid ? [{ pid, startedAt }] : []
    } catch {
      // It has ended meanwhile, or is another user's.
      return []
    }
  })
}

function processes(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  } catch {
    return []
  }
}

function signal(one: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(one)) return
  try {
    process.kill(one.pid, name)
  } catch {
    // It has ended meanwhile.
  }
}

async function areGone(them: readonly ProcessIdentity[], patienceMs: number): Promise<boolean> {
  const deadline = nowMs() + patienceMs
  const areAllGone = async () => !them.some(isAlive)
  await poll(areAllGone, LOOK_EVERY_MS, () => nowMs() >= deadline)
  return areAllGone()
}
