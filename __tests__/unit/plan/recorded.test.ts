import { describe, expect, test } from '@jest/globals'
import type { Service, ServiceSpec } from '../../../src/docker/api.ts'
import type { KnownObjects } from '../../../src/docker/specs/stack-objects.ts'
import type { Selection } from '../../../src/inputs/selection.ts'
import { type Present, presentIds, runningOf } from '../../../src/plan/recorded.ts'
import type { DeployRecord } from '../../../src/records/record.ts'

const NAMESPACE = 'com.docker.stack.namespace'
const NOTHING: KnownObjects = { secret: [], config: [], networks: [] }

function spec(name: string, image: string, more: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    Name: name,
    Mode: { Replicated: { Replicas: 2 } },
    TaskTemplate: { ContainerSpec: { Image: image } },
    Labels: { [NAMESPACE]: 'shop' },
    ...more,
  }
}

function service(of: ServiceSpec): Service {
  return { ID: `id-${of.Name}`, Version: { Index: 1 }, Spec: of } as Service
}

function record(
  version: number,
  specs: readonly ServiceSpec[],
  names: Partial<DeployRecord['names']> = {},
): DeployRecord {
  return {
    subject: { kind: 'stack', name: 'shop' },
    version,
    at: '2026-11-20T10:00:00Z',
    runs: [],
    services: specs.map((one) => ({ name: one.Name, image: '', spec: one })),
    names: { networks: {}, secrets: {}, configs: {}, ...names },
  }
}

function present(specs: readonly ServiceSpec[], objects: KnownObjects = NOTHING): Present {
  return { services: specs.map(service), objects }
}

/** What every object of a kind looks like in an answer. */
const object = (ID: string, Name: string) => ({ ID, Spec: { Name } })
const network = (Id: string, Name: string, Scope = 'swarm') => ({ Id, Name, Scope })

describe('what a record names, as it is now', () => {
  const needing = spec('shop_web', 'web:1', {
    TaskTemplate: {
      ContainerSpec: {
        Image: 'web:1',
        Secrets: [{ SecretID: 's1', SecretName: 'key' }],
        Configs: [{ ConfigID: 'c1', ConfigName: 'conf' }],
        Privileges: { CredentialSpec: { Config: 'c2' } },
      },
      Networks: [{ Target: 'n1' }],
    },
  } as Partial<ServiceSpec>)
  const NAMES = { networks: { n1: 'shop_net' }, secrets: { s1: 'key' }, configs: { c1: 'conf', c2: 'gmsa' } }
  const find = (objects: KnownObjects) =>
    presentIds(record(1, [needing, { ...needing, Name: 'shop_api' }], NAMES), { objects })

  test('keeps its IDs while they are there', () => {
    const objects = {
      secret: [object('s1', 'key'), object('s9', 'key')],
      config: [object('c1', 'conf'), object('c2', 'gmsa')],
      networks: [network('n1', 'shop_net')],
    }
    expect(find(objects)).toEqual({ ids: new Map(), gone: [] })
  })

  test('is found by its name where it was made anew', () => {
    const objects = {
      secret: [object('s9', 'key')],
      config: [object('c9', 'conf'), object('c8', 'gmsa')],
      networks: [network('n7', 'shop_net', 'local'), network('n9', 'shop_net')],
    }
    expect(find(objects)).toEqual({
      ids: new Map<string, object>([
        ['s1', { id: 's9', name: 'key' }],
        ['c1', { id: 'c9', name: 'conf' }],
        ['n1', { id: 'n9' }],
        ['c2', { id: 'c8', name: 'gmsa' }],
      ]),
      gone: [],
    })
  })

  test('is gone where neither is there, with all that need it', () => {
    const services = ['shop_web', 'shop_api']
    expect(find(NOTHING).gone).toEqual([
      { kind: 'secret', name: 'key', services },
      { kind: 'config', name: 'conf', services },
      { kind: 'network', name: 'shop_net', services },
      { kind: 'config', name: 'gmsa', services },
    ])
  })
})

