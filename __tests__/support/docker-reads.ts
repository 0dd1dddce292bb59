import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { scratchDirectory } from '../../lab/scratch.ts'

/** What `docker stack deploy` would send for compose files, or what it says against them. */
export type DockerReads = { readonly sent: Readonly<Record<string, string>> } | { readonly refused: string }

/**
 * The docker CLI of the PATH, with a daemon that has nothing and takes everything: so it tells how it reads a compose
 * file, without a swarm.
 */
export class ReadingDocker implements AsyncDisposable {
  readonly directory: string
  readonly #server = createServer((request, response) => void this.#answer(request, response))
  #sent: [string, string][] = []

  private constructor(directory: string) {
    this.directory = directory
  }

  static async start(): Promise<ReadingDocker> {
    const docker = new ReadingDocker(scratchDirectory('reading-docker-'))
    docker.#server.listen(join(docker.directory, 's'))
    await once(docker.#server, 'listening')
    return docker
  }

  /**
   * @param file given on standard input; relative paths begin at `directory`
   * @returns the bodies as docker wrote them, by kind and name: `services/s_web`
   */
  async read(file: string | Uint8Array, env: Readonly<Record<string, string>> = {}): Promise<DockerReads> {
    this.#sent = []
    const args = ['stack', 'deploy', '--resolve-image', 'never', '--detach=true', '-c', '-', 's']
    const host = { DOCKER_HOST: `unix://${join(this.directory, 's')}`, DOCKER_CONFIG: join(this.directory, 'config') }
    const child = spawn('docker', args, {
      cwd: this.directory,
      env: { PATH: process.env.PATH, ...env, ...host },
    })
    child.stdin.end(file)
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close'), text(child.stdout)])
    if (code !== 0) return { refused: stderr.trim() }
    return { sent: Object.fromEntries(this.#sent.toSorted(([a], [b]) => (a < b ? -1 : 1))) }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    const [path = ''] = (request.url ?? '').replace(/^\/v[\d.]+/, '').split('?', 1)
    const send = (status: number, answer: unknown) =>
      response
        .writeHead(status, { 'Content-Type': 'application/json', 'Api-Version': '1.51' })
        .end(JSON.stringify(answer))
    if (path === '/_ping') return void send(200, {})
    if (path === '/info') return void send(200, { Swarm: { ControlAvailable: true, LocalNodeState: 'active' } })
    const kind = /^\/(\w+)\/create$/.exec(path)?.[1]
    if (kind !== undefined) {
      const { Name } = JSON.parse(body) as { Name: string }
      this.#sent.push([`${kind}/${Name}`, body])
      return void send(201, { ID: `${kind}-${Name}`, Id: `${kind}-${Name}` })
    }
    if (/^\/(?:secrets|configs)$/.test(path)) {
      const own = this.#sent.filter(([key]) => key.startsWith(`${path.slice(1)}/`))
      return void send(
        200,
        own.map(([key, sent]) => ({ ID: key, Spec: JSON.parse(sent) as unknown })),
      )
    }
    send(/^\/\w+$/.test(path) ? 200 : 404, /^\/\w+$/.test(path) ? [] : { message: 'none' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await rm(this.directory, { recursive: true })
  }
}
