import { resolve } from 'node:path'
import type { Kind } from '../../docker/specs/stack-objects.ts'
import { messageOf, UserError } from '../../errors.ts'
import { placed } from '../../runner/text/shown.ts'
import { UNSET } from '../accounts/credentials.ts'
import { readUserFile } from '../files.ts'
import type { Problems } from '../problems.ts'
import { isVariableName } from '../variables.ts'
import type { YamlMap, YamlValue } from '../yaml.ts'
import type { ComposeFile } from './place.ts'
import { entryAt, isNothing, mapAt } from './tree.ts'
import { filledIn, isFillable, type LookUp } from './variables.ts'

/** What holds the content of a secret or config. */
export const SOURCES = ['file', 'content', 'environment']

const LARGEST_KILOBYTES: Readonly<Record<Kind, number>> = { secret: 500, config: 1000 }

/** Where the content of a secret or config is. */
export interface Source {
  readonly kind: Kind
  /** One of {@link SOURCES}. */
  readonly source: string
  /** A path, a content or the name of a variable, its own variables filled in. */
  readonly words: string
}

/** Where contents are looked for. */
export interface ContentPlace {
  readonly lookUp: LookUp
  /** Where relative paths begin. */
  readonly directory: string
  /** The same, in a message. */
  readonly base: string
  /** Where a variable can be set, in a message. */
  readonly settings: string
}

/** Where those of compose files are. */
export function ofComposeFiles(lookUp: LookUp, directory: string): ContentPlace {
  const base = 'the directory of the first compose file'
  return { lookUp, directory, base, settings: '`env` of the step or in an `env-file`' }
}

/**
 * The content of a secret or config.
 *
 * @throws UserError when it cannot be had, or Swarm would not take it; it goes on after the place
 */
export function contentOf(object: Source, place: ContentPlace): Buffer {
  const content = rawContent(object, place)
  if (content.length === 0)
    throw new UserError(
      `${emptyOf(object)} is empty, which Swarm does not take: ${FILL[object.source] ?? 'give it some'}`,
    )
  const most = LARGEST_KILOBYTES[object.kind]
  if (content.length < most * 1024) return content
  throw new UserError(
    `its content is larger than ${most} kB, which Swarm does not take: put it into an image or volume`,
  )
}

/** What is empty, in the user's words. */
function emptyOf({ source, words }: Source): string {
  if (source === 'environment') return `the variable ${placed(words)}, from which it takes its content,`
  return source === 'file' ? `its file ${placed(words)}` : 'its content'
}

/** What to do about it. */
const FILL: Readonly<Record<string, string>> = {
  environment: `set it in the \`env\` of the step (${UNSET})`,
  file: 'write something to it in an earlier step',
}

function rawContent({ source, words }: Source, place: ContentPlace): Buffer {
  if (source === 'content') return Buffer.from(words)
  if (source === 'environment') return Buffer.from(variableOf(words, place))
  const path = resolve(place.directory, words)
  try {
    return readUserFile(path, place.base)
  } catch (error) {
    throw new UserError(`its file ${placed(path)}: ${messageOf(error)}`)
  }
}

/** @throws UserError when it is not set; it goes on after the place */
function variableOf(name: string, { lookUp, settings }: Pick<ContentPlace, 'lookUp' | 'settings'>): string {
  const value = lookUp(name)
  if (value !== undefined) return value
  // What stands in the place of a name may be the content itself.
  const what = isVariableName(name) ? `the variable ${placed(name)}` : 'a variable'
  throw new UserError(`it takes its content from ${what}, which is not set: set it in the ${settings}`)
}

/**
 * That each secret and config has a content, or is external, and that the variables with contents are set. Docker takes
 * each of them whole from the last file that has it.
 */
export function checkSources(files: readonly ComposeFile[], lookUp: LookUp, problems: Problems): void {
  for (const { place, name, value, source } of definitions(files, lookUp)) {
    if (value.kind === 'map' && sourcesOf(value, lookUp).length === 0) {
      problems.add(`${place}: ${name} has no content: write its \`file\`, or \`external: true\``)
    }
    if (source?.source === 'environment') {
      problems.at(`${place}: ${name}`).attempt(() => variableOf(source.words, ofComposeFiles(lookUp, '')))
    }
  }
}

/**
 * What {@link contentOf} would say of the secrets and configs, apart from what {@link checkSources} has said.
 *
 * @param directory where relative paths begin
 */
export function checkContents(
  files: readonly ComposeFile[],
  lookUp: LookUp,
  directory: string,
  problems: Problems,
): void {
  for (const { place, name, source } of definitions(files, lookUp)) {
    if (source === undefined) continue
    if (source.source === 'environment' && lookUp(source.words) === undefined) continue
    problems.at(`${place}: ${name}`).attempt(() => contentOf(source, ofComposeFiles(lookUp, directory)))
  }
}

interface Definition {
  /** `compose.yml line 7` */
  readonly place: string
  /** `secrets.token` */
  readonly name: string
  readonly value: YamlValue
  /** `undefined` when there is none, or none that can be used. */
  readonly source: Source | undefined
}

/** The secrets and configs, each in the last of the files that has it. */
function definitions(files: readonly ComposeFile[], lookUp: LookUp): Definition[] {
  return (['secret', 'config'] as const).flatMap((kind) => {
    const section = `${kind}s`
    const last = new Map(
      files.flatMap(({ path, root }) => mapAt(root, section).map((entry) => [entry.key, { path, ...entry }])),
    )
    return [...last.values()].map(({ path, line, key, value }) => {
      return {
        place: `${path} line ${line}`,
        name: `${section}.${placed(key)}`,
        value,
        source: sourceOf(kind, value, lookUp),
      }
    })
  })
}

function sourceOf(kind: Kind, object: YamlValue, lookUp: LookUp): Source | undefined {
  if (object.kind !== 'map') return undefined
  const [source = '', ...others] = sourcesOf(object, lookUp)
  const words = others.length === 0 && SOURCES.includes(source) ? entryAt(object, source) : undefined
  if (words?.kind !== 'text' || isNothing(words) || !isFillable(words.value, lookUp)) return undefined
  return { kind, source, words: filledIn(words.value, lookUp) }
}

/** What says where the content of a secret or config comes from. */
export function sourcesOf(object: YamlMap, lookUp: LookUp): string[] {
  return [...SOURCES, 'external', 'driver'].filter((key) => {
    const inner = entryAt(object, key)
    const isFalse = inner?.kind === 'text' && /^(?:false|no|off|n)$/i.test(filledIn(inner.value, lookUp))
    return inner !== undefined && !(key === 'external' && isFalse)
  })
}
