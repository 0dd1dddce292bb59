import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { withFreshTables } from '../../scripts/readme-tables.ts'
import { anchorOf, DOCS } from '../../src/runner/doc-link.ts'

const read = (path: string) => readFileSync(path, 'utf8')

test("the README's tables say what action.yml says", () => {
  const readme = read('README.md')
  // When this fails: npm run readme
  expect(readme).toBe(withFreshTables(readme, read('action.yml')))
})

test('the README shows the example that the demo runs', () => {
  const step = read('examples/two-registries.yml').split('    steps:\n')[1] ?? ''
  expect(read('README.md')).toContain(step.replace(/^ {6}/gm, '').trimEnd())
})

describe.each(['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md'])('%s', (page) => {
  const text = read(page)

  test('names commands that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const named = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name)
    expect(named.length).toBeGreaterThan(0)
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named))
  })

  test('names files that are there, and links to headings that are there', () => {
    const paths = [...text.matchAll(/`((?:src|__tests__|lab|bench|scripts|docs)\/[\w./-]+)`/g)].map(
      ([, path = '']) => path,
    )
    // A file of the reader's own.
    expect(paths.filter((path) => !path.includes('NAME') && !existsSync(path))).toEqual([])
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)]
    expect(links.length).toBeGreaterThan(0)
    const broken = links.filter(([, path = '', anchor]) => !isThere(path === '' ? page : path, anchor))
    expect(broken.map(([link]) => link)).toEqual([])
  })
})

test.each(Object.values(DOCS))(
  'a run that sends its reader to %s, section %s, finds it there once',
  (page, section) => {
    const titles = [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => title)
    expect(titles.filter((title) => anchorOf(title) === anchorOf(section))).toEqual([section])
  },
)

function isThere(path: string, anchor: string | undefined): boolean {
  if (!existsSync(path)) return false
  return (
    anchor === undefined || [...read(path).matchAll(/^#+ (.+)$/gm)].some(([, title = '']) => anchorOf(title) === anchor)
  )
}
