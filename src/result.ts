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
  readonly image: Images
  /** How its tasks were to be replaced: `rolling`. Of what was only removed there is none. */
  readonly strategy?: string
  /** Where the user wrote it, when that is a file. */
  readonly place?: Place
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
  /** The same without what became of its way back. */
  readonly reason?: string
  /** What the cause tells of, as far as a few words for it are asked for: others' words are in the cause too. */
  readonly trouble?: Trouble
  /** What was changed of it, in the user's words: `image`, `replicas 2 → 3`. */
  readonly changes?: readonly string[]
  /** What the user has to know of one that is up: one line. */
  readonly note?: string
  /** That it keeps the tag that it has, in words: `same digest as :1.4`. */
  readonly keptTag?: string
  readonly failedTask?: FailedTask
  /** The services because of which it is not as asked, when nothing is wrong with it itself. */
  readonly because?: readonly string[]
  /** The files no longer name it: it goes when a deploy is up. */
  readonly leaves?: true
  /** What became of its way back, when there was one. */
  readonly wayBack?: WayBack
  /** When what happened to it; nothing when nobody looked. */
  readonly timeline?: Timeline
}

export type Trouble =
  /** The time of the run was over before it was up. */
  | { readonly kind: 'late' }
  /** Docker did not make it. */
  | { readonly kind: 'refused' }
  /** Somebody else has done that to it, or to the one of its two services that is named. */
  | { readonly kind: 'overtaken'; readonly what: SomeonesDoing; readonly service?: string }

export type SomeonesDoing = 'removed' | 'changed' | 'rolled back' | 'deployed'

/** What became of the stored credential of one service. */
export interface RenewalResult {
  readonly name: string
  readonly outcome: 'refreshed' | 'skipped' | 'failed' | 'timed-out' | 'cancelled'
  /** The image that it has. */
  readonly image: string | undefined
  /** The account whose credential is stored with it now. */
  readonly account?: RenewedAccount
  /**
   * Of its tasks that ran before: how many are the same, and what became of the others, one line each. And how many run
   * now of how many that are wanted.
   */
  readonly tasks: {
    readonly unchanged: number
    readonly changed: readonly string[]
    readonly running: number
    readonly wanted: number
  }
  /** Why it is not renewed, or its tasks are not as they should be: one line. */
  readonly cause?: string
  /** What is to be known of one that is: one line. */
  readonly note?: string
  /** Of one that was skipped: a later run may renew it. */
  readonly again?: boolean
}

export interface RenewedAccount {
  readonly username: string
  readonly registry: string
  /** The name of its config. */
  readonly config: string
  /** Whose credential was stored before, where our labels said so and it was another's. */
  readonly before?: string
  /** When its token ends, where that is known: `2026-11-26T18:30:00Z`, or `job`. */
  readonly expires?: string
}

/** What became of one thing that was to be removed, or what would. */
export interface RemovedThing {
  readonly kind: 'service' | 'network' | 'secret' | 'config' | 'volume' | 'record'
  readonly name: string
  /** `kept`: others need it; `planned`: it would be removed. */
  readonly outcome: 'removed' | 'kept' | 'planned' | 'failed' | 'timed-out' | 'cancelled'
  /** Of a service: the image that it had. */
  readonly image?: string
  /** Of a volume: the nodes that it was removed from. */
  readonly where?: string
  /** Of records of deploys, which are told together. */
  readonly count?: number
  /** Why it is not removed, or what is to be known of it: one line. */
  readonly cause?: string
}

/** What came of a run that removes. */
export interface RemovalResult {
  /** What was asked for. */
  readonly what:
    | { readonly kind: 'stack'; readonly name: string }
    | { readonly kind: 'services'; readonly names: readonly string[] }
  /** All of it, services first. */
  readonly things: readonly RemovedThing[]
  /** The services among them; none of a run that only looks. */
  readonly services: readonly ServiceResult[]
  /** What was asked for and was not there: one line each. */
  readonly missing: readonly string[]
  readonly isDryRun: boolean
}

/** What became of an image of an archive, or what would. */
export interface PushedImage {
  /** As a service names it: `ghcr.io/acme/web:2`. */
  readonly image: string
  /** What it is pinned to. */
  readonly digest: string
  /** `present`: it was in its registry already; `planned`: a deploy would push it. */
  readonly state: 'pushed' | 'present' | 'planned'
  /** `linux/arm64/v8`. */
  readonly platforms: readonly string[]
  /** The name of the config whose credential pushes it. */
  readonly config: string | undefined
  /** Of all its parts, some of which the registry may have had. */
  readonly bytes: number
}

/** The images of a service with their digests, as the swarm has them. */
export interface Images {
  readonly before: string | undefined
  /** What was asked for. */
  readonly wanted: string | undefined
  readonly after: string | undefined
}

/** A line of a file of the user's. */
export interface Place {
  /** As the user gave its path. */
  readonly file: string
  readonly line: number
}

/**
 * `done`: what ran before runs again; `removed`: there was nothing before, nor is now; `unwatched`: it was sent, and
 * nobody looked; `overtaken`: somebody else has deployed it meanwhile.
 */
export type WayBack = 'done' | 'removed' | 'unwatched' | 'failed' | 'overtaken'

/** When a service was on its way to what was asked for, and back. */
export interface Timeline {
  readonly out: Stretch
  readonly back?: Stretch
}

/** Times are seconds on the clock of the run, of which only differences say something. */
export interface Stretch {
  readonly from: number
  readonly to: number
  readonly tasks: readonly TaskTimeline[]
}

/** What one task was seen to do. */
export interface TaskTimeline {
  /** Its number in the service; none in a global service. */
  readonly slot: number | undefined
  readonly node: string | undefined
  /** In the order of time, each until the next. */
  readonly phases: readonly { readonly phase: Phase; readonly from: number }[]
  /** When it ended, or was seen last. */
  readonly to: number
  /** How it ended, when it should not have: `failed with exit code 1`. */
  readonly ending?: string
}

/** What a task is at, as far as a user has to tell it apart. */
export type Phase = 'waiting' | 'pulling' | 'starting' | 'running' | 'over'

/** The task that shows why a service did not come up. */
export interface FailedTask {
  readonly id: string
  readonly node: string | undefined
  /** Of a node that runs nothing any more: why the task may have ended. */
  readonly nodeState?: 'drained' | 'down'
  /** It is one of those that a canary tries first. */
  readonly isCanary?: true
  /** How it ended: `failed with exit code 1`. */
  readonly ending: string
  readonly exitCode: number | undefined
  /** The last lines that it printed. */
  readonly logs: readonly string[]
}
