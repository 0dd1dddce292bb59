import { expect, test } from '@jest/globals'
import type { Connection, Deployment } from '../../src/deployment.ts'
import type { Engine } from '../../src/docker/engine.ts'
import { carryOut } from '../../src/main.ts'
import { createWorkspace } from '../../src/runner/workspace.ts'
import { createNode, createRequest, createService, createTask, RUNNERS_OWN } from '../support/builders.ts'

const ASKED: Deployment = {
  credentials: [],
  services: [createRequest({ replicas: 1 })],
  wait: true,
  timeoutSeconds: 60,
  monitorSeconds: undefined,
  onFailure: 'rollback',
  onCancel: 'keep',
  maxParallel: 10,
  lock: undefined,
  reach: RUNNERS_OWN,
}

/** A swarm of one service that is up, and that nothing may change. */
function connectionTo(answers: Readonly<Record<string, unknown>>): Connection {
  const refuse = () => Promise.reject(new Error('nothing was to be changed'))
  const engine: Engine = {
    apiVersion: '1.54',
    get: async <T>(path: string) => answers[path] as T,
    post: refuse,
    remove: refuse,
    bytes: refuse,
    lines: async function* () {},
    forward: refuse,
    close: () => undefined,
  }
  return {
    docker: {
      run: refuse,
      start: () => {
        throw new Error('no docker command was to be started')
      },
    },
    cliVersion: undefined,
    engine,
    configDirectory: '',
    userConfig: { name: '~/.docker', directory: '', file: {}, carriedOver: { cliPluginsExtraDirs: [] }, env: {} },
    [Symbol.dispose]: () => undefined,
  }
}

test('a deployment is carried out over a connection that there already is', async () => {
  await using workspace = await createWorkspace()
  const service = createService()
  using connection = connectionTo({ '/services': [service], '/tasks': [createTask(1)], '/nodes': [createNode(1)] })
  const { signal } = new AbortController()
  const results = await carryOut(ASKED, { connection, workspace, signal })
  expect(results).toMatchObject([{ name: 'web', outcome: 'unchanged', tasks: { running: 1, wanted: 1 } }])
})
