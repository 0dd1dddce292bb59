import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, jest, test } from '@jest/globals'
import { scratchDirectory } from '../../../../lab/scratch.ts'
import { askHelper, HelperError } from '../../../../src/docker/cli/credential-helper.ts'
import { startOf } from '../../../../src/runner/processes/survivors.ts'
import { redact } from '../../../../src/runner/secrets/secret.ts'

const bin = scratchDirectory('helpers-')
afterAll(() => rmSync(bin, { recursive: true }))
const env = { PATH: `${bin}:/usr/bin:/bin` }
const never = new AbortController().signal

/** A program of nothing but the words of its shell, if `script` is: a start of another one takes longer than a test. */
function helper(name: string, script: string): string {
  const path = join(bin, `docker-credential-${name}`)
  writeFileSync(path, `#!/bin/sh\nIFS= read -r asked\nprintf %s "$asked" >'${path}.asked'\n${script}\n`)
  chmodSync(path, 0o755)
  return name
}

const answering = (name: string, answer: unknown, code = 0) =>
  helper(name, `printf '%s\\n' '${typeof answer === 'string' ? answer : JSON.stringify(answer)}'\nexit ${code}`)

const ask = (name: string, signal = never) => askHelper(name, 'docker.io', env, signal)

async function failure(name: string): Promise<string> {
  try {
    await ask(name)
  } catch (error) {
    if (error instanceof HelperError) return error.message
    throw error
  }
  return 'no failure'
}

describe('a credential helper', () => {
  test('is asked for the key of the registry, and its secret is masked', async () => {
    const name = answering('good', { ServerURL: 'x', Username: 'bot', Secret: 'pass:of-the-helper' })
    expect(await ask(name)).toEqual({ kind: 'password', username: 'bot', password: 'pass:of-the-helper' })
    expect(readFileSync(join(bin, 'docker-credential-good.asked'), 'utf8')).toBe('https://index.docker.io/v1/')
    expect(redact('pass:of-the-helper')).toBe('***')
    expect(redact(Buffer.from('bot:pass:of-the-helper').toString('base64'))).toBe('***')
  })

  test('may have an identity token', async () => {
    const name = answering('token', { Username: '<token>', Secret: 'refresh-token-1' })
    expect(await ask(name)).toEqual({ kind: 'identity-token', username: '', password: 'refresh-token-1' })
  })

  test('may write its keys in any case, as docker reads them', async () => {
    const name = answering('lower', { username: 'bot', secret: 'pass-of-lower' })
    expect(await ask(name)).toEqual({ kind: 'password', username: 'bot', password: 'pass-of-lower' })
    expect(redact('pass-of-lower')).toBe('***')
  })

  test.each([
    ['says so', 'credentials not found in native keychain', 1],
    ['answers with nobody', { ServerURL: 'x', Username: '', Secret: '' }, 0],
    ['answers with nothing', {}, 0],
  ])('that has none %s', async (_, answer, code) => {
    expect(await ask(answering('none', answer, code))).toBeUndefined()
  })
})

describe('a credential helper fails', () => {
  test.each<[string, unknown, number, RegExp]>([
    ['an error on stdout', 'exit status 1: token expired', 1, /^exit status 1: token expired$/],
    ['what may be the secret itself', 'p@ss!C4nary', 1, /^\*\*\*$/],
    ['no word', '', 3, /^it ended with code 3 and no word$/],
    ['no JSON', 'Username=bot', 0, /^its answer is no JSON object$/],
    ['a list', '["bot","C4nary-pass"]', 0, /^its answer is no JSON object$/],
    ['half of an answer', '{"Username":"bot","Secret":"C4nary-pass"', 0, /^its answer is no JSON object$/],
    ['no secret', { Username: 'bot' }, 0, /^its answer has no `Secret`$/],
    ['no user', { Secret: 'C4nary-pass' }, 0, /^its answer has no `Username`$/],
    ['a number', { Username: 'bot', Secret: 1 }, 0, /is no text$/],
    ['a line break in the user', { Username: 'bot\n::error::x', Secret: 'C4nary-pass' }, 0, /a colon or a control/],
    ['a colon in the user', { Username: 'a:b', Secret: 'C4nary-pass' }, 0, /a colon or a control/],
    ['an answer and a code', { Username: 'bot', Secret: 'C4nary-pass' }, 1, /^it ended with code 1 and no word$/],
  ])('with %s', async (_, answer, code, words) => {
    const message = await failure(answering('bad', answer, code))
    expect(message).toMatch(words)
    expect(message).not.toContain('C4nary')
  })

  test('with an error on stderr, in which the secret of its answer is hidden', async () => {
    const name = helper(
      'loud',
      `echo '{"Username":"bot","Secret":"S3cret-of-loud"}'; echo 'no S3cret-of-loud' >&2; exit 1`,
    )
    expect(redact(await failure(name))).toBe('no ***')
  })

  test.each([
    ['beside other words', 'echo "no keychain"; echo \'{"Username":"bot","Secret":"C4nary-1-pass"}\'; exit 1'],
    ['on stderr', 'echo \'{"Username":"bot","Secret":"C4nary-2-\\"pass"}\' >&2; exit 1'],
    ['that is cut off', 'echo \'{"Username":"bot","Secret":"C4nary-3-pass\' >&2; exit 1'],
  ])('with an answer %s, in which the secret is hidden', async (_, script) => {
    const message = await failure(helper('mixed', script))
    expect(message).toContain('Secret')
    expect(redact(message)).not.toContain('C4nary')
  })

  test.each([
    ['that is not there', 'absent', /^docker-credential-absent is not on the PATH of this step$/],
    ['with a path for a name', '../../bin/evil', /^its name is none of a program$/],
    ['with a switch for a name', '-x', /^its name is none of a program$/],
    ['with no name', '', /^its name is none of a program$/],
  ])('%s', async (_, name, words) => {
    expect(await failure(name)).toMatch(words)
  })

  test('that may not be run', async () => {
    const name = answering('locked', {})
    chmodSync(join(bin, `docker-credential-${name}`), 0o644)
    expect(await failure(name)).toMatch(/may not be run by the user of this step$/)
  })

  test('that floods', async () => {
    expect(await failure(helper('flood', 'exec cat /dev/zero'))).toMatch(/printed more than 32 MB, and was ended/)
  })

  test('that hangs, after a minute', async () => {
    const name = helper('slow', 'exec sleep 1000')
    jest.useFakeTimers()
    try {
      const end = failure(name)
      await jest.advanceTimersByTimeAsync(60_000)
      await jest.advanceTimersByTimeAsync(10_000)
      expect(await end).toMatch(/^`docker-credential-slow get` did not end within 60 s, and was ended/)
    } finally {
      jest.useRealTimers()
    }
  })

  test('and a run that is stopped meanwhile ends', async () => {
    const stop = new AbortController()
    const end = ask(helper('stopped', 'exec sleep 1000'), stop.signal)
    stop.abort()
    await expect(end).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('and what it has started ends with it', async () => {
    const stop = new AbortController()
    const started = join(bin, 'started')
    const end = ask(
      helper('script', `sleep 1000 & echo $! >'${started}.new'; mv '${started}.new' '${started}'; wait`),
      stop.signal,
    )
    while (!existsSync(started)) await new Promise((done) => setTimeout(done, 20))
    stop.abort()
    await expect(end).rejects.toMatchObject({ name: 'AbortError' })
    expect(startOf(Number(readFileSync(started, 'utf8')))).toBeUndefined()
  })
})
