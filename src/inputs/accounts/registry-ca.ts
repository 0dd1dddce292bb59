import type { X509Certificate } from 'node:crypto'
import { UserError } from '../../errors.ts'
import { crypto } from '../../runner/crypto.ts'
import { Secret } from '../../runner/secrets/secret.ts'
import type { RegistryCa } from '../deployment.ts'
import type { ReadFile } from '../files.ts'
import { pemInBase64 } from '../pem-text.ts'
import type { Problems } from '../problems.ts'
import { listed } from '../problems.ts'
import { validity } from '../reach/tls.ts'
import { parseYaml } from '../yaml.ts'
import { registryScope } from './credentials.ts'

const HUB = 'docker.io'
const INPUT = 'registry-ca'
const EXAMPLE = '`registry.example.com: path/to/ca.crt`'
/** Base64 of what certificates and keys are without the frame of PEM. */
const DER = /^MI[A-Za-z0-9+/]{100,}={0,2}$/
const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/gs
const CERTIFICATE = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/g
const LINE_OF_PEM = 64

/** What else is known of the run. */
export interface CaSources {
  readonly readFile: ReadFile
  /** The registries that the run is about, as far as the inputs tell. */
  readonly registries: readonly string[]
  readonly now: Date
}

/**
 * The certificates that `registry-ca` gives: a mapping of registries to PEM or to a file with it, or one of these alone
 * where there is only one registry. A private key in it is masked before anything else is done.
 *
 * @returns one entry a registry, with its certificates as plain PEM; what is wrong is added to the problems
 */
export function registryCasFromText(text: string, sources: CaSources, problems: Problems): RegistryCa[] {
  const own = problems.at(INPUT)
  const given = text.replace(/^\uFEFF/, '').trim()
  if (given === '') return []
  const plain = own.attempt(() => unwrapped(given))
  if (plain === undefined) return []
  if (plain.startsWith('-----BEGIN')) return forTheOnlyOne(plain, sources, own)
  const { root, problems: wrong } = parseYaml(plain)
  own.addYaml(wrong)
  if (wrong.length > 0 || root === undefined) return []
  // YAML would join the lines.
  if (root.kind === 'text') return forTheOnlyOne(/[\r\n]/.test(plain) ? plain : root.value, sources, own)
  if (root.kind === 'list') {
    own.add(`this is a list: write a mapping of registries to their CA certificates, such as ${EXAMPLE}`)
    return []
  }
  const all = root.entries.flatMap(({ key, line, value }): RegistryCa[] => {
    const at = problems.at(`${INPUT} line ${line}`)
    const registry = at.attempt(() => hostOf(key))
    if (registry === undefined) return []
    if (value.kind !== 'text') {
      at.add(`${registry} has a ${value.kind === 'map' ? 'mapping' : 'list'}: write its certificates in PEM, or a path`)
      return []
    }
    const pem = pemOf(value.value, sources, problems.at(`${INPUT} of ${registry}`))
    return pem === undefined ? [] : [{ registry, pem }]
  })
  const registries = all.map(({ registry }) => registry)
  const twice = registries.find((registry, index) => registries.indexOf(registry) !== index)
  if (twice !== undefined) own.add(`${twice} has two entries: write all of its certificates into one`)
  return all
}

function forTheOnlyOne(text: string, sources: CaSources, problems: Problems): RegistryCa[] {
  const registry = problems.attempt(() => onlyRegistry(sources.registries))
  const pem = pemOf(text, sources, problems)
  return registry === undefined || pem === undefined ? [] : [{ registry, pem }]
}

/** Docker Hub has no private authority: it does not count. */
function onlyRegistry(registries: readonly string[]): string {
  const own = [...new Set(registries)].filter((registry) => registry !== HUB)
  const [only, ...others] = own
  if (only !== undefined && others.length === 0) return only
  const why =
    only === undefined ? 'no input tells whose CA it is' : `there are several registries, ${listed(own, 'and')}`
  throw new UserError(`${why}: write the registry before it, as in ${EXAMPLE}`)
}

