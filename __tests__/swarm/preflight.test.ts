import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { type Lab, type LabImage, startLab } from '../../lab/lab.ts'
import type { Step, StepResult } from '../../lab/runner.ts'
import { DaemonProxy } from '../support/daemon-proxy.ts'
import { describeSwarm } from '../support/swarm.ts'

const NOBODY_LISTENS = '10.77.0.254:5999'
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
      const services = [{ name: 'present', image: good.reference, create: true }]
      const run = await swarm.deploy({
        registries: JSON.stringify([alice()]),
        services: JSON.stringify(services),
        monitor: '1s',
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

      test('a wrong password', async () => {
        const { error } = await refusedOnce([alice({ password: 'mistyped' })], update(good.reference))
        expect(error).toContain(`registries entry 1: cannot log in to ${shop().host} as alice:`)
        expect(error).toContain(`Check user name and password of the credential of alice for ${shop().host}`)
        expect(error).toContain('in config team-a-config')
        expect(error).not.toContain('mistyped')
      })

      test('an account that was removed since the last run', async () => {
        await shop().setAccount('dave', { password: 'dave-pw' })
        const dave = alice({ username: 'dave', password: 'dave-pw' })
        const first = await swarm.deploy({
          registries: JSON.stringify([dave]),
          services: JSON.stringify(update(good.reference)),
        })
        expect(first.outputs.status).toBe('unchanged')
        await shop().setAccount('dave', undefined)
        const { error } = await refusedOnce([dave], update(good.reference))
        expect(error).toContain(`cannot log in to ${shop().host} as dave:`)
      })

      test('a password that expires between the login and the look at the image', async () => {
        await shop().fail({ status: 401, path: '/manifests/' })
        const { error } = await refusedOnce([alice()], update(good.reference))
        expect(error).toContain('the credential was refused')
        namesAll(error, good)
      })

      test.each([
        ['a repository that the account may not read', () => hidden.reference, 'access is denied', 'the right to pull'],
        ['a tag that is missing', () => `${shop().host}/team-a/app:v404`, 'there is no such image', 'has been pushed'],
        [
          'a repository that is missing',
          () => `${shop().host}/team-a/none:v1`,
          'there is no such image',
          'has been pushed',
        ],
      ])('%s', async (_, image, what, advice) => {
        const { error } = await refusedOnce([alice()], update(image()))
        expect(error).toContain(`: ${what}.`)
        expect(error).toContain(advice)
        namesAll(error, { reference: image() })
      })

      test('a digest that is missing', async () => {
        const image = `${shop().host}/team-a/app@sha256:${'0'.repeat(64)}`
        const { error } = await refusedOnce([alice()], update(image))
        expect(error).toContain('there is no such image')
        namesAll(error, { reference: image })
      })

      test.each([
        ['a rate limit', { status: 429 }, 'the registry limits the rate of requests', 'more requests, or raise'],
        ['a registry that drops connections', { drop: true }, 'the daemon cannot reach the registry', 'firewall'],
        ['a registry that is not in service', { status: 503 }, 'the registry failed', 'in good health'],
      ])('%s, when it is asked for the image', async (_, fault, what, advice) => {
        await shop().fail({ ...fault, path: '/manifests/' })
        const { error } = await refusedOnce([alice()], update(good.reference))
        expect(error).toContain(`: ${what}.`)
        expect(error).toContain(advice)
        namesAll(error, good)
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

      test('a registry where nobody listens, with a credential and without', async () => {
        const image = `${NOBODY_LISTENS}/team-a/app:v1`
        const login = await refusedOnce([alice({ registry: NOBODY_LISTENS })], update(image))
        expect(login.error).toMatch(/cannot log in to 10\.77\.0\.254:5999 as alice: .*connection refused/)
        const read = await refusedOnce([alice()], update(image))
        expect(read.error).toContain(`service present: image ${image} cannot be read from ${NOBODY_LISTENS}`)
        expect(read.error).toContain('without a credential: the daemon cannot reach the registry.')
      })

      test('a registry that does not exist', async () => {
        const { error } = await refusedOnce([], update('registry.invalid/team-a/app:v1'))
        expect(error).toContain('the daemon cannot reach the registry')
      })

      test('a certificate of an authority that nobody knows, with a credential and without', async () => {
        const { host } = swarm.lab.registries.guarded
        const file = `/etc/docker/certs.d/${host}/ca.crt`
        const login = await refusedOnce([alice({ registry: host })], update(`${host}/ops/app:v1`))
        expect(login.error).toContain(`cannot log in to ${host} as alice:`)
        expect(login.error).toContain(file)
        const read = await refusedOnce([], update(`${host}/ops/app:v1`))
        expect(read.error).toContain(`service present: image ${host}/ops/app:v1`)
        expect(read.error).toContain('signed by an authority that the daemon does not know')
        expect(read.error).toContain(file)
      })

      test('a registry without TLS that the daemon does not list as insecure', async () => {
        await using _server = await plainServer(swarm.lab)
        const host = `${PLAIN_OUTSIDE.address}:${PLAIN_OUTSIDE.port}`
        const { error } = await refusedOnce([], update(`${host}/ops/app:v1`))
        expect(error).toContain(`service present: image ${host}/ops/app:v1`)
        expect(error).toContain('the registry speaks plain HTTP')
        expect(error).toContain('insecure-registries')
      })

      test('an image that needs a credential, and there is none', async () => {
        const { error } = await refusedOnce([], update(good.reference))
        expect(error).toContain('without a credential: a credential is needed')
        expect(error).toContain(`Add a credential for ${shop().host} to registries`)
      })

      /** Service, image, registry, account and config. */
      function namesAll(error: string, { reference }: { readonly reference: string }): void {
        expect(error).toContain(`service present: image ${reference} cannot be read from ${shop().host} as alice`)
        expect(error).toContain('(config team-a-config)')
      }
    })

    describe('services', () => {
      test('an image for a platform that no node has', async () => {
        const platforms = ['linux/arm64']
        const arm = await swarm.lab.image({ registry: 'open', repository: 'arm', platforms, format: 'docker' })
        const { error } = await refusedOnce([], [{ name: 'present', image: arm.reference }])
        expect(error).toMatch(/^service present: its image is built for linux\/arm64.*the nodes .*linux\//)
      })

      test('an image for a platform that only nodes have which may not run it', async () => {
        const [manager, worker] = swarm.lab.nodes
        const platforms = ['linux/arm64']
        const image = await swarm.lab.image({ registry: 'open', repository: 'arm-too', platforms, format: 'attested' })
        const args = [`--constraint node.hostname==${worker?.name}`, `--constraint node.hostname!=${manager.name}`]
        const services = [{ name: 'new', image: image.reference, create: true, 'create-args': args }]
        const { error } = await refusedOnce([], services)
        expect(error).toMatch(/^service new: its image is built for linux\/arm64/)
      })

      test('a constraint that no node satisfies, of a new service and of one that is there', async () => {
        const image = await swarm.lab.image({ registry: 'open', repository: 'app', content: 'app' })
        const { errors } = await refused({
          services: JSON.stringify([
            {
              name: 'new',
              image: image.reference,
              create: true,
              'create-args': ['--constraint node.labels.zone==moon'],
            },
            { name: 'present', 'update-args': ['--constraint-add node.role==astronaut'] },
          ]),
        })
        expect(errors).toEqual([
          expect.stringMatching(/^service new: no node .* constraints \(node\.labels\.zone==moon\)/),
          expect.stringMatching(/^service present: no node .* constraints \(node\.role==astronaut\)/),
        ])
      })

      test.each([
        ['an unknown flag', '--nonsense=1', /unknown flag: --nonsense/],
        ['a bad value', '--limit-memory=plenty', /invalid argument "plenty" for "--limit-memory" flag/],
        ['a network that is missing', '--network-add=nowhere', /network:? nowhere/],
        ['a secret that is missing', '--secret-add=source=nothing', /secret not found: nothing/],
      ])('a mistake in update-args: %s', async (_, flag, words) => {
        const { error } = await refusedOnce([], [{ name: 'present', 'update-args': [flag] }])
        expect(error).toMatch(/^service present: `update-args`: docker refuses it: /)
        expect(error).toMatch(words)
      })

      test.each([
        ['an unknown flag', '--nonsense=1', /unknown flag: --nonsense/],
        ['a bad value', '--limit-memory=plenty', /invalid.*plenty|plenty.*invalid|invalid size/i],
        ['a secret that is missing', '--secret=nothing', /secret not found: nothing/],
      ])('a mistake in create-args: %s', async (_, flag, words) => {
        const image = await swarm.lab.image({ registry: 'open', repository: 'app', content: 'app' })
        const services = [{ name: 'new', image: image.reference, create: true, 'create-args': [flag] }]
        const { error } = await refusedOnce([], services)
        expect(error).toMatch(/^service new: `create-args`: docker refuses it: /)
        expect(error).toMatch(words)
      })

      test('a service that is missing', async () => {
        const { error } = await refusedOnce([alice()], [{ name: 'absent', image: good.reference }])
        expect(error).toMatch(
          /^service absent does not exist on this swarm: .*write `- \{name: absent, image: \S+, create: true\}`$/,
        )
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
          /^service absent does not exist/,
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

      test('a daemon that is in no swarm', async () => {
        await using other = await startLab()
        const [node] = other.nodes
        expect((await node.engine('POST', '/swarm/leave?force=true')).status).toBe(200)
        const { errors } = await refused({ services: services() }, { DOCKER_HOST: node.host })
        expect(errors).toEqual([expect.stringMatching(/is not part of a swarm: .*docker swarm init/)])
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

      test('DOCKER_AUTH_CONFIG is warned of, and not used', async () => {
        const auth = Buffer.from('bob:bob-pw').toString('base64')
        const { run, error } = await refusedOnce([], [{ name: 'present', image: hidden.reference }], {
          DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [shop().host]: { auth } } }),
        })
        expect(warningsOf(run)).toEqual([expect.stringMatching(/DOCKER_AUTH_CONFIG is set and not used/)])
        expect(error).toContain('without a credential')
      })

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
            services: JSON.stringify([{ name: 'headers', image: image.reference, create: true }]),
            monitor: '1s',
          },
          { DOCKER_HOST: proxy.host, DOCKER_CONFIG: config },
        )
        expect(errorsOf(run)).toEqual([])
        const posts = proxy.requests.filter(({ method }) => method === 'POST').map(({ path }) => path)
        expect(posts).toEqual(['/services/create', '/configs/create'])
        expect(proxy.requests.filter(({ headers }) => headers['x-team'] !== 'web 7')).toEqual([])
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
