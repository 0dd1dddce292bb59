import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Network, StackObject } from '../../src/docker/specs/stack-objects.ts'
import { letTimeRun, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { type RunOptions, runAction, runTogether } from '../support/memory-swarm/run.ts'

beforeEach(stopTime)
afterEach(letTimeRun)

const newSwarm = () =>
  new MemorySwarm({
    images: { 'hub.test/acme/web:1': {}, 'hub.test/acme/web:2': { ends: { afterSeconds: 0.2, exitCode: 3 } } },
  })

function namesOf(swarm: MemorySwarm, kind: 'secret' | 'config'): string[] {
  return (swarm.somebody('GET', `/${kind}s`) as StackObject[]).map(({ Spec }) => Spec.Name)
}

function networksOf(swarm: MemorySwarm): string[] {
  return (swarm.somebody('GET', '/networks') as Network[]).map(({ Name }) => Name)
}

/** One service with what is attached to it, in YAML of one line each. */
function web(...lines: string[]): string {
  return ['- name: web', '  image: hub.test/acme/web:1', '  create: true', ...lines.map((line) => `  ${line}`)].join(
    '\n',
  )
}

const deploy = (swarm: MemorySwarm, services: string, more: RunOptions & { mode?: string } = {}) => {
  const { mode, ...options } = more
  return runAction(
    swarm,
    { services, 'history-limit': '0', ...(mode && { mode }) },
    { ...options, env: { TOKEN: 'first-s3cret', ...options.env } },
  )
}

const template = (swarm: MemorySwarm, name = 'web') => swarm.service(name)?.Spec.TaskTemplate
const container = (swarm: MemorySwarm, name = 'web') => template(swarm, name)?.ContainerSpec

describe('a secret of an entry of services', () => {
  const asked = web('secrets: [{name: db-password, environment: TOKEN, target: password, mode: "0440", uid: 70}]')

  test('is made, named by its content, and attached; again it is unchanged', async () => {
    const swarm = newSwarm()
    const run = await deploy(swarm, asked)
    expect(run).toMatchObject({ results: [{ outcome: 'created' }], problems: [] })
    const [name] = namesOf(swarm, 'secret')
    expect(name).toMatch(/^db-password-[0-9a-f]{16}$/)
    const [secret] = swarm.somebody('GET', '/secrets') as StackObject[]
    expect(secret?.Spec.Labels).toEqual({
      'swarm-deploy.version-of': 'db-password',
      'swarm-deploy.made-by': expect.stringMatching(/^[\da-f-]{36}$/),
    })
    expect(container(swarm)?.Secrets).toEqual([
      { SecretID: secret?.ID, SecretName: name, File: { Name: 'password', UID: '70', GID: '0', Mode: 0o440 } },
    ])
    expect(run.log).toContain(`secret ${name}: created`)
    expect(run.log).not.toContain('first-s3cret')
    const before = swarm.service('web')
    expect(await deploy(swarm, asked)).toMatchObject({ results: [{ outcome: 'unchanged' }] })
    expect(swarm.service('web')).toEqual(before)
  })

  test('with another content is another one, and the earlier goes when nothing goes back to it', async () => {
    const swarm = newSwarm()
    await deploy(swarm, asked)
    const [first = ''] = namesOf(swarm, 'secret')
    const run = await deploy(swarm, asked, { env: { TOKEN: 'second-s3cret' } })
    expect(run).toMatchObject({ results: [{ outcome: 'updated' }], problems: [] })
    expect(run.log).toMatch(/web: update \(secret password\)/)
    expect(namesOf(swarm, 'secret')).toContain(first)
    const plan = await deploy(swarm, asked, { mode: 'plan', env: { TOKEN: 'third-s3cret' } })
    expect(plan.outlook?.objects).toMatchObject([{ action: 'create' }, { name: first, action: 'remove' }])
    await deploy(swarm, asked, { env: { TOKEN: 'third-s3cret' } })
    expect(namesOf(swarm, 'secret')).toHaveLength(2)
    expect(namesOf(swarm, 'secret')).not.toContain(first)
  })

  test('is removed again when the deploy fails', async () => {
    const swarm = newSwarm()
    const run = await deploy(swarm, asked.replace('web:1', 'web:2'))
    expect(run).toMatchObject({ results: [{ outcome: 'rolled-back' }] })
    expect(namesOf(swarm, 'secret')).toEqual([])
  })

  test.each(['secret', 'config'] as const)(
    'goes also where it is a %s and the answer to its making was lost',
    async (kind) => {
      const swarm = newSwarm()
      swarm.faults.add({ at: new RegExp(`POST /${kind}s/create`), fault: { kind: 'answer-lost' } })
      const run = await deploy(swarm, asked.replace('secrets:', `${kind}s:`).replace('web:1', 'web:2'))
      expect(run).toMatchObject({ results: [{ outcome: 'rolled-back' }] })
      expect(run.log).toMatch(new RegExp(`${kind} db-password-[0-9a-f]+: removed again`))
      expect(namesOf(swarm, kind)).toEqual([])
    },
  )

  test('stays where another run has made it at the same moment', async () => {
    const swarm = newSwarm()
    let name = ''
    const act = () => {
      const first = { Name: name, Data: Buffer.from('first-s3cret').toString('base64') }
      swarm.somebody('POST', '/secrets/create', first)
    }
    const found = await deploy(newSwarm(), asked)
    name = /secret (db-password-[0-9a-f]+): created/.exec(found.log)?.[1] ?? ''
    swarm.faults.add({ at: /POST \/secrets\/create/, fault: { kind: 'meanwhile', act } })
    const run = await deploy(swarm, asked.replace('web:1', 'web:2'))
    expect(run.log).toContain(`secret ${name}: there by now`)
    expect(run).toMatchObject({ results: [{ outcome: 'rolled-back' }] })
    expect(namesOf(swarm, 'secret')).toEqual([name])
  })

  test('goes with the list that had it, and one of others stays', async () => {
    const swarm = newSwarm()
    const { ID } = swarm.somebody('POST', '/secrets/create', { Name: 'theirs', Data: 'eA==' }) as { ID: string }
    await deploy(swarm, asked)
    swarm.update('web', (spec) => ({
      ...spec,
      TaskTemplate: {
        ...spec.TaskTemplate,
        ContainerSpec: {
          Image: '',
          ...spec.TaskTemplate.ContainerSpec,
          Secrets: [
            ...(spec.TaskTemplate.ContainerSpec?.Secrets ?? []),
            { SecretID: ID, SecretName: 'theirs', File: { Name: 'theirs', UID: '0', GID: '0', Mode: 0o444 } },
          ],
        },
      },
    }))
    await deploy(swarm, web('secrets: [theirs]'))
    expect(container(swarm)?.Secrets).toMatchObject([{ SecretName: 'theirs' }])
    await deploy(swarm, web('secrets: []'))
    expect(container(swarm)?.Secrets).toEqual([])
    // The version that no service needs by now, also for a rollback, is gone; what somebody else has made is not.
    expect(namesOf(swarm, 'secret')).toEqual(['theirs'])
  })

  test('is shared by the services that name it', async () => {
    const swarm = newSwarm()
    const worker = asked.replace('name: web', 'name: worker').replace(/\{name.*\}/, 'db-password')
    expect(await deploy(swarm, `${asked}\n${worker}`)).toMatchObject({ problems: [] })
    expect(namesOf(swarm, 'secret')).toHaveLength(1)
    expect(container(swarm, 'worker')?.Secrets).toMatchObject([{ SecretName: namesOf(swarm, 'secret')[0] }])
  })

  test('that is not there, or is given in two ways, is an error before anything', async () => {
    const swarm = newSwarm()
    const run = await deploy(swarm, web('secrets: [nope]', 'configs: [none]', 'networks: [lost]'))
    expect(run.problems).toEqual([
      expect.stringMatching(/^service web: `secrets`: the swarm has no secret nope: give its content in `file`/),
      expect.stringMatching(/^service web: `configs`: the swarm has no config none/),
      expect.stringMatching(/^service web: `networks`: lost: .*write `\{name: lost, create: true\}`/),
    ])
    const two = `${asked}\n${asked.replace('name: web', 'name: worker').replace('environment: TOKEN', 'content: other-s3cret')}`
    expect((await deploy(swarm, two)).problems).toEqual([
      expect.stringMatching(/^services: web and worker make the secret db-password in two ways: give one of the two/),
    ])
  })
})

describe.each(['rolling', 'recreate', 'canary'])('with the strategy %s', (strategy) => {
  const asked = web(`strategy: ${strategy}`, 'replicas: 2', 'secrets: [{name: token, environment: TOKEN}]')

  test('tasks get the new version', async () => {
    const swarm = newSwarm()
    await deploy(swarm, asked)
    const run = await deploy(swarm, asked, { env: { TOKEN: 'second-s3cret' } })
    expect(run).toMatchObject({ results: [{ outcome: 'updated' }], problems: [] })
    const ids = (swarm.somebody('GET', '/secrets') as StackObject[]).map(({ ID }) => ID)
    const used = container(swarm)?.Secrets?.map((one) => one.SecretID) ?? []
    expect(used).toHaveLength(1)
    expect(ids).toEqual(expect.arrayContaining(used))
  })

  test('a version that does not come up is taken away again, and the one before is back', async () => {
    const swarm = newSwarm()
    await deploy(swarm, asked)
    const before = namesOf(swarm, 'secret')
    const run = await deploy(swarm, asked.replace('web:1', 'web:2'), { env: { TOKEN: 'second-s3cret' } })
    expect(run).toMatchObject({ results: [{ outcome: 'rolled-back' }] })
    expect(namesOf(swarm, 'secret')).toEqual(before)
    expect(container(swarm)?.Secrets).toMatchObject([{ SecretName: before[0] }])
  })
})

test('two runs at once that rotate one name leave each other what they need', async () => {
  const swarm = newSwarm()
  const one = web('secrets: [{name: token, environment: TOKEN}]')
  const other = one.replace('name: web', 'name: worker')
  const runs = await runTogether(
    swarm,
    [one, other].map((services, index) => ({ inputs: { services }, env: { TOKEN: `s3cret-number-${index}` } })),
  )
  expect(runs.flatMap(({ results }) => results.map(({ outcome }) => outcome))).toEqual(['created', 'created'])
  expect(namesOf(swarm, 'secret')).toHaveLength(2)
})

test('a blue-green service has its secrets in both of its services', async () => {
  const swarm = newSwarm()
  const asked = web(
    'strategy: blue-green',
    'networks: [{name: front, create: true, aliases: [api]}]',
    'secrets: [{name: token, environment: TOKEN}]',
  )
  expect(await deploy(swarm, asked)).toMatchObject({ results: [{ outcome: 'created' }], problems: [] })
  expect(container(swarm, 'web-blue')?.Secrets).toMatchObject([{ SecretName: namesOf(swarm, 'secret')[0] }])
  const run = await deploy(swarm, asked, { env: { TOKEN: 'second-s3cret' } })
  expect(run).toMatchObject({ results: [{ outcome: 'updated' }], problems: [] })
  expect(container(swarm, 'web-green')?.Secrets?.[0]?.SecretID).not.toMatch(/^new-/)
  expect(await deploy(swarm, asked, { env: { TOKEN: 'second-s3cret' } })).toMatchObject({
    results: [{ outcome: 'unchanged' }],
  })
})

test('a version that only a record needs stays as long as that is kept, also where no list names it any more', async () => {
  const swarm = newSwarm()
  const go = (entry: string, mode = 'deploy') => runAction(swarm, { services: web(entry), 'history-limit': '3', mode })
  const hasFirst = () => namesOf(swarm, 'secret').some((name) => name.startsWith('first-'))
  await go('secrets: [{name: first, content: first-s3cret}]')
  for (const content of ['one', 'two']) {
    await go(`secrets: [{name: other, content: other-s3cret-${content}}]`)
    expect(hasFirst()).toBe(true)
  }
  const last = 'secrets: [{name: other, content: other-s3cret-three}]'
  const plan = await go(last, 'plan')
  await go(last)
  expect(hasFirst()).toBe(false)
  expect(plan.outlook?.objects.filter(({ action }) => action === 'remove')).toMatchObject([
    { kind: 'secret', name: expect.stringMatching(/^first-/) },
  ])
})

test('it goes with that record also in a run in which no entry has a list, and a plan says so', async () => {
  const swarm = newSwarm()
  const go = (entry: string, mode = 'deploy') => runAction(swarm, { services: entry, 'history-limit': '2', mode })
  await go(web('secrets: [{name: key, content: key-s3cret}]'))
  await go(web('secrets: []', 'env: {A: "1"}'))
  expect(namesOf(swarm, 'secret')).toEqual([expect.stringMatching(/^key-/)])
  const plain = (value: string) => web(`env: {A: "${value}"}`)
  const plan = await go(plain('2'), 'plan')
  expect(plan.outlook?.objects.map(({ kind, action }) => `${kind} ${action}`)).toEqual(['secret remove'])
  await go(plain('2'))
  expect(namesOf(swarm, 'secret')).toEqual([])
})

test('nothing goes while a record cannot be read: it may need it', async () => {
  const swarm = newSwarm()
  const token = 'secrets: [{name: token, environment: TOKEN}]'
  await deploy(swarm, web(token))
  swarm.somebody('POST', '/configs/create', {
    Name: 'swarm-deploy.record.of-a-newer-version',
    Labels: { 'swarm-deploy.record.of': 'service/web', 'swarm-deploy.record.version': '9' },
    Data: Buffer.from('in another form').toString('base64'),
  })
  for (const content of ['second-s3cret', 'third-s3cret']) {
    const { log } = await deploy(swarm, web(token), { env: { TOKEN: content } })
    expect(log).toContain(
      'was not removed: what a record needs is not known, for swarm-deploy.record.of-a-newer-version',
    )
  }
  expect(namesOf(swarm, 'secret')).toHaveLength(3)
})

test('what was made for a service goes with it, and what another one needs stays', async () => {
  const swarm = newSwarm()
  const entry = web(
    'secrets: [{name: own, environment: TOKEN}, {name: shared, content: shared-s3cret}]',
    'networks: [{name: backend, create: true}]',
  )
  await deploy(swarm, `${entry}\n- {name: other, image: "hub.test/acme/web:1", create: true, secrets: [shared]}`)
  swarm.somebody('POST', '/networks/create', { Name: 'theirs', Driver: 'overlay' })
  await deploy(swarm, web('networks: [backend, theirs]'))
  const { log } = await deploy(swarm, 'web', { mode: 'remove' })
  expect(log).toMatch(/stays: secret shared-[0-9a-f]{16}, used by other/)
  expect(namesOf(swarm, 'secret')).toEqual([expect.stringMatching(/^shared-/)])
  expect(networksOf(swarm)).toContain('theirs')
  expect(networksOf(swarm)).not.toContain('backend')
})

describe('a network of an entry of services', () => {
  test('is made where it is missing and that is asked, and is removed again when the deploy fails', async () => {
    const swarm = newSwarm()
    const asked = web('networks: [{name: backend, create: true, attachable: true, aliases: [api]}]')
    await deploy(swarm, asked.replace('web:1', 'web:2'))
    expect(networksOf(swarm)).not.toContain('backend')
    expect(await deploy(swarm, asked)).toMatchObject({ results: [{ outcome: 'created' }], problems: [] })
    const [network] = (swarm.somebody('GET', '/networks') as Network[]).filter(({ Name }) => Name === 'backend')
    expect(network).toMatchObject({ Driver: 'overlay', Attachable: true })
    expect(template(swarm)?.Networks).toEqual([{ Target: network?.Id, Aliases: ['api'] }])
    expect(await deploy(swarm, asked)).toMatchObject({ results: [{ outcome: 'unchanged' }] })
    expect(await deploy(swarm, web('networks: [backend]'))).toMatchObject({ results: [{ outcome: 'unchanged' }] })
    await deploy(swarm, web('networks: []'))
    expect(template(swarm)?.Networks).toEqual([])
    expect(networksOf(swarm)).toContain('backend')
  })

  test('stays where a flag names it now in place of the list', async () => {
    const swarm = newSwarm()
    const { Id } = swarm.somebody('POST', '/networks/create', { Name: 'theirs', Driver: 'overlay' }) as Network
    await deploy(swarm, web('networks: [theirs]'))
    const moved = web('networks: []', `create-args: --network ${Id}`)
    expect(await deploy(swarm, moved)).toMatchObject({ problems: [] })
    expect(template(swarm)?.Networks).toEqual([{ Target: Id }])
    await deploy(swarm, moved)
    expect(template(swarm)?.Networks).toEqual([{ Target: Id }])
  })

  test.each(['none', 'default', 'ingress'])('%s is one of no service', async (name) => {
    const swarm = newSwarm()
    swarm.somebody('POST', '/networks/create', { Name: 'ingress', Driver: 'overlay', Ingress: true })
    for (const asked of [name, `{name: ${name}, create: true}`]) {
      expect((await deploy(swarm, web(`networks: [${asked}]`))).problems).toEqual([
        `service web: \`networks\`: ${name}: it is a network of docker's own, which no service can name: leave it out, or write another name`,
      ])
    }
  })

  test.each([
    [
      'one name',
      '{name: back, create: true}',
      '{name: Back, create: true}',
      /^service web: `networks`: Back: .*are one name for Swarm/,
    ],
    [
      'overlapping addresses',
      '{name: front, create: true, subnet: 10.20.0.0/16}',
      '{name: back, create: true, subnet: 10.20.1.0/24}',
      /^service web: `networks`: back: the subnet 10\.20\.1\.0\/24 is taken by the network front/,
    ],
  ])('two that are made in one run have not %s', async (_, one, other, expected) => {
    const swarm = newSwarm()
    const before = networksOf(swarm)
    const run = await deploy(swarm, web(`networks: [${one}, ${other}]`))
    expect(run.problems).toEqual([expect.stringMatching(expected)])
    expect(networksOf(swarm)).toEqual(before)
  })

  test('that is there in another form is an error', async () => {
    const swarm = newSwarm()
    await deploy(swarm, web('networks: [{name: backend, create: true}]'))
    const run = await deploy(swarm, web('networks: [{name: backend, create: true, driver: weave}]'))
    expect(run.problems).toEqual([
      expect.stringMatching(
        /^service web: `networks`: backend: the network that is there has the driver overlay, and not weave/,
      ),
    ])
  })
})

describe('a credential spec', () => {
  const SPEC = JSON.stringify({
    CmsPlugins: ['ActiveDirectory'],
    DomainJoinConfig: {
      Sid: 'S-1-5-21',
      MachineAccountName: 'mygmsa',
      Guid: '244818ae',
      DnsTreeName: 'example.com',
      DnsName: 'example.com',
      NetBiosName: 'EXAMPLE',
    },
    ActiveDirectoryConfig: { GroupManagedServiceAccounts: [{ Name: 'mygmsa', Scope: 'example.com' }] },
  })
  const files = { 'credspec.json': SPEC }
  const asked = web('credential-spec: {file: credspec.json}', 'create-args: --replicas 0')

  test('is made as a config from its file, with the label of its account, and is no file of the container', async () => {
    const swarm = newSwarm()
    const run = await deploy(swarm, asked, { files })
    expect(run).toMatchObject({ results: [{ outcome: 'created' }], problems: [] })
    const [config] = swarm.somebody('GET', '/configs') as StackObject[]
    expect(config?.Spec.Labels).toEqual({
      'swarm-deploy.made-by': expect.any(String),
      'com.docker.gmsa.name': 'mygmsa',
      'swarm-deploy.version-of': 'web-credential-spec',
    })
    expect(container(swarm)).toMatchObject({
      Privileges: { CredentialSpec: { Config: config?.ID } },
      Configs: [{ ConfigID: config?.ID, ConfigName: config?.Spec.Name, Runtime: {} }],
    })
    expect(container(swarm)?.Configs?.[0]).not.toHaveProperty('File')
    expect(await deploy(swarm, asked, { files })).toMatchObject({ results: [{ outcome: 'unchanged' }] })
  })

  test('is told in a plan by the name of its config, once; notes of ours are no field', async () => {
    const swarm = newSwarm()
    await deploy(swarm, asked, { files })
    const plan = await deploy(swarm, asked, { mode: 'plan', files: { 'credspec.json': `${SPEC}\n` } })
    const [before = ''] = namesOf(swarm, 'config')
    expect(plan.outlook?.services[0]?.changes).toMatchObject([
      { field: 'credential_spec.config', before, after: expect.stringMatching(/^web-credential-spec-/) },
    ])
    const none = await deploy(swarm, web('credential-spec: none'), { mode: 'plan' })
    expect(none.outlook?.services[0]?.changes).toMatchObject([{ field: 'credential_spec.config', before }])
    expect(none.outlook?.services[0]?.changes).toHaveLength(1)
    expect(await deploy(swarm, web('credential-spec: none'))).toMatchObject({ results: [{ outcome: 'updated' }] })
    expect(container(swarm)?.Configs ?? []).toEqual([])
    expect(container(swarm)?.Privileges?.CredentialSpec).toBeUndefined()
  })

  test('that is none, or that no node could use, is an error before anything', async () => {
    const swarm = newSwarm()
    const run = await deploy(swarm, asked.replace('--replicas 0', '--replicas 1'), {
      files: { 'credspec.json': '{"CmsPlugins": []}' },
    })
    expect(run.problems).toEqual([
      expect.stringMatching(/^service web: its credential spec cannot work: the config's CmsPlugins do not list/),
      expect.stringMatching(/^service web: its credential spec cannot work: no Windows node/),
    ])
    expect(namesOf(swarm, 'config')).toEqual([])
  })

  test('of a stack that is a file of the job becomes a config of the stack; any other is one on the nodes', async () => {
    const swarm = newSwarm()
    const compose = (path: string) =>
      `services: {web: {image: 'hub.test/acme/web:1', credential_spec: {file: ${path}}, deploy: {replicas: 0}}}`
    const stack = (path: string) => runAction(swarm, { stack: 'shop' }, { compose: compose(path), files })
    const run = await stack('./credspec.json')
    expect(run).toMatchObject({ results: [{ outcome: 'created' }], problems: [] })
    expect(run.log).toMatch(
      /Notice: compose\.yml line 1: services\.web\.credential_spec: \.\/credspec\.json is a file of this job/,
    )
    const [config] = swarm.somebody('GET', '/configs') as StackObject[]
    expect(config?.Spec).toMatchObject({
      Name: expect.stringMatching(/^shop_web-credential-spec-/),
      Labels: { 'com.docker.gmsa.name': 'mygmsa' },
    })
    expect(container(swarm, 'shop_web')).toMatchObject({
      Privileges: { CredentialSpec: { Config: config?.ID } },
      Configs: [{ ConfigID: config?.ID, Runtime: {} }],
    })
    expect(await stack('./credspec.json')).toMatchObject({ results: [{ outcome: 'unchanged' }] })
    expect((await stack('./nope.json')).problems).toEqual([
      expect.stringMatching(
        /^compose\.yml line 1: configs\.web-credential-spec: its file .*nope\.json: there is no such file/,
      ),
    ])
    await stack('credspec.json')
    expect(container(swarm, 'shop_web')?.Privileges?.CredentialSpec).toMatchObject({ File: 'credspec.json' })
  })
})

describe('the daemon fails when it is to make a config', () => {
  const FAILS = { kind: 'error', status: 500, message: 'Internal Server Error' } as const
  const asked = web('configs: [{name: conf, content: "a: b", target: /conf}]')

  test('and has made it: what may be left is told by name', async () => {
    const swarm = newSwarm()
    swarm.faults.add({ fault: { ...FAILS, done: true }, at: /^POST \/configs\/create$/ })
    const run = await deploy(swarm, asked)
    const [name] = namesOf(swarm, 'config')
    expect(run.problems).toEqual([`the swarm refuses to make the config ${name}: Internal Server Error`])
    expect(run.log).toContain(`If nothing uses it: \`docker config rm ${name}\``)
  })

  test('and has not: nothing is told to be left', async () => {
    const swarm = newSwarm()
    swarm.faults.add({ fault: FAILS, at: /^POST \/configs\/create$/ })
    const run = await deploy(swarm, asked)
    expect(run.problems).toHaveLength(1)
    expect(namesOf(swarm, 'config')).toEqual([])
    expect(run.log).not.toContain('docker config rm')
  })
})