describe('which record runs', () => {
  const running = (records: readonly DeployRecord[], now: Present, rerunJobs = false, only: Selection = 'all') =>
    runningOf(records, { rerunJobs, only }, now).record?.version

  const web = spec('shop_web', 'web:1')
  const newer = spec('shop_web', 'web:2')
  const scaled = (of: ServiceSpec, count: number) => ({ ...of, Mode: { Replicated: { Replicas: count } } })

  test('is the newest with the same specs', () => {
    expect(running([record(3, [web]), record(2, [newer]), record(1, [web])], present([web]))).toBe(3)
    expect(running([record(3, [newer]), record(2, [web])], present([web]))).toBe(2)
  })

  test('is none where somebody has changed a service, or removed it', () => {
    expect(running([record(1, [web])], present([newer]))).toBeUndefined()
    expect(running([record(1, [web])], present([]))).toBeUndefined()
  })

  test('is the one with the same number of tasks, else one with another', () => {
    const records = [record(2, [scaled(web, 5)]), record(1, [web])]
    expect(running(records, present([web]))).toBe(1)
    expect(running(records, present([scaled(web, 7)]))).toBe(2)
    // Neither is another version than what runs.
    const now = runningOf(records, { rerunJobs: false, only: 'all' }, present([scaled(web, 7)]))
    expect(records.map((one) => now.has(one))).toEqual([true, true])
  })

  test('is one with another number of tasks also where others set it, and the record does not say so', () => {
    const kept = { ...scaled(web, 7), Labels: { ...web.Labels, 'swarm-deploy.keep-replicas': 'input' } }
    const records = [record(2, [kept]), record(1, [web])]
    const now = runningOf(records, { rerunJobs: false, only: 'all' }, present([kept]))
    expect([now.record?.version, ...records.map((one) => now.has(one))]).toEqual([2, true, true])
  })

  test('and no record has what runs where services have come since', () => {
    const records = [record(1, [web])]
    const now = runningOf(records, { rerunJobs: false, only: 'all' }, present([web, spec('shop_api', 'api:1')]))
    expect([now.record?.version, ...records.map((one) => now.has(one))]).toEqual([1, false])
  })

  test('does not depend on how often its tasks were replaced by force', () => {
    const forced = { ...web, TaskTemplate: { ...web.TaskTemplate, ForceUpdate: 3 } }
    expect(running([record(1, [web])], present([forced]))).toBe(1)
  })

  test('does not depend on the labels by which this action knows a service again', () => {
    const known = { ...web, Labels: { ...web.Labels, 'swarm-deploy.write': '7', 'swarm-deploy.auth.account': 'bob' } }
    expect(running([record(1, [web])], present([known]))).toBe(1)
  })

  test('is the colour that has the traffic, under whatever name', () => {
    const of = (name: string, live: string) => ({
      ...web,
      Name: name,
      Labels: {
        ...web.Labels,
        'swarm-deploy.blue-green': 'shop_web',
        'swarm-deploy.live': live,
        'swarm-deploy.route': '{"labels":["com."]}',
      },
    })
    expect(running([record(1, [web])], present([of('shop_web-green', '2')]))).toBe(1)
  })

  test('does not depend on jobs that are not to run again', () => {
    const job = (image: string) => ({ ...spec('shop_job', image), Mode: { ReplicatedJob: {} } })
    const records = [record(1, [web, job('job:1')])]
    const now = present([web, job('job:2')])
    expect([running(records, now), running(records, now, true)]).toEqual([1, undefined])
  })

  test('is one that has all services, before one that lacks some', () => {
    const api = spec('shop_api', 'api:1')
    const records = [record(2, [web]), record(1, [web, api])]
    expect(running(records, present([web, api]))).toBe(1)
    expect(running(records.slice(0, 1), present([web, api]))).toBe(2)
  })

  test('is told by the services that are meant', () => {
    const [api, newApi] = [spec('shop_api', 'api:1'), spec('shop_api', 'api:2')]
    const records = [record(2, [newer, newApi]), record(1, [web, api])]
    expect(running(records, present([web, newApi]))).toBeUndefined()
    expect(running(records, present([web, newApi]), false, ['web'])).toBe(1)
    expect(running(records, present([web, newApi]), false, ['shop_api'])).toBe(2)
  })
})
