import Sequencer from '@jest/test-sequencer'

/** What takes longest, the longest first: so that at the end no worker waits for another one. */
const LONGEST = [
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
  'unit/runner/survivors',
  'unit/strategies/trial',
  'memory/net',
  'memory/engine-faults',
  'memory/colours',
  'memory/refresh-auth',
  'unit/inputs/echoes',
  'memory/rollback',
  'memory/remove',
]

/** Jest's order, which is by size on a machine that has run none of them, behind what is known to take long. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((one, other) => rank(one) - rank(other))
  }
}

/** Those that mostly wait come before those that only calculate. */
function rank({ path }) {
  const at = LONGEST.findIndex((name) => path.endsWith(`/__tests__/${name}.test.ts`))
  if (at >= 0) return at
  return (
    LONGEST.length +
    ['runners', 'swarm', 'bundle', 'memory', 'releases', 'unit'].findIndex((name) =>
      path.includes(`/__tests__/${name}/`),
    )
  )
}
