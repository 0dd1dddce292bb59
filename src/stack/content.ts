import { isDeepStrictEqual } from 'node:util'
import type { CapturedStack } from '../docker/cli/stack-capture.ts'
import { type Kind, type ObjectCreate, placeholder, type StackObject, stackIn } from '../docker/specs/stack-objects.ts'
import { objectNameProblem } from '../docker/swarm/swarm-rules.ts'
import { UserError } from '../errors.ts'
import { SOURCE_LABEL } from '../inputs/compose/adapt-content.ts'
import { contentOf, ofComposeFiles, type Source } from '../inputs/compose/contents.ts'
import { placeOf } from '../inputs/compose/place.ts'
import { hide } from '../inputs/masking.ts'
import type { StackRequest } from '../inputs/stack-request.ts'
import { log } from '../runner/log/log.ts'
import { contentHash, HASH_LABEL, VERSION_LABEL, versionName } from './content-name.ts'
import { nameOf } from './docker-files.ts'
import type { KnownToStack, WantedObject } from './stack.ts'

/** A secret or config as docker would send it, where its content is, and how the files call it. */
interface Captured extends Source {
  readonly key: string
  /** Without the label that says all that. */
  readonly body: ObjectCreate
}

/**
 * The secrets and configs that the files hold the content of, by the placeholders that docker's specs have for them. One
 * whose content cannot be had is `undefined`, and told among the problems.
 */
export function wantedObjects(
  request: StackRequest,
  captured: Pick<CapturedStack, Kind>,
  known: KnownToStack,
  problems: string[],
): Map<string, WantedObject | undefined> {
  const wanted = new Map<string, WantedObject | undefined>()
  for (const kind of ['secret', 'config'] as const) {
    const before: Named[] = []
    // Docker sends them in the order of a Go map.
    const objects = captured[kind].map((body) => readSource(kind, body)).toSorted((a, b) => (a.key < b.key ? -1 : 1))
    for (const object of objects) {
      const id = placeholder(kind, object.body.Name)
      const path = [`${kind}s`, object.key]
      try {
        const one = wantedObject(request, object, known)
        checkName(
          one,
          known[kind],
          before.map(({ object: { name } }) => name),
        )
        checkTwins({ ...object, object: one }, before)
        before.push({ ...object, object: one })
        wanted.set(id, one)
      } catch (error) {
        if (!(error instanceof UserError)) throw error
        wanted.set(id, undefined)
        problems.push(`${placeOf(request.files, path)}: ${path.join('.')}: ${error.message}`)
      }
    }
  }
  return wanted
}

interface Named extends Captured {
  readonly object: WantedObject
}

/** Swarm has one of a name, and of two docker makes the one that chance has it send first. */
function checkTwins({ kind, body, object }: Named, before: readonly Named[]): void {
  const twin = before.find((one) => one.body.Name === body.Name)
  if (twin === undefined || isDeepStrictEqual(twin.object, object)) return
  throw new UserError(
    `it has the name of ${kind}s.${twin.key}, ${body.Name}, and is not the same: write another name for one of them`,
  )
}

function readSource(kind: Kind, body: ObjectCreate): Captured {
  const { [SOURCE_LABEL]: label = '', ...Labels } = body.Labels ?? {}
  const [, source = '', key = body.Name, words = ''] = /^([a-z]+):([^:]*):(.*)$/s.exec(label) ?? []
  return { kind, key, source, words, body: { ...body, Labels } }
}

