import { isDigest } from '../registry/reference.ts'

/**
 * What an answer must have at the least to be a daemon's: the fields that the code reads without asking whether they
 * are there. No daemon leaves them out (seen with Docker 20.10; moby, api/types/swarm). A proxy that answers for the
 * daemon, or a daemon of another make, is then told as that.
 */
type Shape = 'any' | 'text' | 'digest' | 'number' | 'object' | 'objects or nothing' | { readonly [key: string]: Shape }

const SPEC: Shape = { Name: 'text', TaskTemplate: 'object', Mode: 'object' }

const ITEMS: Readonly<Record<string, Shape>> = {
  services: { ID: 'text', Version: { Index: 'number' }, Spec: SPEC },
  tasks: { ID: 'text', ServiceID: 'text', CreatedAt: 'text', DesiredState: 'text', Status: { State: 'text' } },
  nodes: {
    ID: 'text',
    Spec: 'object',
    Status: { State: 'text' },
    Description: { Platform: 'object', Engine: 'object' },
  },
  secrets: { ID: 'text', Version: { Index: 'number' }, Spec: { Name: 'text' } },
  configs: { ID: 'text', Version: { Index: 'number' }, Spec: { Name: 'text' } },
  networks: { Id: 'text', Name: 'text' },
}

const OTHERS: readonly (readonly [method: string, path: RegExp, Shape])[] = [
  ['GET', /^\/info$/, { Swarm: 'object' }],
  ['GET', /^\/version$/, { ApiVersion: 'text' }],
  ['GET', /^\/distribution\/.+\/json$/, { Descriptor: { digest: 'digest' }, Platforms: 'objects or nothing' }],
  ['POST', /^\/(?:services|secrets|configs)\/create$/, { ID: 'text' }],
  ['POST', /^\/networks\/create$/, { Id: 'text' }],
]

/**
 * Whether a daemon can have meant it. An empty object is no swarm without a manager, and `null` no empty list.
 *
 * @param value `undefined` when there was nothing
 * @param path without its API version
 */
export function isPlausible(value: unknown, method: string, path: string): boolean {
  const [, collection = '', id] = /^\/([a-z]+)(?:\/([^/]+))?$/.exec(path) ?? []
  const item = method === 'GET' && Object.hasOwn(ITEMS, collection) ? ITEMS[collection] : undefined
  if (item !== undefined && id === undefined) return Array.isArray(value) && value.every((one) => fits(one, item))
  const shape = item ?? OTHERS.find(([verb, pattern]) => verb === method && pattern.test(path))?.[2]
  // Of most changes nobody reads the answer.
  return fits(value, shape ?? (method === 'GET' ? 'object' : 'any'))
}

function fits(value: unknown, shape: Shape): boolean {
  if (shape === 'any') return true
  if (shape === 'text') return typeof value === 'string'
  if (shape === 'digest') return typeof value === 'string' && isDigest(value)
  if (shape === 'number') return typeof value === 'number'
  if (shape === 'objects or nothing') {
    return value === undefined || value === null || (Array.isArray(value) && value.every((one) => fits(one, 'object')))
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const fields = shape === 'object' ? [] : Object.entries(shape)
  return fields.every(([key, inner]) => fits((value as Readonly<Record<string, unknown>>)[key], inner))
}
