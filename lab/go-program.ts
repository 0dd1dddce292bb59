import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'

const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'swarm-deploy')

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
    this.path = join(CACHE, `${basename(program)}-${version}`)
  }

  /** Why it cannot be had here; `undefined` when it can. */
  problem(): string | undefined {
    if (existsSync(this.path)) return undefined
    return spawnSync('go', ['version']).status === 0 ? undefined : `needs Go, to build ${basename(this.#package)}`
  }

  /** Builds it, where that has not been done yet. */
  async build(): Promise<void> {
    if (existsSync(this.path)) return
    const bin = await mkdtemp(join(tmpdir(), 'go-build-'))
    try {
      const child = spawn('go', ['install', `${this.#package}@${this.#version}`], {
        env: { ...process.env, GOBIN: bin },
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
      if (code !== 0) throw new Error(`${this.path} could not be built: ${said.trim().split('\n').at(-1)}`)
      await mkdir(dirname(this.path), { recursive: true })
      // Under another name first: nobody is to start half a program.
      const copy = `${this.path}.${process.pid}`
      await copyFile(join(bin, basename(this.#package)), copy)
      await rename(copy, this.path)
    } finally {
      await rm(bin, { recursive: true, force: true })
    }
  }
}
