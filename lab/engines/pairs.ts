import { builtCli, debianCli, debianDaemon, installed, mobyDaemon, type Part } from './parts.ts'

/** A daemon and a docker command that the swarm tests are run on. */
export interface Pair {
  /** For the command line, and the first column of the table. */
  readonly name: string
  /** Why it is one of them. */
  readonly about: string
  readonly daemon: Part
  readonly cli: Part
}

/** The one that its own file of requirements names cannot be fetched everywhere; this is what it was tagged from. */
const SWARMKIT = 'github.com/moby/swarmkit/v2=github.com/moby/swarmkit/v2@v2.1.3-0.20260828175525-ad0357aedfca'

const INSTALLED_DAEMON = installed('dockerd', 'docker-proxy', 'containerd', 'containerd-shim-runc-v2', 'runc')
const NEWEST_CLI = builtCli('v29.9.3', [SWARMKIT])

/** In the order of the table. */
export const PAIRS: readonly Pair[] = [
  { name: 'installed', about: 'what this machine has', daemon: INSTALLED_DAEMON, cli: installed('docker') },
  { name: 'new-cli', about: 'a new docker command, an old daemon', daemon: INSTALLED_DAEMON, cli: NEWEST_CLI },
  { name: 'debian-13', about: 'Debian 13', daemon: debianDaemon('trixie'), cli: debianCli('trixie') },
  { name: 'debian-testing', about: "Debian's testing", daemon: debianDaemon('testing'), cli: debianCli('testing') },
  {
    name: 'docker-29.0',
    about: 'the first Docker 29, which takes no API older than 1.44, and an old docker command',
    daemon: mobyDaemon('v2.0.0-beta.1'),
    cli: debianCli('trixie'),
  },
  {
    name: 'docker-29',
    about: 'a new Docker 29, with the images in containerd, and a new docker command',
    daemon: mobyDaemon('v2.0.0-beta.24'),
    cli: NEWEST_CLI,
  },
]

/**
 * The files of `__tests__/swarm` that are run on each: what a daemon or a docker command can have different words or forms
 * for, in minutes. Pulls with credentials, flags as the command reads them, stacks, and what is made of failures.
 */
export const TESTS: readonly string[] = ['credentials', 'create-args', 'stack', 'verdicts']
