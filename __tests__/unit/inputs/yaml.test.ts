import { describe, expect, test } from '@jest/globals'
import { parseDocument } from 'yaml'
import { Random } from '../../../lab/faults/random.ts'
import { toYaml } from '../../../src/inputs/compose/tree.ts'
import { parseYaml, type YamlValue } from '../../../src/inputs/yaml.ts'
import { scalarText } from '../../support/yaml-texts.ts'

/** The document as its author wrote it, and as it is handed to docker. */
function handedOn(text: string): string {
  const { root, problems } = parseYaml(text)
  expect(problems).toEqual([])
  return toYaml(root as YamlValue)
}

const reasons = (text: string) => parseYaml(text).problems.map(({ line, reason }) => `${line}: ${reason}`)

describe('a tag says what docker takes a value for', () => {
  test.each([
    ['!!str 01234', '"01234"'],
    ['!!str 0x1F', '"0x1F"'],
    ['!!str true', '"true"'],
    ['!!str', '""'],
    ['!!str |\n  1\n', '"1\\n"'],
    ['!<tag:yaml.org,2002:str> 1', '"1"'],
    ['!!int "12"', '12'],
    ['!!int 0x1F', '0x1F'],
    ['!!bool "true"', 'true'],
    ['!!null ""', 'null'],
    ['!!float 123456789', '123456789.0'],
    ['!!float 0x1F', '31.0'],
    ['!!float "1.50"', '1.50'],
    ['!!binary aGk=', '"hi"'],
    ['!!timestamp 2024-01-01', '!!timestamp "2024-01-01"'],
    ['! 12', '12'],
    ['! "12"', '"12"'],
  ])('%j is handed on as %s', (text, expected) => {
    expect(handedOn(`A: ${text}`)).toBe(`{"A": ${expected}}`)
  })

  test.each([
    ['!!int abc', /^1: what stands behind `!!int` is not a whole number/],
    ['!!int 08', /not a whole number/],
    ['!!int 18446744073709551616', /not a whole number/],
    ['!!float 1e400', /not a number/],
    ['!!bool yes', /not true or false/],
    ['!!null x', /not null/],
    ['!!timestamp tomorrow', /not a date/],
    ['!!binary "?"', /not padded base64/],
    ['!!binary /w==', /no UTF-8 text/],
    ['!!set {a, b}', /^1: a tag \(!\) stands before a list or mapping/],
    ['!own x', /docker knows no such tag: leave the tag out/],
    ['!own ""', /docker knows no such tag: leave the tag out/],
    ['!!own x', /docker knows no such tag: leave the tag out/],
    ['!own', /put the value in quotes/],
  ])('%j is refused', (text, said) => {
    expect(reasons(`A: ${text}`)).toEqual([expect.stringMatching(said)])
  })

  test('those of docker compose are told by name, with what to do, and once', () => {
    expect(reasons('ports: !reset []\nenv: !override\n  A: 1\n  B: !reset null\n')).toEqual([
      expect.stringMatching(/^1: `!reset` is for docker compose, .*leave the key out/),
      expect.stringMatching(/^2: `!override` is for docker compose, .*write the key in one file only/),
    ])
  })
})

describe('merge keys', () => {
  test.each([
    ['a: &a {x: 1, y: 1}\nb: {<<: *a, y: 2}', '{"x": 1, "y": 1}', '{"y": 2, "x": 1}'],
    ['a: &a {x: 1, y: 1}\nb: {!!merge <<: [*a, {x: 2, z: 3}]}', '{"x": 1, "y": 1}', '{"x": 1, "y": 1, "z": 3}'],
    ['a: 1\nb: {"<<": 2, !!str <<<: 3}', '1', '{"<<": 2, "<<<": 3}'],
  ])('%j', (text, a, b) => {
    expect(handedOn(text)).toBe(`{"a": ${a}, "b": ${b}}`)
  })

  test.each([
    ['a: &a {x: 1}\nb:\n  <<: *a\n  <<: *a', /^4: `<<` is in its mapping already: write it once, with a list/],
    ['a: &a [1]\nb: {<<: *a}', /^2: what `<<` merges is no mapping/],
    ['b: {<<: text}', /no mapping/],
    ['b: {<<: [{x: 1}, text]}', /no mapping/],
    ['b: {<<: [[{x: 1}]]}', /no mapping/],
  ])('%j is refused', (text, said) => {
    expect(reasons(text)).toEqual([expect.stringMatching(said)])
  })
})

