import { nodeName } from '../docker/swarm/node-name.ts'
import type { LastDeploy, ServiceStatus, SwarmStatus } from '../health/status.ts'
import type { ServiceResult } from '../result.ts'
import { counted } from '../runner/text/counted.ts'
import { safeLine } from '../runner/text/safe-text.ts'
import { someOf } from '../runner/text/some-of.ts'
import { utcStamp, utcWords } from '../runner/time/utc.ts'
import { driftWords, nameOf, valueWords } from './plan-words.ts'
import { shortHeadline } from './short-headline.ts'
import { shownChange } from './shown-change.ts'

/** How the swarm is, in words fit to be shown: the same for log, summary and outputs. Pure. */

export type StatusWord = 'healthy' | 'changing' | 'problems'

/** What a service is told as. Values of variables are in none of it. */
export interface ShownStatus {
  readonly name: string
  readonly stack: string | undefined
  readonly state: ServiceStatus['state']
  readonly image: string | undefined
  readonly tasks: ServiceStatus['tasks']
  readonly nodes: readonly string[]
  /** Whose credential is stored with it. */
  readonly account:
    | { readonly name: string; readonly registry: string; readonly expires: string | undefined }
    | undefined
  readonly problems: readonly string[]
  readonly notes: readonly string[]
  /** What somebody has done to it since our last deploy, and what differs, a word each. */
  readonly drift: { readonly words: string; readonly changes: readonly string[] } | undefined
  readonly failedTask: ServiceResult['failedTask']
  readonly lastDeploy: LastDeploy | undefined
}

const MOST_NODE_CHARACTERS = 200

export function statusFitToShow({ services }: SwarmStatus): ShownStatus[] {
  return services.map((one) => {
    const { name, stack, state, image, tasks, nodes, account, problems, notes, drift, failedTask, lastDeploy } = one
    const colour =
      one.colourOf === undefined ? [] : [`it is one of the two services of the blue-green service ${one.colourOf}`]
    return {
      name,
      stack: stack && safeLine(stack),
      state,
      image: image && safeLine(image),
      tasks,
      nodes: nodes.map((node) => safeLine(node, MOST_NODE_CHARACTERS)),
      account: account && {
        name: safeLine(account.account),
        registry: safeLine(account.registry),
        expires: account.end && ('with' in account.end ? 'job' : utcStamp(account.end.at)),
      },
      problems: problems.map(({ cause }) => safeLine(cause)),
      notes: [...notes, ...colour].map((note) => safeLine(note)),
      drift: drift && {
        words: driftWords(drift),
        changes: drift.changes.map((change) => changeWords(shownChange(change, false))),
      },
      failedTask: failedTask && {
        ...failedTask,
        node: failedTask.node && safeLine(failedTask.node, MOST_NODE_CHARACTERS),
        ending: safeLine(failedTask.ending),
        logs: failedTask.logs.map((line) => safeLine(line)),
      },
      lastDeploy: lastDeploy && {
        ...lastDeploy,
        at: safeLine(lastDeploy.at),
        run: lastDeploy.run && {
          ...lastDeploy.run,
          owner: safeLine(lastDeploy.run.owner),
          url: safeLine(lastDeploy.run.url),
        },
      },
    }
  })
}

/** `replicas 2 → 5`; of what may be a secret the name alone. */
function changeWords(change: ReturnType<typeof shownChange>): string {
  const [before, after] = valueWords(change)
  const isPlain = change.field === 'replicas' || change.field === 'image'
  return isPlain ? `${nameOf(change)} ${before ?? 'none'} → ${after ?? 'none'}` : nameOf(change)
}

/** What is wrong comes first, and of that what has no task up at all; in their order otherwise. */
export function worstFirst(services: readonly ShownStatus[]): ShownStatus[] {
  return services.toSorted((a, b) => rank(a) - rank(b))
}

function rank({ state, drift, tasks: { running, wanted } }: ShownStatus): number {
  if (state !== 'problem') return state === 'changing' ? 3 : drift === undefined ? 5 : 4
  if (running >= wanted) return 2
  return running === 0 ? 0 : 1
}

export function statusWordOf(services: readonly ShownStatus[], { missing }: SwarmStatus): StatusWord {
  if (missing.length > 0 || services.some(({ state }) => state === 'problem')) return 'problems'
  return services.some(({ state }) => state === 'changing') ? 'changing' : 'healthy'
}

/**
 * All of it in one line.
 *
 * @param shown how a name is shown there
 */
export function statusLine(
  services: readonly ShownStatus[],
  { missing }: SwarmStatus,
  shown = (name: string) => name,
): string {
  const bad = worstFirst(services).filter(({ state }) => state === 'problem')
  const changing = services.filter(({ state }) => state === 'changing')
  const drifted = services.filter(({ drift }) => drift !== undefined)
  const names = (of: readonly ShownStatus[]) => someOf(of.map(({ name }) => shown(name)))
  const all = counted(services.length, 'service')
  const first =
    bad.length === 0
      ? `${all}, nothing is wrong with ${services.length === 1 ? 'it' : 'them'}`
      : badWords(bad, all, shown)
  return [
    ...(services.length === 0 && missing.length > 0 ? [] : [first]),
    ...missing,
    ...(changing.length === 0 ? [] : [`being changed: ${names(changing)}`]),
    ...(drifted.length === 0 ? [] : [`changed by others since the last deploy: ${names(drifted)}`]),
  ].join('; ')
}

/** Of one alone also why. */
function badWords(bad: readonly ShownStatus[], all: string, shown: (name: string) => string): string {
  const [first] = bad
  if (bad.length === 1 && first !== undefined) {
    return `${shown(first.name)} is not as it should be: ${shortHeadline(first.problems[0] ?? '')}`
  }
  return `${bad.length} of ${all} are not as they should be: ${someOf(bad.map(({ name }) => shown(name)))}`
}

/** `3/3 tasks on n1, n2` */
export function tasksWords({ tasks: { running, wanted }, nodes }: ShownStatus): string {
  const where = nodes.length === 0 ? '' : ` on ${someOf(nodes)}`
  return `${running}/${counted(wanted, 'task')}${where}`
}

/** The newest deploy that is known: `#7, 2026-11-26 18:30:00 UTC, acme/shop, workflow Deploy`. */
export function deployWords({ version, at, run }: LastDeploy): string {
  const time = Number.isNaN(Date.parse(at)) ? at : utcWords(Date.parse(at))
  return [`#${version}`, time, ...(run === undefined ? [] : [run.owner])].join(', ')
}

/** The nodes: `3 nodes; n3 is down, n2 is drained`. */
export function nodesLine({ nodes }: SwarmStatus): string {
  const odd = nodes.flatMap(({ ID, Status, Spec }) => {
    const name = safeLine(nodeName(ID, nodes), MOST_NODE_CHARACTERS)
    if (Status.State !== 'ready') return [`${name} is ${Status.State}`]
    return Spec.Availability === 'active' ? [] : [`${name} is ${Spec.Availability === 'drain' ? 'drained' : 'paused'}`]
  })
  return `${counted(nodes.length, 'node')}${odd.length === 0 ? '' : `; ${someOf(odd)}`}`
}

/** As a failed deploy would tell it. */
export function asResult({ name, image, tasks, problems, failedTask }: ShownStatus): ServiceResult {
  return {
    name,
    action: 'unchanged',
    outcome: 'failed',
    image: { before: image, wanted: undefined, after: image },
    config: undefined,
    nodes: tasks.nodes,
    tasks,
    seconds: 0,
    cause: problems.join('; '),
    ...(failedTask !== undefined && { failedTask }),
  }
}
