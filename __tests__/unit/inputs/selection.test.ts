import { describe, expect, test } from '@jest/globals'
import { parseSelection, selected, unknownNames } from '../../../src/inputs/selection.ts'

const OF_STACK = ['web', 'api', 'worker'].map((key) => ({ name: `shop_${key}`, key }))

describe('a selection', () => {
  test.each<[string, ReturnType<typeof parseSelection>]>([
    ['true', 'all'],
    ['True', 'all'],
    ['false', []],
    ['web', ['web']],
    ['web api', ['web', 'api']],
    ['web, api\n worker', ['web', 'api', 'worker']],
    ['web,web', ['web']],
    ['- web\n- api', ['web', 'api']],
    ['[web, api]', ['web', 'api']],
    ['- web, api\n- worker', ['web', 'api', 'worker']],
    ['[]', []],
  ])('of %j', (text, expected) => {
    expect(parseSelection(text)).toEqual(expected)
  })

  test.each([
    ['- {name: web}', 'line 1 is no name of a service: write names alone, such as `web api`'],
    ['- web\n- [api]', 'line 2 is no name of a service'],
    ['[web', 'line 1, column 5: a '],
    ['[""]', 'the list has only empty names, as of a variable that is not set'],
    ['- ""\n- ""', 'or `[]` for none'],
  ])('of %j is an error', (text, message) => {
    expect(() => parseSelection(text)).toThrow(message)
  })

  test('means names as the file has them, or whole', () => {
    expect([...selected(['web', 'shop_api', 'nobody'], OF_STACK)]).toEqual(['shop_web', 'shop_api'])
    expect([...selected('all', OF_STACK)]).toEqual(['shop_web', 'shop_api', 'shop_worker'])
  })

  test('means the name in the file first, where another is called so on the swarm', () => {
    const both = [
      { name: 'shop_web', key: 'web' },
      { name: 'shop_shop_web', key: 'shop_web' },
    ]
    expect([...selected(['shop_web'], both)]).toEqual(['shop_shop_web'])
  })
})

describe('names that nobody has', () => {
  test.each([
    [['wbe'], 'the stack shop has no service `wbe`: did you mean `web`?'],
    [['wbe', 'ap'], 'the stack shop has no service `wbe` or `ap`: did you mean `web` and `api`?'],
    [['zzzz'], 'the stack shop has no service `zzzz`: its services are `web`, `api` and `worker`'],
    [
      ['wbe', 'zzzz'],
      'the stack shop has no service `wbe` or `zzzz`: did you mean `web`? Its services are `web`, `api` and `worker`',
    ],
  ])('%j', (asked, message) => {
    expect(unknownNames(asked, OF_STACK, 'the stack shop')).toBe(message)
  })

  test('are none where each has one, or all are meant', () => {
    expect(unknownNames(['web', 'shop_api'], OF_STACK, 'it')).toBeUndefined()
    expect(unknownNames('all', OF_STACK, 'it')).toBeUndefined()
  })

  test('are told without a list that nobody would read', () => {
    const many = Array.from({ length: 30 }, (_, index) => ({ name: `service-number-${index}` }))
    expect(unknownNames(['zzzz'], many, 'it')).toMatch(/`service-number-7`, and 22 more$/)
  })
})
