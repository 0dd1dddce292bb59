import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../../lab/scratch.ts'
import { caServiceSpec } from '../../../../src/docker/swarm/ca-service.ts'

// What its container does, done here: with directories in the place of the node's and of Swarm's configs.

const CA = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
const cas = ['a.test:5000', '[::1]:5000'].map((registry, index) => ({
  registry,
  configId: `id-${index}`,
  configName: `name-${index}`,
}))
const spec = caServiceSpec({ name: 'writer', labels: {}, image: 'busybox', token: 'run-1', cas, notOn: ['n1'] })

let root: string
beforeEach(() => {
  root = scratchDirectory('ca-service-')
  mkdirSync(join(root, 'given'))
  mkdirSync(join(root, 'etc'))
  for (const index of cas.keys()) writeFileSync(join(root, 'given', `${index}`), CA)
})
afterEach(() => rmSync(root, { recursive: true }))

const file = (registry: string) => join(root, 'etc', 'docker', 'certs.d', registry, 'ca.crt')

function run() {
  const { Command: [program = '', ...words] = [], Args: args = [] } = spec.TaskTemplate.ContainerSpec ?? {}
  const here = words.map((word) =>
    word.replaceAll('/node-etc', join(root, 'etc')).replaceAll('/swarm-deploy-ca', join(root, 'given')),
  )
  return spawnSync(program, [...here, ...args], { encoding: 'utf8' })
}

test('writes each file where the daemon looks for it, readable by all, and nothing else', () => {
  expect(run()).toMatchObject({ status: 0, stdout: '', stderr: '' })
  for (const { registry } of cas) {
    expect(readFileSync(file(registry), 'utf8')).toBe(CA)
    expect(statSync(file(registry)).mode & 0o777).toBe(0o644)
    expect(statSync(dirname(file(registry))).mode & 0o777).toBe(0o755)
    expect(readdirSync(dirname(file(registry)))).toEqual(['ca.crt'])
  }
})

test('leaves a file with that content as it is, and gives another content its place at once', () => {
  run()
  const [there, other] = cas.map(({ registry }) => file(registry)) as [string, string]
  writeFileSync(other, 'an earlier CA')
  const before = [there, other].map((path) => statSync(path).ino)
  expect(run().status).toBe(0)
  expect(statSync(there).ino).toBe(before[0])
  expect(statSync(other).ino).not.toBe(before[1])
  expect(readFileSync(other, 'utf8')).toBe(CA)
})

test.each([
  ['the directory', () => file('a.test:5000').replace('/ca.crt', '')],
  ['the file', () => file('a.test:5000')],
  ['certs.d', () => join(root, 'etc', 'docker', 'certs.d')],
])('follows no link: %s', (_what, path) => {
  mkdirSync(dirname(path()), { recursive: true })
  symlinkSync(join(root, 'elsewhere'), path())
  const { status, stderr } = run()
  expect(status).toBe(1)
  expect(stderr).toContain('is a link')
  expect(readdirSync(root).toSorted()).toEqual(['etc', 'given'])
})

test('fails where it cannot write, and leaves no piece', () => {
  mkdirSync(file('a.test:5000'), { recursive: true })
  expect(run()).toMatchObject({ status: 1, stderr: expect.stringContaining('is a directory') })
  rmSync(file('a.test:5000'), { recursive: true })
  rmSync(join(root, 'given', '0'))
  expect(run().status).not.toBe(0)
  expect(readdirSync(dirname(file('a.test:5000')))).toEqual([])
})

test('its task is on each Linux node that lacks it, with nothing of the swarm but the certificates', () => {
  expect(spec).toMatchObject({
    Mode: { Global: {} },
    TaskTemplate: {
      ContainerSpec: {
        User: '0:0',
        ReadOnly: true,
        CapabilityDrop: ['ALL'],
        Configs: [{ ConfigID: 'id-0' }, { ConfigID: 'id-1' }],
      },
      Placement: { Constraints: ['node.platform.os==linux', 'node.id!=n1'] },
    },
  })
  expect(spec.TaskTemplate.Networks).toBeUndefined()
  expect(spec.EndpointSpec).toBeUndefined()
})