test.each([
  ['a: *nope', /^1: a value that begins with \* is an alias in YAML, and no anchor \(&\) of its name stands before it/],
  ['a: * x', /^1: a value that begins with \* or & is an alias or anchor/],
  ['a:\n  b: "x\ny"', /^2: a quote is not closed, or what it holds goes on in a line that is not indented/],
  ["a: 'x", /^1: a quote is not closed/],
  ['a: "x"# y', /^1: a comment follows at once: write a blank before the #/],
  ['a: {b: c}# y', /^1: a comment follows at once/],
])('%j is told as what it is', (text, said) => {
  expect(reasons(text)).toEqual([expect.stringMatching(said)])
})

test.each([
  ['|\n  one', 'one'],
  ['|\n  one\n  two', 'one\ntwo'],
  ['|+\n  one', 'one'],
  ['>\n  one\n  two', 'one two'],
  ['|\r\n  one\r\n  two', 'one\ntwo'],
  ['|\n  one\n    ', 'one\n  '],
  ['|\n  one\n  ', 'one\n'],
  ['|\n  one\n# end', 'one\n'],
  ['|\n  one\n', 'one\n'],
  ['|-\n  one', 'one'],
])('a block at the end of a file ends in a line break only where the file does: %j', (text, expected) => {
  expect(parseYaml(`a: ${text}`).root).toMatchObject({ entries: [{ value: { value: expected } }] })
})

test('an anchor before nothing is meant as one when an alias names it', () => {
  expect(handedOn('a: &none\nb: *none\nc: &empty ""\nd: *empty')).toBe('{"a": null, "b": null, "c": "", "d": ""}')
  expect(reasons('a: &none')).toEqual([expect.stringContaining('begins with & is an anchor')])
})

test('only the spellings of null that docker knows are nothing', () => {
  expect(handedOn('- ~\n- null\n- Null\n- NULL\n-\n- nULL\n- "null"\n- ""\n')).toBe(
    '[null, null, null, null, null, nULL, "null", ""]',
  )
})

test.each([
  ['web: ghcr.io/acme/web:', 1],
  ['- name: web\n  image: ghcr.io/acme/web:\n  create: true', 2],
  ['- name: web\n  image: ghcr.io/acme/web: # of a variable', 2],
  ['- name: web\r\n  image: ghcr.io/acme/web:\r\n', 2],
  ['- { name: web, image: ghcr.io/acme/web:, create: true }', 1],
  ['- {name: web, image: ghcr.io/acme/web:}', 1],
])('%j: the value that ends in a colon is told as that', (text, line) => {
  expect(reasons(text)).toEqual([expect.stringContaining(`${line}: a value ends in a colon, perhaps because the var`)])
})

test.each(['web: a: b', 'web: "a:" b', 'web: a:b: c', '- { web: a: b }'])('%j is told in other words', (text) => {
  expect(reasons(text)).toEqual([expect.not.stringContaining('ends in a colon')])
})

test.each(['a: {image: ${IMAGE}, b: c}', 'a: {x: r/${A}:${B}}', 'a: [${A}, b]', 'a: {${A}: b}'])(
  '%j: the variable that needs quotes is told as that',
  (text) => {
    expect(reasons(text)).toEqual([
      expect.stringContaining('put the whole value in quotes, as in `{image: "${IMAGE}"}`'),
    ])
  },
)

test('a key that is longer than YAML takes without a question mark has one', () => {
  const key = 'k'.repeat(5000)
  const text = handedOn(`? ${key}\n: 1`)
  expect(text.startsWith('{? "kkk')).toBe(true)
  expect(handedOn(text)).toBe(text)
})

test('what looks like a number stays as it is written, a date is text', () => {
  expect(
    handedOn('[0x52908400098527886e0f, 12e3456, 0O17, 0B11, 1.2.3, .inf, yes, 2024-01-01, 9007199254740993]'),
  ).toBe('[0x52908400098527886e0f, 12e3456, 0O17, 0B11, 1.2.3, .inf, yes, "2024-01-01", 9007199254740993]')
})

/** The values of a document as text, read by the package `yaml` alone. */
function valuesOf(text: string): unknown {
  return parseDocument(text, { schema: 'failsafe', resolveKnownTags: false, logLevel: 'error' }).toJS()
}

test('every scalar comes through as it is read, whatever its style', () => {
  let compared = 0
  for (let run = 0; run < 1000; run++) {
    const random = new Random(2026, run)
    const ending = random.pick(['\n', '\n', '\r\n'])
    const text = `a:\n  b: ${scalarText(random, 2)}\n  c: last\n`.replaceAll('\n', ending)
    const { root, problems } = parseYaml(text)
    // What a tag says is in the tests above.
    if (problems.length > 0 || text.includes('!!')) continue
    const expected = valuesOf(text)
    const adapted = toYaml(root as YamlValue)
    expect({ text, value: nothingAsText(valuesOf(adapted)) }).toEqual({ text, value: nothingAsText(expected) })
    expect(toYaml(parseYaml(adapted).root as YamlValue)).toBe(adapted)
    compared++
  }
  expect(compared).toBeGreaterThan(500)
})

/** Each spelling of nothing as the one in which it is handed on. */
function nothingAsText(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replace(/:(?:null|""|"(?:~|null|Null|NULL)")/g, ':"null"'))
}

