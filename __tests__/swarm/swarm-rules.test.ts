import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import type { StepResult } from '../../lab/runner.ts'
import type { Service, ServiceSpec, Task } from '../../src/docker/api.ts'
import { type NetworkLike, networkViolations } from '../../src/docker/swarm/network-rules.ts'
import { namedPorts, portInTheWay, portsOf } from '../../src/docker/swarm/published-ports.ts'
import { changeViolations, objectNameProblem, specViolations } from '../../src/docker/swarm/swarm-rules.ts'
import { cliOlderThan, describeSwarm, STACK_CLI, testUnless } from '../support/swarm.ts'
import { TRIALS, type Trial } from '../support/swarm-refusals.ts'

/** What a daemon takes and refuses, held against what our rules say of the same: never more, never less. */
describeSwarm('rules of Swarm', { registries: { open: {} } }, (swarm) => {
  let image = ''
  let last = 0

  beforeAll(async () => {
    const { reference } = await swarm.lab.image({ registry: 'open', repository: 'app', tag: 'v1', content: 'v1' })
    image = reference
  })

  const engine = async <T>(method: string, path: string, body?: unknown) => {
    const answer = await swarm.lab.nodes[0].engine<T & { message?: string }>(method, path, body)
    return { body: answer.body, said: answer.status < 400 ? undefined : (answer.body.message ?? 'refused') }
  }
  const specOf = ({ container, template, spec }: Partial<Trial>, Replicas = 0): ServiceSpec => ({
    Name: `trial-${++last}`,
    TaskTemplate: { ContainerSpec: { Image: image, ...container }, ...template },
    Mode: { Replicated: { Replicas } },
    ...spec,
  })
  const create = (spec: ServiceSpec) => engine<{ ID: string }>('POST', '/v1.41/services/create', spec)
  const inspect = async (id: string) => (await engine<Service>('GET', `/v1.41/services/${id}`)).body
  const update = (service: Service, spec: unknown) =>
    engine('POST', `/v1.41/services/${service.ID}/update?version=${service.Version.Index}`, spec)
  const remove = (id: string) => engine('DELETE', `/v1.41/services/${id}`)

  const rejection = async (name: string) => {
    let said: string | undefined
    const filters = encodeURIComponent(JSON.stringify({ service: [name] }))
    await swarm.until(`a task of ${name} to be rejected`, async () => {
      const { body: tasks } = await engine<Task[]>('GET', `/v1.41/tasks?filters=${filters}`)
      said = tasks.find(({ Status: { State } }) => State === 'rejected')?.Status.Err
      return said !== undefined
    })
    return said
  }

  describe('services', () => {
    test.each(TRIALS.map((trial) => [trial.name, trial] as const))('%s', async (_, trial) => {
      const spec = specOf(trial, trial.nodeSays === undefined ? 0 : 1)
      const { body, said } = await create(spec)
      if (trial.says === undefined) expect(said).toBeUndefined()
      else expect(said).toContain(trial.says)
      if (trial.nodeSays !== undefined) expect(await rejection(spec.Name)).toContain(trial.nodeSays)
      if (said === undefined) await remove(body.ID)
      expect(specViolations(spec).map(({ setting }) => setting)).toEqual(
        trial.setting === undefined ? [] : [trial.setting],
      )
    })
  })

  describe('a service that is there', () => {
    test.each([
      ['global', { Global: {} }],
      ['a job', { ReplicatedJob: {} }],
      ['replicated', { Replicated: { Replicas: 2 } }],
    ])('becomes %s', async (_, Mode) => {
      const { body } = await create(specOf({ template: { Placement: { Constraints: ['foo==bar'] } } }))
      const service = await inspect(body.ID)
      const wanted = { ...service.Spec, Mode }
      const { said } = await update(service, wanted)
      const violations = changeViolations(service.Spec, wanted)
      if ('Replicated' in Mode) expect([said, violations]).toEqual([undefined, []])
      else
        expect([said, violations]).toEqual([
          expect.stringContaining('service mode change is not allowed'),
          [expect.objectContaining({ setting: 'mode' })],
        ])
      await remove(body.ID)
    })
  })

  describe('ports of two services', () => {
    const ports = (...Ports: readonly object[]) => ({ spec: { EndpointSpec: { Ports } } })
    const ingress = { TargetPort: 80, PublishedPort: 7801 }
    const host = { ...ingress, PublishMode: 'host' }

    test.each([
      ['ingress, ingress', ingress, ingress, 'already in use by service'],
      ['ingress, host', ingress, host, 'as an ingress port'],
      ['host, ingress', host, ingress, 'as a host-published port'],
      ['host, host', host, host, undefined],
      ['two protocols', ingress, { ...ingress, Protocol: 'udp' }, undefined],
      ['two ports', ingress, { ...ingress, PublishedPort: 7802 }, undefined],
    ])('%s', async (_, first, second, says) => {
      const one = await create(specOf(ports(first)))
      const spec = specOf(ports(second))
      const other = await create(spec)
      const conflict = portInTheWay(namedPorts(spec), portsOf(await inspect(one.body.ID)))
      expect(conflict !== undefined).toBe(says !== undefined)
      if (says === undefined) expect(other.said).toBeUndefined()
      else expect(other.said).toContain(says)
      await remove(one.body.ID)
      if (other.said === undefined) await remove(other.body.ID)
    })

    test("a port of Swarm's own choice", async () => {
      const one = await create(specOf(ports({ TargetPort: 80 })))
      const chosen = async () => (await inspect(one.body.ID)).Endpoint?.Ports?.[0]?.PublishedPort
      await swarm.until('a port', async () => (await chosen()) !== undefined)
      const spec = specOf(ports({ TargetPort: 80, PublishedPort: await chosen() }))
      const other = await create(spec)
      expect(other.said).toContain('as an ingress port')
      expect(portInTheWay(namedPorts(spec), portsOf(await inspect(one.body.ID)))).toBeDefined()
      await remove(one.body.ID)
    })

    test('a port that one gives to the other is free when the first is sent before, and not otherwise', async () => {
      const [giver, taker] = [await create(specOf(ports(ingress))), await create(specOf({}))]
      const [from, to] = [await inspect(giver.body.ID), await inspect(taker.body.ID)]
      const takes = { ...to.Spec, EndpointSpec: { Ports: [ingress] } }
      expect((await update(to, takes)).said).toContain('already in use by service')
      expect((await update(from, { ...from.Spec, EndpointSpec: {} })).said).toBeUndefined()
      await swarm.until(
        'the port to be given away',
        async () => (await update(await inspect(to.ID), takes)).said === undefined,
      )
      for (const { ID } of [from, to]) await remove(ID)
    })
  })

  describe('secrets and configs', () => {
    test.each(['a.b', 'a_b', 'a b', '-a', 'a-', '_a', 'ä', 'n'.repeat(64), 'n'.repeat(65)])(
      'the name %s',
      async (Name) => {
        for (const kind of ['secrets', 'configs']) {
          const { body, said } = await engine<{ ID: string }>('POST', `/v1.41/${kind}/create`, { Name, Data: 'eA==' })
          expect(said !== undefined).toBe(objectNameProblem(Name, kind) !== undefined)
          if (said === undefined) await engine('DELETE', `/v1.41/${kind}/${body.ID}`)
          else expect(said).toContain('invalid name, only 64 [a-zA-Z0-9-_.] characters allowed')
        }
      },
    )

    test.each([
      ['Secret', 'secrets'],
      ['Config', 'configs'],
    ])('%s references with one target', async (kind, kinds) => {
      const made = async (Name: string) =>
        (await engine<{ ID: string }>('POST', `/v1.41/${kinds}/create`, { Name, Data: 'eA==' })).body.ID
      const [one, two] = [await made('one'), await made('two')]
      const file = (Name: string) => ({ Name, UID: '0', GID: '0', Mode: 292 })
      const references = (...files: [string, string, string][]) =>
        specOf({
          container: {
            [`${kind}s`]: files.map(([id, name, target]) => ({
              [`${kind}ID`]: id,
              [`${kind}Name`]: name,
              File: file(target),
            })),
          },
        })
      const tried = async (spec: ServiceSpec) => {
        const { body, said } = await create(spec)
        if (said === undefined) await remove(body.ID)
        return [said, specViolations(spec).map(({ setting }) => setting)]
      }
      expect(await tried(references([one, 'one', '/x'], [two, 'two', '/x']))).toEqual([
        expect.stringContaining('have a conflicting target'),
        [kinds],
      ])
      expect(await tried(references([one, 'one', '']))).toEqual([
        expect.stringContaining('invalid target file name'),
        [kinds],
      ])
      expect(await tried(references([one, 'one', '/x'], [one, 'one', '/y']))).toEqual([undefined, []])
      expect(await tried(references([one, 'one', 'x'], [two, 'two', './x']))).toEqual([undefined, []])
    })
  })

  describe('networks', () => {
    const subnet = (...subnets: string[]) => ({
      IPAM: { Driver: 'default', Config: subnets.map((Subnet) => ({ Subnet })) },
    })
    const networks = async () => (await engine<(NetworkLike & { Id: string })[]>('GET', '/v1.41/networks')).body
    const made: string[] = []
    const make = async (body: object) => {
      const answer = await engine<{ Id: string }>('POST', '/v1.41/networks/create', {
        CheckDuplicate: true,
        Driver: 'overlay',
        ...body,
      })
      if (answer.said === undefined) made.push(answer.body.Id)
      return answer
    }
    const isAllocated = async (id: string) => (await networks()).some(({ Id, Driver }) => Id === id && Driver !== '')
    const violations = async (wanted: NetworkLike) => networkViolations(wanted, await networks()).map(({ key }) => key)

    beforeAll(async () => {
      const { body } = await make({ Name: 'there', ...subnet('10.99.0.0/24') })
      await make({ Name: 'local', Driver: 'bridge' })
      await swarm.until('the network', () => isAllocated(body.Id))
    })

    test.each<[string, NetworkLike, string | undefined]>([
      ['a name with a dot', { Name: 'a.b' }, 'name must be valid as a DNS name component'],
      ['a name of 64 characters', { Name: 'n'.repeat(64) }, 'name must be 63 characters or fewer'],
      ['a name of 63 characters', { Name: 'n'.repeat(63) }, undefined],
      ['a name that is there', { Name: 'there' }, 'network with name there already exists'],
      ['a name that is there but for its capitals', { Name: 'There' }, 'name conflicts with an existing object'],
      ['the name of a network of the node', { Name: 'local' }, 'network with name local already exists'],
      ['a name of the node but for its capitals', { Name: 'Local' }, undefined],
      ["a name of docker's own", { Name: 'none' }, 'predefined none network'],
      ['another one', { Name: 'host' }, 'network with name host already exists'],
      ['no subnet', { Name: 'sub-0', ...subnet('10.98.0.0') }, 'invalid CIDR address'],
    ])('%s', async (_, wanted, says) => {
      const found = await violations(wanted)
      const { said } = await make(wanted)
      if (says === undefined) expect([said, found]).toEqual([undefined, []])
      else expect([said, found]).toEqual([expect.stringContaining(says), [expect.stringMatching(/name|ipam/)]])
    })

    test.each([
      ['the same', ['10.99.0.0/24'], false],
      ['a part', ['10.99.0.128/25'], false],
      ['more', ['10.99.0.0/16'], false],
      ['the one beside it', ['10.99.1.0/24'], true],
      ['that of published ports', ['10.0.0.0/24'], false],
      ['that of the bridge of a node', ['172.17.0.0/16'], true],
      ['two', ['10.97.0.0/24', '10.97.1.0/24'], true],
      ['two that overlap', ['10.96.0.0/24', '10.96.0.0/25'], false],
      ['one with an address for its own', ['10.95.0.5/24'], true],
      ['the smallest', ['10.94.0.0/30'], true],
      ['a smaller one', ['10.94.0.8/31'], false],
      ['a single address', ['10.94.0.16/32'], false],
      ['IPv6', ['fd00::/64'], true],
      ['the same of IPv6', ['fd00::/64'], false],
      ['the smallest of IPv6', ['fd01::/127'], true],
      ['a single address of IPv6', ['fd02::/128'], false],
    ])('a subnet that is %s', async (_, subnets, isTaken) => {
      const wanted = { Name: `subnet-${++last}`, ...subnet(...subnets) }
      const found = await violations(wanted)
      const { body, said } = await make(wanted)
      expect([said, found]).toEqual([undefined, isTaken ? [] : ['ipam']])
      if (isTaken) {
        await swarm.until('the network to be allocated', () => isAllocated(body.Id))
        return
      }
      // Swarm allocates networks in their order: one that comes later is there, and this one is not.
      const later = await make({ Name: `later-${++last}` })
      await swarm.until('a later network to be allocated', () => isAllocated(later.body.Id))
      expect(await isAllocated(body.Id)).toBe(false)
    })

    test('drivers that make a network of one node', async () => {
      const { body } = await make({ Name: 'one-node', Driver: 'bridge' })
      const spec = specOf({ template: { Networks: [{ Target: body.Id }] } })
      expect((await create(spec)).said).toContain('The network one-node cannot be used with services')
      expect(networkViolations({ Name: 'one-node-2', Driver: 'bridge' }, [])).toHaveLength(1)
      const { said } = await make({ Name: 'of-swarm', Driver: 'bridge', Scope: 'swarm' })
      expect([said, networkViolations({ Name: 'of-swarm', Driver: 'bridge', Scope: 'swarm' }, [])]).toEqual([
        undefined,
        [],
      ])
      for (const Driver of ['host', 'null']) {
        expect((await make({ Name: `driver-${Driver}`, Driver })).said).toContain(`only one instance of "${Driver}"`)
        expect(networkViolations({ Name: 'x', Driver }, [])).toHaveLength(1)
      }
    })

    test.each([
      ['ingress', 'cannot be explicitly attached to the ingress network'],
      ['none', 'network none not found'],
      ['local', 'cannot be used with services'],
      ['host', undefined],
      ['bridge', undefined],
      ['there', undefined],
    ])('a service on %s', async (Target, says) => {
      const { body, said } = await create(specOf({ template: { Networks: [{ Target }] } }))
      if (says === undefined) expect(said).toBeUndefined()
      else expect(said).toContain(says)
      if (said === undefined) await remove(body.ID)
    })
  })

  describe('a deploy that Swarm would refuse', () => {
    /** Ten of them as annotations, and the others below. */
    const errorsOf = (run: StepResult) => [
      ...run.annotations.filter(({ level }) => level === 'error').map(({ message }) => message),
      ...[...run.log.matchAll(/^- (.*)$/gm)].map(([, line]) => line),
    ]
    const everything = async () =>
      Promise.all(
        ['services', 'networks', 'configs', 'secrets'].map(async (kind) => {
          const { body } = await engine<readonly { ID?: string; Id?: string; Name?: string }[]>('GET', `/v1.41/${kind}`)
          // A node makes docker_gwbridge by itself, sooner or later.
          const lasting = body.filter(({ Name }) => Name !== 'docker_gwbridge')
          return lasting.map(({ ID, Id }) => ID ?? Id).toSorted()
        }),
      )
    const refused = async (inputs: Readonly<Record<string, string>>) => {
      const before = await everything()
      const run = await swarm.deploy(inputs)
      expect(run.main.code).toBe(1)
      expect(await everything()).toEqual(before)
      return errorsOf(run)
    }
    const stack = async (name: string, text: string) => {
      await writeFile(join(swarm.runner.workspace, `${name}.yml`), text)
      return { stack: name, 'compose-file': `${name}.yml` }
    }

    testUnless(
      cliOlderThan(STACK_CLI),
      'all that is wrong with a stack is told at once, and nothing is made',
      async () => {
        const holder = await create(
          specOf({ spec: { Name: 'holder', EndpointSpec: { Ports: [{ TargetPort: 80, PublishedPort: 7901 }] } } }),
        )
        expect(holder.said).toBeUndefined()
        await engine('POST', '/v1.41/networks/create', {
          Name: 'taken',
          Driver: 'overlay',
          ...{ IPAM: { Config: [{ Subnet: '10.88.0.0/24' }] } },
        })
        const errors = await refused(
          await stack(
            'wrong',
            `services:
  web:
    image: ${image}
    ports: ["7901:80"]
    networks: [a]
    environment: {GOOD: 1, TEMPLATE: "{{ .Values.x }}"}
    deploy:
      resources: {limits: {memory: 1M}}
      restart_policy:
        condition: always
      placement:
        constraints: [node.role=manager]
  a.b:
    image: ${image}
    networks: [b, c]
  job:
    image: ${image}
    deploy: {mode: replicated-job, update_config: {parallelism: 2}}
  rr:
    image: ${image}
    ports: ["7902:80"]
    networks: [d]
    deploy:
      endpoint_mode: dnsrr
  good:
    image: ${image}
    configs: [c]
configs:
  c: {content: x}
networks:
  a:
    name: taken
  b: {driver: bridge}
  c: {ipam: {config: [{subnet: 10.89.0.0/24}]}}
  d: {ipam: {config: [{subnet: 10.89.0.128/25}]}}
`,
          ),
        )
        expect(errors.toSorted()).toEqual(
          [
            /^wrong\.yml line 10: services\.web\.deploy\.restart_policy\.condition: Swarm does not know "always": write none/,
            /^wrong\.yml line 12: services\.web\.deploy\.placement\.constraints: "node\.role=manager" is none that Swarm takes/,
            /^wrong\.yml line 13: services\.a\.b: "wrong_a\.b" is no name of a service/,
            /^wrong\.yml line 18: services\.job\.deploy\.update_config: Swarm takes no update policy for a job/,
            /^wrong\.yml line 24: services\.rr\.deploy\.endpoint_mode: with dnsrr Swarm publishes no port in ingress mode/,
            /^wrong\.yml line 32: networks\.a: the swarm has a network taken that is not of this stack: write `external: true`/,
            /^wrong\.yml line 33: networks\.b: bridge makes a network of one node/,
            /^wrong\.yml line 35: networks\.d: the subnet 10\.89\.0\.128\/25 is taken by the network wrong_c \(10\.89\.0\.0\/24\)/,
            /^wrong\.yml line 4: services\.web\.ports: 7901\/tcp is published by the service holder: write another port/,
            /^wrong\.yml line 6: services\.web\.environment\.TEMPLATE: Swarm reads it as a template/,
            /^wrong\.yml line 8: services\.web\.deploy\.resources\.limits\.memory: 1048576 bytes are less than Swarm takes: write 4M/,
          ].map((line) => expect.stringMatching(line)),
        )
        await remove(holder.body.ID)
      },
    )

    test('all that is wrong with services is told at once, also beside an image that is missing', async () => {
      const [kept, other] = [
        await create(specOf({ spec: { Name: 'kept' } })),
        await create(specOf({ spec: { Name: 'other' } })),
      ]
      const services = [
        {
          name: 'kept',
          image,
          'create-args': [
            '--mode global',
            '--limit-memory 1M',
            '--endpoint-mode dnsrr',
            '--publish 7903:80',
            '--env A={{.Nope}}',
            '--constraint node.role=manager',
          ],
        },
        { name: 'imageless', image: `${image}-missing`, create: true, 'create-args': ['--restart-condition always'] },
        { name: 'Other', image, create: true },
      ]
      const errors = await refused({ services: JSON.stringify(services) })
      expect(errors).toEqual([
        expect.stringMatching(/^service kept: --limit-memory: 1048576 bytes are less than Swarm takes/),
        expect.stringMatching(/^service kept: --constraint: "node\.role=manager" is none that Swarm takes/),
        expect.stringMatching(/^service kept: --endpoint-mode: with dnsrr Swarm publishes no port in ingress mode/),
        expect.stringMatching(/^service kept: --env A: Swarm reads it as a template/),
        expect.stringMatching(
          /^service kept: --mode: Swarm cannot change the mode of a service, and kept is replicated, not global/,
        ),
        expect.stringMatching(/^service imageless: image .* there is no such image/),
        expect.stringMatching(/^service imageless: --restart-condition: Swarm does not know "always"/),
        expect.stringMatching(/^service Other: `name`: Other and other are one name for Swarm/),
      ])
      for (const { body } of [kept, other]) await remove(body.ID)
    })
  })
})
