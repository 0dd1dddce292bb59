import { describe, expect, test } from '@jest/globals'
import { ignoredVariables } from '../../../src/connect/endpoints.ts'

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
