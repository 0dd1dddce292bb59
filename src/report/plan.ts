import type { PlanRequest } from '../inputs/deployment.ts'
import type { Drift } from '../plan/drift.ts'
import type { Outlook, ServiceOutlook } from '../plan/outlook.ts'
import { addSummary, setOutput } from '../runner/log/command-files.ts'
import { log, stage } from '../runner/log/log.ts'
import { someOf } from '../runner/text/some-of.ts'
import { giveAdvice } from './advice.ts'
import { imageWords, setImagesOutput } from './images.ts'
import { leftOutWords } from './left-out.ts'
import { planMarkdown } from './plan-markdown.ts'
import { changesOutput } from './plan-output.ts'
import {
  allTasksWords,
  changedServices,
  countWords,
  driftCountWords,
  driftDeployWords,
  driftWords,
  hasChanges,
  nameOf,
  objectCountWords,
  objectWords,
  planFitToShow,
  pruneWords,
  sortedChanges,
  storedCredentials,
  tasksWords,
  valueWords,
  whyWords,
} from './plan-words.ts'
import { plannedRecordWords } from './record-words.ts'

const MOST_NAMES = 10
const MOST_LOGGED_CHANGES = 100

/** Tells what a deploy would do: in the log, the job summary and the outputs. Red only where that was asked for. */
export async function reportPlan(outlook: Outlook, { showValues, failOnChanges }: PlanRequest): Promise<void> {
  const shown = planFitToShow(outlook, showValues)
  await stage('The plan', async () => logPlan(shown))
  const { json, leftOut } = changesOutput(shown)
  if (leftOut > 0) log.warning(`The output changes has no room for ${leftOut} services and objects`)
  const isChanged = hasChanges(shown)
  const markdown = planMarkdown(shown)
  setOutput('status', isChanged ? 'planned' : 'unchanged')
  setOutput('services', '[]')
  setOutput('plan', markdown)
  setOutput('changes', json)
  setImagesOutput(shown.images)
  addSummary(markdown)
  if (isChanged && failOnChanges) {
    process.exitCode = 1
    log.error(
      `fail-on-changes: the swarm is not as asked: ${differing(shown)}. A deploy makes it so; the plan says how`,
    )
  }
  const drift = driftCountWords(shown)
  const planned = [countWords(shown), objectCountWords(shown), allTasksWords(shown)].filter((words) => words)
  const verdict = isChanged ? `planned: ${planned.join('; ')}. Nothing was changed` : 'unchanged: all is as asked'
  log.info(drift === undefined ? verdict : `${verdict}; ${drift}`)
  giveAdvice(shown.advice)
}

function differing(outlook: Outlook): string {
  const services = changedServices(outlook).map(({ name, action }) => `${name} (${action})`)
  const objects = outlook.objects.map(({ kind, name, action }) => `${kind} ${name} (${action})`)
  const all = [...services, ...objects]
  const rest = all.length - MOST_NAMES
  return rest > 0 ? `${all.slice(0, MOST_NAMES).join(', ')} and ${rest} more` : all.join(', ')
}

function logPlan(outlook: Outlook): void {
  for (const service of changedServices(outlook)) logService(service)
  for (const image of outlook.images) log.info(`image ${image.image} ${imageWords(image)}`)
  for (const object of outlook.objects) log.info(`${object.kind} ${object.name} ${objectWords(object)}`)
  const pruning = pruneWords(outlook)
  if (pruning !== undefined) log.info(pruning)
  const asTheyAre = outlook.services.filter(({ action }) => action === 'unchanged')
  for (const service of asTheyAre.filter(({ drift }) => drift !== undefined)) logService(service)
  const unchanged = asTheyAre.filter(({ drift }) => drift === undefined)
  for (const { account, ends, names } of storedCredentials(outlook)) {
    log.info(`Stored now: ${account}${ends === '' ? '' : `, which ${ends}`} (${someOf(names, MOST_NAMES)})`)
  }
  const leftOut = leftOutWords(outlook.leftOut)
  if (leftOut !== undefined) log.info(`Left out by only: ${leftOut}`)
  if (unchanged.length > 0) log.info(`Unchanged: ${unchanged.map(unchangedWords).join(', ')}`)
  const records = plannedRecordWords(outlook.records)
  if (records !== undefined) log.info(records)
}

function unchangedWords({ name, keptTag }: ServiceOutlook): string {
  return keptTag === undefined ? name : `${name} (${keptTag})`
}

function logService(service: ServiceOutlook): void {
  const { name, action, course, account, changes, drift, keptTag } = service
  const why = whyWords(service)
  const what = action === 'unchanged' ? action : `${action}, ${tasksWords(service)}`
  log.info(`${name}: ${what}${why.length === 0 ? '' : ` (${why.join(', ')})`}`)
  if (keptTag !== undefined) log.info(`    ${keptTag}: it keeps that name`)
  if (course !== undefined) log.info(`    ${course}`)
  if (account !== undefined)
    log.info(`    account ${account.username} of ${account.registry}, config ${account.config}`)
  for (const change of sortedChanges(service).slice(0, MOST_LOGGED_CHANGES)) {
    const [before, after] = valueWords(change)
    const values = action === 'create' ? quoted(after) : `${quoted(before)} → ${quoted(after)}`
    log.info(`    ${nameOf(change)}: ${values}`)
  }
  const rest = changes.length - MOST_LOGGED_CHANGES
  if (rest > 0) log.info(`    and ${rest} more`)
  if (drift !== undefined) logDrift(drift)
}

function logDrift(drift: Drift): void {
  log.info(`    it ${driftWords(drift)}`)
  for (const change of drift.changes.slice(0, MOST_LOGGED_CHANGES)) {
    const [before, after] = valueWords(change)
    log.info(`        ${nameOf(change)}: ${quoted(before)} → ${quoted(after)} (${driftDeployWords(change)})`)
  }
  const rest = drift.changes.length - MOST_LOGGED_CHANGES
  if (rest > 0) log.info(`        and ${rest} more`)
}

function quoted(value: string | undefined): string {
  if (value === undefined) return '–'
  return value === '' ? '(empty)' : value
}
