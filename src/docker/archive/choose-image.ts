import { UserError } from '../../errors.ts'
import { beginningOf } from '../../runner/text/safe-text.ts'
import { familiar, type ImageReference, parseReference, withTagDefault } from '../registry/reference.ts'
import type { Candidate } from './archive-image.ts'

const PLAIN_NAME = /^[\w.:/-]{1,200}$/

/**
 * The image that is meant: the one of the name asked for, the only one, or the one that has the name under which it is
 * pushed already.
 *
 * @param from the name in the archive, when the user gave one
 * @throws UserError that lists the names
 */
export function chooseImage(
  candidates: readonly Candidate[],
  image: ImageReference,
  from: string | undefined,
): Candidate {
  const names = candidates.flatMap((candidate) => candidate.names)
  const known = names.length === 0 ? 'its images have no names' : `it has ${listed(names)}`
  if (from !== undefined) {
    const [found, ...others] = candidates.filter((one) => one.names.some((name) => meansSame(name, from)))
    if (found !== undefined && others.length === 0) return found
    throw new UserError(
      `has no image that is called ${JSON.stringify(from)} alone: ${known}. Write one of its names in \`from\``,
    )
  }
  const [only, ...more] = candidates
  if (only !== undefined && more.length === 0) return only
  const same = candidates.filter((one) => one.names.some((name) => meansSame(name, familiar(image))))
  const [found] = same
  if (found !== undefined && same.length === 1) return found
  throw new UserError(
    `has ${candidates.length} images, and none of them is called ${familiar(image)}: ${known}. Say in \`from\` which is meant, such as \`from: ${names.find((name) => PLAIN_NAME.test(name)) ?? 'web:1'}\``,
  )
}

function meansSame(name: string, asked: string): boolean {
  const full = (text: string) => {
    try {
      return familiar(withTagDefault(parseReference(text)))
    } catch {
      return text
    }
  }
  return name === asked || full(name) === full(asked)
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 10).map((name) => JSON.stringify(beginningOf(name, 200)))
  return [...shown, ...(names.length > 10 ? [`${names.length - 10} more`] : [])].join(', ')
}
