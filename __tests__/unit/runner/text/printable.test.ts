import { describe, expect, test } from '@jest/globals'
import { bothShortened, visible } from '../../../../src/runner/text/printable.ts'

describe('two texts are cut so that they still differ', () => {
  const common = 'c'.repeat(1000)

  test.each<[string, string | undefined, string | undefined, string | undefined, string | undefined]>([
    ['short ones stay', 'a', 'b', 'a', 'b'],
    ['one that was not there', undefined, 'x'.repeat(40), undefined, `${'x'.repeat(30)}… (10 more characters)`],
    ['a difference at the beginning', `a${common}`, 'b', `a${'c'.repeat(29)}… (971 more characters)`, 'b'],
    [
      'one near the end',
      `${common}a`,
      `${common}b`,
      `(990 characters before this) …${'c'.repeat(10)}a`,
      `(990 characters before this) …${'c'.repeat(10)}b`,
    ],
    [
      'the end of one of them',
      common,
      `${common}${'b'.repeat(50)}`,
      `(990 characters before this) …${'c'.repeat(10)}`,
      `(990 characters before this) …${'c'.repeat(10)}${'b'.repeat(20)}… (30 more characters)`,
    ],
    [
      'the same text twice',
      common,
      common,
      `${'c'.repeat(30)}… (970 more characters)`,
      `${'c'.repeat(30)}… (970 more characters)`,
    ],
  ])('%s', (_, before, after, ...shown) => {
    expect(bothShortened(before, after, 30)).toEqual(shown)
  })

  test('again, and the count stays true', () => {
    const [a, b] = bothShortened(`${common}a`, `${common}b`, 600)
    expect([a, b]).toEqual(['a', 'b'].map((end) => `(800 characters before this) …${'c'.repeat(200)}${end}`))
    expect(bothShortened(a, b, 30)).toEqual(
      ['a', 'b'].map((end) => `(990 characters before this) …${'c'.repeat(10)}${end}`),
    )
  })

  test('never through a character', () => {
    const [shown] = bothShortened(`${'😀'.repeat(20)}a`, `${'😀'.repeat(20)}b`, 30)
    expect(shown).toMatch(/^\(\d+ characters before this\) …(?:😀)+a$/)
  })
})

test('what cannot be seen is made visible', () => {
  expect(visible('a\t\n\u001b \u00a0\u200c\ufeff\ud83d"😀')).toBe(
    '"a\\t\\n\\u001b \\u{a0}\\u{200c}\\u{feff}\\ud83d\\"😀"',
  )
})
