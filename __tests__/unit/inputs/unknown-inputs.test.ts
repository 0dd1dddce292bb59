import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, jest, test } from '@jest/globals'
import { parse } from 'yaml'
import { inputNames, readInputs } from '../../../src/inputs/read.ts'
import { entryKeys } from '../../../src/inputs/services/service-keys.ts'
import { STRATEGY_INPUTS } from '../../../src/inputs/strategies/table.ts'
import { unknownInputAdvice } from '../../../src/inputs/unknown-inputs.ts'
import { RETIRED_KEYS } from '../../../src/inputs/update-policy.ts'
import { log } from '../../../src/runner/log/log.ts'
import { problemsIn } from '../../support/inputs.ts'

const declared = Object.entries(
  (parse(readFileSync(new URL('../../../action.yml', import.meta.url), 'utf8')) as ActionFile).inputs,
)

interface ActionFile {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>
}

const warnings: string[] = []
beforeEach(() => {
  warnings.length = 0
  jest.spyOn(log, 'warning').mockImplementation((line) => void warnings.push(line))
})

/** As GitHub's runner hands them over: every input of action.yml, and what else the workflow has. */
function onGitHub(given: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) {
  const all = { ...Object.fromEntries(declared.map(([name, input]) => [name, input.default ?? ''])), ...given }
  const variables = Object.entries(all).map(([name, value]) => [
    `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`,
    value,
  ])
  return problemsOf({ ...Object.fromEntries(variables), ...env })
}

function problemsOf(env: Readonly<Record<string, string>>): readonly string[] {
  return problemsIn(() => readInputs(env, STRATEGY_INPUTS))
}

const WEB = { services: 'web: nginx:1.27' }

test('the names that are known are those of action.yml, and those that there were', () => {
  expect(inputNames(STRATEGY_INPUTS).toSorted()).toEqual(
    [...declared.map(([name]) => name), ...RETIRED_KEYS].toSorted(),
  )
})

test('with all that action.yml declares nothing is unknown', () => {
  expect(onGitHub(WEB)).toEqual([])
})

describe('an input of another action is told as the page of those who come from it tells it', () => {
  const page = readFileSync(new URL('../../../docs/migration.md', import.meta.url), 'utf8')
  const known = { inputs: declared.map(([name]) => name), entryKeys: entryKeys(STRATEGY_INPUTS) }
  const words = (cell: string) => [...cell.matchAll(/`([\w-]+)/g)].map(([, word = '']) => word)
  const rows = (page.split('## From other actions')[1] ?? '').matchAll(/^\| (`.*?) +\| (.*?) +\|$/gm)
  const foreign = [...rows].flatMap(([, theirs = '', here = '']) =>
    words(theirs).flatMap((name) => (known.inputs.includes(name) ? [] : [[name, here] as const])),
  )

  test('of several actions', () => expect(foreign.length).toBeGreaterThan(50))

  test.each(foreign)('%s: %s', (name, here) => {
    const advice = unknownInputAdvice(name, {}, known)
    const isSame =
      (here.startsWith('nothing') && advice.startsWith('leave it out')) ||
      words(here).some((word) => words(advice).includes(word))
    expect({ advice, isSame }).toEqual({ advice: expect.not.stringContaining('all inputs are in'), isSame: true })
  })
})

