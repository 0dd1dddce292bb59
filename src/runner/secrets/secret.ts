import { inspect } from 'node:util'
import { writeLine } from '../log/stdout.ts'
import { commandLine, isInRunner } from '../log/workflow-commands.ts'
import { LINE_END, printable, UNSEEN, wellFormed } from '../text/printable.ts'
import { Matcher, replaced, type Span } from './matcher.ts'
import { readSigns } from './written-signs.ts'

const HIDDEN = '***'

/** What is shorter stands in any text by chance: hidden, it would blot out the whole log. */
const SHORTEST_HIDDEN = 4

/** So does what is a word or number of everybody's: a switch, a port. */
const EVERYDAY = /^(?:true|false|null|none|\d{1,5})$/i

/**
 * What the outputs say in their own words. A runner drops an output of a job in which it finds a mask
 * (actions/runner, JobExtension.cs): one of these would have it drop all of them.
 */
const OF_OUTPUTS = new Set(
  `created updated unchanged removed failed rolled-back timed-out superseded cancelled skipped converged deployed create
  update remove name action outcome image before after config nodes tasks running wanted seconds live cause note
  failedTask node exitCode ending planned kind service network secret field key changes reasons because restarts replaced
  added runsAgain digest state pushed present platforms bytes strategy course account username registry rolling recreate canary`.split(
    /\s+/,
  ),
)

/** How key files begin and end, all of them. */
const FRAME_OF_KEY = /^-----(?:BEGIN|END) [A-Z0-9 ]+-----$/

/** A runner looks for each mask in each line of the job; a file of more lines is data and no key. */
const MOST_MASKED_LINES = 500

/** Every form in which a secret of this run can surface. */
const known = new Set<string>()

/** What the runner has been told. */
const masked = new Set<string>()

/**
 * Where a secret is hidden, unless it is too plain: in what this run prints and, by a mask, in all that its job prints; in
 * what this run prints; or nowhere, for a stranger has chosen its text, and that may be a word of everybody's.
 */
export type Hiding = 'everywhere' | 'here' | 'nowhere'

/** Finds all of them at once. */
const matcher = new Matcher()

/** A value that shows itself as `***` in every string, JSON and inspected form. Only {@link Secret.reveal} opens it. */
export class Secret {
  readonly #value: string

  /**
   * Hides the value, and every form of it, from all that is printed from now on, unless {@link isTooPlain}.
   *
   * @param username the account whose password it is: Docker keeps and sends the two as base64 of `user:password`
   */
  constructor(value: string, username?: string, hiding: Hiding = 'everywhere') {
    this.#value = value
    if (hiding === 'nowhere') return
    const isToldOf = hiding === 'everywhere' && value.split(LINE_END).length <= MOST_MASKED_LINES
    hide(formsOf(value), isToldOf)
    if (username === undefined || value === '') return
    const login = `${username}:${value}`
    hide([...base64Forms(login), ...twiceInBase64(login)], isToldOf)
  }

