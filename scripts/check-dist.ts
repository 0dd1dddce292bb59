import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Fails unless the committed `dist/` is, byte for byte, what the sources build. */

const fresh = mkdtempSync(join(tmpdir(), 'dist-'))
try {
  const ncc = ['build', 'lib/index.js', '--license', 'licenses.txt', '--out', fresh]
  execFileSync('tsc', ['--project', 'tsconfig.build.json'], { stdio: 'inherit' })
  execFileSync('ncc', [...ncc, '--quiet'], { stdio: 'inherit' })
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
