import type { FailedTask, ServiceResult } from '../result.ts'
import { isGood } from '../result.ts'
import { shortened } from '../runner/text/printable.ts'
import { type ListOutput, listOutput } from './list-output.ts'

/** GitHub takes outputs of 1 MB, each character counted as two bytes; some room is for the others. */
const MOST_CHARACTERS = 480_000

/** How long the causes may be, tried in turn until all services have room. */
const CAUSE_CHARACTERS = [2000, 500, 100]

/**
 * The output `services`: valid JSON of the shape that docs/reference.md documents, whatever the services said and however many
 * they are.
 */
export function servicesOutput(results: readonly ServiceResult[]): ListOutput {
  const entries = (of: readonly ServiceResult[]) => (most: number) => of.map((one) => forOutput(one, most))
  const badFirst = results.toSorted((a, b) => Number(isGood(a)) - Number(isGood(b)))
  return listOutput(entries(results), CAUSE_CHARACTERS, MOST_CHARACTERS, entries(badFirst))
}

/** Keys in the order and form that docs/reference.md documents; what a failed task printed stays in log and summary. */
function forOutput(result: ServiceResult, mostCharacters: number) {
  const { name, action, outcome, image, config, nodes, tasks, seconds, live, cause, note, keptTag, failedTask } = result
  const said = isGood(result) ? (note ?? keptTag) : undefined
  return {
    name,
    action,
    outcome,
    image: { before: image.before ?? null, wanted: image.wanted ?? null, after: image.after ?? null },
    config: config ?? null,
    nodes,
    tasks,
    seconds,
    live: live ?? name,
    cause: cause === undefined ? null : shortened(cause, mostCharacters),
    note: said === undefined ? null : shortened(said, mostCharacters),
    failedTask: failedTask === undefined ? null : taskForOutput(failedTask, mostCharacters),
  }
}

function taskForOutput({ id, node, exitCode, ending }: FailedTask, mostCharacters: number) {
  return { id, node: node ?? null, exitCode: exitCode ?? null, ending: shortened(ending, mostCharacters) }
}
