import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parse, parseAllDocuments } from 'yaml'
import { scratchDirectory } from '../../lab/scratch.ts'
import { documented } from '../../src/command/action-file.ts'
import { parseArguments } from '../../src/command/arguments.ts'
import { asInputs, readSettings } from '../../src/command/settings.ts'
import type { ModeName } from '../../src/inputs/mode.ts'
import { inputsOfMode } from '../../src/inputs/mode-inputs.ts'
import { modeAsked } from '../../src/inputs/read.ts'
import { STRATEGY_INPUTS } from '../../src/inputs/strategies/table.ts'
import { MODES } from '../../src/modes/table.ts'

/** The files for other CI systems: what they ask for is what the command takes. */

const inputs = documented(readFileSync('action.yml', 'utf8'), 'inputs').map(({ name }) => name)
const PLACEHOLDER = /OWNER\/swarm-deploy(?:\/deploy)?@0{40}/
const SSH_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'sec1', format: 'pem' })
  .toString()

let workspace: string
beforeAll(() => {
  workspace = scratchDirectory('recipes-')
  for (const name of ['compose.yml', 'compose.production.yml']) {
    writeFileSync(join(workspace, name), readFileSync('examples/compose.yml', 'utf8'))
  }
  process.env.GITHUB_WORKSPACE = workspace
})
afterAll(() => {
  delete process.env.GITHUB_WORKSPACE
  rmSync(workspace, { recursive: true })
})

const recipe = (name: string) => readFileSync(`examples/ci/${name}`, 'utf8')

/** What a run is asked for by variables and words: accepted, or the test fails with what the user would read. */
function accept(variables: Readonly<Record<string, string>>, words: readonly string[] = []) {
  const env = { GITHUB_WORKSPACE: workspace, TAG: 'v1', ...variables }
  const asked = parseArguments(words)
  if (asked.kind !== 'run') throw new Error(`this asks for ${asked.kind}`)
  const flags = new Map(
    [...asked.inputs].map(([name, [value]]) => [name, value?.from === 'file' ? SSH_KEY : (value?.text ?? '')]),
  )
  if (asked.mode !== undefined) flags.set('mode', asked.mode)
  const all = asInputs(env, readSettings(env), flags)
  expect(() => MODES[modeAsked(all)].read(all)).not.toThrow()
  return modeAsked(all)
}

const SECRETS: Readonly<Record<string, string>> = { ssh_key: SSH_KEY, registry_password: 'dummy-7Qx' }

/** With the secrets in their places, as Woodpecker and Drone put them there. */
function withSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSecrets)
  if (typeof value !== 'object' || value === null) return value
  if ('from_secret' in value) return SECRETS[String(value.from_secret)]
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withSecrets(inner)]))
}

/** As pipeline/frontend/yaml/compiler/settings/params.go of Woodpecker writes a setting. */
function settingText(value: unknown): string {
  if (typeof value !== 'object') return String(value)
  const isPlain = Array.isArray(value) && value.every((item) => typeof item !== 'object')
  return isPlain ? value.join(',') : JSON.stringify(value)
}

test.each([
  ['woodpecker.yml', { CI: 'woodpecker' }],
  ['drone.yml', { DRONE: 'true' }],
])('the settings of %s are accepted', (name, env) => {
  const { steps } = parse(recipe(name)) as { steps: { settings: Record<string, unknown> }[] }
  const settings = Object.entries(steps[0]?.settings ?? {})
  const variables = settings.map(([key, value]) => [`PLUGIN_${key.toUpperCase()}`, settingText(withSecrets(value))])
  expect(accept({ ...env, ...Object.fromEntries(variables) })).toBe('deploy')
})

