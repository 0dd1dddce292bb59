import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../lab/scratch.ts'
import { localReason } from '../../../src/connect/local-reason.ts'
import { rootlessSockets } from '../../../src/connect/local-sockets.ts'
import { notManaging } from '../../../src/connect/manager-state.ts'
import { classifySsh, runnersSshReason, sshReason } from '../../../src/connect/ssh/error.ts'
import { CONTEXT, tcpReason, VARIABLES } from '../../../src/inputs/reach/tls.ts'

const offered = { host: '[swarm]:2222', type: 'ssh-ed25519', fingerprint: 'SHA256:abc' }

describe('what ssh says', () => {
  test.each([
    ['changed-host-key', '@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.'],
    ['unknown-host-key', 'No ED25519 host key is known for swarm and you have requested strict checking.'],
    ['refused-key', 'deploy@swarm: Permission denied (publickey).'],
    ['unreadable-key', 'Load key "/tmp/key": error in libcrypto\r\ndeploy@swarm: Permission denied (publickey).'],
    ['unresolved', 'ssh: Could not resolve hostname swarm: Name or service not known'],
    ['refused', 'ssh: connect to host swarm port 22: Connection refused'],
    ['timed-out', 'ssh: connect to host swarm port 22: Connection timed out'],
    ['timed-out', 'Timeout, server swarm not responding.'],
    ['unreachable', 'ssh: connect to host swarm port 22: No route to host'],
    ['crowded', 'kex_exchange_identification: Connection reset by peer'],
    ['no-docker', 'bash: line 1: docker: command not found'],
    ['no-docker', 'sh: 1: docker: not found'],
    ['no-permission', 'permission denied while trying to connect to the Docker daemon socket'],
    ['no-daemon', 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock.'],
    ['dropped', 'client_loop: send disconnect: Broken pipe'],
    ['no-user', 'No user exists for uid 12345\r\n'],
    ['closed', 'Connection closed by 10.0.0.1 port 22'],
    ['unknown', 'something new'],
  ])('%s', (failure, stderr) => {
    expect(classifySsh(stderr)).toBe(failure)
  })

  test('an unknown key is shown, and how to check it elsewhere than over this connection', () => {
    const stderr = 'No ED25519 host key is known for [swarm]:2222 and you have requested strict checking.'
    expect(sshReason({ stderr, offered, user: 'deploy' })).toMatch(
      /^the host key is not in `ssh-known-hosts`: \[swarm\]:2222 offers ssh-ed25519 SHA256:abc\. Compare it on the server itself/,
    )
  })

  test('a key that is pinned under another name is told as that, with the line to write', () => {
    const stderr = 'No ED25519 host key is known for [swarm]:2222 and you have requested strict checking.'
    expect(sshReason({ stderr, offered, user: 'deploy', pinned: ['SHA256:one', 'SHA256:abc'] })).toBe(
      '[swarm]:2222 offers ssh-ed25519 SHA256:abc, which `ssh-known-hosts` has under another name: if that is the same host, write `[swarm]:2222 SHA256:abc` there too',
    )
  })

  test('with a key that is not the one pinned both are shown', () => {
    const stderr = '@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @'
    expect(sshReason({ stderr, offered, user: 'deploy', pinned: ['SHA256:one', 'SHA256:two'] })).toMatch(
      /offers ssh-ed25519 SHA256:abc, and `ssh-known-hosts` has SHA256:one, SHA256:two\. The host was set up anew/,
    )
  })

  test('a user without a name is told what to do', () => {
    const stderr = 'No user exists for uid 12345\r\n'
    expect(sshReason({ stderr, offered: undefined, user: 'deploy' })).toMatch(
      /run the step as one of its users, or give/,
    )
  })

  test('words that nobody foresaw are passed on, the last line of them', () => {
    expect(sshReason({ stderr: 'debug\r\nsomething new\n', offered: undefined, user: undefined })).toBe('something new')
    expect(sshReason({ stderr: '', offered: undefined, user: undefined })).toMatch(/ended without a word/)
  })
})

describe('what docker says of the ssh that it has called itself', () => {
  const byDocker = (stderr: string) =>
    `error while Copy (stream to stdout): command [ssh -o ConnectTimeout=30 -T -l deploy -- swarm docker system dial-stdio] has exited with exit status 255, make sure the URL is valid, and Docker 18.09 or later is installed on the remote host: stderr=${stderr}`

  test.each([
    [
      'Host key verification failed.\r\n',
      "the ssh of this runner does not trust the host's key (it says: Host key verification failed.): write the address in `host`, with `ssh-key` and `ssh-known-hosts`, or put the key into ~/.ssh/known_hosts before: nobody is asked here, as `ssh` by hand does",
    ],
    [
      'deploy@swarm: Permission denied (publickey).',
      'the server accepts no key that the ssh of this runner has (it says: deploy@swarm: Permission denied (publickey).): write the address in `host`, with `ssh-key` and `ssh-known-hosts`, or prepare the key in ~/.ssh before, one with a passphrase in an agent (`ssh-add`): nobody is asked for it here',
    ],
    [
      'ssh: connect to host swarm port 22: Connection refused',
      'the connection was refused: check the port, and that sshd runs there',
    ],
  ])('%j: the cause, and what to write', (stderr, reason) => {
    expect(runnersSshReason(byDocker(stderr))).toBe(reason)
  })

  test.each([byDocker('something new'), 'EOF'])('%s: itself', (said) => {
    expect(runnersSshReason(said)).toBe(said)
  })
})

test.each([
  [
    'failed to open the raw stream connection: dial unix /var/run/docker.sock: connect: no such file or directory',
    'no docker daemon runs there: start it, or write the address of a manager in `host`',
  ],
  [
    'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock',
    'the user of this step may not use its socket',
  ],
  ['something new', 'something new'],
])('on this machine: %s', (said, reason) => {
  expect(localReason(said)).toContain(reason)
})

test('a daemon without root is named with what to write, and the socket that was tried is not', async () => {
  const home = scratchDirectory('rootless-')
  const servers = [join(home, 'docker.sock'), join(home, '.docker/run/docker.sock')].map((path) => {
    mkdirSync(dirname(path), { recursive: true })
    return createServer().listen(path)
  })
  try {
    await Promise.all(servers.map((server) => once(server, 'listening')))
    writeFileSync(join(home, '.docker/desktop'), 'no directory')
    const env = { XDG_RUNTIME_DIR: home, HOME: home }
    const found = rootlessSockets('unix:///var/run/docker.sock', env)
    expect(found.filter((path) => path.startsWith(home))).toEqual([
      `${home}/docker.sock`,
      `${home}/.docker/run/docker.sock`,
    ])
    expect(rootlessSockets(`unix://${home}/docker.sock`, env)).not.toContain(`${home}/docker.sock`)
    expect(rootlessSockets('unix:///var/run/docker.sock', { HOME: join(home, 'none') })).not.toContain(found[0])
    expect(localReason('dial unix /var/run/docker.sock: connect: no such file or directory', found.slice(0, 1))).toBe(
      `no docker daemon runs there, but one without root has its socket at ${home}/docker.sock: write \`host: unix://${home}/docker.sock\` if that is the one to use, or start it, or write the address of a manager in \`host\`, as in \`host: ssh://user@manager\``,
    )
    expect(localReason('permission denied', found)).toContain(`${home}/docker.sock and ${home}/.docker/run/docker.sock`)
    expect(localReason('something new', found)).toBe('something new')
  } finally {
    for (const server of servers) server.close()
    await rm(home, { recursive: true })
  }
})

test.each([
  ['x509: certificate signed by unknown authority', 'not signed by `tls-ca`'],
  ['x509: certificate is valid for 10.0.0.1, not 10.0.0.2', 'for another name'],
  ['remote error: tls: expired certificate', '`tls-cert` has expired'],
  ['remote error: tls: bad certificate', 'does not accept `tls-cert`'],
  ['Client sent an HTTP request to an HTTPS server.', 'it wants TLS'],
  ['http: server gave HTTP response to HTTPS client', 'does not speak TLS'],
  ['dial tcp: lookup swarm: no such host', 'check the name in `host`'],
  ['dial tcp 10.0.0.1:2376: connect: connection refused', 'the connection was refused'],
  ['dial tcp 10.0.0.1:2376: i/o timeout', 'a firewall'],
  ['something\n new', 'something new'],
])('over TCP: %s', (said, reason) => {
  expect(tcpReason(said)).toContain(reason)
})

test.each([
  ['dial tcp: lookup swarm: no such host', 'in DOCKER_HOST', 'in the docker context'],
  [
    'x509: certificate signed by unknown authority',
    'by `ca.pem` in DOCKER_CERT_PATH',
    'by the `ca` of the docker context',
  ],
  ['remote error: tls: bad certificate', '`cert.pem` in DOCKER_CERT_PATH', 'the `cert` of the docker context'],
  ['Client sent an HTTP request to an HTTPS server.', 'set DOCKER_TLS_VERIFY to 1', 'give the docker context its `ca`'],
])('an address that docker finds by itself is told by where that is set: %s', (said, ofVariables, ofContext) => {
  expect(tcpReason(said, VARIABLES)).toContain(ofVariables)
  expect(tcpReason(said, CONTEXT)).toContain(ofContext)
  expect(tcpReason(said, VARIABLES) + tcpReason(said, CONTEXT)).not.toMatch(/`(?:host|tls-\w+)`/)
})

test.each([
  [{ LocalNodeState: 'active', ControlAvailable: true }, undefined],
  [{ LocalNodeState: 'inactive', ControlAvailable: false }, 'is not part of a swarm'],
  [{ LocalNodeState: 'active', ControlAvailable: false }, 'is a worker of its swarm'],
  [
    { LocalNodeState: 'active', ControlAvailable: true, Error: 'no leader' },
    'cannot be managed now (active): no leader',
  ],
])('%j', (swarm, problem) => {
  const said = notManaging({ ServerVersion: '28.3.3', SystemTime: '', Swarm: swarm }, 'ssh://swarm')
  if (problem === undefined) expect(said).toBeUndefined()
  else expect(said).toContain(problem)
})

test('podman, which answers as a daemon without a swarm does, is not told to begin one', () => {
  const swarm = { LocalNodeState: 'inactive', ControlAvailable: false, Error: '', NodeID: '' }
  const info = { ServerVersion: '4.3.1', BuildahVersion: '1.28.2', SystemTime: '', Swarm: swarm }
  expect(notManaging(info, 'unix:///run/podman/podman.sock')).toBe(
    'what answers at unix:///run/podman/podman.sock is podman, which has no swarm: point `host`, DOCKER_HOST or the docker context at the docker daemon of a manager',
  )
})
