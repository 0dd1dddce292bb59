import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'

const read = (path: string) => readFileSync(path, 'utf8')
const MODES = 'src/inputs/modes'

const others = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map((path) => join('src', path))
  .filter((path) => path.endsWith('.ts') && !path.startsWith('src/inputs/'))
const words = new Set(others.flatMap((path) => read(path).match(/\w+/g) ?? []))

test.each(['src/inputs/deployment.ts', ...readdirSync(MODES).map((name) => join(MODES, name))])(
  'what inputs are read into is read by a stage: %s',
  (path) => {
    const fields = [...read(path).matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name = '']) => name)
    expect(fields.filter((name) => !words.has(name))).toEqual([])
  },
)
