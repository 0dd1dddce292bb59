import { expect, test } from '@jest/globals'
import type { Engine } from '../../../src/docker/engine/engine.ts'
import { recordBody } from '../../../src/records/format.ts'
import { readRecords } from '../../../src/records/read.ts'
import { createRecord } from '../../support/builders.ts'

test('one request has the records of all subjects', async () => {
  const asked: unknown[] = []
  const record = createRecord()
  const engine = {
    get: (path: string, { query }: { query: unknown }) => {
      asked.push([path, query])
      return Promise.resolve([{ ID: 'one', Spec: recordBody(record, 'record') }])
    },
  } as unknown as Engine
  expect(await readRecords(engine, new AbortController().signal)).toEqual({
    kept: [{ record, ids: ['one'], needless: [] }],
    unreadable: [],
  })
  expect(asked).toEqual([['/configs', { filters: '{"label":["swarm-deploy.record.of"]}' }]])
})
