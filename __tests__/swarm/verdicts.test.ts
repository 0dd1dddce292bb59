import { beforeAll, expect, test } from '@jest/globals'
import { crashesAfter, exits, healthyAfter, type Program, runs, unhealthy } from '../../lab/program.ts'
import type { StepResult } from '../../lab/runner.ts'
import { describeSwarm, resultsOf } from '../support/swarm.ts'

interface Result {
  readonly name: string
  readonly outcome: string
  readonly cause: string | null
  readonly failedTask: { readonly node: string; readonly exitCode: number | null } | null
}

const RUN_LIMIT_MS = 300_000

/** Every way in which a rollout can end on a real swarm, each with its own word and cause. */
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

    const fast = ['--restart-delay 300ms']
    const create = async (name: string, program: Program, args: string[] = []) => ({
      name,
      image: await image(name, program),
      create: true,
      'create-args': [...fast, ...args],
    })

    let created: StepResult
    let updated: StepResult

    beforeAll(async () => {
      const worker = swarm.lab.nodes[1]?.name
      await swarm.lab.nodes[0].trust('guarded')
      const untrusted = await swarm.lab.image({ registry: 'guarded', repository: 'unpullable', content: 'unpullable' })
      const updatable = (name: string, action: string) =>
        create(name, runs(), [`--update-failure-action ${action}`, '--update-monitor 2s'])

      created = await deploy([
        await create('exits', exits(3, 'no database here')),
        await create('crashes', crashesAfter(1, 'lost the database')),
        await create('unhealthy', unhealthy()),
        await create('ends', exits(0)),
        await create('unschedulable', runs(), ['--reserve-memory 900G']),
        {
          name: 'unpullable',
          image: untrusted.reference,
          create: true,
          'create-args': [...fast, `--constraint node.hostname==${worker}`],
        },
        await create('slow', healthyAfter(12)),
        await create('pauses', runs(), ['--update-monitor 2s']),
        await updatable('rolls-back', 'rollback'),
        await updatable('continues', 'continue'),
        await updatable('gets-no-node', 'pause'),
        await create('job-done', exits(0), ['--mode replicated-job', '--replicas 3']),
        await create('job-failed', exits(4, 'job gave up'), ['--mode replicated-job', '--restart-condition none']),
        await create('global-job-done', exits(0), ['--mode global-job']),
        await create('global-job-failed', exits(5), ['--mode global-job', '--restart-condition none']),
        await create('everywhere', runs(), ['--mode global']),
        await create('one-shot', exits(0), ['--restart-condition none']),
        await create('none-wanted', runs(), ['--replicas 0']),
      ])

      const bad = (name: string) => image(name, exits(7, 'v2 is broken'), 'v2')
      updated = await deploy([
        { name: 'pauses', image: await bad('pauses') },
        { name: 'rolls-back', image: await bad('rolls-back') },
        { name: 'continues', image: await bad('continues') },
        { name: 'gets-no-node', 'update-args': ['--reserve-memory 900G'] },
        { name: 'everywhere', image: await image('everywhere', runs(), 'v2') },
      ])
    }, 2 * RUN_LIMIT_MS)

    test.each([
      ['exits', /ended 5 times in a row.*failed with exit code 3/, 'no database here', 3],
      ['crashes', /ended 5 times in a row.*failed with exit code 1/, 'lost the database', 1],
      ['unhealthy', /failed its health check/, '', 143],
      ['job-failed', /failed with exit code 4, and its restart policy is none/, 'job gave up', 4],
      ['global-job-failed', /failed with exit code 5/, 'giving up with code 5', 5],
    ])(
      'a new service that fails is red with its cause, node, exit code and last lines: %s',
      (name, cause, line, code) => {
        expect(resultOf(created, name)).toMatchObject({
          outcome: 'failed',
          cause: expect.stringMatching(cause),
          failedTask: { exitCode: code },
        })
        expect(resultOf(created, name)?.failedTask?.node).toMatch(/^n[12]$/)
        expect(errorOf(created, name)).toMatch(cause)
        expect(errorOf(created, name)).toContain(line)
        expect(created.summary).toContain(line)
      },
    )

    test('a service that ends with code 0 again and again does not run', () => {
      expect(resultOf(created, 'ends')).toMatchObject({
        outcome: 'failed',
        cause: expect.stringContaining('ended 5 times in a row, the last one ended with exit code 0'),
      })
    })

    test('a service that fits on no node is red before the timeout, with the reason of the scheduler', () => {
      expect(resultOf(created, 'unschedulable')).toMatchObject({
        outcome: 'failed',
        cause: expect.stringMatching(/no node can take it: no suitable node \(insufficient resources on 2 nodes\)/),
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

    test.each(['job-done', 'global-job-done', 'everywhere', 'one-shot', 'none-wanted', 'slow', 'pauses', 'rolls-back'])(
      'it is green when it does what it should: %s',
      (name) => {
        expect(resultOf(created, name)).toMatchObject({ outcome: 'created', cause: null })
      },
    )

    test('services that fail do not hold up the others, and the run is red', () => {
      expect(created.main.code).toBe(1)
      expect(created.outputs.status).toBe('failed')
      expect(resultsOf(created)).toHaveLength(18)
    })

    test("Swarm's pause is red with the reason that it gave", () => {
      expect(resultOf(updated, 'pauses')).toMatchObject({
        outcome: 'failed',
        cause: expect.stringMatching(/Swarm paused the update: .*task \w{25}.*failed with exit code 7/),
      })
      expect(errorOf(updated, 'pauses')).toContain('v2 is broken')
    })

    test("Swarm's own rollback is red with the reason that Swarm gave first", async () => {
      expect(resultOf(updated, 'rolls-back')).toMatchObject({
        outcome: 'rolled-back',
        cause: expect.stringMatching(/Swarm rolled it back: .*failed with exit code 7/),
      })
      expect(errorOf(updated, 'rolls-back')).toContain('v2 is broken')
      expect((await swarm.service('rolls-back')).Spec.TaskTemplate.ContainerSpec?.Image).toContain(':v1@')
    })

    test('failure_action continue does not hide a crash loop', () => {
      expect(resultOf(updated, 'continues')).toMatchObject({
        outcome: 'failed',
        cause: expect.stringContaining('failed with exit code 7'),
      })
    })

    test('an update for which no node has room is red, although Swarm would wait for ever', () => {
      expect(resultOf(updated, 'gets-no-node')).toMatchObject({
        outcome: 'failed',
        cause: expect.stringContaining('no suitable node'),
      })
    })

    test('a global service is updated on every node', () => {
      expect(resultOf(updated, 'everywhere')).toMatchObject({
        outcome: 'updated',
        nodes: 2,
        tasks: { running: 2, wanted: 2 },
      })
    })

    test('a service that does not settle in time is timed out, and the log says how far it came', async () => {
      const run = await deploy([await create('too-slow', healthyAfter(60))], { timeout: '8s' })
      expect(run.outputs.status).toBe('timed-out')
      expect(resultOf(run, 'too-slow')).toMatchObject({
        outcome: 'timed-out',
        cause: expect.stringContaining('0/1 task running'),
      })
    })

    test('a paused service is taken up again although its spec is as asked', async () => {
      const run = await deploy([{ name: 'pauses', image: await image('pauses', runs(), 'v3') }])
      expect(resultOf(run, 'pauses')).toMatchObject({ outcome: 'updated' })
    })

    test('a crash looping service that is as asked is not called unchanged', async () => {
      const run = await deploy([{ name: 'exits', image: await image('exits', exits(3, 'no database here')) }])
      expect(run.main.code).toBe(1)
      expect(resultOf(run, 'exits')).toMatchObject({ outcome: 'failed' })
    })

    test('without a wait the run says that nobody looked', async () => {
      const run = await deploy([await create('unwatched', runs())], { wait: 'false' })
      expect(run.main.code).toBe(0)
      expect(run.outputs.status).toBe('deployed')
    })
  },
)
