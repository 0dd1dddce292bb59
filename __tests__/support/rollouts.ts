import type { Phase, ServiceResult, TaskTimeline } from '../../src/result.ts'
import { createResult, digest } from './builders.ts'

/** Results as whole runs of many services have them, with all that a summary shows. */

interface Asked {
  readonly services: number
  /** So many of them fail, and the others go back. */
  readonly failing?: number
  /** So many are as they were. */
  readonly unchanged?: number
  readonly tasks?: number
  readonly logs?: readonly string[]
}

const NAMES = [
  'worker',
  'api',
  'web',
  'mailer',
  'billing',
  'search',
  'admin',
  'events',
  'thumbnails',
  'auth',
  'cache',
  'reports',
]
const LOGS = [
  'level=info msg="worker 1.4.2 starts"',
  'level=info msg="reads its configuration" file=/run/config.yml',
  'level=error msg="no connection to the database" host=db.internal:5432 error="connection refused"',
  'level=fatal msg="gives up after 3 attempts"',
]
const NODES = ['n1', 'n2', 'n3']

/** As a run has them whose first services fail: `shop_worker`, `shop_api` … */
export function rollout({ services, failing = 0, unchanged = 0, tasks = 2, logs = LOGS }: Asked): ServiceResult[] {
  return Array.from({ length: services }, (_, n): ServiceResult => {
    const base = NAMES[n % NAMES.length] ?? ''
    const name = n < NAMES.length ? `shop_${base}` : `shop_${base}-${Math.floor(n / NAMES.length) + 1}`
    const repository = `registry.example.com/shop/${base}`
    const image = (version: string, hex: string) => `${repository}:${version}@${digest(hex)}`
    const before = image('1.4.1', 'a7')
    const wanted = image('1.4.2', '5c')
    const all: ServiceResult = createResult({
      name,
      image: { before, wanted, after: wanted },
      config: 'registry.example.com',
      changes: ['image'],
      tasks: { running: tasks, wanted: tasks },
      nodes: Math.min(tasks, NODES.length),
      seconds: 9 + (n % 7),
      place: { file: 'deploy/compose.yml', line: 3 + 6 * n },
    })
    const isTask = (slot: number) => taskOf(slot, n, n < failing)
    const out = {
      from: 100 + n * 0.02,
      to: failing === 0 ? 112 + (n % 7) / 2 : 110,
      tasks: Array.from({ length: tasks }, (_, slot) => isTask(slot)),
    }
    if (n >= services - unchanged) {
      return {
        ...all,
        action: 'unchanged',
        outcome: 'unchanged',
        image: { before: wanted, wanted, after: wanted },
        changes: [],
        seconds: 0,
      }
    }
    if (failing === 0) return { ...all, outcome: 'updated', timeline: { out } }
    const back = { from: 110.5, to: 118, tasks: Array.from({ length: tasks }, (_, slot) => backTask(slot, n)) }
    const gone = {
      ...all,
      outcome: 'rolled-back' as const,
      image: { before, wanted, after: before },
      wayBack: 'done' as const,
      timeline: { out, back },
    }
    const culprits = Array.from({ length: Math.min(failing, 1) }, () => 'shop_worker')
    if (n >= failing) {
      return {
        ...gone,
        cause: `restored because of ${culprits.join(', ')}; what ran before runs again`,
        because: culprits,
      }
    }
    const reason = 'its task ended 5 times in a row, the last one failed with exit code 3'
    const failedTask = {
      id: `pz8${n}m3q5v0dkw1u7t2e9xy4ab`,
      node: NODES[(n + 1) % 3],
      ending: 'failed with exit code 3',
      exitCode: 3,
      logs,
    }
    return { ...gone, cause: `${reason}; what ran before runs again`, reason, failedTask }
  })
}

function taskOf(slot: number, service: number, fails: boolean): TaskTimeline {
  const begin = 100.3 + slot * 0.2 + (service % 5) * 0.1
  const phases: [Phase, number][] = [
    ['waiting', begin],
    ['pulling', begin + 0.6],
    ['starting', begin + 3 + (service % 3)],
    ['running', begin + 4.2 + (service % 3)],
  ]
  const isBad = fails && slot === 0
  const to = isBad ? 108.5 : 110
  return {
    slot: slot + 1,
    node: NODES[(service + slot + 1) % 3],
    phases: [...phases, ...(isBad ? [['over', to] as [Phase, number]] : [])].map(([phase, from]) => ({ phase, from })),
    to,
    ...(isBad && { ending: 'failed with exit code 3' }),
  }
}

function backTask(slot: number, service: number): TaskTimeline {
  const begin = 110.8 + slot * 0.3
  return {
    slot: slot + 1,
    node: NODES[(service + slot + 1) % 3],
    phases: [
      { phase: 'waiting', from: begin },
      { phase: 'starting', from: begin + 0.8 },
      { phase: 'running', from: begin + 2 },
    ],
    to: 118,
  }
}
