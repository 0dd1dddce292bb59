import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { type Program, runs } from '../../lab/program.ts'
import type { StepResult } from '../../lab/runner.ts'
import { UNSEEN } from '../support/hostile.ts'
import { withoutTones } from '../support/printed.ts'
import { commandsIn, greedyCommands, linesShown } from '../support/runner-commands.ts'
import { cliOlderThan, describeSwarm, ON_THE_NODE, resultsOf, STACK_CLI, testUnless } from '../support/swarm.ts'

const LIMIT_MS = 300_000
const COMMANDS = ['group', 'endgroup', 'notice', 'warning', 'error', 'debug', 'add-mask']

interface Result {
  readonly name: string
  readonly outcome: string
  readonly image: { readonly after: string | null }
  readonly cause: string | null
}

/** What containers, other runs and check commands say on a real swarm: text, and nothing but that. */
describeSwarm('whatever others say', { registries: { open: {} } }, (swarm) => {
  const image = async (repository: string, program: Program, tag = 'v1') =>
    (await swarm.lab.image({ registry: 'open', repository, tag, content: repository + tag, ...program })).reference
  const shell = (line: string): Program => ({ command: ['/bin/sh', '-c', line] })
  const deploy = (services: unknown, inputs: Record<string, string> = {}, env: Record<string, string> = {}) =>
    swarm.deploy(
      { services: JSON.stringify(services), monitor: '1s', 'on-failure': 'keep', timeout: '90s', ...inputs },
      env,
    )
  const results = (run: StepResult) => resultsOf(run) as Result[]
  const errorsOf = (run: StepResult) => run.annotations.filter(({ level }) => level === 'error')

  /** The log of a step holds no command but those of the action, each of a size that the runner keeps. */
  const expectOnlyOurs = ({ main, post }: StepResult) => {
    const printed = main.stdout + main.stderr + post.stdout + post.stderr
    const found = commandsIn(printed)
    expect(found.filter(({ name }) => !COMMANDS.includes(name))).toEqual([])
    for (const { data } of found) expect(data.length).toBeLessThanOrEqual(4096)
    expect(greedyCommands(printed).filter(({ name }) => name === 'stop-commands')).toEqual([])
    expect(withoutTones(printed).replaceAll('\n', '')).not.toMatch(UNSEEN)
  }

  test(
    'a command that no container can start is told as it is, with the red annotation, and gives the runner none',
    async () => {
      const programs = {
        brackets: '/x ##[stop-commands]X',
        lines: '/nl\n::stop-commands::X',
        marks: '/::stop-commands::X',
      }
      const services = await Promise.all(
        Object.entries(programs).map(async ([name, path]) => ({
          name,
          image: await image(name, { command: [path] }),
          create: true,
          'create-args': ['--restart-delay 300ms'],
        })),
      )
      const run = await deploy(services)
      expect(run.main.code).toBe(1)
      expectOnlyOurs(run)
      for (const name of Object.keys(programs)) {
        const [error, ...others] = errorsOf(run).filter(({ title }) => title?.startsWith(`${name}: `))
        expect(others).toEqual([])
        expect(error?.message).toMatch(/no such file|not found|starting container failed|stat /)
        expect(results(run).find((result) => result.name === name)?.cause).toContain('stop-commands')
      }
      expect(run.summary.match(/^#+ .*/gm)).toEqual([
        expect.stringMatching(/^## ❌ /),
        `### ${Object.keys(programs).length} services did not come up`,
        '### All services',
        '### The rollout',
      ])
    },
    LIMIT_MS,
  )

  test(
    'what a task prints stays in its place, a line of 10 MB is cut, and a secret in it is hidden',
    async () => {
      const says = [
        "printf '::stop-commands::X\\n##[stop-commands]X\\r::stop-commands::X\\n'",
        'head -c 10000000 /dev/zero | tr "\\\\0" x; echo',
        'echo "password is t0ld-by-a-container"',
        "printf '```\\n# heading\\n\\033[31mred\\033[0m\\n'",
        'exit 7',
      ]
      const services = [
        {
          name: 'says',
          image: await image('says', shell(says.join('; '))),
          create: true,
          'create-args': ['--restart-condition none'],
        },
      ]
      const registry = `${swarm.lab.registries.open.host}/elsewhere`
      const registries = JSON.stringify([{ registry, username: 'bot', password: 't0ld-by-a-container' }])
      // On a busy machine so long a line takes longer than swarm watches a new task.
      const run = await deploy(services, { registries, monitor: '80s' })
      expectOnlyOurs(run)
      const [error] = errorsOf(run)
      expect(error?.message).toMatch(/exit code 7/)
      expect(error?.message).toMatch(/x{900,}… \([\d,]+ more characters\)/)
      expect(error?.message.endsWith('\n  red')).toBe(true)
      expect(error?.message).toContain('\n  password is ***\n')
      for (const text of [run.main.stdout, run.summary]) {
        expect(text.replaceAll(/^::add-mask::.*$/gm, '')).not.toContain('t0ld-by')
      }
      expect(run.summary.length).toBeLessThan(20_000)
      expect(run.summary.match(/^#.*/gm)?.filter((line) => !line.startsWith('# heading'))).toEqual([
        expect.stringMatching(/^## ❌ says failed with exit code 7 on node n\d+ – it is left as it is$/),
        '### `says`: failed',
        '### All services',
        '### The rollout',
      ])
    },
    LIMIT_MS,
  )

  test(
    'the labels of a lock, and the output of a check command',
    async () => {
      const hostile = 'acme/other\n::stop-commands::X\r##[stop-commands]X \u202e'
      const lockByHand = async (name: string, seconds: string) => {
        const labels = {
          owner: hostile,
          url: `https://example.com\n::error::${'u'.repeat(5000)}`,
          seconds,
          token: 'theirs',
        }
        const Labels = Object.fromEntries(
          Object.entries(labels).map(([key, value]) => [`swarm-deploy.lock.${key}`, value]),
        )
        await swarm.lab.nodes[0].engine('POST', '/configs/create', { Name: name, Labels, Data: 'YQ==' })
      }
      const first = await deploy([{ name: 'locked', image: await image('locked', runs()), create: true, replicas: 2 }])
      expect(first.main.code).toBe(0)
      const next = [{ name: 'locked', image: await image('locked', runs(), 'v2') }]

      await lockByHand('swarm-deploy.lock.service.locked', '900')
      const waits = await deploy(next, { lock: 'true', 'lock-timeout': '1s' })
      expect(waits.main.code).toBe(1)
      expectOnlyOurs(waits)
      expect(errorsOf(waits)).toHaveLength(1)
      expect(errorsOf(waits)[0]?.message).toMatch(
        /^lock-timeout: acme\/other .*u… \([\d,]+ more characters\)\) has held/,
      )

      await swarm.lab.docker(['config', 'rm', 'swarm-deploy.lock.service.locked'])
      await lockByHand('swarm-deploy.lock.service.locked', '0')
      const check = `printf '::stop-commands::X\\r##[stop-commands]X\\n::add-mask::e\\n'; head -c 3000 /dev/zero | tr '\\0' y`
      const breaks = await deploy(next, { lock: 'true', strategy: 'canary', 'check-command': check })
      expect(errorsOf(breaks)).toEqual([])
      expect(breaks.main.code).toBe(0)
      expectOnlyOurs(breaks)
      expect(linesShown(breaks.main.stdout).join('\n')).toMatch(/: {3}y{2000}… \(1,000 more characters\)/)
      expect(breaks.annotations.map(({ message }) => message).join('\n')).toContain('has expired, and is broken')
    },
    LIMIT_MS,
  )

  testUnless(
    cliOlderThan(STACK_CLI),
    'secrets that are words of the report leave it as it is: outcomes, names, images and numbers',
    async () => {
      const reference = await image('app', runs())
      const keys = { one: '1', word: 'app', outcome: 'updated', piece: 't', syntax: '":', stack: 'deck_app' }
      const secrets = Object.keys(keys).map((key) => `  ${key}: {environment: SECRET_${key.toUpperCase()}}`)
      const services = (label: string) =>
        `services:\n  app: {image: "${reference}", secrets: [${Object.keys(keys).join(', ')}], deploy: {labels: {round: "${label}"}}}\n`
      const env = Object.fromEntries(Object.entries(keys).map(([key, value]) => [`SECRET_${key.toUpperCase()}`, value]))
      const stack = async (label: string) => {
        await writeFile(
          join(swarm.runner.workspace, 'words.yml'),
          `${services(label)}secrets:\n${secrets.join('\n')}\n${ON_THE_NODE}`,
        )
        return swarm.deploy({ stack: 'deck', 'compose-file': 'words.yml', monitor: '1s' }, env)
      }
      for (const [label, outcome] of [
        ['a', 'created'],
        ['b', 'updated'],
      ] as const) {
        const run = await stack(label)
        expect(run.main.code).toBe(0)
        expect(results(run)).toMatchObject([
          { name: 'deck_app', outcome, image: { after: expect.stringContaining(reference) } },
        ])
        expect(run.summary).toContain('| `deck_app`<br>rolling |')
        const masks = commandsIn(run.main.stdout).filter(({ name }) => name === 'add-mask')
        expect(masks.filter(({ data }) => data.length < 4)).toEqual([])
        const notices = run.annotations.filter(({ level }) => level === 'notice').map(({ message }) => message)
        expect(
          notices.filter((notice) => /^secrets\.(?:one|word|piece|syntax): the secret is so short/.test(notice)),
        ).toHaveLength(4)
      }
    },
    LIMIT_MS,
  )
})
