import { readdir } from 'node:fs/promises'
import { describe, expect, test } from '@jest/globals'
import { until } from '../../lab/patience.ts'
import { Runner } from '../../lab/runner.ts'
import { fakeDocker, healthy, type Scenario, web } from '../support/fake-docker/scenario.ts'

/** The committed bundle, with all its processes, ends by itself when what it asks takes a call and says nothing more. */
describe('the timeout of a run that waits for an answer', () => {
  test.concurrent.each<[string, string, Partial<Scenario>, RegExp]>([
    [
      'of the daemon',
      // Enough for a busy machine to come so far.
      '16s',
      { hangs: ['/nodes'] },
      /^timeout: 12 of the 16 s were over in the stage “Look at the swarm”, .* did not answer GET \/nodes: .*\. Nothing was changed$/,
    ],
    [
      'of a docker command',
      '4s',
      { stalls: ['context inspect'] },
      /^timeout: 3 of the 4 s were over in the stage “Connect”, /,
    ],
  ])('%s', async (_, timeout, silent, says) => {
    await using runner = await Runner.start()
    await using docker = await fakeDocker({ ...healthy, ...silent })
    const services = `- {name: ${web.Spec.Name}, replicas: 1}`
    const result = await runner.run({ with: { services, timeout }, env: docker.env })
    expect(result.main.code).toBe(1)
    expect(result.outputs.status).toBe('timed-out')
    expect(result.annotations.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
      expect.stringMatching(says),
    ])
    expect(result.summary).toContain('Nothing was changed on the swarm.')
    expect(await readdir(runner.temp)).toEqual([])
  })
})

/** As GitHub's runner stops a step; it sends SIGTERM when that has not helped. What the run waits for never comes. */
test.concurrent.each<[string, string, RegExp]>([
  ['looks at the swarm', '/nodes', /^Stopped by SIGINT\. Nothing was changed\.$/],
  ['sends a service', `/services/${web.ID}/update`, /not known.*the way back failed too: unix:/],
])('a run that is stopped while it %s, and the daemon hangs, ends by itself', async (_, hangs, says) => {
  await using runner = await Runner.start()
  await using docker = await fakeDocker({ ...healthy, hangs: [hangs] })
  const inputs = { services: `${web.Spec.Name}: registry.example.com/app:v2`, timeout: '15m', 'on-cancel': 'rollback' }
  const step = await runner.start({ with: inputs, env: docker.env })
  await until('the call', 120_000, async () => (await docker.requests()).some((request) => request.endsWith(hangs)))
  await docker.become({ ...healthy, hangs: [hangs, ...Object.keys(healthy.answers)] })
  step.main.kill('SIGINT')
  const run = await step.finished
  expect(run.main.code).toBe(1)
  expect(run.outputs.status).toBe('cancelled')
  expect(run.annotations.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
    expect.stringMatching(says),
  ])
  expect(await readdir(runner.temp)).toEqual([])
})
