import { readFileSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createService, createTask } from '../builders.ts'

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
    '/info': { ServerVersion: '20.10.24', Swarm: { LocalNodeState: 'active', ControlAvailable: true } },
    '/nodes': [NODE],
    '/services': [web],
    [`/services/${web.Spec.Name}`]: web,
    [`/services/${web.ID}`]: web,
    '/tasks': [createTask(1)],
    '/distribution/registry.example.com/app:v2/json': { Descriptor: { digest: DIGEST }, Platforms: [] },
  },
}

/** Its program without types: Node needs three times as long to start what it has to take them off. */
const PROGRAM = stripTypeScriptTypes(readFileSync(join(dirname(fileURLToPath(import.meta.url)), 'docker.ts'), 'utf8'))

/** Puts a stand-in for docker with this scenario into a directory of its own. */
export async function fakeDocker(scenario: Scenario): Promise<FakeDocker> {
  const directory = await mkdtemp(join(tmpdir(), 'fake-docker-'))
  const become = (next: Scenario) => writeFile(join(directory, 'scenario.json'), JSON.stringify(next))
  await become(scenario)
  for (const notes of ['calls', 'requests', 'environments']) await writeFile(join(directory, notes), '')
  const linesOf = async (notes: string) =>
    (await readFile(join(directory, notes), 'utf8')).split('\n').filter((line) => line !== '')
  const program = join(directory, 'docker.mjs')
  await writeFile(program, PROGRAM)
  await writeFile(join(directory, 'docker'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`)
  await chmod(join(directory, 'docker'), 0o755)
  return {
    become,
    env: { PATH: `${directory}:/usr/bin:/bin`, FAKE_DOCKER: directory, DOCKER_HOST: 'unix:///fake.sock' },
    calls: () => linesOf('calls'),
    requests: () => linesOf('requests'),
    environments: () => readFile(join(directory, 'environments'), 'utf8'),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  }
}
