import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { STRATEGY_INPUTS } from '../../src/inputs/strategies/table.ts'
import { letTimeRun, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { MODE_NAMES, violationsOfMode } from '../support/memory-swarm/mode-net.ts'
import { brokenRules, play, TROUBLES, violations } from '../support/memory-swarm/net.ts'
import { SCENARIOS, scenario } from '../support/memory-swarm/scenarios.ts'

const LIMIT_MS = 300_000

/** All calls take two minutes: with MEMORY_NET=all. */
const SHARE = process.env.MEMORY_NET === 'all' ? 1 : 4

test('every strategy is in a deploy of the net', () => {
  const asked = SCENARIOS.map((name) => JSON.stringify(scenario(name, 'good').inputs))
  const missing = Object.keys(STRATEGY_INPUTS).filter(
    (name) => !asked.some((one) => one.includes(`"strategy\\":\\"${name}\\"`)),
  )
  // What is written for none.
  expect(missing).toEqual(['rolling'])
})

/**
 * The same trouble at the telling calls of a run, and then the rules of truth: green only when the swarm runs what was
 * asked, else a cause that helps; nothing interim stays; and never longer than the timeout and a little.
 */
describe.each(SCENARIOS)('%s', (name) => {
  beforeEach(stopTime)
  afterEach(letTimeRun)

  test.each(['good', 'bad'] as const)('without trouble, with a %s image', async (image) => {
    const played = await play(scenario(name, image))
    expect(brokenRules(scenario(name, image), '', played)).toEqual([])
    expect(played.run.problems).toEqual([])
  })

  test.each(Object.keys(TROUBLES))(
    '%s',
    async (trouble) => {
      expect(await violations(scenario(name, 'good'), trouble, SHARE)).toEqual([])
    },
    LIMIT_MS,
  )
})

describe.each(MODE_NAMES)('the mode %s', (name) => {
  beforeEach(stopTime)
  afterEach(letTimeRun)

  test.each(['', ...Object.keys(TROUBLES)])(
    'with this trouble: %s',
    async (trouble) => {
      expect(await violationsOfMode(name, trouble, SHARE)).toEqual([])
    },
    LIMIT_MS,
  )
})
