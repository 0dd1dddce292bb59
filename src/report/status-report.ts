import type { SwarmStatus } from '../health/status.ts'
import type { StatusRequest, StatusSubject } from '../inputs/modes/status.ts'
import { storedAccountInWords } from '../plan/credentials/stored-account.ts'
import { groupBy } from '../runner/group-by.ts'
import { addSummary, setOutput } from '../runner/log/command-files.ts'
import { log, openStage, reportLog } from '../runner/log/log.ts'
import { MOST_ANNOTATIONS } from '../runner/log/workflow-commands.ts'
import { nameColumn } from '../runner/text/name-column.ts'
import { shortened } from '../runner/text/printable.ts'
import { someOf } from '../runner/text/some-of.ts'
import { remedyLines, taskLines } from './culprit-lines.ts'
import { fitting } from './fitting.ts'
import { imageWords, shortImage } from './image-words.ts'
import { listOutput } from './list-output.ts'
import { nameCell, nameCode, plain, prose, proseCell } from './markdown.ts'
import { remedyOf } from './remedies.ts'
import {
  asResult,
  deployWords,
  nodesLine,
  type ShownStatus,
  type StatusWord,
  statusFitToShow,
  statusLine,
  statusWordOf,
  tasksWords,
  worstFirst,
} from './status-words.ts'
import { folded, told } from './summary/culprits.ts'
import { remedyLine } from './summary/parts.ts'

const MOST_OUTPUT_CHARACTERS = 480_000
const CAUSE_CHARACTERS = [2000, 500, 100]
const MOST_TABLE_BYTES = 600_000
const MOST_SECTION_BYTES = 250_000
/** More than these are folded. */
const MOST_OPEN_SECTIONS = 3
const MOST_LOG_LINES = 20

/** How the swarm is: green unless problems are to be a failure. */
export async function reportStatus(swarm: SwarmStatus, { failOnProblems, which }: StatusRequest): Promise<void> {
  const services = statusFitToShow(swarm)
  const word = statusWordOf(services, swarm)
  const isRed = failOnProblems && word === 'problems'
  if (isRed) process.exitCode = 1
  await openStage('Services', async () => sayAll(services, swarm))
  const annotate = isRed ? reportLog.error : reportLog.warning
  const bad = worstFirst(services).filter(({ problems }) => problems.length > 0)
  for (const line of swarm.missing) annotate(line)
  for (const { name, problems } of bad.slice(0, MOST_ANNOTATIONS)) annotate(problems.join('\n'), name)
  const line = statusLine(services, swarm)
  reportLog.info(`${word}: ${line}`, word === 'problems' ? 'bad' : 'good')
  setOutput('status', word)
  setOutput('services', servicesOutput(services))
  const title = statusLine(services, swarm, (name) => `\`${name}\``)
  addSummary(summary(word, title, services, swarm, which))
}

function sayAll(services: readonly ShownStatus[], swarm: SwarmStatus): void {
  log.info(nodesLine(swarm))
  const column = nameColumn(services.map(({ name }) => name))
  for (const one of worstFirst(services)) {
    const { state, name, image, problems, notes, drift } = one
    const mark = { up: '✓', changing: '~', problem: '✗' }[state]
    const isBad = state === 'problem'
    reportLog.info(
      `${mark} ${column(name)} ${tasksWords(one)}, ${shortImage(image ?? 'no image')}`,
      isBad ? 'bad' : undefined,
    )
    for (const problem of problems) reportLog.info(`    ${problem}`, 'bad')
    for (const said of taskLines(asResult(one), MOST_LOG_LINES)) reportLog.info(said)
    for (const note of notes) reportLog.info(`    ${note}`)
    if (drift !== undefined) reportLog.info(`    it ${driftLine(drift)}`)
  }
  const bad = worstFirst(services).filter(({ state }) => state === 'problem')
  for (const said of [...remedyLines(bad.map(asResult)), ...storedLines(services), ...deployLines(services)]) {
    reportLog.info(said)
  }
}

/** Whose credentials are stored, and with which services. */
function storedLines(services: readonly ShownStatus[]): string[] {
  const byAccount = groupBy(services, ({ account }) => (account === undefined ? undefined : accountWords(account)))
  return linesOf('Stored', byAccount)
}

function accountWords({ name, registry, expires }: NonNullable<ShownStatus['account']>): string {
  const whose = storedAccountInWords({ account: name, registry })
  return expires === undefined ? whose : `${whose}, ${endWords(expires)}`
}

/** What was deployed last, and with it which services. */
function deployLines(services: readonly ShownStatus[]): string[] {
  const byDeploy = groupBy(services, ({ lastDeploy }) => {
    if (lastDeploy === undefined) return undefined
    const url = lastDeploy.run?.url ?? ''
    return `${deployWords(lastDeploy)}${url === '' ? '' : `, ${url}`}`
  })
  return linesOf('Last deploy', byDeploy)
}

function linesOf(title: string, byWords: ReadonlyMap<string | undefined, readonly ShownStatus[]>): string[] {
  return [...byWords].flatMap(([words, those]) => {
    return words === undefined ? [] : [`${title}: ${words} (${someOf(those.map(({ name }) => name))})`]
  })
}

function endWords(expires: string): string {
  return expires === 'job' ? 'ended with its job' : `until ${expires}`
}

