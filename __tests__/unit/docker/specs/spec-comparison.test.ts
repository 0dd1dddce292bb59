import { describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../../../src/docker/api.ts'
import { changedParts, sameSpec } from '../../../../src/docker/specs/spec-comparison.ts'
import { createSpec } from '../../../support/builders.ts'

/** A spec with fields that this action does not name. */
function raw(fields: object): ServiceSpec {
  return { ...createSpec(), ...fields } as ServiceSpec
}

function container(fields: object): ServiceSpec {
  return template({ ContainerSpec: { Image: 'nginx', ...fields } })
}

function template(fields: object): ServiceSpec {
  return raw({ TaskTemplate: { ContainerSpec: { Image: 'nginx' }, ...fields } })
}

function ports(...all: object[]): ServiceSpec {
  return raw({ EndpointSpec: { Mode: 'vip', Ports: all } })
}

function mount(fields: object): ServiceSpec {
  return container({ Mounts: [{ Type: 'bind', Source: '/a', Target: '/b', ...fields }] })
}

const secret = (id: string, target: string) => ({ SecretID: id, SecretName: id, File: { Name: target } })
const config = (id: string, target: string) => ({ ConfigID: id, ConfigName: id, File: { Name: target } })

describe('two specs are the same', () => {
  test.each<[string, ServiceSpec, ServiceSpec]>([
    ['with their keys in another order', raw({ A: { b: 1, c: 2 } }), raw({ A: { c: 2, b: 1 } })],
    ['with their variables in another order', container({ Env: ['A=1', 'B=2'] }), container({ Env: ['B=2', 'A=1'] })],
    ['with an empty list against none', raw({ Networks: [] }), raw({})],
    ['with null against none', raw({ Networks: null }), raw({})],
    ['with no labels against none', raw({ Labels: {} }), raw({})],
    [
      'with one replica against none said',
      raw({ Mode: { Replicated: { Replicas: 1 } } }),
      raw({ Mode: { Replicated: {} } }),
    ],
    [
      'with the counts of a job that Swarm fills in',
      raw({ Mode: { ReplicatedJob: { MaxConcurrent: 2 } } }),
      raw({ Mode: { ReplicatedJob: { MaxConcurrent: 2, TotalCompletions: 2 } } }),
    ],
    ['with a virtual IP against nothing said', raw({ EndpointSpec: {} }), raw({ EndpointSpec: { Mode: 'vip' } })],
    [
      'with the defaults of a port',
      ports({ TargetPort: 80 }),
      ports({ TargetPort: 80, Protocol: 'tcp', PublishMode: 'ingress' }),
    ],
    ['with a protocol in other letters', ports({ Protocol: 'UDP' }), ports({ Protocol: 'udp' })],
    [
      'with the defaults of a policy',
      raw({ UpdateConfig: { Parallelism: 2 }, RollbackConfig: { Order: '' } }),
      raw({
        UpdateConfig: { Parallelism: 2, FailureAction: 'pause', Order: 'stop-first' },
        RollbackConfig: { FailureAction: 'pause', Order: 'stop-first' },
      }),
    ],
    [
      'with the numbers of a policy that are zero',
      raw({ UpdateConfig: { Delay: 5 } }),
      raw({ UpdateConfig: { Delay: 5, Parallelism: 0, MaxFailureRatio: 0 } }),
    ],
    [
      'with the defaults of a restart policy',
      template({ RestartPolicy: { Delay: 1 } }),
      template({ RestartPolicy: { Delay: 1, Condition: 'any', MaxAttempts: 0 } }),
    ],
    ['with the default runtime', template({ Runtime: 'container' }), template({})],
    ['with the default isolation', container({ Isolation: 'default' }), container({})],
    ['with no platforms', template({ Placement: { Platforms: [{ OS: 'linux' }] } }), template({})],
    ['with no forced update', template({ ForceUpdate: 0 }), template({})],
    ['with empty bind options', mount({ BindOptions: {} }), mount({})],
    [
      'with a propagation in other letters',
      mount({ BindOptions: { Propagation: 'RShared' } }),
      mount({ BindOptions: { Propagation: 'rshared' } }),
    ],
    [
      'with the propagation that Swarm fills in',
      mount({ BindOptions: { NonRecursive: true } }),
      mount({ BindOptions: { NonRecursive: true, Propagation: 'rprivate' } }),
    ],
    ['with a consistency, which is dropped', mount({ Consistency: 'cached' }), mount({})],
    [
      'with new privileges allowed, as they are by default',
      container({ Privileges: { NoNewPrivileges: false } }),
      container({ Privileges: {} }),
    ],
    [
      'with secrets in another order',
      container({ Secrets: [secret('a', 'x'), secret('b', 'y'), secret('a', 'z')] }),
      container({ Secrets: [secret('a', 'z'), secret('a', 'x'), secret('b', 'y')] }),
    ],
    [
      'with configs in another order',
      container({ Configs: [config('a', '/x'), config('a', '/y')] }),
      container({ Configs: [config('a', '/y'), config('a', '/x')] }),
    ],
    [
      "with Docker's note of how the file spelled the image",
      raw({ Labels: { a: 'b', 'com.docker.stack.image': 'nginx' } }),
      raw({ Labels: { a: 'b' } }),
    ],
  ])('%s', (_, a, b) => {
    expect(sameSpec(a, b)).toBe(true)
    expect(sameSpec(b, a)).toBe(true)
    expect(changedParts(a, b)).toEqual([])
  })

  test('and stay as they were', () => {
    const spec = container({ Env: ['B=2', 'A=1'] })
    sameSpec(spec, spec)
    expect(spec.TaskTemplate.ContainerSpec?.Env).toEqual(['B=2', 'A=1'])
  })
})

describe('two specs are not the same', () => {
  test.each<[string, ServiceSpec, ServiceSpec]>([
    ['with another value deep within', raw({ A: { b: [{ c: 1 }] } }), raw({ A: { b: [{ c: 2 }] } })],
    ['with another variable', container({ Env: ['A=1'] }), container({ Env: ['A=2'] })],
    ['with one variable more', container({ Env: ['A=1'] }), container({ Env: ['A=1', 'B=1'] })],
    ['with arguments in another order', container({ Args: ['a', 'b'] }), container({ Args: ['b', 'a'] })],
    ['with an empty argument more', container({ Args: ['a', ''] }), container({ Args: ['a'] })],
    ['with a label more', raw({ Labels: { a: 'b' } }), raw({ Labels: {} })],
    ['with a label that is empty', raw({ Labels: { flag: '' } }), raw({ Labels: {} })],
    [
      'with an option of the log driver that is empty',
      template({ LogDriver: { Options: { labels: '' } } }),
      template({ LogDriver: { Options: {} } }),
    ],
    [
      'with a delay of nothing, where the default is another',
      template({ RestartPolicy: { Delay: 0 } }),
      template({ RestartPolicy: {} }),
    ],
    [
      'with one task at once against all',
      raw({ UpdateConfig: { Parallelism: 1 } }),
      raw({ UpdateConfig: { Parallelism: 0 } }),
    ],
    ['with a policy against none', raw({ UpdateConfig: { Parallelism: 1 } }), raw({})],
    ['with a restart policy against none', template({ RestartPolicy: { Condition: 'any' } }), template({})],
    ['with an init process switched off', container({ Init: false }), container({})],
    ['with no grace', container({ StopGracePeriod: 0 }), container({})],
    ['with no task', raw({ Mode: { Replicated: { Replicas: 0 } } }), raw({ Mode: { Replicated: {} } })],
    ['with another mode', raw({ Mode: { Global: {} } }), raw({ Mode: { GlobalJob: {} } })],
    ['with an update that was forced', template({ ForceUpdate: 1 }), template({ ForceUpdate: 0 })],
    ['with a port in another mode', ports({ TargetPort: 80, PublishMode: 'host' }), ports({ TargetPort: 80 })],
    [
      'with a secret at another place',
      container({ Secrets: [secret('a', 'x')] }),
      container({ Secrets: [secret('a', 'y')] }),
    ],
    ['with no new privileges', container({ Privileges: { NoNewPrivileges: true } }), container({ Privileges: {} })],
    ['with a number against the same text', raw({ A: 1 }), raw({ A: '1' })],
  ])('%s', (_, a, b) => {
    expect(sameSpec(a, b)).toBe(false)
    expect(sameSpec(b, a)).toBe(false)
    expect(changedParts(a, b)).not.toEqual([])
  })
})

test('what differs is named in the words of a compose file', () => {
  const now = raw({ UpdateConfig: { Monitor: 1 } })
  expect(changedParts(now, raw({ UpdateConfig: { Monitor: 2 } }))).toEqual(['update policy'])
  const both = raw({ UpdateConfig: { Monitor: 1 }, RollbackConfig: { Monitor: 2 }, Labels: { a: 'b' } })
  expect(changedParts(now, both)).toEqual(['labels', 'rollback policy'])
  expect(changedParts(raw({}), ports({ TargetPort: 80 }))).toEqual(['ports'])
  const command = { TaskTemplate: { ContainerSpec: { Image: 'a', Command: ['x'] } } }
  expect(changedParts(raw({}), raw({ ...command, UpdateConfig: { Monitor: 2 } }))).toContain('settings')
  const scaled = (replicas: number, Labels = {}) => raw({ Mode: { Replicated: { Replicas: replicas } }, Labels })
  expect(changedParts(scaled(2), scaled(3))).toEqual(['replicas'])
  expect(changedParts(scaled(2), scaled(2, { 'swarm-deploy.keep-replicas': 'true' }))).toEqual(['labels'])
})
