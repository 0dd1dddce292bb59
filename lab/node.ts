import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Children, signal } from './children.ts'
import type { LabOptions } from './description.ts'
import { lastLines, withLog } from './log.ts'
import { type Network, nodeAddress, PLAIN_NETWORK, TLS_NETWORK } from './network.ts'
import { until } from './patience.ts'
import { request } from './unix-http.ts'

const START_LIMIT_MS = 60_000
/** Where docker has it by custom. */
const TLS_PORT = 2376
const STOP_LIMIT_MS = 20_000
/** Docker's own list of system calls is compiled anew for each container, which takes a twentieth of what it costs. */
const ANY_SYSTEM_CALL = JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW' })

// Runs in the node's own namespaces. A fresh /run forgets the process ids of an earlier life. What dockerd writes to
// fixed places, whatever its data root, stays with the node: its key in /etc/docker, sandboxes in /var/lib/docker, limits
// of the kernel. An /etc/docker of its own also keeps the machine's settings away from it.
const BOOT = `
set -e
mount -t tmpfs -o mode=755 tmpfs /run
cover() { # directory, name in the store
  [ -d "$1" ] || return 0
  mkdir -p "$STORE/$2" "$STORE/$2-work"
  mount -t overlay -o "lowerdir=$1,upperdir=$STORE/$2,workdir=$STORE/$2-work" overlay "$1"
}
cover /etc etc
cover /var/lib var-lib
cover /opt opt
mkdir -p /etc/docker "$STORE/etc-docker" "$STORE/data"
mount --bind "$STORE/etc-docker" /etc/docker
echo "$NAME" > /proc/sys/kernel/hostname
mount --bind /proc/sys/kernel /proc/sys/kernel
mount -o remount,bind,ro /proc/sys/kernel
echo booted
read -r go
ip link set lo up
ip address add "$ADDRESS/24" dev eth0
ip link set eth0 up
ip route add ${TLS_NETWORK} dev eth0
unset STORE NAME ADDRESS
exec dockerd "$@" </dev/null >&2
`

/** A machine of the swarm: one dockerd in namespaces of its own. */
export class NodeMachine {
  readonly number: number
  readonly name: string
  readonly address: string
  readonly socket: string
  readonly #directory: string
  readonly #store: string
  readonly #labId: string
  readonly #children: Children
  readonly #network: Network
  readonly #listensWithTls: boolean
  readonly #hasBridge: boolean
  #process: ChildProcess | undefined

  /** `directory` is seen by everybody, `store` only by the lab. */
  constructor(
    number: number,
    directory: string,
    store: string,
    labId: string,
    children: Children,
    network: Network,
    { daemonTls: tls, bridge = true }: Pick<LabOptions, 'daemonTls' | 'bridge'> = {},
  ) {
    this.number = number
    this.name = `n${number}`
    this.address = nodeAddress(number)
    this.#directory = join(directory, 'nodes', this.name)
    this.socket = join(this.#directory, 'docker.sock')
    this.#store = join(store, this.name)
    this.#labId = labId
    this.#children = children
    this.#network = network
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
    this.#listensWithTls = tls !== undefined
    this.#hasBridge = bridge
    mkdirSync(join(this.#store, 'tls'), { recursive: true })
    writeFileSync(this.#seccompProfile, ANY_SYSTEM_CALL)
    if (tls === undefined) return
    for (const [name, pem] of Object.entries(tls))
      writeFileSync(join(this.#store, 'tls', `${name}.pem`), pem, { mode: 0o600 })
  }

  /** Starts the machine and waits until its daemon answers. Rejects with the end of its log. */
  async start(): Promise<void> {
    if (this.#process !== undefined) throw new Error(`${this.name} is running already.`)
    const log = join(this.#directory, 'dockerd.log')
    const machine = withLog(log, (descriptor) =>
      this.#children.start(
        // `ip netns exec` would remount /sys, and dockerd would not find its cgroups there.
        [
          ...['unshare', '--net', '--mount', '--pid', '--uts', '--fork', '--kill-child', '--mount-proc', '--'],
          ...['sh', '-c', BOOT, 'node', ...this.#daemonArguments()],
        ],
        descriptor,
        { STORE: this.#store, NAME: this.name, ADDRESS: this.address },
      ),
    )
    this.#process = machine
    machine.once('exit', () => {
      this.#process = undefined
    })
    const { stdout, stdin, pid } = machine
    if (!stdout || !stdin || pid === undefined) throw new Error(`${this.name} could not be started.`)
    const ended = () => (this.#process === machine ? undefined : `it ended; its log says: ${lastLines(log)}`)
    let booted = false
    stdout.once('data', () => {
      booted = true
    })
    await until(`starting ${this.name}`, START_LIMIT_MS, () => booted, ended)
    await this.#network.plug(this.number, pid)
    stdin.write('go\n')
    await until(`starting dockerd on ${this.name}`, START_LIMIT_MS, () => this.#answers(), ended)
  }

  /** Sends a signal to dockerd. Resolves when it has ended, or at once for a signal that only stops or continues it. */
  async kill(name: NodeJS.Signals): Promise<void> {
    const machine = this.#process
    if (machine?.pid === undefined) throw new Error(`${this.name} is not running.`)
    const daemon = Number(readFileSync(`/proc/${machine.pid}/task/${machine.pid}/children`, 'utf8').trim())
    signal(daemon, name)
    if (['SIGKILL', 'SIGTERM', 'SIGINT'].includes(name) && this.#process === machine) {
      await once(machine, 'exit', { signal: AbortSignal.timeout(STOP_LIMIT_MS) })
    }
  }

  /** Makes the daemon trust a registry: `certificate` is PEM. It reads this anew at every contact. */
  trust(registryHost: string, certificate: string): void {
    const directory = join(this.#store, 'etc-docker', 'certs.d', registryHost)
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, 'ca.crt'), certificate)
  }

  get #seccompProfile(): string {
    return join(this.#store, 'seccomp.json')
  }

  async #answers(): Promise<boolean> {
    return (await request(this.socket, 'GET', '/_ping')).status === 200
  }

  #daemonArguments(): string[] {
    return [
      ...['--host', `unix://${this.socket}`],
      // Where a machine has it by custom: seen by what runs on this one alone.
      ...['--host', 'unix:///run/docker.sock'],
      ...(this.#listensWithTls ? ['--host', `tcp://${this.address}:${TLS_PORT}`, '--tlsverify'] : []),
      ...(this.#listensWithTls
        ? ['ca', 'cert', 'key'].map(
            (name) => `--tls${name === 'ca' ? 'cacert' : name}=${join(this.#store, 'tls', `${name}.pem`)}`,
          )
        : []),
      ...['--data-root', join(this.#store, 'data')],
      ...['--exec-root', '/run/docker', '--pidfile', '/run/docker.pid'],
      ...['--insecure-registry', PLAIN_NETWORK],
      // To set it up for a container dockerd starts itself three times.
      ...(this.#hasBridge ? [] : ['--bridge', 'none']),
      ...['--seccomp-profile', this.#seccompProfile],
      // The systemd driver would ask the machine's systemd for cgroups, outside of the lab's own.
      ...['--exec-opt', 'native.cgroupdriver=cgroupfs', '--cgroup-parent', `/${this.#labId}/${this.name}`],
    ]
  }
}
