import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { removeOfRun } from '../../src/prepare/passing-services.ts'
import { CERTIFICATES } from '../support/certificates.ts'
import { letTimeRun, pass, settle, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { type Image, pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { cancel, runAction, runTogether } from '../support/memory-swarm/run.ts'

const HOST = 'hub.test:5000'
const WEB = `${HOST}/web:1`
const TOOL = 'tools.test/busybox:1.37'
const UNTRUSTED = `Get "https://${HOST}/v2/": x509: certificate signed by unknown authority`
/** It writes the files and ends. */
const WRITES: Image = { ends: { afterSeconds: 1, exitCode: 0 } }

beforeEach(stopTime)
afterEach(letTimeRun)

function threeNodes(tool: Image = WRITES): MemorySwarm {
  return new MemorySwarm({ nodes: [{}, {}, {}], images: { [WEB]: {}, [TOOL]: tool } })
}

const inputs = (more: Record<string, string> = {}) => ({
  services: JSON.stringify([{ name: 'web', image: WEB, create: true }]),
  monitor: '1s',
  'registry-ca': CERTIFICATES.acme,
  'install-registry-ca': 'true',
  'install-registry-ca-image': TOOL,
  'history-limit': '0',
  ...more,
})

/** The services that write on the nodes, as they are made. */
function watchWriters(swarm: MemorySwarm): ServiceSpec[] {
  const made: ServiceSpec[] = []
  swarm.store.onChange((change) => {
    if (change.kind !== 'service' || change.action !== 'create') return
    const { spec } = change.service.current
    if (spec.Name.startsWith('swarm-deploy-ca-')) made.push(spec)
  })
  return made
}

const configs = (swarm: MemorySwarm) =>
  [...swarm.store.objects.configs.values()].map(({ name, body }) => ({
    name,
    labels: body.Labels as Record<string, string>,
    data: Buffer.from(String(body.Data), 'base64').toString(),
  }))
const idOf = (swarm: MemorySwarm, hostname: string) => swarm.node(hostname).id
const distrust = (swarm: MemorySwarm, times: number) =>
  swarm.faults.add({ at: /GET \/distribution\/hub/, fault: { kind: 'error', status: 500, message: UNTRUSTED }, times })

describe('a deploy with install-registry-ca', () => {
  test('a task on every node comes before any registry is asked, and is gone; the record of it stays', async () => {
    const swarm = threeNodes()
    const writers = watchWriters(swarm)
    const { results, log } = await runAction(swarm, inputs())
    expect(results).toMatchObject([{ name: 'web', outcome: 'created' }])
    expect(swarm.services).toEqual(['web'])
    expect(log).toContain(`/etc/docker/certs.d/${HOST}/ca.crt is written on n1, n2, n3`)
    const [writer, ...others] = writers
    expect(others).toEqual([])
    expect(writer?.TaskTemplate.ContainerSpec).toMatchObject({
      Image: pin(TOOL),
      Mounts: [{ Type: 'bind', Source: '/etc' }],
    })
    expect(writer?.TaskTemplate.ContainerSpec?.Args?.slice(1)).toEqual([HOST])
    expect(writer?.TaskTemplate.Networks).toBeUndefined()
    expect(writer?.Labels).not.toHaveProperty('com.docker.stack.namespace')
    const asked = swarm.faults.calls.map(({ method, path }) => `${method} ${path}`)
    const firstWriter = asked.indexOf('POST /services/create')
    expect(asked.findIndex((call) => call.startsWith('GET /distribution/hub'))).toBeGreaterThan(firstWriter)
    expect(configs(swarm)).toMatchObject([
      {
        data: CERTIFICATES.acme,
        labels: {
          'swarm-deploy.ca.registry': HOST,
          'swarm-deploy.ca.nodes': ['n1', 'n2', 'n3']
            .map((n) => idOf(swarm, n))
            .toSorted()
            .join(' '),
        },
      },
    ])
  })

  test('a second run writes nowhere; a node that has joined gets it alone', async () => {
    const swarm = threeNodes()
    await runAction(swarm, inputs())
    const writers = watchWriters(swarm)
    const { log } = await runAction(swarm, inputs())
    expect(writers).toEqual([])
    expect(log).toContain(`${HOST}: its CA was put on all 3 nodes before`)

    const node = { ...swarm.node('n3'), id: 'new-node', hostname: 'n4', images: new Set<string>() }
    swarm.store.nodes.set(node.id, node)
    const { log: later } = await runAction(swarm, inputs())
    expect(later).toContain('is written on n4')
    expect(writers).toHaveLength(1)
    expect(writers[0]?.TaskTemplate.Placement?.Constraints?.filter((one) => one.startsWith('node.id!='))).toHaveLength(
      3,
    )
    expect(configs(swarm)[0]?.labels['swarm-deploy.ca.nodes']?.split(' ')).toContain('new-node')
  })

  test('where the manager no longer trusts the registry, the record counts for nothing', async () => {
    const swarm = threeNodes()
    await runAction(swarm, inputs())
    const writers = watchWriters(swarm)
    distrust(swarm, 1)
    const { results } = await runAction(swarm, inputs())
    expect(results).toMatchObject([{ outcome: 'unchanged' }])
    expect(writers).toHaveLength(1)
  })

  test.each([
    ['drained', { availability: 'drain' } as const, 'n3 (availability drain)'],
    ['paused', { availability: 'pause' } as const, 'n3 (availability pause)'],
    ['down', { state: 'down' } as const, 'n3 (down)'],
  ])('a node that is %s is named, and gets it from a run that finds it active', async (_what, change, named) => {
    const swarm = threeNodes()
    swarm.setNode('n3', change)
    const { log, results } = await runAction(swarm, inputs())
    expect(results).toMatchObject([{ outcome: 'created' }])
    expect(log).toContain(`the CA of ${HOST} is not put on ${named}: such nodes get no task`)
    expect(log).toContain('is written on n1, n2')
    swarm.setNode('n3', { availability: 'active', state: 'ready' })
    expect((await runAction(swarm, inputs())).log).toContain('is written on n3')
  })

  test('a node that goes down meanwhile is named, and the others do not wait for it', async () => {
    const swarm = threeNodes({ ...WRITES, pullSeconds: 20 })
    setTimeout(() => swarm.setNode('n2', { state: 'down' }), 5000)
    const { log, results } = await runAction(swarm, inputs())
    expect(log).toContain('registry-ca: n2 went away meanwhile')
    expect(results).toMatchObject([{ outcome: 'created' }])
  })

  test('nodes that fail are named with what their containers printed; nothing is deployed; what is done is noted', async () => {
    const swarm = threeNodes({ ends: { afterSeconds: 1, exitCode: 1 }, prints: 'mkdir: Read-only file system' })
    const { problems } = await runAction(swarm, inputs())
    expect(problems).toEqual(
      ['n1', 'n2', 'n3'].map(
        (name) => `registry-ca: ${name} did not get it: task: non-zero exit (1): mkdir: Read-only file system`,
      ),
    )
    expect(swarm.services).toEqual([])
    expect(configs(swarm)[0]?.labels['swarm-deploy.ca.nodes']).toBeUndefined()
  })

  test.each([
    [
      'a check that fails',
      { services: JSON.stringify([{ name: 'web', image: `${HOST}/nothing:1`, create: true }]) },
      WRITES,
      ', and was written on n1, n2, n3.',
    ],
    ['nodes that fail', {}, { ends: { afterSeconds: 1, exitCode: 1 } }, '.'],
    ['some nodes that fail', {}, { ...WRITES, pullFailsOn: { n2: 1 } }, ', and was written on n1, n3.'],
    ['a timeout', { timeout: '2m' }, { ...WRITES, pullSeconds: 1000 }, '.'],
  ] as [string, Record<string, string>, Image, string][])(
    'the last line after %s says what stays',
    async (_what, more, tool, written) => {
      const { log, problems } = await runAction(threeNodes(tool), inputs(more))
      expect(problems).not.toEqual([])
      const stays = `No service was changed, but the CA of ${HOST} is kept as a config of the swarm${written}`
      expect(log.trimEnd().split('\n').at(-1)).toBe(`failed: ${stays}`)
      expect(log).not.toContain('Nothing was changed')
    },
  )

  test('a run that is stopped while nodes write says so too, and one that finds all done changes nothing', async () => {
    const swarm = threeNodes()
    const stop = new AbortController()
    setTimeout(() => cancel(stop), 1500)
    const stopped = await runAction(swarm, inputs(), { stop })
    expect(stopped.problems).toEqual(['Stopped by SIGTERM. No service was changed.'])
    expect(stopped.log).toContain('is kept as a config of the swarm, and may have been written on nodes.')
    await runAction(swarm, inputs())
    const missing = { services: JSON.stringify([{ name: 'web', image: `${HOST}/nothing:1` }]) }
    expect((await runAction(swarm, inputs(missing))).log).toContain('failed: Nothing was changed on the swarm.')
  })

  test('an image without a shell is told from one that cannot be pulled', async () => {
    const said = 'OCI runtime create failed: exec: "sh": executable file not found in $PATH: unknown'
    const { problems } = await runAction(threeNodes({ rejected: said }), inputs())
    expect(problems).toHaveLength(3)
    for (const problem of problems) {
      expect(problem).toMatch(/install-registry-ca-image`, tools\.test\/busybox.*, has no shell: name one that has/)
      expect(problem).not.toContain('docker load')
    }
  })

  test('one node that cannot pull the image is named with what to do, and the others have it', async () => {
    const swarm = threeNodes({ ...WRITES, pullFailsOn: { n2: 1 } })
    const { problems } = await runAction(swarm, inputs())
    expect(problems).toEqual([expect.stringMatching(/^registry-ca: n2 did not get it: No such image.*`docker load`/)])
    const writers = watchWriters(swarm)
    swarm.images.set(TOOL, WRITES)
    expect((await runAction(swarm, inputs())).results).toMatchObject([{ outcome: 'created' }])
    expect(writers).toHaveLength(1)
    expect(configs(swarm)[0]?.labels['swarm-deploy.ca.nodes']?.split(' ')).toHaveLength(3)
  })

  test('a node that does not end in half of the timeout is named', async () => {
    const swarm = threeNodes({ ...WRITES, pullSeconds: 1000 })
    const { problems, seconds } = await runAction(swarm, inputs({ timeout: '2m' }))
    expect(problems).toContain('registry-ca: n1 has not got it in half of `timeout`: its task has not ended')
    expect(seconds).toBeLessThan(65)
    expect(swarm.services).toEqual([])
  })

  test('two runs at once with the same CA do not disturb each other', async () => {
    const swarm = threeNodes()
    const runs = await runTogether(swarm, [
      { inputs: inputs() },
      { inputs: inputs({ services: JSON.stringify([{ name: 'api', image: WEB, create: true }]) }) },
    ])
    expect(runs.map(({ problems }) => problems)).toEqual([[], []])
    expect(swarm.services).toEqual(['api', 'web'])
    expect(configs(swarm)).toHaveLength(1)
  })

  test('of two runs at once with different CAs of one registry the later is told', async () => {
    const swarm = threeNodes({ ...WRITES, pullSeconds: 20 })
    const [first, second] = await runTogether(swarm, [
      { inputs: inputs() },
      { inputs: inputs({ 'registry-ca': CERTIFICATES.second }), afterSeconds: 5 },
    ])
    expect(first?.results).toMatchObject([{ outcome: 'created' }])
    expect(second?.problems).toEqual([expect.stringContaining(`another run is putting another CA of ${HOST}`)])
    expect(configs(swarm).map(({ data }) => data)).toContain(CERTIFICATES.acme)
  })

  test('another CA takes the place of the one before on every node, and so does its record', async () => {
    const swarm = threeNodes()
    await runAction(swarm, inputs())
    const writers = watchWriters(swarm)
    await runAction(swarm, inputs({ 'registry-ca': CERTIFICATES.second }))
    expect(writers).toHaveLength(1)
    expect(configs(swarm).map(({ data }) => data)).toEqual([CERTIFICATES.second])
  })

  test('a config of that name with another content is left alone, and told', async () => {
    const swarm = threeNodes()
    await runAction(swarm, inputs())
    const [record] = swarm.store.objects.configs.values()
    Object.assign(record?.body ?? {}, { Data: Buffer.from('theirs').toString('base64') })
    distrust(swarm, 1)
    const { problems } = await runAction(swarm, inputs())
    expect(problems).toEqual([
      expect.stringMatching(/the swarm has a config swarm-deploy\.ca\.\S+ with another content/),
    ])
  })

  test('a run that is stopped removes its service; of one that is killed post does', async () => {
    const swarm = threeNodes({ ...WRITES, pullSeconds: 60 })
    const stop = new AbortController()
    setTimeout(() => cancel(stop), 5000)
    await runAction(swarm, inputs(), { stop })
    expect(swarm.services).toEqual([])

    const writers = watchWriters(swarm)
    await runAction(swarm, inputs(), { kill: { at: /GET \/tasks/, nth: 3 } })
    expect(swarm.services).toHaveLength(1)
    const token = writers[0]?.Labels?.['swarm-deploy.prepare.run'] ?? ''
    await settle(removeOfRun(swarm.engine, token, new AbortController().signal), 60)
    expect(swarm.services).toEqual([])
  })

  test('what a killed run has left is removed by a later one when its time is over', async () => {
    const swarm = threeNodes({ ...WRITES, pullSeconds: 60 })
    await runAction(swarm, inputs({ timeout: '5m' }), { kill: { at: /GET \/tasks/, nth: 3 } })
    await pass(400)
    swarm.images.set(TOOL, WRITES)
    await runAction(swarm, inputs({ 'registry-ca': CERTIFICATES.second }))
    expect(swarm.services).toEqual(['web'])
  })

  test('a CA that did not sign the certificate is told from one that is missing', async () => {
    const swarm = threeNodes()
    distrust(swarm, 9)
    const { problems } = await runAction(swarm, inputs())
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(`it is not the CA that has signed the certificate of ${HOST}`)
  })

  test('an account that may not read the image is told before any node is asked', async () => {
    const swarm = threeNodes({ ...WRITES, readers: ['alice'] })
    const writers = watchWriters(swarm)
    const { problems } = await runAction(swarm, inputs())
    expect(problems).toEqual([
      expect.stringMatching(/^install-registry-ca-image: tools.test\/busybox:1.37 cannot be read/),
    ])
    expect(writers).toEqual([])
  })
})

describe('without it', () => {
  test('the error says what to do, and nothing is written', async () => {
    const swarm = threeNodes()
    distrust(swarm, 9)
    const { problems } = await runAction(swarm, { services: inputs().services })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(`sudo cp ca.crt /etc/docker/certs.d/${HOST}/ca.crt`)
    expect(problems[0]).toContain(`openssl s_client -connect ${HOST} -showcerts`)
    const { problems: given, log } = await runAction(swarm, {
      services: inputs().services,
      'registry-ca': CERTIFICATES.acme,
    })
    expect(given[0]).toContain('The commands with the certificate of `registry-ca` are in the log')
    expect(log).toContain(`<<'END'\n${CERTIFICATES.acme}END`)
    expect(configs(swarm)).toEqual([])
  })
})

describe('a plan', () => {
  test('says on which nodes a deploy would put it, and changes nothing', async () => {
    const swarm = threeNodes()
    await runAction(swarm, inputs())
    swarm.store.nodes.set('new-node', { ...swarm.node('n3'), id: 'new-node', hostname: 'n4', images: new Set() })
    const before = JSON.stringify(configs(swarm))
    const writers = watchWriters(swarm)
    const { outlook, log } = await runAction(swarm, inputs({ mode: 'plan' }))
    expect(outlook?.objects).toEqual([
      { kind: 'registry CA', name: HOST, action: 'create', changes: [], nodes: ['n4'] },
    ])
    expect(log).toContain(`registry CA ${HOST} is put on n4`)
    expect(log).toMatch(/planned: .*1 registry CA changes.*Nothing was changed/)
    expect(writers).toEqual([])
    expect(JSON.stringify(configs(swarm))).toBe(before)
  })

  test('of a swarm that has it is unchanged; of one where nobody trusts the registry says that a deploy would', async () => {
    const swarm = threeNodes()
    await runAction(swarm, inputs())
    expect((await runAction(swarm, inputs({ mode: 'plan' }))).outlook?.objects).toEqual([])
    distrust(swarm, 9)
    const { problems } = await runAction(swarm, inputs({ mode: 'plan' }))
    expect(problems[0]).toContain('A deploy would put `registry-ca` there first')
  })
})
