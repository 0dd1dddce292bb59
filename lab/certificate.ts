import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Children } from './children.ts'

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
const DAYS = ['-days', '30']

/** A certificate authority that nobody trusts until told to. */
export class Authority {
  readonly #directory: string
  readonly #children: Children
  readonly #certified = new Map<string, Promise<{ key: string; cert: string }>>()
  #made: Promise<void> | undefined

  constructor(directory: string, children: Children) {
    this.#directory = directory
    this.#children = children
  }

  /** A key and a certificate, both PEM, for an address. The authority itself is made at the first call. */
  certify(address: string): Promise<{ key: string; cert: string }> {
    const certified = this.#certified.get(address) ?? this.#certify(address)
    this.#certified.set(address, certified)
    return certified
  }

  async #certify(address: string): Promise<{ key: string; cert: string }> {
    this.#made ??= this.#make()
    await this.#made
    const [key, cert] = [this.#path(`${address}.key`), this.#path(`${address}.crt`)]
    await this.#openssl([
      ...['-CA', this.#path('ca.crt'), '-CAkey', this.#path('ca.key')],
      ...['-keyout', key, '-out', cert, '-subj', `/CN=${address}`],
      ...['-addext', `subjectAltName=IP:${address}`, '-addext', 'basicConstraints=critical,CA:FALSE'],
    ])
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  }

  /** The authority's own certificate, PEM. */
  certificate(): string {
    return readFileSync(this.#path('ca.crt'), 'utf8')
  }

  async #make(): Promise<void> {
    mkdirSync(this.#directory, { mode: 0o700 })
    await this.#openssl([
      '-keyout',
      this.#path('ca.key'),
      '-out',
      this.#path('ca.crt'),
      '-subj',
      '/CN=swarm-deploy lab',
    ])
  }

  async #openssl(args: readonly string[]): Promise<void> {
    await this.#children.run(['openssl', 'req', '-x509', ...KEY, ...DAYS, ...args])
  }

  #path(name: string): string {
    return join(this.#directory, name)
  }
}
