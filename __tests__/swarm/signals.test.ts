import { readdirSync, readFileSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeAll, expect, test } from '@jest/globals'
import { stageLine } from '../../lab/log-lines.ts'
import { exits } from '../../lab/program.ts'
import type { RunningStep, Step, StepResult } from '../../lab/runner.ts'
import { configsBesideRecords } from '../support/configs.ts'
import { DaemonProxy } from '../support/daemon-proxy.ts'
import { cliOlderThan, describeSwarm, STACK_CLI, testUnless } from '../support/swarm.ts'

const LIMIT_MS = 300_000
const PASSWORD = 'bob-pw-that-must-not-stay'
const REPLICAS = 2

/** A runner that loses the state of a job: post knows the step by these alone. */
const JOB = { GITHUB_REPOSITORY: 'acme/shop', GITHUB_JOB: 'release', GITHUB_ACTION: '__self' }

interface Case {
  readonly stage: string
  /** A line that is printed when the stage is well under way; its beginning unless given. */
  readonly at?: RegExp
  readonly inputs?: Record<string, string>
  /** Whether its new image crashes. */
  readonly fails?: boolean
  /** What is said of it; OLD is the image that it had before. */
  readonly says: string
  /** Whether it has its old image afterwards; either one unless told. */
  readonly goesBack?: boolean
}

const CANARY = { strategy: 'canary', hold: '10m', monitor: '1s' }
const HELD = /have to stay up for 600 s/

/**
 * What stops a run on its way, and what is left on the swarm and the runner: by a signal that it hears, and by one that it
 * does not. All of these deploy one service, each to the image that it does not have.
 */
