import { execFileSync } from 'node:child_process'
import { createCipheriv, createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { machineProgram } from './machine-program.ts'
import { type Healthcheck, runs } from './program.ts'
import { tar } from './tar.ts'
import { request } from './unix-http.ts'

/** The media types of the two standards for images. */
const TYPES = {
  docker: {
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  },
  oci: {
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    index: 'application/vnd.oci.image.index.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  },
} as const
/** What a statement about an image is pushed as, and the platform that it has in the index. */
const STATEMENT = 'application/vnd.in-toto+json'
const NO_PLATFORM = 'unknown/unknown'

/**
 * How an image is pushed. `docker`: schema 2, as docker did before 29. `oci`: as docker 29, podman and buildah do; a
 * daemon does not tell the platform of a single OCI manifest. `attested`: an OCI index, also for one platform, with a
 * statement about the image beside it, as buildx does.
 */
export const FORMATS = ['docker', 'oci', 'attested'] as const
export type ImageFormat = (typeof FORMATS)[number]
type Standard = keyof typeof TYPES
const NANOSECONDS = 1_000_000
const APPLETS =
  'cat chmod date echo env false hostname httpd id kill ls mkdir mv nc nslookup ping printenv ps rm sh sleep test touch true wget'

/** What an image holds and does. Equal contents have equal digests, and different ones different digests. */
export interface ImageContents {
  /** The words of the command; runs until it is stopped unless told. */
  readonly command?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
  readonly healthcheck?: Healthcheck
  readonly exposes?: readonly number[]
  /** What makes one version differ from the next. */
  readonly content?: string
  /** Whether the content is the file `/content` as well: for that each node unpacks one more layer. */
  readonly hasContentFile?: boolean
  /** So many bytes that nothing makes smaller, others for each content: what a pull of it takes. */
  readonly ballast?: number
  /** Programs of this machine that it has as well, such as `docker`. */
  readonly programs?: readonly string[]
  /** Such as `linux/arm64`. One: an image for it. Several: an index of them. The machine's own unless told. */
  readonly platforms?: readonly string[]
  /** Unless told as `formatFor` says, so that the images of a test are of all kinds, and the same ones in every run. */
  readonly format?: ImageFormat
}

/** Where an image goes. `socket` leads to a registry over HTTP. */
export interface ImageTarget {
  readonly socket: string
  readonly repository: string
  readonly tag: string
}

/** Makes an image on the spot, without a daemon, and pushes it. Resolves to the digest that the tag now has. */
export async function pushImage(target: ImageTarget, contents: ImageContents): Promise<string> {
  const { platforms = [ownPlatform()], format = formatFor(contents, process.env.LAB_IMAGE_FORMAT) } = contents
  const standard = format === 'docker' ? 'docker' : 'oci'
  const manifests = await Promise.all(
    platforms.map(async (platform) => ({ platform, bytes: await pushContent(target, contents, platform, standard) })),
  )
  const { manifest: mediaType, index } = TYPES[standard]
  const [only] = manifests
  if (only && manifests.length === 1 && format !== 'attested') {
    return putManifest(target, target.tag, mediaType, only.bytes)
  }
  const statements = format === 'attested' ? [{ platform: NO_PLATFORM, bytes: await pushStatement(target) }] : []
  const entries = await Promise.all(
    [...manifests, ...statements].map(async ({ platform, bytes }) => {
      const digest = await putManifest(target, digestOf(bytes), mediaType, bytes)
      return { mediaType, size: bytes.length, digest, platform: platformOf(platform) }
    }),
  )
  const list = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: index, manifests: entries }))
  return putManifest(target, target.tag, index, list)
}

/**
 * The format of an image that asks for none. Contents that differ by one in one letter, as versions of one image do,
 * have different formats, so that a test with two versions deploys both standards, and from one to the other.
 *
 * @param forced one format for all images, from the variable `LAB_IMAGE_FORMAT`
 * @throws Error when there is no such format
 */
export function formatFor(contents: ImageContents, forced: string | undefined): ImageFormat {
  if (forced !== undefined && forced !== '') {
    const format = FORMATS.find((candidate) => candidate === forced)
    if (format === undefined) throw new Error(`LAB_IMAGE_FORMAT is one of ${FORMATS.join(', ')}, not ${forced}.`)
    return format
  }
  const sum = Buffer.from(JSON.stringify(contents)).reduce((total, byte) => total + byte, 0)
  return FORMATS[sum % FORMATS.length] ?? 'docker'
}

/** Pushes layers and configuration for one platform. Returns the manifest that belongs to them. */
async function pushContent(
  target: ImageTarget,
  contents: ImageContents,
  platform: string,
  standard: Standard,
): Promise<Buffer> {
  const { content, hasContentFile = false, ballast, programs = [] } = contents
  const layers = [
    baseLayer(),
    ...programs.map((name) => compressed(tar(machineProgram(name)), 1)),
    ...(hasContentFile ? [layer([{ path: 'content', content: content ?? '' }])] : []),
    ...(ballast === undefined ? [] : [ballastLayer(content ?? '', ballast)]),
  ]
  const config = Buffer.from(JSON.stringify(configuration(contents, platform, layers)))
  const types = TYPES[standard]
  const blobs = layers.map(({ blob }) => ({ mediaType: types.layer, blob }))
  return pushParts(target, types.manifest, { mediaType: types.config, blob: config }, blobs)
}

