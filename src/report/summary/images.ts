import type { Images } from '../../result.ts'
import { shortened } from '../../runner/printable.ts'
import { cell } from '../markdown.ts'

/** Enough of a digest to tell two apart, as Docker shortens image IDs. */
const DIGEST_CHARACTERS = 12
const MOST_NAME_CHARACTERS = 300

interface Parts {
  /** Registry and repository: `ghcr.io/acme/web`. */
  readonly repository: string
  readonly tag: string | undefined
  readonly digest: string | undefined
}

/** What is meant to run: the repository, then the tag and digest, of which both are shown when they change. */
export function changeCell({ before, wanted }: Images): string {
  const now = partsOf(wanted)
  if (now === undefined) return '–'
  const old = partsOf(before)
  if (old !== undefined && old.repository !== now.repository) return `${whole(old)} → ${whole(now)}`
  const tags = old === undefined || old.tag === now.tag ? shown(now.tag) : `${shown(old.tag)}${ARROW}${shown(now.tag)}`
  const digests =
    old === undefined || old.digest === now.digest
      ? shown(now.digest)
      : `${shown(old.digest)}${ARROW}${shown(now.digest)}`
  return [
    shown(now.repository),
    ...(now.tag === undefined ? [] : [tags]),
    ...(now.digest === undefined ? [] : [digests]),
  ].join(BREAK)
}

/** What runs: the tag and digest, and the repository where that is not the one that was asked for. */
export function runsCell({ wanted, after }: Images): string {
  const now = partsOf(after)
  if (now === undefined) return '–'
  if (partsOf(wanted)?.repository !== now.repository) return whole(now)
  return [now.tag, now.digest].flatMap((part) => (part === undefined ? [] : [shown(part)])).join(BREAK)
}

/** GitHub takes this tag of HTML in a table, where a line cannot end. */
const BREAK = '<br>'
const ARROW = '&nbsp;→&nbsp;'

function whole({ repository, tag, digest }: Parts): string {
  const name = shown(`${repository}${tag === undefined ? '' : `:${tag}`}`)
  return digest === undefined ? name : `${name}${BREAK}${shown(digest)}`
}

function shown(text: string | undefined): string {
  return text === undefined ? '–' : cell(shortened(text, MOST_NAME_CHARACTERS))
}

function partsOf(image: string | undefined): Parts | undefined {
  if (image === undefined) return undefined
  const [name = '', digest] = image.split('@sha256:')
  const colon = name.lastIndexOf(':')
  const hasTag = colon > name.lastIndexOf('/')
  return {
    repository: hasTag ? name.slice(0, colon) : name,
    tag: hasTag ? name.slice(colon + 1) : undefined,
    digest: digest?.slice(0, DIGEST_CHARACTERS),
  }
}