function driftLine({ words, changes }: NonNullable<ShownStatus['drift']>): string {
  return changes.length === 0 ? words : `${words}: ${changes.join(', ')}`
}

function summary(
  word: StatusWord,
  title: string,
  services: readonly ShownStatus[],
  swarm: SwarmStatus,
  which: StatusSubject,
): string {
  const bad = worstFirst(services).filter(({ state }) => state === 'problem')
  const sections = bad.map((one) => section(one, bad.length > MOST_OPEN_SECTIONS))
  const fitSections = fitting(sections, MOST_SECTION_BYTES, Buffer.byteLength)
  const rows = worstFirst(services).map(row)
  const fit = fitting(rows, MOST_TABLE_BYTES, Buffer.byteLength)
  const left = rows.length - fit.length
  const about = which.kind === 'stack' ? `, stack ${nameCode(which.name)}` : ''
  return [
    `## ${{ healthy: '✅', changing: '🔄', problems: '❌' }[word]} ${prose(`${title.slice(0, 1).toUpperCase()}${title.slice(1)}`)}`,
    `Swarm Deploy: **${word}**, mode \`status\`${about}, ${plain(nodesLine(swarm))}`,
    ...fitSections,
    ...(rows.length === 0 ? [] : [[...HEAD, ...fit].join('\n')]),
    ...(left === 0
      ? []
      : [`There is no room here for ${left} more services: see the log and the output \`services\`.`]),
  ].join('\n\n')
}

const HEAD = ['| Service | State | Image | Tasks | Account | Last deploy |', '| --- | --- | --- | --- | --- | --- |']

function section(one: ShownStatus, isFolded: boolean): string {
  const result = asResult(one)
  const remedy = remedyOf(result)
  const parts = [...told(result), ...(remedy === undefined ? [] : [remedyLine(remedy)])]
  return isFolded
    ? folded(`<code>${one.name}</code>`, parts.join('\n\n'))
    : [`### ${nameCode(one.name)}`, ...parts].join('\n\n')
}

function row(one: ShownStatus): string {
  const { name, state, image, tasks, nodes, account, notes, drift, lastDeploy } = one
  const mark = { up: '✅&nbsp;up', changing: '🔄&nbsp;changing', problem: '❌&nbsp;problem' }[state]
  const said = [...notes, ...(drift === undefined ? [] : [driftLine(drift)])]
  const cells = [
    nameCell(name),
    // What is wrong stands above.
    [mark, ...said.map(proseCell)].join('<br>'),
    imageCell(image),
    `${tasks.running}/${tasks.wanted}${nodes.length === 0 ? '' : `<br>${nodes.map(nameCell).join(', ')}`}`,
    accountCell(account),
    deployCell(lastDeploy),
  ]
  return `| ${cells.join(' | ')} |`
}

function imageCell(image: string | undefined): string {
  if (image === undefined) return '–'
  const { repository, tag, digest } = imageWords(image)
  return [repository, tag, digest].flatMap((part) => (part === undefined ? [] : [nameCell(part)])).join('<br>')
}

function accountCell(account: ShownStatus['account']): string {
  if (account === undefined) return '–'
  const { name, registry, expires } = account
  const end = expires === undefined ? '' : `<br>${endWords(expires)}`
  return `${name === '' ? 'a token' : nameCell(name)}<br>${nameCell(registry)}${end}`
}

function deployCell(deploy: ShownStatus['lastDeploy']): string {
  if (deploy === undefined) return '–'
  const { url = '' } = deploy.run ?? {}
  const words = proseCell(deployWords(deploy))
  return /^https:\/\/[^\s()<>|]+$/.test(url) ? `${words}<br>[run](${url})` : words
}

function servicesOutput(services: readonly ShownStatus[]): string {
  const entries = (of: readonly ShownStatus[]) => (most: number) =>
    of.map(({ name, stack, state, image, tasks, nodes, account, problems, notes, drift, failedTask, lastDeploy }) => ({
      name,
      action: 'status',
      outcome: state,
      stack: stack ?? null,
      image: image ?? null,
      tasks: { running: tasks.running, wanted: tasks.wanted },
      nodes,
      account: account === undefined ? null : { ...account, expires: account.expires ?? null },
      problems: problems.map((one) => shortened(one, most)),
      notes: notes.map((one) => shortened(one, most)),
      drift:
        drift === undefined ? null : { what: drift.words, changes: drift.changes.map((one) => shortened(one, most)) },
      failedTask:
        failedTask === undefined
          ? null
          : {
              id: failedTask.id,
              node: failedTask.node ?? null,
              exitCode: failedTask.exitCode ?? null,
              ending: shortened(failedTask.ending, most),
            },
      lastDeploy:
        lastDeploy === undefined
          ? null
          : {
              version: lastDeploy.version,
              at: lastDeploy.at,
              url: lastDeploy.run?.url || null,
              commit: lastDeploy.run?.commit || null,
            },
    }))
  const { json, leftOut } = listOutput(
    entries(services),
    CAUSE_CHARACTERS,
    MOST_OUTPUT_CHARACTERS,
    entries(worstFirst(services)),
  )
  if (leftOut > 0) log.warning(`The output services has no room for ${leftOut} services`)
  return json
}
