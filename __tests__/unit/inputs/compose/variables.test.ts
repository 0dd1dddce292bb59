import { describe, expect, test } from '@jest/globals'
import { filledIn, parseEnvFile, partlyFilledIn, substitutionsIn } from '../../../../src/inputs/compose/variables.ts'

const read = (text: string, env: Readonly<Record<string, string>> = {}) => parseEnvFile(text, (name) => env[name])
const variables = (text: string, env = {}) => Object.fromEntries(read(text, env).variables)

test.each([
  ['A=b', { A: 'b' }],
  ['\uFEFF# comment\n\n  export A = b c # more\r\n', { A: 'b c' }],
  ['A=', { A: '' }],
  ['A=b#c', { A: 'b#c' }],
  ['A: b', { A: 'b' }],
  ["A='$B \\n # x' # y", { A: '$B \\n # x' }],
  ['A="x\\ny \\"q\\" \\$B"', { A: 'x\ny "q" $B' }],
  ['A="one\ntwo"\nB=3', { A: 'one\ntwo', B: '3' }],
  ['A=1\nB=${A}2\nC=$A$B', { A: '1', B: '12', C: '112' }],
  ['A=${NO:-x}y ${E:-z} ${E-z}', { A: 'xy z ' }],
  ['A=$$x', { A: '$x' }],
  ['A=$(rm -rf /)', { A: '$(rm -rf /)' }],
  ['E\nNO', { E: '' }],
])('%j', (text, expected) => {
  expect(variables(text, { E: '' })).toEqual(expected)
})

test('the step goes before the file itself', () => {
  expect(variables('A=file\nB=$A', { A: 'step' })).toEqual({ A: 'file', B: 'step' })
})

test.each([
  ['not a line', 1, /no KEY=value/],
  ['A=1\nB="x', 2, /no closing quote/],
  ['A="x" y', 1, /behind the closing quote/],
  ['\nA=${NO}', 2, /^the value of A names a variable that is not set/],
])('%j is refused', (text, line, reason) => {
  expect(read(text).problems).toEqual([{ line, reason: expect.stringMatching(reason) }])
})

describe('what takes a machine long to read, and a person a second to write', () => {
  const MANY = 500_000

  test('blanks before nothing', () => {
    expect(variables(`A=x${' '.repeat(MANY)}y`)).toEqual({ A: `x${' '.repeat(MANY)}y` })
    expect(variables(`A=x${' '.repeat(MANY)}#`)).toEqual({ A: 'x' })
  })

  test('a quote that is closed at the very end, or nowhere', () => {
    const lines = 'x\n'.repeat(MANY)
    expect(variables(`A="${lines}"`)).toEqual({ A: lines })
    expect(read(`A="${lines}`).problems).toEqual([{ line: 1, reason: expect.stringContaining('no closing quote') }])
  })

  test('braces that are never closed', () => {
    const text = '${A:-'.repeat(MANY / 5)
    expect(substitutionsIn(text, 1)).toHaveLength(MANY / 5)
    expect(filledIn(text, () => undefined)).toBe('{A:-'.repeat(MANY / 5))
  })

  test('a variable on each of many lines knows its own', () => {
    const found = substitutionsIn('$A\n'.repeat(MANY / 5), 1)
    expect(found.at(-1)).toMatchObject({ line: MANY / 5 })
  })

  test('variables that double each other end at a megabyte, and say so', () => {
    const lines = ['V0=0123456789', ...Array.from({ length: 40 }, (_, at) => `V${at + 1}=\${V${at}}\${V${at}}`)]
    const { variables: all, problems } = read(lines.join('\n'))
    expect(Math.max(...[...all.values()].map(({ length }) => length))).toBeLessThanOrEqual(1024 * 1024)
    expect(problems[0]).toEqual({
      line: 18,
      reason: expect.stringMatching(/^the value of V17 becomes larger than 1 MB/),
    })
  })
})

test('some variables are filled in before docker sees them, and no dollar sign in them counts', () => {
  const lookUp = (name: string) => ({ HOME: '/root/$x', EMPTY: '' })[name]
  const isMeant = (name: string) => name !== 'OTHER'
  expect(partlyFilledIn('${HOME}:$$HOME:$OTHER:${EMPTY:-d}:${NO:-n}:${HOME:+x}', isMeant, lookUp)).toBe(
    '/root/$$x:$$HOME:$OTHER:d:n:${HOME:+x}${SWARM_DEPLOY_NOTHING:-}',
  )
  // Of what has no value there is nothing to fill in, and docker has nothing to cast.
  expect(partlyFilledIn('$NO $$HOME', isMeant, lookUp)).toBe('$NO $$HOME')
})
