import { replaced, type Span } from './matcher.ts'

/** What is not known for a secret, and may well be one: by what it is called, or where it stands. Pure. */

const HIDDEN = '***'

/** Part of the names of what is secret; of an author nothing is. */
const SECRET =
  /pass(?:word|wd|phrase|code|$|[^a-z])|pwd|secret|token|credential|private|auth(?!ors?(?:$|[^a-z]))|(?:api|access|account|encryption|hmac|master|signing|ssh)[-_.]?key/i
/** At the end of a name; what a public, or a cache or table, has for a key is none. */
const SECRET_AT_END =
  /(?:^|[^a-z])(?:(?<!sticky[-_.])cookie|creds?|jwt|pat|pw|salt)$|(?<!public|primary|foreign|partition|routing|sort|cache|object|host)[-_.]key$/i
/** What is called so says where a secret is, of what kind, or whose host or database has it; `PASSWORD_DB` is that of a database. */
const ABOUT_IT =
  /[-_.]?(?:file|path|dir)$|[-_.](?:algorithm|enabled|length|method|mode|port|ttl|type)$|(?<!pass|pwd|word|passwd|phrase|secret|token|key)[-_.](?:addr|address|audience|database|db|host|hostname|issuer|name|realm|uri|url)$/i
/** Such a name with one of these before it is a switch, behind which no value follows. */
const SWITCH = /^--?(?:allow|disable|enable|no|skip|without)-/i
/** A file, not what it holds. Base64 may begin with a slash too, but hardly goes on with a word in small letters. */
const FILE = /^\/(?:[a-z._-]+\d{0,2}(?:\/|$)|$)/

export function isSecretName(name: string): boolean {
  return (SECRET.test(name) || SECRET_AT_END.test(name)) && !ABOUT_IT.test(name)
}

const NAME = /[\w.-]+/g
const ADDRESS = /:\/\/[^\s"'<>]*/g

/** Between a name and its value: of a variable, a key or a header, or of a flag, whose value may be the next word. */
const ASSIGNMENT = /\\?["']?\s*[=:]\s*/y
const NEXT_WORD = /\\?["']?[\s,]+(?!\\?["']?--)/y

/** A value in quotes, also within a text in quotes, or of many parts; or one word, behind the name of a scheme of HTTP. */
const IN_QUOTES = /"(?:[^"\\]|\\.)*"?|'[^']*'?|\\"(?:[^"\\]|\\[^"])*(?:\\")?|[{[]+\\?".*/sy
const AROUND = /^\\?["']|\\?["']$/g
const ONE_WORD = /(?:(?:basic|bearer|digest|token)\s+)?[^\s"'\\]+/iy

/**
 * A flag by which curl and others take a user with the password: `-u user:password`. A group may stand there, by its number
 * or as that of the user, and a variable.
 */
const OF_USER =
  /(?<=(?:^|[\s"',[])(?:-u|--user|--proxy-user)["']?[\s,=]+["']?([^\s:"',@/]+):)(?!(?:\d+|\1|\$[A-Z_]+|\$\{\w+\})(?:["'\s,\\]|$))[^\s"',\\]+/g

/**
 * The text without passwords in addresses, and without what follows a name that says that it is secret. What stands in
 * quotes with its name (`"Authorization: Bearer …"`) is taken to their end.
 */
export function withoutLikelySecrets(text: string): string {
  const clear = withoutAddressSecrets(text)
  return replaced(clear, namedValues(clear), HIDDEN).replace(OF_USER, HIDDEN)
}

/** What follows such a name in a text, without quotes, and also without what follows it behind a separator. */
export function likelySecretsIn(text: string): string[] {
  const named = namedValues(text).flatMap(({ start, end }) => {
    const value = text.slice(start, end).replace(AROUND, '')
    return [value, ...value.split(/[;,&]/, 1)]
  })
  return [...named, ...(text.match(OF_USER) ?? [])]
}

function namedValues(text: string): Span[] {
  const spans: Span[] = []
  let done = 0
  for (const { 0: name, index } of text.matchAll(NAME)) {
    if (index < done || !isSecretName(name)) continue
    // The end of a path, as of an image with its tag, is no name of a value.
    if (text[index - 1] === '/' && text[index + name.length] === ':') continue
    const start = valueBegin(text, index + name.length, name.startsWith('-') && !SWITCH.test(name))
    const end = start === undefined ? undefined : valueEnd(text, index, start)
    if (start === undefined || end === undefined || end === start) continue
    if (isFile(text.slice(start, end))) continue
    spans.push({ start, end })
    done = end
  }
  return spans
}

/** Whether a value, perhaps in quotes, is the path of a file. */
export function isFile(value: string): boolean {
  return FILE.test(value.replace(AROUND, ''))
}

/** The text without users and passwords in addresses. */
export function withoutAddressSecrets(text: string): string {
  return text.replace(ADDRESS, withoutUserInfo)
}

/** An address of a page without the user and password in it: with both it leads to the same page. */
export function withoutUser(address: string): string {
  return withoutAddressSecrets(address).replace(`://${HIDDEN}@`, '://')
}

/**
 * A user and a password stand before the last `@` of the host. Where no port but something else follows a `:`, it is a
 * password as people write it, with signs in it that end a host.
 */
function withoutUserInfo(address: string): string {
  const [host = '', ...path] = address.slice('://'.length).split(/(?=[/?#])/)
  const [, port = ''] = /:(.*)$/.exec(host) ?? []
  const isCut = !host.includes('@') && /\D/.test(port)
  const whole = isCut ? `${host}${path.join('')}` : host
  const at = whole.lastIndexOf('@')
  return at < 0 ? address : `://${HIDDEN}@${whole.slice(at + 1)}${isCut ? '' : path.join('')}`
}

function valueBegin(text: string, nameEnd: number, isFlag: boolean): number | undefined {
  return endOf(ASSIGNMENT, text, nameEnd) ?? (isFlag ? endOf(NEXT_WORD, text, nameEnd) : undefined)
}

function valueEnd(text: string, nameBegin: number, from: number): number | undefined {
  const before = text.charAt(nameBegin - 1)
  const isQuoted = (before === '"' || before === "'") && !text.slice(nameBegin, from).includes(before)
  if (!isQuoted) return endOf(IN_QUOTES, text, from) ?? endOf(ONE_WORD, text, from)
  // As it stands before the name: a quote within quotes has a `\`.
  const close = text.charAt(nameBegin - 2) === '\\' ? `\\${before}` : before
  const end = text.indexOf(close, from)
  return end < 0 ? text.length : end
}

/** Where what is looked for ends, when it begins right there. */
function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : undefined
}
