import { eligibleNodes } from '../../../src/docker/swarm/placement.ts'
import { asNode } from './answers.ts'
import { isAbove, isBelow, isSame, type StoredService, type StoredTask } from './objects.ts'
import type { Store } from './store.ts'

/**
 * Whether a task is not what its service asks for now (swarmkit, manager/orchestrator/task.go). A new credential alone
 * makes no task dirty that has its image, and a change of the placement none on a node that may have it still.
 */
export function isDirty(store: Store, service: StoredService, task: StoredTask): boolean {
  const { current } = service
  if (task.made.version === current.version) return false
  const hasImage = !isAbove(task.desired, 'running') && !isBelow(task.state, 'ready') && !isAbove(task.state, 'running')
  if (!hasImage && task.made.credential !== current.credential) return true
  const { Placement: before, ...was } = task.made.spec.TaskTemplate
  const { Placement: placement, ...wanted } = current.spec.TaskTemplate
  if (!isSame(was, wanted)) return true
  if (isSame(before, placement)) return !isSame(task.endpoint, current.spec.EndpointSpec)
  if (task.made.credential !== current.credential) return true
  // Swarm asks for nothing else then: seen with 20.10, where a port that changed together with a constraint did not come.
  const node = task.nodeId === undefined ? undefined : store.nodes.get(task.nodeId)
  return node === undefined || eligibleNodes([asNode(node)], placement).length === 0
}
