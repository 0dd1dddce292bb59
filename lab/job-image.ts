import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Lab } from './lab.ts'
import { type TarEntry, tar } from './tar.ts'

const NAME = 'job:latest'

/**
 * Gives the first daemon of a lab an image that jobs can run in, made of what this machine has: a shell, node and the
 * docker CLI, with the libraries that they load.
 *
 * @param node the program that actions are started with
 * @returns its name
 */
export async function makeJobImage(lab: Lab<string>, node: string): Promise<string> {
  const busybox = execFileSync('which', ['busybox'], { encoding: 'utf8' }).trim()
  const docker = execFileSync('which', ['docker'], { encoding: 'utf8' }).trim()
  const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n')
  const programs = [fileAt('bin/busybox', busybox), fileAt('bin/node', node), fileAt('bin/docker', docker)]
  const libraries = [...new Set([node, docker].flatMap(librariesOf))].map((path) => fileAt(path.slice(1), path))
  const links = applets.filter((name) => name !== 'busybox').map((name) => ({ path: `bin/${name}`, target: 'busybox' }))
  const directories = ['bin/', 'etc/', 'root/', 'tmp/', 'var/', 'var/run/'].map((path) => ({ path }))
  const archive = join(tmpdir(), `job-image-${process.pid}.tar`)
  writeFileSync(archive, tar([...directories, ...programs, ...libraries, ...links]))
  try {
    const { code, stderr } = await lab.docker(['import', '--change', 'ENV PATH=/bin', archive, NAME])
    if (code !== 0) throw new Error(`the image for jobs could not be made: ${stderr}`)
    return NAME
  } finally {
    rmSync(archive)
  }
}

function fileAt(path: string, source: string): TarEntry {
  return { path, content: readFileSync(source) }
}

/** The shared libraries that a program loads, its loader among them; none when it is static. */
function librariesOf(program: string): string[] {
  try {
    const said = execFileSync('ldd', [program], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return [...said.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].map(([, path = '']) => path)
  } catch {
    return []
  }
}
