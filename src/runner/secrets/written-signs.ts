import type { Span } from './matcher.ts'

/** A text in which signs are written by their numbers, read. Pure. */

/**
 * Any sign as URLs (`%70`), JSON (`\u0070`), programs (`\x70`) and pages (`&#112;`, `&#x70;`) may write it, also quoted once
 * more. Those of URLs are bytes: several make one sign.
 */
const WRITTEN = /(?:%[0-9a-f]{2})+|\\{1,2}u([0-9a-f]{4})|\\{1,2}x([0-9a-f]{2})|&#x([0-9a-f]{1,6});|&#(\d{1,7});/gi

export interface Reading {
  readonly text: string
  /** Where a part of it stands in the text as it is written. */
  placeOf(part: Span): Span
}

/** @returns `undefined` for a text without such signs */
export function readSigns(written: string): Reading | undefined {
  let text = ''
  let done = 0
  const starts: number[] = []
  const take = (part: string, at: number, width: number) => {
    for (let index = 0; index < part.length; index++) starts.push(at + index * width)
    text += part
  }
  for (const match of written.matchAll(WRITTEN)) {
    const { 0: signs, index } = match
    take(written.slice(done, index), done, 1)
    done = index + signs.length
    const number = match[1] ?? match[2] ?? match[3]
    if (number === undefined && match[4] === undefined) takeBytes(signs, index, take)
    else take(signOf(number === undefined ? Number(match[4]) : Number.parseInt(number, 16)), index, 0)
  }
  if (done === 0) return undefined
  take(written.slice(done), done, 1)
  starts.push(written.length)
  return {
    text,
    placeOf: ({ start, end }) => ({ start: starts[start] ?? written.length, end: starts[end] ?? written.length }),
  }
}

const SIGNS_OF_BYTE = '%70'.length

function takeBytes(signs: string, index: number, take: (part: string, at: number, width: number) => void): void {
  let at = index
  for (const sign of Buffer.from(signs.replaceAll('%', ''), 'hex').toString()) {
    take(sign, at, 0)
    at += Buffer.byteLength(sign) * SIGNS_OF_BYTE
  }
}

function signOf(number: number): string {
  return number > 0x10ffff ? '\ufffd' : String.fromCodePoint(number)
}
