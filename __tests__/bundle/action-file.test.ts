import { readFile } from 'node:fs/promises'
import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { Runner } from '../../lab/runner.ts'
import { documented } from '../../scripts/readme-tables.ts'
import { REGISTRY_KEYS } from '../../src/inputs/accounts/registries.ts'
import { DEFAULTS } from '../../src/inputs/defaults.ts'
import { readInputs } from '../../src/inputs/read.ts'
import { entryKeys } from '../../src/inputs/services/service-keys.ts'
import { STRATEGY_INPUTS } from '../../src/inputs/strategies/table.ts'
import { POLICY_SETTINGS, RETIRED_KEYS } from '../../src/inputs/update-policy.ts'

interface ActionFile {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default?: string }>>
  readonly outputs: Readonly<Record<string, unknown>>
}

const text = await readFile(new URL('../../action.yml', import.meta.url), 'utf8')
const action = parse(text) as ActionFile
const inputs = documented(text, 'inputs')

test('action.yml has exactly the inputs that are read', () => {
  const read = new Set<string>()
  const env = new Proxy<Record<string, string>>(
    {},
    {
      get: (_, name) => {
        const key = String(name)
        if (key.startsWith('INPUT_')) read.add(key)
        // As on a runner: an input that is not given is empty.
        return key.startsWith('INPUT_') ? '' : undefined
      },
    },
  )
  expect(() => readInputs(env, STRATEGY_INPUTS)).toThrow('services')
  const known = [...Object.keys(action.inputs), ...RETIRED_KEYS]
  expect([...read].toSorted()).toEqual(known.map(variableOf).toSorted())
})

test('the defaults of action.yml are those that the code has, and no others', () => {
  const given = Object.entries(action.inputs).filter(([, input]) => input.default !== undefined)
  expect(Object.fromEntries(given.map(([name, input]) => [name, input.default]))).toEqual({
    ...DEFAULTS,
    strategy: Object.keys(STRATEGY_INPUTS)[0],
  })
})

test('every input is in one of the groups, which are headings in action.yml', () => {
  expect([...new Set(inputs.map(({ group }) => group))]).toEqual([
    'What to deploy',
    'Registries',
    'Where the swarm is',
    'How tasks are replaced',
    'Waiting and going back',
  ])
  const changes = inputs.filter(({ group }, index) => group !== inputs[index - 1]?.group)
  expect(changes).toHaveLength(5)
})

test('the descriptions have every key that is understood', () => {
  const names = inputs.map(({ name }) => name)
  const [from, to] = [names.indexOf('strategy'), names.indexOf('keep-old')]
  const forAll = names.slice(from, to + 1)
  expect(action.inputs.services?.description).toContain(
    'with `prepare` and the settings of [strategies](docs/strategies.md)',
  )
  expect([...keysIn('services'), ...forAll].toSorted()).toEqual(entryKeys(STRATEGY_INPUTS).toSorted())
  expect(keysIn('registries').toSorted()).toEqual(REGISTRY_KEYS.toSorted())
  expect(keysIn('update-config').toSorted()).toEqual(POLICY_SETTINGS.toSorted())
  expect(action.inputs['rollback-config']?.description).toContain('the same keys as `update-config`')
})

test.each(inputs.flatMap(({ name, description }) => linksIn(description).map((link) => [name, link])))(
  'the link of %s leads somewhere: %s',
  async (_, link = '') => {
    const [path = '', anchor] = link.split('#')
    const page = await readFile(new URL(`../../${path}`, import.meta.url), 'utf8')
    const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading.toLowerCase().replaceAll(/[`,]/g, '').replaceAll(' ', '-'),
    )
    if (anchor !== undefined) expect(anchors).toContain(anchor)
  },
)

test('the docs say every key of an entry and of a policy', async () => {
  const [services, strategies] = await Promise.all(
    ['docs/services.md', 'docs/strategies.md'].map((path) =>
      readFile(new URL(`../../${path}`, import.meta.url), 'utf8'),
    ),
  )
  const ofStrategies = inputs.slice(inputs.findIndex(({ name }) => name === 'canary')).map(({ name }) => name)
  const inTable = entryKeys(STRATEGY_INPUTS).filter((key) => !ofStrategies.includes(key))
  const missingIn = (page: string | undefined, keys: readonly string[]) =>
    keys.filter((key) => !rowsOf(page ?? '').includes(key))
  expect(missingIn(services, inTable)).toEqual([])
  expect(missingIn(strategies, POLICY_SETTINGS)).toEqual([])
})

test('action.yml has exactly the outputs that are set', async () => {
  await using runner = await Runner.start()
  const { outputs } = await runner.run({ with: { mode: 'plan' } })
  // Those of a login are told by its own test; of what was pushed nothing is known when a run ends before.
  const { outputs: ofHistory } = await runner.run({ with: { mode: 'history', stack: '-' } })
  expect(ofHistory.history).toBe('[]')
  const all = [...Object.keys(outputs), 'history', 'configs', 'docker-config', 'pull-secret-file', 'images']
  expect(all.toSorted()).toEqual(Object.keys(action.outputs).toSorted())
  const deploy = await runner.run({ with: {} })
  expect(Object.keys(deploy.outputs).toSorted()).toEqual(['services', 'status'])
})

/** The runner's own rule. */
function variableOf(input: string): string {
  return `INPUT_${input.toUpperCase()}`
}

/** The keys that a description lists in braces. */
function keysIn(input: string): string[] {
  return /\{(.*?)\}/.exec(action.inputs[input]?.description ?? '')?.[1]?.split(/, | \| /) ?? []
}

function linksIn(description: string): string[] {
  return [...description.matchAll(/\]\((.*?)\)/g)].map(([, link = '']) => link)
}

/** What stands first in the rows of a page's tables. */
function rowsOf(page = ''): string[] {
  return [...page.matchAll(/^\| `([^`]+)`/gm)].map(([, key = '']) => key)
}
