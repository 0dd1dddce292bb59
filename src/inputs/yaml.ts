import {
  type Document,
  type ErrorCode,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  Scalar,
  type YAMLMap,
  type YAMLParseError,
} from 'yaml'
import { type LineProblem, problemOfLines } from './yaml-lines.ts'

/** A YAML value and where it stands. Every scalar is text: `0123`, `1e5`, `yes` and `null` stay what they are. */
export type YamlValue = YamlText | YamlList | YamlMap

export interface YamlText {
  readonly kind: 'text'
  readonly line: number
  readonly value: string
  readonly style: 'plain' | 'quoted' | 'block'
  /** Plain or quoted text that goes on in the next line: YAML joins the lines. */
  readonly isFolded: boolean
  /** Plain text that ends where a comment begins: perhaps the comment was meant to be text. */
  readonly hasComment: boolean
  /** Its author says by a tag that it is a point in time: no style says that. */
  readonly isTimestamp?: true
}

export interface YamlList {
  readonly kind: 'list'
  readonly line: number
  readonly items: readonly YamlValue[]
}

export interface YamlMap {
  readonly kind: 'map'
  readonly line: number
  readonly entries: readonly YamlEntry[]
}

export interface YamlEntry {
  readonly key: string
  readonly line: number
  readonly value: YamlValue
}

export interface YamlDocument {
  /** As far as it could be read, when there are problems; `undefined` for an empty text. */
  readonly root: YamlValue | undefined
  /** The text itself is never quoted: it may hold secrets. */
  readonly problems: readonly LineProblem[]
}

const DEEPEST = 20

/** How many values all aliases together may stand for: more is an attack or a mistake, and would fill the memory. */
const MOST_ALIASED_VALUES = 100_000

/** More would hide what is wrong: mostly one mistake is the cause of all. */
const MOST_PROBLEMS = 20

const YAML_TAG = 'tag:yaml.org,2002:'

/** The tags that say of a list or mapping what is so anyway. */
const HARMLESS_TAGS = new Set(['!', `${YAML_TAG}str`, `${YAML_TAG}map`, `${YAML_TAG}seq`])

/** What docker compose does by tags where files are merged. */
const COMPOSE_TAGS: Readonly<Record<string, string>> = {
  '!reset':
    '`!reset` is for docker compose, and docker stack cannot take away what another file has: leave the key out here and there, or write the value that it shall have',
  '!override':
    '`!override` is for docker compose, and docker stack joins the lists and mappings of all files: leave the tag out, and write the key in one file only',
}

const REASONS: Partial<Record<ErrorCode, string>> = {
  TAB_AS_INDENT: 'a tab indents the line, which YAML does not allow: indent with spaces',
  BAD_ALIAS: 'a value that begins with * or & is an alias or anchor in YAML: put the value in quotes',
  BAD_DQ_ESCAPE: 'a backslash in double quotes begins an escape that YAML does not know: use single quotes',
  BAD_INDENT:
    'a bracket or quote is not closed, or a line is not indented far enough: close it, or put the value in quotes',
  BLOCK_IN_FLOW:
    'in a list or mapping with brackets a comma is missing, or a value holds a colon and a blank: write the comma, or put the value in quotes',
  BAD_SCALAR_START: 'a value begins with a character that YAML reserves (one of @ ` %): put the value in quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'a value holds a colon and a blank, or a line is not indented as its neighbours: put the value in quotes, or indent the line as they are',
  MISSING_CHAR:
    'a quote, bracket, comma or colon is missing: close what was opened, and write `key: value` with a blank after the colon',
  MULTILINE_IMPLICIT_KEY:
    'the line is neither a `key: value` nor part of the value before: write a blank after the colon, and indent alike what belongs together',
  MULTIPLE_DOCS: 'a line of --- begins a second document, and only the first would be read: put all into one',
  RESOURCE_EXHAUSTION: 'lists and mappings are nested too deeply: write them flat',
}
const STRANGE_BLANK =
  'a line or key begins with a blank that is no space, as text from a web page has them: write spaces'
