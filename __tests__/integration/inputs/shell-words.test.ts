import { spawnSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'
import { shellWords } from '../../../src/inputs/shell-words.ts'

const texts = (source: string) => shellWords(source).words.map(({ text }) => text)

/** The words as a shell of this machine hands them to a program; `undefined` when it takes the text for an error. */
function byShell(sources: readonly string[]): (string[] | undefined)[] {
  const shown = sources.map((source) => `printf '%s\\0' -- ${source}\nprintf '\\1'`)
  // One shell for all: a subshell each is there in a moment, and an error ends it alone.
  const each = `for script do (eval "$script") 2>/dev/null || printf '\\2'; printf '\\3'; done`
  const { stdout } = spawnSync('/bin/sh', ['-c', each, 'sh', ...shown], { encoding: 'utf8', env: {} })
  return sources.map((_, index) => {
    const said = stdout.split('\u0003')[index] ?? ''
    return said.endsWith('\u0002') ? undefined : said.split('\0\u0001')[0]?.split('\0').slice(1)
  })
}

/** Numbers that are the same at every run. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    yield state / 2 ** 32
  }
}

test('random texts of all signs of quoting are read as the shell of this machine reads them', () => {
  const random = numbers(20_261_126)
  const one = <T>(list: readonly T[]) => list[Math.floor((random.next().value as number) * list.length)] as T
  const signs = [
    'a',
    'b',
    ' ',
    '  ',
    '\t',
    "'",
    '"',
    '\\',
    '#',
    '\\\n',
    '=',
    '-',
    '$',
    "'c d'",
    '"e f"',
    '\\\\',
    '\\"',
    '\\$',
  ]
  const sources = Array.from({ length: 800 }, () => Array.from({ length: 12 }, () => one(signs)).join(''))
  // For a shell a line end that is not joined, also that of a comment, ends the command, whatever comes next.
  const isOneCommand = (source: string) => !/\\[ \t]*$|\\\\\n|#[\s\S]*\n/.test(source)
  const readable = sources.filter((source) => isOneCommand(source) && shellWords(source).problems.length === 0)
  expect(readable.length).toBeGreaterThan(100)
  expect(readable.map(texts)).toEqual(byShell(readable))
})

describe('what a shell would do', () => {
  test.each([
    ['open', "a 'b"],
    ['open', 'a "b'],
    ['open', 'a "b\\"'],
    ['EXPANSION', '$A'],
    ['EXPANSION', 'a$1'],
    ['EXPANSION', '"${A}"'],
    ['EXPANSION', '"a $(b)"'],
    ['EXPANSION', '$$'],
    ['EXPANSION', "$'a'"],
    ['EXPANSION', '$"a"'],
    ['RUN', '`a`'],
    ['RUN', '"`a`"'],
    ['operator', 'a;b'],
    ['operator', 'a | b'],
    ['operator', 'a & b'],
    ['operator', 'a <b'],
    ['operator', 'a >b'],
    ['operator', 'f(a'],
    ['operator', 'a)'],
  ])('is a problem: %s, in %s', (kind, source) => {
    const said = {
      open: 'never closed',
      EXPANSION: 'nothing is expanded',
      RUN: 'no command is run',
      operator: 'operator',
    }
    expect(shellWords(source).problems).toContainEqual(expect.stringContaining(said[kind as keyof typeof said]))
  })

  test.each([
    "'$A `b` ; | & < > ( )'",
    '\\$A \\`b\\` \\; \\| \\& \\< \\> \\( \\)',
    '"; | & < > ( ) \\$A \\`b"',
    '# $A `b` ; "\n',
  ])('is none in quotes: %s', (source) => {
    expect(shellWords(source).problems).toEqual([])
  })

  test('a problem names its lines, and is told once', () => {
    const { problems } = shellWords("a 'b\nc' \\\n $A $B\n$C `d`")
    expect(problems.map((problem) => problem.slice(0, 14))).toEqual(['lines 3 and 4:', 'line 4: no com'])
    expect(shellWords('$A\n'.repeat(9)).problems).toEqual([expect.stringMatching(/^lines 1, 2, 3, 4, 5 and 4 more: /)])
  })
})

test('each word knows its line, and whether it was quoted', () => {
  expect(shellWords('a \'b\nc\'d\n\\--e \\\n  f#\r\n#g\n""')).toEqual({
    words: [
      { text: 'a', line: 1, isQuoted: false },
      { text: 'b\ncd', line: 1, isQuoted: true },
      { text: '--e', line: 3, isQuoted: true },
      { text: 'f#', line: 4, isQuoted: false },
      { text: '', line: 6, isQuoted: true },
    ],
    problems: [],
  })
})

test('a blank that was left behind a backslash, or a backslash that was left at the end, is no word', () => {
  expect(texts('a \\ \t\n b \\\n c \\  \n')).toEqual(['a', 'b', 'c'])
  expect(texts('a \\ b')).toEqual(['a', ' b'])
})
