import { familiar } from '../docker/registry/reference.ts'
import type { ServiceRequest } from '../inputs/deployment.ts'
import { typosBetween } from '../inputs/keys.ts'
import { listed } from '../inputs/problems.ts'

/** What is told of a service that is not there. Pure. */

const MOST_GUESSES = 3
const MOST_TYPOS = 2

/**
 * That a service does not exist, with what to write.
 *
 * @param names of the services that there are
 */
export function missingService({ name, image, isKeyed }: ServiceRequest, names: readonly string[]): string {
  const guesses = similarNames(name, names)
  const guess = guesses.length === 0 ? 'correct its name' : `did you mean ${listed(guesses, 'disjunction')}?`
  const what = `image: ${image === undefined ? '…' : familiar(image)}, create: true`
  const line = isKeyed ? `${name}: {${what}}` : `- {name: ${name}, ${what}}`
  return `service ${name} does not exist on this swarm: ${guess}${guesses.length === 0 ? ', or to' : ' To'} have it made write \`${line}\``
}

/** The names that may be meant: the same in a stack, and the same with a typo, the likeliest first. */
export function similarNames(name: string, names: readonly string[]): string[] {
  const plain = name.toLowerCase()
  const ofStacks = names.filter((one) => one.toLowerCase().endsWith(`_${plain}`))
  const close = names
    .map((one) => ({ one, typos: typosBetween(plain, one.toLowerCase()) }))
    .filter(({ typos }) => typos <= Math.min(MOST_TYPOS, plain.length / 2))
    .sort((a, b) => a.typos - b.typos)
    .map(({ one }) => one)
  return [...new Set([...ofStacks, ...close])].slice(0, MOST_GUESSES)
}
