import { readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { type Check, TRIAL_KEYS } from '../../../src/inputs/strategies/trial.ts'
import { commandFailure, networkFailure, nextCheck, trial } from '../../../src/strategies/trial.ts'

// What a trial says while it goes on is for the log of a run.
beforeAll(() => {
  jest.spyOn(process.stdout, 'write').mockReturnValue(true)
})
afterAll(() => {
  jest.restoreAllMocks()
})

describe('a check runs', () => {
  test.each([
    ['once without a hold', 0, [0]],
    ['at the beginning and the end of a short hold', 4, [0, 4]],
    ['every ten seconds of a long one', 25, [0, 10, 20, 25]],
    ['not twice where the ten seconds end with the hold', 20, [0, 10, 20]],
  ])('%s', (_, holdSeconds, expected) => {
    const times: number[] = []
    for (let due: number | undefined = 0; due !== undefined; due = nextCheck(due, due + 0.1, holdSeconds))
      times.push(due)
    expect(times).toEqual(expected)
  })

  test('not for the times that a slow run has missed', () => {
    expect(nextCheck(10, 34, 60)).toBe(40)
  })

  test('at the end of the hold though a slow run has passed it', () => {
    expect(nextCheck(10, 34, 30)).toBe(30)
  })
})

describe('a command that cannot be run is no new task on trial', () => {
  const { 'check-command': read } = TRIAL_KEYS
  test.each(['./check-that-is-not-there.sh', 'sh ./deploy/check.sh --fast', 'bash deploy/check.sh', '/no/such/check'])(
    'a script that is not there is told before anything is sent: %s',
    (command) => {
      expect(() => read(command)).toThrow(/^there is no file "[^"]+" in .*: correct its path/)
    },
  )

  test('a script that may not be executed is told before, unless a shell reads it', () => {
    expect(() => read('./package.json --fast')).toThrow(
      /^"\.\/package\.json" may not be executed: make it so .*, as in `sh \.\/package\.json`$/,
    )
  })

  test.each([
    'sh package.json',
    './lab/install.sh --help',
    'curl -f http://web/health',
    'cd deploy && ./check.sh',
    'test -f /no/such',
    '$HOME/check',
  ])('what is there, or may be anything, is taken: %s', (command) => {
    expect(read(command)).toBe(command)
  })

  test('a command that the shell does not find is not tried three times', async () => {
    const check = { command: 'a-command-that-is-not-there' }
    const outcome = await trial(TASKS, { holdSeconds: 0, check }, async () => undefined, new AbortController().signal)
    expect(outcome).toMatch(/^the check cannot be run: check-command ended with exit code 127: .*not found/)
  })
})

const TASKS = { service: 'web', image: undefined, say: () => undefined }

describe('the user reads why a command did not pass:', () => {
  test.each([
    ['ended with exit code 7: no answer', { code: 7, lines: ['trying', '  no answer'] }],
    ['ended with exit code 1', { code: 1, lines: [] }],
    ['had not ended after 30 s: waiting', { code: undefined, lines: ['waiting'] }],
  ])('%s', (words, result) => {
    expect(commandFailure(result)).toBe(`check-command ${words}`)
  })

  test('nothing of one that did', () => {
    expect(commandFailure({ code: 0, lines: ['fine'] })).toBeUndefined()
  })
})

describe('the user reads why a URL could not be asked:', () => {
  const failed = (cause: unknown) => new TypeError('fetch failed', { cause })
  test.each([
    ['connection refused', failed(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }))],
    [
      'connection refused',
      failed(Object.assign(new AggregateError([new Error('::1'), new Error('127.0.0.1')]), { code: 'ECONNREFUSED' })),
    ],
    ['no host of this name', failed(Object.assign(new Error('x'), { code: 'ENOTFOUND' }))],
    ['did not answer within 30 s', new DOMException('late', 'TimeoutError')],
    ['has a port that browsers do not ask', failed(new Error('bad port'))],
    ['certificate has expired', failed(Object.assign(new Error('certificate has expired'), { code: 'CERT' }))],
    ['EODD', failed(Object.assign(new Error(''), { code: 'EODD' }))],
  ])('%s', (words, error) => {
    expect(networkFailure(error)).toContain(words)
  })
})

