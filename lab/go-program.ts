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
      const child = spawn('go', ['install', `${this.#package}@${this.#version}`], {
        env: { ...process.env, GOBIN: bin },
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
      if (code !== 0) throw new Error(`${this.path} could not be built: ${said.trim().split('\n').at(-1)}`)
      return join(bin, basename(this.#package))
    })
  }
}
