import { expect, test } from '@jest/globals'
import type { Engine } from '../../../src/docker/engine/engine.ts'
import { swarmNetworks } from '../../../src/stack/stack.ts'

const INGRESS = { Id: 'i', Name: 'ingress', Scope: 'swarm' }
const FRONT = { Id: 'f', Name: 'front', Scope: 'swarm' }

/** A daemon that lists these networks, one list after the other. */
function listing(...lists: readonly object[][]) {
  const asked: string[] = []
  const get = async (path: string) => {
    asked.push(path)
    return path === '/networks' ? lists[asked.filter((one) => one === path).length - 1] : []
  }
  return { asked, engine: { get } as unknown as Engine }
}

test('networks that a daemon without a leader lists are asked for again when there is one', async () => {
  const { asked, engine } = listing([{ ...FRONT, Containers: {} }], [INGRESS, FRONT])
  expect(await swarmNetworks(engine, AbortSignal.timeout(1000))).toEqual([INGRESS, FRONT])
  expect(asked).toEqual(['/networks', '/configs', '/networks'])
})

test('with a leader they are asked for once, whatever is left over', async () => {
  const networks = [INGRESS, { ...FRONT, Containers: {} }]
  const { asked, engine } = listing(networks)
  expect(await swarmNetworks(engine, AbortSignal.timeout(1000))).toEqual(networks)
  expect(asked).toEqual(['/networks'])
})
