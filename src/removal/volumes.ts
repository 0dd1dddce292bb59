import type { Service } from '../docker/api.ts'
import { NAMESPACE_LABEL } from '../docker/specs/stack-objects.ts'
import { messageOf } from '../errors.ts'
import type { RemovalSubject } from '../inputs/modes/removal.ts'
import { type NodeReport, onNodes } from '../nodes/on-nodes.ts'
import type { ToolImage } from '../prepare/tool-image.ts'
import type { RemovedThing } from '../result.ts'
import { log, stage } from '../runner/log/log.ts'
import type { RunIdentity } from '../runner/run.ts'
import { safeLine } from '../runner/text/safe-text.ts'
import { someOf } from '../runner/text/some-of.ts'
import { timeLimit } from '../runner/time/clock.ts'
import { surelyKnownServices } from '../stack/stack.ts'
import type { RemovalRun } from './services.ts'

const MOST_SECONDS = 300
const LEAST_SECONDS = 30
const READ_TIMEOUT_MS = 60_000

/**
 * Removes volumes of a node. Its first argument is a stack, or nothing, and the others are names: of a stack only volumes that
 * have its label. A container that has just ended is removed by its node some seconds later, so what is in use is tried again,
 * all of it for ten seconds at most. One that goes meanwhile is gone: somebody else was faster, or docker has not said so.
 */
export const REMOVE_VOLUMES_SCRIPT = `set -f
stack="$1"; shift
list() { docker volume ls --quiet "$@"; }
line='
'
there="$line$(list)$line" || exit 1
own=$there
[ -z "$stack" ] || own="$line$(list --filter "label=${NAMESPACE_LABEL}=$stack")$line" || exit 1
waits=10
for name in "$@"; do
  case $there in *"$line$name$line"*) ;; *) continue ;; esac
  case $own in *"$line$name$line"*) ;; *) echo "others $name"; continue ;; esac
  until said=$(docker volume rm "$name" 2>&1 >/dev/null </dev/null); do
    case $said in *'o such volume'*) break ;; esac
    [ "$waits" -gt 0 ] || { echo "stays $name | "$said; continue 2; }
    waits=$((waits - 1))
    sleep 1
  done
  echo "gone $name"
done
`

/** What is to be removed, and what cannot be. */
export interface VolumePlan {
  /** As docker may have them on the nodes. */
  readonly names: readonly string[]
  /** Those that a service mounts which stays. */
  readonly kept: readonly { readonly name: string; readonly why: string }[]
}

/** Which volumes go: of a stack with its name before theirs, or without. Pure. */
export function planVolumes(names: readonly string[], what: RemovalSubject, others: readonly Service[]): VolumePlan {
  const prefixed = (name: string) =>
    what.kind === 'stack' && !name.startsWith(`${what.name}_`) ? [`${what.name}_${name}`, name] : [name]
  const all = [...new Set(names.flatMap(prefixed))]
  const users = (name: string) =>
    others.filter(({ Spec, PreviousSpec }) =>
      [Spec, PreviousSpec].some((spec) =>
        spec?.TaskTemplate.ContainerSpec?.Mounts?.some(
          ({ Type = 'volume', Source }) => Type === 'volume' && Source === name,
        ),
      ),
    )
  const kept = all.flatMap((name) => {
    const by = users(name).map(({ Spec }) => Spec.Name)
    return by.length === 0 ? [] : [{ name, why: `used by ${someOf(by)}` }]
  })
  return { names: all.filter((name) => kept.every((one) => one.name !== name)), kept }
}

/**
 * Removes volumes from all nodes that no service mounts by then: one that was to go may be left, and another may have come.
 * What goes wrong on a node is told, and fails the run only where docker refused, or no node has answered; one that cannot be
 * reached is a warning.
 */
