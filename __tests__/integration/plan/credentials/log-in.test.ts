import { randomUUID } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../../lab/scratch.ts'
import type { Connection } from '../../../../src/connect/connection.ts'
import type { Service } from '../../../../src/docker/api.ts'
import { parseConfigFile } from '../../../../src/docker/cli/config-file.ts'
import type { Deployment } from '../../../../src/inputs/deployment.ts'
import { readInputs } from '../../../../src/inputs/read.ts'
import { STRATEGY_INPUTS } from '../../../../src/inputs/strategies/table.ts'
import { logIn } from '../../../../src/plan/credentials/log-in.ts'
import { unusedConfigs } from '../../../../src/plan/notices.ts'
import { planDeployment } from '../../../../src/plan/plan.ts'
import type { Workspace } from '../../../../src/runner/workspace/workspace.ts'
import { STRATEGIES } from '../../../../src/strategies/table.ts'
import { createService } from '../../../support/builders.ts'

// On a runner the passwords of these tests would be masked in the log of the whole job.
delete process.env.GITHUB_ACTIONS

const root = scratchDirectory('log-in-')
afterAll(() => rmSync(root, { recursive: true }))
const bin = join(root, 'bin')
mkdirSync(bin)

const auths = (accounts: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(accounts).map(([registry, account]) => [
      registry,
      { auth: Buffer.from(account).toString('base64') },
    ]),
  )
const configOf = (accounts: Readonly<Record<string, string>>, rest = {}) =>
  JSON.stringify({ auths: auths(accounts), ...rest })

function helper(name: string, script: string): void {
  writeFileSync(join(bin, `docker-credential-${name}`), `#!/bin/sh\nread key\n${script}\n`)
  chmodSync(join(bin, `docker-credential-${name}`), 0o755)
}
helper('good', `echo '{"Username":"helped","Secret":"of-the-helper"}'`)
helper('token', `echo '{"Username":"<token>","Secret":"refresh-token-1"}'`)
helper('none', 'echo credentials not found in native keychain; exit 1')
helper('broken', 'echo the session has expired; exit 1')

interface World {
  readonly inputs: Readonly<Record<string, string>>
  /** The services that are there: name, image and labels. */
  readonly present?: Readonly<Record<string, { readonly image: string; readonly labels?: Record<string, string> }>>
  /** The runner's own config.json. */
  readonly own?: string
}

/** What each service of a run gets, by which config; or what is wrong. */
async function access({ inputs, present = {}, own = '{}' }: World) {
  const given = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  const deployment = readInputs({ GITHUB_WORKSPACE: root, ...Object.fromEntries(given) }, STRATEGY_INPUTS)
  const services = Object.entries(present).map(([name, { image, labels = {} }]) => serviceOf(name, image, labels))
  const workspace = workspaceIn(join(root, randomUUID()))
  const { loggedIn, asked } = await logInWith(deployment, services, own, workspace)
  const observed = { services, tasks: [], nodes: [], now: 0 }
  const plan = planDeployment(deployment, loggedIn, observed, STRATEGIES)
  const chosen = plan.services.map(({ request, access: one }) => {
    const credential = one?.credential
    const account = credential && `${credential.username}:${credential.password.reveal()}`
    return [request.name, one && `${one.config.name} ${account}`]
  })
  return {
    chosen: Object.fromEntries(chosen),
    problems: plan.problems,
    unused: unusedConfigs(deployment.dockerConfigs, plan.services),
    directory: workspace.directory,
    asked,
    plan,
  }
}

async function logInWith(deployment: Deployment, services: readonly Service[], own: string, workspace: Workspace) {
  const asked: string[] = []
  const engine = {
    get: async (path: string) => {
      asked.push(`GET ${path}`)
      return services
    },
    post: async (path: string) => {
      asked.push(`POST ${path}`)
      return {}
    },
  } as unknown as Connection['engine']
  const userConfig = {
    name: '~/.docker',
    directory: join(root, 'none'),
    file: parseConfigFile(own),
    carriedOver: { cliPluginsExtraDirs: [] },
    env: { PATH: `${bin}:/usr/bin:/bin` },
  }
  const connection = { engine, userConfig } as unknown as Connection
  return { loggedIn: await logIn(deployment, connection, workspace, new AbortController().signal), asked }
}

