import type { OfferedKey } from '../../inputs/reach/known-hosts.ts'
import { limited } from '../../runner/text/safe-text.ts'

export type SshFailure =
  | 'revoked-host-key'
  | 'changed-host-key'
  | 'unknown-host-key'
  | 'no-key-type'
  | 'no-user'
  | 'passphrase'
  | 'unreadable-key'
  | 'refused-key'
  | 'unresolved'
  | 'refused'
  | 'timed-out'
  | 'unreachable'
  | 'jump-forbidden'
  | 'crowded'
  | 'closed'
  | 'no-permission'
  | 'no-docker'
  | 'no-daemon'
  | 'dropped'
  | 'unknown'

/** OpenSSH's words and those of the docker CLI on the far end, the most telling first. */
const WORDINGS: readonly (readonly [SshFailure, RegExp])[] = [
  ['revoked-host-key', /REVOKED HOST KEY DETECTED|is marked as revoked/i],
  ['changed-host-key', /REMOTE HOST IDENTIFICATION HAS CHANGED|host key for .* has changed/i],
  ['unknown-host-key', /host key is known for|Host key verification failed|No matching host key fingerprint/i],
  ['no-key-type', /no matching host key type/i],
  ['no-user', /No user exists for uid/i],
  ['passphrase', /incorrect passphrase|bad passphrase/i],
  ['unreadable-key', /Load key .*: (?:error in libcrypto|invalid format|unsupported|unknown)/i],
  ['refused-key', /Permission denied \(|Too many authentication failures|no more authentication methods/i],
  ['unresolved', /Could not resolve hostname|Name or service not known/i],
  ['jump-forbidden', /administratively prohibited[\s\S]*stdio forwarding failed/i],
  ['no-permission', /permission denied while trying to connect|dial unix .*permission denied/i],
  ['no-docker', /docker: (?:command )?not found|docker: No such file|exec: .?docker.?: .*not found/i],
  [
    'no-daemon',
    /Cannot connect to the Docker daemon|Is the docker daemon running|dial unix .*(?:no such file|refused)/i,
  ],
  ['refused', /Connection refused/i],
  ['timed-out', /timed out|Timeout, server .* not responding/i],
  ['unreachable', /No route to host|Network is unreachable/i],
  ['crowded', /kex_exchange_identification|Exceeded MaxStartups|ssh_exchange_identification|banner exchange/i],
  ['dropped', /Broken pipe|Connection reset/i],
  ['closed', /Connection closed by|closed by remote host/i],
]

/** What went wrong, from what ssh printed. */
export function classifySsh(stderr: string): SshFailure {
  return WORDINGS.find(([, pattern]) => pattern.test(stderr))?.[0] ?? 'unknown'
}

/** What is known of a connection that failed. */
export interface SshCase {
  readonly stderr: string
  /** The key that the server showed last. */
  readonly offered: OfferedKey | undefined
  readonly user: string | undefined
  /** The fingerprints that are trusted. */
  readonly pinned?: readonly string[]
}

/** Why there is no route over SSH, in one clause that ends with what to do. */
export function sshReason({ stderr, offered, user, pinned = [] }: SshCase): string {
  const failure = classifySsh(stderr)
  switch (failure) {
    case 'revoked-host-key':
      return `the host shows a key that \`ssh-known-hosts\` marks as \`@revoked\`: ${offer(offered)}. Nobody is to trust it any more: give the host a new key, or find out who answers in its place`
    case 'changed-host-key':
      return `the host key is not the one in \`ssh-known-hosts\`: ${offer(offered)}${trusted(pinned)}. The host was set up anew, or someone stands in between: ${CHECK}`
    case 'unknown-host-key':
      if (offered !== undefined && pinned.includes(offered.fingerprint)) {
        return `${offer(offered)}, which \`ssh-known-hosts\` has under another name: if that is the same host, write \`${offered.host} ${offered.fingerprint}\` there too`
      }
      return `the host key is not in \`ssh-known-hosts\`: ${offer(offered)}${trusted(pinned)}. ${CHECK}`
    case 'no-key-type':
      return 'the server has no host key of a type that this ssh takes: give it an ed25519 key (`ssh-keygen -A` there)'
    case 'no-user':
      return 'ssh goes nowhere for a user that the system of this runner has no name for: run the step as one of its users, or give this one a line in its /etc/passwd'
    case 'passphrase':
      return 'the passphrase does not open the key: set `ssh-passphrase` to the one of `ssh-key`'
    case 'unreadable-key':
      return 'ssh cannot read `ssh-key`: write the whole private key, from -----BEGIN to the last line'
    case 'refused-key':
      return `the server does not accept the key for the user ${user ?? 'of this runner'}: check the user in \`host\`, and that the public half of \`ssh-key\` is in that user's ~/.ssh/authorized_keys`
    case 'unresolved':
      return 'no such host is known: check the name in `host` and `ssh-jump`'
    case 'refused':
      return 'the connection was refused: check the port, and that sshd runs there'
    case 'timed-out':
      return 'there was no answer in time: check the address, and that a firewall lets this runner through'
    case 'unreachable':
      return 'the network has no way to it: check the address, and whether it needs `ssh-jump`'
    case 'jump-forbidden':
      return 'the jump host does not forward connections: set `AllowTcpForwarding yes` in its sshd_config, or use another in `ssh-jump`'
    case 'crowded':
      return 'sshd closed the connection before the login: too many log in at the same time (raise MaxStartups in its sshd_config), or it blocks this runner'
    case 'dropped':
      return 'the connection was cut'
    case 'closed':
      return 'the server closed the connection: check what its sshd log says'
    case 'no-permission':
      return `the user ${user ?? 'of this runner'} may not use the docker socket: add it to the group docker there, or connect as another user`
    case 'no-docker':
      return 'neither is its docker socket reachable nor a docker command on its PATH: install docker there, allow socket forwarding, or give the path of the socket in `host`'
    case 'no-daemon':
      return 'docker does not run there, or its socket is elsewhere: start it, or give the path of the socket in `host`'
    case 'unknown':
      return lastLine(stderr)
  }
}

/**
 * The same where docker has called the ssh of the runner, by that one's own settings; what was said itself where it is
 * none of ssh's.
 *
 * @param said docker's words, with ssh's at their end (docker/cli, commandconn)
 */
export function runnersSshReason(said: string): string {
  const [, stderr] = /has exited with [^:]*: stderr=(.*)$/s.exec(said) ?? []
  if (stderr === undefined) return said
  const failure = classifySsh(stderr)
  const words = `(it says: ${lastLine(stderr)})`
  switch (failure) {
    case 'unknown':
      return said
    case 'changed-host-key':
    case 'unknown-host-key':
    case 'revoked-host-key':
      return `the ssh of this runner does not trust the host's key ${words}: write the address in \`host\`, with \`ssh-key\` and \`ssh-known-hosts\`, or put the key into ~/.ssh/known_hosts before: nobody is asked here, as \`ssh\` by hand does`
    case 'refused-key':
    case 'unreadable-key':
    case 'passphrase':
      return `the server accepts no key that the ssh of this runner has ${words}: write the address in \`host\`, with \`ssh-key\` and \`ssh-known-hosts\`, or prepare the key in ~/.ssh before, one with a passphrase in an agent (\`ssh-add\`): nobody is asked for it here`
    case 'unresolved':
      return 'no such host is known: check the name in DOCKER_HOST or the docker context, and in ~/.ssh/config'
    default:
      return sshReason({ stderr, offered: undefined, user: undefined })
  }
}

const CHECK =
  'Compare it on the server itself (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`, or its console), and only if it is the same write it to `ssh-known-hosts`'

function offer(key: OfferedKey | undefined): string {
  return key === undefined ? 'the host offered another' : `${key.host} offers ${key.type} ${key.fingerprint}`
}

const MOST_PINS_SHOWN = 3

/** What is trusted instead; in words that follow what was offered. */
function trusted(pinned: readonly string[]): string {
  if (pinned.length === 0) return ''
  const shown = pinned.slice(0, MOST_PINS_SHOWN).join(', ')
  const rest = pinned.length - MOST_PINS_SHOWN
  return `, and \`ssh-known-hosts\` has ${shown}${rest > 0 ? ` and ${rest} more` : ''}`
}

function lastLine(stderr: string): string {
  const lines = stderr.split(/[\r\n]+/).filter((line) => line.trim() !== '')
  return limited(lines.at(-1)?.trim() ?? '') || 'ssh ended without a word: check what the sshd log of the server says'
}
