import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { GoProgram } from '../../lab/go-program.ts'
import { documented } from '../../scripts/readme-tables.ts'
import { entryKeys } from '../../src/inputs/services.ts'
import { STRATEGIES } from '../../src/strategies/table.ts'
import { asWorkflow, EXAMPLES, fragmentsOf, PAGES } from '../support/documents.ts'

/** The linter for workflows, at the release whose knowledge of runners and expressions is held to. */
const LINTER = new GoProgram('github.com/rhysd/actionlint/cmd/actionlint', 'v1.7.12')
const problem = LINTER.problem()
const BUILD_LIMIT_MS = 600_000

const inputs = documented(readFileSync('action.yml', 'utf8'), 'inputs').map(({ name }) => name)
const known = { inputs, entryKeys: entryKeys(STRATEGIES) }
const workflows = [...PAGES, ...EXAMPLES].flatMap((path) =>
  fragmentsOf(path, known).flatMap((fragment) => {
    const text = asWorkflow(fragment)
    return text === undefined ? [] : [[fragment.place, text] as const]
  }),
)

const name = 'a linter for workflows has nothing against any workflow of the documents and of this repository'
if (problem === undefined || process.env.CI) {
  test(
    name,
    async () => {
      await LINTER.build()
      const directory = mkdtempSync(join(tmpdir(), 'workflows-'))
      try {
        const files = workflows.map(([place, text]) => {
          const file = `${place.replaceAll(/[/:]/g, '-').replace(/\.yml$/, '')}.yml`
          writeFileSync(join(directory, file), text)
          return file
        })
        expect(files.length).toBeGreaterThan(EXAMPLES.length / 2)
        expect(lint(directory, files)).toBe('')
        expect(lint('.github/workflows', ['ci.yml'])).toBe('')
        // It does look.
        writeFileSync(join(directory, 'bad.yml'), (workflows[0]?.[1] ?? '').replace('runs-on:', 'run-on:'))
        expect(lint(directory, ['bad.yml'])).toContain('run-on')
      } finally {
        rmSync(directory, { recursive: true })
      }
    },
    BUILD_LIMIT_MS,
  )
} else {
  test.skip(`${name} (skipped: ${problem})`, () => {})
}

/** What it prints; nothing but the label of our own runner is passed over. */
function lint(directory: string, files: readonly string[]): string {
  // The programs that it would call where a machine has them: what is found must not depend on that.
  const args = ['-oneline', '-no-color', '-shellcheck=', '-pyflakes=', '-ignore', 'label "swarm-manager" is unknown']
  const { stdout, stderr, error } = spawnSync(LINTER.path, [...args, ...files], { cwd: directory, encoding: 'utf8' })
  if (error !== undefined) throw error
  return stdout + stderr
}
