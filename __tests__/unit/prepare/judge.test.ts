import { describe, expect, test } from '@jest/globals'
import type { Node } from '../../../src/docker/api.ts'
import type { PrepareChoice } from '../../../src/inputs/prepare.ts'
import type { ImageDemand, ServiceDemand } from '../../../src/prepare/demand.ts'
import { judge } from '../../../src/prepare/judge.ts'
import { beginPull, type NodePull, type Pull, refused } from '../../../src/prepare/pull.ts'
import { createConfig, createCredential, createNode, digest } from '../../support/builders.ts'

const NODES = [1, 2, 3].map(createNode)
const credential = createCredential()
const access = { config: createConfig('team', [credential]), credential }

interface Asked {
  readonly choice?: Exclude<PrepareChoice, 'no'>
  readonly needed?: number | 'all'
}

function demandOf(asked: Asked = {}): ImageDemand {
  const { choice = 'all', needed = 1 } = asked
  const service: ServiceDemand = { name: 'web', choice, nodes: NODES, needed }
  return { image: `ghcr.io/acme/web:2@${digest('b')}`, access, nodes: NODES, notAsked: [], services: [service] }
}

const THERE: NodePull = { state: 'there' }
const SLOW: NodePull = { state: 'pulling', sinceMs: 0, isSeen: true }
const failed = (said = 'No such image: ghcr.io/acme/web', seconds = 0.6): NodePull => ({
  state: 'failed',
  said,
  seconds,
})

function judged(states: readonly NodePull[], asked: Asked = {}, nodes: readonly Node[] = NODES) {
  const pulled = new Map(states.map((state, index): [string, NodePull] => [`node-${index + 1}`, state]))
  const pull: Pull = { ...beginPull(demandOf(asked)), nodes: pulled }
  return judge(pull, nodes, ({ ID, Description }) => Description.Hostname ?? ID, 300)
}

const verdict = ({ problem, notice }: ReturnType<typeof judge>) =>
  problem !== undefined ? 'red' : notice !== undefined ? 'notice' : 'good'

describe('whether it is red', () => {
  test.each<[string, readonly NodePull[], Asked]>([
    ['good', [THERE, THERE, THERE], {}],
    ['good', [THERE, THERE, { state: 'left' }], {}],
    ['notice', [THERE, { state: 'unknown' }, { state: 'left' }], {}],
    ['red', [THERE, THERE, failed()], { choice: 'all' }],
    ['red', [THERE, THERE, SLOW], { choice: 'all' }],
    ['notice', [THERE, failed(), SLOW], { choice: 'enough', needed: 1 }],
    ['red', [THERE, failed(), SLOW], { choice: 'enough', needed: 2 }],
    ['red', [THERE, THERE, failed()], { choice: 'enough', needed: 'all' }],
    // What is only slow may still come.
    ['notice', [THERE, failed(), SLOW], { choice: 'auto', needed: 2 }],
    ['red', [THERE, failed(), SLOW], { choice: 'auto', needed: 3 }],
    ['notice', [THERE, THERE, SLOW], { choice: 'auto', needed: 'all' }],
    // Those that nobody came to ask are slow as well.
    ['red', [THERE, THERE], { choice: 'all' }],
  ])('%s: %j with %j', (wanted, states, asked) => {
    expect(verdict(judged(states, asked))).toBe(wanted)
  })

  test('a node of which nothing is known is named', () => {
    expect(judged([THERE, { state: 'unknown' }, THERE]).notice).toBe(
      `service web: Whether host-2 has ghcr.io/acme/web:2@sha256:${'b'.repeat(12)}… is not known: its task there is gone, because Swarm keeps too few, or somebody has removed it.`,
    )
  })

  test('a node that gets no tasks any more does not count', () => {
    const nodes = NODES.map((node, i) => (i === 2 ? { ...node, Status: { State: 'down' } } : node))
    expect(verdict(judged([THERE, THERE, failed()], {}, nodes))).toBe('good')
    expect(verdict(judged([THERE, THERE, SLOW], { choice: 'enough', needed: 'all' }, nodes))).toBe('good')
  })

  test.each<[string, Exclude<PrepareChoice, 'no'>]>([
    ['red', 'all'],
    ['red', 'enough'],
    ['good', 'auto'],
  ])('%s with %s when all nodes that may run a task get none any more', (wanted, choice) => {
    const nodes = NODES.map((node) => ({ ...node, Status: { State: 'down' } }))
    const judgement = judged([{ state: 'left' }, THERE, SLOW], { choice }, [...nodes, createNode(4)])
    expect(verdict(judgement)).toBe(wanted)
    if (wanted === 'red')
      expect(judgement.problem).toMatch(
        /^service web: Of the nodes that may run a task none is ready and active any more: host-1, host-2, host-3\. Run it again/,
      )
  })
})

describe('the cause', () => {
  test.each<[string, readonly NodePull[], RegExp]>([
    [
      'one of them',
      [THERE, THERE, failed()],
      /1 of the 3 nodes .*: host-3 \(after 0\.6 s: No such image\)\. Others pull it, so the cause is on the node: it does not trust/,
    ],
    [
      'all of them',
      [failed(), failed(), failed()],
      /all 3 nodes that lacked it cannot pull .* the account may not pull it/,
    ],
    [
      'late',
      [THERE, THERE, failed('No such image: ghcr.io/acme/web', 30.1)],
      /packets to ghcr\.io are dropped .* or its disk was full/,
    ],
    ['too slow', [THERE, SLOW, THERE], /did not have .* after 300 s: host-2\. Give the run a longer `timeout`/],
    [
      'others had no turn',
      [THERE, SLOW],
      /did not have .* after 300 s: host-2, host-3 \(not asked yet\)\. Give the run a longer `timeout`, a larger `max-parallel`,/,
    ],
    [
      'gone from the registry',
      [failed(), failed(), failed()],
      /either it is gone from the registry by now, or the account/,
    ],
    [
      'an unknown CA, as Docker 29.7.2 tells it',
      [
        THERE,
        THERE,
        failed('failed to resolve reference "ghcr.io/acme/web": x509: certificate signed by unknown authority'),
      ],
      /The registry's certificate is signed by an authority that the daemon does not know\. Put the CA certificate of ghcr\.io/,
    ],
    [
      'no way',
      [THERE, THERE, failed('dial tcp 10.0.0.1:443: connect: connection refused')],
      /The daemon cannot reach the registry/,
    ],
    [
      'a refused credential',
      [failed('unauthorized: authentication required'), THERE, THERE],
      /The credential was refused\. Check user name and password of the credential of alice for ghcr\.io in config team/,
    ],
    ['a full disk', [failed('write /x: no space left on device'), THERE, THERE], /Free room on the disk of the node/],
    [
      'no variant',
      [failed('no matching manifest for linux/arm64 in the manifest list entries'), THERE, THERE],
      /Build the image for the platform/,
    ],
  ])('%s', (_name, states, wanted) => {
    expect(judged(states).problem).toMatch(wanted)
  })
})

describe('a refusal of the swarm', () => {
  test.each<[Exclude<PrepareChoice, 'no'>, string]>([
    ['all', 'red'],
    ['enough', 'red'],
    ['auto', 'notice'],
  ])('%s: %s', (choice, wanted) => {
    const judgement = judge(refused(beginPull(demandOf({ choice })), 'not allowed'), NODES, () => '', 1)
    expect(verdict(judgement)).toBe(wanted)
    expect(judgement.problem ?? judgement.notice).toContain('not allowed')
  })
})
