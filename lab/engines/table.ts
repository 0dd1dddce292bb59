/** What a daemon says of itself. */
export interface Facts {
  readonly daemon: string
  readonly api: string
  readonly minimumApi: string
  readonly store: string
  readonly cgroup: string
  readonly cli: string
}

/** What became of the tests. */
export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export interface Row {
  readonly name: string
  readonly about: string
  /** `2026-11-26` */
  readonly date: string
  /** What is known of the pair, and of the tests on it. */
  readonly facts?: Facts
  readonly counts?: Counts
  /** Why it was not tried, or not to the end. */
  readonly problem?: string
}

const HEAD = ['Pair', 'Daemon', 'API', 'CLI', 'Images', 'cgroup', 'Passed', 'Failed', 'Skipped', 'Tried']

/**
 * The table of all pairs, in their order: those that were tried now, and of the others what the page has of them. Pure.
 *
 * @param names of all pairs
 * @param page the table as it was
 */
export function tableOf(names: readonly string[], rows: readonly Row[], page: string): string {
  const lines = names.map((name) => {
    const row = rows.find((one) => one.name === name)
    const before = page.split('\n').find((line) => line.startsWith(`| ${name}:`))
    return row === undefined ? (before ?? cells([`${name}: not tried yet`])) : cells(columnsOf(row))
  })
  return [cells(HEAD), cells(HEAD.map(() => '---')), ...lines].join('\n')
}

function columnsOf({ name, about, date, facts, counts, problem }: Row): string[] {
  const known = facts && [facts.daemon, `${facts.api} (from ${facts.minimumApi})`, facts.cli, facts.store, facts.cgroup]
  const tried = counts && [counts.passed, counts.failed, counts.skipped].map(String)
  const none = (count: number) => Array.from({ length: count }, () => '–')
  const what = `${name}: ${about}${problem === undefined ? '' : `. **${problem}**`}`
  return [what, ...(known ?? none(5)), ...(tried ?? none(3)), date]
}

function cells(texts: readonly string[]): string {
  const filled = [...texts, ...Array.from({ length: HEAD.length - texts.length }, () => '–')]
  return `| ${filled.map((text) => text.replaceAll('|', '\\|').replace(/\s+/g, ' ')).join(' | ')} |`
}
