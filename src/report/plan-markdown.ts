import type { FieldChange } from '../docker/specs/spec-difference.ts'
import { STRATEGY_INPUTS } from '../inputs/strategies/table.ts'
import { strategyByDefault } from '../inputs/strategy.ts'
import type { Account, Outlook, ServiceOutlook } from '../plan/outlook.ts'
import { docLinkOf } from '../runner/log/doc-link.ts'
import { bothShortened } from '../runner/text/printable.ts'
import { MOST_COMMENT_BYTES } from './comment.ts'
import { fitting } from './fitting.ts'
import { imageLines } from './images.ts'
import { leftOutWords } from './left-out.ts'
import { cell, html, nameCell, nameCode, plain, prose } from './markdown.ts'
import {
  allTasksWords,
  changedServices,
  countWords,
  driftCountWords,
  driftDeployWords,
  driftedServices,
  hasChanges,
  objectCountWords,
  objectWords,
  pruneWords,
  restarts,
  sortedChanges,
  storedCredentials,
  tasksWords,
  valueWords,
  whyWords,
} from './plan-words.ts'
import { plannedRecordWords } from './record-words.ts'
import { returnWords } from './return-words.ts'

/** Each part has as much of it at the most, and leaves what it does not need to those after it. */
const MOST_TABLE_BYTES = 20_000
const MOST_LIST_BYTES = 6000
const MOST_SECTION_BYTES = 8000
/** For words on what is left out. */
const ROOM_FOR_REST = 600
const MOST_VALUE_CHARACTERS = 300
/** Of those with which the same credential is stored. */
const MOST_STORED = 20
/** More of them are folded. */
const MOST_OPEN = 4

/** A plan that is {@link planFitToShow fit to be shown} as Markdown, within what a comment may have. Pure. */
export function planMarkdown(outlook: Outlook): string {
  const changed = changedServices(outlook)
  // Where services stay as they are, the number of those alone would sound as if nothing changed.
  const objects = changed.length === 0 ? objectCountWords(outlook) : undefined
  const counts = objects === undefined ? countWords(outlook) : `${countWords(outlook)}; ${objects}`
  const head = [
    `## Swarm plan: ${hasChanges(outlook) ? counts : 'nothing to do'}`,
    ...backLine(outlook),
    headline(outlook),
  ]
  const drift = driftPart(outlook)
  const lists = [
    imageList(outlook),
    objectList(outlook),
    storedList(outlook),
    adviceList(outlook),
    unchangedList(outlook),
    noteList(outlook),
    keptTagList(outlook),
    leftOutLine(outlook),
    plain(pruneWords(outlook) ?? ''),
    recordLine(outlook),
  ].filter((text) => text !== '')
  const table = tableOf(changed)
  const room = MOST_COMMENT_BYTES - sizeOf([...head, table, drift, ...lists].join('\n\n')) - ROOM_FOR_REST
  const all = changed.map((service) => section(service, changed.length <= MOST_OPEN)).filter((text) => text !== '')
  const sections = fitting(all, room, sizeOfParagraph)
  const missing = all.length - sections.length
  return [
    ...head,
    ...[table, drift].filter((text) => text !== ''),
    ...sections,
    ...(missing === 0
      ? []
      : [
          `There is no room here for what changes in ${missing} more services: see the log and the output \`changes\`.`,
        ]),
    ...lists,
  ].join('\n\n')
}

function leftOutLine({ leftOut }: Outlook): string {
  const words = leftOutWords(leftOut, nameCode)
  return words === undefined ? '' : `Left out by \`only\`: ${words}`
}

function recordLine({ records }: Outlook): string {
  return prose(plannedRecordWords(records) ?? '')
}

function backLine({ returns }: Outlook): string[] {
  return returns === undefined ? [] : [prose(returnWords(returns))]
}

function headline(outlook: Outlook): string {
  const drift = driftCountWords(outlook)
  const others = drift === undefined ? '' : ` **${drift}**: see below.`
  return `${deployWords(outlook)}${others}`
}

