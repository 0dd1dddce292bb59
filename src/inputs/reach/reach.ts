import { isDeepStrictEqual } from 'node:util'
import { UserError } from '../../errors.ts'
import { Secret } from '../../runner/secrets/secret.ts'
import { shown } from '../../runner/text/shown.ts'
import { withoutLastNewlines } from '../accounts/credentials.ts'
import { DEFAULTS } from '../defaults.ts'
import type { CliRequest, Reach, SshAccess, TlsMaterial } from '../deployment.ts'
import { hide, hideTokens, hideUserInfo } from '../masking.ts'
import { pemInBase64 } from '../pem-text.ts'
import { listed, type Problems } from '../problems.ts'
import { parseBoolean } from '../values.ts'
import { parseYaml } from '../yaml.ts'
import { type Host, parseHost, parseJump, shownAddress } from './host.ts'
import { parsePins } from './known-hosts.ts'
import { normalKey, shapeOfKey } from './ssh-key.ts'
import { pemFrom, tlsProblems } from './tls.ts'

const SSH_INPUTS = ['ssh-key', 'ssh-known-hosts', 'ssh-passphrase', 'ssh-jump', 'ssh-config'] as const
const TLS_INPUTS = ['tls-ca', 'tls-cert', 'tls-key'] as const
const CLI_INPUTS = ['docker-version', 'docker-sha256', 'docker-download-url'] as const

export const REACH_INPUTS = ['host', 'context', 'allow-plain-tcp', ...SSH_INPUTS, ...TLS_INPUTS, ...CLI_INPUTS] as const

export type ReachInput = (typeof REACH_INPUTS)[number]

export interface ReachSources {
  /** As the runner hands it over, untrimmed; empty when not given. */
  readonly input: (name: ReachInput) => string
  /** The absolute path of one that the user wrote, relative to the workspace. */
  readonly resolvePath: (path: string) => string
  /** Whether an SSH agent serves this step. */
  readonly hasAgent: boolean
}

/** How the swarm is reached, with what is wrong with it added to the problems. */
export function reachFrom(sources: ReachSources, problems: Problems): Reach {
  const { input } = sources
  // First of all, so that no message below shows a piece of them.
  const secrets = Object.fromEntries(
    (['ssh-key', 'ssh-passphrase', 'tls-key'] as const).map((name) => {
      hide(input(name), name)
      const text = name === 'ssh-key' ? pemInBase64(input(name)) : input(name)
      if (text !== input(name)) hide(text, name)
      return [name, withoutLastNewlines(text)]
    }),
  ) as Record<'ssh-key' | 'ssh-passphrase' | 'tls-key', string>

  const hosts = hostsFrom(input('host'), problems.at('host'))
  const context = input('context').trim() || undefined
  const allowPlainTcp = problems
    .at('allow-plain-tcp')
    .attempt(() => parseBoolean(input('allow-plain-tcp').trim() || DEFAULTS['allow-plain-tcp']))
  for (const problem of contradictions(sources, hosts, context)) problems.add(problem)
  const ssh = sshFrom(sources, secrets, sshTarget(sources, hosts, context), problems)
  const tls = tlsFrom(input, secrets['tls-key'], problems)
  const plain = hosts.find(({ kind }) => kind === 'tcp')
  if (plain !== undefined && !TLS_INPUTS.some((name) => isGiven(input, name)) && allowPlainTcp === false) {
    problems.add(
      `host: ${shownAddress(plain.text)} without TLS gives the whole swarm to everybody who can reach the port: give \`tls-ca\`, \`tls-cert\` and \`tls-key\`, or write \`allow-plain-tcp: true\` if the network is closed`,
    )
  }
  return { hosts, context, ssh, tls, cli: cliFrom(input, problems) }
}

function isGiven(input: ReachSources['input'], name: ReachInput): boolean {
  return input(name).trim() !== ''
}

