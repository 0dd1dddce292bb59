import { createRequire } from 'node:module'

/** Node's zlib, loaded when something is packed or unpacked for the first time: it would be a thirtieth of each start. */
export function zlib(): typeof import('node:zlib') {
  return createRequire(import.meta.url)('node:zlib')
}
