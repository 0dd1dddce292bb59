import type { RequestOptions } from '../../src/docker/engine/engine.ts'

/** What an engine that is no daemon's makes of its answer: what the reader of the request does, if it has one. */
export function readAnswer<T>(body: unknown, options?: RequestOptions): T {
  const read = options?.reader?.([Buffer.from(JSON.stringify(body))], () => body)
  return (read ?? body) as T
}
