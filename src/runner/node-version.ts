/** `AbortSignal.any` came with 20.3, `Symbol.asyncDispose` with 20.4. */
const OLDEST = [20, 4] as const

/**
 * Why a version of Node cannot run this action, in one sentence; `undefined` when it can.
 *
 * @param version as `process.version` has it: `v20.20.2`
 */
export function tooOldNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number)
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return undefined
  return `this action needs Node ${OLDEST.join('.')} or newer, and the runner has started it with ${version}: take a newer runner, or a job image with a newer Node`
}
