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

test.each([
  ['prod', 'DOCKER_CONTEXT (prod): context "prod": not found'],
  ['p@ss!word', 'DOCKER_CONTEXT (***): context "***": not found'],
])('a context that is not there is told by its name, unless that may be a secret: %s', async (name, told) => {
  const program = '#!/bin/sh\necho "context \\"$DOCKER_CONTEXT\\": not found" >&2\nexit 1\n'
  writeFileSync(join(directory, 'docker'), program, { mode: 0o755 })
  const env = { PATH: `${directory}:/usr/bin:/bin`, DOCKER_CONTEXT: name }
  const ground = { env, signal: new AbortController().signal } as unknown as Parameters<typeof candidatesOf>[1]
  const reach = { hosts: [] } as unknown as Parameters<typeof candidatesOf>[0]
  await expect(candidatesOf(reach, ground)).rejects.toThrow(`docker could not resolve ${told}.`)
})
