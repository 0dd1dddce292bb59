import type { SshHost } from '../../inputs/reach/host.ts'

/** The files that a run's ssh works with; all are in its own directory but for the user's own configuration. */
export interface SshFiles {
  readonly config: string
  /** `undefined`: an agent or the user's own configuration has the key. */
  readonly key: string | undefined
  /** `undefined`: those of the user's own configuration. */
  readonly knownHosts: string | undefined
  readonly fingerprints: string
  readonly offered: string
  readonly hostKeyScript: string
  readonly hasPassphrase: boolean
  /** The path of a configuration of the user's own. */
  readonly include: string | undefined
}

const CONNECT_TIMEOUT_SECONDS = 15
/** A connection that died in silence is noticed after 15 s: well within the time for which watching is patient. */
const ALIVE_INTERVAL_SECONDS = 5
const ALIVE_MISSED = 3

/** The configuration file for every ssh of the run. In ssh the first word counts: what the user includes adds only. */
export function sshConfig(files: SshFiles): string {
  return `${[
    'Host *',
    ...identity(files),
    ...(files.knownHosts === undefined
      ? []
      : [`UserKnownHostsFile ${quoted(files.knownHosts)}`, 'GlobalKnownHostsFile /dev/null']),
    `KnownHostsCommand /bin/sh ${[files.hostKeyScript, files.fingerprints, files.offered].map(quoted).join(' ')} %H %t %K %f`,
    'StrictHostKeyChecking yes',
    'UpdateHostKeys no',
    'VerifyHostKeyDNS no',
    'CheckHostIP no',
    // In batch mode ssh does not even ask for the passphrase of a key, and the answer is a program's here.
    `BatchMode ${files.hasPassphrase ? 'no' : 'yes'}`,
    'NumberOfPasswordPrompts 1',
    'PreferredAuthentications publickey',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    `ConnectTimeout ${CONNECT_TIMEOUT_SECONDS}`,
    `ServerAliveInterval ${ALIVE_INTERVAL_SECONDS}`,
    `ServerAliveCountMax ${ALIVE_MISSED}`,
    'ExitOnForwardFailure yes',
    'StreamLocalBindUnlink yes',
    'StreamLocalBindMask 0177',
    'ForwardAgent no',
    'ForwardX11 no',
    'PermitLocalCommand no',
    'RequestTTY no',
    'EscapeChar none',
    'LogLevel INFO',
    ...(files.include === undefined ? [] : [`Include ${quoted(files.include)}`]),
  ].join('\n')}\n`
}

function identity({ key, include }: SshFiles): string[] {
  if (key !== undefined) return [`IdentityFile ${quoted(key)}`, 'IdentitiesOnly yes', 'IdentityAgent none']
  // Without this ssh would try the keys in ~/.ssh.
  return include === undefined ? ['IdentityFile none'] : []
}

/** A word of a configuration file; ssh reads `%` as the start of a token. */
function quoted(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`
}

/** Arguments of every ssh of the run that name whom it reaches, and over whom. */
export function sshTarget(config: string, host: SshHost, jump: string | undefined): string[] {
  return [
    ...['-F', config, '-T'],
    ...(jump === undefined ? [] : ['-J', jump]),
    ...(host.user === undefined ? [] : ['-l', host.user]),
    ...(host.port === undefined ? [] : ['-p', String(host.port)]),
    ...['--', host.name],
  ]
}

const DEFAULT_SOCKET = '/var/run/docker.sock'

/** The one connection of a run, with the daemon's socket at a local path. */
export function forwardArguments(socket: string, host: SshHost, target: readonly string[]): string[] {
  return [
    '-N',
    '-o',
    'ControlMaster=no',
    '-o',
    'ControlPath=none',
    '-L',
    `${socket}:${host.socket ?? DEFAULT_SOCKET}`,
    ...target,
  ]
}

/** The one connection of a run, for sessions in it. */
export function masterArguments(control: string, target: readonly string[]): string[] {
  return [
    '-N',
    '-o',
    'ControlMaster=yes',
    '-o',
    'ControlPersist=no',
    '-o',
    `ControlPath=${control.replaceAll('%', '%%')}`,
    ...target,
  ]
}

/** A session in it, that leads to the daemon. */
export function dialArguments(control: string, host: SshHost, target: readonly string[]): string[] {
  const docker = host.socket === undefined ? ['docker'] : ['docker', `--host=unix://${host.socket}`]
  return [
    '-o',
    'ControlMaster=no',
    '-o',
    `ControlPath=${control.replaceAll('%', '%%')}`,
    ...target,
    ...docker,
    'system',
    'dial-stdio',
  ]
}
