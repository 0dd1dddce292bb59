import { expect, test } from '@jest/globals'
import { parseYaml, type YamlMap } from '../../../src/inputs/yaml.ts'
import { dependantsOf } from '../../../src/stack/dependants.ts'

const root = parseYaml(`
services:
  database: {image: a}
  api: {image: a, depends_on: [database]}
  web: {image: a, depends_on: {api: {condition: service_started}}}
  proxy: {image: a, depends_on: web}
  site: {image: a}
  one: {image: a, depends_on: [other]}
  other: {image: a, depends_on: [one]}
`).root as YamlMap
const stack = { name: 'shop', files: [{ path: 'compose.yml', root }] }

test.each([
  [['shop_database'], ['shop_api', 'shop_web', 'shop_proxy']],
  [['shop_web'], ['shop_proxy']],
  [['shop_site'], []],
  [['shop_one'], ['shop_other', 'shop_one']],
])('what needs %j', (names, expected) => {
  expect([...dependantsOf(names, stack)]).toEqual(expected)
})
