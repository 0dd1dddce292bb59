import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { keep, pathInCache } from './program-cache.ts'

/** A program that tests use, of one version, out of a package for Python that holds it as a binary; kept for this user. */
export class PythonProgram {
  readonly path: string
  readonly #name: string
  readonly #version: string

  /** @param name of the package and of the program in it */
  constructor(name: string, version: string) {
    this.#name = name
    this.#version = version
    this.path = pathInCache(name, version)
  }

  /** Why it cannot be had here; `undefined` when it can. */
  problem(): string | undefined {
    if (existsSync(this.path)) return undefined
    const { status } = spawnSync('python3', ['-m', 'pip', '--version'])
    return status === 0 ? undefined : `needs Python with pip, to install ${this.#name}`
  }

  /** Installs it, where that has not been done yet. No code of the package is run by that. */
  async build(): Promise<void> {
    if (existsSync(this.path)) return
    await keep(this.path, async (target) => {
      const what = ['--no-deps', '--only-binary', ':all:', `${this.#name}==${this.#version}`]
      const child = spawn('python3', ['-m', 'pip', 'install', '--quiet', '--target', target, ...what], {
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
      if (code !== 0) throw new Error(`${this.path} could not be installed: ${said.trim().split('\n').at(-1)}`)
      return join(target, 'bin', this.#name)
    })
  }
}
