import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { StackObject } from '../../src/docker/specs/stack-objects.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { runAction } from '../support/memory-swarm/run.ts'

beforeEach(stopTime)
afterEach(letTimeRun)

const NAMESPACE = { 'com.docker.stack.namespace': 'shop' }
const base64 = (text: string) => Buffer.from(text).toString('base64')

/** A stack of one service with one secret or config. */
function compose(kind: string, content: string, more = ''): string {
  return [
    'services:',
    `  web: {image: 'hub.test/acme/web:1', ${kind}s: [it]}`,
    `${kind}s: {it: {content: '${content}'${more}}}`,
  ].join('\n')
}

function objects(swarm: MemorySwarm, kind: string): StackObject[] {
  return swarm.somebody('GET', `/${kind}s`) as StackObject[]
}

function namesOf(swarm: MemorySwarm, kind: string): string[] {
  return objects(swarm, kind).map(({ Spec }) => Spec.Name)
}

const deploy = (swarm: MemorySwarm, text: string) =>
  runAction(swarm, { stack: 'shop', 'history-limit': '0' }, { compose: text })

test.each([{}, { prune: 'true' }])(
  'a deploy that leaves nothing unused has no stage that removes it: %j',
  async (more) => {
    const swarm = new MemorySwarm({ images: { 'hub.test/acme/web:1': {} } })
    const run = (content: string) =>
      runAction(swarm, { stack: 'shop', 'history-limit': '0', ...more }, { compose: compose('config', content) })
    const title = 'Remove what is not used any more'
    expect((await run('one')).log).not.toContain(title)
    await run('two')
    expect((await run('three')).log).toContain(title)
  },
)

/** The stack as `docker stack deploy` makes it, with the object under its plain name, over one that the action made. */
async function madeByDocker(kind: 'secret' | 'config', content: string, keepsOurs = false): Promise<MemorySwarm> {
  const swarm = new MemorySwarm({ images: { 'hub.test/acme/web:1': {} } })
  await deploy(swarm, compose(kind, content))
  const [ours] = objects(swarm, kind)
  const body = { Name: 'shop_it', Labels: NAMESPACE, Data: base64(content) }
  const { ID } = swarm.somebody('POST', `/${kind}s/create`, body) as { ID: string }
  const [id, name, list] =
    kind === 'secret' ? ['SecretID', 'SecretName', 'Secrets'] : ['ConfigID', 'ConfigName', 'Configs']
  swarm.update('shop_web', (spec) => ({
    ...spec,
    TaskTemplate: {
      ...spec.TaskTemplate,
      ContainerSpec: {
        Image: '',
        ...spec.TaskTemplate.ContainerSpec,
        [list ?? '']: [{ File: { Name: 'it' }, [id ?? '']: ID, [name ?? '']: 'shop_it' }],
      },
    },
  }))
  await pass(10)
  if (!keepsOurs) swarm.somebody('DELETE', `/${kind}s/${ours?.ID}`)
  return swarm
}

describe('what docker has made of a stack', () => {
  test('a config with the same content is used as it is', async () => {
    const swarm = await madeByDocker('config', 'hello')
    const before = swarm.service('shop_web')
    const run = await deploy(swarm, compose('config', 'hello'))
    expect(run).toMatchObject({ results: [{ outcome: 'unchanged' }], problems: [] })
    expect(swarm.service('shop_web')).toEqual(before)
    expect(objects(swarm, 'config')).toMatchObject([{ Spec: { Name: 'shop_it', Labels: NAMESPACE } }])
  })

  test('also when there is one of this action with the same content, which no service uses', async () => {
    const swarm = await madeByDocker('config', 'hello', true)
    expect(namesOf(swarm, 'config')).toHaveLength(2)
    const run = await deploy(swarm, compose('config', 'hello'))
    expect(run).toMatchObject({ results: [{ outcome: 'unchanged' }], problems: [] })
  })

  test('a config with another content makes room for a version, and goes when nothing goes back to it', async () => {
    const swarm = await madeByDocker('config', 'hello')
    expect(await deploy(swarm, compose('config', 'other'))).toMatchObject({ results: [{ outcome: 'updated' }] })
    expect(namesOf(swarm, 'config')).toEqual(['shop_it', expect.stringMatching(/^shop_it-/)])
    await deploy(swarm, compose('config', 'third'))
    expect(namesOf(swarm, 'config')).toEqual([expect.stringMatching(/^shop_it-/), expect.stringMatching(/^shop_it-/)])
  })

  test('a secret cannot be compared: its tasks restart once, and a notice says so', async () => {
    const swarm = await madeByDocker('secret', 'hello-secret')
    const run = await deploy(swarm, compose('secret', 'hello-secret'))
    expect(run).toMatchObject({ results: [{ outcome: 'updated' }], problems: [] })
    expect(run.log).toMatch(/Notice: compose\.yml line 3: secrets\.it: docker has made the secret shop_it.*restart/)
    const again = await deploy(swarm, compose('secret', 'hello-secret'))
    expect(again).toMatchObject({ results: [{ outcome: 'unchanged' }] })
    expect(again.log.slice(run.log.length)).not.toContain('docker has made the secret')
  })
})

