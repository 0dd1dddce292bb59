import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../lab/scratch.ts'
import { candidatesOf, ignoredVariables } from '../../../src/connect/endpoints.ts'

const directory = scratchDirectory('endpoints-')
afterAll(() => rmSync(directory, { recursive: true }))

describe('a warning', () => {
  test('is given for a DOCKER_AUTH_CONFIG, which is dropped', () => {
    const warnings = ignoredVariables({ DOCKER_AUTH_CONFIG: '{"auths":{}}' }, [])
    expect(warnings).toEqual([expect.stringContaining('DOCKER_AUTH_CONFIG is set and not used')])
    expect(warnings.join()).not.toContain('auths')
  })

  test.each([{}, { DOCKER_AUTH_CONFIG: '' }, { DOCKER_CONFIG: '/x', DOCKER_CONTEXT: 'y' }])(
    'is not given for %j',
    (env) => {
      expect(ignoredVariables(env, [])).toEqual([])
    },
  )

  test('is not given for one that `docker-config` names', () => {
    const config = { origin: 'docker-config', variable: 'DOCKER_AUTH_CONFIG', open: () => ({}) }
    const env = { DOCKER_AUTH_CONFIG: '{"auths":{}}' }
    expect(ignoredVariables(env, [config])).toEqual([])
    expect(ignoredVariables(env, [{ ...config, variable: 'OTHER' }])).toHaveLength(1)
  })
})

const reach = { hosts: [] } as unknown as Parameters<typeof candidatesOf>[0]

/** What is said where docker answers `docker context inspect` so. */
function candidatesWhere(answer: string, variables: Readonly<Record<string, string>>, code = 1, name?: string) {
  writeFileSync(join(directory, 'answer'), answer)
  const to = code === 0 ? '' : ' >&2'
  writeFileSync(join(directory, 'docker'), `#!/bin/sh\ncat "${join(directory, 'answer')}"${to}\nexit ${code}\n`, {
    mode: 0o755,
  })
  const env = { PATH: `${directory}:/usr/bin:/bin`, ...variables }
  const userConfig = { directory }
  const ground = { env, userConfig, signal: new AbortController().signal }
  const asked = name === undefined ? reach : { ...reach, context: name }
  return candidatesOf(asked, ground as unknown as Parameters<typeof candidatesOf>[1])
}

test.each([
  ['https://h:2376', 'invalid bind address format: https://h:2376'],
  ['"unix:///run/docker.sock"', 'invalid bind address format: "unix:///run/docker.sock"'],
  ['tcp://a b:2', 'parse "tcp://a b:2": invalid character " " in host name'],
])('an address in DOCKER_HOST that docker cannot read is told as that, and no context: %s', async (host, said) => {
  await expect(candidatesWhere(said, { DOCKER_HOST: host, DOCKER_CONTEXT: 'prod' })).rejects.toThrow(
    `DOCKER_HOST is no address that docker can read: ${said}. Write \`ssh://user@host\`, \`tcp://host:2376\` or \`unix:///path\` there, without quotes, or use \`host\``,
  )
})

test.each(['open /certs/ca.pem: no such file or directory', 'open /certs/client/key.pem: permission denied'])(
  'certificates that docker cannot read are told as that, and not as an address: %s',
  async (said) => {
    const env = { DOCKER_HOST: 'tcp://h:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' }
    await expect(candidatesWhere(said, env)).rejects.toThrow(
      `DOCKER_TLS_VERIFY is set, and docker cannot read a certificate or key: ${said}. Set DOCKER_CERT_PATH to the directory with ca.pem, cert.pem and key.pem, or use \`host\``,
    )
  },
)

test.each([
  'parsing /home/ci/.docker/contexts/meta/a51146/meta.json: unexpected end of JSON input',
  'read /home/ci/.docker/contexts/meta/a51146/meta.json: is a directory',
])('a damaged context is told as that, and not to be chosen from a list: %s', async (said) => {
  await expect(candidatesWhere(`context "prod": ${said}\n`, { DOCKER_HOST: 'tcp://x:1' }, 1, 'prod')).rejects.toThrow(
    /^docker could not resolve `context` \(prod\): .*\. Its file is damaged: remove it with `docker context rm --force`, and make it again with `docker context create`\.$/,
  )
})

test.each([
  '{"Name":"prod","Metadata":{},"Endpoints":{"docker":{"SkipTLSVerify":false}},"TLSMaterial":{},"Storage":{}}',
  '{"Name":"prod","Endpoints":{"kubernetes":{"Host":"https://k"}},"TLSMaterial":{},"Storage":{}}',
  '{"Name":"prod","TLSMaterial":{},"Storage":{}}',
])('a context that has no address is told what it lacks: %s', async (inspected) => {
  await expect(candidatesWhere(inspected, {}, 0)).rejects.toThrow(
    'the docker context prod has no address of a docker daemon: give it one, as in `docker context update prod --docker host=ssh://user@manager`, or write the address in `host`',
  )
})

test('a context whose file is empty is told without a name', async () => {
  await expect(candidatesWhere('{"TLSMaterial":{},"Storage":{}}', {}, 0)).rejects.toThrow(
    /^the docker context has no address of a docker daemon: give it one, as in `docker context update --docker host=/,
  )
})

test.each([
  ['npipe:////./pipe/docker_engine', 'Failed to initialize: protocol not available'],
  ['fd://', 'Failed to initialize: unable to parse docker host `fd://`'],
])('an address of a kind that docker has not on this machine is told what to write: %s', async (host, said) => {
  const inspected = JSON.stringify({ Name: 'prod', Endpoints: { docker: { Host: host } }, Storage: {} })
  const [candidate] = await candidatesWhere(inspected, {}, 0)
  using route = await candidate?.open()
  expect(route?.explain(said)).toMatch(/^docker on this runner knows no such address: write `ssh:/)
  expect(route?.explain('something else')).toBe('something else')
})

test.each([
  ['default', 'no such host is known: check the name in DOCKER_HOST'],
  ['prod', 'no such host is known: check the name in the docker context'],
])('what is wrong with an address that docker finds by itself is told by where that is set: %s', async (name, told) => {
  const inspected = JSON.stringify({ Name: name, Endpoints: { docker: { Host: 'tcp://swarm:2376' } }, Storage: {} })
  const [candidate] = await candidatesWhere(inspected, {}, 0)
  using route = await candidate?.open()
  expect(route?.explain('dial tcp: lookup swarm: no such host')).toBe(told)
})

test.each([
  ['prod', 'DOCKER_CONTEXT (prod): context "prod": not found'],
  ['p@ss!word', 'DOCKER_CONTEXT (***): context "***": not found'],
])('a context that is not there is told by its name, unless that may be a secret: %s', async (name, told) => {
  const program = '#!/bin/sh\necho "context \\"$DOCKER_CONTEXT\\": not found" >&2\nexit 1\n'
  writeFileSync(join(directory, 'docker'), program, { mode: 0o755 })
  const env = { PATH: `${directory}:/usr/bin:/bin`, DOCKER_CONTEXT: name }
  const ground = { env, signal: new AbortController().signal } as unknown as Parameters<typeof candidatesOf>[1]
  await expect(candidatesOf(reach, ground)).rejects.toThrow(`docker could not resolve ${told}.`)
})