function hostOf(key: string): string {
  const { registry, path } = registryScope(key.trim())
  if (path !== '') throw new UserError(`a CA is for a whole registry: write ${registry} without a path`)
  if (registry !== HUB) return registry
  throw new UserError(
    'Docker reads no file for Docker Hub: its certificate is public, and what stands between belongs into the trust store of each node',
  )
}

function pemOf(text: string, { readFile, now }: CaSources, problems: Problems): string | undefined {
  return problems.attempt(() => {
    const given = unwrapped(text.trim())
    if (given === '')
      throw new UserError('there is nothing: write certificates in PEM, or the path of a file with them')
    if (given.includes('-----BEGIN')) return certificatesIn(given, now)
    if (/[\r\n]/.test(given)) {
      throw new UserError('these lines are no PEM: write the text from -----BEGIN CERTIFICATE----- on')
    }
    if (DER.test(given)) {
      // It may be a key.
      new Secret(given)
      throw new UserError(
        'this is base64 of something that is no PEM: write the text from -----BEGIN CERTIFICATE----- on',
      )
    }
    return certificatesIn(unwrapped(readFile(given).trim()), now)
  })
}

/**
 * The text itself, of base64 of PEM what is in it. A key in the place of a certificate is masked, in each of its lines.
 *
 * @throws UserError when there is a private key in it
 */
function unwrapped(text: string): string {
  const plain = pemInBase64(text)
  const keys = plain.replaceAll('\\n', '\n').match(PRIVATE_KEY) ?? []
  for (const key of keys) {
    new Secret(key)
    // In one line, as YAML joins them.
    for (const piece of key.split(/\s+/)) if (piece.length > LINE_OF_PEM / 2) new Secret(piece)
  }
  if (keys.length === 0) return plain
  if (plain !== text) new Secret(text)
  throw new UserError(
    'there is a private key in it, which goes to no registry or node: give the certificate alone, and replace the key if others have seen it',
  )
}

/** @throws UserError when they are not all certificates of authorities that are valid now */
function certificatesIn(text: string, now: Date): string {
  const found = [...text.matchAll(CERTIFICATE)].map(([, body = '']) => body.replace(/\s+/g, ''))
  if (found.length === 0) {
    throw new UserError('there is no certificate in it: write PEM, with -----BEGIN CERTIFICATE-----')
  }
  return found
    .map((body, index) => {
      const nth = found.length === 1 ? 'the certificate' : `certificate ${index + 1} of ${found.length}`
      return checked(body, nth, now)
    })
    .join('')
}

function checked(body: string, nth: string, now: Date): string {
  const certificate = certificateOf(body)
  if (certificate === undefined) throw new UserError(`${nth} cannot be read: give the whole PEM text`)
  const name = `${nth} (${nameOf(certificate.subject)})`
  // Go takes a certificate that signs itself for an authority, whatever it says (crypto/x509, Certificate.Verify).
  const signsItself = certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey)
  if (!certificate.ca && !signsItself) {
    throw new UserError(
      `${name} is no CA's, but one that ${nameOf(certificate.issuer)} has signed: give the certificate of that authority`,
    )
  }
  const problem = validity(certificate, now)
  if (problem !== undefined) throw new UserError(`${name}: ${problem}`)
  const lines = body.match(new RegExp(`.{1,${LINE_OF_PEM}}`, 'g')) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

function certificateOf(body: string): X509Certificate | undefined {
  try {
    return new (crypto().X509Certificate)(Buffer.from(body, 'base64'))
  } catch {
    return undefined
  }
}

/** `CN=acme CA`, or all of it on one line. */
function nameOf(distinguished: string | undefined): string {
  const lines = (distinguished ?? '').split('\n')
  return (lines.find((line) => line.startsWith('CN=')) ?? lines.join(', ')) || 'without a name'
}