describe('labels of secrets and configs', () => {
  test.each(['secret', 'config'] as const)('those of a %s are changed in place, and no task restarts', async (kind) => {
    const swarm = new MemorySwarm({ images: { 'hub.test/acme/web:1': {} } })
    await deploy(swarm, compose(kind, 'hello-content', ', labels: {x: "1"}'))
    const before = swarm.service('shop_web')
    const [{ ID } = {}] = objects(swarm, kind)
    const run = await deploy(swarm, compose(kind, 'hello-content', ', labels: [x=2, y=]'))
    expect(run).toMatchObject({ results: [{ outcome: 'unchanged' }], problems: [] })
    const labels = { ...NAMESPACE, 'swarm-deploy.version-of': 'shop_it', x: '2', y: '' }
    expect(objects(swarm, kind)).toMatchObject([{ ID, Spec: { Labels: labels } }])
    expect(objects(swarm, kind)[0]?.Spec.Labels).toEqual(labels)
    expect(swarm.service('shop_web')).toEqual(before)
  })

  test('that are refused end the run before a service is touched', async () => {
    const swarm = new MemorySwarm({ images: { 'hub.test/acme/web:1': {} } })
    await deploy(swarm, compose('config', 'hello', ', labels: {x: "1"}'))
    swarm.faults.add({ at: /^POST \/configs\/.*\/update/, fault: { kind: 'error', status: 403, message: 'no' } })
    const run = await deploy(swarm, compose('config', 'hello', ', labels: {x: "2"}'))
    expect(run.problems).toEqual([expect.stringMatching(/refuses to change the labels of the config shop_it-.*: no/)])
  })
})

test.each(['secret', 'config'])(
  'a %s that was made though the daemon said that it failed is taken away again',
  async (kind) => {
    const swarm = new MemorySwarm({ images: { 'hub.test/acme/web:1': {} } })
    const fault = { kind: 'error', status: 500, message: 'Internal Server Error', done: true } as const
    swarm.faults.add({ fault, at: new RegExp(`^POST /${kind}s/create$`) })
    const run = await deploy(swarm, compose(kind, 'first-content'))
    expect(run.problems).toHaveLength(1)
    expect(run.log).toMatch(new RegExp(`${kind} shop_it-[0-9a-f]+: removed again`))
    expect(namesOf(swarm, kind)).toEqual([])
  },
)

describe('a run that is refused after it has made something says what stays', () => {
  const refused = { kind: 'error', status: 403, message: 'no' } as const
  const failed = { kind: 'error', status: 500, message: 'Internal Server Error', done: true } as const
  const NOTHING = 'Nothing was changed'

  test('what was made, and is not removed again', async () => {
    const swarm = new MemorySwarm({ images: { 'hub.test/acme/web:1': {} } })
    swarm.faults.add({ fault: failed, at: /^POST \/secrets\/create$/ }, { fault: refused, at: /^DELETE \/secrets\// })
    const { log } = await deploy(swarm, compose('secret', 'first-content'))
    expect(namesOf(swarm, 'secret')).toHaveLength(1)
    expect(log).toMatch(/^failed: No service was changed, but the secret shop_it-[0-9a-f]+ is left\.$/m)
    expect(log).not.toContain(NOTHING)
  })

  test('what may have been made, where nobody tells', async () => {
    const swarm = new MemorySwarm({ images: { 'hub.test/acme/web:1': {} } })
    swarm.faults.add({ fault: failed, at: /^POST \/networks\/create$/ })
    const text = "{services: {web: {image: 'hub.test/acme/web:1', networks: [own]}}, networks: {own: {}}}"
    const { log } = await deploy(swarm, text)
    expect(log).toContain('No service was changed, but it is not known whether the network shop_own was made.')
    expect(log).toContain('If nothing uses it: `docker network rm shop_own`')
    expect(log).not.toContain(NOTHING)
  })

  test('what has other labels', async () => {
    const swarm = new MemorySwarm({ images: { 'hub.test/acme/web:1': {} } })
    const labelled = (label: string, more: string) =>
      `{services: {web: {image: 'hub.test/acme/web:1', configs: [it${more}]}}, configs: {it: {content: hello, labels: {x: "${label}"}}${more === '' ? '' : ', z: {content: new}'}}}`
    await deploy(swarm, labelled('1', ''))
    swarm.faults.add({ fault: refused, at: /^POST \/configs\/create$/ })
    const { log } = await deploy(swarm, labelled('2', ', z'))
    expect(log).toMatch(/No service was changed, but the labels of the config shop_it-[0-9a-f]+ are changed\./)
    expect(log).not.toContain(NOTHING)
  })
})

test('two configs to which the files give one name, and two contents, are an error before anything is made', async () => {
  const swarm = new MemorySwarm({ images: { 'hub.test/acme/web:1': {} } })
  const text = [
    'services:',
    "  web: {image: 'hub.test/acme/web:1', configs: [one, two]}",
    'configs:',
    "  one: {content: 'x', name: same}",
    "  two: {content: 'y', name: same}",
  ].join('\n')
  const { problems } = await deploy(swarm, text)
  expect(problems).toEqual([
    'compose.yml line 5: configs.two: it has the name of configs.one, same, and is not the same: write another name for one of them',
  ])
  expect(namesOf(swarm, 'config')).toEqual([])
})
