import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { ARENA, Arena } from '../../lab/differential/arena.ts'
import { readCorpus } from '../../lab/differential/corpus.ts'
import { knownFor } from '../../lab/differential/known.ts'
import { type Played, play } from '../../lab/differential/play.ts'
import { describeSwarm, STACK_CLI } from '../support/swarm.ts'

/** Some of the stacks that `npm run differential` plays, with much in each. */
const TITLES = [
  'several services',
  'a map with text that looks like something else',
  'a job beside a service',
  'long configs',
  'policies with everything',
  'networks as a list and as a map',
  'long ports with everything, and with little',
]
const corpus = (await readCorpus()).filter(({ title }) => TITLES.includes(title))

describeSwarm(
  'docker and the action deploy the same',
  ARENA,
  (swarm) => {
    let arena: Arena
    const plays = new Map<string, Promise<Played>>()

    beforeAll(async () => {
      arena = await Arena.on(swarm.lab)
      // Side by side: most of it is waiting for the swarm.
      for (const stack of corpus) plays.set(stack.name, play(stack, arena))
      await Promise.allSettled(plays.values())
    })

    afterAll(async () => {
      await arena?.[Symbol.asyncDispose]()
    })

    test('each of the stacks is there', () => {
      expect(corpus.map(({ title }) => title).toSorted()).toEqual(TITLES.toSorted())
    })

    test.each(corpus.map((stack) => [stack.title, stack] as const))('%s', async (_, stack) => {
      const { differences, logs } = (await plays.get(stack.name)) as Played
      const unknown = differences.filter((difference) => knownFor(stack, difference) === undefined)
      if (unknown.length > 0)
        throw new Error([...unknown.map(({ moment, text }) => `${moment}: ${text}`), ...logs].join('\n'))
    })
  },
  STACK_CLI,
)
