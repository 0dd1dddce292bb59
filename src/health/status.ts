import type { Connection } from '../connect/connection.ts'
import type { Node, Service } from '../docker/api.ts'
import { type Engine, EngineError } from '../docker/engine/engine.ts'
import { imageOf } from '../docker/specs/service-spec.ts'
import { stackIn } from '../docker/specs/stack-objects.ts'
import { allTasksOf, takeSnapshot } from '../docker/swarm/snapshot.ts'
import { swarmTime } from '../docker/swarm/swarm-time.ts'
import type { StatusRequest, StatusSubject } from '../inputs/modes/status.ts'
import { colourOf, nameInFiles } from '../plan/colours.ts'
import { missingStack, otherService } from '../plan/missing-service.ts'
import { isPassingService } from '../prepare/passing-services.ts'
import { readRecords } from '../records/read.ts'
import type { RecordedRun } from '../records/record.ts'
import type { FailedTask } from '../result.ts'
import { diagnose } from '../rollout/watch/diagnose.ts'
import { groupBy } from '../runner/group-by.ts'
import { inParallel } from '../runner/parallel.ts'
import { placed } from '../runner/text/shown.ts'
import { swarmNetworks } from '../stack/stack.ts'
import { type Health, healthOf } from './health.ts'

/** How a service is, with what only the daemon tells. */
export interface ServiceStatus extends Health {
  readonly name: string
  readonly stack: string | undefined
  /** Of which blue-green service it is a colour. */
  readonly colourOf: string | undefined
  readonly image: string | undefined
  /** The task that shows what is wrong with it. */
  readonly failedTask?: FailedTask
  readonly lastDeploy: LastDeploy | undefined
}

/** The newest record of the stack or service. */
export interface LastDeploy {
  readonly version: number
  readonly at: string
  readonly run: RecordedRun | undefined
}

/** How a part of the swarm is, or all of it. */
export interface SwarmStatus {
  readonly services: readonly ServiceStatus[]
  /** What is asked for and is not there: one line each. */
  readonly missing: readonly string[]
  readonly nodes: readonly Node[]
}

const MOST_AT_ONCE = 10

/**
 * Looks at services: at their tasks, updates, stored credentials, at what others have changed, and at the last words of
 * tasks that fail. Nothing is changed, and no registry is asked.
 *
 * @throws EngineError, ConnectionLost when the swarm does not answer
 */
export async function lookAtSwarm(
  { which }: StatusRequest,
  { engine }: Connection,
  signal: AbortSignal,
): Promise<SwarmStatus> {
  const [all, networks, now, records] = await Promise.all([
    engine.get<Service[]>('/services', { signal }),
    swarmNetworks(engine, signal),
    swarmTime(engine, signal),
    newestRecords(engine, signal),
  ])
  const { services, missing } = chosenOf(
    which,
    all.filter((service) => !isPassingService(service)),
  )
  const [snapshot, tasks] = await Promise.all([
    takeSnapshot(engine, services, 'up-to-date', signal),
    allTasksOf(engine, services, signal),
  ])
  const byService = groupBy(tasks, ({ ServiceID }) => ServiceID)
  const ground = {
    nodes: snapshot.nodes,
    networks: new Map(networks.map(({ Id, Name }) => [Id, Name])),
    now,
  }
  const found = services.flatMap(({ ID }) => {
    const one = snapshot.services.get(ID)
    return one === undefined || one.found === 'removed' ? [] : [one]
  })
  const looked = await inParallel(found, MOST_AT_ONCE, async ({ service, tasks: upToDate }): Promise<ServiceStatus> => {
    const health = healthOf(service, { ...ground, tasks: byService.get(service.ID) ?? [], upToDate })
    const stack = stackIn(service.Spec.Labels)
    const subject = stack ?? nameInFiles(service)
    const newest = records.find(
      ({ record }) =>
        record.subject.name === subject && record.subject.kind === (stack === undefined ? 'service' : 'stack'),
    )
    return {
      ...(await withLastWords(health, service, ground.nodes, { engine })),
      name: service.Spec.Name,
      stack,
      colourOf: colourOf(service),
      image: imageOf(service),
      lastDeploy: newest && { version: newest.record.version, at: newest.record.at, run: newest.record.runs[0] },
    }
  })
  return {
    services: looked.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })),
    missing,
    nodes: ground.nodes,
  }
}

/** None where whoever asks may not see configs: that says nothing of the services. */
async function newestRecords(engine: Engine, signal: AbortSignal) {
  try {
    return (await readRecords(engine, signal)).kept
  } catch (error) {
    if (error instanceof EngineError) return []
    throw error
  }
}

function chosenOf(which: StatusSubject, all: readonly Service[]) {
  switch (which.kind) {
    case 'all':
      return { services: all, missing: [] }
    case 'stack': {
      const services = all.filter(({ Spec }) => stackIn(Spec.Labels) === which.name)
      return {
        services,
        missing: services.length > 0 ? [] : [missingStack(which.name, all)],
      }
    }
    case 'services': {
      const isOf = (name: string) => (one: Service) => one.Spec.Name === name || nameInFiles(one) === name
      return {
        services: all.filter((service) => which.names.some((name) => isOf(name)(service))),
        missing: which.names
          .filter((name) => !all.some(isOf(name)))
          .map((name) => `service ${placed(name)} does not exist on this swarm: ${otherService(name, all)}`),
      }
    }
  }
}

/** The first problem of tasks with the task that shows it best, as a failed deploy tells it. */
async function withLastWords(
  health: Health,
  service: Service,
  nodes: readonly Node[],
  { engine }: Pick<Connection, 'engine'>,
): Promise<Health & Pick<ServiceStatus, 'failedTask'>> {
  const first = health.problems.find(({ isOfTasks }) => isOfTasks)
  if (first === undefined) return health
  const { cause, failedTask } = await diagnose(first, { service, nodes }, engine)
  const problems = health.problems.map((one) => (one === first ? { ...one, cause } : one))
  return { ...health, problems, ...(failedTask !== undefined && { failedTask }) }
}
