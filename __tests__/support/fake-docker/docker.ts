import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Scenario } from './scenario.ts'

/**
 * A stand-in for the docker command: it answers from a scenario and notes how it was called. For texts, command lines
 * and timing; it proves nothing about Docker.
 */

const directory = process.env.FAKE_DOCKER ?? ''
const scenario = JSON.parse(readFileSync(join(directory, 'scenario.json'), 'utf8')) as Scenario
const args = process.argv.slice(2)
const line = args.join(' ').replaceAll(/\/\S*swarm-deploy-[0-9a-f]{12}\//g, '<workspace>/')
appendFileSync(join(directory, 'calls'), `${line}\n`)
appendFileSync(join(directory, 'environments'), `${JSON.stringify(process.env)}\n`)

const failure = scenario.fails?.find(({ command }) => line.includes(command))
if (failure !== undefined) {
  process.stderr.write(`${failure.stderr}\n`)
  process.exit(failure.code)
}
const odd = scenario.prints?.find(({ command }) => line.includes(command))
if (odd !== undefined) {
  process.stdout.write(odd.stdout)
} else if (scenario.stalls?.some((words) => line.includes(words))) {
  setInterval(() => undefined, 1000)
} else if (line.startsWith('context inspect')) {
  const host = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock'
  process.stdout.write(`${JSON.stringify({ Name: 'default', Endpoints: { docker: { Host: host } } })}\n`)
} else if (line === 'system dial-stdio') {
  await serve()
}

/** Each change of a service that was sent has made its version a newer one. */
function newer(key: string, value: unknown): unknown {
  if (key !== 'Version') return value
  const requests = readFileSync(join(directory, 'requests'), 'utf8')
  const changes = requests.match(/^POST \/services\/[^/]+\/update$/gm)?.length ?? 0
  return { Index: (value as { Index: number }).Index + changes }
}

/** The Engine API over standard input and output. */
async function serve(): Promise<void> {
  // Loaded here: it takes longer than all that the other commands do.
  const [{ createServer }, { Duplex }] = await Promise.all([import('node:http'), import('node:stream')])
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?', 1)[0]?.replace(/^\/v[\d.]+/, '') ?? ''
    appendFileSync(join(directory, 'requests'), `${request.method} ${path}\n`)
    const hangs = scenario.hangs?.includes(path) || path === '/events'
    if (hangs) return
    const raw = scenario.raw?.[path]
    if (raw !== undefined) {
      response.writeHead(raw.status).end(raw.body)
      return
    }
    const answer = scenario.answers[path]
    response.setHeader('Api-Version', scenario.apiVersion ?? '1.41')
    response.writeHead(answer === undefined && path !== '/_ping' ? 404 : 200, { 'Content-Type': 'application/json' })
    response.end(path === '/_ping' ? 'OK' : JSON.stringify(answer ?? { message: `no ${path} here` }, newer))
  })
  const socket = Duplex.from({ readable: process.stdin, writable: process.stdout })
  server.emit('connection', socket)
  process.stdin.once('end', () => process.exit(0))
}
