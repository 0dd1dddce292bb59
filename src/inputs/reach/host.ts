import { UserError } from '../../errors.ts'
import { mayBeSecret, tokensIn } from '../../runner/secrets/may-be-secret.ts'
import { shown } from '../../runner/text/shown.ts'
import { withoutUserInfo } from '../masking.ts'
import { variableIn } from '../unreplaced.ts'

/** Where a manager's daemon is, as one entry of `host` says. */
export type Host = SshHost | TcpHost | UnixHost

export interface SshHost {
  readonly kind: 'ssh'
  /** As {@link shownAddress} has it, for every message. */
  readonly text: string
  readonly user: string | undefined
  readonly name: string
  readonly port: number | undefined
  /** The daemon's socket over there; `undefined`: where docker has it. */
  readonly socket: string | undefined
}

export interface TcpHost {
  readonly kind: 'tcp'
  readonly text: string
}

export interface UnixHost {
  readonly kind: 'unix'
  readonly text: string
}

const FORMS = '`ssh://user@host`, `tcp://host:2376` or `unix:///path`'
const NAME = String.raw`(?:\[[0-9a-fA-F:.%]+\]|[A-Za-z0-9](?:[\w.-]*\w)?)`
const SSH = new RegExp(String.raw`^(?:([A-Za-z0-9_][\w.@+-]*)@)?(${NAME})(?::(\d{1,5}))?(/.*)?$`)
const TCP = new RegExp(String.raw`^${NAME}:(\d{1,5})/?$`)

/** What a remote shell and an option of ssh take literally. */
const PLAIN_PATH = /^\/[\w./@+-]*$/
const PLAIN_SOCKET = /^unix:\/\/\/[\w./@+-]+\.sock$/

/**
 * An entry of `host`, in the form that docker itself takes.
 *
 * @throws UserError that says what to write instead
 */
export function parseHost(text: string): Host {
  const variable = variableIn(withoutUserInfo(text))
  if (variable !== undefined) {
    throw new UserError(`the address still holds ${variable}: nothing has put a value in its place`)
  }
  const [, scheme, rest = ''] = /^([a-z]+):\/\/(.*)$/s.exec(text) ?? []
  if (scheme === 'ssh') return parseSsh(text, rest)
  if (scheme === 'tcp') return parseTcp(text, rest)
  if (scheme === 'unix') {
    if (/^\/[^\s\0]+$/.test(rest)) return { kind: 'unix', text }
    throw new UserError(
      `${shown(withoutUserInfo(text))} names no socket: write its absolute path, such as unix:///var/run/docker.sock`,
    )
  }
  throw new UserError(
    `${shown(withoutUserInfo(text))} is no address of a docker daemon: write one such as ${formsWith(text)}`,
  )
}

/** The address of a daemon as a message names it: as it was written, unless it has the look of a secret. */
export function shownAddress(text: string): string {
  const [scheme = ''] = /^[a-z]+:\/\//.exec(text) ?? []
  // What makes sockets draws the names of their directories by lot.
  const isSocket = PLAIN_SOCKET.test(text) && tokensIn(text).length === 0
  return isSocket || !mayBeSecret(text) ? text : `${scheme}***`
}

/** The forms of an address, with the parts of it that were given. */
function formsWith(text: string): string {
  const [, user, name, port, path] = SSH.exec(text) ?? []
  if (name === undefined || path !== undefined || mayBeSecret(text)) return FORMS
  // A user logs in over SSH, and what listens at these ports is dockerd.
  const ssh = `\`ssh://${user ?? 'user'}@${name}${port === undefined ? '' : `:${port}`}\``
  if (user !== undefined) return ssh
  const tcp = `\`tcp://${name}:${port ?? 2376}\``
  if (port === '2375' || port === '2376') return tcp
  return port === undefined ? `${ssh}, ${tcp} or \`unix:///path\`` : `${ssh} or ${tcp}`
}

/**
 * A hop of `ssh-jump`, `[ssh://][user@]host[:port]`, as ssh's option `-J` takes it.
 *
 * @throws UserError that says what to write instead
 */
export function parseJump(text: string): string {
  const [, user, name, port, path] = SSH.exec(text.replace(/^ssh:\/\//, '')) ?? []
  if (name === undefined || path !== undefined || !isPort(port)) {
    throw new UserError(
      `${shown(withoutUserInfo(text))} is no jump host: write user@host or user@host:port, several with commas between`,
    )
  }
  return `${user === undefined ? '' : `${user}@`}${name}${port === undefined ? '' : `:${port}`}`
}

function parseSsh(text: string, rest: string): SshHost {
  if (/^[^@/]*:.*@/.test(rest)) {
    throw new UserError('there is a password in the address, which ssh cannot use: leave it out, and give `ssh-key`')
  }
  const [, user, name, port, path] = SSH.exec(rest) ?? []
  if (name === undefined || !isPort(port)) {
    throw new UserError(
      `${shown(withoutUserInfo(text))} is no SSH address: write ssh://user@host, ssh://user@host:port or ssh://user@host/path/to/docker.sock`,
    )
  }
  const socket = path === undefined || path === '/' ? undefined : path
  if (socket !== undefined && !PLAIN_PATH.test(socket)) {
    throw new UserError(
      `${shown(withoutUserInfo(text))} has a socket path with special characters: give one of letters, digits and ./@+-_ only`,
    )
  }
  return {
    kind: 'ssh',
    text: shownAddress(text),
    user,
    name: name.replace(/^\[|\]$/g, ''),
    port: port === undefined ? undefined : Number(port),
    socket,
  }
}

function parseTcp(text: string, rest: string): TcpHost {
  const [, port] = TCP.exec(rest) ?? []
  if (port === undefined || !isPort(port)) {
    throw new UserError(
      `${shown(withoutUserInfo(text))} is no address of a docker daemon: write it with its port, such as tcp://manager.example.com:2376`,
    )
  }
  return { kind: 'tcp', text: text.replace(/\/$/, '') }
}

function isPort(port: string | undefined): boolean {
  return port === undefined || (Number(port) > 0 && Number(port) < 65_536)
}
