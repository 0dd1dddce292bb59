import { expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../../../src/docker/api.ts'
import { withoutIgnored } from '../../../../src/docker/specs/spec-support.ts'
import { createSpec } from '../../../support/builders.ts'

const NEW = createSpec({
  TaskTemplate: {
    ContainerSpec: {
      Image: 'nginx',
      Healthcheck: { Test: ['CMD', 'true'], StartInterval: 2 },
      OomScoreAdj: 100,
      Mounts: [
        { Type: 'bind', BindOptions: { ReadOnlyNonRecursive: true, CreateMountpoint: true, NonRecursive: true } },
        { Type: 'volume', VolumeOptions: { Subpath: 'a' } },
      ],
    },
  },
} as unknown as Partial<ServiceSpec>)

const ALWAYS = ['`bind-recursive`', '`create_host_path`']

test.each([
  ['1.41', ['`healthcheck.start_interval`', '`volume.subpath`', '`oom_score_adj`', ...ALWAYS]],
  ['1.44', ['`volume.subpath`', '`oom_score_adj`', ...ALWAYS]],
  ['1.45', ['`oom_score_adj`', ...ALWAYS]],
  ['1.54', ALWAYS],
  ['1.56', ALWAYS],
])('a daemon of API %s ignores %j', (version, keys) => {
  const { kept, ignored } = withoutIgnored(NEW, version)
  expect(ignored).toEqual(keys)
  const text = JSON.stringify(kept)
  expect(text.includes('StartInterval')).toBe(!keys.some((key) => key.includes('start_interval')))
  expect(text.includes('Subpath')).toBe(!keys.some((key) => key.includes('subpath')))
  expect(text.includes('OomScoreAdj')).toBe(!keys.some((key) => key.includes('oom')))
  expect(text).toContain('"BindOptions":{"NonRecursive":true}')
  expect(kept.TaskTemplate.ContainerSpec?.Healthcheck?.Test).toEqual(['CMD', 'true'])
  expect(kept.TaskTemplate.ContainerSpec?.Mounts).toHaveLength(2)
})

test('a spec without them stays as it is', () => {
  expect(withoutIgnored(createSpec(), '1.41')).toEqual({ kept: createSpec(), ignored: [] })
})
