import type { Connection } from '../../src/connect/connection.ts'
import { RunTime } from '../../src/connect/run-time.ts'
import type { Service } from '../../src/docker/api.ts'
import type { RolloutRun } from '../../src/rollout/run.ts'
import { serviceLog } from '../../src/rollout/service-log.ts'
import { sleep } from '../../src/runner/time/clock.ts'
import { createNode, createService, createSpec, createTask } from './builders.ts'

/** A daemon that takes its time: an answer shows what was there when the call came in. */
export function slowDaemon(services: Map<string, Service>, answerMs = 100) {
  const looks: string[][] = []
  const get = async (path: string, options?: { readonly query?: Readonly<Record<string, string>> }) => {
    const { id, service } = JSON.parse(options?.query?.filters ?? '{}') as { id?: string[]; service?: string[] }
    if (path === '/services') looks.push(id ?? [])
    const found = [...services.values()].filter(({ ID }) => (id ?? service)?.includes(ID))
    await sleep(answerMs)
    if (path === '/nodes') return [createNode(1)]
    return path === '/services' ? found : found.map(({ ID }) => createTask(1, { ID: `of ${ID}`, ServiceID: ID }))
  }
  return { connection: { engine: { get } } as unknown as Connection, looks }
}

/** A service whose ID is its name. */
export const serviceOf = (name: string, version = 1, image = 'app:1') =>
  createService({
    ID: name,
    Version: { Index: version },
    Spec: createSpec({ Name: name, TaskTemplate: { ContainerSpec: { Image: image } } }),
  })
/** What a run has at hand over such a daemon. */
export const runOver = (
  connection: Connection,
  signal = new AbortController().signal,
  timeoutSeconds = 600,
): RolloutRun => ({
  connection,
  workspace: {} as RolloutRun['workspace'],
  observed: { services: [], tasks: [], nodes: [], now: 0 },
  mark: { token: 'ours', owner: 'us', url: '', until: 0, hasLock: false },
  deployment: { monitorSeconds: undefined } as RolloutRun['deployment'],
  time: new RunTime(timeoutSeconds, signal),
  lines: serviceLog([]),
  signal,
})
