import { describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../../../src/docker/api.ts'
import { parseReference } from '../../../../src/docker/registry/reference.ts'
import { type Asked, difference, withDifference } from '../../../../src/docker/specs/service-spec.ts'
import { createSpec, digest } from '../../../support/builders.ts'

const NOTHING: Asked = { image: undefined, replicas: undefined, env: {} }
const NONE = { ...NOTHING, words: [] }

function specWith(Image: string, Env?: readonly string[]): ServiceSpec {
  return createSpec({ TaskTemplate: { ContainerSpec: { Image, ...(Env === undefined ? {} : { Env }) } } })
}

describe('what differs', () => {
  test('is nothing when nothing is asked', () => {
    expect(difference(createSpec(), NOTHING)).toEqual(NONE)
  })

  test('is all that is asked of a service that is not there yet', () => {
    const asked = { image: parseReference('nginx:1'), replicas: 2, env: { A: '1' } }
    expect(difference(undefined, asked)).toEqual({ ...asked, words: [] })
  })

  test('is all of it together, in the words of the user', () => {
    const asked = { image: parseReference(`nginx@${digest('b')}`), replicas: 3, env: { A: '1', B: '2' } }
    expect(difference(createSpec(), asked)).toEqual({ ...asked, words: ['image', 'replicas 1 → 3', 'env A, B'] })
  })

  describe('in the image', () => {
    test.each([
      ['another digest of the same tag', `ghcr.io/acme/web:1@${digest('b')}`],
      ['another tag of the same digest', `ghcr.io/acme/web:2@${digest('a')}`],
      ['no digest', 'ghcr.io/acme/web:1'],
      ['another repository', `ghcr.io/acme/api:1@${digest('a')}`],
      ['another registry', `acme/web:1@${digest('a')}`],
    ])('is %s', (_, text) => {
      const image = parseReference(text)
      expect(difference(createSpec(), { ...NOTHING, image })).toEqual({ ...NONE, image, words: ['image'] })
    })

    test.each([
      [`nginx:1.27@${digest('a')}`, `docker.io/library/nginx:1.27@${digest('a')}`],
      [`docker.io/library/nginx:1.27@${digest('a')}`, `nginx:1.27@${digest('a')}`],
      ['nginx', 'nginx:latest'],
    ])('is not how it is written: %s is %s', (now, asked) => {
      expect(difference(specWith(now), { ...NOTHING, image: parseReference(asked) })).toEqual(NONE)
    })

    test('is any image when the service has none', () => {
      const { ContainerSpec: _, ...TaskTemplate } = createSpec().TaskTemplate
      const image = parseReference('nginx')
      expect(difference({ ...createSpec(), TaskTemplate }, { ...NOTHING, image }).image).toEqual(image)
    })
  })

  describe('in the replicas', () => {
    test.each([
      [2, 3, ['replicas 2 → 3']],
      [2, 0, ['replicas 2 → 0']],
      [0, 1, ['replicas 0 → 1']],
      [undefined, 2, ['replicas 1 → 2']],
    ])('is %s against %s', (now, replicas, words) => {
      const spec = createSpec({ Mode: { Replicated: now === undefined ? {} : { Replicas: now } } })
      expect(difference(spec, { ...NOTHING, replicas })).toEqual({ ...NONE, replicas, words })
    })

    test.each([
      [3, 3],
      [0, 0],
      [undefined, 1],
    ])('is not %s against %s', (now, replicas) => {
      const spec = createSpec({ Mode: { Replicated: now === undefined ? {} : { Replicas: now } } })
      expect(difference(spec, { ...NOTHING, replicas })).toEqual(NONE)
    })
  })

  describe('in the variables', () => {
    const spec = specWith('nginx', ['KEPT=1', 'SAME=a=b', 'EMPTY=', 'BARE', 'TWICE=old', 'TWICE=new'])

    test('is only what has another value or is not there, and no value is in the words', () => {
      const env = { SAME: 'a=b', KEPT: 'swordfish', NEW: '' }
      expect(difference(spec, { ...NOTHING, env })).toEqual({
        ...NONE,
        env: { KEPT: 'swordfish', NEW: '' },
        words: ['env KEPT, NEW'],
      })
    })

    test.each([
      ['a value with an = in it', { SAME: 'a=b' }],
      ['an empty value', { EMPTY: '' }],
      ['a name without a value', { BARE: '' }],
      ['the last of two values, which is what the container sees', { TWICE: 'new' }],
    ])('is not %s', (_, env) => {
      expect(difference(spec, { ...NOTHING, env })).toEqual(NONE)
    })

    test.each([
      ['a part of the value', { SAME: 'a' }],
      ['the first of two values', { TWICE: 'old' }],
      ['a name in other letters', { kept: '1' }],
      ['a name that every object has', { constructor: 'x' }],
    ])('is %s', (_, env) => {
      expect(difference(spec, { ...NOTHING, env }).env).toEqual(env)
    })

    test('is every variable when the service has none', () => {
      expect(difference(specWith('nginx'), { ...NOTHING, env: { A: '1' } }).env).toEqual({ A: '1' })
    })
  })
})

test('a variable that is set leaves all others as they are, also a name alone', () => {
  const spec = createSpec({
    TaskTemplate: { ContainerSpec: { Image: 'nginx', Env: ['BARE', 'EMPTY=', 'A=b=c', 'OLD=1'] } },
  })
  const { TaskTemplate } = withDifference(spec, { image: undefined, replicas: undefined, env: { OLD: '2', NEW: '' } })
  expect(TaskTemplate.ContainerSpec?.Env).toEqual(['BARE', 'EMPTY=', 'A=b=c', 'OLD=2', 'NEW='])
})