  /** The value itself. For the headers and files that need it, never for text that a person reads. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return HIDDEN
  }

  toJSON(): string {
    return HIDDEN
  }

  [inspect.custom](): string {
    return HIDDEN
  }
}

/** Whether a secret is so short, or such an everyday word, that hiding it would make a riddle of every text. */
function isTooPlain(value: string): boolean {
  const core = value.trim()
  return core.length < SHORTEST_HIDDEN || EVERYDAY.test(core)
}

/** Whether a runner is told to hide it, in this step and all after it. */
export function isMasked(value: string): boolean {
  return !isTooPlain(value) && !OF_OUTPUTS.has(value.trim())
}

/** The text with every known secret, in every form, replaced by `***`; also one with line ends or unseen signs in it. */
export function redact(text: string): string {
  return withoutAll(text, matcher)
}

/** The same with what another finds. */
export function withoutAll(text: string, secrets: Matcher): string {
  const broken = (clear: string, breakOf: RegExp) => redactBroken(clear, breakOf, secrets)
  return BREAKS.reduce(broken, redactWritten(secrets.replaceAll(text, HIDDEN), secrets))
}

/** Where any of its signs is written by a number. */
function redactWritten(text: string, secrets: Matcher): string {
  const reading = readSigns(text)
  if (reading === undefined) return text
  return replaced(text, secrets.spans(reading.text).map(reading.placeOf), HIDDEN)
}

/** What is shorter could end in one line and begin in the next by chance. */
const SHORTEST_BROKEN = 8

/**
 * How programs break what is too long for a line (`base64`, `fold`): where it goes on the next line may be indented. And
 * what stands between the characters of a text that is read in another encoding than it was written in (UTF-16).
 */
const SEEN_BREAK = new RegExp(`(?:${LINE_END.source})\\s*|(?:${UNSEEN.source}|\\ufffd)+`, 'gu')

/** A line end as JSON has it and as Go quotes it, also when it is quoted once more: `\\n`. */
const WRITTEN_BREAK = /(?:\\{1,4}r)?\\{1,4}n\s*/g

/** One after the other: the signs of a line end may be a part of the secret. */
const BREAKS = [SEEN_BREAK, WRITTEN_BREAK]

function redactBroken(text: string, breakOf: RegExp, secrets: Matcher): string {
  if (text.search(breakOf) < 0) return text
  const breaks = [...text.matchAll(breakOf)].map(({ index: start, 0: signs }) => {
    return { start, end: start + signs.length, isLineEnd: LINE_END.test(signs) }
  })
  const spans = secrets.spans(replaced(text, breaks, ''), SHORTEST_BROKEN)
  return spans.length === 0 ? text : replaced(text, inLines(spans, breaks), HIDDEN)
}

/**
 * The parts, one in each line, of places in a text that was searched without its breaks.
 *
 * @param spans as if the breaks were not there
 */
function inLines(spans: readonly Span[], breaks: readonly (Span & { readonly isLineEnd: boolean })[]): Span[] {
  const parts: Span[] = []
  let next = 0
  let gone = 0
  for (const { start, end } of spans) {
    let last: Span | undefined
    for (let at = start; at < end; ) {
      const one = breaks[next]
      const to = one === undefined ? end : Math.min(end, one.start - gone)
      if (last !== undefined) last.end = to + gone
      else if (to > at) {
        last = { start: at + gone, end: to + gone }
        parts.push(last)
      }
      at = Math.max(at, to)
      if (one !== undefined && at < end) {
        gone += one.end - one.start
        next++
        if (one.isLineEnd) last = undefined
      }
    }
  }
  return parts
}

/**
 * The forms in which a secret can surface: as given, trimmed, each line of it, base64 (padded or not, standard or
 * URL-safe, also of a longer text that it is a part of, also twice, as in a manifest of Kubernetes), hexadecimal,
 * URL-encoded, escaped as in JSON, in JSON within JSON or in HTML, and quoted as in shells, Python, YAML or SQL. What is
 * too plain has none.
 */
export function formsOf(value: string): string[] {
  const text = wellFormed(value)
  const lines = linesOf(text).map((line) => line.trim())
  const plain = [text, text.trim(), ...lines.filter((line) => !FRAME_OF_KEY.test(line))]
  const telling = unique(plain).filter((one) => !isTooPlain(one))
  const escaped = telling.flatMap((one) => [
    one,
    printable(one).trim(),
    ...urlForms(one),
    ...jsonForms(one),
    ...jsonForms(one).flatMap(jsonForms),
    ...otherJsonForms(one),
    ...htmlForms(one),
    ...quotedForms(one),
  ])
  const encoded = isTooPlain(text)
    ? []
    : [
        ...[text, text.trim()].flatMap((one) => [...base64Forms(one), ...hexForms(one)]),
        ...withinBase64(text.trim()),
        ...twiceInBase64(text.trim()),
      ]
  return unique([...escaped, ...encoded]).filter((form) => !isTooPlain(form))
}

const BEGIN_OF_KEY = '-----BEGIN '

/** Also those of a key within JSON, as accounts of Google have it: there they end in the two signs `\\n`. */
function linesOf(text: string): string[] {
  const lines = text.split(LINE_END)
  if (!text.includes(BEGIN_OF_KEY)) return lines
  return [...lines, ...text.split(/(?:\\r)?\\n|[\r\n]+/).filter((line) => !line.includes(BEGIN_OF_KEY))]
}

/**
 * As JavaScript, Go and Python write a text in a URL: Go escapes more, but less in front of the host (net/url), where a
 * `URL` escapes less too (https://url.spec.whatwg.org/#userinfo-percent-encode-set), and Python no slashes
 * (urllib.parse.quote).
 */
function urlForms(text: string): string[] {
  const plain = encodeURIComponent(text)
  const query = plain.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
  const userInfo = query.replace(/%(?:24|26|2B|2C|3B|3D)/g, decodeURIComponent)
  // Most are the same, and of a long text each takes its time.
  const path = query.replaceAll('%2F', '/')
  const ofUrl = plain.replace(/%(?:2[4-6BC])/g, decodeURIComponent)
  const forms = unique([
    plain,
    query,
    userInfo,
    path,
    ofUrl,
    plain.replaceAll('%20', '+'),
    query.replaceAll('%20', '+'),
  ])
  return [...forms, ...forms.map((form) => form.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase()))]
}

