import { expect, test } from '@jest/globals'
import { adaptCompose } from '../../../../src/inputs/compose/adapt.ts'
import { checkContents } from '../../../../src/inputs/compose/contents.ts'
import { SERVICE_KEYS } from '../../../../src/inputs/compose/keys.ts'
import { Problems } from '../../../../src/inputs/problems.ts'
import { parseYaml, type YamlMap } from '../../../../src/inputs/yaml.ts'

/** All that is told of a compose file, without what docker says of it. */
function saidOf(text: string): string[] {
  const problems = new Problems()
  const files = [{ path: 'c.yml', root: parseYaml(text).root as YamlMap }]
  const { notices, warnings } = adaptCompose(
    files,
    () => undefined,
    problems,
    () => undefined,
  )
  checkContents(files, () => undefined, '/nowhere', problems)
  return [...problems.lines, ...notices, ...warnings]
}

const OF_SERVICE = [...SERVICE_KEYS, 'env_file', 'build', 'container_name', 'depends_on', 'restart', 'nokey']

const PLACES: readonly ((secret: string) => string)[] = [
  ...OF_SERVICE.flatMap((key) => [
    (secret: string) => `services: {web: {image: a, ${key}: "${secret}"}}`,
    (secret: string) => `services: {web: {image: a, ${key}: ["${secret}"]}}`,
    (secret: string) => `services: {web: {image: a, ${key}: {"${secret}": x}}}`,
    (secret: string) =>
      `services: {web: {image: a, ${key}: [{"${secret}": x, source: "${secret}", path: "${secret}"}]}}`,
    (secret: string) => `services: {"${secret}": {${key}: x}}`,
  ]),
  (secret) => `services: {web: {image: a, "${secret}": x}}`,
  (secret) => `services: {"${secret}": }`,
  (secret) => `"${secret}": x`,
  ...['secrets', 'configs', 'networks', 'volumes'].flatMap((section) => [
    (secret: string) => `${section}: {"${secret}": {}}`,
    (secret: string) => `${section}: {"${secret}": x}`,
    (secret: string) => `${section}: {a: {"${secret}": x}}`,
    ...['file', 'environment', 'external', 'name'].map((key) => (secret: string) => {
      return `${section}: {a: {${key}: "${secret}"}}`
    }),
  ]),
]

test.each([
  ['a password', (count: number) => `p@ss${count}w!rd`],
  ['letters and digits by lot', (count: number) => `aB3dE5fG7hJ9kL1mN2pQ4r${String(count).padStart(4, '0')}`],
])('%s where something else belongs in a compose file is told of nowhere', (_, secretOf) => {
  const echoes = PLACES.flatMap((place, index) => {
    const secret = secretOf(index)
    return saidOf(place(secret)).filter((line) => line.includes(secret))
  })
  expect(echoes).toEqual([])
})

test('a name in its place is shown', () => {
  expect(saidOf('services: {web: {image: a, networks: [backend], env_file: [prod.env]}}')).toEqual([
    expect.stringMatching(/services\.web\.env_file prod\.env: there is no such file/),
    expect.stringMatching(/the service web uses the network backend, which no file defines/),
  ])
})
