import { expect, test } from '@jest/globals'
import { readSigns } from '../../../../src/runner/secrets/written-signs.ts'

test.each([
  ['a%70%41b', 'apAb'],
  ['%c3%A9x', 'éx'],
  [String.raw`\u0070\\u0071\x72`, 'pqr'],
  ['&#112;&#x70;', 'pp'],
  ['&#9999999;', '\ufffd'],
])('%s is read', (written, text) => {
  expect(readSigns(written)?.text).toBe(text)
})

test('a text without such signs is not', () => {
  expect(readSigns('100 % of \\users & #1;')).toBeUndefined()
})

test('each part is found again', () => {
  const written = 'a %c3%a9\\u0070 b'
  const { text, placeOf } = readSigns(written) as NonNullable<ReturnType<typeof readSigns>>
  const place = (part: string) => {
    const start = text.indexOf(part)
    const { start: from, end } = placeOf({ start, end: start + part.length })
    return written.slice(from, end)
  }
  expect(['a', 'é', 'ép', 'p', 'b', text].map(place)).toEqual(['a', '%c3%a9', '%c3%a9\\u0070', '\\u0070', 'b', written])
})
