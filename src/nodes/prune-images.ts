import type { Connection } from '../connect/connection.ts'
import type { Service } from '../docker/api.ts'
import { sizeInWords } from '../docker/size.ts'
import { messageOf } from '../errors.ts'
import type { ToolImage } from '../prepare/tool-image.ts'
import { readRecords } from '../records/read.ts'
import { recordsOf, type Subject } from '../records/record.ts'
import { groupBy } from '../runner/group-by.ts'
import { log, stage } from '../runner/log/log.ts'
import type { RunIdentity } from '../runner/run.ts'
import { counted } from '../runner/text/counted.ts'
import { safeLine } from '../runner/text/safe-text.ts'
import { someOf } from '../runner/text/some-of.ts'
import { nowMs, timeLimit } from '../runner/time/clock.ts'
import { note } from '../runner/workspace/state.ts'
import { type NodeReport, onNodes } from './on-nodes.ts'
import {
  ASK_SCRIPT,
  isNoTrouble,
  namesThatMayGo,
  neededDigests,
  REMOVE_SCRIPT,
  removalsIn,
  repositoriesOf,
  type UnusedImage,
  unusedIn,
} from './unused-images.ts'

const TITLE = 'Remove old images from the nodes'
/** The nodes have as long as the deploy again, and no longer than that. */
const MOST_SECONDS = 300
/** What is left for removing, however long the question took. */
const LEAST_SECONDS = 30
const READ_TIMEOUT_MS = 60_000
const MOST_NAMES_SHOWN = 20
/** They are words of a command, and part of a spec, both of which have a limit. */
const MOST_NAMES = 5000

/** What the removal of old images has at hand. */
export interface PruneRun {
  /** With calls that do not end with the rollout. */
  readonly connection: Pick<Connection, 'engine'>
  readonly self: RunIdentity
  readonly tools: ToolImage
  readonly timeoutSeconds: number
  readonly signal: AbortSignal
  /** All images of the services of this run: before, asked for, after. */
  readonly images: readonly (string | undefined)[]
  /** Whose records tell of earlier images. */
  readonly subjects: readonly Subject[]
}

/** What went from a node. */
export interface PrunedNode {
  readonly node: string
  readonly gone: readonly UnusedImage[]
}

/** What became of the old images of a run: of nodes from which something went, and how many others there are that answered. */
export interface Pruned {
  readonly nodes: readonly PrunedNode[]
  readonly asked: number
  /** The nodes on which it failed, or was not tried. */
  readonly failed: readonly string[]
}

/**
 * Removes from all nodes the images of the run's repositories, and of that of the tools, that no service of the swarm needs
 * now or after its rollback, no kept record, and no container. It never fails the run: what does not succeed is a warning.
 *
 * @returns `undefined` when nobody was asked
 */
export async function pruneImages(run: PruneRun): Promise<Pruned | undefined> {
  if (run.signal.aborted) return undefined
  // The deploy is done: whatever ends this stage, there is nothing to go back from.
  note({ onCancel: 'keep' })
  return stage(TITLE, async () => {
    try {
      return await prune(run)
    } catch (error) {
      if (run.signal.aborted) log.warning('prune-images: stopped; a later run removes what is left')
      else log.warning(`prune-images: old images were not removed: ${messageOf(error)}`)
      return undefined
    }
  })
}

