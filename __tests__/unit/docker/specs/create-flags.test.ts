import { describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../../../src/docker/api.ts'
import { entriesOf, overlay, unknownFlags } from '../../../../src/docker/specs/create-flags.ts'
import { createSpec } from '../../../support/builders.ts'

/** A spec with a container of its own. */
function spec(container: object, rest: object = {}, template: object = {}): ServiceSpec {
  return createSpec({ ...rest, TaskTemplate: { ContainerSpec: { Image: 'a', ...container }, ...template } })
}

const containerOf = ({ TaskTemplate }: ServiceSpec) => TaskTemplate.ContainerSpec as Record<string, unknown>

/** What becomes of a list at a place in a container: `now` on the swarm, `said` by docker for the flag. */
function laid(flag: string, key: string, now: unknown, said: unknown): unknown {
  return containerOf(overlay(spec({ [key]: now }), spec({ [key]: said }), [flag]).spec)[key]
}

describe('of a list with names a flag speaks of those that it gives', () => {
  test.each([
    ['--env', 'Env', ['A=1', 'B=2'], ['A=3', 'C='], ['A=3', 'B=2', 'C=']],
    ['--env-file', 'Env', ['A', 'AB=1'], ['A=3'], ['A=3', 'AB=1']],
    ['--container-label', 'Labels', { a: '1', b: '2' }, { b: '3' }, { a: '1', b: '3' }],
    ['--sysctl', 'Sysctls', { a: '1' }, { b: '3' }, { a: '1', b: '3' }],
    [
      '--mount',
      'Mounts',
      [
        { Type: 'tmpfs', Target: '/a' },
        { Type: 'tmpfs', Target: '/b' },
      ],
      [{ Type: 'volume', Source: 'v', Target: '/a' }],
      [
        { Type: 'volume', Source: 'v', Target: '/a' },
        { Type: 'tmpfs', Target: '/b' },
      ],
    ],
    [
      '--secret',
      'Secrets',
      [{ SecretID: '1', SecretName: 'one', File: { Name: 'db' } }],
      [
        { SecretID: '2', SecretName: 'two', File: { Name: 'db' } },
        { SecretID: '1', SecretName: 'one', File: { Name: 'x' } },
      ],
      [
        { SecretID: '2', SecretName: 'two', File: { Name: 'db' } },
        { SecretID: '1', SecretName: 'one', File: { Name: 'x' } },
      ],
    ],
    ['--host', 'Hosts', ['10.0.0.1 a', '10.0.0.1 b'], ['10.0.0.2 b'], ['10.0.0.1 a', '10.0.0.2 b']],
    [
      '--ulimit',
      'Ulimits',
      [{ Name: 'a', Soft: 1 }, { Name: 'b' }],
      [{ Name: 'a', Soft: 2 }],
      [{ Name: 'a', Soft: 2 }, { Name: 'b' }],
    ],
  ])('%s', (flag, key, now, said, then) => {
    expect(laid(flag, key, now, said)).toEqual(then)
    expect(laid(flag, key, now, now)).toBe(now)
    expect(laid(flag, key, undefined, said)).toEqual(said)
    expect(laid('--tty', key, now, said)).toBe(now)
  })

  test('of any other list it speaks whole', () => {
    expect(laid('--group', 'Groups', ['1', '2'], ['3'])).toEqual(['3'])
    const dns = overlay(
      spec({ DNSConfig: { Nameservers: ['1', '2'], Search: ['a'] } }),
      spec({ DNSConfig: { Nameservers: ['2'] } }),
      ['--dns'],
    )
    expect(containerOf(dns.spec).DNSConfig).toEqual({ Nameservers: ['2'], Search: ['a'] })
  })

  test('ports by that of the container, constraints by what they ask for', () => {
    const ports = (...pairs: [number, number][]) =>
      pairs.map(([PublishedPort, TargetPort]) => ({ PublishedPort, TargetPort }))
    const placed = (...Constraints: string[]) => ({ Placement: { Constraints, MaxReplicas: 3 } })
    const now = spec(
      {},
      { EndpointSpec: { Mode: 'vip', Ports: ports([1, 80], [2, 80], [3, 81]) } },
      placed('node.role==manager', 'a!=b'),
    )
    const said = spec({}, { EndpointSpec: { Ports: ports([4, 80]) } }, placed('node.role!=worker'))
    const { spec: then } = overlay(now, said, ['--publish', '--constraint'])
    expect(then.EndpointSpec).toEqual({ Mode: 'vip', Ports: ports([4, 80], [3, 81]) })
    expect(then.TaskTemplate.Placement).toEqual({ Constraints: ['node.role!=worker', 'a!=b'], MaxReplicas: 3 })
  })
})

describe('a single setting', () => {
  test('becomes as given, also when that is what Swarm would take by itself', () => {
    expect(laid('--tty', 'TTY', true, undefined)).toBeUndefined()
    expect(laid('--init', 'Init', true, false)).toBe(false)
    expect(laid('--hostname', 'Hostname', undefined, 'a')).toBe('a')
  })

  test('of a policy leaves the others, and brings them where there was none', () => {
    const whole = {
      Parallelism: 1,
      Delay: 2,
      FailureAction: 'pause',
      Monitor: 5e9,
      MaxFailureRatio: 0,
      Order: 'stop-first',
    } as const
    const said = spec({}, { UpdateConfig: whole })
    const now = spec({}, { UpdateConfig: { Parallelism: 3, Order: 'start-first' } })
    expect(overlay(now, said, ['--update-delay']).spec.UpdateConfig).toEqual({
      Parallelism: 3,
      Order: 'start-first',
      Delay: 2,
    })
    expect(overlay(spec({}), said, ['--update-delay']).spec.UpdateConfig).toEqual(whole)
  })

  test('of a health check that was off brings all of it, and switching off leaves nothing', () => {
    const off = { Test: ['NONE'] }
    const on = { Test: ['CMD-SHELL', 'true'], Retries: 2 }
    expect(laid('--health-cmd', 'Healthcheck', off, on)).toEqual(on)
    expect(laid('--health-retries', 'Healthcheck', off, { Retries: 2 })).toEqual({ Retries: 2 })
    expect(laid('--no-healthcheck', 'Healthcheck', on, off)).toEqual(off)
  })
})

describe('the mode', () => {
  const mode = (Mode: ServiceSpec['Mode']) => spec({}, { Mode })
  test.each([
    ['another kind', { Replicated: { Replicas: 2 } }, { Global: {} }, ['--mode'], { Global: {} }],
    [
      'the same kind',
      { Replicated: { Replicas: 2 } },
      { Replicated: { Replicas: 1 } },
      ['--mode'],
      { Replicated: { Replicas: 2 } },
    ],
    [
      'replicas',
      { Replicated: { Replicas: 2 } },
      { Replicated: { Replicas: 1 } },
      ['--replicas'],
      { Replicated: { Replicas: 1 } },
    ],
    [
      'replicas of a job',
      { ReplicatedJob: { MaxConcurrent: 2, TotalCompletions: 2 } },
      { ReplicatedJob: { MaxConcurrent: 3, TotalCompletions: 3 } },
      ['--mode', '--replicas'],
      { ReplicatedJob: { MaxConcurrent: 3, TotalCompletions: 3 } },
    ],
    [
      'how many tasks of a job at once',
      { ReplicatedJob: { MaxConcurrent: 2, TotalCompletions: 5 } },
      { ReplicatedJob: { MaxConcurrent: 3 } },
      ['--max-concurrent'],
      { ReplicatedJob: { MaxConcurrent: 3, TotalCompletions: 5 } },
    ],
  ])('%s', (_, now, said, flags, then) => {
    expect(overlay(mode(now), mode(said), flags).spec.Mode).toEqual(then)
  })
})

describe('what an earlier list named', () => {
  const before = spec(
    { Env: ['A=1', 'B=2'], Labels: { a: '1' }, Hostname: 'h', TTY: true },
    { Labels: { x: '1', y: '2' } },
  )
  const note = ['--label x', '--env A', '--container-label a', '--hostname', '--tty']

  test('goes when the list names it no longer; what it never named stays', () => {
    const then = overlay(before, spec({}), [], { earlier: note })
    expect(containerOf(then.spec)).toEqual({ Image: 'a', Env: ['B=2'] })
    expect(then.spec.Labels).toEqual({ y: '2' })
    expect(then.noted).toEqual([])
    expect(then.changes).toEqual(note)
  })

  test('of a policy is again what docker makes of it', () => {
    const policy = {
      Parallelism: 3,
      Delay: 2,
      FailureAction: 'pause',
      Monitor: 5e9,
      MaxFailureRatio: 0,
      Order: 'stop-first',
    } as const
    const then = (...earlier: string[]) => overlay(spec({}, { UpdateConfig: policy }), spec({}), [], { earlier }).spec
    expect(then('--update-delay').UpdateConfig).toEqual({ ...policy, Delay: undefined })
    expect(then('--update-delay', '--update-parallelism')).not.toHaveProperty('UpdateConfig')
  })

  test('that is no flag takes nothing away', () => {
    expect(overlay(spec({ TTY: true }), spec({}), [], { earlier: ['--nonsense x', 'TTY'] }).changes).toEqual([])
  })

  test('is noted without values, and without the variables of others', () => {
    const declared = spec({ Env: ['A=secret', 'B=2'] }, { Labels: { team: 'a' } })
    const names = entriesOf(declared, ['--env', '--label', '--replicas', '--tty'], { B: '2' })
    expect(names.toSorted()).toEqual(['--env A', '--label team', '--tty'])
  })
})

test('a flag of a later docker speaks of what it changes in what docker makes', () => {
  expect(unknownFlags(['--env', '--mode', '--new-thing'])).toEqual(['--new-thing'])
  const plain = spec({ Env: ['A=1'], Thing: { a: 1 } })
  const declared = spec({ Env: ['A=1'], Thing: { a: 1, b: 2 }, Other: [1] })
  const { spec: then, changes } = overlay(spec({ Thing: { a: 5 } }), declared, ['--new-thing'], { plain })
  expect(containerOf(then)).toEqual({ Image: 'a', Thing: { a: 5, b: 2 }, Other: [1] })
  expect(new Set(changes)).toEqual(new Set(['--new-thing']))
})

test('a name on a network that is to stay does', () => {
  const on = (...Aliases: string[]) => spec({}, {}, { Networks: [{ Target: 'n1', Aliases }] })
  const then = (said: ServiceSpec, keptAlias?: string) =>
    overlay(on('a', 'web'), said, ['--network'], { keptAlias }).spec.TaskTemplate.Networks?.[0]?.Aliases
  expect(then(on('a'), 'web')).toEqual(['a', 'web'])
  expect(then(on('b'), 'web')).toEqual(['b', 'web'])
  expect(then(on('a'))).toEqual(['a'])
})

test('a spec that is as the flags say is the very same', () => {
  const now = spec(
    { Env: ['B=2', 'A=1'] },
    { EndpointSpec: { Ports: [{ TargetPort: 80, PublishedPort: 1, Protocol: 'tcp', PublishMode: 'ingress' }] } },
  )
  const said = spec({ Env: ['A=1', 'B=2'] }, { EndpointSpec: { Ports: [{ TargetPort: 80, PublishedPort: 1 }] } })
  const { spec: then, changes } = overlay(now, said, ['--env', '--publish'])
  expect(then).toBe(now)
  expect(changes).toEqual([])
})