function hostsFrom(text: string, problems: Problems): Host[] {
  if (text.trim() === '') return []
  const lines = text.split(/[\r\n]/).map((line) => line.trim())
  const isList = /^[[{]/.test(text.trim()) || lines.some((line) => line.startsWith('-'))
  const written = isList ? listFrom(text, problems) : lines.filter((line) => line !== '')
  const hosts = written.flatMap((entry) => {
    hideUserInfo(entry)
    return problems.attempt(() => parseHost(entry)) ?? []
  })
  const twice = hosts.find((host, index) => hosts.findIndex((other) => isDeepStrictEqual(other, host)) !== index)
  if (twice !== undefined) problems.add(`${shownAddress(twice.text)} is there twice: take one of them out`)
  return hosts
}

function listFrom(text: string, problems: Problems): string[] {
  const { root, problems: wrong } = parseYaml(text)
  problems.addYaml(wrong)
  if (wrong.length > 0 || root === undefined) return []
  if (root.kind !== 'list' || root.items.some(({ kind }) => kind !== 'text')) {
    problems.add('it is no list of addresses: write one address, or one a line with a dash before each')
    return []
  }
  // Without an address it would be the daemon of this machine that everything goes to.
  if (root.items.length === 0) problems.add('the list is empty: write the address of a manager, or leave the input out')
  return root.items.map((item) => (item.kind === 'text' ? item.value.trim() : ''))
}

function contradictions({ input }: ReachSources, hosts: readonly Host[], context: string | undefined): string[] {
  const given = (names: readonly ReachInput[]) => names.filter((name) => isGiven(input, name))
  const has = (kind: Host['kind']) => hosts.some((host) => host.kind === kind)
  const [ssh, tls] = [given(SSH_INPUTS), given(TLS_INPUTS)]
  const attempted = isGiven(input, 'host') && hosts.length === 0
  const allowsPlain = /^true$/i.test(input('allow-plain-tcp').trim())
  return [
    ...(context !== undefined && isGiven(input, 'host')
      ? ['host, context: both say where the swarm is: leave one of them out']
      : []),
    ...(context !== undefined && /[\s\0]|^-/.test(context)
      ? [`context: ${shown(context)} is no name of a context: write one that \`docker context ls\` lists`]
      : []),
    ...(ssh.length > 0 && !has('ssh') && !attempted && context === undefined
      ? [
          `${ssh.join(', ')}: there is no SSH connection: write \`host: ssh://user@host\` as well, or leave ${ssh.length === 1 ? 'it' : 'them'} out`,
        ]
      : []),
    ...(tls.length > 0 && !has('tcp') && !attempted
      ? [
          `${tls.join(', ')}: there is no TLS connection: write \`host: tcp://host:2376\` as well, or leave ${tls.length === 1 ? 'it' : 'them'} out`,
        ]
      : []),
    ...(allowsPlain && !isGiven(input, 'host') && context === undefined
      ? [
          'allow-plain-tcp: there is no host that it is for: write `host: tcp://host:2375` as well (an empty one is often a secret that is not set), or leave it out',
        ]
      : []),
    ...(allowsPlain && tls.length > 0
      ? ['allow-plain-tcp: TLS is given as well, and is used: leave one of them out']
      : []),
  ]
}

/** What is reached over SSH with the inputs: a host, or a context, which else goes by the user's own settings. */
function sshTarget({ input }: ReachSources, hosts: readonly Host[], context: string | undefined): string | undefined {
  const host = hosts.find(({ kind }) => kind === 'ssh')
  if (host !== undefined) return host.text
  return SSH_INPUTS.some((name) => isGiven(input, name)) ? context && `the context ${context}` : undefined
}

/** How many hosts are reached over SSH: those of `host`, else that of the context, and every jump host. */
function sshTargets(input: ReachSources['input']): number {
  const hosts = input('host').match(/ssh:\/\//g)?.length ?? 1
  const hops = input('ssh-jump').trim() === '' ? 0 : input('ssh-jump').split(',').length
  return hosts + hops
}

function sshFrom(
  { input, resolvePath, hasAgent }: ReachSources,
  secrets: Readonly<Record<'ssh-key' | 'ssh-passphrase', string>>,
  target: string | undefined,
  problems: Problems,
): SshAccess | undefined {
  if (target === undefined) return undefined
  const userConfig = input('ssh-config').trim()
  const key = secrets['ssh-key'].trim()
  const passphrase = secrets['ssh-passphrase']
  const pins = problems.at('ssh-known-hosts').attempt(() => parsePins(input('ssh-known-hosts'))) ?? {
    lines: [],
    fingerprints: [],
  }

  const targets = sshTargets(input)
  if (targets > 1 && pins.fingerprints.some(({ host }) => host === undefined)) {
    problems.add(
      `ssh-known-hosts: a fingerprint does not say for which of the ${targets} hosts it is, and one host could pass for another: write the host before each, as in \`host.example.com SHA256:…\``,
    )
  }
  if (!isGiven(input, 'ssh-known-hosts') && userConfig === '') {
    problems.add(
      `ssh-known-hosts: it is empty (an empty one is often a variable or a secret that is not set), and no host is trusted unseen: write the SHA256: fingerprint that \`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\` prints on the server of ${target}, or its known_hosts line`,
    )
  }
  if (key === '' && userConfig === '' && !hasAgent) {
    problems.add(
      'ssh-key: it is empty, and there is no SSH agent (an empty one is often a secret that is not set): set the private key',
    )
  }
  const shape = key === '' ? undefined : shapeOfKey(key)
  if (shape?.problem !== undefined) problems.add(`ssh-key: ${shape.problem}`)
  else if (shape?.isEncrypted && passphrase === '') {
    problems.add('ssh-passphrase: it is empty, and `ssh-key` is encrypted: set the passphrase of the key')
  } else if (passphrase !== '' && shape !== undefined && !shape.isEncrypted) {
    problems.add('ssh-passphrase: `ssh-key` is not encrypted: leave the passphrase out')
  }
  if (/[\r\n\0]/.test(passphrase)) problems.add('ssh-passphrase: it has a line break: write it on one line')
  if (passphrase !== '' && key === '')
    problems.add('ssh-passphrase: there is no `ssh-key` that it opens: set the key as well')
  return {
    key: key === '' ? undefined : new Secret(normalKey(key)),
    passphrase: passphrase === '' ? undefined : new Secret(passphrase),
    pins,
    jump: jumpFrom(input('ssh-jump'), problems.at('ssh-jump')),
    userConfig: userConfig === '' ? undefined : resolvePath(userConfig),
  }
}

function jumpFrom(text: string, problems: Problems): string | undefined {
  if (text.trim() === '') return undefined
  return text
    .trim()
    .split(/\s*,\s*/)
    .map((hop) => {
      hideUserInfo(hop)
      return problems.attempt(() => parseJump(hop))
    })
    .join(',')
}

function tlsFrom(input: ReachSources['input'], key: string, problems: Problems): TlsMaterial | undefined {
  const missing = TLS_INPUTS.filter((name) => !isGiven(input, name))
  if (missing.length === TLS_INPUTS.length) return undefined
  if (missing.length > 0) {
    problems.add(
      `${missing.join(', ')}: ${listed(missing)} missing: give \`tls-ca\`, \`tls-cert\` and \`tls-key\` together (an empty one is often a secret that is not set)`,
    )
    return undefined
  }
  const ca = problems.at('tls-ca').attempt(() => pemFrom(input('tls-ca'), 'CERTIFICATE'))
  const cert = problems.at('tls-cert').attempt(() => pemFrom(input('tls-cert'), 'CERTIFICATE'))
  const pem = problems.at('tls-key').attempt(() => pemFrom(key, 'PRIVATE KEY'))
  if (pem !== undefined) hide(pem, 'tls-key')
  if (ca === undefined || cert === undefined || pem === undefined) return undefined
  for (const problem of tlsProblems({ ca, cert, key: pem }, new Date())) problems.add(problem)
  return { ca, cert, key: new Secret(pem) }
}

function cliFrom(input: ReachSources['input'], problems: Problems): CliRequest {
  const version = input('docker-version').trim().replace(/^v/, '')
  const sha256 = input('docker-sha256')
    .trim()
    .toLowerCase()
    .replace(/^sha256:/, '')
  const url = input('docker-download-url').trim().replace(/\/+$/, '')
  if (version !== '' && !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)) {
    problems.add(
      `docker-version: ${shown(version)} is no full version: write one such as ${DEFAULTS['docker-version']}`,
    )
  }
  if (sha256 !== '' && !/^[0-9a-f]{64}$/.test(sha256)) {
    problems.add('docker-sha256: it is no SHA-256 sum: write its 64 hexadecimal digits')
  }
  hideUserInfo(url)
  hideTokens(url)
  if (url !== '') problems.at('docker-download-url').attempt(() => checkUrl(url))
  const plain = plainDownloadProblem(url, sha256)
  if (plain !== undefined) problems.add(plain)
  return {
    version: version || DEFAULTS['docker-version'],
    sha256: sha256 || undefined,
    downloadUrl: url || DEFAULTS['docker-download-url'],
  }
}

/** Whoever is on the way of an unencrypted download can put another program in its place. */
function plainDownloadProblem(url: string, sha256: string): string | undefined {
  if (!url.startsWith('http://') || sha256 !== '') return undefined
  return 'docker-download-url: over http:// anybody on the way can put another program in its place: write https://, or give the sum of the archive in `docker-sha256`'
}

function checkUrl(text: string): void {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new UserError('it is no web address: write one such as https://mirror.example.com')
  }
  // The path of the archive is put behind it; and a token there would be in every line about the download.
  if (/[?#]/.test(text)) {
    throw new UserError(
      'it has a `?` or `#`, behind which there is no place for the path of the archive: write the address of a mirror without it, such as https://mirror.example.com',
    )
  }
}
