import { isGood, type Outcome, type ServiceResult } from '../../result.ts'
import { blame } from '../culprits.ts'
import { nameCell, plain } from '../markdown.ts'
import { changeCell, runsCell } from './images.ts'

/** More than these that are as they were are one line. */
const MOST_UNCHANGED = 3
/** More than these that are only there because of others are folded. */
const MOST_TAKEN_ALONG = 10
/** So many names stand for those that caused something. */
const MOST_CAUSES = 3

/** A part of the table of services, each row a line. */
export interface Table {
  readonly head: string
  readonly rows: readonly string[]
  /** What it is folded under; open unless given. */
  readonly title?: string
}

/** The services: culprits first, then the others; unchanged ones, and many that were only taken along, are folded. */
export function tablesOf(results: readonly ServiceResult[]): Table[] {
  const { culprits, stopped, takenAlong } = blame(results)
  const good = results.filter(isGood)
  const unchanged = good.filter(({ outcome }) => outcome === 'unchanged')
  const foldsUnchanged = unchanged.length > MOST_UNCHANGED
  const foldsTaken = takenAlong.length > MOST_TAKEN_ALONG
  const open = [
    ...culprits,
    ...stopped,
    ...(foldsTaken ? [] : takenAlong),
    ...good.filter((result) => !foldsUnchanged || result.outcome !== 'unchanged'),
  ]
  const isRed = good.length < results.length
  const columns = COLUMNS.filter(({ isFor }) => isFor === undefined || isFor(isRed, results))
  const table = (of: readonly ServiceResult[], title?: string): Table[] => {
    if (of.length === 0) return []
    const head = `${line(columns.map((column) => column.title))}\n${line(columns.map(() => '---'))}`
    return [{ head, rows: of.map((one) => line(columns.map(({ text }) => text(one)))), ...(title && { title }) }]
  }
  return [
    ...table(open),
    ...(foldsTaken ? table(takenAlong, takenAlongTitle(takenAlong)) : []),
    ...(foldsUnchanged ? table(unchanged, `${unchanged.length} services were as asked already`) : []),
  ]
}

function takenAlongTitle(all: readonly ServiceResult[]): string {
  const areBack = all.every(({ outcome }) => outcome === 'rolled-back')
  return areBack
    ? `${all.length} services went back only because of others`
    : `${all.length} services went back, or were not sent, only because of others`
}

interface Column {
  readonly title: string
  readonly text: (result: ServiceResult) => string
  /** Whether it says something of such a run. */
  readonly isFor?: (isRed: boolean, results: readonly ServiceResult[]) => boolean
}

/** What fits under something else stands there: an image has three lines anyhow, and a wide table is cut. */
const COLUMNS: readonly Column[] = [
  { title: 'Service', text: serviceCell },
  { title: 'Outcome', text: outcomeCell },
  { title: 'Image', text: ({ image }) => changeCell(image) },
  { title: 'Runs now', text: ({ image }) => runsCell(image), isFor: (isRed) => isRed },
  {
    title: 'Changed',
    text: ({ changes = [] }) => changes.map(nameCell).join('<br>') || '–',
    // That the image is another is shown beside it.
    isFor: (isRed, results) => !isRed && results.some(({ changes = [] }) => changes.some((one) => one !== 'image')),
  },
  { title: 'Tasks', text: tasksCell },
  { title: 'Account', text: ({ config }) => (config === undefined ? '–' : nameCell(config)) },
]

function serviceCell({ name, live, strategy }: ServiceResult): string {
  const names = live === undefined || live === name ? nameCell(name) : `${nameCell(name)} (${nameCell(live)})`
  return strategy === undefined ? names : `${names}<br>${strategy}`
}

const MARKS: Readonly<Record<Outcome, string>> = {
  created: '✅',
  updated: '✅',
  unchanged: '✅',
  removed: '✅',
  failed: '❌',
  'rolled-back': '❌',
  'timed-out': '❌',
  superseded: '❌',
  cancelled: '⏹️',
  skipped: '⏭️',
}

/** Those that were only taken along have a mark of their own: it leads the eye to the others. */
function outcomeCell({ outcome, because, seconds, keptTag }: ServiceResult): string {
  const mark = because !== undefined && outcome === 'rolled-back' ? '↩️' : MARKS[outcome]
  const time = outcome === 'skipped' || outcome === 'unchanged' ? '' : `<br>${seconds} s`
  const tag = keptTag === undefined ? '' : `<br>${plain(keptTag)}`
  return `${mark}&nbsp;${outcome}${time}${tag}${because === undefined ? '' : `<br>because of ${listed(because)}`}`
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_CAUSES).map(nameCell)
  const rest = names.length - shown.length
  return [...shown, ...(rest > 0 ? [`${rest} more`] : [])].join(', ')
}

/** Nobody has looked how many there are of one that was stopped, or not sent; what is gone has none. */
function tasksCell({ outcome, wayBack, tasks: { running, wanted }, nodes }: ServiceResult): string {
  if (outcome === 'removed' || outcome === 'cancelled' || outcome === 'skipped' || wayBack === 'unwatched') return '–'
  return `${running}/${wanted}<br>${nodes}&nbsp;${nodes === 1 ? 'node' : 'nodes'}`
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
