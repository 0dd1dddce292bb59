import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { UserErrors } from '../../../src/errors.ts'
import { MODE_NAMES, type ModeName } from '../../../src/inputs/mode.ts'
import { entryKeys } from '../../../src/inputs/services/service-keys.ts'
import { STRATEGY_INPUTS } from '../../../src/inputs/strategies/table.ts'
import { MODES } from '../../../src/modes/table.ts'
import { redact } from '../../../src/runner/secrets/secret.ts'

// On a runner what is hidden here would be masked in the log of the whole job.
delete process.env.GITHUB_ACTIONS

const { inputs: declared } = parse(readFileSync(new URL('../../../action.yml', import.meta.url), 'utf8'))

/** What a step tells of its inputs, and has against them, as its log shows it; empty when that is nothing. */
function saidOf(mode: ModeName, inputs: Readonly<Record<string, string>>): string {
  const given = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  const write = process.stdout.write
  let printed = ''
  process.stdout.write = (chunk: string | Uint8Array) => {
    printed += chunk
    return true
  }
  try {
    MODES[mode].read({ INPUT_MODE: mode, GITHUB_WORKSPACE: '/nowhere', ...Object.fromEntries(given) })
  } catch (error) {
    if (!(error instanceof UserErrors)) throw error
    return printed + redact(error.problems.join('\n'))
  } finally {
    process.stdout.write = write
  }
  return printed
}

let count = 0
const SECRETS: Readonly<Record<string, () => string>> = {
  'a password': () => `${++count}p@ssw!rd`,
  'a token': () => `ghp_${String(++count).padStart(4, '0')}aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY`,
}

/** The places of a YAML text where something else belongs. */
const FORMS: Readonly<Record<string, (secret: string) => string>> = {
  text: (secret) => secret,
  item: (secret) => `["${secret}"]`,
  key: (secret) => `{"${secret}": x}`,
  'key of a mapping': (secret) => `{"${secret}": {image: nginx}}`,
  'name of an entry': (secret) => `[{name: "${secret}", image: nginx}]`,
  'key of an entry': (secret) => `[{name: web, "${secret}": x}]`,
  twice: (secret) => `["${secret}", "${secret}"]`,
}

/** The lines that say a secret again. */
function echoesOf(secret: string, said: string): string[] {
  return said.split('\n').filter((line) => line.includes(secret))
}

const OF_ENTRY = entryKeys(STRATEGY_INPUTS)
const OF_ITEM = ['name', 'source', 'target', 'file', 'content', 'environment', 'uid', 'gid', 'mode', 'labels'].concat([
  'template-driver',
  'aliases',
  'create',
  'driver',
  'subnet',
  'driver-opts',
  'nokey',
])

describe.each(Object.keys(SECRETS))('%s where something else belongs is in no error', (kind) => {
  const fresh = SECRETS[kind] ?? (() => '')

  test.each(MODE_NAMES.flatMap((mode) => Object.keys(FORMS).map((form) => [mode, form] as const)))(
    'in any input of mode %s: %s',
    (mode, form) => {
      const names = Object.keys(declared).filter((one) => one !== 'mode')
      const echoes = names.flatMap((name) => {
        const secret = fresh()
        const others = name === 'services' || name === 'stack' ? {} : { services: 'web: nginx' }
        return echoesOf(secret, saidOf(mode, { ...others, [name]: FORMS[form]?.(secret) ?? '' }))
      })
      expect(echoes).toEqual([])
    },
  )

  test.each(Object.keys(FORMS))('in any key of an entry of `services`: %s', (form) => {
    const echoes = OF_ENTRY.flatMap((key) => {
      const secret = fresh()
      return echoesOf(secret, saidOf('deploy', { services: `- {name: web, ${key}: ${FORMS[form]?.(secret)}}` }))
    })
    expect(echoes).toEqual([])
  })
})

test.each(['secrets', 'configs', 'networks'])('a password in any key of an item of `%s` is in no error', (kind) => {
  const echoes = OF_ITEM.flatMap((key) => {
    const secret = `${++count}p@ssw!rd`
    const name = key === 'name' || key === 'source' ? '' : 'name: a, '
    return echoesOf(secret, saidOf('deploy', { services: `- {name: web, ${kind}: [{${name}${key}: "${secret}"}]}` }))
  })
  expect(echoes).toEqual([])
})

test('a name that is refused is told by its place and length', () => {
  expect(saidOf('deploy', { services: '- {name: web, image: nginx, secrets: ["p@ss!"]}' })).toBe(
    'services: web: `secrets`: item 1: "***" (5 characters, which may be a secret) is no name of a secret: write letters, digits, -, _ and ., with a letter or digit first and last',
  )
})

test.each(Object.keys(SECRETS))('%s as the name of a config is in no line of the run', (kind) => {
  const secret = SECRETS[kind]?.() ?? ''
  const registries = JSON.stringify([{ registry: 'x.io', username: 'bot', password: 'a long one', config: secret }])
  expect(saidOf('deploy', { services: 'web: x.io/web', registries })).toBe('')
  expect(redact(`the credential of bot for x.io in config ${secret}`)).toBe(
    'the credential of bot for x.io in config ***',
  )
})