/** What is wrong with one line is wrong with most. */
const TOLD_ONCE = new Set([REASONS.RESOURCE_EXHAUSTION, STRANGE_BLANK])
const ENDS_IN_COLON =
  'a value ends in a colon, perhaps because the variable behind it is empty: set the variable, or put the value in quotes'
const VARIABLE_IN_BRACKETS = `in a list or mapping with brackets, \`\${\` begins a mapping of its own: put the whole value in quotes, as in \`{image: "\${IMAGE}"}\``
const UNKNOWN_ANCHOR =
  'a value that begins with * is an alias in YAML, and no anchor (&) of its name stands before it, where those of another file do not count: put the value in quotes, or write the anchor'
const QUOTE_NOT_CLOSED =
  'a quote is not closed, or what it holds goes on in a line that is not indented: close it, or indent the line'
const COMMENT_WITHOUT_BLANK = 'a comment follows at once: write a blank before the #, or put all of it in quotes'
const OTHER_REASON = 'this is not valid YAML: look at the indentation, and put values with special characters in quotes'

/**
 * Reads a YAML text with the failsafe schema, aliases and merge keys (`<<`) put in their place. JSON is YAML.
 */
export function parseYaml(text: string): YamlDocument {
  const source = text.replace(/^\uFEFF/, '')
  const lineCounter = new LineCounter()
  // Duplicate keys are found below: the package's own search takes quadratic time.
  const document = parseDocument(source, {
    schema: 'failsafe',
    lineCounter,
    prettyErrors: false,
    uniqueKeys: false,
    resolveKnownTags: false,
    logLevel: 'error',
  })
  const error = document.errors.find((one) => !isEmptyDocument(one, source))
  const tree = new TreeBuilder(source, lineCounter)
  const root = document.contents === null ? undefined : tree.buildAll(document.contents)
  if (error === undefined) return { root, problems: tree.problems }

  const { line, col } = lineCounter.linePos(error.pos[0])
  const known = isCommaMissing(error, document.errors) ? REASONS.BLOCK_IN_FLOW : knownReason(error, source)
  const problem = known === undefined ? problemOfLines(error, source) : undefined
  const reason = known ?? REASONS[error.code] ?? OTHER_REASON
  return { root, problems: [problem ?? { line, column: col, reason }] }
}

