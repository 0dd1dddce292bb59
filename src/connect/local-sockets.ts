import { statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The sockets of docker daemons that this user runs here without root, where docker's own set-up puts them (moby,
 * contrib/dockerd-rootless-setuptool.sh; Docker Desktop).
 *
 * @param tried that is not asked for again: `unix:///var/run/docker.sock`
 */
export function rootlessSockets(tried: string, env: Readonly<Record<string, string>>): string[] {
  const { XDG_RUNTIME_DIR: runtime, HOME: home } = env
  const uid = process.getuid?.()
  const places = [
    ...(runtime ? [join(runtime, 'docker.sock')] : []),
    ...(uid === undefined ? [] : [`/run/user/${uid}/docker.sock`]),
    ...(home ? [join(home, '.docker/run/docker.sock'), join(home, '.docker/desktop/docker.sock')] : []),
  ]
  return [...new Set(places)].filter((place) => tried !== `unix://${place}` && isSocket(place))
}

function isSocket(path: string): boolean {
  try {
    return statSync(path).isSocket()
  } catch {
    return false
  }
}
