import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { keep, pathInCache } from './program-cache.ts'

/** A program that tests use, of one version, built from its Go module and kept for this user. */
export class GoProgram {
  readonly path: string
  readonly #package: string
  readonly #version: string

  /**
   * @param program the path of its main package
   * @param version a tag of its module
   */
  constructor(program: string, version: string) {
    this.#package = program
    this.#version = version
    this.path = pathInCache(basename(program), version)
  }

  /** Why it cannot be had here; `undefined` when it can. */
  problem(): string | undefined {
    if (existsSync(this.path)) return undefined
    return spawnSync('go', ['version']).status === 0 ? undefined : `needs Go, to build ${basename(this.#package)}`
  }

  /** Builds it, where that has not been done yet. */
  async build(): Promise<void> {
    if (existsSync(this.path)) return
    await keep(this.path, async (bin) => {
      await go(['install', `${this.#package}@${this.#version}`], { GOBIN: bin })
      return join(bin, basename(this.#package))
    })
  }
}

/**
 * Runs the go command to its end.
 *
 * @returns what it printed
 * @throws Error with the last line of what it said
 */
export async function go(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd?: string,
): Promise<string> {
  const child = spawn('go', args, { env: { ...process.env, ...env }, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const [printed, said, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  if (code !== 0) throw new Error(`go ${args[0]} ${args.at(-1)} failed: ${said.trim().split('\n').at(-1)}`)
  return printed
}
