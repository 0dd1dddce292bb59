import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle } from './bundle.ts'

/** Fails unless the committed `dist/` is, byte for byte, what the sources build. */

const fresh = mkdtempSync(join(tmpdir(), 'dist-'))
try {
  await bundle(fresh)
  const stale = differingFiles('dist', fresh)
  if (stale.length > 0) {
    process.stderr.write(
      `dist/ is not what src/ builds: ${stale.join(', ')}. Run \`npm run build\` and commit dist/.\n`,
    )
    process.exitCode = 1
  }
} finally {
  rmSync(fresh, { recursive: true })
}

function differingFiles(committed: string, built: string): string[] {
  const names = new Set([...readdirSync(committed), ...readdirSync(built)])
  return [...names].filter((name) => !sameContent(join(committed, name), join(built, name)))
}

function sameContent(one: string, other: string): boolean {
  try {
    return readFileSync(one).equals(readFileSync(other))
  } catch {
    return false
  }
}