async function prune(run: PruneRun): Promise<Pruned | undefined> {
  const { connection, tools, images, subjects, signal } = run
  const { engine } = connection
  const limit = () => AbortSignal.any([signal, timeLimit(READ_TIMEOUT_MS)])
  const seconds = Math.min(run.timeoutSeconds, MOST_SECONDS)
  const begunAt = nowMs()

  const { kept, unreadable } = await readRecords(engine, limit())
  if (unreadable.length > 0) {
    log.warning(
      `prune-images: old images were not removed: which of them a record needs is not known, for ${someOf(unreadable)} cannot be read. Remove that config, or deploy with the version of this action that wrote it`,
    )
    return undefined
  }
  const ofRecords = subjects.flatMap((subject) =>
    recordsOf(kept, subject).flatMap(({ record }) =>
      record.services.map(({ spec }) => spec.TaskTemplate.ContainerSpec?.Image),
    ),
  )
  const repositories = repositoriesOf([...images, ...ofRecords, tools.name])
  log.info(
    `Looked for: ${someOf(repositories, MOST_NAMES_SHOWN)}. Docker runs on each node by ${tools.name}, which stays`,
  )
  const answers = await onNodes(
    { what: 'look for images', script: ASK_SCRIPT, args: repositories },
    { ...run, seconds },
  )

  // Only now: what was pulled by then has its service.
  const [services, records] = await Promise.all([
    engine.get<Service[]>('/services', { signal: limit() }),
    readRecords(engine, limit()),
  ])
  const needed = neededDigests(services, records.kept)
  const found = answers.map((answer) => ({ ...answer, unused: answer.state === 'done' ? unusedIn(answer.lines) : [] }))
  const names = namesThatMayGo(
    found.flatMap(({ unused }) => unused),
    repositories,
    needed,
  ).slice(0, MOST_NAMES)
  const concerned = found.filter(({ unused }) =>
    unused.some((image) => image.names.every((one) => names.includes(one))),
  )
  const removing =
    concerned.length === 0
      ? []
      : await onNodes(
          {
            what: 'remove images',
            script: REMOVE_SCRIPT,
            args: [...repositories, '--', ...names],
            nodes: concerned.map(({ id }) => id),
          },
          { ...run, seconds: Math.max(LEAST_SECONDS, seconds - (nowMs() - begunAt) / 1000) },
        )
  return tell(answers, removing)
}

function tell(answers: readonly NodeReport[], removing: readonly NodeReport[]): Pruned {
  const reports = answers.map((answer) => removing.find(({ id }) => id === answer.id) ?? answer)
  const failures = reports.flatMap((report) => (report.state === 'failed' ? [report] : []))
  for (const [cause, those] of groupBy(failures, (failure) => failure.cause)) {
    log.warning(`prune-images: old images were not removed from ${someOf(those.map(({ node }) => node))}: ${cause}`)
  }
  const nodes = removing.flatMap((report): PrunedNode[] => {
    const removals = removalsIn(report.lines)
    const gone = removals.filter(({ refusal }) => refusal === undefined)
    for (const { names, refusal } of removals) {
      if (refusal === undefined || isNoTrouble(refusal)) continue
      log.warning(
        `prune-images: ${report.node} did not remove ${names.map(shortName).join(', ')}: ${safeLine(refusal)}`,
      )
    }
    if (gone.length > 0) log.info(`${report.node}: ${goneInWords(gone)}: ${namesInWords(gone)}`)
    return gone.length === 0 ? [] : [{ node: report.node, gone: gone.map(({ bytes, names }) => ({ bytes, names })) }]
  })
  const asked = reports.length - failures.length
  if (nodes.length === 0 && asked > 0) log.info(`Nothing to remove on ${asked === 1 ? 'the node' : `${asked} nodes`}`)
  return { nodes, asked, failed: failures.map(({ node }) => node) }
}

/** `2 images went, of 340 MB in all`. Layers that others share stay, so that may be less on the disk. */
export function goneInWords(gone: readonly UnusedImage[]): string {
  const bytes = gone.reduce((sum, image) => sum + image.bytes, 0)
  return `${counted(gone.length, 'image')} went, up to ${sizeInWords(bytes)} freed`
}

function namesInWords(gone: readonly UnusedImage[]): string {
  return someOf(
    gone.map(({ bytes, names }) => `${names.map(shortName).join(', ')} (${sizeInWords(bytes)})`),
    MOST_NAMES_SHOWN,
  )
}

/** `acme/web@sha256:0123456789ab` */
export function shortName(name: string): string {
  return safeLine(name.replace(/(?<=@sha256:[0-9a-f]{12})[0-9a-f]+$/, ''))
}
