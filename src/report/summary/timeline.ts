import { isGood, type ServiceResult, type Stretch, type TaskTimeline } from '../../result.ts'
import { groupBy } from '../../runner/group-by.ts'
import { blame } from '../culprits.ts'

/** The picture of a rollout, as bars on rows; how it is drawn is another's. Pure. */
export interface Chart {
  readonly rows: readonly Row[]
  /** How long it is, in seconds. */
  readonly seconds: number
  /** How many rows have no room. */
  readonly leftOut: number
}

export interface Row {
  /** A service, or one of its slots: `worker.2 · n2`. */
  readonly name: string
  /** None overlaps another, in the order of time. */
  readonly bars: readonly Bar[]
}

export interface Bar {
  readonly kind: 'waits' | 'pulls' | 'starts' | 'runs' | 'failed' | 'back'
  readonly label: string
  /** Seconds since the beginning of the picture. */
  readonly from: number
  readonly to: number
}

const MOST_ROWS = 40
/** Of them for the tasks of culprits, so that the others have room too. */
const MOST_CULPRIT_ROWS = 24
/** Where nothing is wrong, and so few tasks are, each has its row. */
const FEW_TASKS = 12
/** A shorter rollout is no picture. */
const LEAST_SECONDS = 1
/** An end has no length: as much of the whole picture is given to it. */
const MARK_SHARE = 0.015

/** The picture of a rollout; `undefined` where it would say nothing. */
export function chartOf(results: readonly ServiceResult[]): Chart | undefined {
  const timed = results.filter(isTimed)
  const stretches = timed.flatMap(({ timeline: { out, back } }) => [out, ...(back === undefined ? [] : [back])])
  const begins = stretches.flatMap(({ from, tasks }) => [from, ...tasks.map(beginOf)])
  // Not `Math.min(...begins)`: a call takes so many arguments, and no more.
  const start = begins.reduce((least, one) => Math.min(least, one), Number.POSITIVE_INFINITY)
  const end = stretches.reduce((most, { to }) => Math.max(most, to), Number.NEGATIVE_INFINITY)
  if (timed.length === 0 || end - start < LEAST_SECONDS) return undefined

  const mark = (end - start) * MARK_SHARE
  const { culprits } = blame(results)
  const blamed = timed.filter((one) => culprits.includes(one))
  const others = timed.filter((one) => !culprits.includes(one))
  const each = Math.max(1, Math.floor(MOST_CULPRIT_ROWS / Math.max(1, blamed.length)))
  const ofCulprits = blamed.map((one) => taskRows(one, mark))
  const areFew = culprits.length === 0 && others.flatMap(({ timeline }) => timeline.out.tasks).length <= FEW_TASKS
  const ofOthers = others.toSorted(bySeconds).flatMap((one) => (areFew ? taskRows(one, mark) : [serviceRow(one, end)]))
  const all = [...ofCulprits.flatMap((rows) => rows.slice(0, each)), ...ofOthers]
  const rows = all.slice(0, MOST_ROWS).map(({ name, bars }) => ({ name, bars: arranged(bars, start, mark) }))
  return { rows, seconds: end + mark - start, leftOut: ofCulprits.flat().length + ofOthers.length - rows.length }
}

/** The same picture with so many rows at the most; a row more is counted. */
export function withRows(chart: Chart, most: number): Chart {
  const rows = chart.rows.slice(0, most)
  return { ...chart, rows, leftOut: chart.leftOut + chart.rows.length - rows.length }
}

type Timed = ServiceResult & { readonly timeline: NonNullable<ServiceResult['timeline']> }

/** What was only looked at, and is as it was, did not do anything. */
function isTimed(result: ServiceResult): result is Timed {
  return result.timeline !== undefined && (result.action !== 'unchanged' || !isGood(result))
}

function beginOf({ phases, to }: TaskTimeline): number {
  return phases[0]?.from ?? to
}

function bySeconds(a: ServiceResult, b: ServiceResult): number {
  return b.seconds - a.seconds
}

/** A row for each slot of a service, those first in which a task failed; one for all of it where no task was seen. */
function taskRows(result: Timed, mark: number): Row[] {
  const { name, timeline } = result
  const { out, back } = timeline
  const all = [
    ...out.tasks.map((task) => ({ task, of: out, isBack: false })),
    ...(back?.tasks ?? []).map((task) => ({ task, of: back ?? out, isBack: true })),
  ]
  if (out.tasks.length === 0) return [serviceRow(result, out.to)]
  const slots = [...groupBy(all, ({ task }) => task.slot ?? task.node ?? '')]
  return slots
    .toSorted(([, a], [, b]) => failures(b) - failures(a) || slotOf(a) - slotOf(b))
    .map(([, those]) => ({
      name: rowName(
        name,
        those.map(({ task }) => task),
      ),
      bars: those.flatMap(({ task, of, isBack }) => (isBack ? backBars(task, of) : taskBars(task, of, mark))),
    }))
}

