import { type FileHandle, open } from 'node:fs/promises'
import { UserError } from '../../errors.ts'
import { beginningOf } from '../../runner/text/safe-text.ts'
import { zlib } from '../../runner/zlib.ts'
import { BLOCK, checksumOf, nameIn, untilNul } from './tar-format.ts'

/**
 * What an archive holds is read where it lies: nothing of it is unpacked to the disk, and no name in it becomes a path
 * of this machine.
 */

/** The file is no archive that can be read. The message says what it is instead, in words that follow the file's name. */
export class BadArchive extends UserError {
  override name = 'BadArchive'
}

export interface TarEntry {
  /** As it stands there, without a leading `./`. */
  readonly path: string
  readonly kind: 'file' | 'link' | 'other'
  /** Of a link, the path that it leads to, seen from the top of the archive; `undefined` when that is outside. */
  readonly target: string | undefined
  /** Bytes. */
  readonly size: number
  /** Where its content begins, in the archive as it is without gzip. */
  readonly offset: number
}

/** An archive that can be read again and again. */
export interface TarFile {
  readonly entries: ReadonlyMap<string, TarEntry>
  /**
   * The whole content of a file that is meant to be small.
   *
   * @throws BadArchive when there is none of this name, or it is larger than {@link MOST_JSON_BYTES}
   */
  bytes(path: string): Promise<Buffer>
  /** The content of a file, piece by piece. Links within the archive are followed. */
  stream(path: string): AsyncIterable<Buffer>
  /** The file that a path means: links within the archive are followed. */
  find(path: string): TarEntry | undefined
}

/** Registries take manifests of 4 MB (github.com/distribution/distribution); a configuration may be larger. */
const MOST_JSON_BYTES = 8 * 1024 * 1024
/** Images have some hundreds of files at the most. */
const MOST_ENTRIES = 20_000
/** What gzip makes of nothing has an end. */
const MOST_UNPACKED_BYTES = 256 * 1024 ** 3
/** Of what stands before a file: its name, and with pax whatever else there is to say of it. */
const MOST_EXTRA_BYTES = 64 * 1024
const MOST_NAME_LENGTH = 4096
/** Small files are kept when they are met: in a gzip file each look back reads all of it again. */
const KEPT_BYTES = 256 * 1024
const MOST_KEPT_BYTES = 32 * 1024 * 1024
const PIECE = 1024 * 1024
const MOST_LINKS = 8
const MOST_LENGTH_DIGITS = 8

/**
 * Reads what is in a tar archive, plain or in gzip: ustar, with the long names of GNU and of pax.
 *
 * @param path of a regular file
 * @throws BadArchive when it is no such archive, or is damaged
 */
export async function openTar(path: string, signal: AbortSignal): Promise<TarFile> {
  const isGzip = await looksLikeGzip(path)
  const source: Source = isGzip ? new GzipSource(path, signal) : new PlainSource(path, signal)
  const { entries, kept } = await readIndex(source)
  const find = (name: string) => follow(entries, name)
  return {
    entries,
    find,
    async bytes(name) {
      const entry = find(name)
      if (entry === undefined) throw new BadArchive(`has no file ${shown(name)}, which it names itself`)
      if (entry.size > MOST_JSON_BYTES) {
        throw new BadArchive(`has a file ${shown(name)} of ${entry.size} bytes, where a short text is expected`)
      }
      return kept.get(entry.path) ?? Buffer.concat(await arrayOf(source.range(entry.offset, entry.size)))
    },
    async *stream(name) {
      const entry = find(name)
      if (entry === undefined) throw new BadArchive(`has no file ${shown(name)}, which it names itself`)
      yield* source.range(entry.offset, entry.size)
    },
  }
}

const OTHER_FORMATS: readonly (readonly [name: string, magic: string])[] = [
  ['zstd', '28b52ffd'],
  ['xz', 'fd377a585a00'],
  ['bzip2', '425a68'],
  ['zip', '504b0304'],
]

async function looksLikeGzip(path: string): Promise<boolean> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0)
    if (bytesRead === 0) throw new BadArchive('is empty')
    const begin = buffer.subarray(0, bytesRead).toString('hex')
    const other = OTHER_FORMATS.find(([, magic]) => begin.startsWith(magic))
    if (other !== undefined) throw new BadArchive(`is packed with ${other[0]}: give it plain, or packed with gzip`)
    return begin.startsWith('1f8b')
  } finally {
    await file.close()
  }
}

/** The bytes of an archive without gzip. */
interface Source {
  /** Reads from the beginning on. */
  cursor(): Cursor
  range(offset: number, size: number): AsyncIterable<Buffer>
}

interface Cursor extends AsyncDisposable {
  /** The next bytes; fewer only at the end. */
  take(count: number): Promise<Buffer>
  /** @returns whether there were as many */
  skip(count: number): Promise<boolean>
}