describeSwarm(
  'a run that is ended',
  { registries: { main: { accounts: { bob: { password: PASSWORD } } } } },
  (swarm) => {
    const registry = () => swarm.lab.registries.main
    const references = new Map<string, string>()
    let runs = 0
    const started: RunningStep[] = []

    const inputs = (services: unknown, more: Record<string, string> = {}) => ({
      registry: registry().host,
      username: 'bob',
      password: PASSWORD,
      services: JSON.stringify(services),
      monitor: '1s',
      ...more,
    })
    /** Of the service: the tags of its image, and of the one that it is to get. */
    const tags = async (fails = false) => {
      const before = (await swarm.imageOf('web'))?.includes(':v1@') ? 'v1' : 'v2'
      return { before, after: fails ? 'crashes' : before === 'v1' ? 'v2' : 'v1' }
    }
    /** A step that deploys an image, and waits for long when it is not ended. */
    const stepTo = (tag: string, more: Record<string, string> = {}): Step => ({
      with: inputs({ web: references.get(tag) }, { monitor: '10m', timeout: '15m', lock: 'true', ...more }),
      env: { ...JOB, GITHUB_RUN_ID: `${++runs}`, DOCKER_HOST: swarm.lab.nodes[0].host },
      losesState: true,
    })
    const start = async (step: Step) => {
      const running = await swarm.runner.start(step)
      started.push(running)
      return running
    }
    const reaches = (step: RunningStep, stage: string, at = /(?:)/) =>
      swarm.until(stage, () => {
        const [, since] = step.printed().split(stageLine(stage))
        return since !== undefined && at.test(since)
      })

    beforeAll(async () => {
      for (const [tag, program] of Object.entries({ v1: {}, v2: {}, crashes: exits(1) })) {
        const made = await swarm.lab.image({ registry: 'main', repository: 'web', tag, content: tag, ...program })
        references.set(tag, made.reference)
      }
      const flags = ['--restart-delay 300ms', '--update-monitor 1s', '--label traefik.enable=true']
      const image = references.get('v1')
      const service = { name: 'web', image, create: true, replicas: `${REPLICAS}`, 'create-args': flags }
      expect((await swarm.deploy(inputs([service]))).outputs.status).toBe('converged')
    }, LIMIT_MS)

    // Where a test has failed, its run must not stay in the way of the next.
    afterEach(async () => {
      for (const { main, finished } of started.splice(0)) {
        main.kill('SIGKILL')
        await finished
      }
    })

    /** All tasks run the image that the service is to have: this one, where it is told. */
    const settles = (tag = '') =>
      swarm.until(`the tasks of ${tag || 'its image'}`, async () => {
        const wanted = (await swarm.imageOf('web')) ?? ''
        const running = await swarm.imagesRunning('web')
        const isIt = tag === '' || wanted.includes(`:${tag}@`)
        return isIt && running.length === REPLICAS && running.every((image) => image === wanted)
      })

    const expectNothingLeft = async (run: StepResult) => {
      expect(run.post).toMatchObject({ code: 0, stderr: '' })
      expect(run.log + run.summary + JSON.stringify(run.outputs)).not.toContain(PASSWORD)
      expect(await readdir(swarm.runner.temp)).toEqual([])
      expect(survivors(swarm.runner.temp)).toEqual([])
      expect(await configsBesideRecords(swarm.lab)).toEqual([])
    }

    test.each<Case>([
      { stage: 'Check images, flags and platforms', says: 'no service was changed$', goesBack: true },
      {
        stage: 'Watch',
        at: /\d s .*task/,
        inputs: { 'on-cancel': 'rollback' },
        says: 'is sent back to OLD; nobody waits for it$',
        goesBack: true,
      },
      {
        stage: 'Roll back',
        at: /sent back to/,
        inputs: { monitor: '20s' },
        fails: true,
        says: 'is as it was before the run$',
        goesBack: true,
      },
      {
        stage: 'Move the traffic',
        at: HELD,
        inputs: { strategy: 'blue-green', hold: '10m', monitor: '1s', 'on-cancel': 'rollback' },
        says: 'is removed again$',
        goesBack: true,
      },
      {
        stage: 'Stop the old tasks',
        at: /its old tasks are stopped/,
        inputs: { strategy: 'recreate' },
        // The line comes just before the service is sent.
        says: 'is sent back to|is as it was before the run$|has what was sent|no service was changed$',
      },
    ])(
      'by SIGKILL in the stage $stage: post leaves nothing behind, and says what was under way',
      async ({ stage, at, inputs: more = {}, fails = false, says, goesBack = false }) => {
        const { before, after } = await tags(fails)
        const isEarly = at === undefined
        // What is over at once lasts a little longer.
        if (isEarly) await registry().fail({ delayMs: 300 })
        const step = await start(stepTo(after, more))
        await reaches(step, stage, at)
        step.main.kill('SIGKILL')
        const run = await step.finished
        if (isEarly) await registry().recover()

        const [told, ...others] = run.annotations
          .filter(({ level }) => level === 'warning')
          .map(({ message }) => message)
        expect(told).toMatch(new RegExp(`^The run was cut off in the stage “${stage}`))
        expect(told).toMatch(new RegExp(says.replace('OLD', `\\S+:${before}@\\S+`)))
        expect(others).toEqual([])
        await expectNothingLeft(run)
        await settles(goesBack ? before : undefined)
        expect((await swarm.lab.docker(['service', 'ls', '--format', '{{.Name}}'])).stdout).toBe('web\n')
      },
      LIMIT_MS,
    )

    test(
      'by SIGKILL while canaries are checked: what the check has started is ended, wherever it went',
      async () => {
        const { before, after } = await tags()
        const check = 'sleep 3001 & setsid sleep 3002 & sleep 3003'
        const step = await start(stepTo(after, { ...CANARY, 'check-command': check }))
        const sleepers = () => commandLines().filter((line) => /^sleep 300[123]/.test(line))
        await swarm.until('the check', () => sleepers().length === 3)
        step.main.kill('SIGKILL')
        const run = await step.finished
        expect(run.log).toMatch(/The run was cut off in the stage “Try the canaries/)
        expect(run.log).toMatch(/Ended what the run had started and left: \d+ processes/)
        expect(sleepers()).toEqual([])
        expect(run.log).toMatch(new RegExp(`web is sent back to \\S+:${before}@\\S+; nobody waits for it`))
        await expectNothingLeft(run)
        await settles(before)
      },
      LIMIT_MS,
    )

    test(
      "by SIGKILL before somebody else's deploy: that is left alone",
      async () => {
        const { after } = await tags()
        const running = await start({ ...stepTo(after, { 'on-cancel': 'rollback' }), losesState: false })
        await reaches(running, 'Watch')
        running.main.kill('SIGSTOP')
        await swarm.lab.docker(['service', 'update', '--detach', '--label-add', 'their=own', 'web'])
        running.main.kill('SIGKILL')
        const run = await running.finished
        expect(run.log).toContain('web is neither as before nor as this run sent it, and is left alone')
        expect((await swarm.service('web')).Spec.Labels).toMatchObject({ their: 'own' })
        await expectNothingLeft(run)
        await settles(after)
      },
      LIMIT_MS,
    )

    test.each<[string, NodeJS.Signals | undefined, RegExp]>([
      [
        'stops it, and it ends in good order',
        undefined,
        /has ended in good order when it was stopped; under way were: /,
      ],
      ['kills it when it does not stop', 'SIGSTOP', /was cut off in the stage “Watch”.*:\n\S+ has what was sent/],
    ])(
      'beside a main that still runs, post %s',
      async (_name, signal, says) => {
        const { after } = await tags()
        const step = stepTo(after)
        const running = await start(step)
        await reaches(running, 'Watch')
        if (signal !== undefined) running.main.kill(signal)
        const post = await swarm.runner.post({}, step)
        expect(post).toMatchObject({ code: 0, stderr: '' })
        expect(post.stdout.replaceAll('%0A', '\n')).toMatch(says)
        const run = await running.finished
        expect(run.main.code).toBe(signal === undefined ? 1 : null)
        await expectNothingLeft(run)
        // The swarm goes on.
        await settles(after)
      },
      LIMIT_MS,
    )

    test.each<Case>([
      { stage: 'Watch', at: /\d s .*task/, says: '^the run was stopped; the swarm goes on by itself' },
      {
        stage: 'Try the canaries',
        at: HELD,
        inputs: CANARY,
        says: '^the run was stopped before it was sent',
        goesBack: true,
      },
    ])(
      'by SIGTERM in the stage $stage: it ends, says what was under way, and leaves nothing behind',
      async ({ stage, at, inputs: more = {}, says, goesBack = false }) => {
        const { before, after } = await tags()
        const step = await start({ ...stepTo(after, more), losesState: false })
        await reaches(step, stage, at)
        step.main.kill('SIGTERM')
        const run = await step.finished
        expect(run.main.code).toBe(1)
        expect(run.outputs.status).toBe('cancelled')
        expect(run.annotations.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
          expect.stringMatching(new RegExp(says)),
        ])
        await expectNothingLeft(run)
        await settles(goesBack ? before : after)
      },
      LIMIT_MS,
    )

    testUnless(
      cliOlderThan(STACK_CLI),
      'by SIGTERM when a stack has had a network and a secret made: they are taken away again',
      async () => {
        const service = { image: references.get('v1'), networks: ['front'], secrets: ['key'] }
        const compose = { services: { web: service }, networks: { front: {} }, secrets: { key: { content: 'hush' } } }
        await writeFile(join(swarm.runner.workspace, 'shop.yml'), JSON.stringify(compose))

        let step: RunningStep | undefined
        await using proxy = await DaemonProxy.start(
          join(swarm.runner.directory, 'shop.sock'),
          swarm.lab.nodes[0].socket,
          {
            after: async (method, path) => {
              if (method !== 'POST' || path !== '/secrets/create') return
              step?.main.kill('SIGTERM')
              // The answer may not overtake the signal; and what is on its way has a second after it.
              await sleep(400)
            },
          },
        )
        const login = { registry: registry().host, username: 'bob', password: PASSWORD }
        step = await swarm.start({ ...login, stack: 'shop', 'compose-file': 'shop.yml' }, { DOCKER_HOST: proxy.host })
        const run = await step.finished
        expect(run.outputs.status).toBe('cancelled')
        expect(proxy.requests.map(({ method, path }) => `${method} ${path}`)).toContain('POST /secrets/create')
        const list = async (...words: string[]) => (await swarm.lab.docker(words)).stdout
        expect(await list('secret', 'ls', '--quiet')).toBe('')
        expect(await list('network', 'ls', '--filter', 'name=shop_', '--quiet')).toBe('')
        expect(await list('service', 'ls', '--filter', 'name=shop_', '--quiet')).toBe('')
      },
      LIMIT_MS,
    )
  },
)

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