/** As shells write a text in which they quote signs, between quotes of any kind or without, and so Python, Node, YAML and SQL. */
function quotedForms(text: string): string[] {
  if (!/[^\w@%+=:./-]/.test(text)) return []
  const withApostrophe = (written: string) => text.replaceAll("'", written)
  return [
    ...["'\\''", `'"'"'`, "''"].map(withApostrophe),
    text.replace(/["$`\\]/g, '\\$&'),
    text.replace(/['\\]/g, '\\$&'),
    text.replace(/[`\\]/g, '\\$&'),
    text.replace(/[^\w@%+=:./~#-]/g, '\\$&'),
    text.replace(/[^\w@%+=:,./~#-]/g, '\\$&'),
  ]
}

function hexForms(text: string): string[] {
  const hex = Buffer.from(text).toString('hex')
  // As Node shows bytes: `<Buffer 70 61 73 73>`.
  return [hex, hex.toUpperCase(), hex.replace(/..(?!$)/g, '$& ')]
}

function base64Forms(text: string): string[] {
  const standard = Buffer.from(text).toString('base64')
  return [standard, standard.replace(/=+$/, '')].flatMap((form) => [form, urlSafe(form)])
}

/** What is shorter could be in the middle of any base64. */
const SHORTEST_WITHIN_BASE64 = 8

/**
 * What stands in the base64 of any longer text that has it, as the header of a login has it: by how many bytes are
 * before it there, without the signs at both ends that hold bits of others too.
 */
function withinBase64(text: string): string[] {
  if (text.length < SHORTEST_WITHIN_BASE64) return []
  return unique([text, ...jsonForms(text)]).flatMap((form) =>
    [0, 1, 2].flatMap((before) => {
      const whole = Buffer.concat([Buffer.alloc(before), Buffer.from(form)])
      const own = whole.toString('base64').slice(Math.ceil((before * 8) / 6), Math.floor((whole.length * 8) / 6))
      return [own, urlSafe(own)]
    }),
  )
}

/** What stands in the base64 of any longer text that has this text in base64: a `config.json` in a secret of Kubernetes. */
function twiceInBase64(text: string): string[] {
  return withinBase64(Buffer.from(text).toString('base64').replace(/=+$/, ''))
}

function urlSafe(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_')
}

/** Go writes `<`, `>` and `&` of JSON strings as \u escapes: so do docker's own messages. */
function jsonForms(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1)
  return unique([json, json.replace(/[<>&]/g, escapedUnit)])
}

/**
 * As JSON is written elsewhere: PHP escapes slashes and, as Python and Ruby do, all that is not ASCII; Gson of Java what
 * HTML or a script could take for its own (JsonWriter.java), and .NET more, in capitals (DefaultJavaScriptEncoder).
 */
function otherJsonForms(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1)
  const ascii = json.replace(/[\u0080-\uffff]/g, escapedUnit)
  const gson = json.replace(/[<>&='\u2028\u2029]/g, escapedUnit)
  const dotnet = json.replace(/\\"|[<>&'+`\u007f-\uffff]/g, (sign) => `\\u${unit(sign.slice(-1)).toUpperCase()}`)
  return [...[json, ascii].flatMap((form) => [form, form.replaceAll('/', '\\/')]), gson, dotnet]
}

function escapedUnit(char: string): string {
  return `\\u${unit(char)}`
}

function unit(char: string): string {
  return char.charCodeAt(0).toString(16).padStart(4, '0')
}

/** As pages and XML write a text: quotes have a name or a number there, or are left. */
function htmlForms(text: string): string[] {
  const plain = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const quoted = (double: string, single: string) => plain.replaceAll('"', double).replaceAll("'", single)
  return unique([
    plain,
    quoted('&quot;', '&apos;'),
    quoted('&quot;', '&#39;'),
    quoted('&#34;', '&#39;'),
    quoted('&quot;', '&#x27;'),
  ])
}

function hide(forms: readonly string[], isToldOf: boolean): void {
  for (const form of unique(forms).filter((one) => !known.has(one))) {
    known.add(form)
    matcher.add(form)
  }
  if (!isToldOf) return
  const masks = unique(forms.filter((one) => !masked.has(one)).flatMap(masksOf))
  for (const form of forms) masked.add(form)
  // Only a runner takes these lines for itself. In any other shell they would print the secret.
  if (isInRunner(process.env)) for (const mask of masks) writeLine(commandLine('add-mask', mask, process.env))
}

/**
 * What a runner is told to hide, for one form. It takes each line of a mask for one of its own, however short, and act
 * prints a mask that has `::` in it or begins with a colon: so there is none of either.
 */
function masksOf(form: string): string[] {
  if (LINE_END.test(form)) return []
  return form.split(/::+|^:/).filter(isMasked)
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].filter((text) => text !== '')
}
