import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { formsOf, redact, Secret } from '../../../../src/runner/secrets/secret.ts'
import { commandsIn, greedyCommands, shownGreedily } from '../../../support/runner-commands.ts'

/** What the work prints to stdout. */
function printed(work: () => void): string {
  const write = process.stdout.write
  let text = ''
  process.stdout.write = (chunk: string | Uint8Array) => {
    text += chunk
    return true
  }
  try {
    work()
  } finally {
    process.stdout.write = write
  }
  return text
}

const onRunner = process.env.GITHUB_ACTIONS

beforeEach(() => {
  delete process.env.GITHUB_ACTIONS
})

afterEach(() => {
  if (onRunner === undefined) delete process.env.GITHUB_ACTIONS
  else process.env.GITHUB_ACTIONS = onRunner
})

describe('a secret shows itself as ***', () => {
  const secret = new Secret('tiger-and-turtle')

  test.each<[string, () => string]>([
    ['as text', () => String(secret)],
    ['in a template', () => `${secret}`],
    ['joined to a text', () => `${['password', secret].join(' ')}`],
    ['in JSON', () => JSON.stringify({ password: secret })],
    ['inspected', () => inspect(secret)],
    ['inspected deep within something', () => inspect({ a: [{ password: secret }] }, { depth: 9, showHidden: true })],
    ['spread', () => inspect({ ...secret })],
    ['by its keys', () => inspect([Reflect.ownKeys(secret), Object.values(secret)])],
  ])('%s', (_, show) => {
    expect(show()).not.toContain('tiger')
  })

  test.each<[string, () => string, string]>([
    ['text', () => `<${secret}>`, '<***>'],
    ['JSON', () => JSON.stringify({ password: secret }), '{"password":"***"}'],
    ['an inspected object', () => inspect({ password: secret }), '{ password: *** }'],
  ])('which is what %s holds', (_, show, shown) => {
    expect(show()).toBe(shown)
  })

  test('and is opened by reveal alone', () => {
    expect(secret.reveal()).toBe('tiger-and-turtle')
  })
})

function numberOf(sign: string, digits: number): string {
  return (sign.codePointAt(0) ?? 0).toString(16).padStart(digits, '0')
}

