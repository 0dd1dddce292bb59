import { expect } from '@jest/globals'
import type { LabImage } from '../../lab/lab.ts'
import { stageLine } from '../../lab/log-lines.ts'
import { crashesAfter, exits } from '../../lab/program.ts'
import { Runner } from '../../lab/runner.ts'
import { nodeOf } from '../support/nodes.ts'
import { describeSwarm, pinned, resultsOf, testUnless, untagged } from '../support/swarm.ts'

const LIMIT_MS = 300_000
const OLDEST_NODE = 20

/** The way back: what ran before a deploy that failed runs again, with credentials that are valid by then. */
describeSwarm('recovery', { registries: { main: { accounts: {} } } }, (swarm) => {
  const registry = () => swarm.lab.registries.main
  const login = (username: string) => ({ registry: registry().host, username, password: `${username}-pw` })
  const account = (username: string) => registry().setAccount(username, { password: `${username}-pw` })
  const deploy = async (username: string, services: unknown, inputs: Record<string, string> = {}) => {
    await account(username)
    return swarm.deploy({ ...login(username), services: JSON.stringify(services), monitor: '1s', ...inputs })
  }
  const image = (repository: string, tag: string, program = {}) =>
    swarm.lab.image({ registry: 'main', repository, tag, content: `${repository}:${tag}`, ...program })
  const quick = ['--update-monitor 1s', '--restart-delay 300ms']
  /** Long enough for a crash after two seconds to count. */
  const patient = ['--update-monitor 6s', '--restart-delay 300ms']

  swarm.beside(
    'when the second of two services fails, both run what they ran before, and a new one is gone',
    async () => {
      const [a1, a2, b1] = [await image('both/a', 'v1'), await image('both/a', 'v2'), await image('both/b', 'v1')]
      const b2 = await image('both/b', 'v2', exits(1, 'b is broken'))
      await deploy('alice', [
        { name: 'both-a', image: a1.reference, create: true, replicas: '2', env: { KEEP: '1' }, 'create-args': quick },
        { name: 'both-b', image: b1.reference, create: true, 'create-args': quick },
      ])
      const run = await deploy('alice', [
        { name: 'both-a', image: a2.reference, env: { NEW: '2' }, replicas: '1' },
        { name: 'both-b', image: b2.reference },
        { name: 'both-new', image: a2.reference, create: true },
      ])
      expect(run.main.code).toBe(1)
      expect(run.outputs.status).toBe('rolled-back')
      expect(await swarm.imagesRunning('both-a')).toEqual([pinned(a1), pinned(a1)])
      expect((await swarm.service('both-a')).Spec.TaskTemplate.ContainerSpec?.Env).toEqual(['KEEP=1'])
      expect(await swarm.imagesRunning('both-b')).toEqual([pinned(b1)])
      expect((await swarm.lab.docker(['service', 'inspect', 'both-new'])).code).not.toBe(0)
      expect(resultsOf(run)).toMatchObject([
        {
          name: 'both-a',
          outcome: 'rolled-back',
          image: { after: pinned(a1) },
          cause: expect.stringContaining('restored because of both-b'),
        },
        {
          name: 'both-b',
          outcome: 'rolled-back',
          image: { after: pinned(b1) },
          cause: expect.stringMatching(/exit code 1.*what ran before runs again/),
        },
        { name: 'both-new', outcome: 'rolled-back', cause: expect.stringContaining('removed again') },
      ])
      expect(run.log).toContain('b is broken')
      const wayBack = run.main.stdout.split(stageLine('Roll back'))[1] ?? ''
      expect(wayBack).toMatch(/both-b: +back after [\d.]+ s, 1\/1 task on 1 node\n/)
      expect(wayBack).not.toMatch(/: +updated after/)
    },
  )

  swarm.beside('the credential for a way back is renewed without restarting a task', async () => {
    const [v1, v2] = [await image('renewed', 'v1'), await image('renewed', 'v2')]
    await deploy('alice', [{ name: 'renewed', image: v1.reference, create: true, replicas: '2', 'create-args': quick }])
    const before = (await swarm.lab.tasks('renewed')).length
    await deploy('alice', { renewed: v2.reference })
    expect((await swarm.lab.tasks('renewed')).length).toBe(before + 2)
  })

  swarm.eachBeside(
    [
      ['the way back', 'continue', {}],
      ["Swarm's own rollback", 'rollback', { 'on-failure': 'keep' }],
    ] as const,
    '%s works although the old credential was revoked and the image is gone from the node: with that of this run',
    async (_, action, more) => {
      const name = `by-${action}`
      const user = `old-of-${action}`
      const [v1, v2] = [await image(name, 'v1'), await image(name, 'v2', crashesAfter(2))]
      const flags = [...patient, `--update-failure-action ${action}`]
      await deploy(user, [{ name, image: v1.reference, create: true, 'create-args': flags }])
      await registry().setAccount(user, undefined)
      const run = deploy('alice', { [name]: v2.reference }, { monitor: '6s', ...more })
      const since = await oldGone(name, v1)
      expect((await run).outputs.status).toBe('rolled-back')
      expect(await swarm.imagesRunning(name)).toEqual([pinned(v1)])
      expect(await pullers(v1, since)).toEqual(['alice'])
    },
  )

  /** The oldest Node that runners start the action with; all else runs on the newest. */
  const oldest = nodeOf(OLDEST_NODE)
  testUnless(
    oldest === undefined ? `there is no Node ${OLDEST_NODE} on the PATH` : undefined,
    `on Node ${OLDEST_NODE} every strategy deploys, and a failure is taken back`,
    async () => {
      await using runner = await Runner.start(oldest)
      await account('bob')
      const made = async (tag: string, program = {}) => (await image('old', tag, program)).reference
      const play = async (service: Record<string, unknown>, more: Record<string, string> = {}) => {
        const services = JSON.stringify([{ name: 'old', ...service }])
        const run = await runner.run({
          with: { ...login('bob'), services, monitor: '1s', lock: 'true', ...more },
          env: { DOCKER_HOST: swarm.lab.nodes[0].host },
        })
        expect(run.post).toEqual({ code: 0, stdout: '', stderr: '' })
        return run.outputs.status
      }
      const flags = [...quick, '--label traefik.enable=true']
      const first = { image: await made('v1'), create: true, replicas: '2', 'create-args': flags }
      expect(await play(first)).toBe('converged')
      expect(await play({ image: await made('v2') }, { strategy: 'canary', hold: '1s' })).toBe('converged')
      expect(await play({ image: await made('v3') }, { strategy: 'recreate' })).toBe('converged')
      expect(await play({ image: await made('v4', exits(1)) })).toBe('rolled-back')
      expect(await swarm.imageOf('old')).toContain(':v3@')
      const moved = { strategy: 'blue-green', hold: '1s', 'keep-old': '1s' }
      expect(await play({ image: await made('v5') }, moved)).toBe('converged')
    },
    LIMIT_MS,
    swarm.beside,
  )

  /**
   * Waits until no container of an image runs, and makes the node forget the image: the next task has to pull it.
   *
   * @returns how many requests the registry had by then
   */
  const oldGone = async (name: string, made: LabImage) => {
    await swarm.until(`${name} no longer runs ${made.reference}`, async () => {
      const filters = encodeURIComponent(JSON.stringify({ label: [`com.docker.swarm.service.name=${name}`] }))
      const { body } = await swarm.lab.nodes[0].engine<{ Image: string }[]>(
        'GET',
        `/containers/json?filters=${filters}`,
      )
      return body.every(({ Image }) => !Image.startsWith(made.reference))
    })
    await swarm.lab.removeImage(0, untagged(made))
    return (await registry().requests()).length
  }
  /** Who pulled the image again since it was forgotten. */
  const pullers = async ({ digest }: LabImage, since: number) => {
    const requests = (await registry().requests()).slice(since)
    const pulls = requests.filter(({ path, status }) => path.includes(`/manifests/${digest}`) && status === 200)
    return [...new Set(pulls.map(({ user }) => user))]
  }
})
