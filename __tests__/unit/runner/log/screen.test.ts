import { expect, test } from '@jest/globals'
import { fitted, Screen, widthOf } from '../../../../src/runner/log/screen.ts'
import { Glass } from '../../../support/glass.ts'

function onGlass() {
  const glass = new Glass(20)
  const screen = new Screen({ write: (text) => glass.write(text), size: () => glass.size() })
  const say = (line: string) => screen.above(() => glass.write(`${line}\n`))
  return { glass, screen, say }
}

test('live lines stay below those of the log, each in its place', () => {
  const { glass, screen, say } = onGlass()
  say('begin')
  screen.show('web', () => 'web 0/2')
  screen.show('api', () => 'api 0/1')
  say('a word')
  screen.show('web', () => 'web 1/2')
  expect(glass.shown).toEqual(['begin', 'a word', 'web 1/2', 'api 0/1'])
  screen.drop('web')
  say('web is up')
  expect(glass.shown).toEqual(['begin', 'a word', 'web is up', 'api 0/1'])
  screen.drop()
  expect(glass.shown).toEqual(['begin', 'a word', 'web is up'])
})

test('a refresh draws what has changed by itself, and nothing where nothing has', () => {
  const { glass, screen } = onGlass()
  let seconds = 1
  screen.show('web', () => `${seconds} s`)
  seconds = 2
  screen.refresh()
  expect(glass.shown).toEqual(['2 s'])
  const written: string[] = []
  glass.write = (text) => void written.push(text)
  screen.refresh()
  expect(written).toEqual([])
})

test('a line is cut to the width, also of a terminal that became narrower meanwhile', () => {
  const { glass, screen } = onGlass()
  screen.show('web', () => 'x'.repeat(50))
  expect(glass.shown).toEqual([`${'x'.repeat(18)}…`])
  screen.show('web', () => 'y'.repeat(19))
  expect(glass.shown).toEqual(['y'.repeat(19)])
})

test('of more lines than the terminal has room for some are counted', () => {
  const { glass, screen } = onGlass()
  glass.rows = 8
  for (let index = 1; index <= 10; index++) screen.show(`s${index}`, () => `s${index}`)
  expect(glass.shown).toEqual(['s1', 's2', 's3', '        and 7 more'])
})

test.each([
  ['abc', 3],
  ['\u001b[32mabc\u001b[0m', 3],
  ['日本', 4],
  ['e\u0301', 1],
  ['🚀', 2],
])('%j takes %d columns', (text, width) => {
  expect(widthOf(text)).toBe(width)
  expect(fitted(text, width)).toBe(text)
})

test('what has two columns is not cut in the middle', () => {
  expect(fitted('日本語', 5)).toBe('日本…')
  expect(fitted('日本語', 4)).toBe('日…')
})
