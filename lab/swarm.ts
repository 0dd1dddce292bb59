import type { NodeDescription } from './description.ts'
import type { NodeMachine } from './node.ts'
import { until } from './patience.ts'
import { demand } from './unix-http.ts'

const PORT = 2377
const JOIN_LIMIT_MS = 60_000

/** Makes one swarm of running machines, the first `managers` of which become managers. */
export async function formSwarm(machines: readonly NodeMachine[], managers: number): Promise<NodeDescription[]> {
  const [first, ...others] = machines
  if (!first) throw new Error('A swarm needs a node.')
  await demand(first.socket, 'POST', '/swarm/init', {
    ListenAddr: `0.0.0.0:${PORT}`,
    AdvertiseAddr: first.address,
  })
  const { JoinTokens: tokens } = await demand<{ JoinTokens: { Manager: string; Worker: string } }>(
    first.socket,
    'GET',
    '/swarm',
  )
  const join = (machine: NodeMachine, token: string) =>
    demand(machine.socket, 'POST', '/swarm/join', {
      ListenAddr: `0.0.0.0:${PORT}`,
      AdvertiseAddr: machine.address,
      RemoteAddrs: [`${first.address}:${PORT}`],
      JoinToken: token,
    })
  const workers = Promise.all(others.slice(managers - 1).map((machine) => join(machine, tokens.Worker)))
  workers.catch(() => {})
  // Raft takes one new member at a time.
  for (const machine of others.slice(0, managers - 1)) await join(machine, tokens.Manager)
  await workers
  await until('waiting for every node to be ready', JOIN_LIMIT_MS, async () => {
    const nodes = await demand<{ Status: { State: string } }[]>(first.socket, 'GET', '/nodes')
    return nodes.length === machines.length && nodes.every((node) => node.Status.State === 'ready')
  })
  return Promise.all(
    machines.map(async (machine, index) => {
      const info = await demand<{ Swarm: { NodeID: string } }>(machine.socket, 'GET', '/info')
      const { name, address, socket } = machine
      return { name, id: info.Swarm.NodeID, address, socket, role: index < managers ? 'manager' : 'worker' }
    }),
  )
}
