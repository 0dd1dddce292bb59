import { expect, test } from '@jest/globals'
import type { Node, Service, Task } from '../../../../src/docker/api.ts'
import { type Engine, EngineError, type RequestOptions } from '../../../../src/docker/engine/engine.ts'
import { SameAnswers } from '../../../../src/docker/engine/same-answers.ts'
import { allTasksOf, takeSnapshot } from '../../../../src/docker/swarm/snapshot.ts'
import { createNode, createService, createSpec, createTask } from '../../../support/builders.ts'
import { readAnswer } from '../../../support/read-answer.ts'

const never = new AbortController().signal

interface World {
  services: Service[]
  tasks: Task[]
  nodes?: Node[]
}

/** Answers as a daemon does: tasks are not found for all, as soon as one of the services is gone. */
function engineOver(world: World, onTasks: () => void = () => undefined) {
  const asked: string[] = []
  const answer = (path: string, options?: RequestOptions) => {
    asked.push(path)
    const filters = JSON.parse(options?.query?.filters ?? '{}') as { id?: string[]; service?: string[] }
    if (path === '/nodes') return world.nodes ?? [createNode(1)]
    if (path === '/services') return world.services.filter(({ ID }) => filters.id?.includes(ID))
    onTasks()
    const gone = filters.service?.find((id) => !world.services.some(({ ID }) => ID === id))
    if (gone !== undefined) throw new EngineError(404, `service ${gone} not found`)
    return world.tasks.filter(({ ServiceID }) => filters.service?.includes(ServiceID))
  }
  const get = async (path: string, options?: RequestOptions) => readAnswer(answer(path, options), options)
  return { engine: { get } as unknown as Engine, asked }
}

const service = (name: string, index = 10, overrides: Partial<Service> = {}) =>
  createService({ ID: name, Version: { Index: index }, Spec: createSpec({ Name: name }), ...overrides })
const taskOf = (ServiceID: string) => createTask(1, { ID: `task-of-${ServiceID}`, ServiceID })
const findings = (snapshot: Awaited<ReturnType<typeof takeSnapshot>>) =>
  Object.fromEntries([...snapshot.services].map(([id, { found }]) => [id, found]))

test('a look is three calls for all services', async () => {
  const services = ['a', 'b', 'c'].map((name) => service(name))
  const { engine, asked } = engineOver({ services, tasks: services.map(({ ID }) => taskOf(ID)) })
  const snapshot = await takeSnapshot(engine, services, 'up-to-date', never)
  expect(asked.toSorted()).toEqual(['/nodes', '/services', '/tasks'])
  expect(snapshot.services.get('b')).toMatchObject({ found: 'ours', tasks: [{ ID: 'task-of-b' }] })
  expect(snapshot.nodes).toHaveLength(1)
})

test('of a thousand services no request is longer than a proxy takes, and each gets its own tasks', async () => {
  const services = Array.from({ length: 1000 }, (_, index) => service(`${index}`.padStart(25, 's')))
  const { engine, asked } = engineOver({ services, tasks: services.map(({ ID }) => taskOf(ID)) })
  const lengths: number[] = []
  const { get } = engine
  engine.get = (path, options) => {
    lengths.push(encodeURIComponent(options?.query?.filters ?? '').length)
    return get(path, options)
  }
  const snapshot = await takeSnapshot(engine, services, 'up-to-date', never)
  expect(asked.toSorted()).toEqual(['/nodes', ...Array(10).fill('/services'), ...Array(40).fill('/tasks')])
  expect(Math.max(...lengths)).toBeLessThan(8192)
  const wrong = services.filter(({ ID }) => {
    const found = snapshot.services.get(ID)
    return found?.found !== 'ours' || found.tasks.length !== 1 || found.tasks[0]?.ServiceID !== ID
  })
  expect(wrong).toEqual([])
})

