import { expect, test } from '@jest/globals'
import { parseGoJson, rounded, toGoJson } from '../../../../src/docker/engine/go-json.ts'

test.each([
  '{"Soft":9223372036854775807,"Hard":9007199254740993,"Low":-9223372036854775808}',
  '[18446744073709551615]',
  '{"Env":["N=9007199254740993","[9007199254740993]","\\"9007199254740993"],"n":[9007199254740993]}',
  '{"Delay":31536000000000000,"MaxFailureRatio":0.1,"Id":"1234567890123456"}',
  `{"Data":"${'\\n1234567890123456789,'.repeat(10_000)}","n":9007199254740993}`,
])('what is read is written as it was', (text) => {
  expect(toGoJson(parseGoJson(text))).toBe(text)
})

test.each(['0.12345678901234567', '[-1.2345678901234567e-5,12345678901234567.5]', '{"n":1e-1234567890123456789}'])(
  'digits behind a point or in an exponent are no whole number: %s',
  (text) => {
    expect(parseGoJson(text)).toEqual(JSON.parse(text))
  },
)

test('numbers that JavaScript has exactly are numbers', () => {
  expect(parseGoJson('[31536000000000000,9007199254740991]')).toEqual([31_536_000_000_000_000, 9_007_199_254_740_991])
})

test('the same number is the same value, another one is not', () => {
  const [a, b, c] = parseGoJson('[9007199254740993,9007199254740993,9007199254740992]') as unknown[]
  expect(a).toEqual(b)
  expect(a).not.toEqual(c)
})

test('who counts with numbers gets them rounded, and all else as it is', () => {
  const value = parseGoJson(
    '{"Delay":9007199254740993,"Low":[-9223372036854775807],"Env":["9007199254740993"],"n":1.5}',
  )
  const counted = { Delay: 9_007_199_254_740_992, Low: [-(2 ** 63)], Env: ['9007199254740993'], n: 1.5 }
  expect(rounded(value)).toEqual(counted)
  expect(rounded(undefined)).toBeUndefined()
})

test('no text passes for a number, whatever it is', () => {
  const [number] = parseGoJson('[9007199254740993]') as string[]
  const forged = number?.replace(/[0-9a-f-]{36}/, '00000000-0000-0000-0000-000000000000')
  expect(toGoJson([forged])).toBe(JSON.stringify([forged]))
})

test('an ID with many digits and a path such as /dev/null cost nothing and change nothing', () => {
  const value = {
    ID: 'a1234567890123456789',
    Test: ['wget -O /dev/null', 'null'],
    Text: 'x:null',
    Digits: ':12345678901234567',
  }
  expect(parseGoJson(JSON.stringify(value))).toEqual(value)
})

test('a nil that stands alone, in a list, in a list of lists', () => {
  expect(parseGoJson('null')).toBeNull()
  expect(parseGoJson('[[null,[null,1]],null,{"a":[null]}]')).toEqual([[[1]], { a: [] }])
  expect(parseGoJson('{ "a" : null , "b" : [ null ] }')).toEqual({ b: [] })
})

test('what is nil in Go is not there', () => {
  expect(parseGoJson('{"Platforms":null,"n":[null,{"a":null,"b":9007199254740993}]}')).toEqual({
    n: [{ b: expect.stringContaining('9007199254740993') }],
  })
})
