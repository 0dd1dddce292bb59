import type { Node } from '../../../src/docker/api.ts'
import type { ObjectKind, StoredNode, StoredObject, StoredService, StoredTask } from './objects.ts'
import { heldPorts } from './store.ts'

/** What the store holds, as the Engine API shows it (the shapes are those of Docker 20.10). */

export function asNode(node: StoredNode): Node {
  const { hostname: Hostname, platform: Platform, memoryBytes: MemoryBytes } = node
  const description = { Hostname, Platform, Resources: { NanoCPUs: 2e9, MemoryBytes }, Engine: {} }
  const manager = { ManagerStatus: { Reachability: 'reachable', Addr: `${node.address}:2377` } }
  return {
    ID: node.id,
    Version: { Index: node.version },
    Spec: { Labels: { ...node.labels }, Role: node.role, Availability: node.availability },
    Description: description,
    Status: { State: node.state, Addr: node.address },
    ...(node.role === 'manager' && manager),
  } as Node
}

export function asService(service: StoredService) {
  const { current, previous, status, iteration } = service
  return {
    ID: service.id,
    Version: { Index: service.version },
    CreatedAt: service.createdAt,
    UpdatedAt: service.updatedAt,
    Spec: current.spec,
    ...(previous && { PreviousSpec: previous.spec }),
    Endpoint: { Spec: current.spec.EndpointSpec ?? {}, Ports: heldPorts(service) },
    ...(status && {
      UpdateStatus: {
        State: status.state,
        StartedAt: status.startedAt,
        ...(status.completedAt && { CompletedAt: status.completedAt }),
        Message: status.message,
      },
    }),
    ...(iteration !== undefined && {
      JobStatus: { JobIteration: indexed(iteration), LastExecution: service.updatedAt },
    }),
  }
}

export function asTask(task: StoredTask) {
  const { container, slot, nodeId, iteration } = task
  return {
    ID: task.id,
    Version: { Index: task.version },
    CreatedAt: task.createdAt,
    UpdatedAt: task.updatedAt,
    Labels: {},
    Spec: task.made.spec.TaskTemplate,
    ServiceID: task.serviceId,
    ...(slot > 0 && { Slot: slot }),
    ...(nodeId !== undefined && { NodeID: nodeId }),
    Status: {
      Timestamp: task.statusAt,
      State: task.state,
      Message: task.message,
      ...(task.err !== '' && { Err: task.err }),
      ...(container && { ContainerStatus: { ContainerID: container.id, PID: 0, ExitCode: container.exitCode } }),
      PortStatus: {},
    },
    DesiredState: task.desired,
    ...(iteration !== undefined && { JobIteration: indexed(iteration) }),
  }
}

/** Go leaves a zero out. */
function indexed(index: number) {
  return index === 0 ? {} : { Index: index }
}

/** A network that only the daemon still has. */
export function asLeftover(network: StoredObject) {
  return { ...asObject('networks', network), Containers: {}, Peers: [{ Name: 'a', IP: '10.77.0.1' }] }
}

export function asObject(kind: ObjectKind, { id, name, createdAt, version, body }: StoredObject) {
  if (kind === 'networks') {
    const { Labels = null, Driver = 'overlay', Attachable = false, Ingress = false } = body
    return { Name: name, Id: id, Created: createdAt, Scope: 'swarm', Driver, Attachable, Ingress, Labels }
  }
  const { Data, Labels = {}, ...rest } = body
  const spec = { Name: name, Labels, ...rest, ...(kind === 'configs' && { Data }) }
  return { ID: id, Version: { Index: version }, CreatedAt: createdAt, UpdatedAt: createdAt, Spec: spec }
}
