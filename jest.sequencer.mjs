import Sequencer from '@jest/test-sequencer'

/** The order of the files: each goes where its name, or that of its folder, stands first. */
const ORDER = [
  // What takes longest, the longest first: so that at the end no worker waits for another one.
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
  // What starts many programs. For each of them the system copies the tables of the worker's memory: 3 ms of a worker that
  // is new, and 50 of one that has a gigabyte after much calculation.
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
  'integration/recipes',
  'integration/workflows',
  // What calculates longest, and then all the others.
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

/** This order, and for those of one place Jest's own, which is by size on a machine that has run none of them. */
export default class ByCost extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((one, other) => rank(one) - rank(other))
  }
}

function rank({ path }) {
  return ORDER.findIndex((name) => path.includes(`/__tests__/${name.endsWith('/') ? name : `${name}.test.ts`}`))
}
