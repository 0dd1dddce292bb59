import { readdirSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { afterEach, expect, test } from '@jest/globals'
import { stageLine } from '../../lab/log-lines.ts'
import { exits } from '../../lab/program.ts'
import type { RunningStep, Step, StepResult } from '../../lab/runner.ts'
import { configsBesideRecords } from '../support/configs.ts'
import { describeSwarm } from '../support/swarm.ts'

const LIMIT_MS = 300_000
const PASSWORD = 'bob-pw-that-must-not-stay'

/** A runner that loses the state of a job: post knows the step by these alone. */
const JOB = { GITHUB_REPOSITORY: 'acme/shop', GITHUB_JOB: 'release', GITHUB_ACTION: '__self' }

interface Case {
  readonly stage: string
  /** A line that is printed when the stage is well under way; its beginning unless given. */
  readonly at?: RegExp
  readonly inputs?: Record<string, string>
  readonly fails?: boolean
  /** What post says of the run. */
  readonly says: RegExp
  /** Whether the service has its old image afterwards, or its new one; either unless given. */
  readonly has?: 'v1' | 'v2'
}

const UNCHANGED = /: no service was changed$/

/** Wherever a runner kills a step without notice, `post` leaves nothing behind, and says what was under way. */
describeSwarm('SIGKILL', { registries: { main: { accounts: { bob: { password: PASSWORD } } } } }, (swarm) => {
  const registry = () => swarm.lab.registries.main
  let runs = 0
  const started: RunningStep[] = []
  const start = async (step: Step) => {
    const running = await swarm.runner.start(step)
    started.push(running)
    return running
  }
  // Where a test has failed, its run must not stay in the way of the next.
  afterEach(async () => {
    for (const { main, finished } of started.splice(0)) {
      main.kill('SIGKILL')
      await finished
    }
  })
  const inputs = (services: unknown, more: Record<string, string> = {}) => ({
    registry: registry().host,
    username: 'bob',
    password: PASSWORD,
    services: JSON.stringify(services),
    monitor: '1s',
    ...more,
  })
  const stepOf = (services: unknown, more: Record<string, string>): Step => ({
    with: inputs(services, more),
    env: { ...JOB, GITHUB_RUN_ID: `${++runs}`, DOCKER_HOST: swarm.lab.nodes[0].host },
    losesState: true,
  })

  /** A service with its first image, and the second one. */
  const serve = async (name: string, fails = false) => {
    const image = (tag: string, program = {}) =>
      swarm.lab.image({ registry: 'main', repository: name, tag, content: name + tag, ...program })
    const [v1, v2] = [await image('v1'), await image('v2', fails ? exits(1) : {})]
    const flags = ['--restart-delay 300ms', '--update-monitor 2s', '--label traefik.enable=true']
    const service = { name, image: v1.reference, create: true, replicas: '2', 'create-args': flags }
    expect((await swarm.deploy(inputs([service]))).outputs.status).toBe('converged')
    return { v1, v2 }
  }

  const expectNothingLeft = async (run: StepResult) => {
    expect(run.post).toMatchObject({ code: 0, stderr: '' })
    expect(run.log).not.toContain(PASSWORD)
    expect(await readdir(swarm.runner.temp)).toEqual([])
    expect(survivors(swarm.runner.temp)).toEqual([])
    expect(await configsBesideRecords(swarm.lab)).toEqual([])
  }

  test.each<Case>([
    { stage: 'Connect', says: UNCHANGED },
    { stage: 'Take the lock', says: UNCHANGED },
    { stage: 'Log in', says: UNCHANGED },
    { stage: 'Check images, flags and platforms', says: UNCHANGED },
    { stage: 'Watch', at: /\d s .*task/, says: /has what was sent, and the swarm goes on/, has: 'v2' },
    {
      stage: 'Watch',
      at: /\d s .*task/,
      inputs: { 'on-cancel': 'rollback' },
      says: /is sent back to \S+:v1@\S+; nobody waits for it$/,
      has: 'v1',
    },
    {
      stage: 'Roll back',
      at: /sent back to/,
      inputs: { timeout: '60s', monitor: '20s' },
      fails: true,
      says: /is as it was before the run$/,
      has: 'v1',
    },
    {
      stage: 'Try the canaries',
      at: /have to stay up for 600 s/,
      inputs: { strategy: 'canary', hold: '10m', monitor: '1s' },
      says: /is sent back to \S+:v1@\S+; nobody waits for it$/,
      has: 'v1',
    },
    {
      stage: 'Stop the old tasks',
      at: /its old tasks are stopped/,
      inputs: { strategy: 'recreate' },
      // The line comes just before the service is sent.
      says: /is sent back to|is as it was before the run$|has what was sent|no service was changed$/,
    },
    {
      stage: 'Move the traffic',
      at: /have to stay up for 600 s/,
      inputs: { strategy: 'blue-green', hold: '10m', monitor: '1s', 'on-cancel': 'rollback' },
      says: /is removed again$/,
      has: 'v1',
    },
  ])(
    'in the stage $stage',
    async ({ stage, at = /(?:)/, inputs: more = {}, fails = false, says, has }) => {
      const name = `${stage} ${more['on-cancel'] ?? ''}`.trim().split(/\W+/).join('-').toLowerCase()
      const { v2 } = await serve(name, fails)
      await registry().fail({ delayMs: 300 })
      const step = await start(stepOf({ [name]: v2.reference }, { monitor: '60s', lock: 'true', ...more }))
      await swarm.until(stage, () => {
        const [, since] = step.printed().split(stageLine(stage))
        return since !== undefined && at.test(since)
      })
      step.main.kill('SIGKILL')
      const run = await step.finished
      await registry().recover()

      const [told, ...others] = run.annotations.filter(({ level }) => level === 'warning').map(({ message }) => message)
      // Some stages are over at once.
      const lasts = at.source === '(?:)' ? '' : stage
      expect(told).toMatch(new RegExp(`^The run was cut off in the stage “${lasts}`))
      expect(told).toMatch(says)
      expect(others).toEqual([])
      await expectNothingLeft(run)
      if (has !== undefined) {
        await swarm.until(has, async () => (await swarm.imageOf(name))?.includes(`:${has}@`) ?? false)
        await swarm.until('its tasks', async () => {
          const images = await swarm.imagesRunning(name)
          return images.length === 2 && images.every((image) => image.includes(`:${has}@`))
        })
      }
    },
    LIMIT_MS,
  )

  test(
    'a service that the run has made is removed again with on-cancel: rollback, and stays with keep',
    async () => {
      const image = await swarm.lab.image({ registry: 'main', repository: 'made', content: 'made' })
      for (const onCancel of ['rollback', 'keep']) {
        const name = `made-${onCancel}`
        const services = [{ name, image: image.reference, create: true }]
        const step = await start(stepOf(services, { monitor: '60s', 'on-cancel': onCancel }))
        await swarm.until('the watch', () => stageLine('Watch').test(step.printed()))
        step.main.kill('SIGKILL')
        const run = await step.finished
        expect(run.log).toContain(`${name} ${onCancel === 'keep' ? 'was made, and stays' : 'is removed again'}`)
        expect((await swarm.lab.docker(['service', 'inspect', name])).code).toBe(onCancel === 'keep' ? 0 : 1)
        await expectNothingLeft(run)
      }
    },
    LIMIT_MS,
  )

  test(
    "somebody else's deploy that came after the kill is left alone",
    async () => {
      const { v2 } = await serve('theirs')
      const step = stepOf({ theirs: v2.reference }, { monitor: '60s', 'on-cancel': 'rollback' })
      const running = await start({ ...step, losesState: false })
      await swarm.until('the watch', () => stageLine('Watch').test(running.printed()))
      running.main.kill('SIGSTOP')
      await swarm.lab.docker(['service', 'update', '--detach', '--label-add', 'their=own', 'theirs'])
      running.main.kill('SIGKILL')
      const run = await running.finished
      expect(run.log).toContain('theirs is neither as before nor as this run sent it, and is left alone')
      expect((await swarm.service('theirs')).Spec.Labels).toMatchObject({ their: 'own' })
      expect(await swarm.imageOf('theirs')).toContain(':v2@')
      await expectNothingLeft(run)
    },
    LIMIT_MS,
  )

  test(
    'what a check-command has started is ended, wherever it went',
    async () => {
      const { v2 } = await serve('checked')
      const check = 'sleep 3001 & setsid sleep 3002 & sleep 3003'
      const more = { strategy: 'canary', hold: '5m', 'check-command': check }
      const step = await start(stepOf({ checked: v2.reference }, more))
      const sleepers = () => commandLines().filter((line) => /^sleep 300[123]/.test(line))
      await swarm.until('the check', () => sleepers().length === 3)
      step.main.kill('SIGKILL')
      const run = await step.finished
      expect(run.log).toMatch(/Ended what the run had started and left: \d+ processes/)
      expect(sleepers()).toEqual([])
      expect(run.log).toMatch(/checked is sent back to/)
      await expectNothingLeft(run)
    },
    LIMIT_MS,
  )

  test.each<[string, NodeJS.Signals | undefined, RegExp]>([
    ['stops it, and it ends in good order', undefined, /has ended in good order when it was stopped; under way were: /],
    ['kills it when it does not stop', 'SIGSTOP', /was cut off in the stage “Watch”.*:\n\S+ has what was sent/],
  ])(
    'beside a main that still runs, post %s',
    async (_name, signal, says) => {
      const name = `beside-${signal ?? 'running'}`.toLowerCase()
      const { v2 } = await serve(name)
      const step = stepOf({ [name]: v2.reference }, { monitor: '60s', lock: 'true' })
      const running = await start(step)
      await swarm.until('the watch', () => stageLine('Watch').test(running.printed()))
      if (signal !== undefined) running.main.kill(signal)
      const post = await swarm.runner.post({}, step)
      expect(post).toMatchObject({ code: 0, stderr: '' })
      expect(post.stdout.replaceAll('%0A', '\n')).toMatch(says)
      const run = await running.finished
      expect(run.main.code).toBe(signal === undefined ? 1 : null)
      await expectNothingLeft(run)
    },
    LIMIT_MS,
  )
})

/** The command lines of all processes. */
function commandLines(): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')]
      } catch {
        return []
      }
    })
}

/** Processes that an action has started, on a runner with this temporary directory. */
function survivors(temp: string): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        const entries = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
        const isOurs = entries.some((entry) => entry.startsWith('SWARM_DEPLOY_RUN=swarm-deploy-'))
        return isOurs && entries.includes(`RUNNER_TEMP=${temp}`) ? [pid] : []
      } catch {
        return []
      }
    })
}
