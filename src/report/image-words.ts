import type { Images } from '../result.ts'
import { printable, shortened } from '../runner/text/printable.ts'

/** The name of an image as people read it: of the hashes in it only the beginning. Pure. */

/** Enough of a hash to tell two apart, as Docker shortens image IDs. */
const HASH_CHARACTERS = 12

export interface ImageWords {
  /** Registry and repository: `ghcr.io/acme/web`. */
  readonly repository: string
  /** One that is a hash, as of a commit or of a folder, is shortened as well. */
  readonly tag: string | undefined
  readonly digest: string | undefined
}

export function imageWords(image: string): ImageWords {
  const [name = '', digest] = image.split('@sha256:')
  const colon = name.lastIndexOf(':')
  const hasTag = colon > name.lastIndexOf('/')
  return {
    repository: hasTag ? name.slice(0, colon) : name,
    tag: hasTag ? shortHashes(name.slice(colon + 1)) : undefined,
    digest: digest?.slice(0, HASH_CHARACTERS),
  }
}

/** All of them in one: `ghcr.io/acme/web:1.4.2@ba92ae55e51a`. */
export function shortImage(image: string): string {
  const { repository, tag, digest } = imageWords(image)
  return `${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

const MOST_NAME_CHARACTERS = 300

/** Which image was asked for, and which the service has now where that is another; nothing where none was. */
export function triedImage({ wanted, after }: Images): string | undefined {
  if (wanted === undefined) return undefined
  const shown = (image: string) => shortened(printable(shortImage(image)), MOST_NAME_CHARACTERS)
  return `image ${shown(wanted)}${after === undefined || after === wanted ? '' : `, now ${shown(after)}`}`
}

function shortHashes(tag: string): string {
  return tag.replace(/[0-9a-f]{32,}/g, (hash) => hash.slice(0, HASH_CHARACTERS))
}