describe('the component for GitLab', () => {
  const [head, body] = parseAllDocuments(readFileSync('templates/deploy.yml', 'utf8')).map((one) => one.toJS())
  const defaults = head.spec.inputs as Record<string, { default?: string; description: string }>
  const given = parse(recipe('gitlab-ci.yml')).include[0] as { component: string; inputs: Record<string, string> }
  const OWN = ['image', 'job', 'stage', 'mode', 'environment']

  /** What GitLab makes of it with some inputs. */
  const interpolated = (values: Record<string, string>) => {
    const text = (one: unknown): unknown => {
      if (typeof one === 'string') {
        return one.replaceAll(
          /\$\[\[ inputs\.([\w-]+) \]\]/g,
          (_, name) => values[name] ?? defaults[name]?.default ?? '',
        )
      }
      if (Array.isArray(one)) return one.map(text)
      if (typeof one !== 'object' || one === null) return one
      return Object.fromEntries(Object.entries(one).map(([name, inner]) => [text(name), text(inner)]))
    }
    return Object.values(text(body) as object)[0] as { variables: Record<string, string>; script: string[] }
  }

  test('has inputs of action.yml, each in the variable that is named after it', () => {
    const names = Object.keys(defaults).filter((name) => !OWN.includes(name))
    expect(names.filter((name) => !inputs.includes(name))).toEqual([])
    const [job] = Object.values(body) as { variables: Record<string, string> }[]
    expect(job?.variables).toEqual(
      Object.fromEntries(
        names.map((name) => [`SWARM_DEPLOY_${name.toUpperCase().replaceAll('-', '_')}`, `$[[ inputs.${name} ]]`]),
      ),
    )
  })

  test('the example gives inputs that it has, and all that it must be given', () => {
    expect(Object.keys(given.inputs).filter((name) => !(name in defaults))).toEqual([])
    const needed = Object.entries(defaults).filter(([, one]) => one.default === undefined)
    expect(needed.map(([name]) => name).filter((name) => !(name in given.inputs))).toEqual([])
    expect(given.component).toMatch(PLACEHOLDER)
  })

  test('what comes of it is accepted', () => {
    const { variables, script } = interpolated(given.inputs)
    const words = script.at(-1)?.split(' ') ?? []
    expect(words.shift()).toBe('swarm-deploy')
    const secrets = { SWARM_DEPLOY_SSH_KEY: SSH_KEY, DEPLOY_TOKEN: 'dummy-7Qx' }
    expect(accept({ GITLAB_CI: 'true', CI: 'true', ...secrets, ...variables }, words)).toBe('deploy')
  })

  test.each(['deploy', 'plan', 'history', 'status', 'rollback', 'remove', 'refresh-auth'])(
    'mode %s is handed nothing that it says it does not use',
    (mode) => {
      const all = { stack: 'shop', 'compose-file': 'compose.yml', 'env-file': '.env', registries: '[]', mode }
      const { variables, script } = interpolated({ ...given.inputs, ...all, services: '' })
      const text = [...script.slice(0, -1), 'env'].join('\n')
      const left = execFileSync('sh', ['-euc', text], { env: { PATH: process.env.PATH, ...variables } }).toString()
      const handed = Object.keys(variables).filter((name) => left.includes(`${name}=`))
      const taken = inputsOfMode(mode as ModeName, STRATEGY_INPUTS).map(
        (name) => `SWARM_DEPLOY_${name.toUpperCase().replaceAll('-', '_')}`,
      )
      expect(handed).toEqual(Object.keys(variables).filter((name) => taken.includes(name)))
    },
  )
})

test('the pipeline for Jenkins is accepted', () => {
  const text = recipe('Jenkinsfile')
  const variables = [...text.matchAll(/^ {4}(SWARM_DEPLOY_\w+) = (?:'([^']*)'|credentials)/gm)]
  const env = Object.fromEntries(variables.map(([, name, value = 'dummy-7Qx']) => [name, value]))
  expect(Object.keys(env)).toHaveLength(5)
  const [, command = ''] = /sh '''([\s\S]*?)'''/.exec(text) ?? []
  const [, words = ''] = /cli\.js ([\s\S]*)/.exec(command.replaceAll(/\\\n/g, ' ')) ?? []
  const all = words.trim().replaceAll('"', '').split(/\s+/)
  expect(all).toContain('@$SSH_KEY_FILE')
  expect(accept(env, all)).toBe('deploy')
})

test('the script for a laptop is accepted', () => {
  const text = recipe('laptop.sh')
  const exported = [...text.matchAll(/export (SWARM_DEPLOY_\w+)=("?)(.*)\2$/gm)].map(([, name, , value]) => [
    name,
    // As the shell puts it there.
    value?.replace('$USER', 'jane'),
  ])
  const env = { ...Object.fromEntries(exported), SWARM_DEPLOY_PASSWORD: 'dummy-7Qx', SSH_AUTH_SOCK: '/agent' }
  const commands = [...text.matchAll(/^\$swarm_deploy (.*)$/gm)].map(([, words = '']) => words.split(' '))
  expect(commands.map((words) => accept(env, words))).toEqual(['plan', 'deploy'])
})

test.each(['forgejo.yml', 'gitea.yml'])('the workflow %s is accepted', (name) => {
  const { jobs } = parse(recipe(name)) as {
    jobs: { deploy: { steps: { uses: string; with?: Record<string, unknown> }[] } }
  }
  const step = jobs.deploy.steps.find(({ uses }) => PLACEHOLDER.test(uses))
  const given = Object.entries(step?.with ?? {})
  expect(given.map(([input]) => input).filter((input) => !inputs.includes(input))).toEqual([])
  const value = (input: string, text: string) => {
    if (input === 'ssh-key') return SSH_KEY
    return text.includes('${{') ? `SHA256:${'a'.repeat(43)}` : text
  }
  const variables = given.map(([input, text]) => [`INPUT_${input.toUpperCase()}`, value(input, String(text))])
  accept({ ...Object.fromEntries(variables), REGISTRY_PASSWORD: 'dummy-7Qx' })
})

test('the image has the files that the command reads', () => {
  const docker = readFileSync('Dockerfile', 'utf8')
  const [, copied = ''] = /^COPY (.*) \/opt\/swarm-deploy\/$/m.exec(docker) ?? []
  expect(copied.split(' ')).toEqual(['action.yml', 'package.json', 'LICENSE'])
  const kept = readFileSync('.dockerignore', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('!'))
  expect(kept.map((line) => line.slice(1))).toEqual([...copied.split(' '), 'dist'])
})
