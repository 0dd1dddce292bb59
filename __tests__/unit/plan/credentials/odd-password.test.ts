import { expect, test } from '@jest/globals'
import { oddityOf } from '../../../../src/plan/credentials/odd-password.ts'

test.each([
  ['undefined', 'is a word that programs write for no value'],
  ['two\nlines', 'has a line break in it'],
  ['one\rline', 'has a line break in it'],
  ['\ufeffwonderland', 'has a sign in it that cannot be seen, such as a byte order mark'],
  ['won\u200bderland', 'has a sign in it that cannot be seen, such as a byte order mark'],
  ['wonderland ', 'begins or ends with a blank'],
  ['\u00a0wonderland', 'begins or ends with a blank'],
  ['"wonderland"', 'begins and ends with a quote'],
  ['Bearer wonderland', 'begins with the word that stands before it in a header'],
])('%j: the password %s', (password, has) => {
  expect(oddityOf(password, 'bot')).toBe(`The password ${has}: is that part of it?`)
})

test.each(['wonderland', 'in wonder land', "it's", '"', 'größe', 'p"q"', 'nullable'])(
  '%j is as others are',
  (password) => {
    expect(oddityOf(password, 'bot')).toBeUndefined()
  },
)

const TOKEN = `ghp_${'a1B2'.repeat(9)}`

test('a username and a password in the place of each other', () => {
  expect(oddityOf('bot', TOKEN)).toMatch(/^The username has the look of a secret, .*: does each stand in the place of/)
  expect(oddityOf(TOKEN, TOKEN)).toBeUndefined()
  expect(oddityOf(TOKEN, 'bot')).toBeUndefined()
})
