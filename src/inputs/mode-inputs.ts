import type { Environment } from '../runner/environment.ts'
import { groupBy } from '../runner/group-by.ts'
import { log } from '../runner/log/log.ts'
import { andList } from '../runner/text/word-list.ts'
import { defaultOf } from './defaults.ts'
import { input, isGivenOtherwise } from './given.ts'
import { GROUPS, type Group, type Input } from './groups.ts'
import { MODE_NAMES, type ModeName } from './mode.ts'
import { listed, type Problems } from './problems.ts'
import { type StrategyTable, strategyKeys } from './strategy.ts'
import { POLICY_KEYS } from './update-policy.ts'

/**
 * Which inputs a mode takes. An input that asks for something else is refused: whoever meant to look must not deploy
 * instead, and whoever meant to deploy must not be told that all is well.
 */

/** Inputs that only say how something is done: where it is not done at all, they do not matter. */
const GROUPS_THAT_SAY_HOW: readonly Group[] = [
  'accounts',
  'storing',
  'parallel',
  'wait',
  'lock',
  'records',
  'files',
  'tools',
  'strategy',
  'policies',
]
/** The same of groups in which others ask for something. */
const INPUTS_THAT_SAY_HOW: readonly Input[] = [
  'keep-replicas',
  'same-digest',
  'monitor',
  'on-failure',
  'on-cancel',
  'show-values',
  'registry-ca',
  'install-registry-ca-image',
]

/** Whoever wants to see what a deploy would do must not be led to a removal. */
const DRY_RUN_ELSEWHERE =
  'dry-run: it only counts for what `mode: remove` removes: to see what a deploy would do write `mode: plan`, else leave it out'

interface ModeInputs {
  /** In a sentence: this run would … */
  readonly does: string
  readonly takes: readonly Group[]
}

/** What a deploy takes that is in the record of what a rollback goes back to. */
const RECORDED: readonly Group[] = ['images', 'files', 'policies']

const DEPLOYMENT: readonly Group[] = [
  'run',
  'accounts',
  'trust',
  'storing',
  'services',
  'images',
  'parallel',
  'wait',
  'lock',
  'records',
  'files',
  'rollout',
  'tools',
  'strategy',
  'policies',
]

/** All modes, with the inputs that they take. */
const MODES: Readonly<Record<ModeName, ModeInputs>> = {
  deploy: { does: 'deploy', takes: DEPLOYMENT },
  plan: { does: 'change nothing', takes: [...DEPLOYMENT, 'rollback', 'plan'] },
  'refresh-auth': {
    does: 'only renew stored credentials',
    takes: ['run', 'accounts', 'storing', 'services', 'parallel', 'wait'],
  },
  login: { does: 'only log in', takes: ['run', 'accounts', 'login'] },
  status: { does: 'only look', takes: ['run', 'services', 'status'] },
  history: { does: 'only show what was deployed', takes: ['run', 'services'] },
  rollback: {
    does: 'go back to what was deployed before',
    takes: [...DEPLOYMENT.filter((group) => !RECORDED.includes(group)), 'rollback'],
  },
  remove: {
    does: 'remove what is there',
    takes: ['run', 'accounts', 'services', 'parallel', 'lock', 'tools', 'removal'],
  },
}

/** All inputs that there are. */
export function allInputs(strategies: StrategyTable): string[] {
  return groupsOf(strategies).flatMap(([, names]) => names)
}

/** The inputs that a mode takes. */
export function inputsOfMode(mode: ModeName, strategies: StrategyTable): string[] {
  return groupsOf(strategies).flatMap(([group, names]) => (MODES[mode].takes.includes(group) ? names : []))
}

/**
 * Adds a problem for each given input that asks for what the mode does not do, with what to write; of those that only
 * do not matter, one notice tells. What an input stands for that is not given is never told.
 */
export function checkModeInputs(env: Environment, mode: ModeName, strategies: StrategyTable, problems: Problems): void {
  const takes = takenBy(env, mode)
  const unused: { readonly name: string; readonly why: Unused }[] = []
  for (const [group, names] of groupsOf(strategies)) {
    const given = takes.includes(group)
      ? []
      : names.filter((one) => isGivenOtherwise(env, one, defaultOf(one, strategies)))
    if (given.length === 0) continue
    const taking = MODE_NAMES.filter((name) => MODES[name].takes.includes(group))
    // Nobody is led to a removal who can be meant to do something else.
    const harmless = taking.filter((name) => name !== 'remove')
    const others = (harmless.length > 0 ? harmless : taking).map((name) => `mode: ${name}`)
    for (const name of given) {
      if (isRollback(env, mode) && RECORDED.includes(group)) {
        if (GROUPS_THAT_SAY_HOW.includes(group)) unused.push({ name, why: UNUSED_IN_ROLLBACK })
        else problems.add(`${name}: a rollback has it ${FROM_RECORD}, and pushes nothing: leave it out`)
        continue
      }
      if (GROUPS_THAT_SAY_HOW.includes(group) || INPUTS_THAT_SAY_HOW.some((one) => one === name)) {
        unused.push({ name, why: onlyCountsWith(listed(others)) })
        continue
      }
      if (name === 'dry-run') {
        problems.add(DRY_RUN_ELSEWHERE)
        continue
      }
      problems.add(
        `${name}: it belongs to ${listed(others)}, and this run would ${MODES[mode].does}: leave it out, or write ${listed(others, 'or')}`,
      )
    }
  }
  if (unused.length > 0) log.notice(unusedInWords(unused))
}

/** That an input is not used, and why: of one and of several. */
interface Unused {
  readonly one: string
  readonly several: string
}

const FROM_RECORD = 'from the record of what was deployed'
const UNUSED_IN_ROLLBACK: Unused = {
  one: `a rollback has it ${FROM_RECORD}, and it is not used`,
  several: `a rollback has them ${FROM_RECORD}, and they are not used`,
}

function onlyCountsWith(modes: string): Unused {
  return {
    one: `it only counts with ${modes}, and is not used`,
    several: `they only count with ${modes}, and are not used`,
  }
}

/** All of them on one line: those with the same reason together. */
function unusedInWords(unused: readonly { readonly name: string; readonly why: Unused }[]): string {
  const parts = [...groupBy(unused, ({ why }) => why.one).values()].map((all) => {
    const names = andList(all.map(({ name }) => name))
    return `${names}: ${all.length === 1 ? all[0]?.why.one : all[0]?.why.several}`
  })
  return parts.join('; ')
}

function takenBy(env: Environment, mode: ModeName): readonly Group[] {
  const { takes } = MODES[mode]
  return mode === 'plan' && isRollback(env, mode) ? [...MODES.rollback.takes, 'plan'] : takes
}

/** Whether a run is asked to go back, or to say what that would do. */
export function isRollback(env: Environment, mode: ModeName): boolean {
  return mode === 'rollback' || (mode === 'plan' && input(env, 'to').trim() !== '')
}

function groupsOf(strategies: StrategyTable): [Group, readonly string[]][] {
  return [
    ...(Object.entries(GROUPS) as [keyof typeof GROUPS, readonly string[]][]),
    ['strategy', strategyKeys(strategies)],
    ['policies', POLICY_KEYS],
  ]
}