describe('a text is redacted', () => {
  const value = ' p&>>>???"word"/\u00e9?>+ '
  new Secret(value, 'alice')
  const trimmed = value.trim()
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const urlSafe = (text: string) => base64(text).replaceAll('+', '-').replaceAll('/', '_')

  test.each([
    ['as given', value],
    ['trimmed, as docker 28 sends it', trimmed],
    ['in base64', base64(value)],
    ['in base64 without padding', base64(value).replace(/=+$/, '')],
    ['in base64 for URLs', urlSafe(value)],
    ['in base64 for URLs without padding', Buffer.from(value).toString('base64url')],
    ['trimmed, in base64', base64(trimmed)],
    ['with its user name, as config.json keeps it', base64(`alice:${value}`)],
    ['with its user name, without padding', Buffer.from(`alice:${value}`).toString('base64url')],
    ['in a URL', encodeURIComponent(value)],
    ['in a form', new URLSearchParams({ v: value }).toString().slice(2)],
    ['trimmed, in a URL', encodeURIComponent(trimmed)],
    ['in JSON', JSON.stringify(value).slice(1, -1)],
    ['in JSON within JSON', JSON.stringify(JSON.stringify(value)).slice(3, -3)],
    [
      'in JSON within the JSON of Go',
      JSON.stringify(JSON.stringify(value).replaceAll('&', '\\u0026').replaceAll('>', '\\u003e')).slice(3, -3),
    ],
    ['in HTML, as Go writes it', value.replaceAll('&', '&amp;').replaceAll('>', '&gt;').replaceAll('"', '&#34;')],
    ['in XML', value.replaceAll('&', '&amp;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')],
    ['in the JSON of PHP', JSON.stringify(value).slice(1, -1).replace('/', '\\/').replace('\u00e9', '\\u00e9')],
    ['in the JSON of Python', JSON.stringify(value).slice(1, -1).replace('\u00e9', '\\u00e9')],
    ['in JSON with slashes escaped', JSON.stringify(value).slice(1, -1).replace('/', '\\/')],
    ['in a URL, as Python writes it', encodeURIComponent(value).replace('%2F', '/')],
    ["in Go's JSON", JSON.stringify(value).slice(1, -1).replaceAll('&', '\\u0026').replaceAll('>', '\\u003e')],
    ['in hexadecimal digits', Buffer.from(trimmed).toString('hex')],
    ['in hexadecimal capitals', Buffer.from(trimmed).toString('hex').toUpperCase()],
    ['as bytes that Node shows', String(Buffer.from(trimmed).toString('hex').match(/../g)?.join(' '))],
    [
      'in the JSON of Gson',
      JSON.stringify(value)
        .slice(1, -1)
        .replace(/[&>]/g, (sign) => (sign === '&' ? '\\u0026' : '\\u003e')),
    ],
    ['in the JSON of .NET', String.raw` p\u0026\u003E\u003E\u003E???\u0022word\u0022/\u00E9?\u003E\u002B `],
    ['in a URL, with all signs by their bytes', Buffer.from(trimmed).toString('hex').replace(/../g, '%$&')],
    ['with some of them so', trimmed.replaceAll('d', '%64').replaceAll('>', '%3E')],
    ['in JSON, with all signs by their numbers', [...trimmed].map((sign) => `\\u${numberOf(sign, 4)}`).join('')],
    ['in JSON within JSON, so', [...trimmed].map((sign) => `\\\\u${numberOf(sign, 4)}`).join('')],
    ['of a program, so', [...trimmed].map((sign) => `\\x${numberOf(sign, 2)}`).join('')],
    ['in a page, so', [...trimmed].map((sign) => `&#${sign.codePointAt(0)};`).join('')],
    ['in a page, so in hexadecimal digits', [...trimmed].map((sign) => `&#x${numberOf(sign, 2)};`).join('')],
    ['in the URL of JavaScript', Object.assign(new URL('http://u@h'), { password: trimmed }).password],
  ])('of a secret %s', (_, form) => {
    expect(redact(`before[${form}]after`)).toBe('before[***]after')
  })

  test.each([
    ['by bash without quotes', String.raw`it\'s\ \"\$5\"\ a\\b\,\ \(c\)\!`],
    ['by ksh without quotes', String.raw`it\'s\ \"\$5\"\ a\\b,\ \(c\)\!`],
    ['by bash in single quotes', String.raw`it'\''s "$5" a\b, (c)!`],
    ['by dash in single quotes', String.raw`it'"'"'s "$5" a\b, (c)!`],
    ['by bash in double quotes', String.raw`it's \"\$5\" a\\b, (c)!`],
    ['by Python', String.raw`it\'s "$5" a\\b, (c)!`],
    ['by YAML and SQL', String.raw`it''s "$5" a\b, (c)!`],
    ['by Node, which chooses the quotes', inspect(String.raw`it's "$5" a\b, (c)!`).slice(1, -1)],
  ])('of a secret that is quoted %s', (_, form) => {
    new Secret(String.raw`it's "$5" a\b, (c)!`)
    expect(redact(`before[${form}]after`)).toBe('before[***]after')
  })

  test.each([
    ['into two lines', 'a folded-s\necret b', 'a ***\n*** b'],
    ['into many, with blanks before each', 'a fold\r\n\ted-\r\n\tsecr\r\n\tet b', 'a ***\r\n\t***\r\n\t***\r\n\t*** b'],
    [
      'in base64',
      `x\n${Buffer.from('user: me, password: folded-secret, and more of it behind').toString('base64').replace(/.{10}/g, '$&\n')}\ny`,
      expect.not.stringMatching(/IGZvb|xkZWQt|2VjcmV0/),
    ],
    ['by what cannot be seen', 'a fol\u200bded\u0000-secr\u0007et b', 'a *** b'],
    ['by a byte that is no text', 'a fol\ufffdded-secret b', 'a *** b'],
    ['as a text of Windows is', `a ${[...'folded-secret'].join('\0')} b`, 'a *** b'],
    ['into lines that Go has quoted', String.raw`"a folded-s\necret b"`, '"a *** b"'],
    ['into lines of JSON in JSON', String.raw`{\"a\":\"folded\\r\\n  -secret\"}`, String.raw`{\"a\":\"***\"}`],
    ['by both', 'a fol\u200bded\t\n-sec\u200bret b', 'a ***\t\n*** b'],
    ['twice, and once whole', 'folded\n-secret folded-secret folded-secr\net', '***\n*** *** ***\n***'],
  ])('of a secret that is broken %s', (_, text, clean) => {
    new Secret('folded-secret')
    expect(redact(text)).toEqual(clean)
  })

  test('of a secret with the signs of a line end in it, also when it is broken', () => {
    new Secret(String.raw`with\none-of-it`)
    expect(redact(String.raw`a with\none-of-it b`)).toBe('a *** b')
    expect(redact(`a ${String.raw`with\none`}\n-of-it b`)).toBe('a ***\n*** b')
  })

  test('but a short word that two lines have together by chance stays', () => {
    new Secret('shore')
    expect(redact('it flash\nores')).toBe('it flash\nores')
  })

  test("of a secret with an apostrophe in HTML, as Python's library writes it", () => {
    new Secret("it's <hers>")
    expect(redact('<b>it&#x27;s &lt;hers&gt;</b>')).toBe('<b>***</b>')
  })

  test.each([
    ['a JSON object', (before: string) => JSON.stringify({ [before]: 1, pw: trimmed })],
    ['a login of somebody else', (before: string) => `${before}:${trimmed}`],
    ['a line of a file', (before: string) => `${before}${trimmed}\nnext`],
    ['a text with it in base64', (before: string) => JSON.stringify({ [before]: base64(trimmed) })],
    ['a config.json', (before: string) => JSON.stringify({ [before]: { auth: base64(`alice:${value}`) } })],
  ])('of a secret in the base64 of %s, wherever it begins there', (_, whole) => {
    for (const before of ['x', 'xy', 'xyz', 'wxyz']) {
      const shown = redact(`<${Buffer.from(whole(before)).toString('base64url')}>`)
      const [start = '', end = ''] = shown.split('***')
      const left =
        Buffer.from(start.slice(1), 'base64url').toString() + Buffer.from(end.slice(0, -1), 'base64').toString()
      expect(shown).toContain('***')
      expect(left).not.toMatch(/p&|&>|wor/)
    }
  })

  test.each([
    ['every line of it', 'first-line\nsecond-line', 'says first-line and second-line', 'says *** and ***'],
    ['lines with Windows ends', 'third-line\r\nfourth-line', 'third-line, fourth-line', '***, ***'],
    ['its escaped line ends', 'fifth-line\nsixth-line', 'fifth-line\\nsixth-line', '***'],
  ])('of a secret of several lines: %s', (_, value, text, clean) => {
    new Secret(value)
    expect(redact(text)).toBe(clean)
  })

  test('of a key within JSON, each of its lines as the key itself has it', () => {
    const lines = ['TUlJRXZRSUJBREFOQmdrcWhr', 'aUc5dzBCQVFFRkFBU0NCS2N3']
    const pem = [`-----BEGIN ${'PRIVATE KEY'}-----`, ...lines, `-----END ${'PRIVATE KEY'}-----`, ''].join('\n')
    new Secret(JSON.stringify({ type: 'service_account', private_key: pem }, undefined, 2))
    expect(redact(pem)).toBe(pem.replace(lines[0] ?? '', '***').replace(lines[1] ?? '', '***'))
    expect(redact('"type": "service_account')).toBe('"type": "service_account')
  })

  test('but not of the lines that say nothing: a brace is no secret', () => {
    new Secret('{\n"k"\n"key-of-a-file"\n}')
    expect(redact('{} "k" { "key-of-a-file" }')).toBe('{} "k" { *** }')
  })

  test('nor of blank ones', () => {
    new Secret('upper-part\n    \nlower-part')
    expect(redact('a    b')).toBe('a    b')
  })

  test('of the longer secret first, so that nothing of it remains', () => {
    new Secret('hunter')
    new Secret('hunter-gatherer')
    expect(redact('hunter-gatherer and hunter')).toBe('*** and ***')
  })

  test('wherever it occurs', () => {
    new Secret('elsewhere')
    expect(redact('elsewhere, elsewhere')).toBe('***, ***')
  })

  test('and is left as it is without a secret in it', () => {
    expect(redact('docker service update --image web:1 $& web')).toBe('docker service update --image web:1 $& web')
  })

  test('though the secret has signs of a pattern in it', () => {
    new Secret('a.c[$&]*(x')
    expect(redact('a.c[$&]*(x, but not abc[$&]*(x')).toBe('***, but not abc[$&]*(x')
  })

  test('and an empty secret hides nothing', () => {
    new Secret('')
    new Secret(' \n ')
    expect(redact('a b')).toBe('a b')
  })
})

