import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { runAction } from '../support/memory-swarm/run.ts'

/** What a person reads of a run over 120 services, ten of which fail. */

const KINDS = ['web', 'api', 'worker', 'metrics-exporter']
const NAMES = Array.from({ length: 120 }, (_, index) => `${KINDS[index % KINDS.length]}-${index + 1}`)
const BAD = NAMES.filter((_, index) => index % 12 === 7)
const LONGEST = Math.max(...NAMES.map(({ length }) => length))
const IMAGES = {
  'hub.test/acme/app:1': {},
  'hub.test/acme/app:2': {},
  'hub.test/acme/app:bad': { ends: { afterSeconds: 0.2, exitCode: 3 }, prints: 'no database' },
}

async function logOf(names: readonly string[], inputs: Readonly<Record<string, string>>, delaySeconds = 0) {
  const swarm = new MemorySwarm({ images: IMAGES, nodes: [{}, {}, {}] })
  for (const Name of names) {
    swarm.create({
      Name,
      Mode: { Replicated: { Replicas: 2 } },
      TaskTemplate: { ContainerSpec: { Image: pin('hub.test/acme/app:1') }, RestartPolicy: { Condition: 'any' } },
      UpdateConfig: { Parallelism: 1, Monitor: 1e9, Delay: delaySeconds * 1e9 },
    } as ServiceSpec)
  }
  await pass(20)
  const tagOf = (name: string) => (BAD.includes(name) ? 'bad' : '2')
  const services = names.map((name) => `${name}: hub.test/acme/app:${tagOf(name)}`).join('\n')
  const { log } = await runAction(swarm, { services, ...inputs }, { tells: true })
  return log.trimEnd().split('\n')
}

/** The lines after a title, up to the next. */
function under(title: string, lines: readonly string[]): string[] {
  const after = lines.slice(lines.indexOf(title) + 1)
  const end = after.findIndex((line) => line.startsWith('== '))
  return end < 0 ? after : after.slice(0, end)
}

beforeEach(stopTime)
afterEach(letTimeRun)

describe('120 services, ten of which fail', () => {
  test('and all go back', async () => {
    const lines = await logOf(NAMES, {})
    expect(lines.filter((line) => line.startsWith('== '))).toEqual([
      '== Log in',
      '== Check images, flags and platforms',
      '== Deploy',
      '== 120 changes',
      '== Watch',
      '== Roll back',
    ])
    // What nobody reads as long as all is well is one line a service, and folded.
    expect(under('== Check images, flags and platforms', lines)).toHaveLength(120)
    expect(under('== 120 changes', lines).slice(0, 121)).toHaveLength(121)
    const columns = new Set(
      under('== Check images, flags and platforms', lines).map((line) => line.indexOf(' hub.test/')),
    )
    expect(columns).toEqual(new Set([LONGEST + 1]))

    // From the first failure on there are only lines of what is wrong, and of all.
    const last = lines.slice(lines.indexOf('== Watch'))
    const failures = last.filter((line) => /^ +\d+ s {2}✗ /.test(line))
    const culprits = last.filter((line) => /^✗ /.test(line)).map((line) => line.split(/[ :]+/)[1] ?? '')
    expect(failures.length).toBeGreaterThan(0)
    expect(culprits.length).toBe(failures.length)
    for (const name of culprits) expect(BAD).toContain(name)
    expect(last.filter((line) => / services are not waited for any more, because /.test(line))).toHaveLength(1)
    expect(last).toContainEqual(expect.stringMatching(/^ +\d+ s {4}120 of 120 are back$/))
    expect(last.length).toBeLessThan(60)

    // The end: each culprit once more with its cause, its task and what that printed; then the whole in two lines.
    const end = last.slice(last.findIndex((line) => line.startsWith('✗ ')))
    expect(end[0]).toMatch(/^✗ [\w-]+: rolled-back: .*failed with exit code 3.*what ran before runs again$/)
    expect(end[1]).toMatch(/^ {4}image \S+:bad@\w{12}, now \S+:1@\w{12}$/)
    expect(end[2]).toMatch(/^ {4}task \w+ on node n\d failed with exit code 3; it printed last:$/)
    expect(end[3]).toBe('    | no database')
    expect(end.at(-2)).toMatch(/failed with exit code 3/)
    expect(end.at(-1)).toBe('rolled-back: 120 rolled-back')
    // Nobody asked for advice on what ran before.
    expect(lines.join('\n')).not.toContain('Advice')
  })

  test('and all stay', async () => {
    const lines = await logOf(NAMES, { 'on-failure': 'keep' })
    const watch = under('== Watch', lines)
    for (const name of NAMES) {
      const mark = BAD.includes(name) ? '✗' : '✓'
      const ofService = lines.slice(lines.indexOf('== Watch')).filter((line) => line.includes(` ${mark} ${name}: `))
      expect(ofService.filter((line) => / s {2}/.test(line))).toHaveLength(1)
    }
    expect(watch.filter((line) => line.startsWith('✗ '))).toHaveLength(10)
    const verdict = lines.indexOf('failed: 110 updated, 10 failed')
    expect(verdict).toBeGreaterThan(0)
    // Advice is last, each once with the services that it concerns.
    const advice = lines.slice(verdict + 1)
    expect(advice).toHaveLength(2)
    expect(advice[0]).toMatch(
      /^Notice: Advice: web-1, api-2, .* and \d+ more: no health check: .*\. More: "No health check"/,
    )
    expect(advice[1]).toMatch(/^Notice: Advice: web-1, .*failure action pause, and `on-failure: keep`/)
    expect(lines.slice(0, verdict).join('\n')).not.toContain('Notice')
    expect(lines.length).toBeLessThan(420)
  })
})

test('many services tell how far they are at most every ten seconds', async () => {
  const good = NAMES.filter((name) => !BAD.includes(name)).slice(0, 20)
  const lines = await logOf(good, { timeout: '100s' }, 25)
  const told = lines.filter((line) => / \d+ of 20 up/.test(line)).map((line) => Number.parseInt(line, 10))
  expect(told.length).toBeGreaterThan(1)
  for (const [index, seconds] of told.entries()) {
    expect(seconds - (told[index - 1] ?? 0)).toBeGreaterThanOrEqual(10)
  }
  expect(lines.filter((line) => /: \d\/2 tasks running/.test(line))).toEqual([])
})

test('one service speaks for itself', async () => {
  const lines = await logOf(['web'], {})
  expect(lines.slice(lines.indexOf('== Deploy'))).toEqual([
    '== Deploy',
    '   0 s    web: update (image), without an account',
    '== Watch',
    '   0 s    web: 0/2 tasks running',
    expect.stringMatching(/^ {3}\d s {4}web: 1\/2 tasks running$/),
    expect.stringMatching(/^ {3}\d s {4}web: 2\/2 tasks running$/),
    expect.stringMatching(/^ {3}\d s {2}✓ web: updated after \d\.\d s, 2\/2 tasks on 2 nodes$/),
    '== Record the deploy',
    'service web: recorded as #1',
    'Recorded as #1. `mode: rollback` can go back to it.',
    'converged: 1 updated',
    expect.stringMatching(/^Notice: Advice: web: no health check: /),
  ])
})
