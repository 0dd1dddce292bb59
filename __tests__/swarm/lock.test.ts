import { readdirSync } from 'node:fs'
import { afterEach, expect, test } from '@jest/globals'
import { runs } from '../../lab/program.ts'
import type { StepResult } from '../../lab/runner.ts'
import type { StackObject } from '../../src/docker/specs/stack-objects.ts'
import { describeSwarm, pinned, resultsOf } from '../support/swarm.ts'

const LIMIT_MS = 300_000
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

/** Runs that deploy the same at the same moment, with the lock and without. More of them meet in memory. */
describeSwarm('three runs at the same moment', { registries: { open: {} } }, (swarm) => {
  const LOCK = 'swarm-deploy.lock.service.web'
  const image = async (tag: string) => {
    const made = await swarm.lab.image({ registry: 'open', repository: 'web', tag, content: tag, ...runs() })
    return { ...made, pinned: pinned(made) }
  }
  const locks = async () => {
    const { body } = await swarm.lab.nodes[0].engine<StackObject[]>('GET', '/configs')
    return body.filter(({ Spec }) => Spec.Name.startsWith('swarm-deploy.lock.'))
  }
  const resultOf = (run: StepResult): Result => resultsOf(run)[0]
  const deployAll = async (tags: readonly string[], more: Record<string, string>) => {
    const images = await Promise.all(tags.map(image))
    const inputs = (reference: string) => ({ services: JSON.stringify({ web: reference }), monitor: '1s', ...more })
    const all = await Promise.all(images.map(({ reference }) => swarm.deploy(inputs(reference), RUNNER)))
    return { images, all }
  }

  afterEach(async () => {
    expect(await locks()).toEqual([])
    expect(readdirSync(swarm.runner.temp)).toEqual([])
  })

  test(
    'without the lock: each has a true verdict, and the service holds exactly one spec',
    async () => {
      const first = await image('v0')
      const service = { name: 'web', image: first.reference, create: true, 'create-args': ['--update-monitor=1s'] }
      expect((await swarm.deploy({ services: JSON.stringify([service]), monitor: '1s' })).main.code).toBe(0)

      const { images, all } = await deployAll(['v1', 'v2', 'v3'], { lock: 'false' })
      const now = await swarm.imageOf('web')
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
    'with the lock: one breaks what has expired, and one after another is green, on what the one before it left',
    async () => {
      const labels = { 'swarm-deploy.lock.owner': 'acme/gone', 'swarm-deploy.lock.seconds': '0' }
      await swarm.lab.nodes[0].engine('POST', '/configs/create', { Name: LOCK, Labels: labels, Data: 'YQ==' })

      const first = await swarm.imageOf('web')
      const { images, all } = await deployAll(['v4', 'v5', 'v6'], { lock: 'true', 'lock-timeout': '4m', timeout: '3m' })
      const results = all.map(resultOf)
      expect(results.map(({ outcome }) => outcome)).toEqual(['updated', 'updated', 'updated'])
      expect(all.map(({ main }) => main.code)).toEqual([0, 0, 0])
      let at = first
      for (const _ of all) at = results.find(({ image: { before } }) => before === at)?.image.after ?? ''
      expect(at).toBe(await swarm.imageOf('web'))
      expect(results.map(({ image: { after } }) => after)).toEqual(images.map(({ pinned }) => pinned))
      expect(all.some(({ log }) => log.includes(`${LOCK}: waiting for acme/shop, workflow Deploy`))).toBe(true)
      const warnings = all.flatMap(({ annotations }) => annotations.filter(({ level }) => level === 'warning'))
      expect(warnings.length).toBeGreaterThan(0)
      for (const { message } of warnings) {
        expect(message).toBe(`${LOCK}: the lock of acme/gone has expired, and is broken`)
      }
    },
    LIMIT_MS,
  )
})
