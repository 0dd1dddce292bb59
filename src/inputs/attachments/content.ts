import type { Kind } from '../../docker/specs/stack-objects.ts'
import { UserError } from '../../errors.ts'
import { redact } from '../../runner/secrets/secret.ts'
import { shown } from '../../runner/text/shown.ts'
import { contentOf, SOURCES } from '../compose/contents.ts'
import { textAt, valueAt } from '../keys.ts'
import { hide } from '../masking.ts'
import { listed, type Problems } from '../problems.ts'
import type { YamlMap } from '../yaml.ts'
import { labelsAt } from './items.ts'
import type { AttachmentSources, ContentRequest } from './request.ts'

/** The content that is given, with what only counts with one. */
export function contentIn(
  map: YamlMap,
  kind: Kind,
  place: string,
  sources: AttachmentSources,
  problems: Problems,
): ContentRequest | undefined {
  const given = SOURCES.filter((key) => valueAt(map, key) !== undefined)
  const found = given.map((source) => contentFrom(source, map, kind, place, sources, problems))
  const labels = labelsAt(map, problems)
  const templating = textAt(map, 'template-driver', problems)
  const [bytes] = found
  if (given.length > 1) problems.add(`${listed(given)} are all given: write only one of them`)
  if (given.length === 0) {
    const alone = ['labels', 'template-driver'].filter((key) => valueAt(map, key) !== undefined)
    if (alone.length > 0) {
      problems.add(
        `${listed(alone)} ${alone.length === 1 ? 'is' : 'are'} for one that is made here: write its content too, in ${listed(SOURCES, 'or')}`,
      )
    }
  }
  if (templating !== undefined && templating !== 'golang') {
    problems.add(`\`template-driver\`: ${shown(templating)} is none that docker has: write golang, or leave it out`)
  }
  return bytes && { bytes, labels, templating }
}

/** All of it is read where several are given, so that each is masked. */
function contentFrom(
  source: string,
  map: YamlMap,
  kind: Kind,
  place: string,
  sources: AttachmentSources,
  problems: Problems,
): Buffer | undefined {
  const value = valueAt(map, source)
  // A content is taken as it stands, with its line end.
  const text = value?.kind === 'text' && source === 'content' ? value.value : textAt(map, source, problems)
  if (text === undefined) return undefined
  const words = source === 'file' && text !== '' ? sources.resolve(text) : text
  const bytes = problems.attempt(() => {
    if (text === '' && source !== 'content') throw new UserError(`\`${source}\` is empty: ${FILL[source]}`)
    // What does not look like a path may be the content itself.
    const isPath = source !== 'file' || /[./]/.test(text)
    return kind === 'config' || isPath ? contentOf({ kind, source, words }, sources) : contentOfName(text, words)
  })
  const secret = bytes ?? (source === 'content' ? Buffer.from(text) : undefined)
  if (kind === 'secret' && secret !== undefined) hide(secret.toString(), place)
  return bytes

  function contentOfName(name: string, path: string): Buffer {
    try {
      return contentOf({ kind, source, words: path }, sources)
    } catch (error) {
      hide(name, place)
      throw error instanceof UserError ? new UserError(redact(error.message)) : error
    }
  }
}

const FILL: Readonly<Record<string, string>> = {
  file: 'write the path of a file of this job',
  environment: 'write the name of a variable that is set in the `env` of the step',
}
