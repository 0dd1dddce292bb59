import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ASK_SCRIPT, REMOVE_SCRIPT } from '../../src/nodes/unused-images.ts'
import { objectName, recordBody } from '../../src/records/format.ts'
import type { Fault } from '../support/memory-swarm/faults.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { digestOf, type Image, pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm, withImage } from '../support/memory-swarm/memory-swarm.ts'
import { cancel, runAction } from '../support/memory-swarm/run.ts'

const WEB = 'hub.test/web'
const TOOL = 'tools.test/docker:cli'
const TAGS = ['1', '2', '3', '4'].map((tag) => `${WEB}:${tag}`)
const byDigest = (reference: string) => `${reference.replace(/:[^:]*$/, '')}@${digestOf(reference)}`
const shortly = (reference: string) => byDigest(reference).slice(0, `${WEB}@sha256:`.length + 12)

beforeEach(stopTime)
afterEach(letTimeRun)

/** Nodes that have images which no container of theirs holds, and what has been done on each. */
function swarmWith(unused: Readonly<Record<string, readonly string[]>>, more: Partial<Image> = {}) {
  const left = new Map(Object.entries(unused).map(([node, images]) => [node, new Set(images)]))
  const asked: string[] = []
  const told = (...lines: string[]) => ({ stdout: ['swarm-deploy: begin', ...lines, 'swarm-deploy: end'] })
  const acts: Image['acts'] = ({ hostname, container: { Command = [], Args = [] } }) => {
    const own = left.get(hostname) ?? new Set()
    if (Command.join('').includes(ASK_SCRIPT)) {
      asked.push(`${hostname} ${Args.join(' ')}`)
      return told(...[...own].map((name) => `sha256:${'0'.repeat(64)} 1500000 ${name}`))
    }
    expect(Command.join('')).toContain(REMOVE_SCRIPT)
    const gone = [...own].filter((name) => name.split(' ').every((one) => Args.includes(one)))
    for (const name of gone) own.delete(name)
    return told(...gone.map((name) => `gone 1500000 ${name}`))
  }
  const images = { ...Object.fromEntries(TAGS.map((tag) => [tag, {}])), [TOOL]: { acts, ...more } }
  const swarm = new MemorySwarm({ nodes: [{}, {}], images })
  return { swarm, asked, left: () => Object.fromEntries([...left].map(([node, names]) => [node, [...names]])) }
}

function createWeb(swarm: MemorySwarm, image: string): void {
  swarm.create({
    Name: 'web',
    Mode: { Replicated: { Replicas: 1 } },
    TaskTemplate: { ContainerSpec: { Image: pin(image) } },
  })
}

const inputs = (tag: string, more: Record<string, string> = {}) => ({
  services: `web: ${WEB}:${tag}`,
  monitor: '1s',
  'prune-images': 'true',
  'node-tools-image': TOOL,
  ...more,
})

