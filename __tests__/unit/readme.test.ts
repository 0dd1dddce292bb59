import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from '@jest/globals'
import { stepShownIn } from '../../lab/workflow.ts'
import { documented, withFreshTables } from '../../scripts/readme-tables.ts'
import { MODE_NAMES } from '../../src/inputs/mode.ts'
import { STRATEGY_INPUTS } from '../../src/inputs/strategies/table.ts'
import { anchorOf, DOCS } from '../../src/runner/log/doc-link.ts'
import { EXAMPLES, PAGES } from '../support/documents.ts'

const read = (path: string) => readFileSync(path, 'utf8')

test.each(PAGES)('the tables of %s say what action.yml says', (page) => {
  const text = read(page)
  // When this fails: npm run readme
  expect(text).toBe(withFreshTables(page, text, read('action.yml')))
})

test('the reference has every input and every output', () => {
  const all = (['inputs', 'outputs'] as const).flatMap((section) => documented(read('action.yml'), section))
  const rows = [...read('docs/reference.md').matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => name)
  expect(rows).toEqual(all.map(({ name }) => name))
})

test('the first workflow of the README is the first of the examples', () => {
  const [, first] = /```yaml\n([\s\S]*?)```/.exec(read('README.md')) ?? []
  expect(first).toBe(read('examples/first-deploy.yml'))
})

test('the README shows the step that its pictures are of', async () => {
  const values = { vars: { REGISTRY: 'registry:5000', VERSION: '1.4.2' }, secrets: { REGISTRY_PASSWORD: 'pw' } }
  expect(await stepShownIn('README.md', 'What you see', values)).toEqual({
    with: expect.objectContaining({ stack: 'shop', 'compose-file': 'deploy/compose.yml', registry: 'registry:5000' }),
    env: values.vars,
  })
  expect(read('lab/pictures.ts')).toContain("stepShownIn(join(ROOT, 'README.md'), 'What you see'")
})

test.each(MODE_NAMES)('the mode %s is named where people look for modes', (mode) => {
  expect(descriptionOf('mode')).toContain(`\`${mode}\``)
  expect(firstCells('ARCHITECTURE.md')).toContain(mode)
})

test.each(Object.keys(STRATEGY_INPUTS))('the strategy %s is named where people look for strategies', (strategy) => {
  expect(descriptionOf('strategy')).toContain(`\`${strategy}\``)
  expect(firstCells('ARCHITECTURE.md')).toContain(strategy)
  expect(firstCells('docs/strategies.md')).toContain(strategy)
  expect(/^\| `strategy` .*$/m.exec(read('docs/services.md'))?.[0]).toContain(`\`${strategy}\``)
})

function descriptionOf(input: string): string | undefined {
  return documented(read('action.yml'), 'inputs').find(({ name }) => name === input)?.description
}

/** What stands first in the rows of the tables of a page. */
function firstCells(page: string): string[] {
  return [...read(page).matchAll(/^\| `([^`]+)` +\|/gm)].map(([, cell = '']) => cell)
}

const FOR_PEOPLE_WHO_WORK_ON_IT = ['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md']

test.each(FOR_PEOPLE_WHO_WORK_ON_IT)('%s names commands that exist', (page) => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const named = [...read(page).matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name)
  expect(named.length).toBeGreaterThan(0)
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named))
})

const FOR_STRANGERS = ['SECURITY.md', 'CODE_OF_CONDUCT.md', 'CHANGELOG.md']

test.each([...new Set([...FOR_PEOPLE_WHO_WORK_ON_IT, ...PAGES, ...FOR_STRANGERS])])(
  '%s names files that are there, and links to headings that are there',
  (page) => {
    const text = read(page)
    const paths = [...text.matchAll(/`((?:src|__tests__|lab|bench|scripts|docs|examples)\/[\w./-]+)`/g)].map(
      ([, path = '']) => path,
    )
    // A file of the reader's own.
    expect(paths.filter((path) => !path.includes('NAME') && !existsSync(path))).toEqual([])
    const broken = linksIn(text).filter(
      ([, path = '', anchor]) => !isThere(path === '' ? page : at(page, path), anchor),
    )
    expect(broken.map(([link]) => link)).toEqual([])
  },
)

test('the pages lead to every page and every example', () => {
  const led = new Set(PAGES.flatMap((page) => linksIn(read(page)).map(([, path = '']) => at(page, path))))
  expect([...PAGES, ...EXAMPLES].filter((path) => path !== 'README.md' && !led.has(path))).toEqual([])
})

test.each(Object.values(DOCS))(
  'a run that sends its reader to %s, section %s, finds it there once',
  (page, section) => {
    const titles = [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => title)
    expect(titles.filter((title) => anchorOf(title) === anchorOf(section))).toEqual([section])
  },
)

/** The links of a page that lead into this repository: all of it, the path, and the anchor. */
function linksIn(text: string): RegExpMatchArray[] {
  return [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)]
}

/** Where a relative link of a page leads. */
function at(page: string, path: string): string {
  return join(dirname(page), path)
}

function isThere(path: string, anchor: string | undefined): boolean {
  if (!existsSync(path)) return false
  return (
    anchor === undefined || [...read(path).matchAll(/^#+ (.+)$/gm)].some(([, title = '']) => anchorOf(title) === anchor)
  )
}

test('the pictures of the README are there, light and dark, and small', () => {
  const images = [...read('README.md').matchAll(/(?:src|srcset)="([^"]+)"/g)].map(([, path = '']) => path)
  expect(images).toHaveLength(4)
  for (const path of images) expect(statSync(path).size).toBeLessThan(150_000)
})