/** Pushes what says something about an image and is none: a provenance without words. Returns its manifest. */
function pushStatement(target: ImageTarget): Promise<Buffer> {
  const config = { mediaType: TYPES.oci.config, blob: Buffer.from(JSON.stringify(platformOf(NO_PLATFORM))) }
  const statement = { mediaType: STATEMENT, blob: Buffer.from('{"_type":"https://in-toto.io/Statement/v0.1"}') }
  return pushParts(target, TYPES.oci.manifest, config, [statement])
}

interface Part {
  readonly mediaType: string
  readonly blob: Buffer
}

async function pushParts(
  target: ImageTarget,
  mediaType: string,
  config: Part,
  layers: readonly Part[],
): Promise<Buffer> {
  await Promise.all([config, ...layers].map(({ blob }) => putBlob(target, blob)))
  const [described, ...others] = [config, ...layers].map(({ mediaType, blob }) => {
    return { mediaType, size: blob.length, digest: digestOf(blob) }
  })
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: described, layers: others }))
}

function configuration(contents: ImageContents, platform: string, layers: readonly Layer[]): unknown {
  const { command = runs().command, env = {}, labels, healthcheck, exposes = [], content } = contents
  const environment = { PATH: '/bin', ...env }
  return {
    ...platformOf(platform),
    created: '1970-01-01T00:00:00Z',
    ...(content !== undefined && { comment: content }),
    config: {
      Cmd: command,
      Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      ...(labels && { Labels: labels }),
      ...(healthcheck && { Healthcheck: healthSettings(healthcheck) }),
      ...(exposes.length > 0 && { ExposedPorts: Object.fromEntries(exposes.map((port) => [`${port}/tcp`, {}])) }),
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  }
}

function healthSettings(check: Healthcheck): unknown {
  const { command, intervalMs = 500, timeoutMs = 2000, startPeriodMs = 0, retries = 3 } = check
  return {
    Test: ['CMD-SHELL', command],
    Interval: intervalMs * NANOSECONDS,
    Timeout: timeoutMs * NANOSECONDS,
    StartPeriod: startPeriodMs * NANOSECONDS,
    Retries: retries,
  }
}

interface Layer {
  readonly blob: Buffer
  /** Digest of the layer before compression. */
  readonly diffId: string
}

let madeBase: Layer | undefined

/** To press it would take longer than to pass it on. */
function baseLayer(): Layer {
  madeBase ??= compressed(
    tar([
      ...['bin/', 'etc/', 'tmp/'].map((path) => ({ path })),
      { path: 'bin/busybox', content: busybox() },
      ...APPLETS.split(' ').map((applet) => ({ path: `bin/${applet}`, target: 'busybox' })),
    ]),
    0,
  )
  return madeBase
}

function layer(files: readonly { path: string; content: string }[]): Layer {
  return compressed(tar(files.map(({ path, content }) => ({ path, mode: 0o644, content: Buffer.from(content) }))))
}

/** Equal contents have equal ballast. To press it would take long, and bring nothing. */
function ballastLayer(content: string, bytes: number): Layer {
  const key = createHash('sha256').update(content).digest()
  const noise = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes))
  return compressed(tar([{ path: 'ballast', mode: 0o644, content: noise }]), 0)
}

function compressed(archive: Buffer, level?: number): Layer {
  return { blob: gzipSync(archive, { ...(level !== undefined && { level }) }), diffId: digestOf(archive) }
}

/** The only program that an image holds. It must be the static one, for there are no libraries. */
function busybox(): Buffer {
  const paths = execFileSync('dpkg', ['--listfiles', 'busybox-static'], { encoding: 'utf8' }).split('\n')
  const path = paths.find((candidate) => candidate.endsWith('/busybox') && statSync(candidate).isFile())
  if (path === undefined) throw new Error('The lab needs busybox-static: run lab/install.sh once.')
  return readFileSync(path)
}

async function putBlob({ socket, repository }: ImageTarget, blob: Buffer): Promise<void> {
  const digest = digestOf(blob)
  const known = await request(socket, 'HEAD', `/v2/${repository}/blobs/${digest}`)
  if (known.status === 200) return
  const upload = await request(socket, 'POST', `/v2/${repository}/blobs/uploads/`, Buffer.alloc(0))
  expectStatus(202, upload, `uploading to ${repository}`)
  const { pathname, searchParams } = new URL(upload.headers.location ?? '', 'http://registry')
  searchParams.set('digest', digest)
  const stored = await request(socket, 'PUT', `${pathname}?${searchParams}`, blob)
  expectStatus(201, stored, `uploading to ${repository}`)
}

async function putManifest(
  { socket, repository }: ImageTarget,
  name: string,
  mediaType: string,
  manifest: Buffer,
): Promise<string> {
  const path = `/v2/${repository}/manifests/${name}`
  expectStatus(201, await request(socket, 'PUT', path, manifest, { 'content-type': mediaType }), `pushing ${name}`)
  return digestOf(manifest)
}

function expectStatus(status: number, answer: { status: number; body: unknown }, doing: string): void {
  if (answer.status === status) return
  throw new Error(`${doing}: the registry answered ${answer.status} ${JSON.stringify(answer.body)}`)
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function ownPlatform(): string {
  return `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`
}

function platformOf(platform: string): { os: string; architecture: string; variant?: string } {
  const [os = '', architecture = '', variant] = platform.split('/')
  return { os, architecture, ...(variant !== undefined && { variant }) }
}
