import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Makes a directory that only its owner reads, with a name of its own: `prefix`, then small letters. Returns its path.
 * `mkdtemp` puts capitals and digits there, by chance in such an order that the name may be a secret: it is hidden then
 * in what a run prints, and a test does not find it.
 */
export function scratchDirectory(prefix: string, parent = tmpdir()): string {
  const letters = [...randomBytes(8)].map((byte) => String.fromCharCode(97 + (byte % 26))).join('')
  const directory = join(parent, `${prefix}${letters}`)
  mkdirSync(directory, { mode: 0o700 })
  return directory
}
