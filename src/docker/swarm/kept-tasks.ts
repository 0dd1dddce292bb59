import type { Task } from '../api.ts'

type TaskSpec = NonNullable<Task['Spec']>

/**
 * The tasks of an answer as they are kept: only what is looked at, for each has the whole spec of its service, and its
 * networks. What several have in common is kept once: of ten thousand tasks it is most of what is left. Pure.
 */
export function keptTasks(answer: readonly Task[]): Task[] {
  const texts = new Map<string, string>()
  const once = (text: string) => sharedIn(texts, text, () => text)
  const specs = new Map<string, TaskSpec>()
  const specOnce = (image: string) => sharedIn(specs, image, () => ({ ContainerSpec: { Image: image } }))
  return answer.map((task) => keptTask(task, once, specOnce))
}

function sharedIn<T>(known: Map<string, T>, key: string, make: () => T): T {
  const same = known.get(key)
  if (same !== undefined) return same
  const first = make()
  known.set(key, first)
  return first
}

function keptTask(
  { ID, ServiceID, NodeID, Slot, CreatedAt, DesiredState, Status, Spec, JobIteration }: Task,
  once: (text: string) => string,
  specOnce: (image: string) => TaskSpec,
): Task {
  const { Timestamp, State, Message, Err, ContainerStatus } = Status
  const { Image, Healthcheck } = Spec?.ContainerSpec ?? {}
  // A check is asked for of few: of those that ended with code 0.
  const hasCheck = State === 'complete' && Healthcheck !== undefined
  return {
    ID,
    ServiceID: once(ServiceID),
    ...(NodeID !== undefined && { NodeID: once(NodeID) }),
    ...(Slot !== undefined && { Slot }),
    CreatedAt,
    DesiredState,
    Status: {
      ...(Timestamp !== undefined && { Timestamp }),
      State,
      ...(Message !== undefined && { Message: once(Message) }),
      ...(Err !== undefined && { Err: once(Err) }),
      ...(ContainerStatus !== undefined && { ContainerStatus }),
    },
    ...(Image !== undefined && {
      Spec: hasCheck ? { ContainerSpec: { Image, Healthcheck } } : specOnce(Image),
    }),
    ...(JobIteration !== undefined && { JobIteration }),
  }
}
