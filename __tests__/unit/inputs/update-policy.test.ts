import { describe, expect, test } from '@jest/globals'
import { UserErrors } from '../../../src/errors.ts'
import { readInputs } from '../../../src/inputs/read.ts'
import { STRATEGY_INPUTS } from '../../../src/inputs/strategies/table.ts'
import { policyAdvice } from '../../../src/inputs/update-policy.ts'
import { inputVariables } from '../../support/inputs.ts'

type Inputs = Readonly<Record<string, string>>

function policies(inputs: Inputs) {
  return readInputs(inputVariables(inputs), STRATEGY_INPUTS).services.map((service) => service.policies)
}

/** All that is wrong with the inputs, one line each. */
function problems(inputs: Inputs): readonly string[] {
  try {
    policies(inputs)
  } catch (error) {
    if (error instanceof UserErrors) return error.problems
    throw error
  }
  throw new Error('the inputs were accepted')
}

const web = (lines: string) => `- name: web\n  image: nginx\n  ${lines.replaceAll('\n', '\n  ')}`
const WEB = { services: 'web: nginx' }
const NONE = { update: {}, rollback: {} }

describe('policies are accepted', () => {
  test.each<[string, string, Readonly<Record<string, string>>]>([
    ['as a block', 'parallelism: 2\ndelay: 10s', { parallelism: '2', delay: '10s' }],
    ['in braces', '{parallelism: 2, delay: 10s}', { parallelism: '2', delay: '10s' }],
    ['as JSON', '{"parallelism": 2, "order": "start-first"}', { parallelism: '2', order: 'start-first' }],
    ['with comments', '# all at once\nparallelism: 0 # really', { parallelism: '0' }],
    ['of none', '{}', {}],
    ['of none, all commented out', '# parallelism: 2\n', {}],
    ['each failure action', 'failure_action: continue', { failure_action: 'continue' }],
    ['a ratio', 'max_failure_ratio: .25', { max_failure_ratio: '.25' }],
    ['all of them', 'max_failure_ratio: 1', { max_failure_ratio: '1' }],
    ['a duration of parts', 'monitor: 1h2m3.5s', { monitor: '1h2m3.5s' }],
    ['a duration as small as docker takes it', 'monitor: 250us\ndelay: 5ns', { monitor: '250us', delay: '5ns' }],
    ['no delay, which needs no unit', 'delay: 0', { delay: '0' }],
  ])('%s', (_what, text, policy) => {
    expect(policies({ ...WEB, 'update-config': text })).toEqual([{ update: policy, rollback: {} }])
    expect(policies({ ...WEB, 'rollback-config': text })).toEqual([{ update: {}, rollback: policy }])
    const inEntry = text.startsWith('{') ? ` ${text}` : `\n  ${text.replaceAll('\n', '\n  ')}`
    expect(policies({ services: web(`update-config:${inEntry}`) })).toEqual([{ update: policy, rollback: {} }])
    expect(policies({ services: web(`rollback-config:${inEntry}`) })).toEqual([{ update: {}, rollback: policy }])
  })

  test('with every key that compose files have', () => {
    const all = {
      parallelism: '0',
      delay: '0s',
      order: 'start-first',
      monitor: '1m30s',
      max_failure_ratio: '0.25',
      failure_action: 'pause',
    }
    const update = { ...all, failure_action: 'rollback' }
    const entry = { name: 'web', image: 'nginx', 'update-config': update, 'rollback-config': all }
    expect(policies({ services: JSON.stringify([entry]) })).toEqual([{ update, rollback: all }])
  })

  test('of an entry before those for all, key by key', () => {
    const services = `${web('update-config: {order: stop-first}')}\n- {name: api, image: nginx}`
    const all = { 'update-config': '{order: start-first, delay: 500ms}', 'rollback-config': 'parallelism: 0' }
    const rollback = { parallelism: '0' }
    expect(policies({ services, ...all })).toEqual([
      { update: { order: 'stop-first', delay: '500ms' }, rollback },
      { update: { order: 'start-first', delay: '500ms' }, rollback },
    ])
  })

  test('as all that is asked of a service', () => {
    expect(policies({ services: '- {name: web, update-config: {delay: 7s}}' })).toEqual([
      { update: { delay: '7s' }, rollback: {} },
    ])
    expect(problems({ services: '- {name: web, update-config: {}}' })).toEqual([
      expect.stringMatching(/^services: web: nothing is asked for: .*`update-config`$/),
    ])
  })

  test('beside flags of docker that say something else', () => {
    const services = web('update-config: {delay: 5s}\nupdate-args: [--update-order=start-first]')
    expect(policies({ services, 'rollback-config': 'delay: 1s' })).toHaveLength(1)
  })

  test('in a stack', () => {
    const given = { INPUT_STACK: 'shop', 'INPUT_UPDATE-CONFIG': 'delay: 10', INPUT_SERVICES: '' }
    expect(() => readInputs(given, STRATEGY_INPUTS)).toThrow('update-config line 1: delay: 10 has no unit')
  })
})

