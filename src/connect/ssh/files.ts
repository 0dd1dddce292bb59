import { join } from 'node:path'
import { probe } from '../../docker/cli/cli.ts'
import { messageOf, UserError } from '../../errors.ts'
import type { SshAccess } from '../../inputs/deployment.ts'
import { requireUserFile } from '../../inputs/files.ts'
import { HOST_KEY_SCRIPT } from '../../inputs/reach/known-hosts.ts'
import { placed } from '../../runner/text/shown.ts'
import type { Workspace } from '../../runner/workspace/workspace.ts'
import { type SshFiles, sshConfig } from './config.ts'
import { sshReason } from './error.ts'

/** What all SSH connections of a run share: files in its workspace, and the environment of their processes. */
export interface Ssh {
  readonly access: SshAccess
  readonly files: SshFiles
  readonly env: Readonly<Record<string, string>>
  /** That of the docker commands. */
  readonly dockerEnv: Readonly<Record<string, string>>
  readonly workspace: Workspace
}

/** Writes the files that ssh works with. */
export async function prepareSsh(
  access: SshAccess,
  workspace: Workspace,
  env: Readonly<Record<string, string>>,
): Promise<Ssh> {
  const directory = await workspace.makeDirectory('ssh')
  const path = (name: string) => join(directory, name)
  const { key, passphrase, pins, userConfig } = access
  const usesOwnPins = pins.lines.length + pins.fingerprints.length > 0 || userConfig === undefined
  const files: SshFiles = {
    config: path('config'),
    key: key && path('key'),
    knownHosts: usesOwnPins ? path('known_hosts') : undefined,
    fingerprints: path('fingerprints'),
    offered: path('offered'),
    hostKeyScript: path('host-key.sh'),
    hasPassphrase: passphrase !== undefined,
    include: userConfig,
  }
  if (userConfig !== undefined) requireSshConfig(userConfig)
  await workspace.writeFile(files.config, sshConfig(files))
  await workspace.writeFile(path('known_hosts'), lines(pins.lines))
  const pinned = pins.fingerprints.map(({ host = '', fingerprint }) => `${fingerprint} ${host}`)
  await workspace.writeFile(files.fingerprints, lines(pinned))
  await workspace.writeFile(files.offered, '')
  await workspace.writeFile(files.hostKeyScript, HOST_KEY_SCRIPT)
  if (files.key !== undefined && key !== undefined) await workspace.writeFile(files.key, key.reveal())
  const askpass = passphrase === undefined ? {} : await writeAskpass(path, passphrase.reveal(), workspace)
  const { DISPLAY: _, SSH_ASKPASS: __, ...rest } = env
  if (files.key !== undefined && passphrase !== undefined) await requirePassphrase(files.key, { ...rest, ...askpass })
  return { access, files, dockerEnv: env, env: { ...rest, LC_ALL: 'C', ...askpass }, workspace }
}

async function writeAskpass(
  path: (name: string) => string,
  passphrase: string,
  workspace: Workspace,
): Promise<Record<string, string>> {
  await workspace.writeFile(path('passphrase'), `${passphrase}\n`)
  await workspace.writeFile(path('askpass'), `#!/bin/sh\nexec cat "\${0%/*}/passphrase"\n`, 'program')
  // Before OpenSSH 8.4 only a display made ssh ask a program.
  return { SSH_ASKPASS: path('askpass'), SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':0' }
}

/** ssh itself passes over a key that it cannot open without a word. */
async function requirePassphrase(key: string, env: Record<string, string>): Promise<void> {
  const { code, stderr } = await probe('ssh-keygen', ['-y', '-f', key], { env: { ...env, LC_ALL: 'C' } }).catch(
    // Then ssh will tell what it can.
    () => ({ code: 0, stderr: '' }),
  )
  if (code === 0) return
  throw new UserError(`ssh-passphrase: ${sshReason({ stderr, offered: undefined, user: undefined })}`)
}

/** ssh itself would wait for a pipe for ever. */
function requireSshConfig(path: string): void {
  try {
    requireUserFile(path, 'the workspace')
  } catch (error) {
    throw new UserError(`ssh-config ${placed(path)}: ${messageOf(error)}`)
  }
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('')
}
