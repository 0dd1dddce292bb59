import { basename } from 'node:path'
import type { Run } from '../connect/run.ts'
import type { Distribution, RegistrySettings, SystemInfo } from '../docker/api.ts'
import type { ArchiveImage, Candidate } from '../docker/archive/archive-image.ts'
import { chooseImage } from '../docker/archive/choose-image.ts'
import { inWords } from '../docker/archive/descriptor.ts'
import { readImageArchive } from '../docker/archive/image-archive.ts'
import { isInsecure, isOfEachMachine } from '../docker/registry/insecure.ts'
import { checkMayPush, lookAt, type PushProgress, pushImage } from '../docker/registry/push-image.ts'
import { familiar } from '../docker/registry/reference.ts'
import { RegistryError } from '../docker/registry/registry.ts'
import { RegistrySession } from '../docker/registry/registry-session.ts'
import { sizeInWords } from '../docker/size.ts'
import { messageOf, throwAll, UserError, UserErrors } from '../errors.ts'
import type { Credential } from '../inputs/accounts/credential.ts'
import type { PushRequest, RegistryCa } from '../inputs/deployment.ts'
import type { SendableChange } from '../plan/change.ts'
import { accountInWords } from '../plan/credentials/account.ts'
import type { LoggedIn } from '../plan/credentials/log-in.ts'
import { type FromArchives, lookUpOnce, readImage, UnreadableImage } from '../plan/images.ts'
import { accessFor } from '../plan/plan.ts'
import type { Access } from '../plan/planned-service.ts'
import type { PushedImage } from '../result.ts'
import { log } from '../runner/log/log.ts'
import { nowMs } from '../runner/time/clock.ts'
import { partsInWords, pushProblem } from './words.ts'

/** Images of archives, pushed from this runner before anything is deployed. */

/** An image of an archive, with all that has to be known before it is sent. */
export interface Push {
  readonly request: PushRequest
  readonly access: Access | undefined
  /** Of the image as the registry has it, or is to have it. */
  readonly digest: string
  readonly platforms: NonNullable<Distribution['Platforms']>
  /** What is sent; `undefined`: the registry has it already. */
  readonly toSend: ArchiveImage | undefined
  readonly session: RegistrySession
}

export interface CheckedPushes {
  readonly pushes: readonly Push[]
  readonly fromArchives: FromArchives
  /** One line for everything because of which an image cannot be pushed. */
  readonly problems: readonly string[]
}

const SAY_PROGRESS_MS = 10_000

/**
 * Reads the archives, finds out what the registries have of them already, and whether the accounts may push. Nothing is
 * sent.
 */
export async function checkPushes(
  requests: readonly PushRequest[],
  loggedIn: LoggedIn,
  registryCas: readonly RegistryCa[],
  run: Run,
): Promise<CheckedPushes> {
  const pushes: Push[] = []
  const problems: string[] = []
  const archives = new Map<string, Promise<readonly Candidate[]>>()
  const settings = requests.length === 0 ? {} : await registrySettings(run)
  // One after another: hashing and packing layers keeps a core busy.
  for (const request of requests) {
    const open = archives.get(request.path) ?? readImageArchive(request.path, run.signal)
    // An entry may be wrong for another reason before anybody waits for it.
    open.catch(() => undefined)
    archives.set(request.path, open)
    try {
      const push = await checkOne(request, open, { settings, loggedIn, registryCas }, run)
      if (push !== undefined) pushes.push(push)
    } catch (error) {
      run.signal.throwIfAborted()
      if (!(error instanceof UserErrors)) throw error
      problems.push(...error.problems)
    }
  }
  const ready = new Map(pushes.map((push) => [push.request, push]))
  const fromArchives = new Map(
    requests.map((request) => {
      const push = ready.get(request)
      return [
        familiar(request.image),
        {
          distribution: push && { Descriptor: { digest: push.digest }, Platforms: push.platforms },
          isThere: push !== undefined && push.toSend === undefined,
        },
      ]
    }),
  )
  return { pushes, fromArchives, problems }
}

