import { expect, test } from '@jest/globals'
import type { Node, Task, TaskState } from '../../../../src/docker/api.ts'
import type { Engine } from '../../../../src/docker/engine/engine.ts'
import { diagnose } from '../../../../src/rollout/watch/diagnose.ts'
import { Secret } from '../../../../src/runner/secrets/secret.ts'
import { createEndedTask, createNode, createService } from '../../../support/builders.ts'

/** One that knows these tasks, and nothing else. */
function engineWith(tasks: readonly Task[]): Engine {
  const get = async (path: string) => {
    if (path === '/tasks') return tasks
    const one = tasks.find(({ ID }) => path === `/tasks/${ID}`)
    if (one !== undefined) return one
    throw new Error('not known')
  }
  return { get, bytes: async () => Buffer.alloc(0) } as unknown as Engine
}

const [ready] = [createNode(1)]
const drained: Node = { ...ready, Spec: { ...ready.Spec, Availability: 'drain' } }
const down: Node = { ...ready, Status: { State: 'down' } }

test.each([
  [drained, 'drained'],
  [down, 'down'],
])('a task that has ended with its node says what became of that: %#', async (node, nodeState) => {
  const task = createEndedTask(1, 'failed')
  const evidence = { service: createService(), nodes: [node] }
  expect(await diagnose({ cause: 'Swarm paused the update' }, evidence, engineWith([task]))).toMatchObject({
    cause: `Swarm paused the update; the task failed with exit code 1; its node host-1 is ${nodeState} now`,
    failedTask: { node: 'host-1', nodeState },
  })
})

test.each<[TaskState, string]>([
  ['shutdown', 'was shut down by Swarm'],
  ['remove', 'was shut down by Swarm'],
  ['orphaned', 'was lost with its node'],
])('a task that made the update fail and has not ended of itself is not said to have: %s', async (state, ending) => {
  const task = createEndedTask(1, state)
  const evidence = { service: createService(), nodes: [ready] }
  const { cause, failedTask } = await diagnose({ cause: 'paused', taskId: task.ID }, evidence, engineWith([task]))
  expect(cause).toBe(`paused; the task ${ending}`)
  expect(failedTask).toMatchObject({ ending, exitCode: undefined })
})

test('of a node that serves nothing is said', async () => {
  const evidence = { service: createService(), nodes: [ready] }
  const { cause } = await diagnose({ cause: 'paused' }, evidence, engineWith([createEndedTask(1, 'failed')]))
  expect(cause).toBe('paused; the task failed with exit code 1')
})

test('of nodes that are given no tasks Swarm tells the number, and we the names', async () => {
  const evidence = { service: createService(), nodes: [ready, { ...createNode(2), Status: { State: 'down' } }] }
  const finding = { cause: 'no node can take it: 1 node not available', isUnplaced: true } as const
  const { cause } = await diagnose(finding, evidence, engineWith([]))
  expect(cause).toBe('no node can take it: 1 node not available; host-2 is down')
})

test('a secret that is broken over the first line that is shown is hidden', async () => {
  const password = 'Carriage-Willow-64-Beacon'
  new Secret(password)
  const printed = ['start', password.slice(0, 12), password.slice(12), ...Array.from({ length: 19 }, () => 'later')]
  const { Status, ...task } = createEndedTask(1, 'failed')
  const ended = { ...task, Status: { ...Status, ContainerStatus: { ContainerID: 'c1', ExitCode: 1 } } }
  const engine: Engine = {
    ...engineWith([ended]),
    bytes: async (_: string, { query }: { query: Record<string, string> }) =>
      Buffer.from(printed.slice(-Number(query.tail)).join('\n')),
  } as unknown as Engine
  const { failedTask } = await diagnose({ cause: 'paused' }, { service: createService(), nodes: [ready] }, engine)
  expect(failedTask?.logs).toEqual(['***', ...printed.slice(3)])
})

test('what a task prints of its own variables and command is hidden, and so is what its health check says of them', async () => {
  const variables = ['DB_PASSWORD=pw-of-the-database', 'URL=https://x:pw-in-address@git.example.com']
  const { Status, ...task } = createEndedTask(1, 'failed')
  const ended: Task = {
    ...task,
    Spec: { ContainerSpec: { ...task.Spec?.ContainerSpec, Env: variables, Args: ['--token', 'pw-of-command'] } },
    Status: {
      ...Status,
      Err: 'task: non-zero exit (1): dockerexec: unhealthy container',
      ContainerStatus: { ContainerID: 'c1', ExitCode: 1 },
    },
  }
  const { get } = engineWith([ended])
  const Output = 'login with pw-of-the-database failed'
  const container = { State: { Health: { Log: [{ ExitCode: 1, Output }] } } }
  const engine = {
    get: async (path: string) => (path === '/containers/c1/json' ? container : get(path)),
    bytes: async () => Buffer.from([...variables, 'pw-of-command is wrong'].join('\n')),
  } as unknown as Engine
  const { cause, failedTask } = await diagnose(
    { cause: 'paused' },
    { service: createService(), nodes: [ready] },
    engine,
  )
  expect(failedTask?.logs).toEqual(['DB_PASSWORD=***', 'URL=https://***@git.example.com', '*** is wrong'])
  expect(JSON.stringify([cause, failedTask])).not.toMatch(/pw-/)
  expect(failedTask?.ending).toContain('login with *** failed')
})
