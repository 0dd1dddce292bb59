import { foreignLine } from '../runner/foreign.ts'
import { EngineError, Unreadable } from './engine.ts'
import { parseGoJson } from './go-json.ts'

interface Body {
  readonly status: number
  readonly headers: { readonly 'content-type'?: string | undefined }
  readonly body: Buffer
}

type Asked = NonNullable<EngineError['asked']>

const MOST_QUOTED = 200
const MOST_READ = 10_000

/**
 * What the daemon means by an answer that is no error. Some have no body.
 *
 * @throws Unreadable when no daemon answers this request so
 */
export function readAnswer<T>({ body, headers }: Body, path: string, { host, request }: Asked): T {
  const text = body.toString()
  if (text.trim() === '' && !isRead(request)) return undefined as T
  const value = parsed(text)
  if (value === undefined || (isRead(request) && !isPlausible(value, path))) {
    const reason = `it answers ${request} with ${describe(text, headers['content-type'])}, and no docker daemon does`
    throw new Unreadable(`${host} cannot be understood: ${reason}`, { reason })
  }
  return value as T
}

/** The error behind an answer with a status of 400 and more. */
export function refusal({ status, headers, body }: Body, asked: Asked): EngineError {
  const text = body.toString()
  const message = messageIn(text)
  if (message !== undefined) return new EngineError(status, message, asked)
  const does = status < 500 ? 'does not let the request through' : 'does not reach it'
  const words = `${status}, not in the words of a docker daemon: something in front of it ${does}`
  return new EngineError(status, `${words}: ${describe(text, headers['content-type'])}`, asked, false)
}

function messageIn(body: string): string | undefined {
  const { message } = (parsed(body) ?? {}) as { message?: unknown }
  return typeof message === 'string' ? message : undefined
}

function parsed(text: string): unknown {
  try {
    return parseGoJson(text) ?? undefined
  } catch {
    return undefined
  }
}

function isRead(request: string): boolean {
  return request.startsWith('GET ')
}

const LISTS = /^\/(?:services|tasks|nodes|networks|secrets|configs)$/

/** Fields without which an answer is not what it should be. */
const KEYS: readonly (readonly [RegExp, string])[] = [
  [/^\/info$/, 'Swarm'],
  [/^\/version$/, 'ApiVersion'],
  [/^\/(?:services|tasks|nodes|secrets|configs)\/[^/]+$/, 'ID'],
  [/^\/networks\/[^/]+$/, 'Id'],
  [/^\/distribution\/.+\/json$/, 'Descriptor'],
]

/** Whether a daemon can have meant it. An empty object is no swarm without a manager, and `null` no empty list. */
function isPlausible(value: unknown, path: string): boolean {
  if (LISTS.test(path))
    return Array.isArray(value) && value.every((item) => isObject(item) && ('ID' in item || 'Id' in item))
  if (!isObject(value)) return false
  const key = KEYS.find(([pattern]) => pattern.test(path))?.[1]
  return key === undefined || key in value
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Something that is not the daemon's, in a few words. */
function describe(text: string, contentType = ''): string {
  if (text.trim() === '') return 'nothing'
  const isHtml = /html/i.test(contentType) || /^\s*<(?:!doctype|html|head|body)\b/i.test(text)
  return isHtml ? `HTML ("${quoted(withoutTags(text))}")` : `"${quoted(text)}"`
}

function quoted(text: string): string {
  return foreignLine(text.slice(0, MOST_READ).replace(/\s+/g, ' ').trim(), MOST_QUOTED)
}

function withoutTags(html: string): string {
  return html
    .slice(0, MOST_READ)
    .replace(/<(script|style)\b[^>]*>.*?<\/\1>/gis, ' ')
    .replace(/<[^>]*>/g, ' ')
}
