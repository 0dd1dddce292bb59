import { expect, test } from '@jest/globals'
import type { Task } from '../../../../src/docker/api.ts'
import { byCreation, newest } from '../../../../src/docker/swarm/task.ts'

function made(...stamps: string[]): Task[] {
  return stamps.map((CreatedAt) => ({ CreatedAt }) as Task)
}

test('the order of tasks is that of their times, though docker writes no zeros at the end', () => {
  const inOrder = made('2026-01-01T00:00:05Z', '2026-01-01T00:00:05.1Z', '2026-01-01T00:00:05.12Z')
  expect(inOrder.toReversed().toSorted(byCreation)).toEqual(inOrder)
  expect(newest(inOrder)).toBe(inOrder.at(-1))
})
