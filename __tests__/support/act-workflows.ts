import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import {
  Act,
  actProblem,
  buildAct,
  type Jobs,
  type RunningWorkflow,
  type WorkflowOptions,
  type WorkflowResult,
} from '../../lab/act.ts'
import { makeJobImage } from '../../lab/job-image.ts'
import { stageLine } from '../../lab/log-lines.ts'
import { exits, runs } from '../../lab/program.ts'
import { configsBesideRecords } from './configs.ts'
import { nodeOf } from './nodes.ts'
import { type Bench, describeSwarm } from './swarm.ts'

const LIMIT_MS = 600_000
const UP_LIMIT_MS = 300_000
const PASSWORD = 'bob-pw-that-must-not-stay'

const problem = actProblem()
if (problem === undefined) await buildAct()

type Swarm = Bench<'main'>

/** Where the jobs run: on this machine itself, as act's host mode has it, or each in a container. */
type Mode = 'on the host' | 'in a container'

/** Workflows, run by act in one of its ways: each has a file of tests, so that both run side by side. */
export function describeAct(mode: Mode): void {
  if (problem === undefined) {
    const registries = { main: { accounts: { bob: { password: PASSWORD } } } }
    describeSwarm(`act, ${mode}`, { registries }, (swarm) => workflows(swarm, mode))
  } else {
    describe.skip(`act, ${mode} (skipped: ${problem})`, () => workflows(undefined as never, mode))
  }
}

