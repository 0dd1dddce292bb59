import { safeLine } from '../runner/text/safe-text.ts'

/** What the docker CLI says where no daemon answers on this machine, the most telling first (docker/cli, connhelper). */
const WORDINGS: readonly (readonly [RegExp, { readonly what: string; readonly first: string }])[] = [
  [
    /permission denied/i,
    { what: 'the user of this step may not use its socket', first: 'add that user to the group docker' },
  ],
  [
    /no such file or directory|connection refused|cannot connect to the docker daemon|is the docker daemon running|failed to open the raw stream connection/i,
    { what: 'no docker daemon runs there', first: 'start it' },
  ],
]

/**
 * Why the daemon of this machine does not answer, with what to do; what was said itself where that is not known.
 *
 * @param rootless the sockets of daemons that this user runs without root. Docker itself does not look for them (docker/cli
 *   29.9), and neither does this step: its swarm would be another than that of the docker commands beside it
 */
export function localReason(said: string, rootless: readonly string[] = []): string {
  const known = WORDINGS.find(([pattern]) => pattern.test(said))?.[1]
  if (known === undefined) return said
  const { what, first } = known
  const remote = 'write the address of a manager in `host`, as in `host: ssh://user@manager`'
  if (rootless.length === 0) return `${what}: ${first}, or ${remote}`
  const [one = ''] = rootless
  const found = rootless.map((path) => safeLine(path, 200)).join(' and ')
  return `${what}, but one without root has its socket at ${found}: write \`host: unix://${safeLine(one, 200)}\` if that is the one to use, or ${first}, or ${remote}`
}
