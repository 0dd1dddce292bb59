import {
  existsSync,
  globSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { endMarked } from './children.ts'
import type { LabDescription } from './description.ts'
import { until } from './patience.ts'
import { scratchDirectory } from './scratch.ts'

const ROOT = '/tmp'
const PREFIX = 'swarm-deploy-lab-'
const CGROUP_LIMIT_MS = 5_000
// A directory without the keeper's mark this soon belongs to a lab that is just starting.
const GRACE_MS = 30_000

/** Makes the directory of a lab, whose name is the lab's id. Returns its path. */
export function makeLabDirectory(): string {
  return scratchDirectory(PREFIX, ROOT)
}

/** The lab's id: also its cgroup's name and the mark of its processes. */
export function labId(directory: string): string {
  return directory.slice(ROOT.length + 1)
}

/** Notes who keeps a lab, in a way that a later process with the same id is not mistaken for. */
export function markKeeper(directory: string): void {
  const mark = join(directory, 'keeper')
  // Nobody may read a half-written mark: that looks like a dead keeper, and its lab would be swept.
  writeFileSync(`${mark}.new`, `${process.pid} ${startTime(process.pid)}`, { mode: 0o600 })
  renameSync(`${mark}.new`, mark)
}

/** The process that keeps a lab, or undefined when it has ended. */
export function livingKeeper(directory: string): number | undefined {
  try {
    const [pid = '', time] = readFileSync(join(directory, 'keeper'), 'utf8').split(' ')
    return startTime(Number(pid)) === time ? Number(pid) : undefined
  } catch {
    return undefined
  }
}

/** Directories of all labs on this machine, dead or alive. */
export function labDirectories(): string[] {
  return readdirSync(ROOT)
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => join(ROOT, name))
}

/** The labs that are up. */
export function labsUp(): LabDescription[] {
  return labDirectories()
    .filter((directory) => livingKeeper(directory) !== undefined)
    .flatMap((directory) => describedIn(directory) ?? [])
}

// There is none yet, or none any more, in a lab on its way up or down.
function describedIn(directory: string): LabDescription | undefined {
  const path = join(directory, 'lab.json')
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined
}

/** Removes what labs left behind whose keeper was killed. Returns their ids. */
export async function sweep(): Promise<string[]> {
  const dead = labDirectories().filter((directory) => livingKeeper(directory) === undefined && !isStarting(directory))
  await Promise.all(dead.map(async (directory) => removeTraces(directory)))
  return dead.map(labId)
}

/** Removes the processes, cgroups and files of one lab. Mounts and networks end with the processes that live in them. */
export async function removeTraces(directory: string): Promise<void> {
  await endMarked(labId(directory))
  await until('removing the cgroups of the lab', CGROUP_LIMIT_MS, () => {
    for (const cgroup of labCgroups(labId(directory))) removeCgroup(cgroup)
    return true
  })
  rmSync(directory, { recursive: true, force: true })
}

/** The lab's cgroup directories: one with cgroup v2, one for each hierarchy with v1. */
export function labCgroups(id: string): string[] {
  return globSync([`/sys/fs/cgroup/${id}`, `/sys/fs/cgroup/*/${id}`])
}

// The files in a cgroup directory cannot be removed, and need not be: only directories, from the bottom up.
function removeCgroup(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) removeCgroup(join(directory, entry.name))
  }
  rmdirSync(directory)
}

function isStarting(directory: string): boolean {
  try {
    return !existsSync(join(directory, 'keeper')) && Date.now() - statSync(directory).mtimeMs < GRACE_MS
  } catch {
    return true
  }
}

/** Clock ticks after boot at which a process started: with its id, its identity. */
function startTime(pid: number): string | undefined {
  const status = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name before it may hold spaces and parentheses.
  const [state, ...rest] = status.slice(status.lastIndexOf(')') + 2).split(' ')
  return state === 'Z' ? undefined : rest[18]
}
