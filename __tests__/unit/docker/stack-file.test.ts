import { describe, expect, test } from '@jest/globals'
import { parseReference } from '../../../src/docker/reference.ts'
import { fileFor } from '../../../src/docker/stack-file.ts'
import type { UpdatePolicy } from '../../../src/rollover.ts'

function deployOf(deploy: object | undefined, update: UpdatePolicy, rollback: UpdatePolicy = {}): unknown {
  const services = { web: { image: 'web', ...(deploy && { deploy }) } }
  const file = { services, networks: {}, volumes: {}, secrets: {}, configs: {} }
  const service = { stack: 'shop', key: 'web', file, isRerun: false, knowsDetach: true }
  const rollover = { strategy: { kind: 'rolling' }, update, rollback } as const
  return JSON.parse(fileFor(service, parseReference('web:1'), rollover)).services.web.deploy
}

describe('the policies of the inputs', () => {
  test('fill in what the compose file does not say', () => {
    const deploy = { replicas: 2, update_config: { delay: '5s', order: 'stop-first' } }
    const update = { delay: '1s', parallelism: '2', 'max-failure-ratio': '0.25', 'failure-action': 'rollback' }
    expect(deployOf(deploy, update, { monitor: '9s' })).toEqual({
      replicas: 2,
      update_config: {
        delay: '5s',
        order: 'stop-first',
        parallelism: 2,
        max_failure_ratio: 0.25,
        failure_action: 'rollback',
      },
      rollback_config: { monitor: '9s' },
    })
  })

  test('make a `deploy` where there is none, and none where they are empty', () => {
    expect(deployOf(undefined, { delay: '1s' })).toEqual({ update_config: { delay: '1s' } })
    expect(deployOf(undefined, {})).toBeUndefined()
  })

  test('are not for jobs, for which Swarm takes none', () => {
    expect(deployOf({ mode: 'global-job' }, { delay: '1s' })).toEqual({ mode: 'global-job' })
  })
})
