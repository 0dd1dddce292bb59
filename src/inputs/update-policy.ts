import type { Policies, UpdatePolicy } from '../docker/cli/update-policy.ts'
import { UserError } from '../errors.ts'
import { type Problems, shown } from './problems.ts'
import { parseChoice, parseDelay, parseDuration, parseInteger } from './values.ts'

const MOST_TASKS = 1_000_000

const PARSERS: Readonly<Record<keyof UpdatePolicy, (text: string) => string>> = {
  parallelism: (text) => String(parseInteger(text, 0, MOST_TASKS)),
  delay: (text) => `${parseDelay(text)}s`,
  order: (text) => parseChoice(text, ['start-first', 'stop-first']),
  'failure-action': (text) => parseChoice(text, ['pause', 'continue', 'rollback']),
  monitor: (text) => `${parseDuration(text)}s`,
  'max-failure-ratio': parseRatio,
}
const SETTINGS = Object.keys(PARSERS) as (keyof UpdatePolicy)[]

/** The names that are inputs, for all services, keys of an entry, for one, and flags of docker. */
export const POLICY_KEYS: readonly string[] = ['update', 'rollback'].flatMap((phase) =>
  SETTINGS.map((setting) => `${phase}-${setting}`),
)

/**
 * Reads the policies that are given.
 *
 * @param textOf the value of a name in {@link POLICY_KEYS}; `undefined` when it is not given
 */
export function readPolicies(textOf: (name: string) => string | undefined, problems: Problems): Policies {
  const update = readPolicy('update')
  const rollback = readPolicy('rollback')
  if (rollback['failure-action'] === 'rollback') {
    problems.add('rollback-failure-action: a rollback cannot be rolled back: write pause or continue')
  }
  return { update, rollback }

  function readPolicy(phase: keyof Policies): UpdatePolicy {
    const entries = SETTINGS.flatMap((setting) => {
      const name = `${phase}-${setting}`
      const text = textOf(name)
      const value = text === undefined ? undefined : problems.at(name).attempt(() => PARSERS[setting](text))
      return value === undefined ? [] : [[setting, value] as const]
    })
    return Object.fromEntries(entries)
  }
}

/** The policies of an entry, and where they are silent, those for all. */
export function mergedPolicies(own: Policies, all: Policies): Policies {
  return { update: { ...all.update, ...own.update }, rollback: { ...all.rollback, ...own.rollback } }
}

/** The names of the policies that are given. */
export function policyKeys({ update, rollback }: Policies): string[] {
  return Object.entries({ update, rollback }).flatMap(([phase, policy]) =>
    Object.keys(policy).map((setting) => `${phase}-${setting}`),
  )
}

function parseRatio(text: string): string {
  if (/^(?:0(?:\.\d+)?|1(?:\.0+)?)$/.test(text)) return text
  throw new UserError(`${shown(text)} is no ratio: write a number from 0 to 1, such as 0.25`)
}
