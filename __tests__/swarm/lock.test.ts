import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { stageLine } from '../../lab/log-lines.ts'
import { runs } from '../../lab/program.ts'
import type { StepResult } from '../../lab/runner.ts'
import type { StackObject } from '../../src/docker/specs/stack-objects.ts'
import { cliOlderThan, describeSwarm, pinned, resultsOf, STACK_CLI, testUnless } from '../support/swarm.ts'

const LIMIT_MS = 300_000
const RUNS = 8
const RUNNER = {
  GITHUB_REPOSITORY: 'acme/shop',
  GITHUB_WORKFLOW: 'Deploy',
  GITHUB_JOB: 'release',
  GITHUB_RUN_ID: '4711',
  GITHUB_SERVER_URL: 'https://github.example.com',
}

interface Result {
  readonly name: string
  readonly outcome: string
  readonly image: { readonly before: string | null; readonly after: string | null }
}

/** Many runs that deploy the same, with the lock and without. */
describeSwarm('eight runs', { registries: { open: {} } }, (swarm) => {
  const image = async (repository: string, tag: string) => {
    const made = await swarm.lab.image({
      registry: 'open',
      repository,
      tag,
      content: `${repository}:${tag}`,
      ...runs(),
    })
    return { ...made, pinned: pinned(made) }
  }
  const resultOf = (run: StepResult): Result => resultsOf(run)[0]
  const locks = async () => {
    const { body } = await swarm.lab.nodes[0].engine<StackObject[]>('GET', '/configs')
    return body.filter(({ Spec }) => Spec.Name.startsWith('swarm-deploy.lock.'))
  }
  const lockByHand = async (name: string, labels: Record<string, string>) => {
    await swarm.lab.nodes[0].engine('POST', '/configs/create', { Name: name, Labels: labels, Data: 'YQ==' })
  }
  const lockOf = (service: string) => `swarm-deploy.lock.service.${service}`
  const inputs = (name: string, reference: string, more: Record<string, string> = {}) => ({
    services: JSON.stringify({ [name]: reference }),
    monitor: '1s',
    lock: 'true',
    ...more,
  })
  /** A service with its first image. */
  const serve = async (name: string) => {
    const { reference } = await image(name, 'v0')
    const services = JSON.stringify([{ name, image: reference, create: true, 'create-args': ['--update-monitor=1s'] }])
    expect((await swarm.deploy({ services, monitor: '1s' })).main.code).toBe(0)
  }
  const deployAll = async (name: string, more: Record<string, string>) => {
    await serve(name)
    const images = await Promise.all(Array.from({ length: RUNS }, (_, index) => image(name, `v${index + 1}`)))
    const all = await Promise.all(images.map(({ reference }) => swarm.deploy(inputs(name, reference, more), RUNNER)))
    return { images, all }
  }

  afterEach(async () => {
    expect(await locks()).toEqual([])
    expect(readdirSync(swarm.runner.temp)).toEqual([])
  })

  test(
    'at the same moment without the lock: each has a true verdict, and the service holds exactly one spec',
    async () => {
      const { images, all } = await deployAll('crowd', { lock: 'false' })
      const now = await swarm.imageOf('crowd')
      const holder = images.findIndex(({ pinned }) => pinned === now)
      expect(holder).toBeGreaterThanOrEqual(0)
      for (const [index, run] of all.entries()) {
        const { outcome, image: seen } = resultOf(run)
        if (index === holder) expect(outcome).toBe('updated')
        expect(['updated', 'superseded']).toContain(outcome)
        expect(run.main.code).toBe(outcome === 'updated' ? 0 : 1)
        if (outcome === 'updated') expect(seen.after).toBe(images[index]?.pinned)
      }
    },
    LIMIT_MS,
  )

  test(
    'with the lock: one after another, all green, each on what the one before it left',
    async () => {
      const { images, all } = await deployAll('queue', { 'lock-timeout': '4m', timeout: '3m' })
      const results = all.map(resultOf)
      expect(results.map(({ outcome }) => outcome)).toEqual(Array(RUNS).fill('updated'))
      expect(all.map(({ main }) => main.code)).toEqual(Array(RUNS).fill(0))

      let at = (await image('queue', 'v0')).pinned
      for (let step = 0; step < RUNS; step++) {
        const next = results.find(({ image: { before } }) => before === at)
        at = next?.image.after ?? ''
      }
      expect(at).toBe(await swarm.imageOf('queue'))
      expect(new Set(results.map(({ image: { after } }) => after))).toEqual(new Set(images.map(({ pinned }) => pinned)))
      expect(all.some(({ log }) => log.includes(`${lockOf('queue')}: waiting for acme/shop, workflow Deploy`))).toBe(
        true,
      )
    },
    LIMIT_MS,
  )

  test('a lock that somebody holds too long is one error, before anything is changed', async () => {
    await serve('held')
    const { reference } = await image('held', 'v1')
    await lockByHand(lockOf('held'), {
      'swarm-deploy.lock.owner': 'acme/other, run 7',
      'swarm-deploy.lock.url': 'https://github.example.com/acme/other/actions/runs/7',
      'swarm-deploy.lock.seconds': '900',
      'swarm-deploy.lock.token': 'theirs',
    })
    const run = await swarm.deploy(inputs('held', reference, { 'lock-timeout': '1s' }))
    expect(run.main.code).toBe(1)
    const errors = run.annotations.filter(({ level }) => level === 'error').map(({ message }) => message)
    expect(errors).toEqual([
      expect.stringMatching(
        /^lock-timeout: acme\/other, run 7 \(https:.*\/runs\/7\) has held swarm-deploy\.lock\.service\.held for longer than 1 s\. It expires by itself in \d+ s\. .*`docker config rm swarm-deploy\.lock\.service\.held`/,
      ),
    ])
    expect(await swarm.imageOf('held')).toContain(':v0@')
    const [theirs] = await locks()
    expect(theirs?.Spec.Labels).toMatchObject({ 'swarm-deploy.lock.token': 'theirs' })
    await swarm.lab.nodes[0].engine('DELETE', `/configs/${theirs?.ID}`)
  })

  test(
    'an expired lock is broken with a warning, by one of those that wait at the same moment',
    async () => {
      await serve('expired')
      await lockByHand(lockOf('expired'), { 'swarm-deploy.lock.owner': 'acme/gone', 'swarm-deploy.lock.seconds': '0' })
      const images = await Promise.all(['v1', 'v2', 'v3'].map((tag) => image('expired', tag)))
      const all = await Promise.all(images.map(({ reference }) => swarm.deploy(inputs('expired', reference))))
      expect(all.map(({ main }) => main.code)).toEqual([0, 0, 0])
      const befores = all.map((run) => resultOf(run).image.before)
      expect(new Set(befores).size).toBe(3)
      const warnings = all.flatMap(({ annotations }) => annotations.filter(({ level }) => level === 'warning'))
      expect(warnings.length).toBeGreaterThan(0)
      expect(warnings[0]?.message).toBe(`${lockOf('expired')}: the lock of acme/gone has expired, and is broken`)
    },
    LIMIT_MS,
  )

  test('post releases the lock of a run that was killed', async () => {
    await serve('killed')
    const { reference } = await image('killed', 'v1')
    const { services, ...rest } = inputs('killed', reference)
    const step = await swarm.runner.start({
      with: { services, ...rest, host: swarm.lab.nodes[0].host, monitor: '60s' },
    })
    await swarm.until('the watch', () => stageLine('Watch').test(step.printed()))
    expect(await locks()).toHaveLength(1)
    step.main.kill('SIGKILL')
    const run = await step.finished
    expect(run.post).toMatchObject({ code: 0 })
    expect(run.log).toContain('The lock that the stopped run held is released')
  })

  test('a run that is stopped while it waits ends, and changes nothing', async () => {
    await serve('waiting')
    const { reference } = await image('waiting', 'v1')
    await lockByHand(lockOf('waiting'), {})
    const step = await swarm.start(inputs('waiting', reference))
    await swarm.until('the wait', () => step.printed().includes('waiting for someone unknown'))
    step.main.kill('SIGTERM')
    const run = await step.finished
    expect(run.outputs.status).toBe('cancelled')
    expect(await swarm.imageOf('waiting')).toContain(':v0@')
    const [byHand] = await locks()
    expect(byHand?.Spec.Labels).toEqual({})
    await swarm.lab.nodes[0].engine('DELETE', `/configs/${byHand?.ID}`)
  })

  test('a run that is refused releases its lock', async () => {
    await serve('refused')
    const run = await swarm.deploy(inputs('refused', `${swarm.lab.registries.open.host}/nothing:v1`))
    expect(run.main.code).toBe(1)
    expect(run.log).toContain(`${lockOf('refused')}: locked`)
  })

  testUnless(cliOlderThan(STACK_CLI), 'a stack has a lock, and so has each of its services', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'lock-test-'))
    const { reference } = await image('shop', 'v1')
    const file = join(directory, 'compose.yml')
    writeFileSync(file, `services: {web: {image: "${reference}"}, api: {image: "${reference}"}}`)
    const run = await swarm.deploy({ stack: 'shop', 'compose-file': file, monitor: '1s', lock: 'true' })
    rmSync(directory, { recursive: true })
    expect(run.main.code).toBe(0)
    const locked = [...run.log.matchAll(/^(swarm-deploy\.lock\.\S+): locked$/gm)].map(([, name]) => name)
    expect(locked).toEqual([
      'swarm-deploy.lock.stack.shop',
      'swarm-deploy.lock.service.shop_api',
      'swarm-deploy.lock.service.shop_web',
    ])
  })
})
