import { expect, test } from '@jest/globals'
import type { Connection } from '../../../src/connect/connection.ts'
import { EngineError } from '../../../src/docker/engine/engine.ts'
import type { StackRequest } from '../../../src/inputs/stack-request.ts'
import { parseYaml, type YamlMap } from '../../../src/inputs/yaml.ts'
import type { Workspace } from '../../../src/runner/workspace/workspace.ts'
import { createWorkspace } from '../../../src/runner/workspace/workspace.ts'
import { readStack } from '../../../src/stack/read.ts'
import { ROLLING } from '../../support/builders.ts'

test('docker is asked about services of any name, with files in the directory of the run', async () => {
  await using workspace = await createWorkspace()
  const made: string[] = []
  const noted: Workspace = {
    ...workspace,
    makeDirectory: async (name) => {
      made.push(await workspace.makeDirectory(name))
      return made.at(-1) ?? ''
    },
  }
  const names = ['a/b', '../../evil', 'a'.repeat(300), '__proto__']
  const first = `services: {${names.map((name) => `"${name}": {image: x}`).join(', ')}}`
  const roots = [first, 'services: {a/b: {user: "1"}}'].map((text) => parseYaml(text).root as YamlMap)
  const request = {
    name: 'shop',
    files: roots.map((root, index) => ({ path: `${index}.yml`, root })),
    adapted: { files: roots, notices: [], warnings: [], variables: [] },
    directory: '/',
    variables: {},
    lookUp: () => undefined,
    ...ROLLING,
  } as unknown as StackRequest
  const stderr = 'the docker of this runner is broken'
  const connection = {
    docker: { run: async () => ({ code: 1, stdout: '', stderr }) },
    engine: {
      get: async (path: string) => (path.startsWith('/networks/') ? Promise.reject(new EngineError(404, '')) : []),
    },
    configDirectory: workspace.directory,
  } as unknown as Connection

  // Of each service alike, and told once.
  await expect(readStack(request, connection, noted, new AbortController().signal)).rejects.toMatchObject({
    problems: [`0.yml, 1.yml: docker refuses it: ${stderr}`],
  })
  expect(made).toHaveLength(1 + names.length)
  expect(made.map((path) => path.slice(0, path.lastIndexOf('/')))).toEqual(made.map(() => workspace.directory))
})

test('of each service all is told that docker complains of, though it ends at the first', async () => {
  await using workspace = await createWorkspace()
  const text = `services:
  web:
    deploy: {replica: 2, update_config: {order: x}}
    ports: [a, b]
  api:
    deploy: {replica: 3}
  db:
    image: 5
networks:
  back: {driver: 3}
secrets:
  key: {external: "true"}`
  const root = parseYaml(text).root as YamlMap
  const request = {
    name: 'shop',
    files: [{ path: 'c.yml', root }],
    adapted: { files: [root], notices: [], warnings: [], variables: [] },
    directory: '/',
    variables: {},
    lookUp: () => undefined,
    ...ROLLING,
  } as unknown as StackRequest
  const complaintsOf = (given: string): string[] => {
    if (given.includes('"db"') && !given.includes('"web"')) {
      // Without its image there is only that to complain of.
      return [given.includes('"image": 5') ? 'services.db.image must be a string' : 'service db: no image specified']
    }
    const asked = given.includes('"web"') ? 'web' : 'api'
    const where = `services.${asked}.`
    return [
      ...(given.includes('"driver"') ? ['networks.back.driver must be a string'] : []),
      ...(given.includes('"order"')
        ? [`${where}deploy.update_config.order ${where}deploy.update_config.order must be one`]
        : []),
      ...(given.includes('"ports"') ? [`${where}ports.1 Does not match format 'ports'`] : []),
      ...(given.includes('"replica"') ? [`${where}deploy Additional property replica is not allowed`] : []),
      ...(given.includes('"external"') ? ['secrets.key.external must be a boolean or mapping'] : []),
      // Of what is left of it docker wants to read a file that has no name.
      ...(asked === 'api' && !given.includes('"external"') ? ['read /job: is a directory'] : []),
    ]
  }
  const connection = {
    docker: {
      run: async (_: unknown, { stdin }: { stdin: string }) => {
        const [first] = complaintsOf(stdin)
        return { code: first === undefined ? 0 : 1, stdout: '', stderr: first ?? '' }
      },
    },
    engine: { get: async () => [] },
    configDirectory: workspace.directory,
  } as unknown as Connection
  await expect(readStack(request, connection, workspace, new AbortController().signal)).rejects.toMatchObject({
    problems: [
      'c.yml line 3: docker refuses it: services.web.deploy Additional property replica is not allowed: did you mean `replicas`?',
      'c.yml line 3: docker refuses it: services.web.deploy.update_config.order must be one',
      'c.yml line 4: docker refuses it: services.web.ports.1 Does not match format \'ports\': write it like `"8080:80"` or `"8080:80/udp"`, with ports up to 65535',
      'c.yml line 6: docker refuses it: services.api.deploy Additional property replica is not allowed: did you mean `replicas`?',
      'c.yml line 8: docker refuses it: services.db.image must be a string: put it in quotes',
      'c.yml line 10: docker refuses it: networks.back.driver must be a string: put it in quotes',
      'c.yml line 12: docker refuses it: secrets.key.external must be a boolean or mapping: write `true` or `false` without quotes',
    ],
  })
})
