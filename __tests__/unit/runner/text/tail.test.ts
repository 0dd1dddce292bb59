import { expect, test } from '@jest/globals'
import { Secret } from '../../../../src/runner/secrets/secret.ts'
import { Tail } from '../../../../src/runner/text/tail.ts'

const PASSWORD = 'Lantern-Quarry-57-Meadow'
new Secret(PASSWORD)

function tailOf(...chunks: readonly string[]): Tail {
  const tail = new Tail()
  for (const chunk of chunks) tail.add(Buffer.from(chunk))
  return tail
}

test('what is short is kept whole, without empty lines', () => {
  const tail = tailOf('one\r\n\r', '\ntwo\n', '  \nth', 'ree')
  expect(tail.lines()).toEqual(['one', 'two', 'three'])
  expect(tail.text()).toBe('one\ntwo\nthree')
  expect(tail.lostBytes).toBe(0)
  expect(tailOf().text()).toBe('')
})

test('a secret that comes in two chunks, or broken into two lines, is hidden', () => {
  expect(tailOf('with Lantern-Qua', 'rry-57-Meadow').text()).toBe('with ***')
  expect(tailOf('with Lantern-Quarry', '\n-57-Meadow\nend').lines()).toEqual(['with ***', '***', 'end'])
})

test.each([0, 1, 7, 12, 23, 24])(
  'of a line that has lost its beginning nothing is left: the cut is %i characters into a secret',
  (into) => {
    const rest = 'x'.repeat(64 * 1024 - (PASSWORD.length - into))
    const oneLine = tailOf(`before ${PASSWORD}`, rest)
    expect(oneLine.lines()).toEqual([])
    expect(oneLine.text()).toBe('a line of more than 65,536 bytes, which is not shown')
    const twoLines = tailOf(`before ${PASSWORD}`, `${rest.slice(0, -4)}\nend`)
    expect(twoLines.text()).toBe('end')
  },
)
