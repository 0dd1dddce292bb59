import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, jest, test } from '@jest/globals'
import type { ServiceSpec } from '../../../src/docker/api.ts'
import { parseGoJson } from '../../../src/docker/engine/go-json.ts'
import type { StackObject } from '../../../src/docker/specs/stack-objects.ts'
import { objectName, recordBody, recordsIn } from '../../../src/records/format.ts'
import { type DeployRecord, recordedSpec, recordsOf, sameContent } from '../../../src/records/record.ts'
import { createRecord, createRecordedRun, createSpec } from '../../support/builders.ts'

function objectOf(record: DeployRecord, id = 'one'): StackObject {
  const body = recordBody(record, `record-${id}`)
  if (!('Name' in body)) throw new Error('too large')
  return { ID: id, Spec: body }
}

/** The same object with another content, as somebody else could write it. */
function forged(record: DeployRecord, change: (content: Record<string, unknown>) => unknown): StackObject {
  const { ID, Spec } = objectOf(record)
  const content = JSON.parse(gunzipSync(Buffer.from(Spec.Data ?? '', 'base64')).toString()) as Record<string, unknown>
  return { ID, Spec: { ...Spec, Data: gzipSync(JSON.stringify(change(content))).toString('base64') } }
}

describe('a record in a config object', () => {
  test('comes back as it was written', () => {
    const record = createRecord({ version: 7, wentBackTo: 5 })
    expect(recordsIn([objectOf(record)])).toEqual({ kept: [{ record, ids: ['one'], needless: [] }], unreadable: [] })
  })

  test('has numbers that JavaScript would round as they were', () => {
    const data = gzipSync(
      gunzipSync(Buffer.from(objectOf(createRecord()).Spec.Data ?? '', 'base64'))
        .toString()
        .replace('"Image":', '"Ulimits":[{"Hard":9223372036854775807}],"Image":'),
    ).toString('base64')
    const { kept } = recordsIn([{ ID: 'one', Spec: { ...objectOf(createRecord()).Spec, Data: data } }])
    const again = objectOf(kept[0]?.record ?? createRecord())
    expect(gunzipSync(Buffer.from(again.Spec.Data ?? '', 'base64')).toString()).toContain('9223372036854775807')
  })

  test('is read again where a limit is one that JavaScript would round', () => {
    const Resources = { Limits: { MemoryBytes: parseGoJson('9223372036854775807') as number } }
    const spec = createSpec({ TaskTemplate: { ContainerSpec: { Image: 'a' }, Resources } })
    const { kept } = recordsIn([objectOf(createRecord({ services: [{ name: 'web', image: 'a', spec }] }))])
    expect(kept.map(({ record }) => record.services[0]?.spec)).toEqual([spec])
  })

  test('is read again where Swarm has left out the kind or the number of a resource, which are empty', () => {
    const Reservations = { GenericResources: [{ DiscreteResourceSpec: {} }, { NamedResourceSpec: {} }] }
    const TaskTemplate = { ContainerSpec: { Image: 'a' }, Resources: { Reservations } }
    const spec = createSpec({ TaskTemplate } as unknown as Partial<ServiceSpec>)
    const { kept } = recordsIn([objectOf(createRecord({ services: [{ name: 'web', image: 'a', spec }] }))])
    expect(kept.map(({ record }) => record.services[0]?.spec)).toEqual([spec])
  })

  test('is not made when it has more in it than a config object holds', () => {
    const noise = Array.from({ length: 80_000 }, (_, n) => `V${n}=${Math.sin(n)}`)
    const spec = createSpec({ TaskTemplate: { ContainerSpec: { Image: 'a', Env: noise } } })
    const body = recordBody(createRecord({ services: [{ name: 'web', image: 'a', spec }] }), 'record') as {
      bytes: number
      most: number
    }
    expect(body.bytes).toBeGreaterThan(body.most)
  })

  test('has a name that Swarm takes, whatever the subject is called', () => {
    for (const name of ['web', 'w'.repeat(63), `${'w'.repeat(10)}-${'_'.repeat(30)}x`]) {
      expect(objectName('0f0e0d0c-aaaa-bbbb-cccc-0123456789ab', { kind: 'stack', name })).toMatch(
        /^[a-zA-Z0-9](?:[a-zA-Z0-9._-]{0,62}[a-zA-Z0-9])?$/,
      )
    }
  })

  test('has another name for each subject of a run', () => {
    const long = 'a-very-long-name-of-some-service'
    const names = [`${long}-1`, `${long}-2`].map((name) => objectName('token', { kind: 'service', name }))
    expect(new Set(names).size).toBe(2)
  })
})

