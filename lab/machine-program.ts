import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { TarEntry } from './tar.ts'

/** A program of this machine for an image, as `bin/NAME`, with the libraries that it loads. */
export function machineProgram(name: string, path = pathOf(name)): TarEntry[] {
  return [fileAt(`bin/${name}`, path), ...librariesOf(path).map((library) => fileAt(library.slice(1), library))]
}

function pathOf(name: string): string {
  return execFileSync('which', [name], { encoding: 'utf8' }).trim()
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
