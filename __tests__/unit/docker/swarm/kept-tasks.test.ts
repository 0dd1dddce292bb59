import { expect, test } from '@jest/globals'
import type { Task } from '../../../../src/docker/api.ts'
import { keptTasks } from '../../../../src/docker/swarm/kept-tasks.ts'
import { createTask } from '../../../support/builders.ts'

/** As a daemon tells it, in texts of its own. */
function answered(id: number, overrides: Partial<Task> = {}): Task {
  const spec = { ContainerSpec: { Image: 'app:1', Env: ['A=1'] }, Networks: [{ Target: 'net' }] }
  const task = { ...createTask(id), Spec: spec, NetworksAttachments: [{ Addresses: ['10.0.0.2/24'] }], ...overrides }
  return JSON.parse(JSON.stringify(task))
}

test('of a task only what is looked at is kept', () => {
  const { ID, ServiceID, NodeID, Slot, CreatedAt, DesiredState, Status } = createTask(1)
  expect(keptTasks([answered(1)])).toEqual([
    { ID, ServiceID, NodeID, Slot, CreatedAt, DesiredState, Status, Spec: { ContainerSpec: { Image: 'app:1' } } },
  ])
})

test('tasks of one image share what says so, and those of another have their own', () => {
  const other = { Spec: { ContainerSpec: { Image: 'app:2' } } }
  const [first, second, third] = keptTasks([answered(1), answered(2), answered(3, other)])
  expect(second?.Spec).toBe(first?.Spec)
  expect(third?.Spec).toEqual(other.Spec)
})

test('the health check of a task that ended with code 0 stays with it alone', () => {
  const Spec = { ContainerSpec: { Image: 'app:1', Healthcheck: { Test: ['NONE'] } } }
  const [running, complete] = keptTasks([answered(1, { Spec }), answered(2, { Spec, Status: { State: 'complete' } })])
  expect(running?.Spec).toEqual({ ContainerSpec: { Image: 'app:1' } })
  expect(complete?.Spec).toEqual(Spec)
})