describe('what is no record', () => {
  const record = createRecord()
  const cases: readonly (readonly [string, (content: Record<string, unknown>) => unknown])[] = [
    ['is null', () => null],
    ['is of a format to come', (content) => ({ ...content, format: 2 })],
    [
      'is of another subject than its label says',
      (content) => ({ ...content, subject: { kind: 'service', name: 'db' } }),
    ],
    ['has the version 0', (content) => ({ ...content, version: 0 })],
    ['has half a version', (content) => ({ ...content, version: 1.5 })],
    ['has no time', (content) => ({ ...content, at: 'yesterday' })],
    ['has no run', (content) => ({ ...content, runs: [] })],
    ['has a run without an owner', (content) => ({ ...content, runs: [{ ...createRecordedRun(), owner: 7 }] })],
    ['has more runs than we write', (content) => ({ ...content, runs: Array(21).fill(createRecordedRun()) })],
    ['has no services', (content) => ({ ...content, services: [] })],
    ['has two services for one', (content) => ({ ...content, services: [service('web'), service('db')] })],
    ['has another service than its own', (content) => ({ ...content, services: [service('db')] })],
    [
      'has a spec of another name',
      (content) => ({ ...content, services: [{ ...service('web'), spec: createSpec({ Name: 'db' }) }] }),
    ],
    [
      'has a spec without a container',
      (content) => ({
        ...content,
        services: [{ ...service('web'), spec: { Name: 'web', Mode: {}, TaskTemplate: {} } }],
      }),
    ],
    ['has variables that are no list', (content) => ({ ...content, services: [withContainer({ Env: { A: 'b' } })] })],
    [
      'has secrets without an ID',
      (content) => ({ ...content, services: [withContainer({ Secrets: [{ SecretName: 'a' }] })] }),
    ],
    ['has groups that are no list', (content) => ({ ...content, services: [withContainer({ Groups: 'x' })] })],
    ['has limits that are no list', (content) => ({ ...content, services: [withContainer({ Ulimits: 'x' })] })],
    [
      'has a setting that cannot become a text',
      (content) => ({ ...content, services: [withContainer({ Sysctls: { a: { toString: 'x' } } })] }),
    ],
    [
      'has a bind mount whose propagation cannot become a text',
      (content) => ({
        ...content,
        services: [withContainer({ Mounts: [{ Type: 'bind', BindOptions: { Propagation: { toString: 'x' } } }] })],
      }),
    ],
    ['has a number that `to` does not take', (content) => ({ ...content, version: 1_000_000_000 })],
    ['is deeper than any spec', (content) => ({ ...content, services: [withContainer({ Deep: nested(200) })] })],
    [
      'has names of what has no ID',
      (content) => ({ ...content, names: { networks: { 'a b': 'c' }, secrets: {}, configs: {} } }),
    ],
  ]

  test.each(cases)('it %s', (_, change) => {
    expect(recordsIn([forged(record, change)])).toEqual({ kept: [], unreadable: ['record-one'] })
  })

  test('it is no gzip, has no content, or unpacks to more than any record has', () => {
    const { ID, Spec } = objectOf(record)
    const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024, ' ')).toString('base64')
    for (const Data of ['', 'bm90IGd6aXA=', bomb]) {
      expect(recordsIn([{ ID, Spec: { ...Spec, Data } }])).toMatchObject({ kept: [], unreadable: ['record-one'] })
    }
    expect(recordsIn([{ ID, Spec: { Name: 'record-one', Labels: Spec.Labels ?? {} } }]).kept).toEqual([])
  })

  test('a stack cannot be written back over the services of others', () => {
    const other = { name: 'shop_web', image: 'a', spec: createSpec({ Name: 'shop_web' }) }
    const stack = createRecord({ subject: { kind: 'stack', name: 'shop' }, services: [other] })
    expect(recordsIn([objectOf(stack)]).kept).toEqual([])
    const Labels = { 'com.docker.stack.namespace': 'shop' }
    const own = { ...other, spec: { ...other.spec, Labels } }
    expect(recordsIn([objectOf({ ...stack, services: [own] })]).kept).toHaveLength(1)
  })

  test('a config of somebody else is passed over', () => {
    expect(recordsIn([{ ID: 'one', Spec: { Name: 'nginx.conf', Data: 'YQ==' } }])).toEqual({ kept: [], unreadable: [] })
  })
})

