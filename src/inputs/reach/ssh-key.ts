import { isExpression, referenceIn } from '../unreplaced.ts'
import { isPath } from './path.ts'

/** What can be said of a private key without its passphrase. */
export interface KeyShape {
  readonly problem?: string
  readonly isEncrypted: boolean
}

const NO_KEY = 'write the whole private key, from -----BEGIN to the last line, with all its line breaks'

/** Looks at a private key as ssh would, before any connection. The messages never quote it. */
export function shapeOfKey(text: string): KeyShape {
  const bad = (problem: string): KeyShape => ({ problem, isEncrypted: false })
  if (/^(?:ssh|ecdsa|sk)-\S+\s+AAAA/.test(text.trim())) return bad(`it is a public key: ${NO_KEY}`)
  if (/^(?:\S+\s+)?(?:SHA256:\S+$|(?:ssh|ecdsa|sk)-\S+\s+AAAA)/.test(text.trim())) {
    return bad(`it is the key of a host, which belongs into \`ssh-known-hosts\`: ${NO_KEY}`)
  }
  if (/^PuTTY-User-Key-File/.test(text.trim())) {
    return bad('it is a key of PuTTY: write it in the form of OpenSSH (`puttygen key.ppk -O private-openssh`)')
  }
  if (isPath(text)) {
    return bad('it is a path, and no key: write the content of that file (in a shell `--ssh-key @PATH` reads it)')
  }
  const reference = isExpression(text) ? `\`\${{ … }}\`, which is only replaced in workflow files` : referenceIn(text)
  if (reference !== undefined) return bad(`it has the form of ${reference}: nothing has put the key in its place`)
  if (/^-----BEGIN [^\n]*\\n/.test(text.trim())) {
    return bad(`its line breaks are written as \\n, and not there: ${NO_KEY}`)
  }
  const [, kind, body = ''] =
    /^-----BEGIN ((?:[A-Z]+ )*)PRIVATE KEY-----\s([\s\S]*)-----END \1PRIVATE KEY-----$/.exec(normalKey(text).trim()) ??
    []
  if (kind === undefined) return bad(`it is no private key that ssh can read: ${NO_KEY}`)
  if (!/\n/.test(body.trim()) && body.trim().length > 100) return bad(`its line breaks are lost: ${NO_KEY}`)
  if (kind !== 'OPENSSH ') return { isEncrypted: kind === 'ENCRYPTED ' || /Proc-Type: 4,ENCRYPTED/.test(body) }
  const bytes = Buffer.from(body, 'base64')
  if (!bytes.toString('latin1').startsWith('openssh-key-v1\0')) return bad(`it is damaged: ${NO_KEY}`)
  const length = bytes.readUInt32BE(15)
  return { isEncrypted: bytes.toString('latin1', 19, 19 + length) !== 'none' }
}

/** As ssh wants it: no carriage returns, a line break at the end. */
export function normalKey(text: string): string {
  return `${text.replace(/\r\n?/g, '\n').trim()}\n`
}