function serviceOf(name: string, image: string, labels: Record<string, string>): Service {
  const service = createService()
  const { TaskTemplate } = service.Spec
  const ContainerSpec = { ...TaskTemplate.ContainerSpec, Image: image }
  const Spec = { ...service.Spec, Name: name, Labels: labels, TaskTemplate: { ...TaskTemplate, ContainerSpec } }
  return { ...service, ID: name, Spec } as Service
}

function workspaceIn(directory: string): Workspace {
  return {
    directory,
    makeDirectory: async (name) => {
      await mkdir(join(directory, name), { recursive: true, mode: 0o700 })
      return join(directory, name)
    },
    writeFile: (path, content) => writeFile(path, content, { mode: 0o600, flag: 'wx' }),
    linkIfThere: async () => undefined,
    keepOnly: async () => undefined,
    socketPath: () => join(directory, 's'),
    [Symbol.asyncDispose]: async () => undefined,
  }
}

const WEB = 'a.example.com/web:1'
const TO_CREATE = JSON.stringify([{ name: 'web', image: WEB, create: true }])

describe('docker-config', () => {
  test("takes the place of the runner's own, for what no entry of registries serves", async () => {
    const services = JSON.stringify([
      { name: 'web', image: WEB, create: true },
      { name: 'api', image: 'b.example.com/api:1', create: true },
      { name: 'public', image: 'c.example.com/x:1', create: true },
    ])
    const registries = '- {registry: b.example.com, username: given, password: given-pass}'
    const config = configOf({ 'a.example.com': 'a:pass-of-a', 'b.example.com': 'b:pass-of-b' })
    const own = configOf({ 'a.example.com': 'own:pass-1', 'c.example.com': 'own:pass-2' })
    const { chosen, asked } = await access({ inputs: { services, registries, 'docker-config': config }, own })
    expect(chosen).toEqual({
      web: 'docker-config a:pass-of-a',
      api: 'b.example.com given:given-pass',
      public: undefined,
    })
    expect(asked).toEqual(['POST /auth'])
    expect((await access({ inputs: { services, registries }, own })).chosen).toEqual({
      ...{ web: '~/.docker own:pass-1', api: 'b.example.com given:given-pass', public: '~/.docker own:pass-2' },
    })
  })

  test('has on disk only what is asked of it, for nobody else to read', async () => {
    const config = configOf({ 'a.example.com': 'a:pass-of-a', 'b.example.com': 'b:pass-of-b' })
    const { directory } = await access({ inputs: { services: TO_CREATE, 'docker-config': config } })
    expect(readdirSync(directory)).toEqual(['config-own'])
    const file = join(directory, 'config-own', 'config.json')
    expect(statSync(join(directory, 'config-own')).mode & 0o777).toBe(0o700)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(JSON.parse(readFileSync(file, 'utf8')).auths).toEqual(auths({ 'a.example.com': 'a:pass-of-a' }))
  })

  const team = (name: string) => ({ 'a.example.com': `${name}:pass-of-${name}` })
  const NAMED = `team-a: '${configOf(team('alice'))}'\nteam-b: '${configOf(team('bob'))}'\n/root/.docker2: '${configOf(team('carol'))}'`

  test.each([
    ['its entry', JSON.stringify([{ name: 'web', image: WEB, create: true, 'auth-config': 'team-b' }]), {}],
    [
      'a label that it will have',
      JSON.stringify([
        { name: 'web', image: WEB, create: true, 'create-args': ['--label swarm-deploy.auth.config=team-b'] },
      ]),
      {},
    ],
    ['a label that it has', `web: ${WEB}`, { web: { image: 'x', labels: { 'gantry.auth.config': 'team-b' } } }],
    [
      'a label where its image stays',
      JSON.stringify([{ name: 'web', replicas: 2 }]),
      { web: { image: WEB, labels: { 'gantry.auth.config': 'team-b' } } },
    ],
  ])('serves by its name a service that names it in %s', async (_, services, present) => {
    const { chosen, unused, problems } = await access({ inputs: { services, 'docker-config': NAMED }, present })
    expect(problems).toEqual([])
    expect(chosen).toEqual({ web: 'team-b bob:pass-of-bob' })
    expect(unused).toEqual([
      'docker-config team-a: it serves no service of this run: choose it with `auth-config: team-a`, or leave it out',
      expect.stringMatching(/^docker-config \/root\/.docker2: it serves no/),
    ])
  })

  test('may have the name that a label has for a directory', async () => {
    const present = { web: { image: WEB, labels: { 'gantry.auth.config': '/root/.docker2' } } }
    const { chosen } = await access({ inputs: { services: `web: ${WEB}`, 'docker-config': NAMED }, present })
    expect(chosen).toEqual({ web: '/root/.docker2 carol:pass-of-carol' })
  })

  test.each([
    ['blanks around its name', { 'swarm-deploy.auth.config': ' team-b\n' }, 'team-b bob:pass-of-bob'],
    [
      'a label of blanks before the other',
      { 'swarm-deploy.auth.config': ' ', 'gantry.auth.config': 'team-a' },
      'team-a alice:pass-of-alice',
    ],
    ['a label of blanks', { 'gantry.auth.config': ' ' }, undefined],
  ])('is chosen by a label with %s', async (_, labels, web) => {
    const present = { web: { image: WEB, labels } }
    const { chosen, problems } = await access({ inputs: { services: `web: ${WEB}`, 'docker-config': NAMED }, present })
    expect(problems).toEqual([])
    expect(chosen).toEqual({ web })
  })

  test('is named with what to do, however long the label is that means none', async () => {
    const present = { web: { image: WEB, labels: { 'gantry.auth.config': `/${'y/'.repeat(5000)}` } } }
    const { problems } = await access({ inputs: { services: `web: ${WEB}`, 'docker-config': NAMED }, present })
    expect(problems).toEqual([expect.stringMatching(/write it into `allow-config-directories`/)])
    expect(problems.join().length).toBeLessThan(1500)
  })

  test('serves nobody who does not name it', async () => {
    const { chosen } = await access({ inputs: { services: TO_CREATE, 'docker-config': NAMED } })
    expect(chosen).toEqual({ web: undefined })
  })

  test.each([
    [
      'team-x',
      /^service web: `auth-config` names the config team-x, but the configs of this run are team-a, team-b and \/root\/.docker2: use one/,
    ],
    [
      'team-a',
      /^service web: `auth-config` names the config team-a, which has no credential for z.example.com: add one/,
    ],
  ])('is a problem where %s does not serve', async (name, words) => {
    const services = JSON.stringify([{ name: 'web', image: 'z.example.com/web:1', create: true, 'auth-config': name }])
    expect((await access({ inputs: { services, 'docker-config': NAMED } })).problems).toEqual([
      expect.stringMatching(words),
    ])
  })

  test('is a problem where it has several accounts for a registry, which docker cannot tell apart', async () => {
    const config = configOf({ 'a.example.com/x': 'a:pass-1', 'https://a.example.com/y/': 'b:pass-2' })
    const { problems } = await access({ inputs: { services: TO_CREATE, 'docker-config': config } })
    expect(problems).toEqual([
      'service web: docker-config has several accounts for a.example.com (a.example.com/x, https://a.example.com/y/), of which docker takes one by chance: give each as an entry of `registries`, with its path',
    ])
    const same = configOf({ 'a.example.com/x': 'a:pass-1', 'https://a.example.com/y/': 'a:pass-1' })
    const exact = configOf({ 'a.example.com/x': 'b:pass-2', 'a.example.com': 'a:pass-1' })
    for (const own of [same, exact]) {
      const { chosen } = await access({ inputs: { services: TO_CREATE }, own })
      expect(chosen).toEqual({ web: '~/.docker a:pass-1' })
    }
  })

  test('one that serves nobody is told of', async () => {
    const config = configOf({ 'b.example.com': 'b:pass-of-b' })
    const { unused } = await access({ inputs: { services: TO_CREATE, 'docker-config': config } })
    expect(unused).toEqual(['docker-config: it serves no service of this run: correct its accounts, or leave it out'])
  })
})

