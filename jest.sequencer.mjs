import Sequencer from '@jest/test-sequencer'

/** The order of the files: each goes where its name, or that of its folder, stands first. What takes longest begins. */
const WAITING = [
  'swarm/daemons',
  'runners/act-container',
  'runners/act-host',
  'swarm/faults',
  'runners/examples',
  'swarm/memory',
  'swarm/verdicts',
  'swarm/strategies',
  'swarm/ssh',
  'swarm/plan',
  'swarm/records',
  'swarm/create-args',
  'swarm/signals',
  'swarm/prepare',
  'bundle/timeout',
  'integration/runner/survivors',
  'integration/strategies/trial',
  'runners/',
  'swarm/',
  'bundle/',
  'releases/',
  'integration/connect/',
  'integration/docker/',
  'integration/nodes/',
  'integration/plan/',
  'integration/removal/',
  'integration/runner/',
]

const CALCULATING = [
  'memory/net',
  'memory/engine-faults',
  'memory/colours',
  'memory/refresh-auth',
  'memory/rollback',
  'memory/remove',
  'integration/',
  'memory/',
  'unit/',
]

/**
 * Both kinds side by side from the first to the last: what waits for a swarm or a program leaves a core to what calculates.
 * Within one place the order is Jest's own, which is by size on a machine that has run none of them.
 */
export default class ByCost extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests)
    const waiting = inOrder(sorted.filter(isWaiting), WAITING)
    return mixed(
      waiting,
      inOrder(
        sorted.filter((test) => !isWaiting(test)),
        CALCULATING,
      ),
    )
  }
}

function isWaiting(test) {
  return placeIn(WAITING, test) >= 0
}

function inOrder(tests, order) {
  return tests.toSorted((one, other) => placeIn(order, one) - placeIn(order, other))
}

function placeIn(order, { path }) {
  return order.findIndex((name) => path.includes(`/__tests__/${name.endsWith('/') ? name : `${name}.test.ts`}`))
}

/** Two lists in one, each in its own order and spread over the whole. */
function mixed(ones, others) {
  const spread = (list) => list.map((test, index) => ({ test, share: index / list.length }))
  return [...spread(ones), ...spread(others)].toSorted((a, b) => a.share - b.share).map(({ test }) => test)
}
