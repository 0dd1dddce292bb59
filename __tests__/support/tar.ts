import { gzipSync } from 'node:zlib'

/** What an entry of an archive is; also what no tar program would write. */
export interface EntryOptions {
  readonly content?: string | Buffer
  /** Its kind: `0` for a file, `5` for a directory, `2` for a symbolic link. */
  readonly flag?: string
  readonly link?: string
  /** In octal digits, in the place of the true one. */
  readonly size?: string
}

/** An entry of a tar archive as POSIX has it: a header with its sum, and the content in blocks of 512 bytes. */
export function tarEntry(name: string, { content = '', flag = '0', link = '', size }: EntryOptions = {}): Buffer {
  const data = Buffer.from(content)
  const header = Buffer.alloc(512)
  header.write(name, 0, 100)
  header.write('0000600\0', 100)
  header.write(`${size ?? data.length.toString(8).padStart(11, '0')}\0`, 124, 12)
  header.write('00000000000\0', 136)
  header.write(' '.repeat(8), 148)
  header.write(flag, 156)
  header.write(link, 157, 100)
  header.write('ustar\0' + '00', 257)
  const sum = header.reduce((all, byte) => all + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, data, Buffer.alloc((512 - (data.length % 512)) % 512)])
}

/** A whole `.tar.gz` of entries. */
export function tarGz(...entries: readonly Buffer[]): Buffer {
  return gzipSync(Buffer.concat([...entries, Buffer.alloc(1024)]))
}

/** A record of an extended header: its own length in front. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  const length = rest.length + `${rest.length + 2}`.length
  return `${length}${rest}`
}
