import { readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { scratchDirectory } from '../../../lab/scratch.ts'
import { createService, createTask } from '../builders.ts'
import { DialledEngine } from './dialled-engine.ts'

/** What the stand-in for docker answers. */
export interface Scenario {
  readonly apiVersion?: string
  /** Engine API answers by path, without version and query. What is not here is a 404. */
  readonly answers: Readonly<Record<string, unknown>>
  /** What is answered instead of these, with any status and body. */
  readonly raw?: Readonly<Record<string, { readonly status: number; readonly body: string }>>
  /** Paths that are never answered. */
  readonly hangs?: readonly string[]
  /** Commands that never end, by words in the command line. */
  readonly stalls?: readonly string[]
  /** Commands that print this, and nothing that a docker CLI would, by words in the command line. */
  readonly prints?: readonly { readonly command: string; readonly stdout: string }[]
  /** Commands that fail: the first whose words are in the command line. */
  readonly fails?: readonly { readonly command: string; readonly code: number; readonly stderr: string }[]
}

/** The stand-in, ready to be first on a PATH. */
export interface FakeDocker extends AsyncDisposable {
  /** From now on it answers so. */
  become(scenario: Scenario): Promise<void>
  /** The variables that make a step use it. */
  readonly env: Readonly<Record<string, string>>
  /** The command lines so far, in the order of their start. */
  calls(): Promise<string[]>
  /** The API calls so far: `GET /info`. */
  requests(): Promise<string[]>
  /** All that it was given as environment so far. */
  environments(): Promise<string>
}

const DIGEST = `sha256:${'a'.repeat(64)}`
const NODE = {
  ID: 'node-1',
  Spec: { Availability: 'active', Role: 'manager' },
  Status: { State: 'ready' },
  Description: { Hostname: 'n1', Platform: { Architecture: 'x86_64', OS: 'linux' }, Engine: {} },
}

/** The service that {@link healthy} has. */
export const web = createService()

/** A swarm of one node and one service, and a registry with a newer image of it. */
export const healthy: Scenario = {
  answers: {
    // A swarm takes the record of a deploy, and shows none.
    '/configs': [],
    '/configs/create': { ID: 'record' },
    '/info': {
      SystemTime: '2026-11-26T12:00:00Z',
      ServerVersion: '20.10.24',
      Swarm: { LocalNodeState: 'active', ControlAvailable: true },
    },
    '/nodes': [NODE],
    '/services': [web],
    [`/services/${web.Spec.Name}`]: web,
    [`/services/${web.ID}`]: web,
    '/tasks': [createTask(1)],
    '/distribution/registry.example.com/app:v2/json': { Descriptor: { digest: DIGEST }, Platforms: [] },
  },
}

const PROGRAM = fileURLToPath(new URL('docker', import.meta.url))

/** Puts a stand-in for docker with this scenario into a directory of its own. */
export async function fakeDocker(scenario: Scenario): Promise<FakeDocker> {
  const directory = scratchDirectory('fake-docker-')
  const engine = await DialledEngine.start(scenario)
  const become = async (next: Scenario) => {
    engine.scenario = next
    await writeCommands(directory, next, engine.port)
  }
  await become(scenario)
  for (const notes of ['calls', 'environments']) await writeFile(join(directory, notes), '')
  await symlink(PROGRAM, join(directory, 'docker'))
  const calls = async () => {
    const lines = (await readFile(join(directory, 'calls'), 'utf8')).split('\n').filter((line) => line !== '')
    return lines.map((line) => line.replaceAll(/\/\S*swarm-deploy-[0-9a-f]{12}\//g, '<workspace>/'))
  }
  return {
    become,
    env: { PATH: `${directory}:/usr/bin:/bin`, FAKE_DOCKER: directory, DOCKER_HOST: 'unix:///fake.sock' },
    calls,
    requests: async () => [...engine.requests],
    environments: () => readFile(join(directory, 'environments'), 'utf8'),
    [Symbol.asyncDispose]: async () => {
      await engine[Symbol.asyncDispose]()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Tells the program which commands do something of their own. What they print are files: it may be long and odd. */
async function writeCommands(
  directory: string,
  { fails = [], prints = [], stalls = [] }: Scenario,
  port: number,
): Promise<void> {
  const said = async (text: string, index: number) => {
    const path = join(directory, `said-${index}`)
    await writeFile(path, text)
    return path
  }
  const failing = fails.map(async ({ command, code, stderr }, index) => {
    return [command, `cat '${await said(`${stderr}\n`, index)}' >&2; exit ${code}`]
  })
  const printing = prints.map(async ({ command, stdout }, index) => {
    return [command, `exec cat '${await said(stdout, fails.length + index)}'`]
  })
  const stalling = stalls.map((command) => [command, 'exec sleep 86400'])
  const cases = [...(await Promise.all([...failing, ...printing])), ...stalling]
  const lines = [`port=${port}`, 'case "$*" in', ...cases.map(([words, act]) => `*'${words}'*) ${act} ;;`), 'esac', '']
  // In one step: it is read at any time.
  await writeFile(join(directory, 'scenario.new'), lines.join('\n'))
  await rename(join(directory, 'scenario.new'), join(directory, 'scenario'))
}
