import { randomUUID } from 'node:crypto'
import { messageOf } from '../../errors.ts'
import { endMarked } from '../../runner/processes/survivors.ts'
import { Secret } from '../../runner/secrets/secret.ts'
import { limited } from '../../runner/text/safe-text.ts'
import { withoutSecrets } from '../../runner/text/shown.ts'
import { parseGoJson } from '../engine/go-json.ts'
import { registryKey } from '../registry/reference.ts'
import { runProgram } from './cli.ts'
import type { PlainCredential } from './config-file.ts'

/** A credential helper that gave no credential, and did not say that it has none. The message says what it did instead. */
export class HelperError extends Error {
  override name = 'HelperError'
}

/** A helper is named in a file that may come from anywhere: it is a program of the PATH, and no path of its own. */
const NAME = /^[A-Za-z0-9][\w.-]*$/

/** How helpers say that they have nothing for a registry (github.com/docker/docker-credential-helpers, credentials/error.go). */
const NOT_FOUND = /credentials not found/i

/** The user name beside an identity token (docker/cli, cli/config/credentials/native_store.go). */
const TOKEN_USER = '<token>'

/**
 * What a credential helper has for a registry, by the protocol of github.com/docker/docker-credential-helpers: the
 * registry's key in, a JSON object out. Its secret is masked before anything else is done with it.
 *
 * @param helper the last part of the program's name: `ecr-login` for `docker-credential-ecr-login`
 * @param env the whole environment of the helper
 * @returns `undefined` when it has none
 * @throws HelperError; `AbortError` when `signal` ended it
 */
export async function askHelper(
  helper: string,
  registry: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<PlainCredential | undefined> {
  if (!NAME.test(helper)) throw new HelperError('its name is none of a program')
  const answer = await run(`docker-credential-${helper}`, registry, env, signal)
  hideSecrets(answer.stdout + answer.stderr)
  const said = parsed(answer.stdout)
  hide(said)
  if (answer.code !== 0) {
    if (NOT_FOUND.test(answer.stdout + answer.stderr)) return undefined
    // It is on stdout that helpers say what is wrong; an answer there is none.
    const why = answer.stderr.trim() || (said === undefined ? answer.stdout.trim() : '')
    throw new HelperError(why === '' ? `it ended with code ${answer.code} and no word` : withoutSecrets(limited(why)))
  }
  if (said === undefined) throw new HelperError('its answer is no JSON object')
  return credentialFrom(said)
}

interface Answer {
  readonly Username?: unknown
  readonly Secret?: unknown
}

function credentialFrom({ Username: username = '', Secret: password = '' }: Answer): PlainCredential | undefined {
  if (typeof username !== 'string' || typeof password !== 'string') {
    throw new HelperError('`Username` or `Secret` of its answer is no text')
  }
  // As docker understands it: nobody is logged in there.
  if (username === '' && password === '') return undefined
  if (password === '') throw new HelperError('its answer has no `Secret`')
  if (username === TOKEN_USER) return { kind: 'identity-token', username: '', password }
  if (username === '') throw new HelperError('its answer has no `Username`')
  if (/[:\p{Cc}]/u.test(username)) {
    throw new HelperError('`Username` of its answer has a colon or a control character, which no account has')
  }
  return { kind: 'password', username, password }
}

async function run(program: string, registry: string, env: Readonly<Record<string, string>>, signal: AbortSignal) {
  const [mark, value] = ['SWARM_DEPLOY_HELPER', randomUUID()]
  try {
    return await runProgram(program, ['get'], { env: { ...env, [mark]: value }, stdin: registryKey(registry), signal })
  } catch (error) {
    // Many are scripts: what they have started would live on, with the secret perhaps.
    await endMarked(`${mark}=${value}`)
    signal.throwIfAborted()
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new HelperError(`${program} is not on the PATH of this step`)
    if (code === 'EACCES') throw new HelperError(`${program} may not be run by the user of this step`)
    throw new HelperError(messageOf(error))
  }
}

function parsed(text: string): Answer | undefined {
  try {
    const answer = parseGoJson(text)
    return typeof answer === 'object' && answer !== null && !Array.isArray(answer) ? withGoKeys(answer) : undefined
  } catch {
    // JSON's own words would show a piece of the secret.
    return undefined
  }
}

/** For docker, a program in Go, the keys know no case (encoding/json). */
function withGoKeys(answer: object): Answer {
  const known = ['Username', 'Secret']
  const entries = Object.entries(answer).map(([key, value]): [string, unknown] => {
    return [known.find((name) => name.toLowerCase() === key.toLowerCase()) ?? key, value]
  })
  return Object.fromEntries(entries)
}

/** Hides what a text in the form of an answer says of a secret, also beside other words, and where it is not whole. */
function hideSecrets(text: string): void {
  for (const [, value = ''] of text.matchAll(/"?secret"?\s*[:=]\s*"((?:[^"\\\r\n]|\\.)+)/gi)) {
    new Secret(value)
    new Secret(value.replace(/\\(["\\/])/g, '$1'))
  }
}

function hide(said: Answer | undefined): void {
  if (typeof said?.Secret !== 'string') return
  new Secret(said.Secret, typeof said.Username === 'string' ? said.Username : undefined)
}