class PlainSource implements Source {
  readonly #path: string
  readonly #signal: AbortSignal

  constructor(path: string, signal: AbortSignal) {
    this.#path = path
    this.#signal = signal
  }

  cursor(): Cursor {
    const opened = open(this.#path)
    let at = 0
    return {
      take: async (count) => {
        this.#signal.throwIfAborted()
        const { buffer, bytesRead } = await (await opened).read(Buffer.alloc(count), 0, count, at)
        at += bytesRead
        return buffer.subarray(0, bytesRead)
      },
      skip: async (count) => {
        at += count
        return at <= (await (await opened).stat()).size
      },
      [Symbol.asyncDispose]: async () => (await opened).close(),
    }
  }

  async *range(offset: number, size: number): AsyncIterable<Buffer> {
    const file: FileHandle = await open(this.#path)
    try {
      for (let at = offset; at < offset + size; ) {
        this.#signal.throwIfAborted()
        const count = Math.min(PIECE, offset + size - at)
        const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(count), 0, count, at)
        if (bytesRead === 0) throw cutOff()
        at += bytesRead
        yield buffer.subarray(0, bytesRead)
      }
    } finally {
      await file.close()
    }
  }
}

class GzipSource implements Source {
  readonly #path: string
  readonly #signal: AbortSignal

  constructor(path: string, signal: AbortSignal) {
    this.#path = path
    this.#signal = signal
  }

