import { UserError } from '../errors.ts'
import { shown } from '../runner/text/shown.ts'

/** Which version a rollback goes to, as the input `to` says it. */
export type RollbackTarget =
  /** What ran before what runs now. */
  | { readonly by: 'previous' }
  /** The number of a record. */
  | { readonly by: 'version'; readonly version: number }
  /** The page of a run, as {@link pageOf} writes it; without an attempt all of them. */
  | { readonly by: 'run'; readonly url: string; readonly attempt: string | undefined }
  /** The tag of an image, a commit or its beginning, or the ID of a run: what there is decides. */
  | { readonly by: 'name'; readonly text: string }

const WAYS =
  "`previous`, a number such as `'#7'` (in quotes), the tag of an image, a commit, or the ID or address of a run"

// An image's tag (github.com/distribution/reference); commits and IDs of runs are such words too.
const WORD = /^\w[\w.-]{0,127}$/
// What stands behind the address of a run, on the pages of its attempts and jobs.
const WITHIN_RUN = /\/(?:attempts\/(\d{1,6})|jobs?\/\d+)(?:\/.*)?$/

/** @throws UserError that goes on after the input's name */
export function parseRollbackTarget(text: string): RollbackTarget {
  if (text === 'previous') return { by: 'previous' }
  if (/^(?:previous|prev|last|before)$/i.test(text)) throw new UserError(`${shown(text)}: write \`previous\``)
  if (text.startsWith('#')) return versionFrom(text)
  if (/^https?:\/\//i.test(text)) return runFrom(text)
  if (WORD.test(text)) return { by: 'name', text }
  if (/[:/@]/.test(text)) {
    throw new UserError(
      `${shown(text)} is an image: write its tag alone${tagOf(text)}, for a rollback goes to what was deployed, whatever its images were called`,
    )
  }
  throw new UserError(`${shown(text)} is no version: write ${WAYS}`)
}

/** What to write into `to` when there is nothing in it. */
export const NO_TARGET = `it is empty: write ${WAYS}`

function versionFrom(text: string): RollbackTarget {
  const version = /^#[1-9]\d{0,8}$/.test(text) ? Number(text.slice(1)) : undefined
  if (version !== undefined) return { by: 'version', version }
  throw new UserError(
    `${shown(text)} is no number of a version: write one such as \`'#7'\`; \`mode: history\` shows them`,
  )
}

function runFrom(text: string): RollbackTarget {
  const [, commit] = /\/commit\/([0-9a-f]{7,64})\b/.exec(text) ?? []
  if (commit !== undefined) throw new UserError(`${shown(text)} is the address of a commit: write \`${commit}\``)
  const url = pageOf(text)
  if (url !== '') return { by: 'run', url, attempt: WITHIN_RUN.exec(withoutRest(text))?.[1] }
  throw new UserError(
    `${shown(text)} is not the address of a run: write one such as \`https://github.com/acme/shop/actions/runs/1234\``,
  )
}

/** The address of a run, whatever page of it an address is of; empty for what is none. */
export function pageOf(address: string): string {
  if (!URL.canParse(address)) return ''
  const { protocol, host, pathname } = new URL(withoutRest(address).replace(WITHIN_RUN, ''))
  return pathname.length > 1 ? `${protocol}//${host}${pathname}` : ''
}

function withoutRest(address: string): string {
  return address.replace(/[?#].*$/, '').replace(/\/+$/, '')
}

function tagOf(image: string): string {
  const [, tag] = /:(\w[\w.-]{0,127})(?:@.*)?$/.exec(image) ?? []
  return tag === undefined || /^[0-9a-f]{64}$/.test(tag) ? '' : ` (\`${tag}\`)`
}

/** A target as a sentence names it. */
export function targetInWords(target: RollbackTarget): string {
  if (target.by === 'previous') return 'previous'
  if (target.by === 'version') return `#${target.version}`
  if (target.by === 'name') return shown(target.text)
  return `the run ${target.url}${target.attempt === undefined ? '' : ` (attempt ${target.attempt})`}`
}
