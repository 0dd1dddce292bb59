import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from '@jest/globals'
import { exits, runs } from '../../lab/program.ts'
import { describeSwarm, ON_THE_NODE, STACK_CLI } from '../support/swarm.ts'

const REGISTRIES = {
  main: {
    accounts: { alice: { password: 'alice-pw', read: ['team-a'] }, bob: { password: 'bob-pw', read: ['team-b'] } },
  },
  other: { accounts: { carol: { password: 'carol-pw' } } },
  open: {},
} as const

/** What a stack of compose files becomes on a swarm, and what a second deploy of it does. */
describeSwarm(
  'stacks',
  { registries: REGISTRIES },
  (swarm) => {
    const registries = () => {
      const { main, other } = swarm.lab.registries
      return JSON.stringify([
        { registry: `${main.host}/team-a`, username: 'alice', password: 'alice-pw', config: 'a' },
        { registry: `${main.host}/team-b`, username: 'bob', password: 'bob-pw', config: 'b' },
        { registry: other.host, username: 'carol', password: 'carol-pw', config: 'other' },
      ])
    }
    const image = async (registry: 'main' | 'other' | 'open', repository: string, tag = 'v1', program = runs()) =>
      (await swarm.lab.image({ registry, repository, tag, content: `${repository} ${tag}`, ...program })).reference
    const write = async (files: Readonly<Record<string, string>>) => {
      for (const [name, content] of Object.entries(files)) {
        const path = join(swarm.runner.workspace, name)
        await mkdir(dirname(path), { recursive: true })
        await writeFile(path, content)
      }
    }
    const deploy = (inputs: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) =>
      swarm.deploy({ registries: registries(), monitor: '1s', timeout: '60s', ...inputs }, env)
    const resultsOf = (
      outputs: Readonly<Record<string, string>>,
    ): { name: string; outcome: string; config: string | null; cause: string | null }[] =>
      JSON.parse(outputs.services ?? '[]')
    const outcomes = (outputs: Readonly<Record<string, string>>) =>
      Object.fromEntries(resultsOf(outputs).map(({ name, outcome }) => [name, outcome]))
    const docker = async (...args: string[]) => {
      const result = await swarm.lab.docker(args)
      expect(result).toMatchObject({ code: 0 })
      return result.stdout.trim()
    }
    const names = async (kind: string, stack: string) =>
      (await docker(kind, 'ls', '--filter', `label=com.docker.stack.namespace=${stack}`, '--format', '{{.Name}}'))
        .split('\n')
        .filter(Boolean)
        .toSorted()

    swarm.beside(
      'a changed config and secret reach the tasks; old ones go when neither spec nor previous spec has them',
      async () => {
        const app = await image('open', 'rotating')
        const stack = (
          config: string,
        ) => `services: {app: {image: '${app}', configs: [conf], secrets: [{source: pass, target: pw}]}}
configs: {conf: {content: "${config}"}}
secrets: {pass: {file: ./pass.txt}}
${ON_THE_NODE}`
        const go = async (config: string, secret: string) => {
          await write({ 'rot/compose.yml': stack(config), 'rot/pass.txt': secret })
          const run = await deploy({ stack: 'rot', 'compose-file': '["rot/compose.yml"]', 'history-limit': '0' })
          expect(run.main).toMatchObject({ code: 0 })
          expect(run.log).not.toContain(secret)
          const [task] = await swarm.running('rot_app')
          const id = (task as unknown as { Status: { ContainerStatus: { ContainerID: string } } }).Status
            .ContainerStatus.ContainerID
          return docker('exec', id, 'cat', '/conf', '/run/secrets/pw')
        }
        expect(await go('one', 'pw-number-1')).toBe('onepw-number-1')
        expect(await go('two', 'pw-number-2')).toBe('twopw-number-2')
        expect(await names('secret', 'rot')).toHaveLength(2)
        expect(await go('three', 'pw-number-3')).toBe('threepw-number-3')
        expect(await names('secret', 'rot')).toHaveLength(2)
        expect(await names('config', 'rot')).toHaveLength(2)
      },
    )

    swarm.beside(
      'a failing service is red with its cause while the others converge, and then nothing is pruned',
      async () => {
        const [good, bad] = [await image('open', 'good'), await image('open', 'bad', 'v1', exits(3, 'no disk'))]
        const restart = 'deploy: {restart_policy: {delay: 100ms}}'
        await write({
          'p/1.yml': `services: {old: {image: '${good}', networks: [oldnet]}, app: {image: '${good}'}}\nnetworks: {oldnet: {}}\n`,
          'p/2.yml': `services:\n  app: {image: '${good}'}\n  fresh: {image: '${good}'}\n  broken: {image: '${bad}', networks: [node], ${restart}}\nnetworks: {node: {name: host, external: true}}\n`,
          'p/3.yml': `services: {app: {image: '${good}'}, fresh: {image: '${good}'}}\n`,
        })
        await deploy({ stack: 'p', 'compose-file': 'p/1.yml', 'history-limit': '0' })
        // A busy machine takes a while to see that a container has ended.
        const inputs = { prune: 'true', 'on-failure': 'keep', monitor: '10s' }
        const red = await deploy({ stack: 'p', 'compose-file': 'p/2.yml', ...inputs })
        expect(red.main.code).toBe(1)
        expect(outcomes(red.outputs)).toEqual({ p_app: 'unchanged', p_fresh: 'created', p_broken: 'failed' })
        expect(red.log).toContain('no disk')
        expect(red.annotations.filter(({ level }) => level === 'error')).toMatchObject([{ file: 'p/2.yml', line: 4 }])
        expect(await names('service', 'p')).toEqual(['p_app', 'p_broken', 'p_fresh', 'p_old'])

        const green = await deploy({ stack: 'p', 'compose-file': 'p/3.yml', prune: 'true' })
        expect(green.main).toMatchObject({ code: 0 })
        expect(outcomes(green.outputs)).toEqual({
          p_app: 'unchanged',
          p_fresh: 'unchanged',
          p_broken: 'removed',
          p_old: 'removed',
        })
        expect(await names('service', 'p')).toEqual(['p_app', 'p_fresh'])
        expect(green.log).toContain('network p_oldnet: removed')
        // The node itself lets go of it when the container has stopped.
        await swarm.until('the removal', async () => !(await names('network', 'p')).includes('p_oldnet'))
        expect(await names('network', 'p')).toEqual(['p_default'])
      },
    )

    swarm.beside(
      'a renamed service gets the port of the one that prune removes, and a failed deploy gives it back; then it moves on',
      async () => {
        const [old, fresh] = [await image('open', 'old'), await image('open', 'fresh')]
        const bad = await image('open', 'unready', 'v1', exits(3, 'not ready'))
        const file = (name: string, what: string) => `services: {${name}: {image: '${what}', ports: ['7080:8080']}}\n`
        const proxied = (what: string) =>
          `services: {web: {image: '${fresh}'}, proxy: {image: '${what}', ports: ['7080:8080']}}\n`
        await write({ 'mv/4.yml': proxied(bad), 'mv/5.yml': proxied(old) })
        await write({ 'mv/1.yml': file('old', old), 'mv/2.yml': file('web', bad), 'mv/3.yml': file('web', fresh) })
        const go = (name: string) =>
          deploy({ stack: 'mv', 'compose-file': `mv/${name}.yml`, prune: 'true', 'history-limit': '0', monitor: '5s' })
        const portsOf = async (name: string) =>
          ((await swarm.service(name)).Endpoint?.Ports ?? []).map(({ PublishedPort }) => PublishedPort)
        const areRunning = async (name: string) => (await swarm.running(name)).map(({ ID }) => ID)
        expect((await go('1')).main).toMatchObject({ code: 0 })
        expect(await portsOf('mv_old')).toEqual([7080])

        const red = await go('2')
        expect(outcomes(red.outputs)).toEqual({ mv_web: 'rolled-back', mv_old: 'rolled-back' })
        expect(await names('service', 'mv')).toEqual(['mv_old'])
        expect(await portsOf('mv_old')).toEqual([7080])
        expect(await areRunning('mv_old')).toHaveLength(1)

        const green = await go('3')
        expect(green.main).toMatchObject({ code: 0 })
        expect(outcomes(green.outputs)).toEqual({ mv_web: 'created', mv_old: 'removed' })
        expect(await names('service', 'mv')).toEqual(['mv_web'])
        expect(await portsOf('mv_web')).toEqual([7080])
        expect(await areRunning('mv_web')).toHaveLength(1)

        const both = await go('4')
        expect(outcomes(both.outputs)).toEqual({ mv_web: 'rolled-back', mv_proxy: 'rolled-back' })
        expect(await portsOf('mv_web')).toEqual([7080])
        const moved = await go('5')
        expect(outcomes(moved.outputs)).toEqual({ mv_web: 'updated', mv_proxy: 'created' })
        expect([await portsOf('mv_web'), await portsOf('mv_proxy')]).toEqual([[], [7080]])
      },
    )

    swarm.beside(
      'missing externals, a bad image, a credential spec without Windows, and what docker itself refuses: all told before anything has changed',
      async () => {
        const app = await image('open', 'externals')
        await write({
          'ext.yml': `services:
  web: {image: '${app}', secrets: [gone], networks: [far]}
  two: {image: '${app}', secrets: [gone]}
  none: {image: '${app}-missing'}
  win: {image: '${app}', credential_spec: {file: ../up.json}}
  spec: {image: '${app}', credential_spec: {config: gmsa}}
  reg: {image: '${app}', credential_spec: {registry: name}}
  ports: {image: '${app}', deploy: {placement: {constraints: [nonsense]}}}
secrets: {gone: {external: true}}
networks: {far: {external: true}}
configs: {gmsa: {content: '{"CmsPlugins": []}'}}
`,
        })
        const run = await deploy({ stack: 'ext', 'compose-file': 'ext.yml' })
        expect(run.main.code).toBe(1)
        const errors = run.annotations.filter(({ level }) => level === 'error').map(({ message }) => message)
        const about = (pattern: RegExp) => errors.filter((line) => pattern.test(line))
        expect(about(/ext.yml line 9: the external secret gone does not exist/)).toHaveLength(1)
        expect(about(/ext.yml line 10: the external network far does not exist/)).toHaveLength(1)
        expect(about(/service ext_none: image .* cannot be read/)).toHaveLength(1)
        expect(about(/service ext_win: its credential spec cannot work: the file ..\/up.json/)).toHaveLength(1)
        expect(about(/service ext_spec: its credential spec cannot work: the config's CmsPlugins/)).toHaveLength(1)
        expect(about(/credential spec cannot work: no Windows node/)).toHaveLength(3)
        expect(about(/service ext_(?:web|two)/)).toEqual([])
        for (const kind of ['service', 'network', 'config', 'secret']) expect(await names(kind, 'ext')).toEqual([])
      },
    )

    swarm.beside(
      'a voting app in the shape of the well-known example: vote, result, worker, queue, database',
      async () => {
        const [vote, result, worker, redis, db] = await Promise.all(
          ['vote', 'result', 'worker', 'redis', 'postgres'].map((name) => image('open', `voting/${name}`)),
        )
        await write({
          'voting/docker-stack.yml': `version: "3.8"
services:
  redis: {image: '${redis}', networks: [frontend], deploy: {replicas: 0}}
  db:
    image: ${db}
    environment: {POSTGRES_USER: postgres, POSTGRES_PASSWORD: postgres}
    volumes: ["db-data:/var/lib/postgresql/data"]
    networks: [backend]
    deploy: {replicas: 0, placement: {constraints: ["node.role == manager"]}}
  vote:
    image: ${vote}
    ports: ["18081:80"]
    networks: [frontend]
    depends_on: [redis]
    deploy:
      replicas: 0
      update_config: {parallelism: 2, delay: 1s}
      restart_policy: {condition: on-failure, delay: 1s, max_attempts: 3, window: 10s}
  result:
    image: ${result}
    ports: ["18082:80"]
    networks: [backend]
    depends_on: [db]
    logging: {driver: json-file, options: {max-size: 1m}}
    deploy: {replicas: 0, update_config: {parallelism: 2, delay: 1s, order: start-first}, rollback_config: {parallelism: 1}}
  worker:
    image: ${worker}
    networks: [frontend, backend]
    ulimits: {nofile: {soft: 1000, hard: 2000}}
    tmpfs: [/tmp]
    extra_hosts: ["somewhere:10.0.0.9"]
    dns: [10.0.0.2]
    cap_add: [NET_ADMIN]
    init: true
    user: "1000"
    working_dir: /tmp
    hostname: worker
    read_only: true
    stop_signal: SIGTERM
    sysctls: {net.core.somaxconn: "1024"}
    deploy: {replicas: 0, endpoint_mode: dnsrr, labels: {APP: VOTING}, placement: {max_replicas_per_node: 2, preferences: [{spread: node.labels.zone}]}, resources: {reservations: {memory: 8M}}}
networks: {frontend: , backend: {internal: true, labels: {a: b}}}
volumes: {db-data: }
`,
        })
        const inputs = { stack: 'voting', 'compose-file': 'voting/docker-stack.yml' }
        const run = await deploy(inputs)
        expect(run.main).toMatchObject({ code: 0 })
        expect(Object.values(outcomes(run.outputs))).toEqual(Array.from({ length: 5 }, () => 'created'))
        const again = await deploy(inputs)
        expect(outcomes(again.outputs)).toEqual(
          Object.fromEntries(
            ['redis', 'db', 'vote', 'result', 'worker'].map((name) => [`voting_${name}`, 'unchanged']),
          ),
        )
      },
    )

    swarm.beside('twenty services in one stack, found by the usual name of the file', async () => {
      const app = await image('open', 'many')
      const services = Array.from(
        { length: 20 },
        (_, index) => `  s${index}: {image: '${app}', environment: {N: ${index}}, deploy: {replicas: 0}}`,
      )
      await write({ 'compose.yaml': `services:\n${services.join('\n')}\n` })
      const run = await deploy({ stack: 'many' })
      expect(run.main).toMatchObject({ code: 0 })
      expect(Object.values(outcomes(run.outputs))).toEqual(Array.from({ length: 20 }, () => 'created'))
      expect((await deploy({ stack: 'many' })).outputs.status).toBe('unchanged')
    })

    test('six services from two registries with two accounts on one: each with its credential, digests pinned, a redeploy restarts nothing even while the registries answer 503', async () => {
      const [web, api, worker, cron, queue, proxy] = [
        await image('main', 'team-a/web'),
        await image('main', 'team-b/api'),
        await image('main', 'team-a/worker'),
        await image('other', 'ops/cron'),
        await image('other', 'ops/queue'),
        await image('open', 'proxy'),
      ]
      await write({
        'shop/compose.yml': `
name: shop
x-common: &common
  deploy: {update_config: {order: start-first, failure_action: rollback}, restart_policy: {condition: any}}
services:
  web:
    <<: *common
    image: \${WEB_IMAGE}
    command: ["/bin/sh", "-c", "trap 'exit 0' TERM; echo $$HOME; sleep 999999 & wait"]
    ports: [{target: 80, published: "18080", protocol: tcp, mode: host}]
    environment: {COLOR: blue, MODE: "\${MODE:-plain}", QUOTED: "\${QUOTED}"}
    env_file: [web.env]
    networks: [front, back]
    depends_on: {api: {condition: service_started}}
    healthcheck: {test: ["CMD", "true"], interval: 1s}
    configs: [{source: app, target: /app.conf}]
    secrets: [token]
  api: {image: '${api}', networks: {back: {aliases: [backend]}}, labels: {team: b}}
  worker:
    image: ${worker}
    networks: [back]
    restart: always
    deploy: {replicas: 1, placement: {constraints: [node.role == manager]}, resources: {limits: {cpus: '0.5', memory: 64M}}}
  cron: {image: '${cron}'}
  queue: {image: '${queue}', networks: [back], volumes: ["queue-data:/data"], stop_grace_period: 3s}
  proxy: {image: '${proxy}', deploy: {mode: global, labels: {tier: edge}}}
networks: {front: , back: {attachable: true}}
volumes: {queue-data: }
configs: {app: {content: "color=\${MODE:-plain}"}}
secrets: {token: {environment: TOKEN}}
`,
        'shop/more.yml': 'services: {web: {environment: {COLOR: green}}, worker: {deploy: {replicas: 2}}}\n',
        'shop/web.env': 'FROM_FILE=a$b\n',
        'shop/values.env': `# not executed\nexport WEB_IMAGE='${web}'\nQUOTED="two words" # comment\nMODE=fancy\n`,
      })
      const inputs = { stack: 'shop', 'compose-file': 'shop/compose.yml\nshop/more.yml', 'env-file': 'shop/values.env' }
      const env = { TOKEN: 'S3cret-t0ken' }
      const first = await deploy(inputs, env)

      expect(first.log).not.toContain('S3cret-t0ken')
      expect(first.main.stdout.replace(/^::add-mask::.*$/gm, '')).not.toContain('S3cret-t0ken')
      expect(first.main).toMatchObject({ code: 0 })
      expect(first.annotations.map(({ message }) => message).join('\n')).toMatch(
        /`restart` is ignored by Swarm \(worker\)/,
      )
      expect(
        Object.fromEntries(resultsOf(first.outputs).map(({ name, outcome, config }) => [name, [outcome, config]])),
      ).toEqual({
        shop_web: ['created', 'a'],
        shop_api: ['created', 'b'],
        shop_worker: ['created', 'a'],
        shop_cron: ['created', 'other'],
        shop_queue: ['created', 'other'],
        shop_proxy: ['created', null],
      })
      const { Spec } = await swarm.service('shop_web')
      expect(Spec.TaskTemplate.ContainerSpec?.Image).toMatch(new RegExp(`^${web}@sha256:`))
      expect(Spec.TaskTemplate.ContainerSpec?.Env?.toSorted()).toEqual([
        'COLOR=green',
        'FROM_FILE=a$b',
        'MODE=fancy',
        'QUOTED=two words',
      ])
      expect(JSON.stringify(Spec)).toContain('echo $HOME')
      expect(await swarm.running('shop_worker')).toHaveLength(2)
      expect(await names('network', 'shop')).toEqual(['shop_back', 'shop_default', 'shop_front'])
      expect(await names('config', 'shop')).toEqual([expect.stringMatching(/^shop_app-[0-9a-f]{16}$/)])

      const services = Object.keys(outcomes(first.outputs))
      const state = () =>
        Promise.all(
          services.map(async (name) => [await swarm.service(name), (await swarm.running(name)).map(({ ID }) => ID)]),
        )
      const before = await state()
      const again = await deploy(inputs, env)
      expect(again.outputs.status).toBe('unchanged')
      expect(await state()).toEqual(before)

      const { main, other, open } = swarm.lab.registries
      for (const registry of [main, other, open]) await registry.fail({ status: 503, path: /manifests/ })
      const hiccup = await deploy(inputs, env)
      for (const registry of [main, other, open]) await registry.recover()
      expect(hiccup.main.code).toBe(1)
      expect(await state()).toEqual(before)
    })
  },
  STACK_CLI,
)
