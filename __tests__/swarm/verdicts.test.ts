import { join } from 'node:path'
import { beforeAll, expect, test } from '@jest/globals'
import { exits, healthyAfter, type Program, runs, unhealthy } from '../../lab/program.ts'
import type { StepResult } from '../../lab/runner.ts'
import { cliOlderThan, describeSwarm, resultsOf, STACK_CLI, testUnless } from '../support/swarm.ts'

interface Result {
  readonly name: string
  readonly outcome: string
  readonly cause: string | null
  readonly failedTask: { readonly node: string; readonly exitCode: number | null } | null
}

const RUN_LIMIT_MS = 300_000

/**
 * What a verdict is made of on a real swarm: the states, texts and exit codes of its scheduler, its allocator, its
 * nodes, and its own updates. All that follows from them is tried in memory.
 */
describeSwarm(
  'verdicts',
  { nodes: 2, registries: { main: { accounts: { alice: { password: 'alice-pw' } } }, guarded: { tls: true } } },
  (swarm) => {
    const deploy = (services: unknown, inputs: Record<string, string> = {}) =>
      swarm.deploy({
        registry: swarm.lab.registries.main.host,
        username: 'alice',
        password: 'alice-pw',
        services: JSON.stringify(services),
        'on-failure': 'keep',
        monitor: '2s',
        ...inputs,
      })
    const image = async (name: string, program: Program, tag = 'v1') => {
      const made = await swarm.lab.image({ registry: 'main', repository: name, tag, content: name + tag, ...program })
      return made.reference
    }
    const resultOf = (run: StepResult, name: string) =>
      (resultsOf(run) as Result[]).find((result) => result.name === name)
    const errorOf = (run: StepResult, name: string) =>
      run.annotations.find(({ level, title }) => level === 'error' && title?.startsWith(`${name}: `))?.message ?? ''
    /** What fails would be begun again and again while the other tests run. */
    const remove = async (run: StepResult) => {
      const names = (resultsOf(run) as Result[]).filter(({ outcome }) => outcome !== 'created').map(({ name }) => name)
      if (names.length > 0) await swarm.lab.docker(['service', 'rm', ...names])
    }

    const create = async (name: string, program: Program, args: string[] = [], more: object = {}) => ({
      name,
      image: await image(name, program),
      create: true,
      'create-args': ['--restart-delay 300ms', ...args],
      ...more,
    })
    const once = '--restart-condition none'
    /** Of containers on other nodes it is not known what their health checks said: only for how long they ran. */
    const onManager = '--constraint node.role==manager'

    let created: StepResult
    let updated: StepResult

    beforeAll(async () => {
      const worker = swarm.lab.nodes[1]?.name
      await swarm.lab.nodes[0].trust('guarded')
      const untrusted = await swarm.lab.image({ registry: 'guarded', repository: 'unpullable', content: 'unpullable' })
      const nowhere = join(swarm.runner.directory, 'never')

      created = await deploy([
        // So slow that a look between two of its ends finds time on a busy machine too.
        await create('exits', exits(3, 'no database here'), ['--restart-delay 2s']),
        await create('sick', unhealthy(), [onManager, once]),
        await create('meek', unhealthy(0), [onManager, '--restart-condition on-failure']),
        await create('meek-away', unhealthy(0), [
          `--constraint node.hostname==${worker}`,
          '--restart-condition on-failure',
          '--health-cmd false',
          '--health-interval 1s',
          '--health-retries 2',
        ]),
        await create('sick-job', unhealthy(0), [onManager, '--mode replicated-job', once]),
        await create('never', runs(), [`--mount type=bind,src=${nowhere},dst=/x`, '--restart-delay 2s']),
        await create('unschedulable', runs(), ['--mount type=volume,src=x,dst=/x,volume-driver=nowhere']),
        {
          name: 'unpullable',
          image: untrusted.reference,
          create: true,
          'create-args': ['--restart-delay 300ms', `--constraint node.hostname==${worker}`],
        },
        await create('slow', healthyAfter(4)),
        await create('job-done', exits(0), ['--mode replicated-job', '--replicas 2']),
        await create('job-failed', exits(4, 'job gave up'), ['--mode replicated-job', once]),
        await create('one-shot', exits(0), [once]),
        await create('job-checked', { ...exits(0), healthcheck: { command: 'true' } }, [
          onManager,
          '--mode replicated-job',
        ]),
        await create('one-shot-checked', exits(0), [onManager, once, '--health-cmd false', '--health-retries 2']),
        await create('pauses', runs(), ['--update-monitor 2s']),
        await create('rolls-back', runs(), ['--update-failure-action rollback', '--update-monitor 2s']),
      ])
      await remove(created)
      await swarm.lab.docker(['service', 'rm', 'slow', 'job-done', 'one-shot', 'job-checked', 'one-shot-checked'])

      const bad = (name: string) => image(name, exits(7, 'v2 is broken'), 'v2')
      updated = await deploy([
        { name: 'pauses', image: await bad('pauses') },
        { name: 'rolls-back', image: await bad('rolls-back') },
      ])
    }, 2 * RUN_LIMIT_MS)

    test.each([
      ['exits', /ended 5 times in a row.*failed with exit code 3/, 'no database here', 3],
      [
        'sick',
        /^its task failed its health check \(exit code 1: not healthy\), and its restart policy is none$/,
        '',
        143,
      ],
      [
        'meek',
        /^its task failed its health check \(exit code 1: not healthy\), and its restart policy is on-failure \(its exit code was 0\)$/,
        '',
        0,
      ],
      [
        'meek-away',
        /^its task ended with exit code 0, perhaps because of its health check \(.*\), and its restart policy is on-failure \(its exit code was 0\)$/,
        '',
        0,
      ],
      [
        'sick-job',
        /^its task failed its health check \(exit code 1: not healthy\), and its restart policy is none$/,
        '',
        0,
      ],
      ['job-failed', /failed with exit code 4, and its restart policy is none/, 'job gave up', 4],
    ])(
      'a new service that fails is red with its cause, node, exit code and last lines: %s',
      (name, cause, line, code) => {
        expect(resultOf(created, name)).toMatchObject({
          outcome: 'failed',
          cause: expect.stringMatching(cause),
          failedTask: { exitCode: code },
        })
        expect(resultOf(created, name)?.failedTask?.node).toMatch(/^n[12]$/)
        expect(errorOf(created, name)).toContain(resultOf(created, name)?.cause)
        expect(errorOf(created, name)).toContain(line)
        expect(created.summary).toContain(line)
      },
    )

    test('a rejection that does not pass is red at its third turn, each after the restart delay', () => {
      expect(resultOf(created, 'never')).toMatchObject({
        outcome: 'failed',
        cause: expect.stringMatching(
          /^its task was rejected: .*bind source path does not exist: .* \(rejected 3 times, with the restart delay of 2 s between\)$/,
        ),
      })
      expect((resultOf(created, 'never') as unknown as { seconds: number }).seconds).toBeGreaterThan(4)
    })

    test('a service that fits on no node is red before the timeout, with the reason of the scheduler', () => {
      expect(resultOf(created, 'unschedulable')).toMatchObject({
        outcome: 'failed',
        cause: expect.stringMatching(/no node can take it: no suitable node \(missing plugin on 2 nodes\)/),
      })
    })

    test('an image that only the manager can pull is red, and the node is named', () => {
      expect(resultOf(created, 'unpullable')).toMatchObject({
        outcome: 'failed',
        // The second are the words of daemons with their images in containerd.
        cause: expect.stringMatching(/was rejected: (No such image: |failed to resolve reference ").*unpullable/),
        failedTask: { node: swarm.lab.nodes[1]?.name, exitCode: null },
      })
    })

    test('services that fail do not hold up the others, and the run is red', () => {
      for (const name of ['job-done', 'one-shot', 'job-checked', 'one-shot-checked', 'slow', 'pauses', 'rolls-back']) {
        expect(resultOf(created, name)).toMatchObject({ name, outcome: 'created', cause: null })
      }
      expect(created.main.code).toBe(1)
      expect(created.outputs.status).toBe('failed')
      expect(resultsOf(created)).toHaveLength(16)
    })

    test("Swarm's pause and its own rollback are red with the reason that it gave", async () => {
      expect(resultOf(updated, 'pauses')).toMatchObject({
        outcome: 'failed',
        cause: expect.stringMatching(/Swarm paused the update: .*task \w{25}.*failed with exit code 7/),
      })
      expect(resultOf(updated, 'rolls-back')).toMatchObject({
        outcome: 'rolled-back',
        cause: expect.stringMatching(/Swarm rolled it back: .*failed with exit code 7/),
      })
      for (const name of ['pauses', 'rolls-back']) expect(errorOf(updated, name)).toContain('v2 is broken')
      expect((await swarm.service('rolls-back')).Spec.TaskTemplate.ContainerSpec?.Image).toContain(':v1@')
    })

    test('a paused service is taken up again', async () => {
      const run = await deploy([{ name: 'pauses', image: await image('pauses', runs(), 'v3') }])
      expect(resultOf(run, 'pauses')).toMatchObject({ outcome: 'updated' })
    })

    test('a timeout says what it waited for, on which node and since when', async () => {
      const args = ['--constraint node.hostname==n2', '--health-cmd true', '--health-interval 20m']
      const run = await deploy([await create('too-slow', runs(), args)], { timeout: '20s' })
      expect(run.outputs.status).toBe('timed-out')
      expect(resultOf(run, 'too-slow')).toMatchObject({
        outcome: 'timed-out',
        cause: expect.stringMatching(
          /0\/1 task running; its task is starting on node n2 since \d+ s: its health check has not passed yet; its interval is 20 m$/,
        ),
        failedTask: { node: 'n2', exitCode: null },
      })
      const notices = run.annotations.filter(({ level }) => level === 'notice').map(({ message }) => message)
      expect(notices).toContainEqual(
        'service too-slow: the interval of its health check is 20 m, and the `timeout` of this run is 20 s: it may not pass in time',
      )
    })

    testUnless(cliOlderThan(STACK_CLI), 'a network that the swarm cannot allocate is named', async () => {
      const app = await image('subnet', runs())
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
    })
  },
)
