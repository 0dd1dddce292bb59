import { printable } from '../text/printable.ts'

/** What may be a secret that was pasted where another thing belongs, by its look alone. Pure. */

/**
 * Tokens that say what they are: of GitHub, GitLab, Docker Hub, npm, DigitalOcean, Vault, Slack, Amazon, OpenAI and
 * Anthropic, Stripe, Google, keys of age, and signed ones (JWT).
 */
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
    'A(?:KI|SI)A[0-9A-Z]{16}(?![A-Za-z0-9])',
    'sk-(?:proj|svcacct|admin|ant)-[\\w-]{16,}',
    '[rs]k_(?:live|test)_[A-Za-z0-9]{16,}',
    'AIza[\\w-]{30,}',
    'ya29\\.[\\w-]{10,}',
    'AGE-SECRET-KEY-1[0-9A-Z]{20,}',
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
 * Whether a value has the look of a secret, and of nothing else that is written in an input: it is a known token, it is
 * of letters and digits without an order, or it has signs that no name, image, path, address or number has. Pure.
 */
export function mayBeSecret(value: string): boolean {
  const text = printable(value).trim()
  const rest = isOrdinary(text) ? '' : withoutHarmless(text)
  return (
    tokensIn(text).length > 0 ||
    isWithoutOrder(text) ||
    (KEY_IN_HEX.test(text) && !FILE_PATH.test(text)) ||
    SECRET_IN_QUERY.test(text) ||
    PADDED.exec(text)?.some(hasAllKinds) ||
    SIGNS.test(rest) ||
    rest.split(/\s+/).some(isBroken)
  )
}

/** Whether a word of a sentence {@link mayBeSecret}: what ends a sentence is no sign of one, nor an apostrophe. Pure. */
export function mayHoldSecret(sentence: string): boolean {
  return sentence.split(/\s+/).some((word) => /[\p{L}\d]/u.test(word) && mayBeSecret(word.replace(OF_SENTENCES, '')))
}

