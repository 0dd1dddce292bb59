import { BLOCK, checksumOf, nameIn, untilNul } from '../../docker/archive/tar-format.ts'
import { UserError } from '../../errors.ts'
import { shown } from '../../runner/text/shown.ts'
import { zlib } from '../../runner/zlib.ts'

/**
 * Archives of the user's: a `.tar.gz`, read in memory. Nothing of it is written to a disk, so there is nothing that a
 * name in it could lead out of; and whatever no folder of settings needs (a link, a device, an absolute path) is refused
 * all the same, for an archive that has it is not what its owner takes it for. Pure.
 *
 * The format is that of POSIX.1-2017 (pax, "pax Interchange Format" and "ustar Interchange Format"), with the long names
 * of GNU tar.
 */

/** A regular file of an archive. */
export interface ArchivedFile {
  /** Relative, without `.` in it: `.docker/config.json`. */
  readonly path: string
  readonly content: Buffer
}

const MOST_UNPACKED_MEGABYTES = 16
const MOST_ENTRIES = 2000

/** What an archive of settings has no use for, by the flag of its entries. */
const REFUSED: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a device',
  '4': 'a device',
  '6': 'a named pipe',
  K: 'a link',
  S: 'a sparse file',
}

/**
 * The regular files of a `.tar.gz`.
 *
 * @throws UserError when it is none, is cut off or damaged, becomes too large, or has anything but files and directories
 *   with relative paths
 */
export function filesOfTarGz(bytes: Buffer): ArchivedFile[] {
  return filesOfTar(unzipped(bytes))
}

function unzipped(bytes: Buffer): Buffer {
  try {
    return zlib().gunzipSync(bytes, { maxOutputLength: MOST_UNPACKED_MEGABYTES * 1024 * 1024 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new UserError(`the archive is larger than ${MOST_UNPACKED_MEGABYTES} MB when it is unpacked: ${PACK_LESS}`)
    }
    throw new UserError(code === 'Z_BUF_ERROR' ? CUT_OFF : DAMAGED)
  }
}

const PACK_LESS = 'pack `config.json` alone, as in `tar -czf docker.tar.gz -C ~ .docker/config.json`'
const CUT_OFF = 'the archive is cut off in its middle: give all of it'
const DAMAGED = 'the archive is damaged: give it as `tar -czf` has made it'

function filesOfTar(bytes: Buffer): ArchivedFile[] {
  const files = new Map<string, Buffer>()
  let longName: string | undefined
  let entries = 0
  for (let at = 0; ; ) {
    const header = bytes.subarray(at, at + BLOCK)
    if (header.length < BLOCK) throw new UserError(at === 0 ? DAMAGED : CUT_OFF)
    // The end is a block of zeros.
    if (header.every((byte) => byte === 0)) return [...files].map(([path, content]) => ({ path, content }))
    checkSum(header)
    if (++entries > MOST_ENTRIES) throw new UserError(`the archive has more than ${MOST_ENTRIES} entries: ${PACK_LESS}`)

    const size = numberAt(header, 124, 12)
    const content = bytes.subarray(at + BLOCK, at + BLOCK + size)
    if (content.length < size) throw new UserError(CUT_OFF)
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK

    const flag = String.fromCharCode(header[156] ?? 0)
    if (flag === 'x') longName = pathOfPax(content) ?? longName
    else if (flag === 'L') longName = untilNul(content)
    else if (flag === 'g') {
      if (pathOfPax(content) !== undefined) throw refusal('pax_global_header', 'a name for all files')
    } else {
      const name = longName ?? nameIn(header)
      longName = undefined
      const path = checkedPath(name)
      if (!isDirectory(flag, name)) {
        if (!/[0\0]/.test(flag)) throw refusal(name, REFUSED[flag] ?? 'no file or directory')
        if (path === '' || files.has(path)) throw refusal(name, path === '' ? 'no name of a file' : 'there twice')
        files.set(path, content)
      }
    }
  }
}

function isDirectory(flag: string, name: string): boolean {
  return flag === '5' || (flag === '\0' && name.endsWith('/'))
}

function refusal(name: string, what: string): UserError {
  return new UserError(`${shown(name)} of the archive is ${what}: ${PACK_LESS}`)
}

/** @throws UserError when the path is not one below the place where somebody would unpack the archive */
function checkedPath(name: string): string {
  if (name.startsWith('/') || /^[a-z]:/i.test(name)) throw refusal(name, 'an absolute path')
  const parts = name.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) throw refusal(name, 'a path that leads out of it')
  if (/[\p{Cc}\\\ufffd]/u.test(name)) throw refusal(name, 'no name of a file')
  return parts.join('/')
}

function checkSum(header: Buffer): void {
  if (checksumOf(header) !== numberAt(header, 148, 8)) throw new UserError(DAMAGED)
}

/** Octal digits, with blanks or zeros around them. */
function numberAt(header: Buffer, start: number, length: number): number {
  const text = header
    .subarray(start, start + length)
    .toString('latin1')
    .replace(/[ \0]+$/, '')
    .trimStart()
  // Larger numbers are binary; no file in here can be as large as that.
  if (!/^[0-7]*$/.test(text)) throw new UserError(DAMAGED)
  return Number.parseInt(text || '0', 8)
}

/** The path that an extended header gives the next entry. Its records are `LENGTH KEY=VALUE\n`, in bytes. */
function pathOfPax(content: Buffer): string | undefined {
  let path: string | undefined
  for (let at = 0; at < content.length; ) {
    const [, digits = ''] = /^(\d{1,8}) /.exec(content.subarray(at, at + 9).toString('latin1')) ?? []
    const length = Number(digits)
    const record = content.subarray(at + digits.length + 1, at + length - 1)
    if (length <= digits.length + 1 || at + length > content.length) throw new UserError(DAMAGED)
    const [key = '', ...value] = record.toString('utf8').split('=')
    if (key === 'path') path = value.join('=')
    // The size that counts would be another one than the header's.
    if (key === 'size' || key.startsWith('GNU.sparse'))
      throw new UserError(`the archive has a sparse or huge file: ${PACK_LESS}`)
    at += length
  }
  return path
}
