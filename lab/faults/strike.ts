import { setTimeout as pause } from 'node:timers/promises'
import type { LabNode } from '../lab.ts'
import { stageLine } from '../log-lines.ts'
import type { Arena } from './arena.ts'
import type { DoorFault, Fault, Scenario, Stage } from './scenario.ts'
import { ask } from './truth.ts'

const LOOK_EVERY_MS = 10
const RETRY_MS = 1000
const RETRIES = 90

/** A stage has begun when this stands in what the step has printed. */
const MARKS: Readonly<Record<Stage, RegExp>> = {
  start: stageLine(),
  check: stageLine('Check images, flags and platforms'),
  prepare: stageLine('Have the nodes pull the images'),
  'first step': stageLine('Try the canaries', 'Stop the old tasks'),
  deploy: stageLine('Deploy'),
  watch: stageLine('Watch'),
  traffic: stageLine('Move the traffic'),
  'way back': stageLine('Roll back'),
  removal: stageLine('Remove'),
}

/** Waits for the moment of a fault. False when the step has ended before. */
export async function momentComes({ at }: Fault, printed: () => string, hasEnded: () => boolean): Promise<boolean> {
  while (!MARKS[at.stage].test(printed())) {
    if (hasEnded()) return false
    await pause(LOOK_EVERY_MS)
  }
  const until = Date.now() + at.ms
  while (Date.now() < until) {
    if (hasEnded()) return false
    await pause(LOOK_EVERY_MS)
  }
  return !hasEnded()
}

/** Lets a fault of machines, ways or registries happen, and end. Resolves when all is as it was. */
export async function strike(fault: Fault, { hosts }: Scenario, arena: Arena): Promise<void> {
  switch (fault.kind) {
    case 'node':
      return strikeNode(await nodeFor(fault.which, hosts, arena), fault.what, fault.seconds)
    case 'door':
      return strikeDoors(arena, fault.what, fault.seconds)
    case 'registry':
      return strikeRegistry(arena, fault.what, fault.seconds)
    default:
      throw new Error(`${fault.kind} is no fault of the surroundings`)
  }
}

async function strikeNode(node: LabNode, what: 'kill' | 'freeze' | 'cut', seconds: number): Promise<void> {
  const [begin, end] = {
    kill: [() => node.kill('SIGKILL'), () => untilStarted(node)],
    freeze: [() => node.kill('SIGSTOP'), () => node.kill('SIGCONT')],
    cut: [() => node.disconnect(), () => node.reconnect()],
  }[what] as [() => Promise<void>, () => Promise<void>]
  await begin()
  await pause(seconds * 1000)
  await end()
}

/** A machine under load may be late with giving its network back. */
async function untilStarted(node: LabNode): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await node.start()
    } catch (error) {
      if (attempt === 3) throw error
      await pause(RETRY_MS)
    }
  }
}

async function strikeDoors({ doors }: Arena, what: DoorFault, seconds: number): Promise<void> {
  for (const door of doors) door.fail(what)
  await pause(seconds * 1000)
  for (const door of doors) door.recover()
}

async function strikeRegistry(
  { lab }: Arena,
  what: 'error' | 'limit' | 'drop' | 'stall',
  seconds: number,
): Promise<void> {
  const { main } = lab.registries
  const faults = {
    error: { status: 503 },
    limit: { status: 429 },
    drop: { drop: true },
    stall: { delayMs: seconds * 1000 },
  }
  await main.fail(faults[what])
  await pause(seconds * 1000)
  await main.recover()
}

async function nodeFor(which: string, hosts: readonly number[], { lab, managers }: Arena): Promise<LabNode> {
  const entry = managers[hosts[0] ?? 0] ?? lab.nodes[0]
  if (which === 'entry') return entry
  const worker = lab.nodes.find(({ role }) => role === 'worker')
  if (which === 'worker') return worker ?? lab.nodes[0]
  const leader = await leaderOf(managers)
  return which === 'leader' ? leader : (managers.find((node) => node !== leader) ?? leader)
}

async function leaderOf(managers: readonly LabNode[]): Promise<LabNode> {
  for (let attempt = 1; ; attempt++) {
    try {
      const nodes = await Promise.any(
        managers.map((node) => ask<{ ID: string; ManagerStatus?: { Leader?: boolean } }[]>(node, '/nodes')),
      )
      const id = nodes.find(({ ManagerStatus }) => ManagerStatus?.Leader === true)?.ID
      const leader = managers.find((node) => node.id === id)
      if (leader !== undefined) return leader
    } catch (error) {
      if (attempt === RETRIES) throw error
    }
    await pause(RETRY_MS)
  }
}
