import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { runAction } from '../support/memory-swarm/run.ts'

const TOKEN = 'ghs_9dK2mT71c4Wq05ZyJr83LxVbNs6Pf0AhEuG2'
const OF_JOB = `- {registry: hub.test, username: ci, password: ${TOKEN}}`
const OF_AMAZON = '- {registry: other.test, username: AWS, password: amazon-pass-7Hq}'
const SERVICES = `- {name: web, image: "hub.test/acme/web:1", create: true}
- {name: api, image: "hub.test/acme/web:1", create: true}
- {name: db, image: "other.test/acme/db:1", create: true}
- {name: open, image: "open.test/acme/open:1", create: true}`
const IMAGES = { 'hub.test/acme/web:1': {}, 'other.test/acme/db:1': {}, 'open.test/acme/open:1': {} }

const inputs = (more: Record<string, string> = {}) => ({
  services: SERVICES,
  registries: `${OF_JOB}\n${OF_AMAZON}`,
  monitor: '1s',
  ...more,
})
const warnings = (log: string) => [...log.matchAll(/^Warning: (.*)$/gm)].map(([, line]) => line)

beforeEach(stopTime)
afterEach(letTimeRun)

describe('credentials that end soon', () => {
  test('are warned of before they are stored, once each, and nothing is said of what is stored anew', async () => {
    const swarm = new MemorySwarm({ images: IMAGES })
    const run = await runAction(swarm, inputs(), { tells: true })
    expect(run.results.map(({ outcome }) => outcome)).toEqual(['created', 'created', 'created', 'created'])
    expect(warnings(run.log)).toEqual([
      expect.stringMatching(
        /^the password of ci for hub\.test \(registries entry 1\) is a job's own token.* web, api with it/,
      ),
      expect.stringMatching(/^the password of AWS for other\.test \(registries entry 2\).* image of db with it/),
    ])
    expect(run.advice).not.toContainEqual(expect.stringContaining('password'))
    expect(run.log).not.toContain(TOKEN)
    expect(swarm.service('web')?.Spec.Labels).toMatchObject({ 'swarm-deploy.auth.expires': 'job' })
    expect(swarm.service('open')?.Spec.Labels).not.toHaveProperty(['swarm-deploy.auth.registry'])

    swarm.faults.clear()
    const again = await runAction(swarm, inputs({ 'on-short-lived': 'error' }), { tells: true })
    expect(again.results.map(({ outcome }) => outcome)).toEqual(['unchanged', 'unchanged', 'unchanged', 'unchanged'])
    expect(warnings(again.log)).toEqual([])
  })

  test('stop the run before anything changes with `error`, with all else that is wrong', async () => {
    const swarm = new MemorySwarm({ images: { ...IMAGES, 'open.test/acme/open:1': { missing: true } } })
    const { results, problems } = await runAction(swarm, inputs({ 'on-short-lived': 'error' }))
    expect(results).toEqual([])
    expect(problems).toEqual([
      expect.stringMatching(/^service open: image/),
      expect.stringMatching(/^on-short-lived: the password of ci/),
      expect.stringMatching(/^on-short-lived: the password of AWS/),
    ])
    expect(swarm.services).toEqual([])
  })

  test('are no matter with `allow`, nor where the nodes store another', async () => {
    const swarm = new MemorySwarm({ images: IMAGES })
    const allowed = await runAction(swarm, inputs({ 'on-short-lived': 'allow' }), { tells: true })
    expect(warnings(allowed.log)).toEqual([])
    await pass(5)
    const stored = `- {registry: hub.test, username: ci, password: ${TOKEN}, stored-username: bot, stored-password: nodes-Xk29}`
    const services = 'web: {image: "hub.test/acme/web:1", env: {A: b}}'
    const other = await runAction(swarm, inputs({ services, registries: stored, 'on-short-lived': 'error' }))
    expect(other).toMatchObject({ problems: [], results: [{ outcome: 'updated' }] })
    const labels = swarm.service('web')?.Spec.Labels
    expect(labels).toMatchObject({ 'swarm-deploy.auth.account': 'bot' })
    expect(labels).not.toHaveProperty(['swarm-deploy.auth.expires'])
  })

  test('a plan says until when what is stored lasts, and calls it no difference and no drift', async () => {
    const swarm = new MemorySwarm({ images: IMAGES })
    await runAction(swarm, inputs({ 'on-short-lived': 'allow' }))
    const { outlook } = await runAction(swarm, inputs({ mode: 'plan', 'on-short-lived': 'error' }))
    const ofDb = { registry: 'other.test', account: 'AWS', end: { at: expect.any(Number) }, hasEnded: false }
    expect(outlook?.services).toMatchObject([
      {
        name: 'web',
        action: 'unchanged',
        changes: [],
        stored: { account: 'ci', end: { with: 'job' }, hasEnded: true },
      },
      { name: 'api', action: 'unchanged', changes: [], stored: { account: 'ci' } },
      { name: 'db', action: 'unchanged', changes: [], stored: ofDb },
      { name: 'open', action: 'unchanged', changes: [], stored: undefined },
    ])
    expect(outlook?.services.map(({ drift }) => drift)).toEqual([undefined, undefined, undefined, undefined])
    // Somebody's `docker stack deploy` takes the labels away.
    swarm.update('web', ({ Labels: _, ...spec }) => spec)
    const after = await runAction(swarm, inputs({ mode: 'plan', 'on-short-lived': 'error' }))
    expect(after.outlook?.services[0]).toMatchObject({ action: 'unchanged', stored: undefined, drift: undefined })
  })

  test('are told in a plan as well', async () => {
    const swarm = new MemorySwarm({ images: IMAGES })
    expect(warnings((await runAction(swarm, inputs({ mode: 'plan' }))).log)).toHaveLength(2)
    const { problems } = await runAction(swarm, inputs({ mode: 'plan', 'on-short-lived': 'error' }))
    expect(problems).toHaveLength(2)
  })
})
