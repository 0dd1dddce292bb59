import { describe, expect, test } from '@jest/globals'
import { agreeOnVersion, EngineError } from '../../../src/docker/engine.ts'

describe('the API version to speak', () => {
  test.each([
    ['1.41', '1.41', 'the oldest that serves: Docker 20.10'],
    ['1.44', '1.44', "an older daemon's own"],
    ['1.54', '1.54', 'our own'],
    ['1.55', '1.54', 'our own with a newer daemon'],
    ['1.100', '1.54', 'compared by numbers, not by letters'],
    ['2.0', '1.54', 'compared by the first number first'],
  ])('with a daemon of %s is %s: %s', (offered, agreed) => {
    expect(agreeOnVersion(offered)).toBe(agreed)
  })

  test.each(['1.40', '1.9', '1.4', '0.99'])('with a daemon of %s is none: it is too old', (offered) => {
    expect(() => agreeOnVersion(offered)).toThrow(
      new EngineError(400, `its API ${offered} is too old: Docker 20.10 (API 1.41) is the oldest that serves`),
    )
  })
})
