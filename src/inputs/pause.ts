import type { Flag } from '../docker/cli/commands.ts'
import type { Policies } from '../docker/cli/update-policy.ts'
import type { Problems } from './problems.ts'
import { policyText } from './update-policy.ts'

// `on-failure: pause`: only Swarm itself can stop an update where it is, by the policy of the service.

const ACTION = 'pause'
/** What to say of it in a rollback. */
export const NO_PAUSE =
  'pause is by the policy of a service, and a rollback has that of what was deployed: write `keep`, which leaves what did not come up as it is, or leave it out'

const FLAG = '--update-failure-action'

interface Request {
  readonly policies: Policies
  readonly createArgs?: readonly Flag[]
  readonly updateArgs?: readonly Flag[]
}

/** A service or stack that has Swarm pause an update that fails. */
export function pausing<T extends Pick<Request, 'policies'>>(request: T): T {
  const { policies } = request
  return { ...request, policies: { ...policies, update: { ...policies.update, failure_action: ACTION } } }
}

/** A policy or flag that has Swarm do anything else is a problem. */
export function checkPause(requests: readonly Request[], problems: Problems): void {
  for (const other of new Set(requests.flatMap(otherActions))) {
    problems.add(
      `on-failure: pause has Swarm pause an update that fails, and \`${other}\` does not: leave one of the two out`,
    )
  }
}

function otherActions({ policies, createArgs = [], updateArgs = [] }: Request): string[] {
  const { failure_action: action = ACTION } = policies.update
  const flags = [...createArgs, ...updateArgs].filter(({ name }) => name === FLAG)
  return [
    ...(action === ACTION ? [] : [policyText({ failure_action: action })]),
    // Docker itself rejects an unknown word.
    ...['continue', 'rollback']
      .filter((word) => flags.some(({ value }) => value === word))
      .map((word) => `${FLAG} ${word}`),
  ]
}
