import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { classifySsh } from '../../src/connect/ssh/error.ts'
import { isElection } from '../../src/docker/engine/election.ts'
import { classifyRegistryError } from '../../src/docker/registry/registry-error.ts'
import { tcpReason } from '../../src/inputs/reach/tls.ts'

/** What docker says where this action does something else, so that nothing here has to know it. */
const OF_DOCKER_ALONE = [
  'could not be accessed on a registry to record its digest',
  'only updates to Labels are allowed',
]

const source = (readdirSync('src', { recursive: true, encoding: 'utf8' }) as string[])
  .filter((path) => path.endsWith('.ts'))
  .map((path) => readFileSync(`src/${path}`, 'utf8'))
  .join('\n')
  .replaceAll('\\`', '`')

const [, before = ''] = readFileSync('docs/troubleshooting.md', 'utf8').split('# Before anything changes\n')
const [tables = ''] = before.split('# A service does not come up\n')
const texts = tables.split(/^## /m).flatMap((section) => {
  const [title = ''] = section.split('\n', 1)
  const cells = [...section.matchAll(/^\| (`.*?) \| /gm)].map(([, cell = '']) => cell)
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => [title, text] as const))
})

test('the page has texts of every section', () => {
  expect(new Set(texts.map(([title]) => title)).size).toBeGreaterThanOrEqual(8)
})

test.each(texts)('%s: somebody can read "%s"', (title, text) => {
  const known = [
    source.includes(text),
    OF_DOCKER_ALONE.includes(text),
    isElection(text),
    /registry/.test(title) && classifyRegistryError(500, `Get "https://r.example.com/v2/": ${text}`) !== 'unknown',
    title === 'SSH' && classifySsh(text) !== 'unknown',
    /TLS/.test(title) && tcpReason(text) !== text,
  ]
  expect(known).toContain(true)
})
