import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../lab/scratch.ts'
import { documented } from '../../scripts/readme-tables.ts'
import { modeAsked } from '../../src/inputs/read.ts'
import { entryKeys } from '../../src/inputs/services/service-keys.ts'
import { STRATEGY_INPUTS } from '../../src/inputs/strategies/table.ts'
import { MODES } from '../../src/modes/table.ts'
import { CERTIFICATES as PEM } from '../support/certificates.ts'
import {
  EXAMPLES,
  type Fragment,
  fragmentsOf,
  PAGES,
  PLACEHOLDER,
  type ShownStep,
  stepsIn,
} from '../support/documents.ts'

const inputs = documented(readFileSync('action.yml', 'utf8'), 'inputs')
const known = { inputs: inputs.map(({ name }) => name), entryKeys: entryKeys(STRATEGY_INPUTS) }
const fragments = [...PAGES, ...EXAMPLES].flatMap((path) => fragmentsOf(path, known))
const shown = fragments.flatMap((fragment) =>
  stepsIn(fragment).map((step, index) => [`${fragment.place} step ${index + 1}`, step, fragment] as const),
)

/** What a step may get from the settings of a repository. */
const SSH_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'sec1', format: 'pem' })
  .toString()
const FINGERPRINT = `SHA256:${'a'.repeat(43)}`
const CERTIFICATES = /^tls-(?:ca|cert|key)$/

let workspace: string
beforeAll(() => {
  workspace = scratchDirectory('documents-')
  // Where the script of a check is looked for.
  process.env.GITHUB_WORKSPACE = workspace
  write('compose.yml', readFileSync('examples/compose.yml', 'utf8'))
})
afterAll(() => {
  delete process.env.GITHUB_WORKSPACE
  rmSync(workspace, { recursive: true })
})

test('the documents show steps, and the examples are whole workflows but for their compose file', () => {
  expect(shown.length).toBeGreaterThan(EXAMPLES.length)
  const kinds = EXAMPLES.map((path) => [path, fragmentsOf(path, known)[0]?.kind])
  expect(kinds.filter(([, kind]) => kind !== 'workflow')).toEqual([['examples/compose.yml', 'compose']])
})

test('the action is called by the placeholder everywhere', () => {
  const names = [...PAGES, ...EXAMPLES].flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(/\buses: (\S*swarm-deploy\S*)/g)].map(([, name]) => `${path}: ${name}`),
  )
  expect(names.length).toBeGreaterThan(0)
  expect(names.filter((name) => !name.endsWith(`: ${PLACEHOLDER}`))).toEqual([])
})

test.each(shown)('%s has only inputs of action.yml', (_, step) => {
  expect(Object.keys(step.with).filter((name) => !known.inputs.includes(name))).toEqual([])
})

test.each(shown)('%s is accepted', (_, step, { kind }) => {
  const whole = kind === 'workflow' ? step : completed(step)
  // Certificates of nobody: what they are held to has tests of its own.
  const given = Object.entries(whole.with).filter(([name]) => !CERTIFICATES.test(name))
  const isTls = given.length < Object.keys(whole.with).length
  const values: Record<string, string> = {
    ...Object.fromEntries(given),
    ...(isTls ? { 'allow-plain-tcp': 'true' } : {}),
  }
  const texts = Object.fromEntries(Object.entries(whole.env).map(([name, text]) => [name, evaluated(text)]))
  const env = { ...texts, ...variablesOfConfig(values['docker-config']) }
  for (const [path, content] of filesOf(values)) write(path, content)
  expect(() => read(values, env)).not.toThrow()
})

describe('what is shown beside of steps is accepted', () => {
  const of = (wanted: Fragment['kind']) =>
    fragments.filter(({ kind }) => kind === wanted).map((fragment) => [fragment.place, fragment] as const)

  test.each(of('entry'))('%s, keys of an entry', (_, { value }) => {
    const entry = { name: 'web', image: 'ghcr.io/my-org/web:1.4.2', ...(value as object) }
    expect(() => read({ services: JSON.stringify([entry]) }, {})).not.toThrow()
  })

  test.each(of('compose'))('%s, a compose file', (_, { text }) => {
    write('shown.yml', text)
    expect(() => read({ stack: 'shown', 'compose-file': 'shown.yml' }, { TAG: 'v1' })).not.toThrow()
  })
})

function read(values: Readonly<Record<string, string>>, env: Readonly<Record<string, string>>) {
  const variables = Object.entries(values).map(([name, text]) => [`INPUT_${name.toUpperCase()}`, inputFor(name, text)])
  const all = { GITHUB_WORKSPACE: workspace, ...env, ...Object.fromEntries(variables) }
  return MODES[modeAsked(all)].read(all)
}

