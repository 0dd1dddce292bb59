import { describe, expect, test } from '@jest/globals'
import { Cancelled, messageOf, throwAll, UserError, UserErrors } from '../../src/errors.ts'

describe('problems', () => {
  test('are thrown together, each to be read by itself', () => {
    const problems = ['cannot log in to ghcr.io', 'no service web']
    const thrown = () => throwAll(problems)
    expect(thrown).toThrow(UserErrors)
    expect(thrown).toThrow(expect.objectContaining({ problems, message: 'cannot log in to ghcr.io\nno service web' }))
  })

  test('are thrown though there is one only', () => {
    expect(() => throwAll(['no service web'])).toThrow('no service web')
  })

  test('are something that the user can mend', () => {
    expect(new UserErrors(['x'])).toBeInstanceOf(UserError)
  })

  test.each([
    ['UserError', new UserError('x')],
    ['UserErrors', new UserErrors(['x'])],
    ['Cancelled', new Cancelled('SIGINT')],
  ])('have a name of their own: %s', (name, error) => {
    expect(String(error)).toMatch(new RegExp(`^${name}: `))
  })

  test('are not thrown when there are none', () => {
    expect(() => throwAll([])).not.toThrow()
  })
})

describe('a stop', () => {
  test('is not for the user to mend, and says what stopped the run', () => {
    expect(new Cancelled('SIGTERM')).not.toBeInstanceOf(UserError)
    expect(new Cancelled('SIGTERM').message).toBe('Stopped by SIGTERM')
  })
})

describe('the message of what was thrown', () => {
  test.each<[string, unknown]>([
    ['broken', new Error('broken')],
    ['mend it', new UserError('mend it')],
    ['a text', 'a text'],
    ['undefined', undefined],
    ['42', 42],
  ])('is "%s"', (message, thrown) => {
    expect(messageOf(thrown)).toBe(message)
  })
})
