import { describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../../src/docker/api.ts'
import { parseReference } from '../../../src/docker/reference.ts'
import { type Asked, difference, sameSpec } from '../../../src/docker/service-spec.ts'
import { createSpec, digest } from '../../support/builders.ts'

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

/** A spec with fields that this action does not name. */
function raw(fields: object): ServiceSpec {
  return { ...createSpec(), ...fields } as ServiceSpec
}

describe('two specs are the same', () => {
  test.each<[string, ServiceSpec, ServiceSpec]>([
    ['with their keys in another order', raw({ A: { b: 1, c: 2 } }), raw({ A: { c: 2, b: 1 } })],
    ['with their variables in another order', specWith('nginx', ['A=1', 'B=2']), specWith('nginx', ['B=2', 'A=1'])],
    ['with an empty list against none', raw({ Networks: [] }), raw({})],
    ['with an empty object against none', raw({ Labels: {} }), raw({})],
    ['with objects that hold nothing against none', raw({ A: { b: { c: [] }, d: null } }), raw({})],
    ['with null against none', raw({ Networks: null }), raw({})],
    ['with 0 against none', raw({ UpdateConfig: { Delay: 0 } }), raw({})],
    ['with false against none', raw({ TTY: false }), raw({})],
    ['with an empty text against none', raw({ Hostname: '' }), raw({})],
  ])('%s', (_, a, b) => {
    expect(sameSpec(a, b)).toBe(true)
    expect(sameSpec(b, a)).toBe(true)
  })

  test('and stay as they were', () => {
    const spec = specWith('nginx', ['B=2', 'A=1'])
    sameSpec(spec, spec)
    expect(spec.TaskTemplate.ContainerSpec?.Env).toEqual(['B=2', 'A=1'])
  })
})

describe('two specs are not the same', () => {
  test.each<[string, ServiceSpec, ServiceSpec]>([
    ['with another value deep within', raw({ A: { b: [{ c: 1 }] } }), raw({ A: { b: [{ c: 2 }] } })],
    ['with another variable', specWith('nginx', ['A=1']), specWith('nginx', ['A=2'])],
    ['with one variable more', specWith('nginx', ['A=1']), specWith('nginx', ['A=1', 'B=1'])],
    ['with arguments in another order', raw({ Args: ['a', 'b'] }), raw({ Args: ['b', 'a'] })],
    ['with an empty argument more', raw({ Args: ['a', ''] }), raw({ Args: ['a'] })],
    ['with a label more', raw({ Labels: { a: 'b' } }), raw({ Labels: {} })],
    ['with a number against the same text', raw({ A: 1 }), raw({ A: '1' })],
    ['with true against none', raw({ TTY: true }), raw({})],
  ])('%s', (_, a, b) => {
    expect(sameSpec(a, b)).toBe(false)
    expect(sameSpec(b, a)).toBe(false)
  })
})