/** Nothing but comments stands behind the first document: there is no other to lose. */
function isEmptyDocument({ code, pos: [offset] }: YAMLParseError, source: string): boolean {
  return code === 'MULTIPLE_DOCS' && /^(?:(?:---|\.\.\.)?[ \t]*(?:#.*)?(?:\r?\n|$))*$/.test(source.slice(offset))
}

/** A value in brackets that goes on with the key of the next line, for want of a comma between. */
function isCommaMissing({ code, message, pos: [offset] }: YAMLParseError, all: readonly YAMLParseError[]): boolean {
  if (code !== 'MULTILINE_IMPLICIT_KEY') return false
  const isInMapping = all.some((one) => one.code === 'BLOCK_IN_FLOW' && one.pos[0] === offset)
  return isInMapping || message.includes('flow sequence')
}

/** A reason that says more than the kind of the error. */
function knownReason({ code, message, pos: [offset] }: YAMLParseError, source: string): string | undefined {
  const startOfLine = source.slice(source.lastIndexOf('\n', offset - 1) + 1)
  if (/^[^\S\n]*\t/.test(startOfLine)) return REASONS.TAB_AS_INDENT ?? OTHER_REASON
  if (BEGINS_STRANGELY.test(startOfLine)) return STRANGE_BLANK
  if (source.slice(offset - 1, offset + 1) === '${') return VARIABLE_IN_BRACKETS
  if (VALUES_WITH_COLON.includes(code) && TEXT_ENDING_IN_COLON.test(source.slice(offset))) return ENDS_IN_COLON
  if (code === 'MISSING_CHAR' && message.startsWith('Missing closing')) return QUOTE_NOT_CLOSED
  if (code === 'MISSING_CHAR' && source[offset] === '#') return COMMENT_WITHOUT_BLANK
  return undefined
}

/** To YAML a no-break space is a letter like any other: what seems indented is a key of the level above. */
const BEGINS_STRANGELY = /^ *(?![ \t\r\n])\s/

const VALUES_WITH_COLON: readonly ErrorCode[] = ['BLOCK_AS_IMPLICIT_KEY', 'BLOCK_IN_FLOW']
/** Up to the end of the line, or of the value in a list or mapping with brackets. */
const TEXT_ENDING_IN_COLON = /^[^\s,[\]{}'"#]+:[^\S\n]*(?:[,\]}#\n]|$)/

/** Plain, or with the tag that says it. */
function isMergeKey(key: Node | null): boolean {
  if (!isScalar(key) || key.value !== '<<') return false
  return key.tag === `${YAML_TAG}merge` || (key.type === Scalar.PLAIN && (key.tag === undefined || key.tag === '!'))
}

const INTEGER = /^([-+]?)(0b[01]+|0o[0-7]+|0x[\da-f]+|\d+)$/i
const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/
const NO_NUMBER = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/

/** Plain text that YAML takes for a number without end, or for what is no number. */
export function isNoNumber({ value, style }: YamlText): boolean {
  return style === 'plain' && NO_NUMBER.test(value)
}

const TIMESTAMP = /^\d{4}-\d{1,2}-\d{1,2}(?:[Tt ]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)?)?$/

/**
 * A scalar as its tag has it, or what is wrong with the two: as gopkg.in/yaml.v3 does in resolve.go, for docker is to
 * read the same from the text without the tag.
 */
function taggedText(text: YamlText, tag: string): YamlText | string {
  const plain = (value: string): YamlText => ({ ...text, value, style: 'plain' })
  const { value } = text
  switch (tag) {
    case 'str':
      return text.style === 'plain' ? { ...text, style: 'quoted' } : text
    case 'null':
      return /^(?:|~|null|Null|NULL)$/.test(value) ? plain('') : wrongTag(tag, 'null')
    case 'bool':
      return /^(?:true|True|TRUE|false|False|FALSE)$/.test(value) ? plain(value) : wrongTag(tag, 'true or false')
    case 'int':
      return integer(value) === undefined ? wrongTag(tag, 'a whole number') : plain(value)
    case 'float': {
      const whole = integer(value)
      if (whole !== undefined) return plain(`${whole}.0`)
      const digits = value.replaceAll('_', '')
      const isFloat = NO_NUMBER.test(value) || (FLOAT.test(digits) && Number.isFinite(Number(digits)))
      return isFloat ? plain(value) : wrongTag(tag, 'a number')
    }
    case 'timestamp':
      return TIMESTAMP.test(value) ? { ...text, isTimestamp: true } : wrongTag(tag, 'a date such as 2026-01-31')
    case 'binary':
      return textOfBase64(text)
    default:
      return unknownTag(text)
  }
}

/** Quotes around what follows the tag would change nothing; and where nothing follows, no tag was meant. */
function unknownTag({ value, style }: YamlText): string {
  return value === '' && style === 'plain'
    ? 'a value that begins with ! is a tag in YAML: put the value in quotes'
    : 'a tag (a word with ! before it) stands before the value, and docker knows no such tag: leave the tag out, or put tag and value together in quotes if the ! is part of the value'
}

function wrongTag(tag: string, needed: string): string {
  return `what stands behind \`!!${tag}\` is not ${needed}: write that, or leave the tag out`
}

/** What Go takes for an integer of 64 bits, with or without a sign; a zero before the digits says that they are octal. */
function integer(text: string): bigint | undefined {
  const [, sign, digits = ''] = INTEGER.exec(text.replaceAll('_', '')) ?? []
  if (sign === undefined) return undefined
  const isOctal = /^0\d/.test(digits)
  if (isOctal && /[89]/.test(digits)) return undefined
  const size = BigInt(isOctal ? `0o${digits}` : digits.toLowerCase())
  if (size > (sign === '-' ? 2n ** 63n : sign === '+' ? 2n ** 63n - 1n : 2n ** 64n - 1n)) return undefined
  return sign === '-' ? -size : size
}

function textOfBase64(text: YamlText): YamlText | string {
  const base64 = text.value.replace(/[\r\n]/g, '')
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.toString('base64') !== base64) return wrongTag('binary', 'padded base64')
  try {
    return { ...text, style: 'quoted', value: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) }
  } catch {
    return 'what stands behind `!!binary` is no UTF-8 text: put it into a file, and name the file'
  }
}