test('a look at what is known already keeps no second copy of it', async () => {
  const [before, now] = [createSpec({ Name: 'a' }), createSpec({ Name: 'a', Labels: { by: 'us' } })]
  const ours = service('a', 10, { Spec: now, PreviousSpec: before })
  const { engine } = engineOver({ services: [JSON.parse(JSON.stringify(ours))], tasks: [] })
  const found = (await takeSnapshot(engine, [ours], 'up-to-date', never)).services.get('a')
  const seen = found?.found === 'ours' ? found.service : undefined
  expect(seen).toEqual(ours)
  expect(seen?.Spec.TaskTemplate).toBe(ours.Spec.TaskTemplate)
})

test('what answers as it did before is not read again, and what answers otherwise is', async () => {
  const [a, b] = [service('a'), service('b')]
  const world = { services: [a, b], tasks: [taskOf('a'), taskOf('b')] }
  const { engine } = engineOver(world)
  const before = new SameAnswers()
  const look = async () => (await takeSnapshot(engine, [a, b], 'up-to-date', never, before)).services.get('a')
  const shown = (seen: Awaited<ReturnType<typeof look>>) => (seen?.found === 'removed' ? [] : (seen?.tasks ?? []))
  const [first, same] = [await look(), await look()]
  expect(shown(same)[0]).toBe(shown(first)[0])
  world.tasks = [{ ...taskOf('a'), Status: { State: 'failed' } }, taskOf('b')]
  expect(shown(await look())).toMatchObject([{ ID: 'task-of-a', Status: { State: 'failed' } }])
})

test('a look at no service is not one at all of them', async () => {
  const { engine } = engineOver({ services: [service('a')], tasks: [taskOf('a')] })
  expect((await takeSnapshot(engine, [], 'all', never)).services.size).toBe(0)
})

test('a service that is gone takes nobody else along', async () => {
  const [a, gone, c] = [service('a'), service('gone'), service('c')]
  const { engine } = engineOver({ services: [a, c], tasks: [taskOf('a'), taskOf('c')] })
  const snapshot = await takeSnapshot(engine, [a, gone, c], 'up-to-date', never)
  expect(findings(snapshot)).toEqual({ a: 'ours', gone: 'removed', c: 'ours' })
  expect(snapshot.services.get('c')).toMatchObject({ tasks: [{ ID: 'task-of-c' }] })
  expect(await allTasksOf(engine, [a, gone], never)).toMatchObject([{ ID: 'task-of-a' }])
})

test('one more that is removed in the middle of a look is gone too', async () => {
  const all = ['a', 'b', 'c'].map((name) => service(name))
  const world = { services: [...all], tasks: [taskOf('c')] }
  const removals = ['a', 'b']
  const { engine } = engineOver(world, () => {
    const next = removals.shift()
    world.services = world.services.filter(({ ID }) => ID !== next)
  })
  const snapshot = await takeSnapshot(engine, all, 'up-to-date', never)
  expect(findings(snapshot)).toEqual({ a: 'removed', b: 'removed', c: 'ours' })
})

test('a refusal that is not of a service is no removal', async () => {
  const a = service('a')
  const get = async (path: string) => {
    if (path === '/tasks') throw new EngineError(403, 'forbidden by the proxy')
    return path === '/services' ? [a] : []
  }
  await expect(takeSnapshot({ get } as unknown as Engine, [a], 'all', never)).rejects.toThrow('forbidden by the proxy')
})

const other = createSpec({ Name: 'a', Labels: { by: 'somebody' } })

test.each<[string, Service, string]>([
  ['with our spec', service('a', 12), 'ours'],
  ['with another spec', service('a', 12, { Spec: other }), 'changed'],
  [
    'that Swarm rolls back by itself',
    service('a', 12, { Spec: other, UpdateStatus: { State: 'rollback_started' } }),
    'ours',
  ],
  ['as it was before ours was written', service('a', 9, { Spec: other }), 'stale'],
])('a service %s is %s', async (_what, now, found) => {
  const { engine } = engineOver({ services: [now], tasks: [] })
  expect(findings(await takeSnapshot(engine, [service('a')], 'up-to-date', never))).toEqual({ a: found })
})