function wantedObject(request: StackRequest, object: Captured, known: KnownToStack): WantedObject {
  const { kind, key, source, body } = object
  const content =
    source === 'driver' ? Buffer.alloc(0) : contentOf(object, ofComposeFiles(request.lookUp, request.directory))
  if (kind === 'secret' && content.length > 0) hide(content.toString(), `secrets.${key}`)
  const hash = contentHash(kind, body.Name, content)
  const { Labels: labels = {}, Driver: driver, Templating: templating } = body
  const common = { kind, content, driver, templating }

  const isFixed = source === 'driver' || nameOf(request.adapted.files, `${kind}s`, key, request.lookUp) !== undefined
  const plain = known[kind].find(({ Spec }) => Spec.Name === body.Name)
  if (isFixed) {
    if (plain !== undefined) checkFixed(kind, plain, hash, content)
    const isOthers = plain !== undefined && plain.Spec.Labels?.[HASH_LABEL] === undefined
    const noted = isOthers ? labels : { ...labels, [HASH_LABEL]: hash }
    return { ...common, name: body.Name, versionOf: undefined, labels: noted }
  }
  const name = versionOf(kind, body.Name, content, templating?.Name, known[kind])
  const version = known[kind].find(({ Spec }) => Spec.Name === name)
  const isDockers = plain !== undefined && stackIn(plain.Spec.Labels) === request.name
  const isMeant = isDockers && (version === undefined || (isInUse(plain, known) && !isInUse(version, known)))
  if (isMeant && plain.Spec.Data === content.toString('base64')) {
    return { ...common, name: body.Name, versionOf: body.Name, labels }
  }
  if (isMeant && kind === 'secret' && isInUse(plain, known)) {
    log.notice(
      `${placeOf(request.files, ['secrets', key])}: secrets.${key}: docker has made the secret ${body.Name}, and its content cannot be read and compared. So it is made once more as ${name}, and the tasks that use it restart, this one time`,
    )
  }
  return { ...common, name, versionOf: body.Name, labels: { ...labels, [VERSION_LABEL]: body.Name } }
}

/**
 * The name of the version with a content.
 *
 * @param templating the driver that fills it in: with another one it is another object
 * @param known those of the kind that the swarm has
 * @throws UserError when the swarm has another content under that name
 */
export function versionOf(
  kind: Kind,
  name: string,
  content: Buffer,
  templating: string | undefined,
  known: readonly StackObject[],
): string {
  const all = templating === undefined ? content : Buffer.concat([content, Buffer.from(`\0${templating}`)])
  const version = versionName(name, contentHash(kind, name, all))
  const data = known.find(({ Spec }) => Spec.Name === version)?.Spec.Data
  if (data === undefined || data === content.toString('base64')) return version
  throw new UserError(
    `the swarm has a ${kind} ${version} with another content than its name says: remove it with \`docker ${kind} rm ${version}\`, or write another name`,
  )
}

function isInUse({ ID }: StackObject, { used }: KnownToStack): boolean {
  return used.has(ID)
}

/** @param others the names that the files give to others of the kind */
export function checkName(
  { kind, name }: WantedObject,
  known: readonly StackObject[],
  others: readonly string[] = [],
): void {
  const problem = objectNameProblem(name, `a ${kind}`)
  if (problem !== undefined) throw new UserError(problem)
  // Swarm finds names without their capitals.
  const similar = known.find(({ Spec }) => Spec.Name !== name && Spec.Name.toLowerCase() === name.toLowerCase())
  if (similar !== undefined) {
    throw new UserError(`${name} and ${similar.Spec.Name}, which is there, are one name for Swarm: write another one`)
  }
  const other = others.find((one) => one !== name && one.toLowerCase() === name.toLowerCase())
  if (other !== undefined) throw new UserError(`${name} and ${other} are one name for Swarm: write another one`)
}

/** Swarm cannot change the content of an object: with a name of its own it has to stay what it is. */
function checkFixed(
  kind: Kind,
  { Spec: { Name: name, Labels, Data: data } }: StackObject,
  wanted: string,
  content: Buffer,
) {
  const hash = Labels?.[HASH_LABEL]
  const differs = data === undefined ? hash !== undefined && hash !== wanted : data !== content.toString('base64')
  if (differs) {
    throw new UserError(
      `the swarm has the ${kind} ${name} with another content, which cannot be changed: leave \`name\` out, then each content gets a name of its own, or write a new name`,
    )
  }
  if (data === undefined && hash === undefined) {
    log.warning(`the secret ${name} was not made by this action: it is taken as it is, for its content cannot be read`)
  }
}
