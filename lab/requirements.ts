import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const TOOLS = [
  'docker',
  'dockerd',
  'docker-registry',
  'ip',
  'iptables',
  'mount',
  'unshare',
  'setpriv',
  'openssl',
  'dpkg',
]

// A user's PATH often lacks the sbin directories, where half of the tools live.
export const SEARCH_PATH = [process.env.PATH ?? '', '/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'].join(
  delimiter,
)

/** Throws one sentence when a lab cannot run here. */
export function checkRequirements(): void {
  if (process.platform !== 'linux') throw new Error(`The lab needs Linux, and this is ${process.platform}.`)
  if (process.getuid?.() !== 0) throw new Error('The lab needs root, because it makes namespaces and mounts: try sudo.')
  const missing = TOOLS.filter((tool) => !isInstalled(tool))
  if (missing.length > 0) throw new Error(`The lab needs ${missing.join(', ')}: run lab/install.sh once.`)
}

function isInstalled(tool: string): boolean {
  return SEARCH_PATH.split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, tool), constants.X_OK)
      return directory !== ''
    } catch {
      return false
    }
  })
}
