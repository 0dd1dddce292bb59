import { describe, expect, test } from '@jest/globals'
import { readInputs } from '../../../src/inputs/read.ts'
import type { Replacement } from '../../../src/inputs/replacement.ts'
import { STRATEGY_INPUTS } from '../../../src/inputs/strategies/table.ts'
import { ROLLING } from '../../support/builders.ts'
import { inputVariables } from '../../support/inputs.ts'

type Inputs = Readonly<Record<string, string>>

function replacements(inputs: Inputs): Replacement[] {
  return readInputs(inputVariables(inputs), STRATEGY_INPUTS).services.map(({ strategy, policies, prepare }) => ({
    strategy,
    policies,
    prepare,
  }))
}

function problems(inputs: Inputs): string {
  try {
    replacements(inputs)
  } catch (error) {
    if (error instanceof Error) return error.message
  }
  throw new Error('the inputs were accepted')
}

const web = (lines: string) => `- name: web\n  image: nginx\n  ${lines.replaceAll('\n', '\n  ')}`

describe('strategies', () => {
  test('rolling with the policies that the service has, unless something else is said', () => {
    expect(replacements({ services: 'web: nginx' })).toEqual([ROLLING])
  })

  test('what an entry says goes before what the inputs say for all', () => {
    const services = `${web('strategy: rolling\nupdate-config: {order: stop-first}')}\n- name: api\n  image: nginx`
    const all = {
      strategy: 'canary',
      canary: '25 %',
      hold: '1m',
      'update-config': '{order: start-first, delay: 500ms}',
    }
    expect(replacements({ services, ...all })).toEqual([
      { ...ROLLING, policies: { update: { order: 'stop-first', delay: '500ms' }, rollback: {} } },
      {
        ...ROLLING,
        strategy: {
          kind: 'canary',
          settings: { size: { percent: 25 }, trial: { holdSeconds: 60 } },
          uncountedSeconds: 60,
        },
        policies: { update: { order: 'start-first', delay: '500ms' }, rollback: {} },
      },
    ])
  })

  test("a service's own check replaces the one for all, of whichever kind", () => {
    const services = web('check-command: curl -f web')
    const [one] = replacements({ services, strategy: 'canary', 'check-url': 'https://example.com/ok' })
    expect(one?.strategy).toMatchObject({ settings: { trial: { check: { command: 'curl -f web' } } } })
  })

  test('blue-green with all that it can be told', () => {
    const lines =
      'strategy: blue-green\nroute-labels: traefik. caddy\nroute-alias: shop\nkeep-old: until-next\ncheck-url: http://shop'
    expect(replacements({ services: web(lines) })[0]?.strategy).toEqual({
      kind: 'blue-green',
      settings: {
        trial: { holdSeconds: 0, check: { url: 'http://shop' } },
        routeLabels: ['traefik.', 'caddy'],
        routeAlias: 'shop',
        keepOld: 'until-next',
      },
      uncountedSeconds: 96,
    })
  })

  test.each([
    [
      'strategy: big-bang',
      '`strategy` (line 3): "big-bang" is none of its words: write rolling, canary, recreate or blue-green',
    ],
    ['canary: 2', "`canary` (line 3) belongs to the strategy canary, but this service's is rolling"],
    ['strategy: canary\ncanary: 0', 'write a number of tasks such as 1, or 1% to 99%'],
    ['strategy: canary\ncanary: 100%', 'write a number of tasks such as 1, or 1% to 99%'],
    [
      'strategy: canary\nkeep-old: 5m',
      "`keep-old` (line 4) belongs to the strategy blue-green, but this service's is canary",
    ],
    ['strategy: canary\nhold: 5', '5 has no unit: write 5s for seconds'],
    ['strategy: canary\ncheck-url: example.com', 'write one that begins with http:// or https://'],
    ['strategy: canary\ncheck-url: http://ci:pw@a', 'there is a user name or password in it: leave them out'],
    ['strategy: canary\ncheck-url: http://a\ncheck-command: b', 'are both given: leave one of the two out'],
    ['strategy: blue-green\nroute-alias: a b', '"a b" is no name on a network'],
    ['strategy: [canary]', '`strategy` is a list: write one text'],
  ])('refused in an entry: %s', (lines, reason) => {
    const message = problems({ services: web(lines) })
    expect(message).toMatch(/^services: web: /)
    for (const part of reason.split('|')) expect(message).toContain(part)
  })

  test.each<[Inputs, string]>([
    [{ strategy: 'fast' }, 'strategy: "fast" is none of its words'],
    [{ canary: '2' }, 'canary: it belongs to the strategy canary, which no service has'],
    [
      { strategy: 'recreate', hold: '1m' },
      'hold: it belongs to the strategy canary or blue-green, which no service has',
    ],
    [{ strategy: 'canary', wait: 'false' }, 'wait: the strategy canary goes on only when its first step has come true'],
    [{ strategy: 'recreate', wait: 'false' }, 'wait: the strategy recreate goes on only'],
  ])('refused as inputs: %j', (inputs, reason) => {
    expect(problems({ services: 'web: nginx', ...inputs })).toContain(reason)
  })
})