describe('a deploy with prune-images', () => {
  test('images go from all nodes that neither a service nor its rollback needs, and no service stays', async () => {
    const all = TAGS.map(byDigest)
    const { swarm, asked, left } = swarmWith({
      n1: [...all, `other.test/x@sha256:${'1'.repeat(64)}`],
      n2: all.slice(0, 2),
    })
    createWeb(swarm, `${WEB}:2`)
    await pass(10)
    const { results, log } = await runAction(swarm, inputs('3'))
    expect(results).toMatchObject([{ outcome: 'updated' }])
    expect(left()).toEqual({
      n1: [byDigest(`${WEB}:2`), byDigest(`${WEB}:3`), `other.test/x@sha256:${'1'.repeat(64)}`],
      n2: [byDigest(`${WEB}:2`)],
    })
    expect(asked.toSorted()).toEqual(['n1 hub.test/web tools.test/docker', 'n2 hub.test/web tools.test/docker'])
    expect(log).toContain(
      `n1: 2 images went, up to 3 MB freed: ${shortly(`${WEB}:1`)} (1.5 MB), ${shortly(`${WEB}:4`)}`,
    )
    expect(log).toContain('n2: 1 image went')
    expect(log).not.toContain('Warning')
    expect(swarm.services).toEqual(['web'])
  })

  test('what another deploy has asked for by the time that the nodes have answered stays', async () => {
    const { swarm, left } = swarmWith({ n1: [byDigest(`${WEB}:4`)] })
    createWeb(swarm, `${WEB}:2`)
    await pass(10)
    swarm.store.onChange((change) => {
      if (change.kind !== 'task' || change.task.state !== 'complete') return
      if (swarm.service('other') === undefined) {
        swarm.create({
          Name: 'other',
          Mode: { Global: {} },
          TaskTemplate: { ContainerSpec: { Image: pin(`${WEB}:4`) } },
        })
      }
    })
    const { log } = await runAction(swarm, inputs('3'))
    expect(left()).toEqual({ n1: [byDigest(`${WEB}:4`)] })
    expect(log).toContain('Nothing to remove on 2 nodes')
  })

  test('what a kept record needs stays; where one cannot be read nothing goes', async () => {
    const { swarm, left } = swarmWith({ n1: TAGS.map(byDigest) })
    createWeb(swarm, `${WEB}:2`)
    await pass(10)
    const subject = { kind: 'service', name: 'shop' } as const
    const spec = withImage(pin(`${WEB}:1`))(swarm.service('web')?.Spec as never)
    const nobody = { repository: '', commit: '', ref: '', runId: '', attempt: '', url: '', actor: '', owner: 'x' }
    const at = '2026-11-26T12:00:00Z'
    const services = [{ name: 'shop', image: `${WEB}:1`, spec: { ...spec, Name: 'shop' } }]
    const names = { networks: {}, secrets: {}, configs: {} }
    const record = { subject, version: 1, at, runs: [{ ...nobody, at }], services, names }
    const body = recordBody(record, objectName('7a1c5f0e-6f57-4a3c-8d3e-2f2f6f1d0001', subject))
    swarm.somebody('POST', '/configs/create', body)
    await runAction(swarm, inputs('3'))
    expect(left()).toEqual({ n1: TAGS.slice(0, 3).map(byDigest) })

    const broken = { ...(body as { Name: string }), Name: `${(body as { Name: string }).Name}x`, Data: 'AAAA' }
    swarm.somebody('POST', '/configs/create', broken)
    const { results, log } = await runAction(swarm, inputs('4'))
    expect(results).toMatchObject([{ outcome: 'updated' }])
    expect(log).toContain(`for ${broken.Name} cannot be read`)
    expect(left()).toEqual({ n1: TAGS.slice(0, 3).map(byDigest) })
  })

  test.each([
    { limit: '1', stays: ['3', '4'] },
    { limit: '3', stays: ['2', '3', '4'] },
  ])('with `history-limit: $limit` the images of so many deploys stay', async ({ limit, stays }) => {
    const { swarm, left } = swarmWith({ n1: TAGS.map(byDigest) })
    createWeb(swarm, `${WEB}:1`)
    await pass(10)
    for (const tag of ['2', '3', '4']) {
      await runAction(swarm, inputs(tag, { 'history-limit': limit, 'prune-images': String(tag === '4') }))
    }
    expect(left()).toEqual({ n1: stays.map((tag) => byDigest(`${WEB}:${tag}`)) })
  })

  test('only after a deploy that has come up', async () => {
    const { swarm, asked } = swarmWith({ n1: [byDigest(`${WEB}:1`)] })
    createWeb(swarm, `${WEB}:2`)
    await pass(10)
    swarm.images.set(`${WEB}:3`, { ends: { afterSeconds: 0, exitCode: 1 } })
    const { results } = await runAction(swarm, inputs('3'))
    expect(results).toMatchObject([{ outcome: 'rolled-back' }])
    expect(asked).toEqual([])
  })

  test('a node that fails is a warning with its cause, and the deploy is as good as it was', async () => {
    const { swarm } = swarmWith({}, { acts: () => ({ exitCode: 91, stderr: ['permission denied'] }) })
    createWeb(swarm, `${WEB}:2`)
    await pass(10)
    const { results, log } = await runAction(swarm, inputs('3'))
    expect(results).toMatchObject([{ outcome: 'updated' }])
    expect(log).toContain(
      'Warning: prune-images: old images were not removed from n1, n2: its docker cannot be used at /var/run/docker.sock: permission denied',
    )
    expect(swarm.services).toEqual(['web'])
  })

  test('stopped meanwhile, it leaves no service, and the results of the deploy stand', async () => {
    const { swarm } = swarmWith({}, { pullSeconds: 200 })
    createWeb(swarm, `${WEB}:2`)
    await pass(10)
    const stop = new AbortController()
    swarm.store.onChange((change) => {
      const isOurs = change.kind === 'service' && change.service.current.spec.Name.startsWith('swarm-deploy-tools-')
      if (isOurs && change.action === 'create') setTimeout(() => cancel(stop), 1000)
    })
    const { results, log } = await runAction(swarm, inputs('3'), { stop })
    expect(results).toMatchObject([{ outcome: 'updated' }])
    expect(log).toContain('prune-images: stopped')
    expect(swarm.services).toEqual(['web'])
  })

  test.each([
    { kind: 'election', as: 'deadline' },
    { kind: 'error', status: 500, message: 'something passing' },
  ] as const)('%j while its services are removed leaves none of them', async (fault) => {
    const { swarm } = swarmWith({ n1: [byDigest(`${WEB}:1`)] })
    createWeb(swarm, `${WEB}:2`)
    await pass(10)
    for (const from of [1, 3]) swarm.faults.add({ at: /^DELETE \/services\//, from, fault })
    const { log } = await runAction(swarm, inputs('3'))
    expect(swarm.services).toEqual(['web'])
    expect(log).not.toContain('Not removed')
  })

  test('services that stay are told with the command that removes them, and go with the next run of another machine', async () => {
    const { swarm } = swarmWith({ n1: [byDigest(`${WEB}:1`)] })
    createWeb(swarm, `${WEB}:2`)
    await pass(10)
    const leaderless: Fault = { kind: 'election', as: 'no-leader' }
    swarm.faults.add({ at: /^DELETE \/services\//, times: 1000, fault: leaderless })
    const { log } = await runAction(swarm, inputs('3'))
    const [left = ''] = swarm.services.filter((name) => name !== 'web')
    expect(left).toMatch(/^swarm-deploy-tools-/)
    const token = swarm.service(left)?.Spec.Labels?.['swarm-deploy.prepare.run']
    expect(log).toContain(
      `\`docker service rm $(docker service ls --quiet --filter label=swarm-deploy.prepare.run=${token})\``,
    )
    swarm.faults.clear()
    const renew = {
      mode: 'refresh-auth',
      services: 'web',
      registries: '- {registry: hub.test, username: bob, password: bobs-own-password}',
    }
    await runAction(swarm, renew)
    expect(swarm.services).toContain(left)
    await pass(30 * 60)
    const later = await runAction(swarm, renew)
    expect(swarm.services).toEqual(['web'])
    expect(later.log).toMatch(new RegExp(`Removed what an earlier run had left: .*${left}`))
  })

  test('an image for the nodes that cannot be had is told before anything is changed', async () => {
    const { swarm } = swarmWith({}, { missing: true })
    createWeb(swarm, `${WEB}:2`)
    await pass(10)
    const { problems } = await runAction(swarm, inputs('3'))
    expect(problems).toEqual([expect.stringMatching(/^node-tools-image: tools.test\/docker:cli cannot be looked up/)])
    expect(swarm.service('web')?.Spec.TaskTemplate.ContainerSpec?.Image).toBe(pin(`${WEB}:2`))
  })

  test('a credential that only this image needs counts as used, and its nodes pull with it', async () => {
    const { swarm, asked } = swarmWith({}, { readers: ['alice'] })
    createWeb(swarm, `${WEB}:2`)
    await pass(10)
    const registries = JSON.stringify([
      { registry: 'tools.test', username: 'alice', password: 'alice-pw-of-the-tools' },
    ])
    const { log } = await runAction(swarm, inputs('3', { registries }))
    expect(asked).toHaveLength(2)
    expect(log).not.toContain('serves no service of this run')
  })
})

test('a plan says what is looked for, and asks no node', async () => {
  const { swarm, asked } = swarmWith({ n1: [byDigest(`${WEB}:1`)] })
  createWeb(swarm, `${WEB}:2`)
  await pass(10)
  const { log, outlook } = await runAction(swarm, inputs('3', { mode: 'plan' }))
  expect(outlook?.prunes).toEqual(['hub.test/web', 'tools.test/docker'])
  expect(log).toContain('After it, images of hub.test/web, tools.test/docker that nothing needs any more would go')
  expect(asked).toEqual([])
})