  cursor(): Cursor & { pieces(count: number): AsyncIterable<Buffer> } {
    const opened = open(this.#path)
    const pieces = this.#unpacked(opened)[Symbol.asyncIterator]()
    let rest: Buffer = Buffer.alloc(0)
    const next = async (most: number): Promise<Buffer | undefined> => {
      while (rest.length === 0) {
        this.#signal.throwIfAborted()
        const { value, done } = await pieces.next()
        if (done) return undefined
        rest = value
      }
      const piece = rest.subarray(0, most)
      rest = rest.subarray(piece.length)
      return piece
    }
    async function* some(count: number): AsyncIterable<Buffer> {
      for (let left = count; left > 0; ) {
        const piece = await next(left)
        if (piece === undefined) return
        left -= piece.length
        yield piece
      }
    }
    return {
      pieces: some,
      take: async (count) => Buffer.concat(await arrayOf(some(count))),
      skip: async (count) => {
        let left = count
        for await (const piece of some(count)) left -= piece.length
        return left === 0
      },
      [Symbol.asyncDispose]: async () => {
        await pieces.return?.(undefined)
      },
    }
  }

  async *range(offset: number, size: number): AsyncIterable<Buffer> {
    await using cursor = this.cursor()
    await cursor.skip(offset)
    let left = size
    for await (const piece of cursor.pieces(size)) {
      left -= piece.length
      yield piece
    }
    if (left > 0) throw cutOff()
  }

  async *#unpacked(opened: Promise<FileHandle>): AsyncGenerator<Buffer> {
    const gunzip = zlib().createGunzip()
    const file = (await opened).createReadStream()
    file.on('error', (error) => gunzip.destroy(error))
    try {
      yield* file.pipe(gunzip) as AsyncIterable<Buffer>
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (code === 'Z_BUF_ERROR') throw cutOff()
      if (code.startsWith('Z_')) throw new BadArchive('is damaged: its gzip cannot be read')
      throw error
    } finally {
      gunzip.destroy()
      file.destroy()
    }
  }
}

async function readIndex(source: Source) {
  const entries = new Map<string, TarEntry>()
  const kept = new Map<string, Buffer>()
  await using cursor = source.cursor()
  let at = 0
  let keptBytes = 0
  let extra: { path?: string; target?: string; size?: number } = {}
  for (;;) {
    const block = await cursor.take(BLOCK)
    at += BLOCK
    if (block.length < BLOCK) {
      if (entries.size === 0) throw noTar()
      // Some tools leave the closing blocks off.
      if (block.length === 0) break
      throw cutOff()
    }
    if (block.every((byte) => byte === 0)) break
    const header = readHeader(block)
    const size = extra.size ?? header.size
    const room = Math.ceil(size / BLOCK) * BLOCK
    if (at + room > MOST_UNPACKED_BYTES) throw new BadArchive('is larger than 256 GB')
    if (header.type === 'x' || header.type === 'g' || header.type === 'L' || header.type === 'K') {
      if (header.size > MOST_EXTRA_BYTES) throw new BadArchive('has a name that is longer than any name of a file')
      const content = (await cursor.take(room)).subarray(0, header.size)
      if (content.length < header.size) throw cutOff()
      at += room
      if (header.type === 'x') extra = { ...extra, ...readPax(content) }
      if (header.type === 'L') extra = { ...extra, path: untilNul(content) }
      if (header.type === 'K') extra = { ...extra, target: untilNul(content) }
      continue
    }
    const path = plainPath(extra.path ?? header.path)
    if (path.length > MOST_NAME_LENGTH) throw new BadArchive('has a name that is longer than any name of a file')
    const kind = header.type === '0' || header.type === '\0' || header.type === '7' ? 'file' : kindOfLink(header.type)
    const target = kind === 'link' ? targetOf(path, extra.target ?? header.target, header.type === '1') : undefined
    if (entries.size >= MOST_ENTRIES) throw new BadArchive(`has more than ${MOST_ENTRIES} files: no image has as many`)
    // What comes later is what unpacking would leave.
    entries.set(path, { path, kind, target, size: kind === 'file' ? size : 0, offset: at })
    const isKept = kind === 'file' && size <= KEPT_BYTES && keptBytes + size <= MOST_KEPT_BYTES
    if (isKept) {
      const content = (await cursor.take(room)).subarray(0, size)
      if (content.length < size) throw cutOff()
      kept.set(path, content)
      keptBytes += size
    } else {
      kept.delete(path)
      if (!(await cursor.skip(room))) throw cutOff()
    }
    at += room
    extra = {}
  }
  return { entries, kept }
}

function readHeader(block: Buffer) {
  if (number(block.subarray(148, 156)) !== checksumOf(block)) throw noTar()
  const size = number(block.subarray(124, 136))
  if (!Number.isSafeInteger(size) || size < 0) throw noTar()
  return {
    path: nameIn(block),
    size,
    type: String.fromCharCode(block[156] ?? 0),
    target: untilNul(block.subarray(157, 257)),
  }
}

/** In octal digits, or, where these have no room, in base 256 as GNU tar writes it. */
function number(field: Buffer): number {
  if (((field[0] ?? 0) & 0x80) !== 0) {
    return field.reduce((total, byte, index) => total * 256 + (index === 0 ? byte & 0x7f : byte), 0)
  }
  const text = untilNul(field).trim()
  return /^[0-7]*$/.test(text) ? Number.parseInt(text || '0', 8) : Number.NaN
}

/** `LENGTH KEY=VALUE\n`, again and again; the length is of all of it, in bytes. */
function readPax(content: Buffer) {
  const records = new Map<string, string>()
  for (let at = 0; at < content.length; ) {
    const blank = content.indexOf(' ', at)
    const digits = content.toString('latin1', at, Math.min(blank, at + MOST_LENGTH_DIGITS))
    const length = /^\d+$/.test(digits) ? Number(digits) : 0
    const equals = content.indexOf('=', blank)
    const end = at + length
    if (blank < 0 || equals < 0 || equals >= end || end > content.length) break
    records.set(content.toString('utf8', blank + 1, equals), content.toString('utf8', equals + 1, end - 1))
    at = end
  }
  const { path, linkpath, size } = Object.fromEntries(records) as Record<string, string | undefined>
  return {
    ...(path === undefined ? {} : { path }),
    ...(linkpath === undefined ? {} : { target: linkpath }),
    ...(size !== undefined && /^\d{1,15}$/.test(size) ? { size: Number(size) } : {}),
  }
}

function kindOfLink(type: string): TarEntry['kind'] {
  return type === '1' || type === '2' ? 'link' : 'other'
}

function plainPath(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')
}

/** A hard link names a path of the archive; a symbolic one begins at the folder that it is in. */
function targetOf(path: string, target: string, isHard: boolean): string | undefined {
  const from = isHard ? [] : path.split('/').slice(0, -1)
  if (target.startsWith('/')) return undefined
  for (const part of target.split('/')) {
    if (part === '..' && from.pop() === undefined) return undefined
    if (part !== '..' && part !== '.' && part !== '') from.push(part)
  }
  return from.join('/')
}

function follow(entries: ReadonlyMap<string, TarEntry>, name: string): TarEntry | undefined {
  let path: string | undefined = plainPath(name)
  for (let links = 0; links <= MOST_LINKS && path !== undefined; links++) {
    const entry: TarEntry | undefined = entries.get(path)
    if (entry?.kind !== 'link') return entry?.kind === 'file' ? entry : undefined
    path = entry.target
  }
  return undefined
}

async function arrayOf(pieces: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const all: Buffer[] = []
  for await (const piece of pieces) all.push(piece)
  return all
}

function shown(name: string): string {
  return JSON.stringify(beginningOf(name, 100))
}

function noTar(): BadArchive {
  return new BadArchive(
    'is no tar archive: write it with `docker save`, or with `docker buildx build --output type=oci`',
  )
}

function cutOff(): BadArchive {
  return new BadArchive('ends too early: a part of it is missing')
}
