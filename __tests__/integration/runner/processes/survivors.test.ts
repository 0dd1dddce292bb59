import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, expect, test } from '@jest/globals'
import { endMarked, isAlive, startOf, stopMain } from '../../../../src/runner/processes/survivors.ts'

const started: { readonly pid: number; readonly ended: Promise<unknown> }[] = []
afterEach(async () => {
  for (const { pid, ended } of started.splice(0)) {
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // All of it has ended already.
    }
    await ended
  }
})

/** A shell that says when it is ready. */
async function shell(script: string, mark = '') {
  const env = { PATH: process.env.PATH ?? '', SWARM_DEPLOY_RUN: mark }
  const child = spawn('sh', ['-c', script], { env, detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
  const pid = child.pid ?? 0
  const ended = once(child, 'exit')
  started.push({ pid, ended })
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  return { said: said.toString().trim(), process: { pid, startedAt: startOf(pid) ?? '' }, ended }
}

test('a process is told from another that has its number', async () => {
  const { process: one } = await shell('echo ready; sleep 60')
  expect(isAlive(one)).toBe(true)
  expect(isAlive({ ...one, startedAt: '1' })).toBe(false)
  expect(isAlive({ ...one, startedAt: '' })).toBe(false)
  expect(isAlive({ pid: process.pid, startedAt: startOf(process.pid) ?? '' })).toBe(false)
})

test('a main that stops when it is asked to has ended by itself', async () => {
  const main = await shell('trap "exit 3" INT; echo ready; while :; do sleep 0.05; done')
  expect(await stopMain(main.process)).toBe(true)
  expect(await main.ended).toEqual([3, null])
})

test('a main that does not is killed', async () => {
  const main = await shell('trap "" INT; echo ready; while :; do sleep 0.05; done')
  expect(await stopMain(main.process)).toBe(false)
  expect(await main.ended).toEqual([null, 'SIGKILL'])
})

test('one that has the number of a main of before is left alone', async () => {
  const { process: other } = await shell('echo ready; sleep 60')
  expect(await stopMain({ ...other, startedAt: '1' })).toBe(true)
  expect(isAlive(other)).toBe(true)
})

test('what a run has started is ended, also in a session of its own and when it does not want to', async () => {
  const mark = `swarm-deploy-${process.pid}`
  const stubborn = await shell('trap "" TERM; echo ready; while :; do sleep 0.05; done', mark)
  const away = await shell('setsid sleep 61 & echo $!; wait', mark)
  const other = await shell('echo ready; sleep 60', `${mark}0`)
  const sleeper = { pid: Number(away.said), startedAt: startOf(Number(away.said)) ?? '' }
  expect(isAlive(sleeper)).toBe(true)
  expect(await endMarked(`SWARM_DEPLOY_RUN=${mark}`)).toBeGreaterThanOrEqual(3)
  expect([stubborn.process, away.process, sleeper].filter(isAlive)).toEqual([])
  expect(isAlive(other.process)).toBe(true)
})
