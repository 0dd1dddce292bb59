import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { withFreshTables } from '../../scripts/readme-tables.ts'

const read = (path: string) => readFileSync(path, 'utf8')

test("the README's tables say what action.yml says", () => {
  const readme = read('README.md')
  expect(readme).toBe(withFreshTables(readme, read('action.yml')))
})

test('the README shows the example that the demo runs', () => {
  const step = read('examples/two-registries.yml').split('    steps:\n')[1] ?? ''
  expect(read('README.md')).toContain(step.replace(/^ {6}/gm, '').trimEnd())
})

test('the commands that the README names exist', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const named = [...read('README.md').matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name)
  expect(named.length).toBeGreaterThan(2)
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named))
})
