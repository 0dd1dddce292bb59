import type { FieldChange } from '../docker/specs/spec-difference.ts'
import { isSecretName, withoutLikelySecrets } from '../runner/secrets/likely-secrets.ts'
import { bothShortened, printable, visible } from '../runner/text/printable.ts'
import { safeLine } from '../runner/text/safe-text.ts'

/** A change of a plan, fit to be shown. Pure. */

export const HIDDEN = '(hidden)'

/** Its keys are names that a secret may have; those of `secret` and `credential_spec` are names of objects. */
const NAMED_FIELDS = ['label', 'container label', 'logging option']
/** Texts of the user's own; in others, such as an image or a constraint, a name that sounds like it says nothing. */
const FREE_FIELDS = [...NAMED_FIELDS, 'command', 'entrypoint', 'healthcheck.test', 'mount', 'network']
/** What has no name of ours is called by its path in the API. */
const IS_PATH = /[A-Z]/
/** The name that somebody has given a router or service of Traefik: one that is called `auth` is no secret. */
const OF_TRAEFIK = /^traefik\.\w+\.(?:routers|services|middlewares)\.[^.]+\./i
const IS_ENV = /^env$|\.Env$/

const MOST_CHARACTERS = 2000

/**
 * A change of a plan without what may be a secret: the values of variables, of labels and options whose names say so,
 * and what stands behind such a name; unless they are to be shown. What this run knows for a secret is `***` in any
 * case. Two values that would look the same are told apart.
 */
export function shownChange<Change extends FieldChange>(change: Change, showValues: boolean): Change {
  const { field, key, before, after } = change
  const isFree = !showValues && (FREE_FIELDS.includes(field) || IS_PATH.test(field))
  const hide = isFree ? withoutLikelySecrets : (text: string) => text
  const shown =
    !showValues && isSecret(change)
      ? [before, after].map((text) => (text === undefined ? undefined : HIDDEN))
      : toldApart(before, after, (text) => hide(safeLine(text, Number.POSITIVE_INFINITY)))
  const [was, is] = bothShortened(shown[0], shown[1], MOST_CHARACTERS)
  return {
    ...change,
    field: safeLine(field, MOST_CHARACTERS),
    key: key && safeLine(key, MOST_CHARACTERS),
    before: was,
    after: is,
  }
}

function isSecret({ field, key = '' }: FieldChange): boolean {
  if (IS_ENV.test(field)) return true
  return NAMED_FIELDS.includes(field)
    ? isSecretName(key.replace(OF_TRAEFIK, ''))
    : IS_PATH.test(field) && isSecretName(field)
}

/** The texts, with what cannot be seen in words where nothing else tells one from the other. */
function toldApart(
  before: string | undefined,
  after: string | undefined,
  show: (text: string) => string,
): (string | undefined)[] {
  const texts = [before, after].map((text) => text && show(text))
  const [was, is] = texts
  if (before === undefined || after === undefined || was === undefined || is === undefined) return texts
  // What is hidden stays so: it may have halves that only became one by what was taken out.
  const isHidden = was !== printable(before) || is !== printable(after)
  return isHidden || asSeen(was) !== asSeen(is) ? texts : [visible(before), visible(after)]
}

/** What the eye has of a text in code. */
function asSeen(text: string): string {
  return text
    .replace(/\p{DI}/gu, '')
    .replace(/\s+/g, ' ')
    .trim()
}
