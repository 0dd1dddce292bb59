import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { letTimeRun, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { SITUATIONS, SITUATIONS_OF_NODES } from '../support/memory-swarm/situations.ts'
import { labStage, memoryStage } from '../support/memory-swarm/stages.ts'
import { differences, Player, type Stage } from '../support/memory-swarm/trace.ts'
import { describeSwarm } from '../support/swarm.ts'

const NODES = 2
const LIMIT_MS = 300_000

/** A real swarm is slow when it is asked for much at once. */
const AT_ONCE = 2

describeSwarm('the memory swarm', { nodes: NODES, registries: { main: {} } }, (swarm) => {
  const played = new Map<string, Promise<Player>>()
  let stage: Stage | undefined
  let last: Promise<unknown> = Promise.resolve()

  beforeAll(async () => {
    stage = await labStage(swarm.lab, 'main')
  }, LIMIT_MS)

  afterAll(letTimeRun)

  /** Plays all situations on the real swarm, a few side by side, those of nodes alone and at the end. */
  function inLife(name: string): Promise<Player> {
    if (stage === undefined) throw new Error('the stage is set only while tests run')
    const real = stage
    if (played.size === 0) {
      const names = Object.keys(SITUATIONS)
      const lanes: Promise<unknown>[] = Array.from({ length: AT_ONCE }, () => Promise.resolve())
      const queue = (one: string, lane: Promise<unknown>) => {
        const run = lane.catch(() => undefined).then(() => play(one, real))
        run.catch(() => undefined)
        played.set(one, run)
        return run
      }
      for (const [index, one] of names.entries()) {
        const at = index % AT_ONCE
        lanes[at] = queue(one, lanes[at] ?? Promise.resolve())
      }
      last = Promise.allSettled(lanes)
      for (const one of Object.keys(SITUATIONS_OF_NODES)) last = queue(one, last)
    }
    return played.get(name) ?? Promise.reject(new Error(`nobody plays ${name}`))
  }

  /** When all have been played. */
  function onceMore(name: string, real: Stage): Promise<Player> {
    const run = last.catch(() => undefined).then(() => play(name, real))
    last = run
    return run
  }

  test.each(Object.keys({ ...SITUATIONS, ...SITUATIONS_OF_NODES }))(
    'does as a real one: %s',
    async (name) => {
      const real = await inLife(name)
      stopTime()
      const model = await play(name, memoryStage(NODES)).finally(letTimeRun)
      const differs = differences(model.trace(), real.trace())
      if (differs.length === 0 || stage === undefined) return expect(differs).toEqual([])
      // A busy machine may look at the real one too late for what lasts a second. The model would differ each time.
      const again = differences(model.trace(), (await onceMore(name, stage)).trace())
      expect(again.length === 0 ? again : differs).toEqual([])
    },
    LIMIT_MS,
  )
})

async function play(name: string, stage: Stage): Promise<Player> {
  const situation = { ...SITUATIONS, ...SITUATIONS_OF_NODES }[name]
  const player = new Player(
    stage,
    name
      .replaceAll(/[^a-z0-9]+/g, '-')
      .slice(0, 50)
      .replace(/-$/, ''),
  )
  await situation?.(player)
  await player.remove()
  return player
}
