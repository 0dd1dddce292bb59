import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { scratchDirectory } from '../../lab/scratch.ts'
import { git } from '../../scripts/git.ts'

/** Nothing of this machine's own settings of git. */
const ENV = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'somebody',
  GIT_AUTHOR_EMAIL: 'somebody@example.com',
  GIT_COMMITTER_NAME: 'somebody',
  GIT_COMMITTER_EMAIL: 'somebody@example.com',
}

/** A clone with a remote of its own on this machine, for scripts that push. */
export class GitRemote implements Disposable {
  /** The clone, at `main`. */
  readonly clone: string
  readonly remote: string
  readonly #scratch: string

  private constructor() {
    this.#scratch = scratchDirectory('git-remote-')
    this.remote = join(this.#scratch, 'remote.git')
    this.clone = join(this.#scratch, 'clone')
  }

  /** @param files the first commit of `main` */
  static with(files: Readonly<Record<string, string>>): GitRemote {
    const made = new GitRemote()
    const init = ['init', '--quiet', '--initial-branch', 'main']
    git([...init, '--bare', made.remote], { directory: made.#scratch, env: ENV })
    git([...init, made.clone], { directory: made.#scratch, env: ENV })
    // Relative, so that it holds in a copy.
    made.run('remote', 'add', 'origin', '../remote.git')
    made.commit(files)
    made.push('main')
    return made
  }

  /** One like this for a test alone: much faster than to make one. */
  copy(): GitRemote {
    const made = new GitRemote()
    cpSync(this.#scratch, made.#scratch, { recursive: true })
    return made
  }

  /** Runs git in the clone. */
  run(...args: string[]): string {
    return git(args, { directory: this.clone, env: ENV })
  }

  /** Commits files to what is checked out, and returns the commit. */
  commit(files: Readonly<Record<string, string>>): string {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.clone, path)), { recursive: true })
      writeFileSync(join(this.clone, path), content)
    }
    this.run('add', '--all')
    this.run('commit', '--quiet', '--message', 'A change')
    return this.run('rev-parse', 'HEAD')
  }

  push(...refs: string[]): void {
    this.run('push', '--quiet', '--force', 'origin', ...refs)
  }

  /** What a ref of the remote leads to in the end; empty when there is none. */
  at(ref: string): string {
    const env = { ...ENV, GIT_DIR: this.remote }
    try {
      return git(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`], { directory: this.remote, env })
    } catch {
      return ''
    }
  }

  /** A directory that is gone with the rest. */
  directory(name: string): string {
    const path = join(this.#scratch, name)
    mkdirSync(path)
    return path
  }

  [Symbol.dispose](): void {
    rmSync(this.#scratch, { recursive: true })
  }
}
