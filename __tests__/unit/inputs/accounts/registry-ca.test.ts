import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../../lab/scratch.ts'
import { readInputs } from '../../../../src/inputs/read.ts'
import { STRATEGY_INPUTS } from '../../../../src/inputs/strategies/table.ts'
import { redact } from '../../../../src/runner/secrets/secret.ts'
import { CERTIFICATES } from '../../../support/certificates.ts'
import { inputVariables, problemsIn } from '../../../support/inputs.ts'

delete process.env.GITHUB_ACTIONS

const { acme, second, signsItself, signedByAcme, expired, ofTheFuture } = CERTIFICATES
const HOST = 'registry.test:5000'
const KEY_LINE = 'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgC4naryKeyOfATest'
const KEY = `-----BEGIN PRIVATE KEY-----\n${KEY_LINE}\nqC4naryKeyOfATest=\n-----END PRIVATE KEY-----\n`
const base64 = (text: string) => Buffer.from(text).toString('base64')
const indented = (pem: string) => pem.replace(/^/gm, '  ').trimEnd()
const flat = (pem: string) => pem.trim().replaceAll('\n', ' ')

const files = scratchDirectory('registry-ca-')
afterAll(() => rmSync(files, { recursive: true }))
writeFileSync(join(files, 'ca.crt'), acme)
writeFileSync(join(files, 'windows.crt'), `Subject: acme\r\n${acme.replaceAll('\n', '\r\n')}`)
writeFileSync(join(files, 'key.pem'), KEY)

function read(inputs: Readonly<Record<string, string>>) {
  const all = { services: `web: ${HOST}/web:1`, ...inputs }
  const given = inputVariables(all)
  return readInputs({ GITHUB_WORKSPACE: files, ...given }, STRATEGY_INPUTS)
}

function problems(inputs: Readonly<Record<string, string>>): readonly string[] {
  return problemsIn(() => read(inputs))
}