export function removeVolumes(
  planned: VolumePlan,
  asked: readonly string[],
  tools: ToolImage,
  self: RunIdentity,
  run: RemovalRun,
): Promise<RemovedThing[]> {
  return stage('Remove volumes from the nodes', async () => {
    const { what } = run.asked
    if (run.signal.aborted)
      return [
        ...planned.names.map(notDone('cancelled', 'the run was stopped before it was removed')),
        ...stayingOf(planned),
      ]
    const present = await surelyKnownServices(run.connection.engine, timeLimit(READ_TIMEOUT_MS))
    const now = planVolumes(asked, what, present)
    const { names } = now
    const stay = stayingOf(now)
    if (names.length === 0) return stay
    const args = [what.kind === 'stack' ? what.name : '', ...names]
    const seconds = Math.max(LEAST_SECONDS, Math.min(MOST_SECONDS, run.time.leftMs / 1000))
    try {
      const work = { what: 'remove volumes', script: REMOVE_VOLUMES_SCRIPT, args }
      const reports = await onNodes(work, { ...run, self, tools, seconds })
      return [...thingsOf(reports, names, asked), ...stay]
    } catch (error) {
      if (run.signal.aborted) return [...names.map(notDone('cancelled', 'the run was stopped')), ...stay]
      return [...names.map(notDone('failed', messageOf(error))), ...stay]
    }
  })
}

function stayingOf({ kept }: VolumePlan): RemovedThing[] {
  return kept.map(({ name, why }) => ({ kind: 'volume', name, outcome: 'kept', cause: why }))
}

function notDone(outcome: 'failed' | 'cancelled', cause: string) {
  return (name: string): RemovedThing => ({ kind: 'volume', name, outcome, cause })
}

const LINE = /^(gone|stays|others) (\S+)(?: ?\| ?(.*))?$/

/** What the nodes say, by volumes. A line of another form is none of ours. */
function thingsOf(reports: readonly NodeReport[], names: readonly string[], asked: readonly string[]): RemovedThing[] {
  for (const report of reports) {
    if (report.state === 'failed')
      log.warning(
        `remove-volumes: ${report.lines.length === 0 ? 'nothing' : 'not all'} is known of ${report.node}: ${report.cause}`,
      )
  }
  const isSilent = reports.every(({ state }) => state === 'failed')
  const told = reports.flatMap(({ node, lines }) => {
    // Where a node was interrupted it was tried twice: the last word on a volume counts.
    const own = new Map<
      string,
      { readonly node: string; readonly state: string; readonly name: string; readonly said: string }
    >()
    for (const line of lines) {
      const [, state = '', name = '', said = ''] = LINE.exec(line) ?? []
      if (names.includes(name)) own.set(name, { node, state, name, said: safeLine(said) })
    }
    return [...own.values()]
  })
  const things = names.flatMap((name): RemovedThing[] => {
    const its = told.filter((one) => one.name === name)
    if (its.length === 0 && isSilent) {
      return [notDone('failed', 'no node has told what became of it: see the warnings')(name)]
    }
    const on = (state: string) => its.filter((one) => one.state === state)
    const gone = someOf(on('gone').map(({ node }) => node))
    const others = someOf(on('others').map(({ node }) => node))
    if (gone !== '') log.info(`volume ${name}: removed from ${gone}`)
    return [
      ...on('stays').map(({ node, said }): RemovedThing => {
        const outcome = /in use/i.test(said) ? 'kept' : 'failed'
        return { kind: 'volume', name, outcome, cause: `docker refused to remove it from ${node}: ${said}` }
      }),
      ...(others === ''
        ? []
        : [{ kind: 'volume', name, outcome: 'kept', cause: `that on ${others} is not of the stack` } as const]),
      ...(gone === '' ? [] : [{ kind: 'volume', name, outcome: 'removed', where: gone } as const]),
    ]
  })
  for (const name of asked) {
    const isFound = told.some((one) => one.name === name || one.name.endsWith(`_${name}`))
    if (!isFound && !isSilent) log.notice(`remove-volumes: no node that was asked has a volume ${name}`)
  }
  return things
}