async function registrySettings({ connection, signal }: Run): Promise<RegistrySettings> {
  return (await connection.engine.get<SystemInfo>('/info', { signal })).RegistryConfig ?? {}
}

/** What is known of registries and accounts. */
interface Known {
  readonly settings: RegistrySettings
  readonly loggedIn: LoggedIn
  readonly registryCas: readonly RegistryCa[]
}

/** @throws UserErrors when it cannot be pushed; `undefined` when its credential was refused, which has been told */
async function checkOne(
  request: PushRequest,
  open: Promise<readonly Candidate[]>,
  { settings, loggedIn, registryCas }: Known,
  { connection, signal }: Run,
): Promise<Push | undefined> {
  const { image, authConfig, place, archive, from } = request
  const access = told(place, () => accessFor(undefined, image, authConfig, loggedIn))
  if (access !== undefined && loggedIn.refused.has(access.credential)) return undefined
  const { registry } = image
  if (connection.isRemote && isOfEachMachine(registry)) {
    throw new UserErrors([
      `${place}: ${registry} is this runner itself where it is pushed to, and each node itself where it is pulled from: give the registry a name that means the same machine everywhere`,
    ])
  }
  const candidate = await toldOfArchive(request, async () => chooseImage(await open, image, from))
  const session = new RegistrySession({
    send: connection.registryHttp,
    registry,
    repository: image.repository,
    credential: access?.credential,
    actions: 'pull,push',
    isInsecure: isInsecure(registry, settings),
    authorities: registryCas.filter((ca) => ca.registry === registry).map(({ pem }) => pem),
    signal,
  })
  const column = `${familiar(image)}:`
  const tag = image.tag ?? 'latest'
  try {
    const present = await lookAt(session, tag, candidate.imageId !== undefined)
    const isSame = candidate.imageId !== undefined && present?.imageId === candidate.imageId
    if (present !== undefined && isSame) {
      log.info(`${column} ${present.digest}, there already`)
      return { request, access, platforms: candidate.platforms, session, digest: present.digest, toSend: undefined }
    }
    const read = await toldOfArchive(request, () => candidate.read())
    for (const platform of read.leftOut)
      log.notice(`${place}: ${archive} has no image for ${platform}, which its index names: it is left out`)
    const found = { request, access, platforms: read.platforms, session }
    if (present?.digest === read.manifest.digest) {
      log.info(`${column} ${present.digest}, there already`)
      return { ...found, digest: present.digest, toSend: undefined }
    }
    await checkMayPush(session)
    const { digest } = read.manifest
    const platforms = read.platforms.map(inWords).join(', ')
    const account = access === undefined ? 'without an account' : `with ${accountInWords(access.credential)}`
    const parts = `${partsInWords(read.blobs.length)} of ${sizeInWords(sizeOf(read))}`
    log.info(`${column} ${digest} of ${basename(archive)} (${platforms}), ${parts}, to be pushed ${account}`)
    if (access !== undefined && (await session.isPlain())) {
      log.warning(`${registry} is spoken to without TLS, as the managers do: the password goes there in the clear`)
    }
    return { ...found, digest, toSend: read }
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    throw new UserErrors([pushProblem(error, request, access)])
  }
}

async function toldOfArchive<T>({ place, archive }: PushRequest, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException
    const isOfDisk = code !== undefined && (syscall === 'open' || syscall === 'read')
    if (!isOfDisk && !(error instanceof UserError)) throw error
    const reason = isOfDisk ? `cannot be read (${code}): has it been removed meanwhile?` : messageOf(error)
    throw new UserErrors([`${place}: the archive ${JSON.stringify(archive)} ${reason}`])
  }
}

function told<T>(place: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    throw new UserErrors([`${place}: ${error.message}`])
  }
}

/**
 * Sends the images that are not there yet, one after another, each with its layers side by side.
 *
 * @param onPushed told the name of each when it is there
 * @throws UserErrors when one cannot be sent; those before it are pushed then
 */