function deployWords(outlook: Outlook): string {
  if (!hasChanges(outlook)) return `${allServicesWords(outlook)} as asked. Nothing was changed.`
  const objects = objectCountWords(outlook)
  const others = objects === undefined ? '' : `; ${objects}`
  const what = outlook.returns === undefined ? 'a deploy' : 'this rollback'
  return `With ${what} **${allTasksWords(outlook)}**${others}. Nothing was changed by this plan.`
}

function allServicesWords({ services: { length: count }, leftOut = [] }: Outlook): string {
  if (count === 1) return 'The service is'
  if (leftOut.length > 0) return `${count} services are`
  return `${count === 2 ? 'Both' : `All ${count}`} services are`
}

function tableOf(services: readonly ServiceOutlook[]): string {
  if (services.length === 0) return ''
  const hasAccounts = services.some(({ account }) => account !== undefined)
  const titles = ['Service', 'Deploy', 'Tasks', 'Because of', ...(hasAccounts ? ['Account'] : [])]
  const rows = services.map((service) => tableRow(rowCells(service).slice(0, titles.length)))
  const shown = fitting(rows, MOST_TABLE_BYTES, sizeOf)
  const table = [tableRow(titles), tableRow(titles.map(() => '---')), ...shown].join('\n')
  const missing = rows.length - shown.length
  return missing === 0
    ? table
    : `${table}\n\nThere is no room here for ${missing} more services: see the output \`changes\`.`
}

const MARKS = { create: '🟢', update: '🟡', unchanged: '⚪', remove: '🔴' } as const

