export type Outcome =
  | 'created'
  | 'updated'
  | 'unchanged'
  | 'removed'
  | 'failed'
  | 'rolled-back'
  | 'timed-out'
  | 'superseded'
  | 'cancelled'
  | 'skipped'

const GOOD: readonly Outcome[] = ['created', 'updated', 'unchanged', 'removed']

export function isGood({ outcome }: { readonly outcome: Outcome }): boolean {
  return GOOD.includes(outcome)
}

/** What became of one service. */
export interface ServiceResult {
  readonly name: string
  readonly action: 'create' | 'update' | 'unchanged' | 'remove'
  readonly outcome: Outcome
  /** The images with their digests, as the swarm has them. */
  readonly image: { readonly before: string | undefined; readonly after: string | undefined }
  /** The name of the config whose credential was sent. */
  readonly config: string | undefined
  /** How many nodes run its tasks. */
  readonly nodes: number
  readonly tasks: { readonly running: number; readonly wanted: number }
  readonly seconds: number
  /** Of a service that is two: the name of the one that has the traffic. */
  readonly live?: string
  /** Why it did not come up: one line. */
  readonly cause?: string
  /** What the user has to know of one that is up: one line. */
  readonly note?: string
  readonly failedTask?: FailedTask
}

/** The task that shows why a service did not come up. */
export interface FailedTask {
  readonly id: string
  readonly node: string | undefined
  /** How it ended: `failed with exit code 1`. */
  readonly ending: string
  readonly exitCode: number | undefined
  /** The last lines that it printed. */
  readonly logs: readonly string[]
}
