import { redact } from '../../runner/secrets/secret.ts'
import { limited } from '../../runner/text/safe-text.ts'
import type { Engine } from '../engine/engine.ts'

/** The header of a frame in Docker's multiplexed streams: the stream's number, three zero bytes, the length. */
const HEADER_BYTES = 8
const LENGTH_AT = 4

/**
 * The lines of a task's log. Without a terminal, Docker wraps what was printed into frames
 * (Engine API, "Stream format"); with one it does not. Secrets are hidden before they are told apart: one may be broken
 * into several.
 *
 * @param hide what may be secret of the program that printed them
 */
export function logLines(bytes: Buffer, hide: (text: string) => string = (text) => text): string[] {
  const printed = isFramed(bytes) ? unframe(bytes) : bytes
  return hide(redact(printed.toString('utf8')))
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map(limited)
}

/** The last of what a task has printed; none where that cannot be had. */
export async function lastLinesOf(
  taskId: string,
  most: number,
  engine: Engine,
  signal: AbortSignal,
): Promise<string[]> {
  const query = { stdout: '1', stderr: '1', tail: String(most) }
  try {
    return logLines(await engine.bytes(`/tasks/${taskId}/logs`, { query, signal }))
  } catch {
    return []
  }
}

/** The streams of the task are 0 to 2; in stream 3 the daemon itself says why it has no more of the log. */
const LAST_STREAM = 3

function isFramed(bytes: Buffer): boolean {
  return bytes.length >= HEADER_BYTES && bytes.readUInt8(0) <= LAST_STREAM && bytes.readUIntBE(1, 3) === 0
}

function unframe(bytes: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const end = at + HEADER_BYTES + bytes.readUInt32BE(at + LENGTH_AT)
    parts.push(bytes.subarray(at + HEADER_BYTES, end))
    at = end
  }
  return Buffer.concat(parts)
}
