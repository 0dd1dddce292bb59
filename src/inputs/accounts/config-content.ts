/** How the content of a docker client configuration is told from other texts. Pure. */

/** A text in base64, as long as the shortest configuration; `-` and `_` where the rest of the world has `+` and `/`. */
const BASE64 = /^[A-Za-z0-9+/_-]{24,}={0,2}$/
/** How JSON begins, behind what editors and shells of Windows put first, and with the NULs of UTF-16. */
const JSON_START = /^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*\{[\s\0]*["}]/
const GZIP = Buffer.from([0x1f, 0x8b])

/** Whether a text is the content of a configuration, or was meant to be. */
export function isContent(text: string): boolean {
  if (text.startsWith('{')) {
    if (isJson(text)) return keysOf(text).some((key) => CONFIG_KEYS.includes(key)) || text === '{}'
    // Cut off, or with a comma too many. What has a name in front without quotes is YAML.
    return /^\{\s*"/.test(text) && /"(?:auths|credHelpers|credsStore)"\s*:/.test(text)
  }
  return isBase64(text)
}

export const CONFIG_KEYS = ['auths', 'credHelpers', 'credsStore']

function keysOf(json: string): string[] {
  return Object.keys(JSON.parse(json))
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** By its first bytes a text in base64 is known for a gzip file, or for JSON. */
export function isBase64(text: string): boolean {
  const dense = text.replace(/\s+/g, '')
  if (!BASE64.test(dense)) return false
  const start = Buffer.from(dense.slice(0, LONGEST_START), 'base64')
  return isGzip(start) || JSON_START.test(start.toString('latin1'))
}

const LONGEST_START = 1024

export function isGzip(bytes: Buffer): boolean {
  return bytes.subarray(0, GZIP.length).equals(GZIP)
}

/**
 * Whether a text is a `config.json`, or base64 of one: people put it where an account belongs. Other JSON may be a
 * password, as keys of Google's accounts are.
 */
export function isWholeConfig(text: string): boolean {
  const whole = text.replace(/^\uFEFF/, '').trim()
  if (whole.startsWith('{')) return whole !== '{}' && isContent(whole)
  return isBase64(whole) && isWholeConfig(Buffer.from(whole.replace(/\s+/g, ''), 'base64').toString())
}