const OF_SENTENCES = /^[("'`]+|(?<![)"'`!?.,;:])[)"'`!?.,;:]+$|(?<=[A-Za-z])'(?=[A-Za-z])/g

/** What words, names, images, paths, lists and numbers are not written with. */
const SIGNS = /[!"#$%&';?@\\^`|]/

/**
 * A key of 16 to 32 bytes. A digest says its kind, and forty digits are a commit, which names and tags have; one of the
 * newer kind, of 64, only a tag has.
 */
const KEY_IN_HEX =
  /(?<!sha\d+:|[\w.-])(?!\d+(?![A-Za-z0-9]))(?:[0-9a-f]{32,39}|[0-9a-f]{41,63}|(?<![\w.-]+:)[0-9a-f]{64}|[0-9A-F]{32,64})(?![A-Za-z0-9])/

/** Base64 that ends as nothing else does: also what a `config.json` has of a user and password. */
const PADDED = /(?<![A-Za-z0-9+/=])(?:[A-Za-z0-9+/]{4}){2,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)(?![A-Za-z0-9+/=])/

/** In an address: `?token=…`. */
const SECRET_IN_QUERY =
  /[?&#;](?:[\w.-]*(?:token|secret|pass|pwd|credential|signature|api[-_.]?key)[\w.-]*|pw|key|sig|auth)=[^&\s]/i

/**
 * What files, hosts, stacks and services are named after, and what inputs are written with. None that stands for a secret
 * or a person is one of them.
 */
const ORDINARY_WORDS = new Set(
  `a an and the my our your this new old one two of to for in on off or not yes no true false
  api app apps application back backend blue canary cluster compose config configs configuration container db deploy
  deployment deployments dev development docker edge end env file files front frontend green host image images infra
  ingress io keep label labels latest local main manager mode monitoring name network networks nginx node nodes org
  only path pause plan port ports preview prod production project prune proxy recreate registries registry release
  remove replicas repo review roll rollback rolling server service services shop site stable stack stacks stage
  staging status strategy swarm tag test tests timeout traefik update version volume volumes wait web website worker
  workers yaml yml com dev ghcr`.split(/\s+/),
)

/**
 * Whether a text has nothing but {@link ORDINARY_WORDS} in small letters, with a stray sign among several or behind one.
 * With digits or capitals, or with a sign as people put them into passwords, it is none. Pure.
 */
function isOrdinary(text: string): boolean {
  const [, name = ''] = /^([a-z]+(?:[\s/._:\\!?;,-]+[a-z]+)*)[!?;,]{0,2}$/.exec(text) ?? []
  const words = name.split(/[^a-z]+/)
  // `docker!` may be somebody's password.
  return (words.length > 1 || /[;,]$/.test(text)) && words.every((word) => ORDINARY_WORDS.has(word))
}

/** A tag where an image has its digest, as npm writes a version. A word with digits before it may be a password. */
const TAG_BEHIND_AT =
  /^(?:[a-z][a-z._-]*|[a-z][a-z0-9._-]*(?:\/[a-z0-9._-]+)+)@(?:latest|v\d{1,4}(?:\.\d{1,4}){0,2}|\d{1,4}(?:\.\d{1,4}){1,2})$/

/** Whether a text is surely the name of an image that has its tag behind an `@`. Pure. */
export function hasTagBehindAt(text: string): boolean {
  return TAG_BEHIND_AT.test(text) && !mayBeSecret(text)
}

const HARMLESS = [
  // A variable that was not filled in, and a template.
  /\$?\{\{[^{}]*\}\}|\$\{\w+(?::?[-+?][^{}]*)?\}|\$(?:[A-Z_][A-Z0-9_]*|[a-z_][a-z0-9_]*|[A-Za-z_]+)(?!\w)/g,
  /@sha\d+:/g,
  // The number of a version or an issue, and a part of a whole.
  /^#|(?<![A-Za-z0-9])#(?=\d)|(?<=\d)%(?!\w)/g,
  // A scope of npm in a path.
  /(?<=\/)@(?=[a-z])/g,
  // A constraint.
  /(?<=(?:^|[\s=])(?:node|engine)\.[\w.-]+\s*)!(?==)/g,
  // The zone of an address that counts on one link only.
  /(?<=(?:^|\[|\/)fe80:[0-9a-f:]*)%(?=[A-Za-z][\w.-]*(?:$|\]))/gi,
  // An account of Windows.
  /(?<=^[A-Z]{2,15})\\(?=[a-z][a-z._-]+\d{0,3}$)/g,
  // `R&D`
  /(?<=(?<![A-Za-z0-9])[A-Z]{1,2})&(?=[A-Z]{1,2}(?![A-Za-z0-9]))/g,
  // What a router of Traefik matches, other than the values of headers and queries.
  /!?\b(?:Host|HostSNI|Path|PathPrefix|ClientIP|Method)\((?:(?:, ?)?`[\w./:*{}-]+`)+\)(?: (?:&&|\|\|) (?=!?[A-Z]))?/g,
]

function withoutHarmless(text: string): string {
  const [, , inQuotes] = /^(["'`])(.*)\1$/s.exec(text) ?? []
  const plain = withSlashes(inQuotes ?? text)
  // Of an address its callers take the password out, which is before the last `@`.
  if (
    /^(?:\w+:\/\/)?[\w.+-]+@[\w-]+(?:[.:][\w-]+)+\/?$/.test(plain) ||
    TAG_BEHIND_AT.test(plain) ||
    // With what ends an item of a list.
    /^ssh:\/\/[\w.+-]+@[\w-]+(?:[.:][\w-]+)+[;,]$/.test(plain) ||
    // Who goes there is hidden already.
    /^(?:\w+:\/\/)?\*\*\*@[\w-]+(?:[.:][\w-]+)*\/?$/.test(plain)
  )
    return ''
  const [, address] = /^[a-z][a-z0-9+.-]*:\/\/(?:[\w.+*-]*@)?([^@]*)$/i.exec(plain) ?? []
  const rest = address === undefined ? plain : withoutSignsOfAddress(address)
  return HARMLESS.reduce((left, pattern) => left.replace(pattern, ''), rest)
}

/** With its drive, from the present folder on, or to a file of the kinds that inputs name. */
const PATH_OF_WINDOWS = /^(?:[A-Za-z]:|\.{1,2})\\|^[\w.-]+(?:\\[\w.-]+)*\\[\w-]*\.(?:ya?ml|json|env|txt|pem|key)$/i

/** A path of Windows as others are written. */
function withSlashes(text: string): string {
  return PATH_OF_WINDOWS.test(text) ? text.replaceAll('\\', '/') : text
}

/** What stands behind the host: escapes, and between the parts of a query. */
function withoutSignsOfAddress(address: string): string {
  return address.replace(/%[0-9a-f]{2}/gi, '').replace(/[?#].*$/s, (query) => query.replace(/[?&#]/g, ''))
}

/** Brackets, and signs of patterns, around which words end. */
const AMID = /(?<=[A-Za-z0-9])[()[\]{}<>*~](?=[A-Za-z0-9])/g

/** Whether a word goes on behind such a sign more often than one that has a pattern, an index or a placeholder in it. */
function isBroken(word: string): boolean {
  const breaks = word.match(AMID)?.length ?? 0
  return breaks > 1 || (breaks === 1 && hasAllKinds(word))
}

function hasAllKinds(word: string): boolean {
  return [/[a-z]/, /[A-Z]/, /\d/].every((kind) => kind.test(word))
}

/** The least length of a token that is drawn by lot, and how often it goes on in another kind of sign; words do so less often. */
const LEAST_RANDOM = 20
const LEAST_CHANGES = 0.3
/** The same without dashes and the like, which words may have many between them. */
const LEAST_CHANGES_IN_WORDS = 0.26

/** Docker keeps much under digests. */
const FILE_PATH = /^(?:~|\.{1,2})?\//
const PATH = /^(?:\w+:\/|~|\.{1,2})?\//

function isWithoutOrder(text: string): boolean {
  // In base64 there are slashes too.
  const parts = PATH.test(text) ? text.split('/') : [text]
  const runs = parts.flatMap((part) => part.match(/[A-Za-z0-9+/_-]{20,}/g) ?? [])
  return runs.some((run) => {
    if (run.length < LEAST_RANDOM || !hasAllKinds(run)) return false
    const kinds = [...run].map(kindOf)
    const pairs = kinds.slice(1).map((kind, index) => [kinds[index] ?? '', kind] as const)
    const inWords = pairs.filter((pair) => !pair.includes('other'))
    return shareOfChanges(pairs) >= LEAST_CHANGES && shareOfChanges(inWords) >= LEAST_CHANGES_IN_WORDS
  })
}

function shareOfChanges(pairs: readonly (readonly [string, string])[]): number {
  return pairs.filter(([before, kind]) => isChange(before, kind)).length / pairs.length
}

/** A capital begins a word, and goes on in small letters. */
function isChange(before: string, kind: string): boolean {
  return before !== kind && !(before === 'capital' && kind === 'small')
}

function kindOf(sign: string): string {
  if (/\d/.test(sign)) return 'digit'
  if (/[a-z]/.test(sign)) return 'small'
  return /[A-Z]/.test(sign) ? 'capital' : 'other'
}
