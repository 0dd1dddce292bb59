import { execFileSync } from 'node:child_process'

/** What git needs beside its arguments. */
interface GitOptions {
  /** The repository, or a directory in it. */
  readonly directory: string
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Runs git.
 *
 * @returns what it printed, without the last line break
 * @throws Error with git's own words when it fails
 */
export function git(args: readonly string[], { directory, env = {} }: GitOptions): string {
  const output = execFileSync('git', args, {
    cwd: directory,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return output.trimEnd()
}

/** Whether git says yes to a question that it answers with its exit code. */
export function gitSaysYes(args: readonly string[], options: GitOptions): boolean {
  try {
    git(args, options)
    return true
  } catch {
    return false
  }
}

/**
 * The tags of the remote `origin`, each with its commit.
 *
 * An annotated tag comes twice: as the object that it is, and with `^{}` behind its name as the commit that it is for.
 */
export function remoteTags(directory: string): Map<string, string> {
  const lines = git(['ls-remote', '--tags', 'origin'], { directory }).split('\n')
  return new Map(
    lines.filter(Boolean).map((line) => {
      const [object = '', ref = ''] = line.split('\t')
      return [ref.replace(/^refs\/tags\//, '').replace(/\^\{\}$/, ''), object]
    }),
  )
}
