import { createRequire } from 'node:module'

/** Node's crypto, loaded when it is asked for the first time: a run that ends with an input error needs none of it. */
export function crypto(): typeof import('node:crypto') {
  return createRequire(import.meta.url)('node:crypto')
}
