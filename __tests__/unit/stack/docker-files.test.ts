import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import type { UpdatePolicy } from '../../../src/docker/cli/update-policy.ts'
import type { StackRequest } from '../../../src/inputs/stack-request.ts'
import { parseYaml, type YamlMap } from '../../../src/inputs/yaml.ts'
import { dockerFiles, nameOf } from '../../../src/stack/docker-files.ts'

const VARIABLES: Readonly<Record<string, string>> = { MODE: 'global-job', HASH: 'a$b' }

function filesOf(texts: readonly string[], update: UpdatePolicy = {}, rollback: UpdatePolicy = {}) {
  const files = texts.map((text) => parseYaml(text).root as YamlMap)
  const policies = { update, rollback }
  const lookUp = (name: string) => VARIABLES[name]
  const request = { adapted: { files }, policies, lookUp } as unknown as StackRequest
  return (cliMajor?: number, only?: string) => dockerFiles(request, cliMajor, only).map((text) => parse(text))
}

describe('the policies of the inputs', () => {
  const update = { delay: '1s', parallelism: '2', max_failure_ratio: '0.25', failure_action: 'rollback' }

  test('fill in what no file says, beside the first mention of the service', () => {
    const first = 'services: {web: {image: web, deploy: {replicas: 2, update_config: {delay: 5s}}}}'
    const second = 'services: {web: {deploy: {update_config: {order: stop-first, max_failure_ratio: 0}}}}'
    expect(filesOf([first, second], { ...update, order: 'start-first' }, { monitor: '9s' })()).toEqual([
      {
        services: {
          web: {
            image: 'web',
            deploy: {
              replicas: 2,
              update_config: { delay: '5s', parallelism: 2, failure_action: 'rollback' },
              rollback_config: { monitor: '9s' },
            },
          },
        },
      },
      parse(second),
    ])
  })

  test('make a `deploy` where there is none, and none where they are empty', () => {
    const web = 'services: {web: {image: web, deploy: }}'
    expect(filesOf([web], { delay: '1s' })()[0].services.web.deploy).toEqual({ update_config: { delay: '1s' } })
    expect(filesOf([web])()).toEqual([parse(web)])
  })

  test.each(['replicated-job', '"$MODE"'])('are not for jobs, for which Swarm takes none: %s', (mode) => {
    const job = 'services: {job: {image: job, deploy: {update_config: {}}}}'
    const later = `services: {job: {deploy: {mode: ${mode}}}}`
    expect(filesOf([job, later], { delay: '1s' })()).toEqual([job, later].map((text) => parse(text)))
  })
})

test('only an old docker needs a version', () => {
  const files = filesOf(['services: {web: {image: web}}', 'services: {api: {image: api}}'])
  expect(files(20).map(({ version }) => version)).toEqual(['3.9', '3.9'])
  expect(files(23).map(({ version }) => version)).toEqual([undefined, undefined])
  expect(files().map(({ version }) => version)).toEqual([undefined, undefined])
})

test('one service can be looked at alone', () => {
  const text = 'services: {web: {image: web}, api: {image: api}}\nnetworks: {front: {}}'
  expect(filesOf([text, 'services: {web: {user: "1"}}'])(28, 'api')).toEqual([
    { services: { api: { image: 'api' } }, networks: { front: {} } },
    { services: {} },
  ])
})

test('the config of a credential spec goes by the name that it has', () => {
  const services = 'services: {web: {image: web, credential_spec: {config: gmsa}}}'
  const [first, second] = filesOf([services, 'configs: {gmsa: {name: "gmsa-${HASH}", file: /dev/null}}'])()
  expect(first.services.web.credential_spec).toEqual({ config: 'gmsa-a$$b' })
  expect(first.configs).toEqual({ 'gmsa-a$b': { external: true, name: 'gmsa-a$$b' } })
  expect(second.configs).toEqual({ gmsa: { name: 'gmsa-${HASH}', file: '/dev/null' } })
  const plain = [services, 'configs: {gmsa: {file: /dev/null}}']
  expect(filesOf(plain)()).toEqual(plain.map((text) => parse(text)))
})

test('a network, secret or config has the name that the last file gives it', () => {
  const files = ['networks: {a: {name: x}, b: {external: {name: y}}}', 'networks: {a: {driver: overlay}}'].map(
    (text) => parseYaml(text).root as YamlMap,
  )
  expect(nameOf(files, 'networks', 'a', () => undefined)).toBeUndefined()
  expect(nameOf(files, 'networks', 'b', () => undefined)).toBe('y')
  expect(nameOf(files, 'networks', 'c', () => undefined)).toBeUndefined()
})
