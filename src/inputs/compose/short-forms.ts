/**
 * The address before the ports of a short port (`127.0.0.1:80:80`), without its brackets; empty when there is none, or
 * when it means all addresses. As docker/go-connections splits it (nat.splitParts).
 */
export function addressOfPort(port: string): string {
  const address = port
    .split(':')
    .slice(0, -2)
    .join(':')
    .replace(/^\[(.*)\]$/, '$1')
  return meansAllAddresses(address) ? '' : address
}

/** Whether an address stands for all of a node. */
export function meansAllAddresses(address: string): boolean {
  return /^(?:0+(?:\.0+){3}|[0:]*:[0:]*)$/.test(address)
}

const PROPAGATIONS = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave']
const VOLUME_OPTIONS = ['ro', 'rw', 'nocopy', ...PROPAGATIONS]

/** The options of a short volume that docker leaves out without a word (docker/cli, compose/loader/volume.go). */
export function unknownVolumeOptions(volume: string): string[] {
  const [, , options] = volumeSections(volume)
  return options === undefined ? [] : options.split(',').filter((option) => !VOLUME_OPTIONS.includes(option))
}

/** The volume that a short volume names; `undefined` when it is a path or has no name (docker/cli, isFilePath). */
export function namedVolume(volume: string): string | undefined {
  const [source = '', target] = volumeSections(volume)
  const isPath = /^(?:[./~]|\\\\|\p{L}:)/u.test(source)
  return volume.length <= 2 || source === '' || target === undefined || isPath ? undefined : source
}

/** The one letter at the beginning of a short volume; `undefined` where more or none stands before the colon. */
export function volumeTakenForDrive(volume: string): string | undefined {
  return /^(\p{L}):/u.exec(volume)?.[1]
}

function volumeSections(volume: string): string[] {
  const parts = volume.split(':')
  // The letter of a Windows drive is no part of its own.
  const sections: string[] = []
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at] ?? ''
    const isDrive = /^\p{L}$/u.test(part) && at + 1 < parts.length
    sections.push(isDrive ? `${part}:${parts[++at] ?? ''}` : part)
  }
  return sections
}

/** What to do about such an option. */
export function volumeOptionAdvice(option: string): string {
  if (/^z$/i.test(option)) return 'a service cannot label files for SELinux: label the directory on the nodes'
  if (['cached', 'delegated', 'consistent'].includes(option)) return 'it is for Docker Desktop: leave it out'
  return 'docker stack knows `ro`, `rw`, `nocopy` and the propagations of a bind: leave it out'
}

/** Whether docker reads a comment in a command that is one text (google/shlex): a word that begins with #. */
export function hasComment(command: string): boolean {
  let quote = ''
  let isInWord = false
  for (let at = 0; at < command.length; at++) {
    const char = command[at] ?? ''
    if (char === '\\' && quote !== "'") {
      at++
      isInWord = true
    } else if (quote !== '') {
      if (char === quote) quote = ''
    } else if (char === '#' && !isInWord) return true
    else {
      isInWord = !/[ \t\r\n]/.test(char)
      if (char === '"' || char === "'") quote = char
    }
  }
  return false
}