describe('what is no input is an error, with what was probably meant', () => {
  test.each([
    ['on-failures', 'keep', 'did you mean `on-failure`?'],
    ['time-out', '5m', 'did you mean `timeout`?'],
    ['ssh_key', 'C4nary', 'did you mean `ssh-key`?'],
    ['on_failure', 'keep', 'did you mean `on-failure`?'],
    ['Known Hosts', 'a b c', 'did you mean `ssh-known-hosts`?'],
    [
      'create',
      'true',
      '`create` is a key of an entry of `services`, as in `- {name: web, image: "ghcr.io/org/web:1.2", create: true}`',
    ],
    ['image', 'nginx', '`image` is a key of an entry of `services`'],
    ['ssh-private-key', 'C4nary', 'did you mean `ssh-key`?'],
    ['known_hosts', 'a b c', 'did you mean `ssh-known-hosts`?'],
    ['registry_pass', 'C4nary', 'did you mean `password`?'],
    ['stored-password-env', 'C4nary', 'write it in an entry of `registries`'],
    ['refresh-auth', 'true', 'write `mode: refresh-auth`'],
    ['login', 'true', 'write `mode: login`'],
    ['registry-token', 'C4nary', 'did you mean `password`?'],
    ['logout', 'true', 'leave it out: the logins of a run'],
    ['ecr', 'auto', 'write `ecr: true` in the entry of `registries`'],
    ['port', '22', 'write it in `host`, as in `host: ssh://user@host:port`'],
    ['with-registry-auth', 'true', 'leave it out: the credential is sent wherever there is one'],
    ['variables', 'A=b', "set it in the step's `env`"],
    ['version', '1.2', 'write the version in the image'],
    ['colour', 'red', 'leave it out'],
    ['diff', 'true', /`mode: plan`|every run is a real deploy/],
  ])('%s: %s', (name, value, advice) => {
    const problems = onGitHub({ ...WEB, [name]: value })
    const about = problems.filter((line) => line.startsWith(`${name.replaceAll(' ', '_').toLowerCase()}: `))
    expect(about).toHaveLength(1)
    expect(about[0]).toMatch(advice)
    expect(problems.join('\n')).not.toContain('C4nary')
  })

  test.each([
    [{ name: 'shop', file: 'compose.yml' }, ['`stack`', '`compose-file`']],
    [{ 'stack-name': 'shop' }, ['`stack`']],
    [{ service: 'web: nginx' }, ['`services`']],
  ])('nothing is told besides that only follows from it: %j', (given, inputs) => {
    const problems = onGitHub(given as Record<string, string>)
    expect(problems.filter((line) => line.includes('there is no such input'))).toHaveLength(inputs.length)
    for (const input of inputs) expect(problems.join('\n')).toContain(`did you mean ${input}?`)
    expect(problems.join('\n')).not.toContain('services: it is empty')
  })

  test('a variable in small letters is told by the name that is read', () => {
    expect(onGitHub(WEB, { 'INPUT_on-failure': 'keep' })).toEqual([
      'on-failure: a variable that is written INPUT_on-failure is not read: write INPUT_ON_FAILURE',
    ])
  })

  test('what else is wrong is told with it', () => {
    expect(onGitHub({ ...WEB, monitr: '5', wait: 'maybe' })).toEqual([
      expect.stringContaining('monitr: there is no such input: did you mean `monitor`?'),
      expect.stringContaining('wait: "maybe"'),
      expect.stringContaining('monitor: 5 has no unit'),
    ])
  })

  test('the name of an image or a service beside `services` is a key of an entry', () => {
    expect(onGitHub({ ...WEB, name: 'web' })).toEqual([
      expect.stringContaining('name: there is no such input: `name` is a key of an entry of `services`'),
    ])
  })

  test('an image beside the services is none of the images to push', () => {
    expect(onGitHub({ ...WEB, image: 'ghcr.io/org/web:1.2' })).toEqual([
      'image: there is no such input: `image` is a key of an entry of `services`, as in `- {name: web, image: "ghcr.io/org/web:1.2"}` (if INPUT_IMAGE is a variable of your own `env`, give that another name)',
    ])
  })

  test('the message says what to do with a variable of their own', () => {
    expect(onGitHub(WEB, { INPUT_VERSION: '1.2' })).toEqual([
      expect.stringContaining('(if INPUT_VERSION is a variable of your own `env`, give that another name)'),
    ])
    expect(onGitHub(WEB, { INPUT_VERSION: '1.2', INPUT_FILE: 'compose.yml' })).toEqual([
      expect.stringMatching(/^version: .* \(if INPUT_VERSION is a variable of your own/),
      'file: there is no such input: did you mean `compose-file`?',
      expect.any(String),
    ])
    // No shell can set one with a dash.
    expect(onGitHub({ ...WEB, 'ssh-known-host': 'x' })).toEqual([
      'ssh-known-host: there is no such input: did you mean `ssh-known-hosts`?',
      expect.stringContaining('ssh-known-hosts: there is no SSH connection'),
    ])
  })
})

describe('what is not asked of this action is let alone', () => {
  test('what is empty', () => {
    expect(onGitHub({ ...WEB, 'dry-run': '', colour: ' ' }, { INPUT_OTHER: '' })).toEqual([])
  })

  test('the underscores of a shell, which has no variables with dashes', () => {
    expect(
      problemsOf({ INPUT_SERVICES: 'web: nginx:1.27', INPUT_ON_FAILURE: 'keep', INPUT_MAX_PARALLEL: '3' }),
    ).toEqual([])
  })

  test('a typo in a shell is found', () => {
    expect(problemsOf({ INPUT_SERVICES: 'web: nginx:1.27', INPUT_ON_FAILURES: 'keep' })).toEqual([
      expect.stringContaining('did you mean `on-failure`?'),
    ])
  })

  test.each(['GITEA_ACTIONS', 'FORGEJO_ACTIONS'])(
    'with %s it may be the input of a composite action around this step: a warning',
    (variable) => {
      expect(onGitHub({ ...WEB, service: 'web', 'on-failures': 'keep' }, { [variable]: 'true' })).toEqual([])
      expect(warnings).toEqual([
        expect.stringContaining('service: there is no such input'),
        expect.stringMatching(/on-failures: there is no such input: did you mean `on-failure`\? \(ignored: /),
      ])
    },
  )
})

describe('a variable that is named after an input, and that nobody reads, is told where nothing else says what to do', () => {
  test.each([
    ['swarm_deploy_services', 'SWARM_DEPLOY_SERVICES'],
    ['plugin_services', 'PLUGIN_SERVICES'],
    ['Plugin_Services', 'PLUGIN_SERVICES'],
    ['input_services', 'INPUT_SERVICES'],
    ['swarm-deploy-services', undefined],
  ])('%s', (variable, read) => {
    const all = onGitHub({}, { [variable]: 'web: nginx:1.27' })
    if (read === undefined) {
      expect(all).toEqual([expect.stringMatching(/^services: it is empty/)])
      return
    }
    expect(all).toEqual([
      `services: the variable ${variable} is not read: write \`services\` in the \`with\` of the step, or ${read} where a shell starts this`,
    ])
  })

  test('all that are there, and without a second error that only follows', () => {
    const all = onGitHub({}, { SWARM_DEPLOY_SERVICES: 'web: nginx:1.27', plugin_ssh_key: 'C4nary' })
    expect(all).toEqual([
      'services: the variable SWARM_DEPLOY_SERVICES is only read where a shell starts this: write `services` in the `with` of the step',
      'ssh-key: the variable plugin_ssh_key is not read: write `ssh-key` in the `with` of the step, or PLUGIN_SSH_KEY where a shell starts this',
    ])
  })

  test.each(['remove', 'rollback', 'refresh-auth', 'plan'])('with mode %s', (mode) => {
    const all = onGitHub({ mode }, { swarm_deploy_services: 'web' })
    expect(all[0]).toMatch(/^services: the variable swarm_deploy_services is not read/)
  })

  test('elsewhere it may be anybody’s', () => {
    expect(onGitHub(WEB, { plugin_stack: 'shop', swarm_deploy_timeout: '1m' })).toEqual([])
    expect(onGitHub({}, { plugin_stack: ' ', plugin_version: '1' })).toEqual([expect.stringMatching(/it is empty/)])
  })
})
