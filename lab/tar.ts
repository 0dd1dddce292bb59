const BLOCK_BYTES = 512

/** A file, or a symbolic link when it has a `target`. */
export interface TarEntry {
  readonly path: string
  readonly mode?: number
  readonly content?: Buffer
  readonly target?: string
}

/** A tar archive whose bytes depend on nothing but the entries. */
export function tar(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(blocks), Buffer.alloc(2 * BLOCK_BYTES)])
}

function blocks({ path, mode = 0o755, content = Buffer.alloc(0), target }: TarEntry): Buffer[] {
  const isDirectory = path.endsWith('/')
  const header = Buffer.alloc(BLOCK_BYTES)
  header.write(path, 0, 100)
  header.write(octal(mode, 7), 100)
  header.write(octal(0, 7), 108)
  header.write(octal(0, 7), 116)
  header.write(octal(content.length, 11), 124)
  header.write(octal(0, 11), 136)
  header.write('        ', 148)
  header.write(target !== undefined ? '2' : isDirectory ? '5' : '0', 156)
  header.write(target ?? '', 157, 100)
  header.write('ustar\0', 257)
  header.write('00', 263)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${octal(sum, 6)}\0 `, 148)
  return [header, content, Buffer.alloc((BLOCK_BYTES - (content.length % BLOCK_BYTES)) % BLOCK_BYTES)]
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0')
}
