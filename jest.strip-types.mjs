import { stripTypeScriptTypes } from 'node:module'

/** A jest transformer: TypeScript becomes JavaScript by blanking its types, so every line and column stays. */
export default {
  process: (source) => ({ code: stripTypeScriptTypes(source) }),
}