export async function pushImages(pushes: readonly Push[], onPushed: (name: string) => void): Promise<void> {
  for (const push of pushes) {
    if (push.toSend === undefined) continue
    const { request, access, session, toSend } = push
    const { image } = request
    try {
      const pushed = await pushImage(session, toSend, image.tag ?? 'latest', sayProgress(familiar(image)))
      onPushed(familiar(image))
      const { sentBytes, sentBlobs, thereAlready, seconds } = pushed
      const already = thereAlready === 0 ? '' : `, ${thereAlready} there already`
      const took = `${Math.round(seconds * 10) / 10} s`
      log.info(
        `${familiar(image)}: pushed in ${took}, ${partsInWords(sentBlobs)} of ${sizeInWords(sentBytes)} sent${already}`,
      )
    } catch (error) {
      if (error instanceof RegistryError) throw new UserErrors([pushProblem(error, request, access)])
      await toldOfArchive(request, () => Promise.reject(error))
    }
  }
}

/** Nobody shall wonder whether a long push hangs. */
function sayProgress(name: string): (progress: PushProgress) => void {
  let saidAt = nowMs()
  return ({ sentBytes, totalBytes, sentBlobs, thereAlready, totalBlobs }) => {
    if (nowMs() - saidAt < SAY_PROGRESS_MS) return
    saidAt = nowMs()
    const done = `${sentBlobs + thereAlready} of ${partsInWords(totalBlobs)}`
    log.info(`${name}: ${sizeInWords(sentBytes)} sent of ${sizeInWords(totalBytes)} at the most, ${done} are there`)
  }
}

/**
 * Has the managers read what was pushed, with the credentials that the nodes will have: they are somewhere else in the
 * network, and the account that pulls may be another than the one that has pushed.
 *
 * @throws UserErrors when an image of a change cannot be read
 */
export async function confirmPushed(
  pushes: readonly Push[],
  changes: readonly { readonly request: SendableChange['request']; readonly access: Access | undefined }[],
  given: readonly Credential[],
  { connection, signal }: Run,
): Promise<void> {
  const sent = new Map(
    pushes.filter(({ toSend }) => toSend !== undefined).map((push) => [familiar(push.request.image), push]),
  )
  const there = new Map(
    [...sent].map(([name, { digest, platforms }]) => [
      name,
      { distribution: { Descriptor: { digest }, Platforms: platforms }, isThere: true },
    ]),
  )
  const lookUp = lookUpOnce(connection, signal, there)
  const problems = await Promise.all(
    changes.map(async ({ request: { name, image }, access }) => {
      if (image === undefined || !sent.has(familiar(image))) return []
      try {
        await readImage(image, access, lookUp, given)
        return []
      } catch (error) {
        if (!(error instanceof UnreadableImage)) throw error
        return [`service ${name}: ${error.message}`]
      }
    }),
  )
  throwAll(problems.flat())
}

/**
 * What is told of each image, in the order of the input.
 *
 * @param sent what those are that are sent: `planned` where nothing was
 */
export function pushedImages(pushes: readonly Push[], sent: 'pushed' | 'planned'): PushedImage[] {
  return pushes.map(({ request, digest, platforms, toSend, access }) => ({
    image: familiar(request.image),
    digest,
    state: toSend === undefined ? 'present' : sent,
    platforms: platforms.map(inWords),
    config: access?.config.name,
    bytes: sizeOf(toSend),
  }))
}

function sizeOf(image: ArchiveImage | undefined): number {
  return image?.blobs.reduce((sum, { size }) => sum + size, 0) ?? 0
}

/** What a run says of images that none of its services has. */
export function unusedPushes(
  pushes: readonly Push[],
  services: readonly { readonly request: SendableChange['request'] }[],
): string[] {
  const used = new Set(services.flatMap(({ request: { image } }) => (image === undefined ? [] : [familiar(image)])))
  return pushes
    .map(({ request }) => ({ place: request.place, name: familiar(request.image) }))
    .filter(({ name }) => !used.has(name))
    .map(
      ({ place, name }) => `${place}: no service of this run has the image ${name}: it is pushed, and nothing runs it`,
    )
}
