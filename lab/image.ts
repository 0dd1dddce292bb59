import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { type Healthcheck, runs } from './program.ts'
import { tar } from './tar.ts'
import { request } from './unix-http.ts'

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
const MANIFEST_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'
const CONFIG = 'application/vnd.docker.container.image.v1+json'
const LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip'
const NANOSECONDS = 1_000_000
const APPLETS =
  'cat date echo env false hostname httpd id kill ls nc nslookup ping printenv ps sh sleep test touch true wget'

/** What an image holds and does. Equal contents have equal digests, and different ones different digests. */
export interface ImageContents {
  /** The words of the command; runs until it is stopped unless told. */
  readonly command?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
  readonly healthcheck?: Healthcheck
  readonly exposes?: readonly number[]
  /** Text of the file `/content`: what makes one version differ from the next. */
  readonly content?: string
  /** Such as `linux/arm64`. One: an image for it. Several: a manifest list. The machine's own unless told. */
  readonly platforms?: readonly string[]
}

/** Where an image goes. `socket` leads to a registry over HTTP. */
export interface ImageTarget {
  readonly socket: string
  readonly repository: string
  readonly tag: string
}

/** Makes an image on the spot, without a daemon, and pushes it. Resolves to the digest that the tag now has. */
export async function pushImage(target: ImageTarget, contents: ImageContents): Promise<string> {
  const { platforms = [ownPlatform()] } = contents
  const manifests = await Promise.all(platforms.map((platform) => pushContent(target, contents, platform)))
  const [only] = manifests
  if (only && manifests.length === 1) return putManifest(target, target.tag, MANIFEST, only)
  const entries = await Promise.all(
    manifests.map(async (manifest, index) => {
      const digest = await putManifest(target, digestOf(manifest), MANIFEST, manifest)
      return { mediaType: MANIFEST, size: manifest.length, digest, platform: platformOf(platforms[index] ?? '') }
    }),
  )
  const list = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST_LIST, manifests: entries }))
  return putManifest(target, target.tag, MANIFEST_LIST, list)
}

/** Pushes layers and configuration for one platform. Returns the manifest that belongs to them. */
async function pushContent(target: ImageTarget, contents: ImageContents, platform: string): Promise<Buffer> {
  const { content } = contents
  const layers = [baseLayer(), ...(content === undefined ? [] : [layer([{ path: 'content', content }])])]
  const config = Buffer.from(JSON.stringify(configuration(contents, platform, layers)))
  await Promise.all([config, ...layers.map(({ blob }) => blob)].map((blob) => putBlob(target, blob)))
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: CONFIG, size: config.length, digest: digestOf(config) },
    layers: layers.map(({ blob }) => ({ mediaType: LAYER, size: blob.length, digest: digestOf(blob) })),
  }
  return Buffer.from(JSON.stringify(manifest))
}

function configuration(contents: ImageContents, platform: string, layers: readonly Layer[]): unknown {
  const { command = runs().command, env = {}, labels, healthcheck, exposes = [] } = contents
  const environment = { PATH: '/bin', ...env }
  return {
    ...platformOf(platform),
    created: '1970-01-01T00:00:00Z',
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

function baseLayer(): Layer {
  madeBase ??= compressed(
    tar([
      ...['bin/', 'etc/', 'tmp/'].map((path) => ({ path })),
      { path: 'bin/busybox', content: busybox() },
      ...APPLETS.split(' ').map((applet) => ({ path: `bin/${applet}`, target: 'busybox' })),
    ]),
  )
  return madeBase
}

function layer(files: readonly { path: string; content: string }[]): Layer {
  return compressed(tar(files.map(({ path, content }) => ({ path, mode: 0o644, content: Buffer.from(content) }))))
}

function compressed(archive: Buffer): Layer {
  return { blob: gzipSync(archive), diffId: digestOf(archive) }
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
