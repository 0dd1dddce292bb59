import type { X509Certificate } from 'node:crypto'
import { UserError } from '../../errors.ts'
import { crypto } from '../../runner/crypto.ts'
import { linesJoined } from '../../runner/text/safe-text.ts'
import { pemInBase64 } from '../pem-text.ts'
import { isPath } from './path.ts'

/**
 * PEM text, also when it was given as base64 of it.
 *
 * @throws UserError that says what to write; it does not quote what was given
 */
export function pemFrom(text: string, kind: 'CERTIFICATE' | 'PRIVATE KEY'): string {
  const normal = `${pemInBase64(text).replace(/\r\n?/g, '\n').trim()}\n`
  if (normal.includes(`${kind}-----`) && normal.startsWith('-----BEGIN')) return normal
  const article = kind === 'CERTIFICATE' ? 'certificate' : 'private key'
  if (isPath(text)) throw new UserError(`it is a path, and no ${article}: write the content of that file`)
  throw new UserError(`it is no ${article} in PEM: write the text from -----BEGIN on, or the base64 of all of it`)
}

/** What is wrong with certificates and key before any connection, one line each that begins with the input's name. */
export function tlsProblems(pem: { ca: string; cert: string; key: string }, now: Date): string[] {
  const ca = certificate(pem.ca)
  const cert = certificate(pem.cert)
  const key = privateKey(pem.key)
  const problems: string[] = []
  if (ca === undefined) problems.push('tls-ca: it cannot be read as a certificate: give the whole PEM text')
  if (cert === undefined) problems.push('tls-cert: it cannot be read as a certificate: give the whole PEM text')
  if (key === undefined) {
    const encrypted = /ENCRYPTED/.test(pem.key)
    problems.push(
      encrypted
        ? 'tls-key: it is encrypted, which docker cannot use: give it without a passphrase'
        : 'tls-key: it cannot be read as a private key: give the whole PEM text',
    )
  }
  for (const [name, given] of [
    ['tls-ca', ca],
    ['tls-cert', cert],
  ] as const) {
    const problem = given && validity(given, now)
    if (problem !== undefined) problems.push(`${name}: ${problem}`)
  }
  if (cert !== undefined && key !== undefined && !cert.checkPrivateKey(key)) {
    problems.push('tls-key: it does not belong to the certificate of `tls-cert`: give the two that were made together')
  }
  return problems
}

/** Why a certificate is not valid at a time, with what to do; `undefined` when it is. */
export function validity({ validFrom, validTo }: X509Certificate, now: Date): string | undefined {
  if (new Date(validTo) < now) return `it expired on ${day(validTo)}: renew it and set the new one`
  if (new Date(validFrom) > now) {
    return `it is not valid before ${day(validFrom)}: check the clock of the runner, or set an earlier one`
  }
  return undefined
}

function day(text: string): string {
  return new Date(text).toISOString().slice(0, 10)
}

function certificate(pem: string): X509Certificate | undefined {
  try {
    return new (crypto().X509Certificate)(pem)
  } catch {
    return undefined
  }
}

function privateKey(pem: string) {
  try {
    return crypto().createPrivateKey(pem)
  } catch {
    return undefined
  }
}

/** Where the address of a daemon and the certificates for it are set, as a message names them. */
interface Settings {
  readonly host: string
  readonly ca: string
  readonly cert: string
  /** What to write to have TLS at all. */
  readonly all: string
}

const INPUTS: Settings = {
  host: '`host`',
  ca: '`tls-ca`',
  cert: '`tls-cert`',
  all: 'give `tls-ca`, `tls-cert` and `tls-key`',
}

/** Of an address that docker finds by itself: in its variables, or in a context. */
export const VARIABLES: Settings = {
  host: 'DOCKER_HOST',
  ca: '`ca.pem` in DOCKER_CERT_PATH',
  cert: '`cert.pem` in DOCKER_CERT_PATH',
  all: 'set DOCKER_TLS_VERIFY to 1, and DOCKER_CERT_PATH to a directory with ca.pem, cert.pem and key.pem',
}
export const CONTEXT: Settings = {
  host: 'the docker context',
  ca: 'the `ca` of the docker context',
  cert: 'the `cert` of the docker context',
  all: 'give the docker context its `ca`, `cert` and `key`',
}

/** Docker's words for a TCP endpoint that does not work, the most telling first. */
const WORDINGS: readonly (readonly [RegExp, (of: Settings) => string])[] = [
  [
    /x509: certificate is valid for|doesn't contain any IP SANs|cannot validate certificate for/,
    ({ host }) => `its certificate is for another name: write the name or address that the certificate has in ${host}`,
  ],
  [
    /signed by unknown authority/,
    ({ ca }) => `its certificate is not signed by ${ca}: set the CA that the daemon was started with (its --tlscacert)`,
  ],
  [
    /x509: certificate has expired or is not yet valid/,
    () => 'its own certificate has expired: renew the certificate of the daemon',
  ],
  [
    /remote error: tls: (?:expired certificate|certificate expired)/,
    ({ cert }) => `it says that ${cert} has expired: renew it and set the new one`,
  ],
  [
    /remote error: tls: (?:bad certificate|unknown certificate authority|unknown certificate|certificate required)/,
    ({ cert }) =>
      `it does not accept ${cert}: set one that was signed by the CA which the daemon trusts (its --tlscacert)`,
  ],
  [
    /server gave HTTP response to HTTPS client|first record does not look like a TLS handshake/,
    () => 'it does not speak TLS: check the port, 2376 is usual for TLS',
  ],
  [/HTTP request to an HTTPS server|malformed HTTP response/, ({ all }) => `it wants TLS: ${all}`],
  [/no such host|server misbehaving/, ({ host }) => `no such host is known: check the name in ${host}`],
  [
    /connection refused/,
    () => 'the connection was refused: check the port, and that dockerd listens there (its --host)',
  ],
  [
    /i\/o timeout|deadline exceeded|no route to host|network is unreachable/,
    () => 'there was no answer: check the address, and that a firewall lets this runner through',
  ],
]

/** What docker said against a TCP endpoint, in one clause with its remedy; docker's own words where none is known. */
export function tcpReason(said: string, settings = INPUTS): string {
  return WORDINGS.find(([pattern]) => pattern.test(said))?.[1](settings) ?? linesJoined(said).replace(/\s+/g, ' ')
}
