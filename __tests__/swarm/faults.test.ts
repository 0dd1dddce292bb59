import { afterAll, beforeAll } from '@jest/globals'
import { Arena, arenaOptions } from '../../lab/faults/arena.ts'
import { reportOf } from '../../lab/faults/judge.ts'
import { play } from '../../lab/faults/play.ts'
import { deployOf, titleOf } from '../../lab/faults/scenario.ts'
import { cliOlderThan, describeSwarm, STACK_CLI, testUnless } from '../support/swarm.ts'

/** Some of the runs that `npm run faults` makes without end, one for each kind of fault. */
const SEED = 7
const NUMBERS = [3, 13, 40, 73, 76, 83]
const RUN_LIMIT_MS = 300_000

describeSwarm('a deploy while something goes wrong has a true verdict', arenaOptions(), (swarm) => {
  let arena: Arena

  beforeAll(async () => {
    arena = await Arena.start(swarm.lab as Arena['lab'])
  })

  afterAll(async () => {
    await arena?.[Symbol.asyncDispose]()
  })

  for (const number of NUMBERS) {
    const scenario = deployOf(SEED, number)
    testUnless(
      scenario.shape === 'stack' ? cliOlderThan(STACK_CLI) : undefined,
      titleOf(scenario),
      async () => {
        const { wrongs, story } = await play(scenario, arena)
        if (wrongs.length > 0) throw new Error(`${reportOf(scenario, wrongs)}\n${story}`)
      },
      RUN_LIMIT_MS,
    )
  }
})
