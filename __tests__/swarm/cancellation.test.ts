import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { stageLine } from '../../lab/log-lines.ts'
import { exits } from '../../lab/program.ts'
import type { RunningStep } from '../../lab/runner.ts'
import { configsBesideRecords } from '../support/configs.ts'
import { DaemonProxy } from '../support/daemon-proxy.ts'
import { cliOlderThan, describeSwarm, STACK_CLI, testUnless } from '../support/swarm.ts'

const LIMIT_MS = 300_000
const PASSWORD = 'bob-pw-that-must-not-stay'

interface Case {
  readonly stage: string
  /** A line that is printed when the stage is well under way; its beginning unless given. */
  readonly at?: RegExp
  readonly inputs?: Record<string, string>
  /** What the log says of the service, or of the run while nothing has been changed. */
  readonly says: RegExp
  readonly fails?: boolean
}

const UNTOUCHED = /Stopped by SIGTERM\. Nothing was changed\./

/**
 * Wherever a run is stopped, it ends, although what it was waiting for takes longer than a test may: it says what was under
 * way, and leaves nothing behind.
 */
describeSwarm('SIGTERM', { registries: { main: { accounts: { bob: { password: PASSWORD } } } } }, (swarm) => {
  const registry = () => swarm.lab.registries.main
  const inputs = (services: unknown, more: Record<string, string> = {}) => ({
    registry: registry().host,
    username: 'bob',
    password: PASSWORD,
    services: JSON.stringify(services),
    lock: 'true',
    ...more,
  })

  test.each<Case>([
    { stage: 'Connect', says: UNTOUCHED },
    { stage: 'Take the lock', says: UNTOUCHED },
    { stage: 'Log in', says: UNTOUCHED },
    { stage: 'Check images, flags and platforms', says: UNTOUCHED },
    {
      stage: 'Deploy',
      says: /not known whether the swarm took the change|the run was stopped; the swarm goes on by itself/,
    },
    { stage: 'Watch', at: /0 s .*task/, says: /the run was stopped; the swarm goes on by itself/ },
    {
      stage: 'Roll back',
      at: /sent back to/,
      fails: true,
      says: /the way back was sent and not watched/,
    },
    {
      stage: 'Try the canaries',
      at: /have to stay up for 600 s/,
      inputs: { strategy: 'canary', hold: '10m', monitor: '1s' },
      says: /the run was stopped before it was sent/,
    },
    {
      stage: 'Stop the old tasks',
      inputs: { strategy: 'recreate' },
      says: /the run was stopped/,
    },
    {
      stage: 'Move the traffic',
      at: /have to stay up for 600 s/,
      inputs: { strategy: 'blue-green', hold: '10m', monitor: '1s' },
      says: /the run was stopped before the traffic moved from /,
    },
  ])(
    'in the stage $stage',
    async ({ stage, at = /(?:)/, inputs: more = {}, says, fails = false }) => {
      const name = stage.split(/\W/).join('-').toLowerCase()
      const image = (tag: string, program = {}) =>
        swarm.lab.image({ registry: 'main', repository: name, tag, content: name + tag, ...program })
      const [v1, v2] = [await image('v1'), await image('v2', fails ? exits(1) : {})]
      const flags = ['--restart-delay 300ms', '--update-monitor 2s', '--label traefik.enable=true']
      const service = { name, image: v1.reference, create: true, replicas: '2', 'create-args': flags }
      const made = await swarm.deploy(inputs([service], { monitor: '1s' }))
      expect(made.outputs.status).toBe('converged')

      await registry().fail({ delayMs: 300 })
      const step = await swarm.start(inputs({ [name]: v2.reference }, { monitor: '10m', timeout: '15m', ...more }))
      const isThere = () => {
        const [, since] = step.printed().split(stageLine(stage))
        return since !== undefined && at.test(since)
      }
      await swarm.until(stage, isThere)
      step.main.kill('SIGTERM')
      const run = await step.finished
      await registry().recover()

      expect(run.main.code).toBe(1)
      expect(run.outputs.status).toBe('cancelled')
      expect(run.annotations.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
        expect.stringMatching(says),
      ])
      expect(run.log + run.summary + JSON.stringify(run.outputs)).not.toContain(PASSWORD)
      expect(await readdir(swarm.runner.temp)).toEqual([])
      expect(await configsBesideRecords(swarm.lab)).toEqual([])
      expect((await swarm.lab.docker(['service', 'inspect', name])).code).toBe(0)
    },
    LIMIT_MS,
  )

  /** Long after main should have ended; what it waits for never comes. */
  const KILLED_AFTER_MS = 30_000

  test.each([
    { stage: 'Look at the swarm', hangsAt: /^GET \/nodes/, says: UNTOUCHED },
    { stage: 'Deploy', hangsAt: /^POST \/services\/\w+\/update/, says: /not known.*the way back failed too: unix:/ },
    { stage: 'Watch', hangsAt: /^GET \/tasks/, from: 3, says: /the way back failed too: unix:.*did not answer GET/ },
  ])(
    'while the daemon hangs, in the stage $stage: it ends by itself, and says what it could not do',
    async ({ stage, hangsAt, from = 1, says }) => {
      const name = `hung-${stage.split(/\W/).join('-').toLowerCase()}`
      const image = (tag: string) => swarm.lab.image({ registry: 'main', repository: name, tag, content: name + tag })
      const [v1, v2] = [await image('v1'), await image('v2')]
      await swarm.deploy(inputs([{ name, image: v1.reference, create: true }], { monitor: '1s' }))

      let seen = 0
      let goOn: () => void = () => undefined
      const hang = new Promise<void>((resolve) => {
        goOn = resolve
      })
      const isHung = () => seen >= from
      await using proxy = await DaemonProxy.start(
        join(swarm.runner.directory, `${name}.sock`),
        swarm.lab.nodes[0].socket,
        {
          before: async (method, path) => {
            if (hangsAt.test(`${method} ${path}`)) seen++
            if (isHung()) await hang
          },
        },
      )
      const more = { monitor: '10m', timeout: '15m', 'on-cancel': 'rollback' }
      const step = await swarm.start(inputs({ [name]: v2.reference }, more), { DOCKER_HOST: proxy.host })
      await swarm.until(`a daemon that hangs in ${stage}`, isHung)
      // As GitHub's runner does; it sends SIGTERM when that has not helped.
      step.main.kill('SIGINT')
      const giveUp = setTimeout(() => step.main.kill('SIGKILL'), KILLED_AFTER_MS)
      const [code] = await once(step.main, 'exit')
      clearTimeout(giveUp)
      goOn()
      const run = await step.finished

      expect(code).toBe(1)
      expect(run.outputs.status).toBe('cancelled')
      expect(run.annotations.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
        expect.stringMatching(new RegExp(says.source.replace('SIGTERM', 'SIGINT'))),
      ])
      expect(await readdir(swarm.runner.temp)).toEqual([])
      expect(await configsBesideRecords(swarm.lab)).toEqual([])
    },
    LIMIT_MS,
  )

  testUnless(
    cliOlderThan(STACK_CLI),
    'when a stack has had a network and a secret made: they are taken away again',
    async () => {
      const made = await swarm.lab.image({ registry: 'main', repository: 'shop', tag: 'v1', content: 'shop v1' })
      const service = { image: made.reference, networks: ['front'], secrets: ['key'] }
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
})
