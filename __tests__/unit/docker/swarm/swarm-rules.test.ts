import { describe, expect, test } from '@jest/globals'
import type { Healthcheck, ServiceSpec } from '../../../../src/docker/api.ts'
import { parseGoJson } from '../../../../src/docker/engine/go-json.ts'
import {
  changeViolations,
  nameProblem,
  objectNameProblem,
  specViolations,
} from '../../../../src/docker/swarm/swarm-rules.ts'
import { TRIALS, type Trial } from '../../../support/swarm-refusals.ts'

function specOf({ container, template, spec }: Partial<Trial>): ServiceSpec {
  return {
    Name: 'web',
    TaskTemplate: { ContainerSpec: { Image: 'app', ...container }, ...template },
    Mode: { Replicated: { Replicas: 1 } },
    ...spec,
  }
}

const found = (trial: Partial<Trial>) => specViolations(specOf(trial))

test.each(TRIALS.map((trial) => [trial.name, trial] as const))('%s', (_, trial) => {
  expect(found(trial).map(({ setting }) => setting)).toEqual(trial.setting === undefined ? [] : [trial.setting])
})

test('everything that is wrong is told, each with what to write instead', () => {
  const violations = found({
    container: {
      Env: ['GOOD=1', 'TEMPLATE=s3cr3t {{.Values.x}}'],
      Secrets: [
        { SecretID: '1', SecretName: 'a', File: { Name: '/x' } },
        { SecretID: '2', SecretName: 'b', File: { Name: '/x' } },
        { SecretID: '3', SecretName: 'c', File: { Name: '' } },
      ],
      Configs: [{ ConfigID: '1', ConfigName: 'a', File: { Name: '/x' } }],
    },
    template: {
      Resources: { Limits: { MemoryBytes: 1048576, NanoCPUs: 500000 } },
      RestartPolicy: { Condition: 'always' },
    },
    spec: { Name: 'a.b' },
  })
  expect(violations.map(({ setting, item, problem }) => [setting, item, problem])).toEqual([
    ['name', undefined, expect.stringMatching(/^"a\.b" is no name of a service: write letters/)],
    ['cpu limit', undefined, '0.0005 is less than Swarm takes: write 0.001 or more'],
    ['memory limit', undefined, '1048576 bytes are less than Swarm takes: write 4M or more'],
    ['restart condition', undefined, 'Swarm does not know "always": write none, on-failure or any'],
    ['secrets', undefined, expect.stringContaining('c has an empty target')],
    ['secrets', undefined, expect.stringContaining('two of them have the target /x')],
    ['environment', 'TEMPLATE', expect.stringContaining('it names what Swarm does not know')],
  ])
  expect(JSON.stringify(violations)).not.toContain('s3cr3t')
})

test('a number that JavaScript would round is counted with', () => {
  const Healthcheck = parseGoJson('{"Retries":9007199254740993,"Interval":-9007199254740993}') as Healthcheck
  expect(found({ container: { Healthcheck } }).map(({ setting }) => setting)).toEqual([
    'health interval',
    'health retries',
  ])
})

test('a duration that JavaScript would round is none that is too short', () => {
  const Healthcheck = parseGoJson('{"Interval":9007199254740993,"Timeout":9007199254740993}') as Healthcheck
  expect(found({ container: { Healthcheck } })).toEqual([])
})

test.each<[readonly string[], RegExp | undefined]>([
  [['curl', '-f', 'http://localhost'], /^its list begins with "curl", .* no task is ever up: write `\["CMD", …\]`/],
  [['cmd', 'true'], /^its list begins with "cmd"/],
  [[''], /^its list begins with ""/],
  [['CMD'], /^there is no command behind CMD/],
  [['CMD-SHELL', 'NONE'], /^as text, NONE is a command for the shell, .*: write `\["NONE"\]` for no check$/],
  [['CMD', 'curl'], undefined],
  [['CMD-SHELL', 'curl x || exit 1'], undefined],
  [['NONE'], undefined],
  [[], undefined],
])('the words of a health check: %j', (Test, problem) => {
  const violations = found({ container: { Healthcheck: { Test } } })
  if (problem === undefined) expect(violations).toEqual([])
  else expect(violations).toEqual([{ setting: 'health command', problem: expect.stringMatching(problem) }])
})

test('Windows has other absolute paths', () => {
  const mount = { Type: 'bind', Source: 'C:\\data', Target: 'D:/data' }
  expect(
    found({
      container: {
        Mounts: [mount, { Type: 'npipe', Source: '\\\\.\\pipe\\x', Target: '\\\\.\\pipe\\x' }],
        Dir: 'C:\\app',
      },
    }),
  ).toEqual([])
})

test('a volume of another driver has what name that one takes', () => {
  const mount = { Type: 'volume', Source: 'a b', Target: '/x', VolumeOptions: { DriverConfig: { Name: 'nfs' } } }
  expect(found({ container: { Mounts: [mount] } })).toEqual([])
})

describe('a mode that changes', () => {
  const modes = {
    replicated: { Replicated: {} },
    global: { Global: {} },
    'replicated-job': { ReplicatedJob: {} },
    'global-job': { GlobalJob: {} },
  } as const
  const spec = (Mode: object) => specOf({ spec: { Mode } })

  test.each(Object.keys(modes) as (keyof typeof modes)[])('%s stays', (mode) => {
    for (const other of Object.keys(modes) as (keyof typeof modes)[]) {
      const violations = changeViolations(spec(modes[mode]), spec(modes[other]))
      expect(violations.map(({ setting }) => setting)).toEqual(mode === other ? [] : ['mode'])
    }
  })

  test('no mode is replicated', () => {
    expect(changeViolations(spec({}), spec(modes.replicated))).toEqual([])
    expect(changeViolations(spec({}), spec(modes.global))[0]?.problem).toMatch(
      /web is replicated, not global: remove it first with `docker service rm web`, or give this one another name/,
    )
    expect(changeViolations(spec(modes['replicated-job']), spec(modes.global))[0]?.problem).toContain(
      '`docker service rm web` when none of its tasks runs any more, or',
    )
  })
})

test.each([
  ['a.b', undefined],
  ['a_', /is no name of a config: write letters, digits, -, _ and \./],
  ['_a', /is no name/],
  ['', /is no name/],
  ['c'.repeat(64), undefined],
  ['c'.repeat(65), /has 65 characters: Swarm takes at most 64/],
])('secrets and configs have names of their own kind: %s', (name, problem) => {
  if (problem === undefined) expect(objectNameProblem(name, 'a config')).toBeUndefined()
  else expect(objectNameProblem(name, 'a config')).toMatch(problem)
})

test('a very long name is looked at once', () => {
  expect(nameProblem(`${'a'.repeat(100_000)}.`, 'a service')).toMatch(/is no name of a service/)
})