class TreeBuilder {
  readonly problems: LineProblem[] = []
  readonly #source: string
  readonly #lineCounter: LineCounter
  readonly #anchors = new Map<string, YamlValue | undefined>()
  readonly #sizes = new Map<YamlValue, number>()
  /** Where an anchor stands before nothing. */
  readonly #emptyAnchors = new Map<string, number>()
  readonly #aliases = new Set<string>()
  #aliasedValues = 0

  constructor(source: string, lineCounter: LineCounter) {
    this.#source = source
    this.#lineCounter = lineCounter
  }

  buildAll(node: Node): YamlValue {
    const root = this.build(node)
    for (const [anchor, offset] of this.#emptyAnchors) {
      if (this.#aliases.has(anchor)) continue
      this.#refuse(offset, 'a value that begins with & is an anchor in YAML: put the value in quotes')
    }
    this.problems.sort((a, b) => a.line - b.line || a.column - b.column)
    return root
  }

  build(node: Document['contents'] | Node, depth = 0): YamlValue {
    if (node === null) return this.#empty(0)
    const offset = node.range?.[0] ?? 0
    if (depth > DEEPEST) return this.#refuse(offset, REASONS.RESOURCE_EXHAUSTION ?? OTHER_REASON)
    if (isAlias(node)) return this.#resolve(node.source, offset)
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, undefined)

    const value = this.#valueOf(node, offset, depth)
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, value)
    return value
  }

  #valueOf(node: Node, offset: number, depth: number): YamlValue {
    const line = this.#lineCounter.linePos(offset).line
    const { tag } = node
    const ofTag = tag === undefined ? offset : Math.max(0, this.#source.lastIndexOf('!', offset - 1))
    if (tag !== undefined && Object.hasOwn(COMPOSE_TAGS, tag)) return this.#refuse(ofTag, COMPOSE_TAGS[tag] ?? '')
    if (tag !== undefined && !isScalar(node) && !HARMLESS_TAGS.has(tag)) {
      return this.#refuse(ofTag, 'a tag (!) stands before a list or mapping: leave the tag out')
    }
    if (isMap(node)) return this.#sized({ kind: 'map', line, entries: this.#entries(node, depth) })
    if (isSeq(node)) {
      const items = node.items.map((item) => this.build(item as Node | null, depth + 1))
      return this.#sized({ kind: 'list', line, items })
    }
    if (!isScalar(node)) return this.#empty(offset)
    const untagged: YamlText = { kind: 'text', line, value: this.#textOf(node), ...this.#styleOf(node) }
    if (/\p{Surrogate}/u.test(untagged.value)) {
      return this.#refuse(offset, 'an escape stands for half of a character: write the character itself')
    }
    if (untagged.value === '' && untagged.style === 'plain' && tag === undefined && node.anchor !== undefined) {
      this.#emptyAnchors.set(node.anchor, offset)
    }
    if (tag === undefined || tag === '!') return untagged
    const tagged = tag.startsWith(YAML_TAG) ? taggedText(untagged, tag.slice(YAML_TAG.length)) : unknownTag(untagged)
    return typeof tagged === 'string' ? this.#refuse(ofTag, tagged) : tagged
  }

  /** The package ends a block with a line break also where the file ends without one, which YAML and docker do not. */
  #textOf({ value, type, range }: Scalar): string {
    const text = String(value ?? '')
    const isBlock = type === Scalar.BLOCK_LITERAL || type === Scalar.BLOCK_FOLDED
    if (!isBlock || !text.endsWith('\n') || range?.[1] !== this.#source.length) return text
    const lastOf = (lines: string) => lines.slice(lines.lastIndexOf('\n') + 1)
    const [written, last] = [lastOf(this.#source), lastOf(text.slice(0, -1))]
    // Blanks are no line of their own, unless they go beyond the indentation.
    const hasLine = written.trim() !== '' || (last !== '' && last.trim() === '')
    return written !== '' && hasLine ? text.slice(0, -1) : text
  }

  #styleOf(node: Scalar): Pick<YamlText, 'style' | 'isFolded' | 'hasComment'> {
    if (node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED) {
      return { style: 'block', isFolded: false, hasComment: false }
    }
    const [start, end] = node.range ?? [0, 0]
    const isPlain = node.type === Scalar.PLAIN
    return {
      style: isPlain ? 'plain' : 'quoted',
      isFolded: /[\r\n]/.test(this.#source.slice(start, end)),
      hasComment: isPlain && /^[ \t]+#/.test(this.#source.slice(end, end + 80)),
    }
  }

  #entries(map: YAMLMap, depth: number): YamlEntry[] {
    const own = new Map<string, YamlEntry>()
    let merged: readonly YamlValue[] | undefined
    for (const { key: keyNode, value: valueNode } of map.items as { key: Node | null; value: Node | null }[]) {
      const offset = keyNode?.range?.[0] ?? 0
      if (isMergeKey(keyNode)) {
        if (merged === undefined) merged = this.#merged(valueNode, offset, depth)
        else this.#refuse(offset, '`<<` is in its mapping already: write it once, with a list: `<<: [*a, *b]`')
        continue
      }
      const key = this.build(keyNode, depth + 1)
      const value = this.build(valueNode, depth + 1)
      if (key.kind !== 'text') this.#refuse(offset, 'a key is a list or mapping: write text before the colon')
      else if (key.style === 'plain' && BEGINS_STRANGELY.test(key.value)) this.#refuse(offset, STRANGE_BLANK)
      else if (own.has(key.value)) this.#refuse(offset, 'the key is in its mapping already: leave one of the two')
      else own.set(key.value, { key: key.value, line: key.line, value })
    }
    for (const { key, ...rest } of merged?.flatMap((value) => (value.kind === 'map' ? value.entries : [])) ?? []) {
      if (!own.has(key)) own.set(key, { key, ...rest })
    }
    return [...own.values()]
  }

  /** The mappings behind `<<`; the first of those that have a key gives its value. */
  #merged(node: Node | null, offset: number, depth: number): readonly YamlValue[] {
    const known = this.problems.length
    const value = this.build(node, depth + 1)
    const all = value.kind === 'list' && isSeq(node) ? value.items : [value]
    if (this.problems.length === known && all.some(({ kind }) => kind !== 'map')) {
      this.#refuse(offset, 'what `<<` merges is no mapping: write `<<: *name`, and `&name` before the mapping')
    }
    return all
  }

  #resolve(anchor: string, offset: number): YamlValue {
    this.#aliases.add(anchor)
    const target = this.#anchors.get(anchor)
    if (target === undefined) {
      const wrong = this.#anchors.has(anchor)
        ? 'an alias (*) stands inside of what it means: give the name of an anchor that ends before it'
        : UNKNOWN_ANCHOR
      return this.#refuse(offset, wrong)
    }
    const before = this.#aliasedValues
    this.#aliasedValues += this.#sizes.get(target) ?? 1
    if (this.#aliasedValues <= MOST_ALIASED_VALUES) return target
    if (before > MOST_ALIASED_VALUES) return this.#empty(offset)
    return this.#refuse(offset, `the aliases (*) stand for more than ${MOST_ALIASED_VALUES} values: write fewer`)
  }

  #sized<T extends YamlList | YamlMap>(value: T): T {
    const children = value.kind === 'list' ? value.items : value.entries.map((entry) => entry.value)
    this.#sizes.set(
      value,
      children.reduce((sum, child) => sum + (this.#sizes.get(child) ?? 1), 1),
    )
    return value
  }

  #refuse(offset: number, reason: string): YamlText {
    const { line, col } = this.#lineCounter.linePos(offset)
    const isRepeated = TOLD_ONCE.has(reason) && this.problems.some((one) => one.reason === reason)
    if (this.problems.length < MOST_PROBLEMS && !isRepeated) this.problems.push({ line, column: col, reason })
    return this.#empty(offset)
  }

  #empty(offset: number): YamlText {
    const { line } = this.#lineCounter.linePos(offset)
    return { kind: 'text', line, value: '', style: 'plain', isFolded: false, hasComment: false }
  }
}
