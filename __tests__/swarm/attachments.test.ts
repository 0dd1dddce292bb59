import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { runs } from '../../lab/program.ts'
import type { StepResult } from '../../lab/runner.ts'
import { cliOlderThan, describeSwarm, resultsOf, STACK_CLI, testUnless } from '../support/swarm.ts'
import { filesUnder, formsOf, traces, watchProcesses } from '../support/traces.ts'

const CREDENTIAL_SPEC = {
  CmsPlugins: ['ActiveDirectory'],
  DomainJoinConfig: {
    Sid: 'S-1-5-21-702590844-1001920913-2680819671',
    MachineAccountName: 'webapp01',
    Guid: '56d9b66c-d746-4f87-bd26-26760cfdca2e',
    DnsTreeName: 'example.com',
    DnsName: 'example.com',
    NetBiosName: 'EXAMPLE',
  },
  ActiveDirectoryConfig: { GroupManagedServiceAccounts: [{ Name: 'webapp01', Scope: 'example.com' }] },
}

const PRINTS = 'echo "cannot use $(cat /run/secrets/quiet-env)" >&2; exit 1'

/** What the entries of services attach, and what becomes of it. */
describeSwarm('attachments', { registries: { main: {} } }, (swarm) => {
  const image = async (repository: string, program = runs()) =>
    (await swarm.lab.image({ registry: 'main', repository, content: repository, ...program })).reference
  const docker = async (...args: string[]) => {
    const result = await swarm.lab.docker(args)
    expect(result).toMatchObject({ code: 0 })
    return result.stdout.trim()
  }
  const names = async (kind: string, name: string) =>
    (await docker(kind, 'ls', '--filter', `name=${name}`, '--format', '{{.Name}}')).split('\n').filter(Boolean)
  const deploy = (entry: object, env: Record<string, string> = {}) =>
    swarm.deploy({ services: JSON.stringify([{ create: true, ...entry }]), monitor: '1s', 'history-limit': '0' }, env)
  const outcomes = (run: StepResult) => (resultsOf(run) as { outcome: string }[]).map(({ outcome }) => outcome)

  swarm.beside('a secret and a config are renewed with their content, and a network is made', async () => {
    const entry = {
      name: 'rotated',
      image: await image('rotated'),
      secrets: [{ name: 'rot-pass', environment: 'ROT_PASS', target: 'pw', mode: '0400' }],
      configs: [{ name: 'rot-conf', file: 'rot.conf', target: '/etc/rot.conf' }],
      networks: [{ name: 'rot-net', create: true, attachable: true, aliases: ['rot'] }],
    }
    const go = async (secret: string, config: string) => {
      await writeFile(join(swarm.runner.workspace, 'rot.conf'), config)
      const run = await deploy(entry, { ROT_PASS: secret })
      expect(run.main.code).toBe(0)
      const [task] = await swarm.running('rotated')
      const id = task?.Status.ContainerStatus?.ContainerID ?? ''
      return { run, content: await docker('exec', id, 'cat', '/run/secrets/pw', '/etc/rot.conf') }
    }
    const first = await go('rot-number-1', ' one')
    expect(first.content).toBe('rot-number-1 one')
    const [oldest = ''] = await names('secret', 'rot-pass')
    expect(oldest).toMatch(/^rot-pass-[0-9a-f]{16}$/)
    expect(JSON.parse(await docker('network', 'inspect', 'rot-net'))).toMatchObject([
      { Driver: 'overlay', Scope: 'swarm', Attachable: true },
    ])
    const before = await swarm.service('rotated')
    expect(outcomes((await go('rot-number-1', ' one')).run)).toEqual(['unchanged'])
    expect((await swarm.service('rotated')).Version).toEqual(before.Version)

    expect((await go('rot-number-2', ' two')).content).toBe('rot-number-2 two')
    expect(await names('secret', 'rot-pass')).toHaveLength(2)
    const plan = await swarm.deploy(
      { mode: 'plan', services: JSON.stringify([entry]), 'history-limit': '0' },
      { ROT_PASS: 'rot-number-3' },
    )
    expect(plan.outputs.plan).toContain(oldest)
    expect(plan.outputs.plan).not.toContain('rot-number')
    expect((await go('rot-number-3', ' three')).content).toBe('rot-number-3 three')
    expect(await names('secret', 'rot-pass')).toHaveLength(2)
    expect(await names('secret', 'rot-pass')).not.toContain(oldest)
    expect(await names('config', 'rot-conf')).toHaveLength(2)
  })

  swarm.beside('a credential spec is made of its file and used in one step', async () => {
    await writeFile(join(swarm.runner.workspace, 'credspec.json'), JSON.stringify(CREDENTIAL_SPEC))
    const entry = {
      name: 'gmsa',
      image: await image('gmsa'),
      replicas: '0',
      'credential-spec': { file: 'credspec.json' },
    }
    const run = await deploy(entry)
    expect(outcomes(run)).toEqual(['created'])
    const [name = ''] = await names('config', 'gmsa-credential-spec')
    const [config] = JSON.parse(await docker('config', 'inspect', name))
    expect(config.Spec.Labels).toMatchObject({ 'com.docker.gmsa.name': 'webapp01' })
    const { Spec: spec } = await swarm.service('gmsa')
    const container = spec.TaskTemplate.ContainerSpec
    expect(container?.Privileges?.CredentialSpec).toMatchObject({ Config: config.ID })
    expect(container?.Configs).toEqual([{ ConfigID: config.ID, ConfigName: name, Runtime: {} }])
    expect(outcomes(await deploy(entry))).toEqual(['unchanged'])

    // Docker's own command makes the same of the config.
    await docker(
      'service',
      'create',
      '-d',
      '--name',
      'gmsa-docker',
      '--replicas',
      '0',
      '--credential-spec',
      `config://${name}`,
      entry.image,
    )
    const theirs = (await swarm.service('gmsa-docker')).Spec.TaskTemplate.ContainerSpec
    expect([container?.Privileges, container?.Configs]).toEqual([theirs?.Privileges, theirs?.Configs])

    // No node of a Linux swarm can use it: that is told before, and is what a node says.
    const asked = await deploy({ ...entry, replicas: '1' })
    expect(asked.main.code).toBe(1)
    expect(asked.log).toContain('no Windows node that is ready and active may run the service')
    await docker('service', 'scale', '-d', 'gmsa=1')
    await swarm.until('the word of a node', async () =>
      /credentialspec/.test(await docker('service', 'ps', '--no-trunc', '--format', '{{.Error}}', 'gmsa')),
    )
    await docker('service', 'rm', 'gmsa')
  })

  testUnless(
    cliOlderThan(STACK_CLI),
    'the credential spec of a stack is made of its file too',
    async () => {
      await writeFile(join(swarm.runner.workspace, 'stack-spec.json'), JSON.stringify(CREDENTIAL_SPEC))
      const web = {
        image: await image('gmsa'),
        credential_spec: { file: './stack-spec.json' },
        deploy: { replicas: 0 },
      }
      await writeFile(join(swarm.runner.workspace, 'gmsa.yml'), JSON.stringify({ services: { web } }))
      const run = await swarm.deploy({ stack: 'winstack', 'compose-file': 'gmsa.yml' })
      expect(outcomes(run)).toEqual(['created'])
      const [name = ''] = await names('config', 'winstack_web-credential-spec')
      const [config] = JSON.parse(await docker('config', 'inspect', name))
      expect(config.Spec.Labels).toMatchObject({ 'com.docker.gmsa.name': 'webapp01' })
      const { Spec: spec } = await swarm.service('winstack_web')
      const container = spec.TaskTemplate.ContainerSpec
      expect(container?.Privileges?.CredentialSpec).toMatchObject({ Config: config.ID })
      expect(container?.Configs).toEqual([{ ConfigID: config.ID, ConfigName: name, Runtime: {} }])
      expect(outcomes(await swarm.deploy({ stack: 'winstack', 'compose-file': 'gmsa.yml' }))).toEqual(['unchanged'])
    },
    undefined,
    swarm.beside,
  )

  test('a secret is nowhere but in the container', async () => {
    // Other labs of this machine are looked at too.
    const secret = `canary "s3cret"/+#: ß ${randomUUID()}`
    const forms = formsOf('', secret)
    const watching = watchProcesses(forms)
    const run = await deploy(
      {
        name: 'quiet',
        image: await image('quiet', { command: ['/bin/sh', '-c', PRINTS] }),
        secrets: [
          { name: 'quiet-env', environment: 'QUIET' },
          { name: 'quiet-content', content: secret },
        ],
        'create-args': ['--restart-delay 200ms', '--label a=b'],
      },
      { QUIET: secret },
    )
    const { leaks, commands } = watching.stop()
    expect(commands).toBeGreaterThan(0)
    expect(leaks).toEqual([])
    expect(run.main.code).toBe(1)
    expect(run.log).toContain('cannot use ***')
    for (const [place, text] of Object.entries(traces(run))) {
      for (const form of forms) expect({ place, leaks: text.includes(form) }).toEqual({ place, leaks: false })
    }
    for (const file of [...filesUnder(swarm.runner.temp), ...filesUnder(swarm.runner.home)]) {
      const content = readFileSync(file, 'utf8')
      for (const form of forms) expect({ file, leaks: content.includes(form) }).toEqual({ file, leaks: false })
    }
  })
})
