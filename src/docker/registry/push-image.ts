import { createHash } from 'node:crypto'
import { inParallel } from '../../runner/parallel.ts'
import { nowMs } from '../../runner/time/clock.ts'
import type { ArchiveImage, Blob, Manifest } from '../archive/archive-image.ts'
import { ACCEPTED_TYPES } from '../archive/descriptor.ts'
import { RegistryError } from './registry.ts'
import { headerOf, REDIRECTS, type RegistrySession } from './registry-session.ts'

/** Docker sends five layers at once (dockerd, `--max-concurrent-uploads`). */
const LAYERS_AT_ONCE = 5
const ACCEPT = { Accept: ACCEPTED_TYPES.join(', ') }
const DIGEST = /^sha256:[0-9a-f]{64}$/

/** What a repository has under a tag. */
export interface Present {
  readonly digest: string
  /** Of a manifest of one image that was read: the digest of its configuration. */
  readonly imageId: string | undefined
}

/**
 * What stands under a tag; `undefined`: nothing, or the repository is not there yet.
 *
 * @param isRead whether the manifest itself is wanted, which Docker Hub counts as a pull
 */
export async function lookAt(session: RegistrySession, tag: string, isRead: boolean): Promise<Present | undefined> {
  const at = `manifests/${tag}`
  const { status, ...head } = await session.call({ method: 'HEAD', at, headers: ACCEPT, allowed: [404] })
  if (status === 404) return undefined
  const told = headerOf({ status, ...head }, 'docker-content-digest')
  if (!isRead && told !== undefined && DIGEST.test(told)) return { digest: told, imageId: undefined }
  const { body } = await session.call({ method: 'GET', at, headers: ACCEPT })
  return { digest: `sha256:${createHash('sha256').update(body).digest('hex')}`, imageId: configIn(body) }
}

function configIn(manifest: Buffer): string | undefined {
  try {
    const { config } = Object(JSON.parse(manifest.toString()))
    const digest: unknown = Object(config).digest
    return typeof digest === 'string' && DIGEST.test(digest) ? digest : undefined
  } catch {
    return undefined
  }
}

/**
 * That the account may push there: an upload is begun and given up again.
 *
 * @throws RegistryError when it may not
 */
export async function checkMayPush(session: RegistrySession): Promise<void> {
  const answer = await session.call({ method: 'POST', at: 'blobs/uploads/' })
  const at = await session.locationOf(answer).catch(() => undefined)
  // Not every registry lets go of it at once; it forgets what nobody goes on with.
  if (at !== undefined) await session.callOnce({ method: 'DELETE', at }).catch(() => undefined)
}

/** How far a push is. */
export interface PushProgress {
  readonly sentBytes: number
  readonly totalBytes: number
  readonly sentBlobs: number
  readonly thereAlready: number
  readonly totalBlobs: number
}

/** What a push came to. */
export interface Pushed extends PushProgress {
  readonly seconds: number
}

/**
 * Sends an image, layers first and the manifest last, so that the tag leads to a whole image at any time. What the
 * repository has already is not sent.
 *
 * @param onProgress told each time that bytes have been sent, and often
 * @throws RegistryError when the registry does not take it
 */
export async function pushImage(
  session: RegistrySession,
  image: ArchiveImage,
  tag: string,
  onProgress: (progress: PushProgress) => void,
): Promise<Pushed> {
  const begunAt = nowMs()
  const totalBytes = image.blobs.reduce((sum, { size }) => sum + size, 0)
  let progress = { sentBytes: 0, totalBytes, sentBlobs: 0, thereAlready: 0, totalBlobs: image.blobs.length }
  const tell = (change: Partial<PushProgress>) => {
    progress = { ...progress, ...change }
    onProgress(progress)
  }
  await inParallel(image.blobs, LAYERS_AT_ONCE, async (blob) => {
    if (await hasBlob(session, blob)) return tell({ thereAlready: progress.thereAlready + 1 })
    await sendBlob(session, blob, (bytes) => tell({ sentBytes: progress.sentBytes + bytes }))
    tell({ sentBlobs: progress.sentBlobs + 1 })
  })
  for (const child of image.children) await putManifest(session, child, child.digest)
  await putManifest(session, image.manifest, tag)
  return { ...progress, seconds: (nowMs() - begunAt) / 1000 }
}

async function hasBlob(session: RegistrySession, { digest, size }: Blob): Promise<boolean> {
  const answer = await session.call({ method: 'HEAD', at: `blobs/${digest}`, allowed: [404, ...REDIRECTS] })
  const length = headerOf(answer, 'content-length')
  return answer.status !== 404 && (answer.status !== 200 || length === undefined || Number(length) === size)
}

/** In one piece. Where an upload that broke off had come to is not worth asking: the whole is sent anew. */
function sendBlob(
  session: RegistrySession,
  { digest, size, open }: Blob,
  onSent: (bytes: number) => void,
): Promise<void> {
  let sent = 0
  const takeBack = () => {
    onSent(-sent)
    sent = 0
  }
  async function* counted() {
    takeBack()
    for await (const piece of open()) {
      sent += piece.length
      onSent(piece.length)
      yield piece
    }
  }
  return session.patiently(async () => {
    takeBack()
    const at = await session.locationOf(await session.callOnce({ method: 'POST', at: 'blobs/uploads/' }))
    at.searchParams.set('digest', digest)
    const headers = { 'Content-Type': 'application/octet-stream' }
    await session.callOnce({ method: 'PUT', at, headers, payload: { size, open: counted } })
  })
}

async function putManifest(session: RegistrySession, { mediaType, bytes, digest }: Manifest, at: string) {
  async function* open() {
    yield bytes
  }
  const answer = await session.call({
    method: 'PUT',
    at: `manifests/${at}`,
    headers: { 'Content-Type': mediaType },
    payload: { size: bytes.length, open },
  })
  const taken = headerOf(answer, 'docker-content-digest')
  if (taken !== undefined && DIGEST.test(taken) && taken !== digest) {
    throw new RegistryError('registry-error', `it has stored ${taken} in the place of ${digest}`)
  }
}
