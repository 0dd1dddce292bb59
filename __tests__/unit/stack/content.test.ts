import { expect, test } from '@jest/globals'
import type { ObjectCreate } from '../../../src/docker/specs/stack-objects.ts'
import type { StackRequest } from '../../../src/inputs/stack-request.ts'
import { parseYaml, type YamlMap } from '../../../src/inputs/yaml.ts'
import { wantedObjects } from '../../../src/stack/content.ts'

const KNOWN = { secret: [], config: [], networks: [], used: new Set<string>(), services: new Set<string>() }

/** What comes of the configs of a stack `shop`, as docker sends them: each with its key, its name and its content. */
function wantedOf(...configs: readonly { key: string; Name?: string; content: string; Labels?: object }[]) {
  const file = `configs:\n${configs.map(({ key, Name }) => `  ${key}: {${Name ? `name: ${Name}` : ''}}\n`).join('')}`
  const root = parseYaml(file).root as YamlMap
  const request = {
    name: 'shop',
    files: [{ path: 'c.yml', root }],
    adapted: { files: [root] },
    lookUp: () => undefined,
    directory: '/',
  } as unknown as StackRequest
  const captured = configs.map(({ key, Name = `shop_${key}`, content, Labels }) => ({
    Name,
    Labels: { ...Labels, 'swarm-deploy.source': `content:${key}:${content}` },
  })) as ObjectCreate[]
  const problems: string[] = []
  const wanted = wantedObjects(request, { secret: [], config: captured }, KNOWN, problems)
  return { problems, names: [...wanted.values()].map((one) => one?.name) }
}

test.each([
  ['contents', { content: 'x' }, { content: 'y' }],
  ['labels', { content: 'x', Labels: { a: '1' } }, { content: 'x' }],
])('two configs with one name and two %s are an error, whichever docker sends first', (_, one, other) => {
  const [a, b] = [
    { key: 'a', Name: 'same', ...one },
    { key: 'b', Name: 'same', ...other },
  ]
  const said =
    'c.yml line 3: configs.b: it has the name of configs.a, same, and is not the same: write another name for one of them'
  expect(wantedOf(a, b).problems).toEqual([said])
  expect(wantedOf(b, a).problems).toEqual([said.replace('line 3', 'line 2')])
})

test('two that are the same in all are one', () => {
  const same = { Name: 'same', content: 'x' }
  expect(wantedOf({ key: 'a', ...same }, { key: 'b', ...same })).toEqual({ problems: [], names: ['same'] })
})

test('two whose names differ in their capitals alone are an error, unless their contents give them names of their own', () => {
  const { problems } = wantedOf({ key: 'A', content: 'x' }, { key: 'a', content: 'x' })
  expect(problems).toEqual([
    expect.stringMatching(
      /^c\.yml line 3: configs\.a: shop_a-\w+ and shop_A-\w+ are one name for Swarm: write another one$/,
    ),
  ])
  expect(wantedOf({ key: 'a', content: 'x' }, { key: 'A', content: 'y' }).problems).toEqual([])
})
