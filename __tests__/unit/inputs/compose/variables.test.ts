import { expect, test } from '@jest/globals'
import { parseEnvFile } from '../../../../src/inputs/compose/variables.ts'

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
  ['\nA=${NO}', 2, /the variable NO is not set/],
])('%j is refused', (text, line, reason) => {
  expect(read(text).problems).toEqual([{ line, reason: expect.stringMatching(reason) }])
})
