import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Lab, LabImage } from '../../lab/lab.ts'
import type { Step, StepResult } from '../../lab/runner.ts'
import { DaemonProxy } from '../support/daemon-proxy.ts'
import { describeSwarm } from '../support/swarm.ts'

const NOBODY_LISTENS = '10.77.0.254:5999'
/** Of the service `present`. */
const PORT_OF_NODE = 'published=18190,target=80,mode=host'
/** Outside of the network that the nodes treat as insecure. */
const PLAIN_OUTSIDE = { address: '10.78.0.254', port: 5998 }

/** Everything that can be known before the swarm is touched: each mistake has its own words, and nothing has changed. */
describeSwarm(
  'preflight',
  {
    nodes: 2,
    registries: {
      shop: { accounts: { alice: { password: 'alice-pw', read: ['team-a'] }, bob: { password: 'bob-pw' } } },
      open: {},
      guarded: { tls: true, accounts: { carol: { password: 'carol-pw' } } },
    },
  },
  (swarm) => {
    const shop = () => swarm.lab.registries.shop
    const alice = (overrides: Record<string, string> = {}) => ({
      registry: shop().host,
      username: 'alice',
      password: 'alice-pw',
      config: 'team-a-config',
      ...overrides,
    })
    const errorsOf = (run: StepResult) =>
      run.annotations.filter(({ level }) => level === 'error').map(({ message }) => message)
    const warningsOf = (run: StepResult) =>
      run.annotations.filter(({ level }) => level === 'warning').map(({ message }) => message)

    let good: LabImage
    let hidden: LabImage

    beforeAll(async () => {
      good = await swarm.lab.image({ registry: 'shop', repository: 'team-a/app', tag: 'v1', content: 'v1' })
      hidden = await swarm.lab.image({ registry: 'shop', repository: 'team-b/app', tag: 'v1', content: 'v1' })
      const names = ['present', ...Array.from({ length: 5 }, (_, index) => `present-${index + 1}`)]
      // What no node can run is told of what has tasks.
      const services = names.map((name, index) => {
        const port = index === 0 ? { 'create-args': [`--publish=${PORT_OF_NODE}`] } : {}
        return { name, image: good.reference, create: true, replicas: index < 2 ? '1' : '0', ...port }
      })
      const run = await swarm.deploy({
        registries: JSON.stringify([alice()]),
        services: JSON.stringify(services),
      })
      expect(run.main.code).toBe(0)
    })

    afterEach(async () => {
      for (const registry of Object.values(swarm.lab.registries)) await registry.recover()
    })

    /** All that a deploy could change, each with its version. */
    const swarmNow = async () => {
      const [node] = swarm.lab.nodes
      const paths = ['/services', '/configs', '/secrets', '/networks?filters={"scope":["swarm"]}']
      return Promise.all(paths.map(async (path) => (await node.engine('GET', path)).body))
    }

    /** Runs a step that has to be refused before anything is changed. */
    const refused = async (inputs: Step['with'], env: Step['env'] = {}) => {
      const before = await swarmNow()
      const run = await swarm.deploy(inputs, env)
      expect(await swarmNow()).toEqual(before)
      expect(run.main.code).toBe(1)
      expect(run.main.stderr).toBe('')
      expect(run.post).toEqual({ code: 0, stdout: '', stderr: '' })
      expect(run.outputs).toEqual({ status: 'failed', services: '[]' })
      expect(run.summary).toContain('Nothing was changed on the swarm.')
      expect(await readdir(swarm.runner.temp)).toEqual([])
      const errors = errorsOf(run)
      for (const error of errors) expect(error).not.toContain('\n')
      expect(errors.join()).not.toContain('bug of this action')
      return { run, errors }
    }

    /** The same with services, and exactly one error. */
    const refusedOnce = async (registries: unknown, services: unknown, env: Step['env'] = {}) => {
      const inputs = { registries: JSON.stringify(registries), services: JSON.stringify(services) }
      const { errors, run } = await refused(inputs, env)
      expect({ errors }).toEqual({ errors: [expect.any(String)] })
      return { error: errors[0] ?? '', run }
    }

    describe('credentials and images', () => {
      const update = (image: string) => [{ name: 'present', image }]

      test('accounts that are not taken, each with its own words', async () => {
        await shop().setAccount('dave', { password: 'dave-pw' })
        await shop().setAccount('dave', undefined)
        const { host: guarded } = swarm.lab.registries.guarded
        const { errors } = await refused({
          registries: JSON.stringify([
            alice(),
            alice({ registry: `${shop().host}/team-w`, password: 'mistyped', config: 'w' }),
            alice({ registry: `${shop().host}/team-d`, username: 'dave', password: 'dave-pw', config: 'd' }),
            alice({ registry: NOBODY_LISTENS, config: 'nobody' }),
            alice({ registry: guarded, config: 'guarded' }),
          ]),
          services: JSON.stringify(update(good.reference)),
        })
        expect(errors).toEqual([
          expect.stringContaining(`registries entry 2: cannot log in to ${shop().host} as alice:`),
          expect.stringContaining(`registries entry 3: cannot log in to ${shop().host} as dave:`),
          expect.stringMatching(
            /^registries entry 4: cannot log in to 10\.77\.0\.254:5999 as alice: .*connection refused/,
          ),
          expect.stringContaining(`registries entry 5: cannot log in to ${guarded} as alice:`),
        ])
        expect(errors[0]).toMatch(/Check user name and password of the credential of alice for .* in config w/)
        expect(errors[3]).toContain(`/etc/docker/certs.d/${guarded}/ca.crt`)
        expect(errors.join()).not.toContain('mistyped')
      })

      test('images that cannot be read with an account, each with its cause and what to do', async () => {
        const at = (path: string) => `${shop().host}/${path}`
        const faults = {
          expired: { status: 401 },
          limited: { status: 429 },
          dropped: { drop: true },
          down: { status: 503 },
        }
        for (const [name, fault] of Object.entries(faults))
          await shop().fail({ ...fault, path: `/team-a/${name}/manifests/` })
        const images: readonly [image: string, what: string, advice: string][] = [
          // A password that expires between the login and the look at the image.
          [at('team-a/expired:v1'), 'the credential was refused', ''],
          [at('team-a/limited:v1'), 'the registry limits the rate of requests', 'more requests, or raise'],
          [at('team-a/dropped:v1'), 'the daemon cannot reach the registry', 'firewall'],
          [at('team-a/down:v1'), 'the registry failed', 'in good health'],
          [hidden.reference, 'access is denied', 'the right to pull'],
          [at('team-a/app:v404'), 'there is no such image', 'has been pushed'],
          [at('team-a/none:v1'), 'there is no such image', 'has been pushed'],
          [at(`team-a/app@sha256:${'0'.repeat(64)}`), 'there is no such image', ''],
        ]
        const services = images.map(([image], index) => ({ name: `new-${index}`, image, create: true }))
        const { errors } = await refused({
          registries: JSON.stringify([alice()]),
          services: JSON.stringify(services),
        })
        for (const [index, [image, what, advice]] of images.entries()) {
          const [error = '', ...others] = errors.filter((line) => line.includes(`service new-${index}:`))
          expect(others).toEqual([])
          expect(error).toContain(`service new-${index}: image ${image} cannot be read from ${shop().host} as alice`)
          expect(error).toContain('(config team-a-config)')
          expect(error).toContain(`: ${what}.`)
          expect(error).toContain(advice)
        }
        expect(errors).toHaveLength(images.length)
      })

      test('images that nobody gives without an account, whatever DOCKER_AUTH_CONFIG has', async () => {
        await using _server = await plainServer(swarm.lab)
        const { host: guarded } = swarm.lab.registries.guarded
        const plain = `${PLAIN_OUTSIDE.address}:${PLAIN_OUTSIDE.port}`
        const images = {
          needs: hidden.reference,
          nobody: `${NOBODY_LISTENS}/team-a/app:v1`,
          nowhere: 'registry.invalid/team-a/app:v1',
          guarded: `${guarded}/ops/app:v1`,
          plain: `${plain}/ops/app:v1`,
        }
        const services = Object.entries(images).map(([name, image]) => ({ name, image, create: true }))
        const auth = Buffer.from('bob:bob-pw').toString('base64')
        const { run, errors } = await refused(
          { services: JSON.stringify(services) },
          { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [shop().host]: { auth } } }) },
        )
        const errorOf = (name: keyof typeof images) => {
          const [error = '', ...others] = errors.filter((line) => line.startsWith(`service ${name}: `))
          expect(others).toEqual([])
          expect(error).toContain(`image ${images[name]}`)
          return error
        }
        expect(errorOf('needs')).toContain('without a credential: a credential is needed')
        expect(errorOf('needs')).toContain(`Add a credential for ${shop().host} to registries`)
        expect(errorOf('nobody')).toContain('without a credential: the daemon cannot reach the registry.')
        expect(errorOf('nowhere')).toContain('the daemon cannot reach the registry')
        expect(errorOf('guarded')).toContain('signed by an authority that the daemon does not know')
        expect(errorOf('guarded')).toContain(`/etc/docker/certs.d/${guarded}/ca.crt`)
        expect(errorOf('plain')).toContain('the registry speaks plain HTTP')
        expect(errorOf('plain')).toContain('insecure-registries')
        expect(errors).toHaveLength(services.length)
        expect(warningsOf(run)).toEqual([expect.stringMatching(/DOCKER_AUTH_CONFIG is set and not used/)])
      })

      test.each([
        ['a rate limit', { status: 429 }, /429 Too Many Requests.*allows the credential of alice/],
        ['a registry that drops connections', { drop: true }, /EOF\. Check that the swarm's managers and nodes/],
        ['a registry that is not in service', { status: 503 }, /503 Service Unavailable\. Check that .* good health/],
      ])('%s, at the login', async (_, fault, words) => {
        await shop().fail(fault)
        const { error } = await refusedOnce([alice()], update(good.reference))
        expect(error).toMatch(words)
        expect(error).toContain(`cannot log in to ${shop().host} as alice`)
      })
    })

    describe('services', () => {
      test('what no node can run, and what docker refuses of update-args', async () => {
        const [manager, worker] = swarm.lab.nodes
        const arm = (repository: string, format: 'docker' | 'attested') =>
          swarm.lab.image({ registry: 'open', repository, platforms: ['linux/arm64'], format })
        const elsewhere = [`--constraint node.hostname==${worker?.name}`, `--constraint node.hostname!=${manager.name}`]
        const services = [
          { name: 'present', image: (await arm('arm', 'docker')).reference },
          { name: 'new', image: (await arm('arm-too', 'attested')).reference, create: true, 'create-args': elsewhere },
          { name: 'present-1', 'update-args': ['--constraint-add node.role==astronaut'] },
          { name: 'present-2', 'update-args': ['--nonsense=1'] },
          { name: 'present-3', 'update-args': ['--limit-memory=plenty'] },
          { name: 'present-4', 'update-args': ['--network-add=nowhere'] },
          { name: 'present-5', 'update-args': ['--secret-add=source=nothing'] },
        ]
        const { errors } = await refused({ services: JSON.stringify(services) })
        const docker = 'service present-N: `update-args`: docker refuses it: .*'
        const refusal = (number: number, words: string) =>
          expect.stringMatching(new RegExp(`^${docker.replace('N', String(number))}${words}`))
        const expected = [
          expect.stringMatching(/^service present: its image is built for linux\/arm64.*the nodes .*linux\//),
          expect.stringMatching(/^service new: its image is built for linux\/arm64/),
          expect.stringMatching(/^service present-1: no node .* constraints \(node\.role==astronaut\)/),
          refusal(2, 'unknown flag: --nonsense'),
          refusal(3, 'invalid argument "plenty" for "--limit-memory" flag'),
          refusal(4, 'network:? nowhere'),
          refusal(5, 'secret not found: nothing'),
        ]
        expect(errors).toHaveLength(expected.length)
        for (const one of expected) expect(errors).toContainEqual(one)
      })

      test('what no node can run, and what docker refuses of create-args', async () => {
        const { reference: image } = await swarm.lab.image({ registry: 'open', repository: 'app', content: 'app' })
        const made = (name: string, flag: string) => ({ name, image, create: true, 'create-args': [flag] })
        const services = [
          made('unplaced', '--constraint node.labels.zone==moon'),
          made('unknown', '--nonsense=1'),
          made('plenty', '--limit-memory=plenty'),
          made('secretive', '--secret=nothing'),
          { ...made('late', ''), 'create-args': ['--mode=global', `--publish=${PORT_OF_NODE}`] },
          ...['twin', 'other-twin'].map((name) => ({
            ...made(name, ''),
            'create-args': ['--mode=global', '--publish=published=18191,target=80,mode=host'],
          })),
        ]
        const { errors } = await refused({ services: JSON.stringify(services) })
        expect(errors.toSorted()).toEqual([
          expect.stringMatching(
            /^service late: --publish: 18190\/tcp is a port of the node, and present has it on 1 of the 2 nodes .*1 of its 2 tasks would wait/,
          ),
          expect.stringMatching(
            /^service other-twin: --publish: 18191\/tcp is a port of the node, and twin publishes it in this same deploy: there are 2 nodes for their 4 tasks, and 2 would wait/,
          ),
          expect.stringMatching(
            /^service plenty: `create-args`: docker refuses it: .*(?:invalid.*plenty|plenty.*invalid|invalid size)/i,
          ),
          expect.stringMatching(/^service secretive: `create-args`: docker refuses it: .*secret not found: nothing/),
          expect.stringMatching(/^service unknown: `create-args`: docker refuses it: .*unknown flag: --nonsense/),
          expect.stringMatching(/^service unplaced: no node .* constraints \(node\.labels\.zone==moon\)/),
        ])
      })

      test('failures of many kinds are reported at once, each in a line of its own', async () => {
        const { host: guarded } = swarm.lab.registries.guarded
        const platforms = ['linux/arm64']
        const arm = await swarm.lab.image({ registry: 'open', repository: 'arm', platforms, format: 'docker' })
        const services = [
          { name: 'present', image: good.reference },
          { name: 'denied', image: hidden.reference, create: true },
          { name: 'untagged', image: `${shop().host}/team-a/app:v404`, create: true },
          { name: 'refused', image: `${guarded}/ops/app:v1`, create: true },
          { name: 'nowhere', image: `${NOBODY_LISTENS}/app:v1`, create: true },
          { name: 'armed', image: arm.reference, create: true },
          { name: 'absent', image: good.reference },
          { name: 'flagged', image: good.reference, create: true, 'create-args': ['--nonsense=1'] },
          { name: 'undecided', image: good.reference, create: true, 'auth-config': 'unheard-of' },
        ]
        const registries = [
          alice(),
          alice({ registry: `${shop().host}/team-z`, username: 'eve', config: 'eve-config' }),
        ]
        const { errors } = await refused({
          registries: JSON.stringify([...registries, alice({ registry: guarded, config: 'guarded-config' })]),
          services: JSON.stringify(services),
        })
        const expected = [
          /^registries entry 2: cannot log in to .* as eve: .*eve-config/,
          /^registries entry 3: cannot log in to .* as alice: .*certs\.d/,
          /^service absent does not exist on this swarm: .*write `- \{name: absent, image: \S+, create: true\}`$/,
          /^service undecided: `auth-config` names the config unheard-of/,
          /^service denied: image .* access is denied/,
          /^service untagged: image .* no such image/,
          /^service nowhere: image .* cannot reach/,
          /^service armed: its image is built for linux.arm64/,
          /^service flagged: `create-args`: docker refuses it/,
        ]
        expect(errors).toEqual(expected.map((words) => expect.stringMatching(words)))
      })
    })

    describe('the way to the swarm', () => {
      const services = () => JSON.stringify([{ name: 'present', image: good.reference }])

      test('a worker instead of a manager', async () => {
        const worker = swarm.lab.node(1)
        const { errors } = await refused({ services: services() }, { DOCKER_HOST: worker.host })
        expect(errors).toEqual([
          expect.stringMatching(/is a worker of its swarm: point `host`, DOCKER_HOST .* at a manager/),
        ])
        expect(errors[0]).toContain(worker.host)
      })

      test.each([
        ['a socket that is missing', 'unix:///nowhere/docker.sock', /nowhere\/docker\.sock/],
        ['a port where nobody listens', 'tcp://127.0.0.1:9', /the connection was refused/],
        ['an address that is none', 'nonsense', /nonsense/],
      ])('DOCKER_HOST that leads to nothing: %s', async (_, host, words) => {
        const { errors } = await refused({ services: services() }, { DOCKER_HOST: host })
        expect(errors).toEqual([expect.stringMatching(words)])
        expect(errors[0]).toContain(host)
      })

      test('a DOCKER_CONTEXT that nobody knows', async () => {
        const { errors } = await refused({ services: services() }, { DOCKER_HOST: '', DOCKER_CONTEXT: 'unheard-of' })
        expect(errors).toEqual([expect.stringMatching(/DOCKER_CONTEXT \(unheard-of\).*docker context ls/)])
      })

      test.each(['DOCKER_CONTEXT', 'the current context'])(
        "%s of the user's own configuration leads to the swarm, although configs are isolated",
        async (way) => {
          const config = join(swarm.runner.home, `contexts-${way.length}`)
          await mkdir(config)
          const docker = (args: string[]) => swarm.lab.docker(args, { config, env: { DOCKER_HOST: '' } })
          const endpoint = `host=${swarm.lab.nodes[0].host}`
          expect((await docker(['context', 'create', 'lab', '--docker', endpoint])).code).toBe(0)
          if (way !== 'DOCKER_CONTEXT') expect((await docker(['context', 'use', 'lab'])).code).toBe(0)
          const run = await swarm.deploy(
            { registries: JSON.stringify([alice()]), services: services() },
            {
              DOCKER_HOST: '',
              DOCKER_CONFIG: config,
              ...(way === 'DOCKER_CONTEXT' && { DOCKER_CONTEXT: 'lab' }),
            },
          )
          expect(errorsOf(run)).toEqual([])
          expect(run.outputs.status).toBe('unchanged')
          expect(run.log).toContain(`Connected to ${swarm.lab.nodes[0].host}`)
        },
      )

      test("HttpHeaders of the user's configuration reach the daemon with every request", async () => {
        const config = join(swarm.runner.home, 'headers')
        await mkdir(config)
        await writeFile(join(config, 'config.json'), JSON.stringify({ HttpHeaders: { 'X-Team': 'web 7' } }))
        const image = await swarm.lab.image({ registry: 'open', repository: 'app', content: 'app' })
        await using proxy = await DaemonProxy.start(
          join(swarm.runner.directory, 'proxy.sock'),
          swarm.lab.nodes[0].socket,
        )
        const run = await swarm.deploy(
          {
            services: JSON.stringify([{ name: 'headers', image: image.reference, create: true, replicas: '0' }]),
          },
          { DOCKER_HOST: proxy.host, DOCKER_CONFIG: config },
        )
        expect(errorsOf(run)).toEqual([])
        const posts = proxy.requests.filter(({ method }) => method === 'POST').map(({ path }) => path)
        expect(posts).toEqual(['/services/create', '/configs/create'])
        expect(proxy.requests.filter(({ headers }) => headers['x-team'] !== 'web 7')).toEqual([])
      })

      // The last one: its node is out of the swarm from then on.
      test('a daemon that is in no swarm', async () => {
        const worker = swarm.lab.node(1)
        expect((await worker.engine('POST', '/swarm/leave?force=true')).status).toBe(200)
        const { errors } = await refused({ services: services() }, { DOCKER_HOST: worker.host })
        expect(errors).toEqual([expect.stringMatching(/is not part of a swarm: .*docker swarm init/)])
      })
    })
  },
)

/** Something that speaks HTTP without TLS where the daemons expect TLS. */
async function plainServer(lab: Lab): Promise<AsyncDisposable> {
  const { address, port } = PLAIN_OUTSIDE
  const program = `
    require('node:http').createServer((_, response) => response.end('{}')).listen(${port}, '${address}', () => {
      console.log('listening')
    })`
  const [enter = '', ...args] = lab.enter
  const child = spawn(enter, [...args, process.execPath, '-e', program], { stdio: ['ignore', 'pipe', 'ignore'] })
  await once(child.stdout, 'data')
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}