function rowCells(service: ServiceOutlook): string[] {
  const { name, action, account } = service
  return [
    nameCell(name),
    `${MARKS[action]} ${action}`,
    tasksWords(service),
    whyWords(service).map(nameCell).join(', '),
    account === undefined ? '–' : accountCell(account),
  ]
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function accountCell({ config, username }: Account): string {
  return config === username ? nameCell(config) : `${nameCell(username)} (${nameCell(config)})`
}

const DRIFT_TITLES = ['Service', 'Field', 'Deployed', 'Now', 'With a deploy']

/** What somebody else has changed, and what becomes of it. */
function driftPart(outlook: Outlook): string {
  const services = driftedServices(outlook)
  if (services.length === 0) return ''
  const rows = services.flatMap(({ name, drift: { how, changes } }) => {
    if (how === 'restored') return [`| ${nameCell(name)} | not known: changed, and rolled back | | | |`]
    const service = how === 'rolled-back' ? `${nameCell(name)}, rolled back` : nameCell(name)
    return changes.map((change) => {
      const cells = [service, fieldCell(change), ...valueCells(change)]
      return tableRow([...cells, driftDeployWords(change)])
    })
  })
  const shown = fitting(rows, MOST_LIST_BYTES, sizeOf)
  const missing = rows.length - shown.length
  const hasMore = services.some(({ drift: { how } }) => how === 'changed')
  return [
    '### Not as the last deploy left it',
    [tableRow(DRIFT_TITLES), tableRow(DRIFT_TITLES.map(() => '---')), ...shown].join('\n'),
    ...(missing === 0
      ? []
      : [`There is no room here for ${missing} more fields: see the log and the output \`changes\`.`]),
    ...(hasMore
      ? ['The swarm remembers one write alone: what somebody changed before their last one is not shown.']
      : []),
  ].join('\n\n')
}

/** How one service is changed, and what in it; nothing of one that only goes. */
function section(service: ServiceOutlook, isOpen: boolean): string {
  const { name, course, strategy, action } = service
  if (action === 'remove' && course === undefined) return ''
  const isUsual = strategy === undefined || strategy === strategyByDefault(STRATEGY_INPUTS)
  const how = course ?? (isUsual ? undefined : `strategy ${strategy}`)
  const rows = sortedChanges(service).map((change) => fieldRow(service, change))
  const shown = fitting(rows, MOST_SECTION_BYTES, sizeOf)
  const missing = rows.length - shown.length
  const head =
    action === 'create'
      ? ['| Field | Value |', '| --- | --- |']
      : ['| Field | Now | With the deploy | Restarts |', '| --- | --- | --- | --- |']
  const parts = [
    `<details${isOpen ? ' open' : ''}><summary><code>${html(name)}</code>: ${action}, ${tasksWords(service)}</summary>`,
    ...(how === undefined ? [] : [prose(how)]),
    ...(shown.length === 0 ? [] : [[...head, ...shown].join('\n')]),
    ...(missing === 0
      ? []
      : [`There is no room here for ${missing} more fields: see the log and the output \`changes\`.`]),
    '</details>',
  ]
  return parts.length === 2 ? '' : parts.join('\n\n')
}

function fieldRow(service: ServiceOutlook, change: FieldChange): string {
  const [before, after] = valueCells(change)
  const name = fieldCell(change)
  if (service.action === 'create') return `| ${name} | ${after} |`
  return `| ${name} | ${before} | ${after} | ${restarts(service, change) ? '🔄' : ''} |`
}

function fieldCell({ field, key }: FieldChange): string {
  // A path of the API may have keys of the user's in it.
  const name = /^[\w. -]+$/.test(field) ? plain(field) : nameCell(field)
  return key === undefined ? name : `${name} ${nameCell(key)}`
}

function valueCells(change: FieldChange): string[] {
  const [before, after] = valueWords(change)
  return bothShortened(before, after, MOST_VALUE_CHARACTERS).map((text) => {
    if (text === undefined) return '–'
    return text === '' ? '(empty)' : cell(text)
  })
}

function imageList({ images }: Outlook): string {
  return list('### Images', imageLines(images), 'images')
}

function objectList({ objects }: Outlook): string {
  return list(
    '### Networks, secrets and configs',
    objects.map((one) => `- ${one.kind} ${nameCode(one.name)} ${plain(objectWords(one))}`),
    'objects',
  )
}

function adviceList({ advice }: Outlook): string {
  return list(
    '### What may hurt one day',
    advice.map((line) => `- ${adviceText(line)}`),
    'notices',
  )
}

/** An address of ours is a link, and any other stays text. */
function adviceText(line: string): string {
  const linked = docLinkOf(line)
  return linked === undefined ? prose(line) : `${prose(linked.text)}. [More](${linked.url})`
}

function unchangedList({ services }: Outlook): string {
  const names = services.filter(({ action }) => action === 'unchanged').map(({ name }) => nameCode(name))
  const shown = fitting(names, MOST_LIST_BYTES, sizeOfParagraph)
  const missing = names.length - shown.length
  if (names.length === 0) return ''
  return `Unchanged: ${shown.join(', ')}${missing === 0 ? '' : ` and ${missing} more`}`
}

/** What nodes pull with now. */
function storedList(outlook: Outlook): string {
  const lines = storedCredentials(outlook).map(({ account, ends, hasEnded, names }) => {
    const services = `${names.slice(0, MOST_STORED).map(nameCode).join(', ')}${names.length > MOST_STORED ? ` and ${names.length - MOST_STORED} more` : ''}`
    const until = ends === '' ? '' : `, which ${hasEnded ? `**${ends}**` : ends}`
    return `- ${services}: ${plain(account)}${until}`
  })
  return list('### Stored credentials', lines, 'credentials')
}

/** What is as asked by its spec, and not yet by its tasks. */
function noteList({ services }: Outlook): string {
  const lines = services.flatMap(({ name, note }) =>
    note === undefined ? [] : [`- ${nameCode(name)}: ${plain(note)}`],
  )
  return list('### Not there yet', lines, 'services')
}

function keptTagList({ services }: Outlook): string {
  const lines = services.flatMap(({ name, keptTag }) =>
    keptTag === undefined ? [] : [`- ${nameCode(name)}: ${plain(keptTag)}`],
  )
  return list('### Tags that stay', lines, 'services')
}

function list(title: string, lines: readonly string[], what: string): string {
  const shown = fitting(lines, MOST_LIST_BYTES, sizeOf)
  if (lines.length === 0) return ''
  const missing = lines.length - shown.length
  const rest =
    missing === 0 ? [] : [`There is no room here for ${missing} more ${what}: see the log and the output \`changes\`.`]
  return [title, shown.join('\n'), ...rest].join('\n\n')
}

function sizeOf(text: string): number {
  return Buffer.byteLength(text)
}

/** With the empty line behind it. */
function sizeOfParagraph(text: string): number {
  return sizeOf(text) + 1
}