// They wait for commands, holds and pauses of real time: side by side.
describe('a trial', () => {
  const open: Server[] = []
  afterAll(() => {
    for (const server of open) {
      server.close()
      // Who asked keeps his connections for some seconds, and with them this process.
      server.closeAllConnections()
    }
  })
  const never = new AbortController().signal
  const up = async () => undefined
  const run = (check: Check | undefined, holdSeconds = 0, stillUp: () => Promise<string | undefined> = up) =>
    trial(
      { service: 'web', image: 'web@sha256:1', say: () => undefined },
      { holdSeconds, ...(check && { check }) },
      stillUp,
      never,
    )
  const answers = async (...statuses: number[]) => {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(request.url ?? '')
      const status = statuses[asked.length - 1] ?? statuses.at(-1) ?? 200
      response.writeHead(status, status === 302 ? { Location: '/moved' } : {}).end('x')
    })
    open.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ok`, asked }
  }

  test.concurrent('without hold and check is passed by tasks that are up', async () => {
    expect(await run(undefined)).toBeUndefined()
    expect(await run(undefined, 0, async () => 'gone')).toBe('gone')
  })

  test.concurrent('is failed by a task that ends in the hold', async () => {
    const startedAt = performance.now()
    const stillUp = async () => (performance.now() - startedAt > 1500 ? 'its task ended' : undefined)
    expect(await run(undefined, 60, stillUp)).toBe('its task ended')
  })

  test.concurrent('lasts as long as its hold', async () => {
    const startedAt = performance.now()
    expect(await run(undefined, 1.2)).toBeUndefined()
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1200)
  })

  test.concurrent('tells a command what is on trial, in the environment of the step and its workspace', async () => {
    const test = [
      '[ "$SWARM_DEPLOY_SERVICE" = web ]',
      '[ "$SWARM_DEPLOY_IMAGE" = web@sha256:1 ]',
      '[ -n "$PATH" ]',
      '[ -e package.json ]',
    ]
    expect(await run({ command: test.join(' && ') })).toBeUndefined()
  })

  test.concurrent('does not wait for what a command leaves in the background, and ends it', async () => {
    const file = `/tmp/trial-background-${process.pid}`
    const detached = `setsid sh -c 'echo $$ > ${file}; exec sleep 600' &`
    const started = `while [ ! -s ${file} ]; do sleep 0.05; done; echo started`
    expect(await run({ command: `sleep 77.31 & ${detached} ${started}` })).toBeUndefined()
    const pid = Number(await readFile(file, 'utf8'))
    await rm(file)
    // It holds the command's output still: this throws when it has ended.
    process.kill(pid, 'SIGKILL')
    expect(await run({ command: 'ps -eo args | grep -q "^sleep 77[.]31" && exit 1; exit 0' })).toBeUndefined()
  })

  test.concurrent('forgives a command that passes at the third attempt', async () => {
    const file = `/tmp/trial-${process.pid}`
    const command = `echo x >> ${file}; [ $(wc -l < ${file}) -ge 3 ] && rm ${file}`
    expect(await run({ command })).toBeUndefined()
  })

  test.concurrent('is failed by a check that fails three times, and says so in the words of the check', async () => {
    expect(await run({ command: 'echo no database >&2; exit 4' })).toBe(
      'the check failed 3 times in a row: check-command ended with exit code 4: no database',
    )
  })

  test.concurrent('takes the end of a task for the cause, not the check that did not reach it', async () => {
    let looks = 0
    const stillUp = async () => (++looks > 1 ? 'its task ended' : undefined)
    expect(await run({ command: 'exit 1' }, 0, stillUp)).toBe('its task ended')
  })

  test.concurrent('asks a URL, and follows where it leads', async () => {
    const { url, asked } = await answers(302, 200)
    expect(await run({ url })).toBeUndefined()
    expect(asked).toEqual(['/ok', '/moved'])
  })

  test.concurrent('asks a URL again that answers badly at first', async () => {
    const { url, asked } = await answers(503, 200)
    expect(await run({ url })).toBeUndefined()
    expect(asked).toHaveLength(2)
  })

  test.concurrent('is failed by a URL with a bad status', async () => {
    const { url } = await answers(503)
    expect(await run({ url })).toBe('the check failed 3 times in a row: check-url answered with status 503')
  })

  test.concurrent('runs its check at the beginning and at the end of the hold', async () => {
    const { url, asked } = await answers(200)
    expect(await run({ url }, 1.5)).toBeUndefined()
    expect(asked).toHaveLength(2)
  })

  test.concurrent('ends a command with all that it started when the run is stopped', async () => {
    const stop = new AbortController()
    const { signal } = stop
    const running = trial(
      { service: 'web', image: undefined, say: () => undefined },
      { holdSeconds: 0, check: { command: 'sleep 77.32 | sleep 77.33' } },
      up,
      signal,
    )
    await sleep(300)
    stop.abort(new Error('stopped'))
    await expect(running).rejects.toThrow('stopped')
    expect(await run({ command: 'ps -eo args | grep -q "^sleep 77[.]3[23]" && exit 1; exit 0' })).toBeUndefined()
  })
})
