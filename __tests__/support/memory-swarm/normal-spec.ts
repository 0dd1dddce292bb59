import type { ServiceSpec, UpdateConfig } from '../../../src/docker/api.ts'
import type { Store } from './store.ts'

/** A spec as the daemon gives it back: with what Swarm fills in, and networks by their ID (seen with Docker 20.10). */
export function normalSpec(given: ServiceSpec, store: Store): ServiceSpec {
  const { TaskTemplate: template, UpdateConfig: update, RollbackConfig: rollback, EndpointSpec: endpoint } = given
  const { ContainerSpec: container, RestartPolicy: restart, Networks: networks } = template
  return {
    ...given,
    Labels: { ...given.Labels },
    Mode: normalMode(given.Mode),
    TaskTemplate: {
      ForceUpdate: 0,
      Runtime: 'container',
      ...template,
      ...(container && { ContainerSpec: { Isolation: 'default', ...container } }),
      ...(restart && { RestartPolicy: { Condition: 'any', MaxAttempts: 0, ...restart } }),
      ...(networks && {
        Networks: networks.map((one) => ({ ...one, Target: store.object('networks', one.Target)?.id ?? one.Target })),
      }),
    } as ServiceSpec['TaskTemplate'],
    ...(update && { UpdateConfig: normalPolicy(update) }),
    ...(rollback && { RollbackConfig: normalPolicy(rollback) }),
    ...(endpoint && { EndpointSpec: normalEndpoint(endpoint) }),
  }
}

function normalEndpoint(endpoint: NonNullable<ServiceSpec['EndpointSpec']>) {
  const ports = endpoint.Ports?.map((port) => ({ Protocol: 'tcp', PublishMode: 'ingress' as const, ...port }))
  return { Mode: 'vip', ...endpoint, ...(ports && { Ports: ports }) }
}

function normalMode(mode: ServiceSpec['Mode']): ServiceSpec['Mode'] {
  if (mode.Global) return { Global: {} }
  if (mode.GlobalJob) return { GlobalJob: {} }
  if (mode.ReplicatedJob) {
    const { MaxConcurrent = 1, TotalCompletions = MaxConcurrent } = mode.ReplicatedJob
    return { ReplicatedJob: { MaxConcurrent, TotalCompletions } }
  }
  return { Replicated: { Replicas: mode.Replicated?.Replicas ?? 1 } }
}

function normalPolicy(policy: UpdateConfig): UpdateConfig {
  return { FailureAction: 'pause', MaxFailureRatio: 0, Order: 'stop-first', ...policy }
}
