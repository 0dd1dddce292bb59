import { throwAll, UserError } from '../../errors.ts'
import { crypto } from '../../runner/crypto.ts'

/** What the host keys are held against. */
export interface Pins {
  /** As in a known_hosts file. */
  readonly lines: readonly string[]
  readonly fingerprints: readonly FingerprintPin[]
}

export interface FingerprintPin {
  /** As ssh looks for it, `host` or `[host]:port`; `undefined` for the only host of the run. */
  readonly host: string | undefined
  /** `SHA256:…` */
  readonly fingerprint: string
}

/** A host key as a server showed it. */
export interface OfferedKey {
  /** As ssh looked for it: `host`, or `[host]:port`. */
  readonly host: string
  /** `ssh-ed25519` */
  readonly type: string
  readonly fingerprint: string
}

const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}=?$/
const KEY_LINE =
  /^(?:@(?:cert-authority|revoked)\s+)?\S+\s+((?:ssh|ecdsa|sk)-[\w@.-]+)\s+AAAA[A-Za-z0-9+/]+={0,3}(?:\s|$)/

/**
 * Reads `ssh-known-hosts`: known_hosts lines, fingerprints with or without the host before them, and lines of
 * `ssh-keygen -l`. A fingerprint in the comment of a known_hosts line is a comment.
 *
 * @throws UserErrors that name each line that is none of them
 */
export function parsePins(text: string): Pins {
  const lines: string[] = []
  const fingerprints: FingerprintPin[] = []
  const problems: string[] = []
  // Once, and not for each of its lines.
  if (/PRIVATE KEY-----/.test(text)) {
    throw new UserError(
      'it is a private key, which belongs into `ssh-key`: write the key of the host, or its fingerprint `SHA256:…`',
    )
  }
  for (const [index, raw] of text.split(/\r\n|\r|\n/).entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    if (KEY_LINE.test(line)) {
      lines.push(line)
      continue
    }
    const pins = fingerprintPins(line)
    if (pins === undefined) problems.push(`line ${index + 1} ${lineProblem(line)}`)
    else fingerprints.push(...pins)
  }
  throwAll(problems)
  return { lines, fingerprints }
}

/** `SHA256:…`, `host[,host…] SHA256:…`, or `256 SHA256:… comment (ED25519)` as `ssh-keygen -l` prints it. */
function fingerprintPins(line: string): FingerprintPin[] | undefined {
  const [first = '', second = ''] = line.split(/\s+/, 2)
  if (FINGERPRINT.test(first)) return [{ host: undefined, fingerprint: withoutPadding(first) }]
  if (!FINGERPRINT.test(second)) return undefined
  const fingerprint = withoutPadding(second)
  if (/^\d+$/.test(first)) return [{ host: undefined, fingerprint }]
  const hosts = first.split(',').map(hostAsSsh)
  return hosts.includes('') ? undefined : hosts.map((host) => ({ host, fingerprint }))
}

function withoutPadding(fingerprint: string): string {
  return fingerprint.replace(/=$/, '')
}

/** How ssh looks a host up: in small letters, with a port only where it is not 22. */
function hostAsSsh(written: string): string {
  const text = written
    .toLowerCase()
    .replace(/^ssh:\/\//, '')
    .replace(/^[^@]*@/, '')
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? []
  // More than one colon without brackets is an IPv6 address.
  const name = bracketed ?? plain ?? text
  return port === undefined || port === '22' ? name : `[${name}]:${port}`
}

function lineProblem(line: string): string {
  if (/^(?:ssh|ecdsa|sk)-\S+\s+AAAA/.test(line)) {
    return 'is a public key without its host: write the host before it, as in `host.example.com ssh-ed25519 AAAA…`'
  }
  if (/MD5:|^(?:[0-9a-f]{2}:){15}[0-9a-f]{2}$/i.test(line)) {
    return 'is an MD5 fingerprint, which proves nothing any more: write the one that begins with SHA256:'
  }
  if (line.split(/\s+/).some((word) => FINGERPRINT.test(word))) {
    return 'does not say clearly whose fingerprint it is: write `SHA256:…`, or `host.example.com SHA256:…`'
  }
  if (/SHA256:/.test(line)) return 'has a fingerprint that is cut off: write SHA256: and all 43 characters after it'
  return 'is neither a known_hosts line nor a fingerprint: write `host.example.com ssh-ed25519 AAAA…`, `SHA256:…` or `host.example.com SHA256:…`'
}

/**
 * A program for ssh's `KnownHostsCommand`. It notes the key that a server offers, and prints it as a known one only
 * when its fingerprint is among those pinned; so nothing is trusted on first use, and no second connection is needed.
 */
export const HOST_KEY_SCRIPT = `# pins, notes, host, type, key, fingerprint
[ "$6" = NONE ] && exit 0
printf '%s %s %s\\n' "$3" "$4" "$6" >>"$2"
while read -r pinned host; do
  [ "$pinned" = "$6" ] && { [ -z "$host" ] || [ "$host" = "$3" ]; } && printf '%s %s %s\\n' "$3" "$4" "$5" && exit 0
done <"$1"
exit 0
`

/** The fingerprints that are trusted, those of known_hosts lines worked out. */
export function pinnedFingerprints({ lines, fingerprints }: Pins): string[] {
  const trusted = lines.filter((line) => !line.startsWith('@revoked'))
  const ofLines = trusted.map((line) => {
    const key = /AAAA[A-Za-z0-9+/]+={0,3}/.exec(line)?.[0] ?? ''
    return `SHA256:${withoutPadding(crypto().createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64'))}`
  })
  return [...new Set([...fingerprints.map(({ fingerprint }) => fingerprint), ...ofLines])]
}

/** The last key that {@link HOST_KEY_SCRIPT} noted. */
export function lastOffered(notes: string): OfferedKey | undefined {
  const [host = '', type = '', fingerprint] = notes.trim().split('\n').at(-1)?.split(' ') ?? []
  return fingerprint === undefined ? undefined : { host, type, fingerprint }
}
