/** What the docker CLI says where no daemon answers on this machine, the most telling first (docker/cli, connhelper). */
const WORDINGS: readonly (readonly [RegExp, string])[] = [
  [
    /permission denied/i,
    'the user of this step may not use its socket: add that user to the group docker, or write the address of a manager in `host`, as in `host: ssh://user@manager`',
  ],
  [
    /no such file or directory|connection refused|cannot connect to the docker daemon|is the docker daemon running|failed to open the raw stream connection/i,
    'no docker daemon runs there: start it, or write the address of a manager in `host`, as in `host: ssh://user@manager`',
  ],
]

/** Why the daemon of this machine does not answer, with what to do; what was said itself where that is not known. */
export function localReason(said: string): string {
  return WORDINGS.find(([pattern]) => pattern.test(said))?.[1] ?? said
}
