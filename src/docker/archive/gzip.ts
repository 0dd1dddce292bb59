import type { Gzip } from 'node:zlib'
import { zlib } from '../../runner/zlib.ts'

/** Whether a content is packed in gzip already. */
export async function beginsAsGzip(pieces: AsyncIterable<Buffer>): Promise<boolean> {
  for await (const piece of pieces) return piece[0] === 0x1f && piece[1] === 0x8b
  return false
}

/** The content, packed in gzip while it is read. */
export async function* inGzip(pieces: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const gzip = zlib().createGzip()
  const feeding = feed(pieces, gzip)
  // Told by the stream, whose error it becomes.
  feeding.catch(() => undefined)
  yield* gzip as AsyncIterable<Buffer>
  await feeding
}

async function feed(pieces: AsyncIterable<Buffer>, gzip: Gzip): Promise<void> {
  try {
    for await (const piece of pieces) {
      if (!gzip.write(piece)) {
        await new Promise<void>((resolve) => {
          const goOn = () => {
            gzip.off('drain', goOn).off('close', goOn)
            resolve()
          }
          gzip.on('drain', goOn).on('close', goOn)
        })
      }
      if (gzip.destroyed) return
    }
    gzip.end()
  } catch (error) {
    gzip.destroy(error as Error)
    throw error
  }
}