function workflows(swarm: Swarm, mode: Mode): void {
  let act: Act
  let image: string | undefined
  beforeAll(async () => {
    act = await Act.create()
    // The images that such runners take by default have Node 20.
    if (mode === 'in a container') image = await makeJobImage(swarm.lab, nodeOf(20) ?? process.execPath)
  }, UP_LIMIT_MS)
  afterAll(() => act[Symbol.asyncDispose]())

  afterEach(async () => {
    // Where a test has failed, its workflow must not stay in the way of the next.
    for (const { runner, finished } of started.splice(0)) {
      if (runner.exitCode === null) runner.kill('SIGINT')
      await finished
    }
    expect(await configsBesideRecords(swarm.lab)).toEqual([])
    expect(survivors(swarm.lab.nodes[0].socket)).toEqual([])
    expect(workspacesIn(act.cache)).toEqual([])
  })

  const options = (files: WorkflowOptions['files'] = {}): WorkflowOptions => {
    const { host } = swarm.lab.nodes[0]
    return {
      env: { REGISTRY_PASSWORD: PASSWORD, ...(image === undefined ? { DOCKER_HOST: host } : {}) },
      files,
      ...(image === undefined ? {} : { container: { host, image } }),
    }
  }
  const started: RunningWorkflow[] = []
  const start = async (jobs: Jobs, files?: WorkflowOptions['files']) => {
    const workflow = await act.start(jobs, options(files))
    started.push(workflow)
    return workflow
  }
  const run = async (jobs: Jobs, files?: WorkflowOptions['files']) => (await start(jobs, files)).finished

  const push = async (repository: string, tag: string, program = runs()) =>
    (await swarm.lab.image({ registry: 'main', repository, tag, content: repository + tag, ...program })).reference
  const deploy = (services: unknown, inputs: Record<string, string> = {}, more: Record<string, unknown> = {}) => ({
    id: 'deploy',
    uses: './',
    with: {
      registries: JSON.stringify([
        { registry: swarm.lab.registries.main.host, username: 'bob', 'password-env': 'REGISTRY_PASSWORD' },
      ]),
      services: JSON.stringify(services),
      monitor: '1s',
      lock: 'true',
      ...inputs,
    },
    ...more,
  })
  /** A step that hands the value of an expression to the test. */
  const note = (name: string, expression: string) => ({
    if: 'always()',
    shell: 'sh',
    env: { VALUE: `\${{ ${expression} }}` },
    run: `printf %s "$VALUE" > "$NOTES/${name}"`,
  })
  const create = (name: string, reference: string) => [
    {
      name,
      image: reference,
      create: true,
      replicas: '2',
      'create-args': ['--update-monitor 1s', '--restart-delay 200ms', '--label traefik.enable=true'],
    },
  ]

  /** What a workflow finds: the service as a deploy of ours makes it, without a runner that takes as long again. */
  const there = async (name: string, reference: string) => {
    const { main } = await swarm.deploy(deploy(create(name, reference)).with, { REGISTRY_PASSWORD: PASSWORD })
    expect(main.code).toBe(0)
  }

  let tries = 0
  test(
    'a green deploy hands its outputs to later steps, and the next one finds nothing to do',
    async () => {
      // A second try finds the service of the first.
      const green = `green-${++tries}`
      const reference = await push('green', 'v1')
      const { code, notes } = await run({
        job: {
          steps: [
            deploy(create(green, reference)),
            note('status', 'steps.deploy.outputs.status'),
            note('services', 'steps.deploy.outputs.services'),
            deploy({ [green]: reference }, {}, { id: 'again' }),
            note('again', 'steps.again.outputs.status'),
          ],
        },
      })
      expect([code, notes.status, notes.again]).toEqual([0, 'converged', 'unchanged'])
      expect(JSON.parse(notes.services ?? '')).toMatchObject([{ name: green, outcome: 'created' }])
    },
    LIMIT_MS,
  )

  test(
    'a check that is red ends the job, and with continue-on-error only the step',
    async () => {
      const missing = `${swarm.lab.registries.main.host}/nothing:v1`
      const { code, notes, log } = await run({
        forgiven: {
          steps: [
            deploy(create('absent', missing), {}, { 'continue-on-error': true }),
            note('outcome', 'steps.deploy.outcome'),
            note('conclusion', 'steps.deploy.conclusion'),
            note('status', 'steps.deploy.outputs.status'),
          ],
        },
        ended: { needs: 'forgiven', steps: [deploy(create('absent', missing)), { run: 'touch "$NOTES/after"' }] },
      })
      expect(notes).toEqual({ outcome: 'failure', conclusion: 'success', status: 'failed' })
      expect(code).toBe(1)
      expect(log).toContain('::error::service absent: ')
    },
    LIMIT_MS,
  )

  test(
    'a rollout that fails is taken back, and red',
    async () => {
      const [v1, v2] = [await push('bad', 'v1'), await push('bad', 'v2', exits(1))]
      const { code, notes } = await run({
        job: {
          steps: [
            deploy(create('bad', v1), {}, { id: 'first' }),
            deploy({ bad: v2 }),
            note('status', 'steps.deploy.outputs.status'),
          ],
        },
      })
      expect([code, notes.status]).toEqual([1, 'rolled-back'])
      expect(await swarm.imageOf('bad')).toContain(':v1@')
    },
    LIMIT_MS,
  )

  test(
    'the jobs of a matrix that want the lock deploy one after another',
    async () => {
      const [first = ''] = await Promise.all(['v0', 'v1', 'v2', 'v3'].map((tag) => push('matrix', tag)))
      await there('matrix', first)
      const { code, notes } = await run({
        job: {
          strategy: { matrix: { version: ['v1', 'v2', 'v3'] } },
          steps: [
            deploy({ matrix: first.replace(':v0', ':${{ matrix.version }}') }),
            note('${{ matrix.version }}', 'steps.deploy.outputs.services'),
          ],
        },
      })
      expect(code).toBe(0)
      const results = ['v1', 'v2', 'v3'].flatMap((version) => JSON.parse(notes[version] ?? '[]'))
      expect(results.map(({ outcome }) => outcome)).toEqual(['updated', 'updated', 'updated'])
      // Each began with what the one before it had left.
      const last = await swarm.imageOf('matrix')
      expect(results.filter(({ image }) => image.after === last).length).toBeGreaterThan(0)
      expect(new Set(results.map(({ image }) => image.before)).size).toBe(3)
    },
    LIMIT_MS,
  )

  test(
    'inside of a composite action it works as outside',
    async () => {
      const reference = await push('composite', 'v1')
      const { id: _, ...step } = deploy(create('composite', reference))
      const action = {
        name: 'Deploy',
        description: 'Deploys with settings of its own',
        outputs: { status: { description: 'status', value: '${{ steps.inner.outputs.status }}' } },
        runs: { using: 'composite', steps: [{ id: 'inner', ...step }] },
      }
      const { code, notes } = await run(
        { job: { steps: [{ id: 'outer', uses: './wrapped' }, note('status', 'steps.outer.outputs.status')] } },
        { 'wrapped/action.yml': JSON.stringify(action) },
      )
      expect([code, notes.status]).toEqual([0, 'converged'])
    },
    LIMIT_MS,
  )

  // What act does with main, and with post: one stage of each kind. The stages themselves are held in bundle/killed,
  // bundle/post and swarm/signals, where the same signals come without act.
  test.each<Cancellation>([
    { stage: 'Check images, flags and platforms', isBefore: true },
    { stage: 'Watch', at: /\d s .*task/, inputs: { monitor: '60s', 'on-cancel': 'rollback' } },
    {
      stage: 'Try the canaries',
      at: /the check passed/,
      inputs: { strategy: 'canary', hold: '10m', 'check-command': 'setsid sleep 3004 & true' },
    },
  ])(
    'a job that is cancelled in the stage $stage leaves nothing, and what was under way is told',
    async ({ stage, isBefore = false, at = /(?:)/, inputs = {} }) => {
      const name = stage.split(/\W+/).join('-').toLowerCase()
      const [v1, v2] = [await push(name, 'v1'), await push(name, 'v2')]
      await there(name, v1)
      // In a container act lets main live on until post has come, which takes long on a busy machine.
      if (isBefore) await swarm.lab.registries.main.fail({ path: /\/manifests\//, delayMs: 25_000 })
      await swarm.lab.registries.main.fail({ delayMs: 300 })
      const workflow = await start({ job: { steps: [deploy({ [name]: v2 }, inputs)] } })
      await swarm.until(stage, () => {
        const [, since] = workflow.printed().split(stageLine(stage))
        return since !== undefined && at.test(since)
      })
      workflow.runner.kill('SIGINT')
      const { code, log } = await workflow.finished
      await swarm.lab.registries.main.recover()
      expect(code).not.toBe(0)
      // In a container act lets main live on, and starts post beside it.
      expect(postOf(log)).toMatch(
        mode === 'on the host' ? /The run was cut off / : /The run of this step is still under way: it is stopped/,
      )
      expect(log.replaceAll(/^.*add-mask.*$/gm, '')).not.toContain(PASSWORD)
      await swarm.until('its old image', async () => {
        const images = await swarm.imagesRunning(name)
        return images.length === 2 && images.every((image) => image.includes(':v1@'))
      })
    },
    LIMIT_MS,
  )
}

interface Cancellation {
  readonly stage: string
  /** Whether it comes before the first change, which is then kept from beginning. */
  readonly isBefore?: boolean
  /** A line that is printed when the stage is well under way; its beginning unless given. */
  readonly at?: RegExp
  readonly inputs?: Record<string, string>
}

/** What post has printed. */
function postOf(log: WorkflowResult['log']): string {
  return log.slice(log.indexOf('Run Post ./'))
}

function workspacesIn(cache: string): string[] {
  if (!existsSync(cache)) return []
  return (readdirSync(cache, { recursive: true }) as string[]).filter((path) => /swarm-deploy-[0-9a-f]{12}$/.test(path))
}

/** Processes that the action has started, for the swarm with this socket. */
function survivors(socket: string): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
        const isOurs = /\0?SWARM_DEPLOY_RUN=swarm-deploy-/.test(environment) && environment.includes(socket)
        return isOurs ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')] : []
      } catch {
        return []
      }
    })
}
