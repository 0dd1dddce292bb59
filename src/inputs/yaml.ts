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
} from 'yaml'

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

interface YamlEntry {
  readonly key: string
  readonly line: number
  readonly value: YamlValue
}

/** What is wrong with a YAML text. The text itself is never quoted: it may hold secrets. */
interface YamlProblem {
  readonly line: number
  readonly column: number
  readonly reason: string
}

export interface YamlDocument {
  /** As far as it could be read, when there are problems; `undefined` for an empty text. */
  readonly root: YamlValue | undefined
  readonly problems: readonly YamlProblem[]
}

const DEEPEST = 20

/** How many values all aliases together may stand for: more is an attack or a mistake, and would fill the memory. */
const MOST_ALIASED_VALUES = 100_000

/** The tags that say what is so anyway: all others change a value, or were meant to be a part of it. */
const HARMLESS_TAGS = new Set(['!', 'tag:yaml.org,2002:str', 'tag:yaml.org,2002:map', 'tag:yaml.org,2002:seq'])

const REASONS: Partial<Record<ErrorCode, string>> = {
  TAB_AS_INDENT: 'a tab indents the line, which YAML does not allow: indent with spaces',
  BAD_ALIAS: 'a value that begins with * or & is an alias or anchor in YAML: put the value in quotes',
  BAD_DQ_ESCAPE: 'a backslash in double quotes begins an escape that YAML does not know: use single quotes',
  BAD_INDENT:
    'a bracket or quote is not closed, or a line is not indented far enough: close it, or put the value in quotes',
  BAD_SCALAR_START: 'a value begins with a character that YAML reserves (one of @ ` %): put the value in quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'a value holds a colon and a blank, or a line is not indented as its neighbours: put the value in quotes, or indent the line as they are',
  MISSING_CHAR:
    'a quote, bracket, comma or colon is missing: close what was opened, and write `key: value` with a blank after the colon',
  MULTILINE_IMPLICIT_KEY:
    'the line is neither a `key: value` nor part of the value before: write a blank after the colon, and indent alike what belongs together',
  MULTIPLE_DOCS: 'a line of --- begins a second document: leave only one',
  RESOURCE_EXHAUSTION: 'lists and mappings are nested too deeply: write them flat',
}
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
    logLevel: 'error',
  })
  const [error] = document.errors
  const tree = new TreeBuilder(source, lineCounter)
  const root = document.contents === null ? undefined : tree.build(document.contents)
  if (error === undefined) return { root, problems: tree.problems }

  const { line, col } = lineCounter.linePos(error.pos[0])
  const startOfLine = source.split(/\r?\n/)[line - 1]?.match(/^\s*/)?.[0] ?? ''
  const code = startOfLine.includes('\t') ? 'TAB_AS_INDENT' : error.code
  return { root, problems: [{ line, column: col, reason: REASONS[code] ?? OTHER_REASON }] }
}

class TreeBuilder {
  readonly problems: YamlProblem[] = []
  readonly #source: string
  readonly #lineCounter: LineCounter
  readonly #anchors = new Map<string, YamlValue | undefined>()
  readonly #sizes = new Map<YamlValue, number>()
  #aliasedValues = 0

  constructor(source: string, lineCounter: LineCounter) {
    this.#source = source
    this.#lineCounter = lineCounter
  }

  build(node: Document['contents'] | Node, depth = 0): YamlValue {
    if (node === null) return this.#empty(0)
    const offset = node.range?.[0] ?? 0
    if (depth > DEEPEST) return this.#refuse(offset, REASONS.RESOURCE_EXHAUSTION ?? OTHER_REASON)
    if (isAlias(node)) return this.#resolve(node.source, offset)
    if (node.tag !== undefined && !HARMLESS_TAGS.has(node.tag)) {
      return this.#refuse(offset, 'a value that begins with ! is a tag in YAML: put the value in quotes')
    }
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, undefined)

    const value = this.#valueOf(node, offset, depth)
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, value)
    return value
  }

  #valueOf(node: Node, offset: number, depth: number): YamlValue {
    const line = this.#lineCounter.linePos(offset).line
    if (isMap(node)) return this.#sized({ kind: 'map', line, entries: this.#entries(node, depth) })
    if (isSeq(node)) {
      const items = node.items.map((item) => this.build(item as Node | null, depth + 1))
      return this.#sized({ kind: 'list', line, items })
    }
    if (!isScalar(node)) return this.#empty(offset)
    const value = String(node.value ?? '')
    if (value === '' && node.anchor !== undefined) {
      return this.#refuse(offset, 'a value that begins with & is an anchor in YAML: put the value in quotes')
    }
    return { kind: 'text', line, value, ...this.#styleOf(node) }
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
    const merged: YamlValue[] = []
    for (const { key: keyNode, value: valueNode } of map.items) {
      const key = this.build(keyNode as Node | null, depth + 1)
      const value = this.build(valueNode as Node | null, depth + 1)
      const offset = (keyNode as Node | null)?.range?.[0] ?? 0
      if (key.kind !== 'text') this.#refuse(offset, 'a key is a list or mapping: write text before the colon')
      else if (key.value === '<<' && key.style === 'plain')
        merged.push(...(value.kind === 'list' ? value.items : [value]))
      else if (own.has(key.value)) this.#refuse(offset, 'the key is in its mapping already: leave one of the two')
      else own.set(key.value, { key: key.value, line: key.line, value })
    }
    for (const { key, ...rest } of merged.flatMap((value) => (value.kind === 'map' ? value.entries : []))) {
      if (!own.has(key)) own.set(key, { key, ...rest })
    }
    return [...own.values()]
  }

  #resolve(anchor: string, offset: number): YamlValue {
    const target = this.#anchors.get(anchor)
    if (target === undefined) {
      const wrong = this.#anchors.has(anchor)
        ? 'an alias (*) stands inside of what it means: give the name of an anchor that ends before it'
        : REASONS.BAD_ALIAS
      return this.#refuse(offset, wrong ?? OTHER_REASON)
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
    this.problems.push({ line, column: col, reason })
    return this.#empty(offset)
  }

  #empty(offset: number): YamlText {
    const { line } = this.#lineCounter.linePos(offset)
    return { kind: 'text', line, value: '', style: 'plain', isFolded: false, hasComment: false }
  }
}
