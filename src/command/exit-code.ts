/** The exit codes of the command. Docs: docs/shell.md, "Exit codes". */
export const EXIT_CODES = {
  good: 0,
  red: 1,
  'bad input': 2,
  'timed out': 3,
  'changes are planned': 4,
} as const

/** The shells' own rule: 128, and the number of the signal. */
const OF_SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

export type StopSignal = keyof typeof OF_SIGNALS

/** How a run has ended. */
export interface Ending {
  /** The output `status`; `undefined` where the run has not come to one. */
  readonly status: string | undefined
  /** What the action would end with. */
  readonly isRed: boolean
  /** Nothing was asked but what the user wrote, and that is wrong. */
  readonly isBadInput: boolean
  /** The first signal that came. */
  readonly stoppedBy: StopSignal | undefined
}

/** The exit code by which a shell tells how a run has ended. Pure. */
export function exitCodeOf({ status, isRed, isBadInput, stoppedBy }: Ending): number {
  if (!isRed) return EXIT_CODES.good
  if (stoppedBy !== undefined && (status === 'cancelled' || status === undefined)) return OF_SIGNALS[stoppedBy]
  if (isBadInput) return EXIT_CODES['bad input']
  if (status === 'timed-out') return EXIT_CODES['timed out']
  return status === 'planned' ? EXIT_CODES['changes are planned'] : EXIT_CODES.red
}
