import { describe, expect, test } from '@jest/globals'
import type { Change } from '../../../src/plan/change.ts'
import { hubLimitWords, hubNeeds } from '../../../src/prepare/hub-pulls.ts'
import {
  createConfig,
  createCredential,
  createNode,
  createRequest,
  createSpec,
  createTask,
  digest,
} from '../../support/builders.ts'

const HUB = createCredential({ registry: 'docker.io', username: 'bot' })
const OTHER = createCredential({ registry: 'ghcr.io' })
const NODES = [1, 2, 3].map(createNode)
const image = (name: string) => `${name}:1@${digest('b')}`

function creation(name: string, of: string, mode: object, credential = HUB, prepare: 'no' | 'all' = 'no'): Change {
  return {
    action: 'create',
    request: createRequest({ name, prepare }),
    access: { config: createConfig('hub', [credential]), credential },
    wanted: createSpec({ Name: name, Mode: mode, TaskTemplate: { ContainerSpec: { Image: of } } }),
    changes: [],
    networks: [],
  }
}

const replicas = (Replicas: number) => ({ Replicated: { Replicas } })

describe('how many pulls the changes may take', () => {
  const needOf = (changes: Change[], tasks: ReturnType<typeof createTask>[] = []) =>
    hubNeeds(changes, { nodes: NODES, tasks, services: [], now: 0 } as never).get(HUB)

  test.each<[string, Change[], number | undefined]>([
    ['each task may be on a node of its own', [creation('a', image('nginx'), replicas(2))], 2],
    ['there are not more nodes than there are', [creation('a', image('nginx'), replicas(9))], 3],
    ['a global service is on all of them', [creation('a', image('nginx'), { Global: {} })], 3],
    ['with prepare all of them pull', [creation('a', image('nginx'), replicas(1), HUB, 'all')], 3],
    ['two services with one image', ['a', 'b'].map((name) => creation(name, image('nginx'), replicas(2))), 3],
    ['two images', ['nginx', 'redis'].map((name) => creation(name, image(name), replicas(2))), 4],
    ['no task', [creation('a', image('nginx'), replicas(0))], undefined],
    ['another registry', [creation('a', image('ghcr.io/a/b'), replicas(2), OTHER)], undefined],
  ])('%s', (_, changes, need) => {
    expect(needOf(changes)).toBe(need)
  })

  test('a node where a task with the image runs has it', () => {
    const task = createTask(1, { NodeID: NODES[0]?.ID ?? '', Spec: { ContainerSpec: { Image: image('nginx') } } })
    expect(needOf([creation('a', image('nginx'), { Global: {} })], [task])).toBe(2)
  })
})

describe('what is told', () => {
  const limit = { pulls: 200, left: 5, seconds: 21_600, isOfAddress: false }

  test('as many as are left are enough', () => {
    expect(hubLimitWords('bot', limit, 5)).toEqual({
      line: 'Docker Hub: 5 of 200 pulls in 6 h are left for the account bot, and this run needs 5 at the most',
      isShort: false,
    })
  })

  test('one more may be too many', () => {
    const { line, isShort } = hubLimitWords('bot', limit, 6)
    expect([line.includes('this run may need 6, one for each node and image'), isShort]).toEqual([true, true])
  })

  test('the limit of an address is that of this runner, of which nodes take nothing', () => {
    expect(hubLimitWords('bot', { ...limit, isOfAddress: true }, 100)).toEqual({
      line: 'Docker Hub: 5 of 200 pulls in 6 h are left for the address of this runner: it does not count those of bot',
      isShort: false,
    })
  })
})
