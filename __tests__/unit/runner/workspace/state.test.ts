import { appendFileSync, chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../../lab/scratch.ts'
import { pidNamespace, startOf } from '../../../../src/runner/processes/survivors.ts'
import {
  note,
  openState,
  parseState,
  readState,
  type ServiceState,
  stepIdentity,
} from '../../../../src/runner/workspace/state.ts'

const SHOP: ServiceState = {
  name: 'shop',
  service: 'shop',
  action: 'update',
  phase: 'sending',
  before: 'a'.repeat(64),
  ours: ['b'.repeat(64)],
  interim: '',
}
const LOCK = '0f8fad5b-d9cb-469f-a165-70867728950e'
const FIRST = JSON.stringify({ step: '', pid: 4711, startedAt: '12' })

let directory: string
beforeEach(() => {
  directory = join(scratchDirectory('state-'), 'workspace')
  mkdirSync(directory, { mode: 0o700 })
})
afterEach(() => rmSync(join(directory, '..'), { recursive: true, force: true }))
const journal = () => join(directory, 'run.jsonl')

describe('what main notes', () => {
  test('is what post reads, the last word of each', async () => {
    openState(directory, 'keep')
    note({ stage: 'Deploy', lock: LOCK, onCancel: 'rollback' })
    note({ service: SHOP })
    note({ stage: 'Watch', pulls: LOCK })
    note({ service: { ...SHOP, phase: 'sent' } })
    expect(await readState(directory)).toEqual({
      step: stepIdentity(process.env),
      pid: process.pid,
      storesCredentials: false,
      removes: false,
      hasLeftFiles: false,
      startedAt: startOf(process.pid),
      namespace: pidNamespace(),
      stage: 'Watch',
      lock: LOCK,
      pulls: LOCK,
      onCancel: 'rollback',
      services: new Map([['shop', { ...SHOP, phase: 'sent' }]]),
    })
  })

  test('counts up to the line in which it was killed', async () => {
    openState(directory, 'keep')
    note({ stage: 'Deploy' })
    appendFileSync(journal(), '{"stage":"Wat')
    expect((await readState(directory))?.stage).toBe('Deploy')
  })

  test('fails no run when the directory is gone', () => {
    openState(directory, 'keep')
    rmSync(directory, { recursive: true })
    expect(() => note({ stage: 'Deploy' })).not.toThrow()
  })

  test('is in a file for this user alone', async () => {
    openState(directory, 'keep')
    chmodSync(journal(), 0o640)
    expect(await readState(directory)).toBeUndefined()
  })
})

describe('a journal is not believed', () => {
  const write = (text: string) => writeFileSync(journal(), text, { mode: 0o600 })

  test('in a directory that others may write to', async () => {
    write(FIRST)
    expect(await readState(directory)).toBeDefined()
    chmodSync(directory, 0o770)
    expect(await readState(directory)).toBeUndefined()
  })

  test('behind a symbolic link', async () => {
    const elsewhere = join(directory, '..', 'elsewhere')
    writeFileSync(elsewhere, FIRST, { mode: 0o600 })
    symlinkSync(elsewhere, journal())
    expect(await readState(directory)).toBeUndefined()
  })

  test('that is no file, too big, or not there', async () => {
    expect(await readState(directory)).toBeUndefined()
    mkdirSync(journal())
    expect(await readState(directory)).toBeUndefined()
    rmSync(journal(), { recursive: true })
    write(`${FIRST}\n${' '.repeat(4_000_000)}`)
    expect(await readState(directory)).toBeUndefined()
  })
})

test.each([
  ['a process that is everybody', { pid: -1 }],
  ['the first process', { pid: 1 }],
  ['no number', { pid: '4711' }],
  ['a start that is none', { startedAt: '1; rm' }],
  ['a namespace that is none', { namespace: 'pid:[1]; rm' }],
  ['a stage with a command in it', { stage: '\n::stop-commands::x' }],
  ['a lock of another kind', { lock: '*' }],
  ['a token of pulls of another kind', { pulls: 'x' }],
  ['another word for on-cancel', { onCancel: 'deploy' }],
  ['a key that is not known', { workspace: '/etc' }],
  ['a key of every object', JSON.parse('{"__proto__": {"stage": "x"}, "constructor": 1}')],
  ['a service with a path for a name', { service: { ...SHOP, service: '../secrets' } }],
  ['a service with a command for a name', { service: { ...SHOP, name: '##[add-mask]x' } }],
  ['a service without its specs', { service: { name: 'shop', service: 'shop' } }],
  ['a list', [1]],
  ['null', null],
])('%s counts for nothing', (_name, change) => {
  const sound = parseState(FIRST)
  expect(sound).toMatchObject({ pid: 4711, stage: '', services: new Map() })
  expect(parseState(`${FIRST}\n${JSON.stringify(change)}`)).toEqual(sound)
  expect(parseState(JSON.stringify(change))).toBeUndefined()
})

describe('the identity of a step', () => {
  const env = { GITHUB_REPOSITORY: 'acme/shop', GITHUB_RUN_ID: '7', GITHUB_JOB: 'release', GITHUB_ACTION: '__run_2' }

  test('is the same for its main and its post', () => {
    expect(stepIdentity({ ...env, INPUT_SERVICES: 'x', STATE_workspace: '/x' })).toBe(stepIdentity(env))
  })

  test.each([
    'GITHUB_REPOSITORY',
    'GITHUB_RUN_ID',
    'GITHUB_RUN_ATTEMPT',
    'GITHUB_JOB',
    'GITHUB_ACTION',
    'GITHUB_WORKSPACE',
  ])('is another with another %s', (name) =>
    expect(stepIdentity({ ...env, [name]: 'other' })).not.toBe(stepIdentity(env)),
  )

  test('is there with the names that other runners have for it', () => {
    const others = Object.entries(env).map(([name, value]) => [name.replace('GITHUB', 'FORGEJO'), value])
    expect(stepIdentity(Object.fromEntries(others))).toBe(stepIdentity(env))
  })

  test('is none outside of a runner', () => {
    expect(stepIdentity({ PATH: '/usr/bin' })).toBe('')
  })
})

test('no word of a spec is in the journal', () => {
  openState(directory, 'keep')
  note({ service: SHOP })
  expect(JSON.parse(readFileSync(journal(), 'utf8').split('\n')[1] ?? '')).toEqual({ service: SHOP })
})