describe('what a credential helper answers', () => {
  test.each([
    ['an account', { credHelpers: { 'a.example.com': 'good' } }, 'docker-config helped:of-the-helper'],
    ['that of the store for all', { credsStore: 'good' }, 'docker-config helped:of-the-helper'],
    ['an identity token', { credsStore: 'token' }, 'docker-config :refresh-token-1'],
    ['nothing', { credsStore: 'none' }, undefined],
  ])('is what is forwarded: %s', async (_, config, expected) => {
    const inputs = { services: TO_CREATE, 'docker-config': JSON.stringify(config) }
    expect(await access({ inputs })).toMatchObject({ problems: [], chosen: { web: expected } })
  })

  const BROKEN = { credHelpers: { 'a.example.com': 'broken', 'b.example.com': 'good' } }

  test.each([
    ['docker-config', { 'docker-config': JSON.stringify(BROKEN) }, '{}'],
    ['~/.docker', {}, JSON.stringify(BROKEN)],
  ])('is an error when it fails for %s, told once for all services that need it', async (origin, inputs, own) => {
    const services = JSON.stringify([
      { name: 'web', image: WEB, create: true },
      { name: 'api', image: 'a.example.com/api:1', create: true },
      { name: 'other', image: 'b.example.com/other:1', create: true },
    ])
    const { problems, chosen } = await access({ inputs: { ...inputs, services }, own })
    expect(problems).toEqual([
      `services web and api: the credential helper broken of ${origin} has no credential for a.example.com: the session has expired. Mend it on this runner, or give \`registries\` an entry for a.example.com`,
    ])
    expect(chosen).toEqual({ other: `${origin} helped:of-the-helper` })
  })

  test('does not matter to who does not need it', async () => {
    const registries = '- {registry: a.example.com, username: given, password: given-pass}'
    const inputs = { services: TO_CREATE, registries, 'docker-config': JSON.stringify(BROKEN) }
    expect(await access({ inputs })).toMatchObject({ problems: [], chosen: { web: 'a.example.com given:given-pass' } })
    const present = { web: { image: WEB } }
    const replicas = {
      services: JSON.stringify([{ name: 'web', replicas: 2 }]),
      'docker-config': JSON.stringify(BROKEN),
    }
    expect(await access({ inputs: replicas, present })).toMatchObject({ problems: [], chosen: { web: undefined } })
  })

  test('of a config by its name is asked only for whom names it', async () => {
    const named = `team-a: '${JSON.stringify(BROKEN)}'\nteam-b: '${JSON.stringify({ credsStore: 'good' })}'`
    const services = (name: string) => JSON.stringify([{ name: 'web', image: WEB, create: true, 'auth-config': name }])
    expect(await access({ inputs: { services: services('team-b'), 'docker-config': named } })).toMatchObject({
      problems: [],
      chosen: { web: 'team-b helped:of-the-helper' },
    })
    expect((await access({ inputs: { services: services('team-a'), 'docker-config': named } })).problems).toEqual([
      expect.stringMatching(/^service web: the credential helper broken of docker-config team-a has no/),
    ])
  })

  test.each([
    ['not there', 'absent', /docker-credential-absent is not on the PATH of this step. Mend/],
    ['a path', '../../evil', /the credential helper ..\/..\/evil of .*: its name is none of a program. Mend/],
  ])('is an error when its program is %s', async (_, credsStore, words) => {
    const inputs = { services: TO_CREATE, 'docker-config': JSON.stringify({ credsStore }) }
    expect((await access({ inputs })).problems).toEqual([expect.stringMatching(words)])
  })
})

