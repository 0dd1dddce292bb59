import type { Bar, Chart } from './timeline.ts'

/**
 * A chart as a Gantt diagram of Mermaid's, which GitHub draws in a summary. In its compact form the bars of a section
 * share a row. Pure.
 *
 * Names are the only text in it that is not ours. They stand in the titles of sections alone, with nothing in them but
 * letters, digits and a few signs: no line end, no `:`, `;`, `#` or `%%`, which mean something to Mermaid.
 */
export function gantt({ rows, seconds }: Chart): string {
  const names = distinct(rows.map(({ name }) => safeName(name)))
  const leftPadding = Math.min(MOST_LEFT, Math.max(...names.map(({ length }) => length)) * CHARACTER_WIDTH + MARGIN)
  const pixels = (WIDTH - leftPadding - RIGHT) / seconds
  const hasRoom = ({ label, from, to }: Bar, next: Bar | undefined) => {
    const width = label.length * CHARACTER_WIDTH + MARGIN / 2
    if ((to - from) * pixels >= width) return true
    // Then it stands to the right of its bar; near the right edge Mermaid puts it to the left, over what is there.
    const gap = next === undefined ? Number.POSITIVE_INFINITY : (next.from - to) * pixels
    return gap >= width && to * pixels + width + 1.5 * leftPadding <= WIDTH
  }
  const sections = rows.flatMap(({ bars }, row) => [
    `  section ${names[row]}`,
    ...bars.map((bar, index) => line(bar, hasRoom(bar, bars[index + 1]))),
  ])
  return [
    '---',
    'displayMode: compact',
    'config:',
    '  gantt:',
    `    leftPadding: ${Math.round(leftPadding)}`,
    `    rightPadding: ${RIGHT}`,
    '    barHeight: 18',
    '    barGap: 4',
    '  themeVariables:',
    ...Object.entries(COLOURS).map(([name, colour]) => `    ${name}: "${colour}"`),
    '---',
    'gantt',
    '  dateFormat YYYY-MM-DD HH:mm:ss.SSS',
    `  axisFormat ${axisOf(seconds)}`,
    ...(seconds < SHORT_SECONDS ? ['  tickInterval 1second'] : []),
    '  todayMarker off',
    ...sections,
  ].join('\n')
}

/** The text of a diagram that GitHub draws may have 50,000 characters (Mermaid's `maxTextSize`). */
export const MOST_GANTT_CHARACTERS = 45_000

/** Pixels, as wide as the column of a summary. A narrower one only has less room for labels. */
const WIDTH = 960
const RIGHT = 90
const MOST_LEFT = 300
const MARGIN = 24
const CHARACTER_WIDTH = 6.2
const MOST_NAME_CHARACTERS = 48

/** By itself Mermaid marks parts of seconds on a shorter axis, where whole ones are written: some stood there twice. */
const SHORT_SECONDS = 15

/** They show on a light page and on a dark one. Where they are not taken, Mermaid's own tell the same kinds apart. */
const COLOURS = {
  sectionBkgColor: '#80808014',
  altSectionBkgColor: '#80808000',
  sectionBkgColor2: '#80808014',
  gridColor: '#80808060',
  taskBkgColor: '#2da44e',
  taskBorderColor: '#1a7f37',
  taskTextColor: '#ffffff',
  activeTaskBkgColor: '#80ccff',
  activeTaskBorderColor: '#54aeff',
  taskTextDarkColor: '#1f2328',
  doneTaskBkgColor: '#d0d7de',
  doneTaskBorderColor: '#afb8c1',
  critBkgColor: '#cf222e',
  critBorderColor: '#a40e26',
}

/** How Mermaid tells bars apart. */
const TAGS: Readonly<Record<Bar['kind'], string>> = {
  waits: 'done, ',
  pulls: 'active, ',
  starts: 'active, ',
  runs: '',
  failed: 'crit, ',
  back: 'active, crit, ',
}

function line({ kind, label, from, to }: Bar, hasRoom: boolean): string {
  return `    ${hasRoom ? label : NO_LABEL} :${TAGS[kind]}${moment(from)}, ${moment(to)}`
}

/** A blank that Mermaid takes for text. */
const NO_LABEL = '#160;'

/** A moment of a day that has no other meaning: readers are in all zones of time, and Mermaid reads it in theirs. */
function moment(seconds: number): string {
  return new Date(Date.UTC(2000, 0, 1) + Math.round(seconds * 1000)).toISOString().replace('T', ' ').replace('Z', '')
}

function axisOf(seconds: number): string {
  if (seconds < 60) return '%-S s'
  return seconds < 3600 ? '%-M:%S' : '%-H:%M:%S'
}

function safeName(name: string): string {
  const safe = name.replace(/[^\p{L}\p{N} ._·-]/gu, '_').trim() || '_'
  return safe.length > MOST_NAME_CHARACTERS ? `${safe.slice(0, MOST_NAME_CHARACTERS - 1)}…` : safe
}

/** Two sections of one name would be one. */
function distinct(names: readonly string[]): string[] {
  const known = new Set<string>()
  return names.map((name) => {
    let one = name
    for (let n = 2; known.has(one); n++) one = `${name} ${n}`
    known.add(one)
    return one
  })
}
