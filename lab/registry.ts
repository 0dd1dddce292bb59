import { randomBytes } from 'node:crypto'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hash } from 'bcryptjs'
import type { Authority } from './certificate.ts'
import type { Children } from './children.ts'
import type { Account, RegistryDescription, RegistryOptions } from './description.ts'
import { passwordGate, tokenGate } from './gate.ts'
import { lastLines, withLog } from './log.ts'
import { PLAIN_ADDRESS, TLS_ADDRESS } from './network.ts'
import { until } from './patience.ts'
import { type ArmedFault, RegistryFront } from './registry-front.ts'
import { request } from './unix-http.ts'

const FIRST_PORT = 5000
const START_LIMIT_MS = 30_000
// The lowest that bcrypt knows: these passwords guard nothing, and every request is checked against them.
const BCRYPT_COST = 4
// Needs no password of its own from outside: it is only used by the lab, over the private socket.
const OWN_ACCOUNT = 'swarm-deploy-lab'

/** A real registry with its accounts, and the front that the nodes talk to. */
export class Registry {
  readonly description: RegistryDescription
  readonly front: RegistryFront
  readonly #store: string
  readonly #log: string
  readonly #backend: string
  readonly #accounts: Map<string, Account>
  readonly #guarded: boolean
  readonly #ownPassword = randomBytes(18).toString('base64')
  readonly #children: Children
  #written: Promise<void> = Promise.resolve()

  /** `index` counts from 0 and decides the port; `directory` is seen by everybody, `store` only by the lab. */
  constructor(
    name: string,
    index: number,
    options: RegistryOptions,
    directory: string,
    store: string,
    children: Children,
  ) {
    const own = join(directory, 'registries', name)
    mkdirSync(own, { recursive: true, mode: 0o700 })
    this.#log = join(own, 'registry.log')
    this.#store = join(store, name)
    mkdirSync(this.#store)
    this.#backend = join(this.#store, 'backend.sock')
    this.#children = children
    const { tls = false, accounts = {}, tokens = false } = options
    const host = `${tls ? TLS_ADDRESS : PLAIN_ADDRESS}:${FIRST_PORT + index}`
    this.description = { name, host, socket: join(own, 'push.sock'), tls, accounts }
    this.#guarded = options.accounts !== undefined
    this.#accounts = new Map(Object.entries(accounts))
    const url = `http${tls ? 's' : ''}://${host}`
    const gate = tokens ? tokenGate(this.#accounts, url, this.#authorization()) : passwordGate(this.#accounts)
    this.front = new RegistryFront(this.#backend, gate)
  }

  /** Starts it and waits until it answers. */
  async start(authority: Authority): Promise<void> {
    const { host, tls, socket } = this.description
    const [address = '', port] = host.split(':')
    if (this.#guarded) await this.#writeAccounts()
    writeFileSync(join(this.#store, 'config.yml'), JSON.stringify(this.#configuration()))
    const command = ['docker-registry', 'serve', join(this.#store, 'config.yml')]
    const registry = withLog(this.#log, (descriptor) => this.#children.start(command, descriptor))
    registry.stdout?.resume()
    await this.front.listenPrivately(socket, this.#guarded ? this.#authorization() : undefined)
    await this.front.listen(address, Number(port), tls ? await authority.certify(address) : undefined)
    await until(
      `starting the registry ${this.description.name}`,
      START_LIMIT_MS,
      async () => (await request(socket, 'GET', '/v2/')).status === 200,
      () => (registry.exitCode === null ? undefined : `it ended; its log says: ${lastLines(this.#log)}`),
    )
  }

  /** Changes an account, adds it, or removes it (`undefined`). Takes effect with the next request. */
  async setAccount(user: string, account: Account | undefined): Promise<void> {
    if (!this.#guarded) throw new Error(`The registry ${this.description.name} has no accounts.`)
    if (account) this.#accounts.set(user, account)
    else this.#accounts.delete(user)
    // One after another: of two at once the one that ends last may be the one that knows less.
    this.#written = this.#written.catch(() => {}).then(() => this.#writeAccounts())
    await this.#written
  }

  /** Fails from the next request on. Throws when the fault's path is no regular expression. */
  fail(fault: ArmedFault): void {
    new RegExp(fault.path ?? '')
    this.front.faults.push(fault)
  }

  /** How the lab itself enters the registry behind the front. */
  #authorization(): string {
    return `Basic ${Buffer.from(`${OWN_ACCOUNT}:${this.#ownPassword}`).toString('base64')}`
  }

  async #writeAccounts(): Promise<void> {
    const accounts = [...this.#accounts].map(([user, { password }]) => [user, password] as const)
    const lines = await Promise.all(
      [...accounts, [OWN_ACCOUNT, this.#ownPassword] as const].map(
        async ([user, password]) => `${user}:${await hash(password, BCRYPT_COST)}\n`,
      ),
    )
    const path = join(this.#store, 'htpasswd')
    writeFileSync(`${path}.new`, lines.join(''), { mode: 0o600 })
    renameSync(`${path}.new`, path)
  }

  #configuration(): unknown {
    return {
      version: 0.1,
      log: { level: 'warn', accesslog: { disabled: true } },
      storage: {
        filesystem: { rootdirectory: join(this.#store, 'images') },
        delete: { enabled: true },
        cache: { blobdescriptor: 'inmemory' },
      },
      http: { net: 'unix', addr: this.#backend, secret: randomBytes(16).toString('hex'), relativeurls: true },
      ...(this.#guarded && { auth: { htpasswd: { realm: 'lab', path: join(this.#store, 'htpasswd') } } }),
    }
  }
}
