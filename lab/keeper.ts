import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Authority } from './certificate.ts'
import { Children } from './children.ts'
import { type Account, failureText, type LabDescription, type Order } from './description.ts'
import { Network } from './network.ts'
import { NodeMachine } from './node.ts'
import { Registry } from './registry.ts'
import type { ArmedFault } from './registry-front.ts'
import { SEARCH_PATH } from './requirements.ts'
import { formSwarm } from './swarm.ts'
import { labId, makeLabDirectory, markKeeper, removeTraces } from './sweep.ts'

/*
 * One process a lab, started in a mount and a network namespace of its own. It brings everything up, owns every other
 * process, and takes everything down when it is told to or when the one who wanted the lab is gone.
 */

const directory = makeLabDirectory()
markKeeper(directory)
const id = labId(directory)
const store = join(directory, 'store')
const children = new Children(id, SEARCH_PATH)
const network = new Network(children)
const authority = new Authority(join(directory, 'authority'), children)
let ending: Promise<void> | undefined

process.on('SIGTERM', end)
process.on('SIGINT', end)
process.on('SIGHUP', end)
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})

const lines = createInterface({ input: process.stdin })
lines.once('line', (line) => void keep(JSON.parse(line)))
let keptBy: Order['keptBy'] = 'process'
lines.once('close', () => {
  if (keptBy === 'process') end()
})

async function keep(order: Order): Promise<void> {
  try {
    const description = await bringUp(order)
    writeFileSync(join(directory, 'lab.json'), JSON.stringify(description, null, 2), { mode: 0o600 })
    keptBy = order.keptBy
    process.stdout.write(`${JSON.stringify(description)}\n`)
  } catch (error) {
    if (ending === undefined) process.stdout.write(`${JSON.stringify({ error: failureText(error) })}\n`)
    end()
  }
}

async function bringUp(order: Order): Promise<LabDescription> {
  const { nodes: count = 1, managers = 1, registries: wanted = {} } = order
  for (const name of ['store', 'docker-config']) mkdirSync(join(directory, name), { mode: 0o700 })
  // In memory, and seen by nobody else: it is gone with the last process of the lab, however that ends.
  await children.run(['mount', '-t', 'tmpfs', '-o', 'mode=700', 'tmpfs', store])
  await network.up()
  const machines = Array.from(
    { length: count },
    (_, index) => new NodeMachine(index + 1, directory, store, id, children, network, order),
  )
  const registries = Object.entries(wanted).map(
    ([name, options], index) => new Registry(name, index, options, directory, store, children),
  )
  const [nodes] = await Promise.all([
    Promise.all(machines.map((machine) => machine.start())).then(() => formSwarm(machines, managers)),
    ...registries.map((registry) => registry.start(authority)),
  ])
  await takeCalls(machines, registries)
  return {
    id: id.slice(id.lastIndexOf('-') + 1),
    directory,
    keeper: process.pid,
    keptBy: order.keptBy,
    nodes,
    registries: registries.map((registry) => registry.description),
  }
}

/** What the users of the lab may ask of the keeper; the name of a call is its path. */
function calls(machines: readonly NodeMachine[], registries: readonly Registry[]) {
  const machine = (name: string) =>
    found(
      name,
      machines.find((candidate) => candidate.name === name),
    )
  const registry = (name: string) =>
    found(
      name,
      registries.find(({ description }) => description.name === name),
    )
  return {
    '/node/kill': (call: { node: string; signal: NodeJS.Signals }) => machine(call.node).kill(call.signal),
    '/node/start': (call: { node: string }) => machine(call.node).start(),
    '/node/link': (call: { node: string; state: 'up' | 'down' }) =>
      network.setLink(machine(call.node).number, call.state),
    '/authority': (_: object) => authority.certificate(),
    '/node/trust': (call: { node: string; registry: string }) =>
      machine(call.node).trust(registry(call.registry).description.host, authority.certificate()),
    '/registry/requests': (call: { registry: string }) => registry(call.registry).front.requests,
    '/registry/forget': (call: { registry: string }) => {
      registry(call.registry).front.requests = []
    },
    '/registry/fail': (call: { registry: string; fault: ArmedFault }) => registry(call.registry).fail(call.fault),
    '/registry/recover': (call: { registry: string }) => {
      registry(call.registry).front.faults = []
    },
    '/registry/line': (call: { registry: string; bytesPerSecond?: number }) => {
      registry(call.registry).front.bytesPerSecond = call.bytesPerSecond
    },
    '/registry/account': (call: { registry: string; user: string; account?: Account }) =>
      registry(call.registry).setAccount(call.user, call.account),
  }
}

export type KeeperCalls = ReturnType<typeof calls>

function takeCalls(machines: readonly NodeMachine[], registries: readonly Registry[]): Promise<void> {
  const known: Readonly<Record<string, (call: never) => unknown>> = calls(machines, registries)
  const server = createServer(async (incoming, outgoing) => {
    try {
      const call = known[incoming.url ?? '']
      if (!call) throw new Error(`The keeper does not know ${incoming.url}.`)
      const chunks = await incoming.toArray()
      const answer = await call(JSON.parse(Buffer.concat(chunks).toString()) as never)
      outgoing.end(JSON.stringify(answer ?? null))
    } catch (error) {
      outgoing.writeHead(500).end(JSON.stringify({ message: failureText(error) }))
    }
  })
  return new Promise((resolve) => {
    server.listen(join(directory, 'keeper.sock'), resolve)
  })
}

function found<T>(name: string, candidate: T | undefined): T {
  if (candidate === undefined) throw new Error(`The lab has no ${name}.`)
  return candidate
}

function end(): void {
  ending ??= takeDown().then(
    () => process.exit(),
    (error) => {
      process.stderr.write(`The lab ${id} could not be taken down: ${failureText(error)}\n`)
      process.exit(1)
    },
  )
}

async function takeDown(): Promise<void> {
  await children.end()
  // Emptying the store file by file would take seconds. It may not be mounted yet.
  await new Children(id, SEARCH_PATH).run(['umount', '--lazy', store]).catch(() => {})
  await removeTraces(directory)
}