test('text of others is fit to be shown, and a link leads to a page', () => {
  const run = createRecordedRun({ owner: 'a\u001b[31m\nb', commit: 'x'.repeat(1000), url: 'javascript:alert(1)' })
  const [one] = recordsIn([objectOf(createRecord({ runs: [run] }))]).kept
  expect(one?.record.runs[0]).toMatchObject({ owner: 'a b', url: '' })
  expect(one?.record.runs[0]?.commit.length).toBeLessThan(400)
  const withPassword = createRecordedRun({ url: 'https://bot:pw-of-bot@ci.example.com/7' })
  const [other] = recordsIn([objectOf(createRecord({ runs: [withPassword] }))]).kept
  expect(other?.record.runs[0]?.url).toBe('https://ci.example.com/7')
})

describe('records side by side', () => {
  const other = createRecord({ services: [service('web', 'ghcr.io/acme/web:2')] })

  test('are in the order of their versions, the newest first', () => {
    const all = [2, 10, 1].map((version) => objectOf(createRecord({ version }), `v${version}`))
    expect(recordsIn(all).kept.map(({ record }) => record.version)).toEqual([10, 2, 1])
  })

  test('of one version and one content are one, with the runs of both', () => {
    const runs = ['11', '12'].map((runId, at) => createRecordedRun({ runId, at: `2026-11-26T10:00:0${at}Z` }))
    const all = runs.map((run, n) => objectOf(createRecord({ runs: [run], at: run.at }), `id${n}`))
    const { kept } = recordsIn(all)
    expect(kept).toHaveLength(1)
    expect(kept[0]?.ids).toEqual(['id1', 'id0'])
    expect(kept[0]?.record.runs.map(({ runId }) => runId)).toEqual(['12', '11'])
  })

  test('of one version and different contents are two', () => {
    expect(recordsIn([objectOf(createRecord(), 'a'), objectOf(other, 'b')]).kept).toHaveLength(2)
  })

  test('are read though there are hundreds of one version, each with another content', () => {
    const all = Array.from({ length: 300 }, (_, n) =>
      objectOf(createRecord({ services: [service('web', `ghcr.io/acme/web:${n}`)] }), `id${n}`),
    )
    // One that is compared with each of the others looks at ninety thousand specs.
    const compared = jest.spyOn(JSON, 'stringify')
    try {
      expect(recordsIn(all).kept).toHaveLength(300)
      expect(compared.mock.calls.length).toBeLessThan(20 * 300)
    } finally {
      compared.mockRestore()
    }
  })

  test('of two subjects are told apart', () => {
    const db = createRecord({ subject: { kind: 'service', name: 'db' }, services: [service('db')] })
    const { kept } = recordsIn([objectOf(createRecord(), 'a'), objectOf(db, 'b')])
    expect(recordsOf(kept, db.subject).map(({ ids }) => ids)).toEqual([['b']])
  })

  test('the same content is told by what the swarm makes of specs', () => {
    expect(sameContent(createRecord(), createRecord({ version: 9 }))).toBe(true)
    expect(sameContent(createRecord(), other)).toBe(false)
  })
})

test('a recorded spec has the name of the files, and no label that is only of one service', () => {
  const Labels = {
    'com.acme.team': 'web',
    'swarm-deploy.write': '7',
    'swarm-deploy.auth.account': 'bob',
    'swarm-deploy.live': '3',
    'swarm-deploy.blue-green': 'web',
  }
  expect(recordedSpec(createSpec({ Name: 'web-green', Labels }), 'web')).toEqual(
    createSpec({ Name: 'web', Labels: { 'com.acme.team': 'web' } }),
  )
})

function service(name: string, image = 'ghcr.io/acme/web:1') {
  return { name, image, spec: createSpec({ Name: name, TaskTemplate: { ContainerSpec: { Image: image } } }) }
}

function withContainer(container: object) {
  const spec = createSpec()
  const ContainerSpec = { Image: 'a', ...container }
  return { name: 'web', image: 'a', spec: { ...spec, TaskTemplate: { ...spec.TaskTemplate, ContainerSpec } } }
}

function nested(depth: number): unknown {
  return depth === 0 ? 'end' : [nested(depth - 1)]
}
