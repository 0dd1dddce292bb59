import { expect, test } from '@jest/globals'
import type { Task } from '../../../../src/docker/api.ts'
import { byCreation, ending, newest } from '../../../../src/docker/swarm/task.ts'
import { createEndedTask } from '../../../support/builders.ts'

function made(...stamps: string[]): Task[] {
  return stamps.map((CreatedAt) => ({ CreatedAt }) as Task)
}

test('the order of tasks is that of their times, though docker writes no zeros at the end', () => {
  const inOrder = made('2026-01-01T00:00:05Z', '2026-01-01T00:00:05.1Z', '2026-01-01T00:00:05.12Z')
  expect(inOrder.toReversed().toSorted(byCreation)).toEqual(inOrder)
  expect(newest(inOrder)).toBe(inOrder.at(-1))
})

test('a program that could not be started is told without what may be secret in its words', () => {
  const Err =
    'starting container failed: exec: "serve --token tok-of-web --port 80": executable file not found in $PATH'
  const { Status, ...task } = createEndedTask(1, 'failed')
  expect(ending({ ...task, Status: { ...Status, Err } })).toBe(
    'failed with exit code 1: starting container failed: exec: "serve --token *** --port 80": executable file not found in $PATH',
  )
})
