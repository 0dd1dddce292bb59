import type { Images } from '../../result.ts'
import { type ImageWords, imageWords } from '../image-words.ts'
import { nameCell } from '../markdown.ts'

/** What is meant to run: the repository, then the tag and digest, of which both are shown when they change. */
export function changeCell({ before, wanted }: Images): string {
  const now = wordsOf(wanted)
  if (now === undefined) return '–'
  const old = wordsOf(before)
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
  const now = wordsOf(after)
  if (now === undefined) return '–'
  if (wordsOf(wanted)?.repository !== now.repository) return whole(now)
  return [now.tag, now.digest].flatMap((part) => (part === undefined ? [] : [shown(part)])).join(BREAK)
}

/** GitHub takes this tag of HTML in a table, where a line cannot end. */
const BREAK = '<br>'
const ARROW = '&nbsp;→&nbsp;'

function whole({ repository, tag, digest }: ImageWords): string {
  const name = shown(`${repository}${tag === undefined ? '' : `:${tag}`}`)
  return digest === undefined ? name : `${name}${BREAK}${shown(digest)}`
}

function shown(text: string | undefined): string {
  return text === undefined ? '–' : nameCell(text)
}

function wordsOf(image: string | undefined): ImageWords | undefined {
  return image === undefined ? undefined : imageWords(image)
}