describe('policies are refused', () => {
  const KEYS = '`parallelism`, `delay`, `order`, `failure_action`, `monitor` and `max_failure_ratio`'
  const some = 'write a mapping such as `{order: start-first, delay: 10s}`'

  test.each([
    ['a list', '- parallelism: 2', ` line 1: this is a list: ${some}`],
    ['text', 'start-first', ` line 1: this is only text: ${some}`],
    [
      'text in quotes',
      `'{order: start-first}'`,
      ' line 1: this is text in quotes: leave the quotes around the braces out',
    ],
    ['kebab case', 'delay: 1s\nfailure-action: pause', ' line 2: unknown key "failure-action": write `failure_action`'],
    ['capitals', 'Delay: 1s', ' line 1: unknown key "Delay": write `delay`'],
    [
      'a typo',
      'paralelism: 2',
      ` line 1: unknown key "paralelism": did you mean \`parallelism\`? The keys are ${KEYS}`,
    ],
    ['no such key', 'speed: 2', ` line 1: unknown key "speed": write one of ${KEYS.replace(' and ', ' or ')}`],
    [
      'the key itself',
      'update_config: {delay: 1s}',
      ` line 1: unknown key "update_config": leave this level out, and write the keys themselves here: ${KEYS}`,
    ],
    ['a key twice', 'delay: 1s\ndelay: 2s', ' line 2, column 1: the key is in its mapping already'],
    ['a nested list', 'order: [start-first]', ' line 1: `order` is a list: write one text'],
    ['a nested mapping', 'delay: {seconds: 1}', ' line 1: `delay` is a mapping: write one text'],
    ['an empty value', 'delay:', ' line 1: delay: it is empty: write a value, or leave the key out'],
    ['a negative number', 'parallelism: -1', ' line 1: parallelism: "-1" is not allowed: write a whole number from 0'],
    ['no unit', 'delay: 10', ' line 1: delay: 10 has no unit: write 10s for seconds'],
    ['no monitor at all', 'monitor: 0s', ' line 1: monitor: 0s is no time at all'],
    ['days', 'delay: 1d', ' line 1: delay: "1d" is no duration'],
    [
      'a word that is none',
      'order: start',
      ' line 1: order: "start" is none of its words: write start-first or stop-first',
    ],
    [
      'a percentage',
      'max_failure_ratio: 25%',
      ' line 1: max_failure_ratio: "25%" is no ratio: write a number from 0 to 1',
    ],
    ['more than all', 'max_failure_ratio: 1.5', ' line 1: max_failure_ratio: "1.5" is no ratio'],
    ['no YAML', '{order: start-first', ' line 1, column '],
    ['no braces', 'order: start-first, delay: 10s', ': several keys on one line need braces around them: write `{'],
  ])('%s', (_what, text, said) => {
    expect(problems({ ...WEB, 'update-config': text })).toEqual([expect.stringContaining(`update-config${said}`)])
    expect(problems({ ...WEB, 'rollback-config': text })).toEqual([expect.stringContaining(`rollback-config${said}`)])
  })

  test('with the line of the entry', () => {
    const services = web('update-config:\n  order: start-first\n  delay: soon\nrollback-config: [pause]')
    expect(problems({ services })).toEqual([
      'services: web: update-config line 5: delay: "soon" is no duration: write one such as 90s, 10m or 1h30m',
      `services: web: rollback-config line 6: this is a list: ${some}`,
    ])
    expect(problems({ services: web(`update-config: '{delay: 1s}'`) })).toEqual([
      'services: web: update-config line 3: this is text in quotes: leave the quotes around the braces out',
    ])
  })

  test('where a rollback is to be rolled back', () => {
    expect(problems({ ...WEB, 'rollback-config': 'failure_action: rollback' })).toEqual([
      'rollback-config line 1: failure_action: a rollback cannot be rolled back: write pause or continue',
    ])
    expect(problems({ ...WEB, 'rollback-config': 'failure_action: stop' })).toEqual([
      'rollback-config line 1: failure_action: "stop" is none of its words: write pause or continue',
    ])
  })

  test.each([
    ['parallelism: 2', 'update-parallelism'],
    ['failure_action: pause', 'update-failure-action'],
    ['max_failure_ratio: 0.5', 'update-max-failure-ratio'],
  ])('beside a flag of docker for the same: %s', (setting, flag) => {
    const key = setting.split(':')[0]
    const both = `services: web: \`${key}\` of \`update-config\` and the flag --${flag} are both given: leave one of the two`
    for (const args of ['create-args', 'update-args']) {
      const flags = `${args}: [--${flag}=1]`
      expect(problems({ services: web(`update-config: {${setting}}\n${flags}`) })).toEqual([both])
      expect(problems({ services: web(flags), 'update-config': setting })).toEqual([both])
    }
  })

  test('in the spelling of compose files, or one level too high', () => {
    expect(problems({ services: web('update_config: {delay: 1s}') })[0]).toContain('did you mean `update-config`?')
    expect(problems({ services: web('order: start-first') })).toEqual([
      'services: web: line 3 has the unknown key "order": write it in `update-config`, as in `update-config: {order: …}`',
    ])
    expect(problems({ services: web('failure-action: pause') })).toEqual([
      'services: web: line 3 has the unknown key "failure-action": write it in `update-config`, as in `update-config: {failure_action: …}`',
    ])
  })
})