/** Some inputs, with what a step needs beside them. */
function completed({ with: given, env }: ShownStep): ShownStep {
  const image = given['registry-ca'] === undefined ? 'nginx:1.29' : 'registry.example.com/web:1.4.2'
  const isOverSsh = /ssh:\/\//.test(given.host ?? '')
  const hosts = (given.host ?? '').match(/(?<=ssh:\/\/(?:\w+@)?)[\w.-]+/g) ?? []
  return {
    with: {
      ...(given.services === undefined && given.stack === undefined && given.mode !== 'login'
        ? { services: given.mode === 'refresh-auth' ? 'all' : `web: ${image}` }
        : {}),
      ...(isOverSsh
        ? { 'ssh-key': '', 'ssh-known-hosts': hosts.map((host) => `${host} ${FINGERPRINT}`).join('\n') }
        : {}),
      ...given,
    },
    env: { TAG: 'v1', ...variablesOf(given.registries), ...env },
  }
}

/** The variables that entries of `registries` name. */
function variablesOf(registries = ''): Record<string, string> {
  return Object.fromEntries(
    [...registries.matchAll(/password-env: (\w+)/g)].map(([, name = '']) => [name, 'dummy-7Qx']),
  )
}

const DOCKER_CONFIG = JSON.stringify({ auths: { 'ghcr.io': { username: 'bot', password: 'dummy-7Qx' } } })

/** Those that a `docker-config` names. */
function variablesOfConfig(text = ''): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/\benv:(\w+)/g)].map(([, name = '']) => [name, DOCKER_CONFIG]))
}

function inputFor(name: string, text: string): string {
  if (name === 'ssh-key') return SSH_KEY
  if (name === 'registries' && /^\$\{\{.*\}\}$/.test(text)) return 'main ghcr.io bot dummy-7Qx'
  if (name === 'ssh-known-hosts' && text.includes('${{')) return FINGERPRINT
  return evaluated(text)
}

/** What the runner might make of a text with expressions. */
function evaluated(text: string): string {
  return text.replaceAll(/\$\{\{(.*?)\}\}/gs, (_, expression: string) => {
    if (/_CA\b/.test(expression)) return /toJSON/.test(expression) ? JSON.stringify(PEM.acme) : PEM.acme
    if (/secrets\./.test(expression)) return 'dummy-7Qx'
    if (/\.host\b(?!-)/.test(expression)) return 'ssh://deploy@swarm.example.com'
    const [registry] = /\w*registry/i.exec(expression) ?? []
    if (registry !== undefined) return `${registry.toLowerCase().replaceAll('_', '-')}.example.com`
    if (/\.number\b/.test(expression)) return '12'
    if (/digest/.test(expression)) return `sha256:${'0'.repeat(64)}`
    return '1.4.2'
  })
}

/** The files that a step reads, with what may stand in them. */
function filesOf(values: Readonly<Record<string, string>>): [path: string, content: string][] {
  const lines = (name: string) => (values[name] ?? '').split('\n').filter((line) => line.trim() !== '')
  const registries = evaluated(values.registries ?? '')
  const dockerConfigs = [...(values['docker-config'] ?? '').matchAll(/: ([\w./-]+\.(?:json|tar\.gz))$/gm)]
  const passwords = [...registries.matchAll(/password-file: ([\w./-]+)/g)].map(([, path = '']) => path)
  const cas = (values['registry-ca'] ?? '').match(/[\w./-]+\.crt/g) ?? []
  const checks = `${values['check-command'] ?? ''}\n${values.services ?? ''}`
  const archives = [...(values.images ?? '').matchAll(/archive: ([\w./-]+)/g)].map(([, path = '']) => path)
  const contents = [...(values.services ?? '').matchAll(/\bfile: ([\w./-]+)/g)].map(([, path = '']) => path)
  const scripts = checks.match(/(?<=\s|^)\.\/[\w./-]+\.sh/g) ?? []
  return [
    ...lines('compose-file').map((path): [string, string] => [path, readFileSync('examples/compose.yml', 'utf8')]),
    ...lines('env-file').map((path): [string, string] => [path, 'TAG=v1\n']),
    ...lines('registries-file').map((path): [string, string] => [path, 'main ghcr.io bot dummy-7Qx\n']),
    ...cas.map((path): [string, string] => [path, PEM.acme]),
    ...passwords.map((path): [string, string] => [path, 'dummy-7Qx\n']),
    ...dockerConfigs.map(([, path = '']): [string, string] => [path, DOCKER_CONFIG]),
    ...archives.map((path): [string, string] => [path, 'an archive']),
    ...contents.map((path): [string, string] => [path, '{}']),
    ...scripts.map((path): [string, string] => [path, '#!/bin/sh\n']),
  ]
}

function write(path: string, content: string): void {
  const file = join(workspace, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content, { mode: file.endsWith('.sh') ? 0o755 : 0o644 })
}
