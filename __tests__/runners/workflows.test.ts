import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { GoProgram } from '../../lab/go-program.ts'
import { PythonProgram } from '../../lab/python-program.ts'
import { scratchDirectory } from '../../lab/scratch.ts'
import { documented } from '../../scripts/readme-tables.ts'
import { entryKeys } from '../../src/inputs/services/service-keys.ts'
import { STRATEGY_INPUTS } from '../../src/inputs/strategies/table.ts'
import { asWorkflow, EXAMPLES, fragmentsOf, PAGES } from '../support/documents.ts'

/** A linter for workflows, at the release whose knowledge of runners and expressions is held to. */
const LINTER = new GoProgram('github.com/rhysd/actionlint/cmd/actionlint', 'v1.7.12')
/** One for their security. */
const AUDITOR = new PythonProgram('zizmor', '1.32.0')
const BUILD_LIMIT_MS = 600_000

const inputs = documented(readFileSync('action.yml', 'utf8'), 'inputs').map(({ name }) => name)
const known = { inputs, entryKeys: entryKeys(STRATEGY_INPUTS) }
const fragments = [...PAGES, ...EXAMPLES].flatMap((path) => fragmentsOf(path, known))
const shown = fragments.flatMap((fragment) => {
  const text = asWorkflow(fragment)
  return text === undefined ? [] : [[fragment.place, text] as const]
})
const settings = fragments.filter(({ kind }) => kind === 'dependabot')
const OURS = readdirSync('.github/workflows').map((name) => resolve('.github/workflows', name))

/** As far as it is read here. */
interface Finding {
  /** The name of the rule. */
  readonly ident: string
  readonly locations: readonly [
    { readonly symbolic: { readonly key: { readonly Local: { readonly verbatim_path: string } } } },
  ]
}

let directory: string
let files: string[]
beforeAll(() => {
  directory = scratchDirectory('workflows-')
  files = shown.map(([place, text]) => write(`${place.replaceAll(/[/:]/g, '-').replace(/\.yml$/, '')}.yml`, text))
})
afterAll(() => rmSync(directory, { recursive: true }))

function write(name: string, text: string): string {
  const path = join(directory, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

testWith(LINTER, 'a linter has nothing against any workflow of the documents and of this repository', () => {
  expect(files.length).toBeGreaterThan(EXAMPLES.length / 2)
  expect(OURS.length).toBeGreaterThan(3)
  expect(lint(files)).toBe('')
  expect(lint(OURS)).toBe('')
  // It does look.
  const bad = write('bad.yml', (shown[0]?.[1] ?? '').replace('runs-on:', 'run-on:'))
  expect(lint([bad])).toContain('run-on')
})

testWith(AUDITOR, 'a linter for security has nothing against any of them', () => {
  // It knows what is of Dependabot's by the name of the file.
  const dependabot = settings.map(({ text }, index) => write(`${index}/dependabot.yml`, text))
  expect(audit('regular', [...files, ...dependabot])).toEqual([])
  // Of ours also what is only a matter of habits: each permission has its reason, each job a name.
  expect(audit('pedantic', [...OURS, resolve('.github/dependabot.yml')])).toEqual([])
  // It does look.
  const ci = readFileSync('.github/workflows/ci.yml', 'utf8')
  const bad = write(
    'bad.yml',
    ci.replace('persist-credentials: false', 'fetch-depth: 1').replace('"$result"', '${{ github.head_ref }}'),
  )
  expect(audit('regular', [bad])).toEqual(['artipacked bad.yml', 'template-injection bad.yml'])
})

/** A test that is skipped where its program cannot be had, but in CI. */
function testWith(program: GoProgram | PythonProgram, name: string, run: () => void): void {
  const problem = program.problem()
  if (problem !== undefined && !process.env.CI) {
    test.skip(`${name} (skipped: ${problem})`, () => {})
    return
  }
  test(
    name,
    async () => {
      await program.build()
      run()
    },
    BUILD_LIMIT_MS,
  )
}

/** What it prints; nothing but the label of our own runner is passed over. */
function lint(paths: readonly string[]): string {
  // The programs that it would call where a machine has them: what is found must not depend on that.
  const args = ['-oneline', '-no-color', '-shellcheck=', '-pyflakes=', '-ignore', 'label "swarm-manager" is unknown']
  const { stdout, stderr, error } = spawnSync(LINTER.path, [...args, ...paths], { cwd: directory, encoding: 'utf8' })
  if (error !== undefined) throw error
  return stdout + stderr
}

/** What the other one finds: the rule, and where. It asks nobody: what is found must not depend on the day. */
function audit(persona: 'regular' | 'pedantic', paths: readonly string[]): string[] {
  const args = ['--offline', '--no-config', '--strict-collection', '--no-exit-codes', '--persona', persona]
  const { stdout, stderr, status, error } = spawnSync(AUDITOR.path, [...args, '--format', 'json', ...paths], {
    cwd: directory,
    encoding: 'utf8',
  })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(stderr)
  const findings = JSON.parse(stdout) as readonly Finding[]
  return findings.map(({ ident, locations: [first] }) => `${ident} ${basename(first.symbolic.key.Local.verbatim_path)}`)
}
