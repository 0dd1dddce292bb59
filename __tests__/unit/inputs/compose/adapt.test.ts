import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import type { UserErrors } from '../../../../src/errors.ts'
import { adaptCompose } from '../../../../src/inputs/compose/adapt.ts'
import { toYaml } from '../../../../src/inputs/compose/tree.ts'
import { Problems } from '../../../../src/inputs/problems.ts'
import { parseYaml, type YamlMap } from '../../../../src/inputs/yaml.ts'

function adapt(text: string, variables: Readonly<Record<string, string>> = {}) {
  const problems = new Problems()
  const file = { path: 'c.yml', root: parseYaml(text).root as YamlMap }
  const adapted = adaptCompose([file], (name) => variables[name], problems)
  const texts = adapted.files.map(toYaml)
  try {
    problems.throwAll()
    return { ...adapted, texts, problems: [] }
  } catch (error) {
    return { ...adapted, texts, problems: (error as UserErrors).problems }
  }
}

const web = (line: string) => `services:\n  web:\n    image: nginx\n    ${line}\n`

describe('what docker stack would refuse is an error with file and line', () => {
  test.each([
    ['unknown key', web('imagee: x'), /^c\.yml line 4: services\.web\.imagee: .*did you mean `image`/],
    ['a dash', web('cap-add: [x]'), /line 4: .*did you mean `cap_add`/],
    ['mem_limit', web('mem_limit: 5m'), /line 4: services\.web\.mem_limit: .*limits/],
    ['profiles', web('profiles: [a]'), /line 4: .*of its own/],
    ['extends', web('extends: {service: a}'), /line 4: .*write the keys out/],
    ['include', 'include: [a]\nservices: {a: {image: b}}', /^c\.yml line 1: .*`compose-file`/],
    ['host_ip', web('ports: [{target: 80, host_ip: 1.1.1.1}]'), /line 4: .*all addresses/],
    ['a range of ports', web('ports: [{target: 80, published: "80-90"}]'), /no single port/],
    [
      'undefined network',
      web('networks: [back]'),
      /line 4: the service web uses the network back, which no file defines/,
    ],
    ['undefined secret', web('secrets: [{source: pw}]'), /the secret pw, which no file defines/],
    ['undefined volume', web('volumes: ["data:/data", "./a:/b"]'), /the volume data, which no file defines/],
    ['unset variable', web('user: ${WHO}'), /^c\.yml line 4: the variable WHO is not set/],
    ['unset in a block', web('command: |\n      a\n      $WHO'), /^c\.yml line 6: the variable WHO/],
    ['alternative value', web('user: ${WHO:+x}'), /docker stack does not know/],
    ['a lone dollar', web('user: "5$"'), /line 4: .*write \$\$/],
    ['two credential specs', web('credential_spec: {file: a, registry: b}'), /exactly one of/],
    ['no image', 'services:\n  web:\n    build: .', /does not build/],
    ['optional env_file', web('env_file: [{path: a, required: false}]'), /required/],
    ['two contents', `${web('')}secrets: {a: {file: x, environment: Y}}`, /`file` and `environment`/],
  ])('%s', (_, text, said) => {
    expect(adapt(text).problems).toContainEqual(expect.stringMatching(said))
  })
})

test('what makes no difference is evened out, with a notice', () => {
  const { texts, notices, problems } = adapt(
    `name: x\n${web('ports: [{target: 80, published: "8080", name: http}]')}    depends_on: {db: {condition: service_healthy}}\n    command: null\n    env_file: [{path: a.env}]\n  db: {image: pg, pull_policy: always}\n`,
  )
  expect(problems).toEqual([])
  expect(parse(texts[0] ?? '')).toEqual({
    services: {
      web: { image: 'nginx', ports: [{ target: 80, published: 8080 }], env_file: ['a.env'] },
      db: { image: 'pg' },
    },
  })
  expect(notices.map((line) => /`([\w.]+)`/.exec(line)?.[1])).toEqual([
    'name',
    'ports.name',
    'depends_on',
    'pull_policy',
  ])
})

test('what Swarm ignores is one warning a key', () => {
  const { warnings } = adapt(
    'services:\n  a: {image: x, restart: always}\n  b: {image: x, restart: always, links: [a]}\n',
  )
  expect(warnings).toEqual([
    expect.stringMatching(/^c\.yml line 2: `restart` is ignored by Swarm \(a, b\): /),
    expect.stringMatching(/^c\.yml line 3: `links` is ignored by Swarm \(b\): /),
  ])
})

test('values keep their types: what one docker or another takes for a number or truth value as written, all else as text', () => {
  const { texts } = adapt('services: {a: {image: x, tty: true, environment: {A: 0123, B: yes, C: "1", D: , E: a b}}}')
  expect(texts[0]).toBe(
    '{"services": {"a": {"image": "x", "tty": true, "environment": {"A": 0123, "B": yes, "C": "1", "D": null, "E": "a b"}}}}',
  )
})

test('escaped dollars and defaults are no unset variables; a set one is handed on', () => {
  const { problems, variables } = adapt(web('command: ["$$HOME ${A:-b} ${C-} ${TAG} $TAG"]'), { TAG: '' })
  expect(problems).toEqual([])
  expect(variables).toEqual(['A', 'C', 'TAG'])
})