describe('a label with the path of a directory of the runner', () => {
  const allowed = join(root, 'allowed')
  const other = join(root, 'other')
  const put = (directory: string, content: string) => {
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, 'config.json'), content)
  }
  put(join(allowed, 'a'), configOf({ 'a.example.com': 'dave:pass-of-dave' }))
  put(join(allowed, 'bad'), '{"auths":{"x":{"auth":"C4nary-pass')
  put(other, configOf({ 'a.example.com': 'eve:C4nary-pass' }))
  put(`${allowed}-not`, configOf({ 'a.example.com': 'eve:C4nary-pass' }))
  mkdirSync(join(allowed, 'empty'))
  mkdirSync(join(allowed, 'linked'))
  mkdirSync(join(allowed, 'mounted', '..data'), { recursive: true })
  put(join(allowed, 'mounted', '..data'), configOf({ 'a.example.com': 'frank:pass-of-frank' }))
  symlinkSync('..data/config.json', join(allowed, 'mounted', 'config.json'))
  symlinkSync(join(other, 'config.json'), join(allowed, 'linked', 'config.json'))
  symlinkSync(other, join(allowed, 'away'))
  symlinkSync(allowed, join(root, 'by-link'))
  mkdirSync(join(allowed, 'folder', 'config.json'), { recursive: true })

  const deployWith = (label: string, directories: string) =>
    access({
      inputs: { services: `web: ${WEB}`, 'allow-config-directories': directories },
      present: { web: { image: WEB, labels: { 'gantry.auth.config': label } } },
    })

  test.each([
    ['itself', join(allowed, 'a'), join(allowed, 'a'), 'dave'],
    ['below what is allowed', join(allowed, 'a'), allowed, 'dave'],
    ['with a slash at its end', `${join(allowed, 'a')}/`, allowed, 'dave'],
    ['with its file mounted as a secret', join(allowed, 'mounted'), allowed, 'frank'],
    ['allowed by a link', join(root, 'by-link', 'a'), join(root, 'by-link'), 'dave'],
  ])('is that directory: %s', async (_, label, directories, user) => {
    expect(await deployWith(label, directories)).toMatchObject({
      problems: [],
      chosen: { web: `${label} ${user}:pass-of-${user}` },
    })
  })

  const NOT = /it is none that this run may read: if it shall, write it into `allow-config-directories`/

  test.each([
    ['nothing is allowed', other, '', NOT],
    ['it is another one', other, allowed, NOT],
    ['it only begins so', `${allowed}-not`, allowed, NOT],
    ['it is above', root, allowed, NOT],
    ['it has a way out', `${allowed}/../other`, allowed, NOT],
    ['it is not there', join(allowed, 'nowhere'), allowed, /there is no config.json on this runner: log in/],
    ['it is empty', join(allowed, 'empty'), allowed, /there is no config.json on this runner: log in/],
    ['it is a link elsewhere', join(allowed, 'away'), allowed, /a link leads out of what this run may read: write/],
    ['its file is a link elsewhere', join(allowed, 'linked'), allowed, /a link leads out of what this run may read/],
    ['its file is a directory', join(allowed, 'folder'), allowed, /this is a directory/],
    ['its file is broken', join(allowed, 'bad'), allowed, /no config.json that docker would read: it is no JSON/],
  ])('is refused where %s', async (_, label, directories, words) => {
    const { problems, chosen, directory } = await deployWith(label, directories)
    expect(problems).toEqual([expect.stringMatching(words)])
    expect(problems[0]).toContain(`service web: its label gantry.auth.config names the directory ${label}: `)
    expect(problems[0]).toContain(`Or give \`registries\` an entry with \`config: ${label}\``)
    expect(problems.join()).not.toContain('C4nary')
    expect(chosen).toEqual({})
    expect(() => readdirSync(directory)).toThrow()
  })

  test('is one only where it is a whole path', async () => {
    const { problems } = await deployWith('.docker2', allowed)
    expect(problems).toEqual([expect.stringMatching(/names the config .docker2, but this run has no configs: give/)])
  })
})
