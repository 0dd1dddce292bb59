import type { StackRequest } from '../deployment.ts'
import { type FileObject, NAMESPACE_LABEL, type StackFile } from '../docker/stack-file.ts'
import {
  contentHash,
  HASH_LABEL,
  type Kind,
  type StackObject,
  VERSION_LABEL,
  versionName,
} from '../docker/stack-objects.ts'
import { messageOf, UserError } from '../errors.ts'
import { CONTENT_KEY, VARIABLE_KEY } from '../inputs/compose/adapt.ts'
import { placeOf } from '../inputs/compose/place.ts'
import { readUserFile } from '../inputs/files.ts'
import { hide } from '../inputs/masking.ts'
import { log } from '../runner/log.ts'
import { type KnownObjects, scoped, type WantedObject } from './stack.ts'

const LARGEST_KILOBYTES: Readonly<Record<Kind, number>> = { secret: 500, config: 1000 }

/** The secrets and configs that the files hold the content of, by `secrets.key` and `configs.key`. */
export function wantedObjects(
  request: StackRequest,
  file: StackFile,
  known: KnownObjects,
  problems: string[],
): Map<string, WantedObject> {
  const wanted = new Map<string, WantedObject>()
  for (const kind of ['secret', 'config'] as const) {
    for (const [key, object] of Object.entries(file[`${kind}s`])) {
      if (object.external) continue
      const place = placeOf(request.files, [`${kind}s`, key])
      try {
        const one = wantedObject(request, kind, key, object)
        checkFixedName(one, known[kind])
        wanted.set(`${kind}s.${key}`, one)
      } catch (error) {
        if (!(error instanceof UserError)) throw error
        problems.push(`${place}: ${kind}s.${key}: ${error.message}`)
      }
    }
  }
  return wanted
}

function wantedObject(request: StackRequest, kind: Kind, key: string, object: FileObject): WantedObject {
  const driver = object.driver === undefined ? undefined : { Name: object.driver, Options: object.driver_opts ?? {} }
  const content = driver === undefined ? contentOf(request, kind, object) : Buffer.alloc(0)
  if (kind === 'secret' && content.length > 0) hide(content.toString(), `secrets.${key}`)
  const base = object.name ?? scoped(request, key)
  const isFixed = object.name !== undefined || driver !== undefined
  const hash = contentHash(kind, base, content)
  return {
    kind,
    name: isFixed ? base : versionName(base, hash),
    versionOf: isFixed ? undefined : base,
    labels: {
      ...object.labels,
      [NAMESPACE_LABEL]: request.name,
      ...(isFixed ? { [HASH_LABEL]: hash } : { [VERSION_LABEL]: base }),
    },
    content,
    driver,
    templating: object.template_driver,
  }
}

function contentOf({ lookUp }: StackRequest, kind: Kind, object: FileObject): Buffer {
  const content = rawContent(object, lookUp)
  if (content.length === 0) throw new UserError('its content is empty, which Swarm does not take: give it some')
  const most = LARGEST_KILOBYTES[kind]
  if (content.length < most * 1024) return content
  throw new UserError(
    `its content is larger than ${most} kB, which Swarm does not take: put it into an image or volume`,
  )
}

function rawContent(object: FileObject, lookUp: StackRequest['lookUp']): Buffer {
  const variable = object[VARIABLE_KEY]
  if (typeof variable === 'string') {
    const value = lookUp(variable)
    if (value === undefined)
      throw new UserError(`the variable ${variable} is not set: set it in the \`env\` of the step`)
    return Buffer.from(value)
  }
  if (object[CONTENT_KEY] !== undefined) return Buffer.from(String(object[CONTENT_KEY]))
  const path = object.file
  if (path === undefined) throw new UserError('it has no content: write its `file`, or `external: true`')
  try {
    return readUserFile(path, 'the directory of the first compose file')
  } catch (error) {
    throw new UserError(`its file ${path}: ${messageOf(error)}`)
  }
}

/** Swarm cannot change the content of an object: with a name of its own it has to stay what it is. */
function checkFixedName({ kind, name, versionOf, labels, content }: WantedObject, known: readonly StackObject[]): void {
  if (versionOf !== undefined) return
  const existing = known.find(({ Spec }) => Spec.Name === name)
  if (existing === undefined) return
  const hash = existing.Spec.Labels?.[HASH_LABEL]
  const data = existing.Spec.Data
  const differs =
    data === undefined ? hash !== undefined && hash !== labels[HASH_LABEL] : data !== content.toString('base64')
  if (differs) {
    throw new UserError(
      `the swarm has the ${kind} ${name} with another content, which cannot be changed: leave \`name\` out, then each content gets a name of its own, or write a new name`,
    )
  }
  if (data === undefined && hash === undefined) {
    log.warning(`the secret ${name} was not made by this action: it is taken as it is, for its content cannot be read`)
  }
}
