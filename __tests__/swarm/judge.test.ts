import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from '@jest/globals'
import { lineOf } from '../../lab/log-lines.ts'
import { runs, unhealthy } from '../../lab/program.ts'
import type { StepResult } from '../../lab/runner.ts'
import { cliOlderThan, describeSwarm, resultsOf, STACK_CLI, testUnless } from '../support/swarm.ts'

const RUN_LIMIT_MS = 300_000
/** Between the second and the third turn of a task that is rejected. */
const LATE_MS = 7000

/** What only a real swarm shows of a verdict: its scheduler, its allocator, its restarts and its health checks. */
describeSwarm('the judge', { nodes: 3, registries: { main: {} } }, (swarm) => {
  const image = async (name: string, program = runs(), tag = 'v1') => {
    const made = await swarm.lab.image({ registry: 'main', repository: name, tag, content: name + tag, ...program })
    return made.reference
  }
  const onManager = '--constraint node.role==manager'
  const create = async (name: string, args: string[], program = runs(), more: object = {}) => ({
    name,
    image: await image(name, program),
    create: true,
    'create-args': args,
    ...more,
  })
  const deploy = (services: unknown, inputs: Record<string, string> = {}) =>
    swarm.deploy({ services: JSON.stringify(services), 'on-failure': 'keep', monitor: '1s', ...inputs })
  const noticesOf = ({ annotations }: StepResult) =>
    annotations.filter(({ level }) => level === 'notice').map(({ message }) => message)

  let run: StepResult
  let slow: StepResult
  const resultOf = (name: string) => resultsOf(run).find((result: { name: string }) => result.name === name)

  beforeAll(async () => {
    const source = (name: string) => join(swarm.runner.directory, name)
    const mount = (name: string) => `--mount type=bind,src=${source(name)},dst=/x`
    const services = [
      await create('late', [onManager, mount('late')]),
      await create('never', [onManager, mount('never')]),
      await create('sick', [onManager, '--restart-condition none'], unhealthy()),
      await create('meek', [onManager, '--restart-condition on-failure'], unhealthy(0)),
      await create('sick-job', [onManager, '--mode replicated-job', '--restart-condition none'], unhealthy(0)),
    ]
    const start = (entries: unknown, inputs: Record<string, string> = {}) =>
      swarm.start({ services: JSON.stringify(entries), 'on-failure': 'keep', monitor: '1s', ...inputs })
    const waiting = ['--constraint node.hostname==n2', '--health-cmd true', '--health-interval 20m']
    const other = await start([await create('slow', waiting)], { timeout: '40s' })
    const step = await start(services)
    await swarm.until('the rollout of late', () => lineOf('late', '0/1 task running').test(step.printed()))
    await new Promise((resolve) => setTimeout(resolve, LATE_MS))
    await mkdir(source('late'))
    run = await step.finished
    slow = await other.finished
  }, RUN_LIMIT_MS)

  test('a rejection that passes is waited for', () => {
    expect(resultOf('late')).toMatchObject({ outcome: 'created', cause: null, tasks: { running: 1 } })
  })

  test('one that does not is red at its third turn, each after the restart delay', () => {
    expect(resultOf('never')).toMatchObject({
      outcome: 'failed',
      cause: expect.stringMatching(
        /^its task was rejected: .*bind source path does not exist: .* \(rejected 3 times, with the restart delay of 5 s between\)$/,
      ),
    })
    expect(resultOf('never').seconds).toBeGreaterThan(10)
  })

  test('a container that is stopped as unhealthy is told as its health check, with what that said', () => {
    expect(resultOf('sick')).toMatchObject({
      outcome: 'failed',
      cause: 'its task failed its health check (exit code 1: not healthy), and its restart policy is none',
      failedTask: { node: 'n1', exitCode: 143 },
    })
  })

  test.each([
    ['meek', 'its restart policy is on-failure (its exit code was 0)'],
    ['sick-job', 'its restart policy is none'],
  ])('one that takes the stop with exit code 0 has not done its work: %s', (name, why) => {
    expect(resultOf(name)).toMatchObject({
      outcome: 'failed',
      cause: `its task failed its health check (exit code 1: not healthy), and ${why}`,
      failedTask: { exitCode: 0 },
    })
  })

  test('a timeout says what it waited for, on which node and since when', () => {
    expect(resultsOf(slow)).toMatchObject([
      {
        outcome: 'timed-out',
        cause: expect.stringMatching(
          /0\/1 task running; its task is starting on node n2 since \d+ s: its health check has not passed yet; its interval is 20 m$/,
        ),
        failedTask: { node: 'n2', exitCode: null },
      },
    ])
    expect(noticesOf(slow)).toContainEqual(
      'service slow: the interval of its health check is 20 m, and the `timeout` of this run is 40 s: it may not pass in time',
    )
  })

  testUnless(
    cliOlderThan(STACK_CLI),
    'a network that the swarm cannot allocate is named',
    async () => {
      const app = await image('subnet')
      // The swarm takes both, and allocates one.
      for (const network of ['n', 'm'])
        await swarm.lab.docker(['network', 'create', '--driver', 'overlay', '--subnet', '10.99.0.0/24', network])
      const entry = (name: string, network: string) => ({
        name,
        image: app,
        create: true,
        'create-args': [`--network=${network}`],
      })
      const run = await deploy([entry('c-n', 'n'), entry('c-m', 'm')], { 'on-failure': 'rollback' })
      const culprits = resultsOf(run).filter(({ cause }: { cause: string }) => cause.includes('cannot allocate'))
      expect(culprits).toHaveLength(1)
      expect(culprits[0].cause).toContain(
        `the swarm cannot allocate network ${culprits[0].name.slice(2)}: its subnet may be that of another network`,
      )
      expect((await swarm.lab.docker(['service', 'ls', '--quiet', '--filter', 'name=c-'])).stdout).toBe('')
    },
    RUN_LIMIT_MS,
    swarm.beside,
  )

  swarm.eachBeside<[string, string[], number, string]>(
    [
      [
        'a host-mode port',
        ['--publish published=8090,target=80,mode=host', onManager],
        1,
        'the host-mode port 8090/tcp',
      ],
      ['one task a node', ['--replicas-max-per-node 1'], 3, 'max-replicas-per-node 1'],
    ],
    'start-first beside %s is noticed at first, and refused as an update',
    async (_, args, replicas, by) => {
      const name = `full-${replicas}`
      const entry = await create(name, args, runs(), { replicas, 'update-config': { order: 'start-first' } })
      const reason = `no node that may take a new task has room for it beside the old one (${by})`
      const instead = '`update-config: {order: stop-first}` in `services`'
      const made = await deploy([entry])
      expect(made.outputs.status).toBe('converged')
      expect(noticesOf(made)).toContainEqual(
        expect.stringContaining(`${name}: start-first will not work for the next update: ${reason}. Use ${instead}`),
      )

      const before = await swarm.running(name)
      const v2 = await image(name, runs(), 'v2')
      const refused = await deploy({ [name]: v2 })
      expect(refused.annotations).toMatchObject([
        { level: 'error', message: `service ${name}: start-first cannot work here: ${reason}; use ${instead}` },
      ])
      expect((await swarm.running(name)).map(({ ID }) => ID)).toEqual(before.map(({ ID }) => ID))

      const stopped = await deploy([{ name, image: v2, 'update-config': { order: 'stop-first' } }])
      expect(stopped.outputs.status).toBe('converged')
    },
  )

  test(
    'a global service says which paused node still runs what was before, and where it does not run',
    async () => {
      await deploy([await create('everywhere', ['--mode global'])])
      const set = (node: string, availability: string) =>
        swarm.lab.docker(['node', 'update', '--availability', availability, swarm.lab.node(node).id])
      await set('n2', 'pause')
      await set('n3', 'drain')
      const updated = await deploy({ everywhere: await image('everywhere', runs(), 'v2') })
      await set('n2', 'active')
      await set('n3', 'active')

      const note = `node n2 (${await image('everywhere')}) is paused and still runs what was before: Swarm replaces it when it is active again`
      expect(resultsOf(updated)).toMatchObject([{ outcome: 'updated', nodes: 1, note }])
      expect(updated.annotations).toContainEqual(
        expect.objectContaining({ level: 'warning', message: `everywhere: ${note}` }),
      )
      expect(updated.log).toMatch(lineOf('everywhere', 'not on n3 (drained)'))
      // What the note promises.
      await swarm.until('the update of n2', async () => {
        const running = await swarm.running('everywhere')
        return running.length === 3 && running.every(({ Spec }) => Spec.ContainerSpec.Image.includes(':v2@'))
      })
    },
    RUN_LIMIT_MS,
  )
})
