import { describe, expect, test } from '@jest/globals'
import type { Service, ServiceSpec, UpdateStatus } from '../../../src/docker/api.ts'
import { specDifference } from '../../../src/docker/specs/spec-difference.ts'
import { driftOf } from '../../../src/plan/drift.ts'
import { emptied, withFirstTasks } from '../../../src/plan/interim-spec.ts'
import { WRITE_LABEL } from '../../../src/runner/own-labels.ts'
import { createSpec } from '../../support/builders.ts'

const NO_NAMES = new Map<string, string>()
const MARK = { token: 't', owner: 'o', url: '', until: 1, hasLock: false }

/** A spec with so many replicas, of our write with that number. */
function spec(number: number | undefined, replicas = 2, more: Partial<ServiceSpec> = {}): ServiceSpec {
  const { Labels, ...rest } = more
  const own = number === undefined ? {} : { [WRITE_LABEL]: String(number) }
  return createSpec({ Mode: { Replicated: { Replicas: replicas } }, ...rest, Labels: { ...Labels, ...own } })
}

function drift(now: ServiceSpec, before: ServiceSpec | undefined, state?: string, wanted = now) {
  const status = state === undefined ? {} : { UpdateStatus: { State: state } as UpdateStatus }
  const service = { ID: 'a', Version: { Index: 1 }, Spec: now, ...(before && { PreviousSpec: before }), ...status }
  return driftOf(service as Service, specDifference(now, wanted), NO_NAMES)
}

const told = (of: ReturnType<typeof drift>) =>
  of &&
  [of.how, ...of.changes.map(({ field, key, before, after }) => `${field}${key ?? ''} ${before} ${after}`)].join('; ')

describe('whose the last write was', () => {
  test.each<[string, ServiceSpec, ServiceSpec | undefined, string | undefined, string | undefined]>([
    ['the first write of ours', spec(1), undefined, undefined, undefined],
    ['the next of ours', spec(2, 3), spec(1), undefined, undefined],
    ['ours over one of somebody else', spec(1, 3), spec(undefined), undefined, undefined],
    ['no number at all', spec(undefined, 3), spec(undefined), undefined, undefined],
    ['Swarm has rolled ours back, and forgets it', spec(1), undefined, 'rollback_completed', undefined],
    ['scaled over ours', spec(1, 3), spec(1), undefined, 'changed; replicas 2 3'],
    ['a write that changes nothing', spec(1), spec(1), undefined, undefined],
    ['a stack deploy over ours', spec(undefined, 3), spec(1), 'completed', 'changed; replicas 2 3'],
    ['ours rolled back', spec(1), spec(2, 3), 'rollback_completed', 'rolled-back; replicas 3 2'],
    ['our first write rolled back', spec(undefined), spec(1, 3), 'rollback_started', 'rolled-back; replicas 3 2'],
    ['rolled back, and that as well', spec(2, 3), spec(1), 'rollback_completed', undefined],
    ['scaled, and rolled back', spec(1), spec(1, 3), 'rollback_completed', 'restored'],
    ['a stack deploy, rolled back', spec(1), spec(undefined, 3), 'rollback_completed', undefined],
    ['a credential of ours, rolled back', spec(1), spec(2), 'rollback_completed', undefined],
    [
      'what anybody may write',
      { ...spec(1), Labels: { [WRITE_LABEL]: 'x' } },
      spec(undefined, 3),
      undefined,
      undefined,
    ],
  ])('%s', (_, now, before, state, what) => {
    expect(told(drift(now, before, state))).toBe(what)
  })

  test('an intermediate spec, and the way out of it, is ours', () => {
    const before = spec(1, 3)
    const wanted = createSpec({ ...before, TaskTemplate: { ContainerSpec: { Image: 'acme/web:other' } } })
    for (const interim of [emptied(before, MARK), withFirstTasks(before, wanted, 1, MARK)]) {
      const ours = { ...interim, Labels: { ...interim.Labels, [WRITE_LABEL]: '2' } }
      expect(drift(ours, before)).toBeUndefined()
      expect(drift(before, ours, 'rollback_completed')).toBeUndefined()
      const theirs = { ...ours, Labels: { ...ours.Labels, team: 'b' } }
      expect(told(drift(theirs, ours))).toBe('changed; labelteam undefined b')
      expect(told(drift({ ...before, Labels: {} }, emptied(spec(2, 3), MARK)))).toBeUndefined()
    }
  })

  test('labels that we keep for ourselves are nothing that somebody has changed', () => {
    const own = { 'swarm-deploy.create-args': '[]', 'swarm-deploy.live': '2', 'swarm-deploy.blue-green': 'web' }
    expect(told(drift(spec(undefined, 2, { Labels: { a: '1' } }), spec(3, 2, { Labels: own })))).toBe(
      'changed; labela undefined 1',
    )
    expect(drift(spec(undefined), spec(3, 2, { Labels: own }))).toBeUndefined()
  })
})

test('what a deploy does about it: back, another value, or nothing', () => {
  const before = spec(1, 2, { Labels: { a: '1', b: '1' } })
  const now = spec(1, 3, { Labels: { a: '2', c: '1' } })
  const wanted = spec(1, 2, { Labels: { a: '3', c: '1' } })
  const changes = drift(now, before, undefined, wanted)?.changes ?? []
  expect(changes.map(({ field, key, deploy }) => [field, key, deploy])).toEqual([
    ['replicas', undefined, 'goes-back'],
    ['label', 'a', 'changes'],
    ['label', 'b', 'stays'],
    ['label', 'c', 'stays'],
  ])
})

test('a number of tasks that others set is nothing that somebody has changed', () => {
  const spec = (replicas: number, label: string) =>
    createSpec({
      Mode: { Replicated: { Replicas: replicas } },
      Labels: { [WRITE_LABEL]: '1', 'swarm-deploy.keep-replicas': label },
    })
  expect(drift(spec(5, 'true'), spec(2, 'true'))).toBeUndefined()
  expect(drift(spec(5, 'false'), spec(2, 'false'))).toMatchObject({ changes: [{ field: 'replicas' }] })
})
