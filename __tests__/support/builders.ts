import type { Node, Service, ServiceSpec, Task, TaskState, TaskTemplate } from '../../src/docker/api.ts'
import type { Credential } from '../../src/inputs/accounts/credential.ts'
import type { Deployment, Reach, ServiceRequest } from '../../src/inputs/deployment.ts'
import type { Replacement } from '../../src/inputs/replacement.ts'
import type { Config } from '../../src/plan/credentials/log-in.ts'
import type { DeployRecord, RecordedRun } from '../../src/records/record.ts'
import type { FailedTask, ServiceResult } from '../../src/result.ts'
import { Secret } from '../../src/runner/secrets/secret.ts'

/** A digest of Docker's form: `digest('a')` and `digest('b')` differ. */
export function digest(hex: string): string {
  return `sha256:${hex.repeat(64)}`
}

/** A spec of one replica of `ghcr.io/acme/web:1`. */
export function createSpec(
  overrides: Partial<Omit<ServiceSpec, 'TaskTemplate'>> & { readonly TaskTemplate?: Partial<TaskTemplate> } = {},
): ServiceSpec {
  const { TaskTemplate: template, ...rest } = overrides
  return {
    Name: 'web',
    Mode: { Replicated: { Replicas: 1 } },
    ...rest,
    TaskTemplate: { ContainerSpec: { Image: `ghcr.io/acme/web:1@${digest('a')}` }, ...template },
  }
}

export function createService(overrides: Partial<Service> = {}): Service {
  return { ID: 'service-web', Version: { Index: 10 }, Spec: createSpec(), ...overrides }
}

/** The `n`th task: the higher its number, the newer it is. It runs in slot 1 on the node `node-1`. */
export function createTask(n: number, overrides: Partial<Task> = {}): Task {
  return {
    ID: `task-${n}`,
    ServiceID: 'service-web',
    NodeID: 'node-1',
    Slot: 1,
    CreatedAt: new Date(Date.UTC(2026, 10, 20, 10, 0, n)).toISOString(),
    DesiredState: 'running',
    Status: { State: 'running' },
    ...overrides,
  }
}

/** A task whose end Swarm has seen: it no longer wants it to run. */
export function createEndedTask(n: number, state: TaskState, overrides: Partial<Task> = {}): Task {
  const exitCode = state === 'complete' ? 0 : 1
  const status = { State: state, ...(state === 'rejected' ? {} : { ContainerStatus: { ExitCode: exitCode } }) }
  return createTask(n, { DesiredState: 'shutdown', Status: status, ...overrides })
}

/** The `n`th node, ready and active. */
export function createNode(n: number): Node {
  return {
    ID: `node-${n}`,
    Spec: { Availability: 'active', Role: 'worker' },
    Status: { State: 'ready' },
    Description: {
      Hostname: `host-${n}`,
      Platform: { Architecture: 'x86_64', OS: 'linux' },
      Engine: {},
    },
  }
}

/** The `n`th node as the swarm shows it from when it has joined until it first reports, or for ever. */
export function createJoiningNode(n: number, state = 'unknown'): Node {
  return { ...createNode(n), Status: { State: state }, Description: { Platform: {}, Engine: {} } }
}

export function createCredential(overrides: Partial<Credential> = {}): Credential {
  return {
    origin: 'registries[0]',
    config: 'ghcr.io',
    registry: 'ghcr.io',
    path: '',
    username: 'alice',
    password: new Secret('wonderland-7'),
    kind: 'password',
    ...overrides,
  }
}

/** A config that holds the credentials. */
export function createConfig(name: string, credentials: readonly Credential[]): Config {
  return { name, directory: `/run/${name}`, credentials }
}

export const ROLLING: Replacement = {
  strategy: { kind: 'rolling', settings: undefined, uncountedSeconds: 0 },
  policies: { update: {}, rollback: {} },
  prepare: 'no',
}

export function createRequest(overrides: Partial<ServiceRequest> = {}): ServiceRequest {
  return { name: 'web', env: {}, create: false, updateArgs: [], ...ROLLING, ...overrides }
}

/** The result of an update that went well. */
export function createResult(overrides: Partial<ServiceResult> = {}): ServiceResult {
  return {
    name: 'web',
    action: 'update',
    outcome: 'updated',
    image: {
      before: `ghcr.io/acme/web:1@${digest('a')}`,
      wanted: `ghcr.io/acme/web:2@${digest('b')}`,
      after: `ghcr.io/acme/web:2@${digest('b')}`,
    },
    strategy: 'rolling',
    config: 'ghcr.io',
    nodes: 2,
    tasks: { running: 3, wanted: 3 },
    seconds: 7.5,
    ...overrides,
  }
}

/** Nothing is said of where the swarm is. */
export const RUNNERS_OWN: Reach = {
  hosts: [],
  context: undefined,
  ssh: undefined,
  tls: undefined,
  cli: { version: '28.3.3', sha256: undefined, downloadUrl: 'https://download.docker.com' },
}

/** A deployment of nothing, with the defaults. */
export function createDeployment(overrides: Partial<Deployment> = {}): Deployment {
  return {
    mode: 'deploy',
    reach: RUNNERS_OWN,
    pruneImages: undefined,
    onShortLived: 'warn',
    credentials: [],
    dockerConfigs: [],
    configDirectories: [],
    registryCas: [],
    images: [],
    services: [],
    wait: true,
    timeoutSeconds: 600,
    monitorSeconds: undefined,
    onFailure: 'rollback',
    onCancel: 'keep',
    force: [],
    keepReplicas: false,
    sameDigest: 'deploy',
    maxParallel: 10,
    lock: undefined,
    historyLimit: 10,
    plan: { showValues: false, failOnChanges: false },
    ...overrides,
  }
}

/** A service whose task has failed. */
export function createFailedResult(
  failedTask: Partial<FailedTask> = {},
  cause = 'Swarm paused the update',
): ServiceResult {
  return createResult({
    outcome: 'failed',
    cause,
    failedTask: {
      id: 'task-1',
      node: 'host-1',
      ending: 'failed with exit code 1',
      exitCode: 1,
      logs: [],
      ...failedTask,
    },
  })
}

/** The run 1234 of `acme/shop`. */
export function createRecordedRun(overrides: Partial<RecordedRun> = {}): RecordedRun {
  return {
    repository: 'acme/shop',
    commit: 'a1b2c3d4e5f60718293a4b5c6d7e8f9001122334',
    ref: 'refs/heads/main',
    runId: '1234',
    attempt: '1',
    url: 'https://github.com/acme/shop/actions/runs/1234',
    actor: 'octocat',
    owner: 'acme/shop, workflow Deploy, job release, run 1234',
    at: '2026-11-26T10:00:00Z',
    ...overrides,
  }
}

/** The first record of the service `web`. */
export function createRecord(overrides: Partial<DeployRecord> = {}): DeployRecord {
  return {
    subject: { kind: 'service', name: 'web' },
    version: 1,
    at: '2026-11-26T10:00:00Z',
    runs: [createRecordedRun()],
    services: [{ name: 'web', image: 'ghcr.io/acme/web:1', spec: createSpec() }],
    names: { networks: {}, secrets: {}, configs: {} },
    ...overrides,
  }
}