describe('the old names, one for each key', () => {
  test('say what to write instead, with all else that is wrong', () => {
    const old = { 'update-parallelism': '2', 'update-failure-action': 'rollback', 'rollback-delay': '5s' }
    expect(problems({ ...WEB, ...old, timeout: 'soon' })).toEqual([
      "`update-parallelism` and `update-failure-action` are no inputs any more: write `update-config: '{parallelism: 2, failure_action: rollback}'`",
      "`rollback-delay` is no input any more: write `rollback-config: '{delay: 5s}'`",
      expect.stringMatching(/^timeout: /),
    ])
  })

  test('in an entry', () => {
    expect(problems({ services: web('update-order: start-first\nupdate-delay: 10s\nreplicas: x') })).toEqual([
      expect.stringMatching(/^services: web: `replicas` \(line \d+\): /),
      'services: web: `update-delay` and `update-order` are no keys any more: write `update-config: {delay: 10s, order: start-first}`',
    ])
    expect(problems({ services: '- {name: web, rollback-monitor: 5s}' })).toEqual([
      'services: web: `rollback-monitor` is no key any more: write `rollback-config: {monitor: 5s}`',
    ])
    expect(problems({ services: 'name: web\nimage: nginx\nupdate-delay: 1s' })).toHaveLength(1)
  })

  test('beside the new one', () => {
    const both = { 'update-config': '{order: start-first}', 'update-delay': '10s', 'update-monitor': '5s' }
    expect(problems({ ...WEB, ...both })).toEqual([
      '`update-delay` and `update-monitor` are no inputs any more: write `delay: 10s`, `monitor: 5s` in `update-config`',
    ])
    expect(problems({ services: web('update-config: {order: start-first}\nupdate-delay: 10s') })).toEqual([
      'services: web: `update-delay` is no key any more: write `delay: 10s` in `update-config`',
    ])
  })

  test('repeat no value that is wrong', () => {
    expect(problems({ ...WEB, 'update-order': "start', x: {" })).toEqual([
      'update-order: "***" (12 characters, which may be a secret) is none of its words: write start-first or stop-first',
      "`update-order` is no input any more: write `update-config: '{order: …}'`",
    ])
    expect(problems({ services: web('update-order: [start-first]') })).toEqual([
      'services: web: `update-order` is no key any more: write `update-config: {order: …}`',
    ])
  })

  test('empty, as a workflow leaves them, say nothing', () => {
    expect(policies({ ...WEB, 'update-delay': ' ', 'rollback-order': '' })).toEqual([NONE])
  })
})

describe('on-failure: pause', () => {
  const pause = { 'on-failure': 'pause' }
  const PAUSED = [{ update: { failure_action: 'pause' }, rollback: {} }]

  test('is a policy of every service', () => {
    expect(policies({ ...WEB, ...pause })).toEqual(PAUSED)
    expect(policies({ services: web('update-config: {failure_action: pause}'), ...pause })).toEqual(PAUSED)
    expect(policies({ services: web('update-args: [--update-failure-action=pause]'), ...pause })).toEqual(PAUSED)
  })

  test.each<[Inputs, string]>([
    [{ services: web('update-config: {failure_action: continue}') }, 'update-config: {failure_action: continue}'],
    [{ ...WEB, 'update-config': 'failure_action: rollback' }, 'update-config: {failure_action: rollback}'],
    [{ services: web('create-args: --update-failure-action rollback') }, '--update-failure-action rollback'],
    [{ services: web('update-args: [--update-failure-action=continue]') }, '--update-failure-action continue'],
  ])('takes no other beside it: %j', (inputs, other) => {
    expect(problems({ ...inputs, ...pause })).toEqual([
      `on-failure: pause has Swarm pause an update that fails, and \`${other}\` does not: leave one of the two out`,
    ])
  })

  test('is told once for all services', () => {
    const services = 'web: nginx\napi: nginx'
    expect(problems({ services, ...pause, 'update-config': 'failure_action: continue' })).toHaveLength(1)
  })
})

test('an advice can be pasted', () => {
  const advice = policyAdvice({ order: 'stop-first' }, false)
  expect(advice).toBe('`update-config: {order: stop-first}` in `services`')
  const [pasted = ''] = /(?<=`)[^`]+/.exec(advice) ?? []
  expect(policies({ services: web(pasted) })).toEqual([{ update: { order: 'stop-first' }, rollback: {} }])
  expect(policyAdvice({ order: 'stop-first' }, true)).toBe('`order: stop-first` in `deploy.update_config`')
})
