import type { Change, Store } from './store.ts'

/** The stream `GET /events` of services and nodes: a line of JSON for each change, until the signal is aborted. */
export async function* events(store: Store, signal: AbortSignal | undefined): AsyncIterable<string> {
  const lines: string[] = []
  let wake: () => void = () => undefined
  const stop = store.onChange((change) => {
    if (change.kind === 'task') return
    lines.push(JSON.stringify(eventOf(change)))
    wake()
  })
  const onAbort = () => wake()
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    while (!signal?.aborted) {
      yield* lines.splice(0)
      if (signal?.aborted) break
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    throw new DOMException('This operation was aborted', { name: 'AbortError', cause: signal.reason })
  } finally {
    stop()
    signal?.removeEventListener('abort', onAbort)
  }
}

function eventOf(change: Exclude<Change, { kind: 'task' }>) {
  const [ID, name] =
    change.kind === 'service'
      ? [change.service.id, change.service.current.spec.Name]
      : [change.node.id, change.node.hostname]
  return { Type: change.kind, Action: change.action, Actor: { ID, Attributes: { name } }, scope: 'swarm' }
}