describe('registry-ca', () => {
  test.each([
    ['PEM for the only registry', acme, acme],
    ['base64 of PEM', base64(acme), acme],
    ['a path for the only registry', 'ca.crt', acme],
    ['a file with text around, and line ends of Windows', 'windows.crt', acme],
    ['several certificates', `${second}${acme}`, `${second}${acme}`],
    ['a mapping to a path', `${HOST}: ca.crt`, acme],
    ['a mapping to a block', `${HOST}: |\n${indented(acme)}`, acme],
    ['a mapping to PEM whose lines YAML joins', `${HOST}:\n${indented(acme)}`, acme],
    ['a mapping to base64', `"${HOST}": ${base64(acme)}`, acme],
    ['JSON', JSON.stringify({ [HOST]: acme }), acme],
    ['the address of the registry', `https://REGISTRY.test:5000/: ca.crt`, acme],
    ['a certificate that signs itself, as registries of one machine have it', signsItself, signsItself],
  ])('takes %s', (_what, text, pem) => {
    expect(read({ 'registry-ca': text }).registryCas).toEqual([{ registry: HOST, pem }])
  })

  test('several registries have one each', () => {
    const text = `${HOST}: ca.crt\nother.test: |\n${indented(second)}`
    expect(read({ 'registry-ca': text }).registryCas).toEqual([
      { registry: HOST, pem: acme },
      { registry: 'other.test', pem: second },
    ])
  })

  test('the only registry is that of the accounts, and Docker Hub is none', () => {
    const registries = JSON.stringify([
      { registry: 'docker.io', username: 'a', password: 'canary-of-a' },
      { registry: 'mine.test/team', username: 'b', password: 'canary-of-b' },
    ])
    expect(read({ 'registry-ca': acme, registries }).registryCas).toEqual([{ registry: 'mine.test', pem: acme }])
  })

  test('nothing is given, nothing is done', () => {
    expect(read({})).toMatchObject({ registryCas: [] })
    expect(read({})).not.toHaveProperty('installCas')
  })

  test.each([
    [
      'a certificate that an authority has signed',
      signedByAcme,
      /\(CN=leaf.test\) is no CA's, but one that CN=acme CA has signed: give/,
    ],
    ['one that has expired', expired, /\(CN=old CA\): it expired on 2021-01-01: renew it/],
    ['one of several that has expired', `${acme}${expired}`, /certificate 2 of 2 \(CN=old CA\): it expired/],
    ['one of the future', ofTheFuture, /\(CN=new CA\): it is not valid before 2090-01-01: check/],
    [
      'no certificate',
      '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----',
      /there is no certificate in it: write PEM/,
    ],
    ['a broken certificate', acme.replace(/\n.{20}/, '\n'), /the certificate cannot be read: give the whole PEM/],
    ['lines that are none', 'MIIB\nAAAA', /these lines are no PEM: write/],
    ['a path that leads nowhere', 'nowhere.crt', /there is no such file: write/],
    ['a list', '- ca.crt', /this is a list: write a mapping/],
    ['a mapping in it', `${HOST}: {ca: ca.crt}`, /registry.test:5000 has a mapping: write/],
    ['nothing in it', `${HOST}:`, /registry-ca of registry.test:5000: there is nothing: write/],
    [
      'a registry with a path',
      `${HOST}/team: ca.crt`,
      /a CA is for a whole registry: write registry.test:5000 without/,
    ],
    ['Docker Hub', 'docker.io: ca.crt', /Docker reads no file for Docker Hub/],
    ['what is no registry', 'a b: ca.crt', /has white space in it: take it out/],
    ['one registry twice', `${HOST}: ca.crt\nhttps://${HOST}: ca.crt`, /has two entries: write all/],
  ])('refuses %s', (_what, text, said) => {
    expect(problems({ 'registry-ca': text })).toEqual([expect.stringMatching(said)])
  })

  test.each([
    [
      'services: several registries',
      { services: 'web: a.test/web:1\napi: b.test/api:1' },
      /several registries, `a.test` and `b.test`: write/,
    ],
    [
      'services of Docker Hub',
      { services: 'web: nginx:1' },
      /no input tells whose CA it is: write the registry before it/,
    ],
  ])('whose it is has to be clear: %s', (_what, inputs, said) => {
    expect(problems({ 'registry-ca': acme, ...inputs })).toEqual([expect.stringMatching(said)])
  })

  test.each([
    ['alone', KEY],
    ['behind the certificate', `${acme}${KEY}`],
    ['in base64', base64(`${acme}${KEY}`)],
    ['in a mapping', `${HOST}: |\n${indented(KEY)}`],
    ['in a mapping, joined by YAML', `${HOST}: "${flat(KEY)}"`],
    ['in base64 in a mapping', `${HOST}: ${base64(KEY)}`],
    ['in JSON', JSON.stringify({ [HOST]: KEY })],
    ['in a file', 'key.pem'],
    ['cut off', KEY.slice(0, -40)],
  ])('a private key %s is refused and masked', (_what, text) => {
    const [problem, ...others] = problems({ 'registry-ca': text })
    expect(others).toEqual([])
    expect(problem).toContain('there is a private key in it')
    expect(problem).not.toContain('C4nary')
    for (const shown of [KEY, KEY_LINE, text, `a log line with ${KEY_LINE} in it`]) {
      if (shown !== 'key.pem') expect(redact(shown)).not.toMatch(/C4nary|QzRuYXJ5/)
    }
  })
})

describe('install-registry-ca', () => {
  const image = { 'install-registry-ca-image': 'busybox:1.37' }

  test('needs the CA and an image', () => {
    expect(read({ 'registry-ca': acme, 'install-registry-ca': 'true', ...image }).installCas?.image).toMatchObject({
      repository: 'library/busybox',
      tag: '1.37',
    })
    expect(problems({ 'install-registry-ca': 'true', ...image })).toEqual([
      expect.stringMatching(/^install-registry-ca: there is nothing to install: give/),
    ])
    expect(problems({ 'registry-ca': acme, 'install-registry-ca': 'true' })).toEqual([
      expect.stringMatching(/^install-registry-ca: it needs an image .*`install-registry-ca-image`/),
    ])
  })

  test('an image that is none is told', () => {
    const inputs = { 'registry-ca': acme, 'install-registry-ca': 'true', 'install-registry-ca-image': 'Busybox:' }
    expect(problems(inputs)).toEqual([expect.stringMatching(/^install-registry-ca-image: the image name/)])
  })

  test('an image alone installs nothing', () => {
    expect(read({ 'registry-ca': acme, ...image })).not.toHaveProperty('installCas')
  })
})

test.each([
  ['alone', (der: string) => der],
  ['in a mapping', (der: string) => `${HOST}: ${der}`],
])('base64 of a key that has no frame is no path to be shown: %s', (_what, given) => {
  const der = `MIIEvQ${Buffer.alloc(90, 'canary of a key').toString('base64')}`
  const [problem = '', ...others] = problems({ 'registry-ca': given(der) })
  expect(others).toEqual([])
  expect(problem).toContain('this is base64 of something that is no PEM')
  expect(problem).not.toContain(der)
  expect(redact(der)).toBe('***')
})
