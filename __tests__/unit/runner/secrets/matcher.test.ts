import { expect, test } from '@jest/globals'
import { Matcher } from '../../../../src/runner/secrets/matcher.ts'

/** The same random numbers at each run (Park and Miller). */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
}

/** What is replaced, by the plainest means: every place of every text is marked. */
function marked(text: string, searched: readonly string[]): string {
  const covered = new Set<number>()
  for (const one of searched) {
    for (let at = text.indexOf(one); at >= 0; at = text.indexOf(one, at + 1)) {
      for (let index = at; index < at + one.length; index++) covered.add(index)
    }
  }
  return [...text].map((char, index) => (covered.has(index) ? '*' : char)).join('')
}

test('finds in 300 random texts what a plain search finds', () => {
  const next = random(13)
  const word = (length: number) => Array.from({ length }, () => 'ab:'[next(3)]).join('')
  for (let round = 0; round < 300; round++) {
    const searched = [...new Set(Array.from({ length: 1 + next(12) }, () => word(4 + next(6))))]
    const text = word(next(120))
    const matcher = new Matcher()
    const expectFound = (texts: readonly string[]) => {
      const expected = marked(text, texts).replace(/\*+/g, '<>')
      expect(matcher.replaceAll(text, '<>').replace(/(?:<>)+/g, '<>')).toBe(expected)
    }
    // Some come after it was used.
    const first = next(searched.length + 1)
    for (const one of searched.slice(0, first)) matcher.add(one)
    expectFound(searched.slice(0, first))
    for (const one of searched.slice(first)) matcher.add(one)
    expectFound(searched)
  }
})