test.each(['---\n', '---', '...\n', '---\n# nothing\n\n', '--- # c\r\n...\r\n---\r\n', '...\n# end\n---\n'])(
  'behind the first document may stand one with nothing in it: %j',
  (end) => {
    expect(parseYaml(`a: b\n${end}`)).toMatchObject({ problems: [], root: { entries: [{ key: 'a' }] } })
  },
)

test.each(['---\nc: d\n', '...\n---\n# e\nc\n', '---\n---\n  - c\n', '---\n~\n', '--- c\n', '---\n: : :\n'])(
  'what stands in a second document would not be read, and is refused: %j',
  (end) => {
    const { problems } = parseYaml(`a: b\n${end}`)
    expect(problems).toMatchObject([{ reason: expect.stringContaining('and only the first would be read') }])
  },
)

describe('where no YAML is because of how its lines begin, that is told', () => {
  const begins = (column: number, beside: string) =>
    `the line begins in column ${column}, and those above that it may stand beside in column ${beside}: indent it as one of them`
  test.each([
    ['- name: web\n image: a', `2: ${begins(2, '3')}`],
    ['- name: web\n   image: a', `2: ${begins(4, '3')}`],
    ['- name: web\nimage: a', `2: ${begins(1, '3')}, or write \`- \` before it if it begins an item`],
    ['- name: web\n  image: a\n\n  # b\n replicas: 2', `5: ${begins(2, '3')}`],
    ['- name: web\r\n  image: a\r\n   replicas: 2\r\n', `3: ${begins(4, '3')}`],
    ['- name: web\n  - name: api', `2: ${begins(3, '1')}`],
    ['- name: web\n  env:\n    - A=b\n   - C=d', `4: ${begins(4, '1 or 5')}`],
    ['a: b\n c: d', `2: ${begins(2, '1')}`],
    ['  a: b\nc: d', `2: ${begins(1, '3')}`],
    ['services:\n  web:\n    image: a\n   api:\n    image: b', `4: ${begins(4, '1, 3 or 5')}`],
    ['a:\n  b: |\n    x: y\n      z: -\n   c: d', `5: ${begins(4, '1 or 3')}`],
    ['- - a: b\n   c: d', `2: ${begins(4, '5')}`],
    ['"a b":\n  c: d\n e: f', `3: ${begins(2, '1 or 3')}`],
    ['web: a:v2, api: b:v2', '1: a value holds a colon and a blank: put the value in quotes, or begin a new line'],
    ['- name: web image: a', '1: a value holds a colon and a blank: put the value in quotes, or begin a new line'],
    ['-name: web\n image: a', '1: a dash begins an item only with a blank behind it'],
    [
      'a: >\n  serve\n  -v\nb: c: d',
      '4: a value holds a colon and a blank: put the value in quotes, or begin a new line',
    ],
    ['a:\n  -v\nb: c: d', '3: a value holds a colon and a blank: put the value in quotes, or begin a new line'],
    ['- command: "a" b', '1: text follows behind a quote or bracket that is closed'],
    ['a: b\n<<<<<<< HEAD\nc: d\n=======\nc: e\n>>>>>>> other\n', '2: here begins a merge conflict'],
    ['a:\n  - uses b\n    # c\n    with:\n      d: e\n', '2: a colon is missing in the line'],
    ['jobs:\n  plan\n    # c\n    if: a\n', '2: a colon is missing in the line'],
    ['{"a": 1\n "b": 2}', '1: in a list or mapping with brackets a comma is missing'],
    ['a: {b: c\n  d: e\n  f: g}', '1: in a list or mapping with brackets a comma is missing'],
    ['a: [b\n  c: d]', '1: in a list or mapping with brackets a comma is missing'],
    ['- {name: web image: a}', '1: in a list or mapping with brackets a comma is missing'],
  ])('%j', (text, said) => {
    expect(reasons(text)).toEqual([expect.stringContaining(said)])
  })

  test.each(['- a: -----BEGIN\nx\n-----END', '- a: "x\n  b: c', '[{"a": "b"}', '- a: b\n  c'])(
    '%j is something else',
    (text) => {
      expect(reasons(text)).toEqual([expect.not.stringContaining('begins in column')])
    },
  )
})