function slotOf([first]: readonly { readonly task: TaskTimeline }[]): number {
  return first?.task.slot ?? 0
}

function failures(those: readonly { readonly task: TaskTimeline }[]): number {
  return those.filter(({ task }) => task.ending !== undefined).length
}

const MOST_NODES = 2

/** The slot, where its tasks were, and how the last one ended that should not have: in the picture that has no room. */
function rowName(service: string, tasks: readonly TaskTimeline[]): string {
  const slot = tasks[0]?.slot
  const nodes = [...new Set(tasks.flatMap(({ node }) => node ?? []))]
  const ending = tasks.findLast((task) => task.ending !== undefined)?.ending
  return [
    slot === undefined ? service : `${service}.${slot}`,
    ...nodes.slice(0, MOST_NODES),
    ...(nodes.length > MOST_NODES ? ['…'] : []),
    ...(ending === undefined ? [] : [endingWords(ending)]),
  ].join(' · ')
}

const LABELS = { waiting: 'waits', pulling: 'pulls', starting: 'starts', running: 'runs' } as const

function taskBars({ phases, to, ending }: TaskTimeline, { to: end }: Stretch, mark: number): Bar[] {
  return phases.flatMap(({ phase, from }, index): Bar[] => {
    if (phase === 'over')
      return ending === undefined ? [] : [{ kind: 'failed', label: endingWords(ending), from, to: from + mark }]
    const kind = LABELS[phase]
    // It is as it was seen last until nobody looks any more.
    const until = phases[index + 1]?.from ?? Math.max(to, end)
    return [{ kind, label: kind, from, to: until }]
  })
}

/** What ran before comes again. */
function backBars({ phases, to, ending }: TaskTimeline, { to: end }: Stretch): Bar[] {
  const running = phases.find(({ phase }) => phase === 'running')
  const over = phases.find(({ phase }) => phase === 'over')
  const from = phases[0]?.from ?? to
  return [
    { kind: 'back', label: 'goes back', from, to: running?.from ?? over?.from ?? end },
    ...(running === undefined
      ? []
      : [{ kind: 'runs', label: 'runs again', from: running.from, to: over?.from ?? end } as const]),
    ...(ending === undefined || over === undefined
      ? []
      : [{ kind: 'failed', label: endingWords(ending), from: over.from, to: over.from } as const]),
  ]
}

/** Of all that a task says of its end as much as a picture has room for. None of it is another's. */
function endingWords(ending: string): string {
  const [, code] = /\bexit code (\d+)/.exec(ending) ?? []
  if (code !== undefined) return `exit code ${code}`
  if (ending.startsWith('was rejected')) return 'rejected'
  return ending.startsWith('failed its health check') ? 'unhealthy' : 'failed'
}

/** One row for all of a service. */
function serviceRow(result: Timed, end: number): Row {
  const { name, outcome, wayBack, timeline } = result
  const { out, back } = timeline
  const bars: Bar[] = [{ kind: 'starts', label: 'rolls out', from: out.from, to: out.to }]
  if (back !== undefined) {
    bars.push({ kind: 'back', label: 'goes back', from: back.from, to: back.to })
    if (wayBack === 'done') bars.push({ kind: 'runs', label: 'runs again', from: back.to, to: end })
  } else if (isGood(result)) bars.push({ kind: 'runs', label: 'runs', from: out.to, to: end })
  else if (result.because === undefined) bars.push({ kind: 'failed', label: outcome, from: out.to, to: out.to })
  return { name, bars }
}

/** In the order of time, none over another, and none too short to be seen that says how something ended. */
function arranged(bars: readonly Bar[], start: number, mark: number): Bar[] {
  let free = 0
  return bars
    .toSorted((a, b) => a.from - b.from)
    .flatMap((bar) => {
      const from = Math.max(bar.from - start, free)
      const to = Math.max(bar.to - start, bar.kind === 'failed' ? from + mark : 0)
      if (to <= from) return []
      free = to
      return [{ ...bar, from, to }]
    })
}
