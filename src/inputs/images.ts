import { familiar, InvalidReference, parseReference, withTagDefault } from '../docker/registry/reference.ts'
import { UserError } from '../errors.ts'
import type { Environment } from '../runner/environment.ts'
import { shown } from '../runner/text/shown.ts'
import type { PushRequest } from './deployment.ts'
import { basePath, requireUserFile, resolvePath } from './files.ts'
import { closestKey, keyAdvice, textAt, valueAt } from './keys.ts'
import type { Problems } from './problems.ts'
import { parseYaml, type YamlMap, type YamlValue } from './yaml.ts'

/** The keys of an entry. */
const PUSH_KEYS: readonly string[] = ['archive', 'image', 'from', 'auth-config']
const OTHER_NAMES: Readonly<Record<string, string>> = {
  as: 'image',
  config: 'auth-config',
  file: 'archive',
  input: 'archive',
  name: 'image',
  path: 'archive',
  source: 'from',
  tag: 'image',
  tar: 'archive',
  tarball: 'archive',
}

const EXAMPLE = '`- { archive: web.tar, image: registry.example.com/shop/web:1.4 }`'

/**
 * The images that an `images` text asks to push: a YAML list. That each archive is there is part of it; what is in it,
 * is not.
 */
export function imagesFromText(text: string, env: Environment, problems: Problems): PushRequest[] {
  const { root, problems: wrong } = parseYaml(text)
  problems.at('images').addYaml(wrong)
  if (wrong.length > 0 || root === undefined) return []
  const isOneEntry = root.kind === 'map' && root.entries.some(({ key }) => PUSH_KEYS.includes(key))
  if (root.kind !== 'list' && !isOneEntry) {
    problems.add(`images: this is no list of images to push: write entries such as ${EXAMPLE}`)
    return []
  }
  const entries = root.kind === 'list' ? root.items : [root]
  const requests = entries.flatMap((entry, index) => {
    const place = `images entry ${index + 1}`
    return requestFrom(entry, place, env, problems.at(`${place} (line ${entry.line})`)) ?? []
  })
  checkNames(requests, problems)
  return requests
}

function requestFrom(entry: YamlValue, place: string, env: Environment, problems: Problems): PushRequest | undefined {
  if (entry.kind !== 'map') {
    problems.add(
      `this is ${entry.kind === 'list' ? 'a list' : 'only text'} and no mapping: write an entry such as ${EXAMPLE}`,
    )
    return undefined
  }
  const unknown = entry.entries.filter(({ key }) => !PUSH_KEYS.includes(key))
  for (const { key, line } of unknown) {
    const advice = keyAdvice(closestKey(key, PUSH_KEYS, OTHER_NAMES), PUSH_KEYS)
    problems.add(`line ${line} has the unknown key ${shown(key)}: ${advice}`)
  }
  if (unknown.length > 0) return undefined
  const archive = required(entry, 'archive', 'write the path of a file that `docker save` has written', problems)
  const name = required(
    entry,
    'image',
    'write as what it is pushed, such as registry.example.com/shop/web:1.4',
    problems,
  )
  const image = name === undefined ? undefined : problems.at('`image`').attempt(() => imageNamed(name))
  const from = optional(entry, 'from', 'the name that the image has in the archive', problems)
  const authConfig = optional(entry, 'auth-config', 'the name of a config', problems)
  if (archive === undefined) return undefined
  const path = resolvePath(env, archive)
  problems.at(`\`archive\` ${shown(archive)}`).attempt(() => requireUserFile(path, basePath(env), 'of any size'))
  return image && { place, archive, path, image, ...(from && { from }), ...(authConfig && { authConfig }) }
}

function required(entry: YamlMap, key: string, remedy: string, problems: Problems): string | undefined {
  const text = textAt(entry, key, problems)
  if (text) return text
  if (valueAt(entry, key) === undefined) problems.add(`\`${key}\` is missing: ${remedy}`)
  else if (text === '') problems.add(`\`${key}\` is empty: ${remedy}`)
  return undefined
}

function optional(entry: YamlMap, key: string, what: string, problems: Problems): string | undefined {
  const text = textAt(entry, key, problems)
  if (text === '') problems.add(`\`${key}\` is empty: write ${what}, or leave the key out`)
  return text || undefined
}

function imageNamed(text: string) {
  let image: ReturnType<typeof parseReference>
  try {
    image = parseReference(text)
  } catch (error) {
    if (!(error instanceof InvalidReference)) throw error
    throw new UserError(error.message.replace(/^The/, 'the'))
  }
  const { digest, ...named } = image
  if (digest !== undefined) {
    throw new UserError(`${shown(text)} has a digest, which is for the archive to say: write ${familiar(named)}`)
  }
  return withTagDefault(named)
}

function checkNames(requests: readonly PushRequest[], problems: Problems): void {
  const seen = new Map<string, string>()
  for (const { image, place } of requests) {
    const name = familiar(image)
    const first = seen.get(name)
    if (first === undefined) seen.set(name, place)
    else problems.add(`${place}: ${name} is pushed by ${first} already: give one of the two another name or tag`)
  }
}
