/** What a header of a tar archive says: POSIX.1-2017, pax, "ustar Interchange Format". Pure. */

/** Bytes; headers and contents begin at multiples of it. */
export const BLOCK = 512

/** The sum of the bytes of a header, those of the sum itself taken for blanks. */
export function checksumOf(header: Buffer): number {
  return header.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 0x20 : byte), 0)
}

/** The name of an entry as its header has it. */
export function nameIn(header: Buffer): string {
  const name = untilNul(header.subarray(0, 100))
  // GNU's own format has times where POSIX has the first part of a long name.
  const isPosix = header.toString('latin1', 257, 263) === 'ustar\0'
  const prefix = isPosix ? untilNul(header.subarray(345, 500)) : ''
  return prefix === '' ? name : `${prefix}/${name}`
}

/** The text up to its closing NUL. */
export function untilNul(bytes: Buffer): string {
  const end = bytes.indexOf(0)
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end)
}
