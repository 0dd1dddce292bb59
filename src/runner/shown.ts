import { LINE_END, printable } from './printable.ts'
import { redact, Secret } from './secret.ts'

/** A value of the user's in a message, which may be a secret that was pasted where another thing belongs. */

const LONGEST_SHOWN = 60

/** Longer, or of several lines, it is no word that could stand anywhere else. */
const LONGEST_HIDDEN = 200

/** Tokens that say what they are: of GitHub, GitLab, Docker Hub, npm, DigitalOcean, Vault and Slack, and signed ones (JWT). */
const TOKENS = new RegExp(
  [
    'gh[pousr]_[A-Za-z0-9]{20,}',
    'github_pat_\\w{20,}',
    'gl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|imt|agent|soat|ffct)-[\\w.-]{20,}',
    'dckr_(?:pat|oat)_[\\w-]{16,}',
    'npm_[A-Za-z0-9]{30,}',
    'dop_v1_[0-9a-f]{40,}',
    'hv[sbr]\\.[\\w-]{20,}',
    'xox[abeprs]-[\\w-]{10,}',
    'eyJ[\\w-]{8,}\\.eyJ[\\w-]{8,}\\.[\\w-]+',
  ]
    .map((token) => `(?<![A-Za-z0-9])${token}`)
    .join('|'),
  'g',
)

/** The tokens in a text that are known for ones by their look, whatever they stand in. Pure. */
export function tokensIn(text: string): string[] {
  return text.match(TOKENS) ?? []
}

/**
 * A value as a message shows it: in quotes, on one line, not too long. What {@link mayBeSecret} is told by its length,
 * and hidden from then on wherever it stands, also where somebody else says it again.
 */
export function shown(value: string, mostCharacters = LONGEST_SHOWN): string {
  // Before it is cut: the half of a secret would not be known for one.
  const clean = redact(value)
  if (mayBeSecret(clean)) {
    hideWords(clean)
    return `"***" (${clean.length} characters, which may be a secret)`
  }
  return JSON.stringify(clean.length > mostCharacters ? `${clean.slice(0, mostCharacters)}…` : clean)
}

/** The same of a name in a sentence, between backticks. */
export function ticked(name: string): string {
  return mayBeSecret(name) ? shown(name) : `\`${name}\``
}

/** The same as part of the place of something: a name or a path as it stands, or `***`. */
export function placed(name: string): string {
  if (!mayBeSecret(name)) return name
  hideWords(name)
  return '***'
}

function hideWords(text: string): void {
  for (const token of tokensIn(text)) new Secret(token)
  if (text.length > LONGEST_HIDDEN || LINE_END.test(text.trim())) return
  for (const word of new Set([text, ...text.split(/[\s,=/:]+/)])) if (mayBeSecret(word)) new Secret(word)
}

/**
 * Whether a value has the look of a secret, and of nothing else that is written in an input: it is a known token, it is
 * of letters and digits without an order, or it has signs that no name, image, path, address or number has. Pure.
 */
export function mayBeSecret(value: string): boolean {
  const text = printable(value).trim()
  return tokensIn(text).length > 0 || isWithoutOrder(text) || SIGNS.test(withoutHarmless(text))
}

/** What words, names, images, paths, lists and numbers are not written with. */
const SIGNS = /[!"#$%&';?@\\^`|]/

const HARMLESS = [
  // A variable that was not filled in, and a template.
  /\$?\{\{[^{}]*\}\}|\$\{\w+(?::?[-+?][^{}]*)?\}|\$[A-Za-z_]\w*/g,
  /@sha\d+:/g,
  // The number of a version, and a part of a whole.
  /^#|(?<=\d)%/g,
]

function withoutHarmless(text: string): string {
  const [, , inQuotes] = /^(["'`])(.*)\1$/s.exec(text) ?? []
  const plain = inQuotes ?? text
  // Of an address its callers take the password out, which is before the last `@`.
  if (
    /^[a-z][a-z0-9+.-]*:\/\/(?:[\w.+*-]*@)?[^@]*$/i.test(plain) ||
    /^(?:\w+:\/\/)?[\w.+-]+@[\w-]+(?:[.:][\w-]+)+\/?$/.test(plain) ||
    // Who goes there is hidden already.
    /^(?:\w+:\/\/)?\*\*\*@[\w-]+(?:[.:][\w-]+)*\/?$/.test(plain)
  )
    return ''
  return HARMLESS.reduce((rest, pattern) => rest.replace(pattern, ''), plain)
}

/** The least length of a token that is drawn by lot, and how often it goes on in another kind of sign; words do so less often. */
const LEAST_RANDOM = 20
const LEAST_CHANGES = 0.3

function isWithoutOrder(text: string): boolean {
  const runs = text.match(/[A-Za-z0-9+/_-]{20,}/g) ?? []
  return runs.some((run) => {
    if (run.length < LEAST_RANDOM || ![/[a-z]/, /[A-Z]/, /\d/].every((kind) => kind.test(run))) return false
    const kinds = [...run].map(kindOf)
    const changes = kinds.filter((kind, index) => index > 0 && isChange(kinds[index - 1], kind)).length
    return changes / (run.length - 1) >= LEAST_CHANGES
  })
}

/** A capital begins a word, and goes on in small letters. */
function isChange(before: string | undefined, kind: string): boolean {
  return before !== kind && !(before === 'capital' && kind === 'small')
}

function kindOf(sign: string): string {
  if (/\d/.test(sign)) return 'digit'
  if (/[a-z]/.test(sign)) return 'small'
  return /[A-Z]/.test(sign) ? 'capital' : 'other'
}
