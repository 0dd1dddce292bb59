import { createHash } from 'node:crypto'
import { stripTypeScriptTypes } from 'node:module'

/** A jest transformer: TypeScript becomes JavaScript by blanking its types, so every line and column stays. */
export default {
  process: (source) => ({ code: stripTypeScriptTypes(source) }),
  // Jest's own key holds all of its configuration too: with each other choice of test files nothing would be in its cache.
  getCacheKey: (source) => createHash('sha1').update(process.version).update(source).digest('hex'),
}