describe('a secret', () => {
  test.each([
    ['pa\ud83dss-word', 'pa\ufffdss-word'],
    ['\udc00-alone', '\ufffd-alone'],
  ])('with half of a character in it is one like others: %j', (value, encoded) => {
    expect(() => new Secret(value, 'bob')).not.toThrow()
    expect(redact(`x ${encoded} y`)).toBe('x *** y')
  })

  test('is hidden whole where another one overlaps it', () => {
    new Secret('overlapping-first')
    new Secret('first-and-second')
    expect(redact('an overlapping-first-and-second one')).toBe('an *** one')
  })
})

describe('the forms of a secret', () => {
  test('are all that it can surface in, each once', () => {
    expect(formsOf('a b<')).toEqual([
      ...[
        'a b<',
        'a%20b%3C',
        'a+b%3C',
        'a%20b%3c',
        'a+b%3c',
        'a b\\u003c',
        'a b\\\\u003c',
        'a b\\u003C',
        'a b&lt;',
        'a\\ b\\<',
        'YSBiPA==',
        'YSBiPA',
        '6120623c',
        '6120623C',
        '61 20 62 3c',
      ],
    ])
  })

  test('of nothing are none', () => {
    expect(formsOf('')).toEqual([])
  })
})

describe('a runner is told to hide', () => {
  test('every form of a secret', () => {
    process.env.GITHUB_ACTIONS = 'true'
    const out = printed(() => new Secret('pass word-1', 'bob'))
    const masks = out
      .trim()
      .split('\n')
      .map((line) => line.replace('::add-mask::', ''))
    const auth = Buffer.from('bob:pass word-1').toString('base64')
    const all = [...formsOf('pass word-1'), auth, auth.replace(/=+$/, '')].map(escaped)
    expect(masks).toEqual(expect.arrayContaining(all))
    const ofLogin = formsOf('bob:pass word-1').map(escaped)
    expect(masks.filter((mask) => !all.includes(mask) && !ofLogin.includes(mask))).toEqual([])
  })

  test('a secret once', () => {
    process.env.GITHUB_ACTIONS = 'true'
    expect(printed(() => new Secret('once-only'))).toContain('::add-mask::once-only')
    expect(printed(() => new Secret('once-only'))).toBe('')
  })

  test('each line of a secret, and nothing that has a line end in it: it would take all lines, the shortest too', () => {
    process.env.GITHUB_ACTIONS = 'true'
    const masks = masksIn(printed(() => new Secret('{\r\n  "upper-half",\n  "lower-half"\n}\n')))
    expect(masks).toEqual(expect.arrayContaining(['"upper-half",', '"lower-half"']))
    expect(masks.filter((mask) => /[\r\n]/.test(mask) || mask.length < 4)).toEqual([])
  })

  test('nothing of the frame that all keys have', () => {
    process.env.GITHUB_ACTIONS = 'true'
    const frame = ['-----BEGIN OPENSSH PRIVATE KEY-----', '-----END OPENSSH PRIVATE KEY-----']
    const masks = masksIn(printed(() => new Secret(`${frame[0]}\nb3BlbnNzaC1rZXk\n${frame[1]}\n`)))
    expect(masks).toContain('b3BlbnNzaC1rZXk')
    expect(masks.filter((mask) => frame.includes(mask))).toEqual([])
  })

  test.each(['a', 'abc', ' xy ', '1', '8080', 'true', 'null', '\n\n', '{\n}\n'])(
    'nothing of %j: every line of the job would be full of stars',
    (value) => {
      process.env.GITHUB_ACTIONS = 'true'
      expect(printed(() => new Secret(value))).toBe('')
      expect(redact(`true or 8080: abc a xy { null }`)).toBe('true or 8080: abc a xy { null }')
    },
  )

  test('nothing of what the outputs say in their own words: it would drop them all', () => {
    process.env.GITHUB_ACTIONS = 'true'
    const masks = masksIn(printed(() => new Secret('unchanged')))
    expect(masks).not.toContain('unchanged')
    expect(redact('the password is unchanged')).toBe('the password is ***')
  })

  test.each(['left-part::right-part', ':::begins-so', 'ends-so::', ':begins-with-one', 'a b::c d::stop-commands::x'])(
    '%j in pieces that a greedy parser does not print',
    (value) => {
      process.env.GITHUB_ACTIONS = 'true'
      const out = printed(() => new Secret(value))
      expect(greedyCommands(out).filter(({ name }) => name !== 'add-mask')).toEqual([])
      expect(shownGreedily(out)).toBe('')
      expect(masksIn(out).length).toBeGreaterThan(0)
      expect(redact(`x ${value} y`)).toBe('x *** y')
    },
  )

  test.each(['ACT', 'GITEA_ACTIONS', 'FORGEJO_ACTIONS'])('also where only %s says that there is one', (name) => {
    process.env[name] = 'true'
    try {
      expect(masksIn(printed(() => new Secret(`only-${name}`)))).toContain(`only-${name}`)
    } finally {
      delete process.env[name]
    }
  })

  test('no line of a file that is too long for a key', () => {
    process.env.GITHUB_ACTIONS = 'true'
    const file = Array.from({ length: 2000 }, (_, n) => `line-${n}-of-a-file`).join('\n')
    expect(printed(() => new Secret(file))).toBe('')
    expect(redact('line-1234-of-a-file')).toBe('***')
  })

  test.each([[undefined], ['false'], ['']])(
    'nothing outside of one (GITHUB_ACTIONS=%s): it would print the secret',
    (is) => {
      if (is !== undefined) process.env.GITHUB_ACTIONS = is
      const value = `at-home-${is}`
      expect(printed(() => new Secret(value))).toBe('')
      expect(redact(value)).toBe('***')
    },
  )
})

function masksIn(printedText: string): string[] {
  return commandsIn(printedText).map(({ name, data }) => {
    expect(name).toBe('add-mask')
    return data
  })
}

/** A value as it is written in a workflow command. */
function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

test.each([
  ['a query of Go', 'pa%2Fss%21w%27o%28r%29d%2A%3D%2B+x'],
  ['a path of Go', 'pa%2Fss%21w%27o%28r%29d%2A%3D%2B%20x'],
  ['the user info of Go', 'pa%2Fss%21w%27o%28r%29d%2A=+%20x'],
  ['a script in small letters', "pa%2fss!w'o(r)d*%3d%2b%20x"],
])('a secret is known as %s writes it', (_, form) => {
  new Secret("pa/ss!w'o(r)d*=+ x")
  expect(redact(`at https://bot:${form}@host`)).toBe('at https://bot:***@host')
})
