import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const EC_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** A certificate with its key, PEM. */
export interface Certified {
  readonly cert: string
  readonly key: string
}

/** What a daemon needs for mutual TLS: its own certificate, and the authority that its clients must have theirs from. */
export interface DaemonTls extends Certified {
  readonly ca: string
}

/** A certificate authority for daemons and their clients. */
export class Pki {
  readonly ca: string
  readonly #directory: string
  readonly #name: string

  private constructor(directory: string, name: string) {
    this.#directory = directory
    this.#name = name
    this.ca = readFileSync(this.#path('crt'), 'utf8')
  }

  static async make(directory: string, name: string): Promise<Pki> {
    const path = (ending: string) => join(directory, `${name}.${ending}`)
    const files = ['-keyout', path('key'), '-out', path('crt')]
    await openssl(['req', '-x509', ...EC_KEY, '-days', '30', ...files, '-subj', `/CN=${name}`])
    return new Pki(directory, name)
  }

  /** A certificate for a daemon at an IP address, or without one for a client. `days` may be negative. */
  async certify(name: string, { ip, days = 30 }: { ip?: string; days?: number } = {}): Promise<Certified> {
    const path = (ending: string) => join(this.#directory, `${this.#name}-${name}.${ending}`)
    const usage =
      ip === undefined ? 'extendedKeyUsage=clientAuth' : `extendedKeyUsage=serverAuth\nsubjectAltName=IP:${ip}`
    writeFileSync(path('ext'), usage)
    await openssl(['req', '-new', ...EC_KEY, '-keyout', path('key'), '-out', path('csr'), '-subj', `/CN=${name}`])
    await openssl([
      ...['x509', '-req', '-in', path('csr'), '-CA', this.#path('crt'), '-CAkey', this.#path('key'), '-CAcreateserial'],
      ...['-days', String(days), '-extfile', path('ext'), '-out', path('crt')],
    ])
    return { cert: readFileSync(path('crt'), 'utf8'), key: readFileSync(path('key'), 'utf8') }
  }

  #path(ending: string): string {
    return join(this.#directory, `${this.#name}.${ending}`)
  }
}

async function openssl(args: readonly string[]): Promise<void> {
  await promisify(execFile)('openssl', args)
}
