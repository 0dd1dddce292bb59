import { beginningOf, linesJoined, safeLine } from '../../runner/text/safe-text.ts'
import { isPlausible } from './answer-shapes.ts'
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
  const [method = ''] = request.split(' ', 1)
  const isNothing = text.trim() === '' && method !== 'GET'
  const value = isNothing ? undefined : parsed(text)
  if ((value === undefined && !isNothing) || !isPlausible(value, method, path)) {
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

/** Something that is not the daemon's, in a few words. */
function describe(text: string, contentType = ''): string {
  if (text.trim() === '') return 'nothing'
  const isHtml = /html/i.test(contentType) || /^\s*<(?:!doctype|html|head|body)\b/i.test(text)
  return isHtml ? `HTML ("${quoted(withoutTags(text))}")` : `"${quoted(text)}"`
}

function quoted(text: string): string {
  return safeLine(linesJoined(beginningOf(text, MOST_READ)).replace(/\s+/g, ' '), MOST_QUOTED)
}

function withoutTags(html: string): string {
  return beginningOf(html, MOST_READ)
    .replace(/<(script|style)\b[^>]*>.*?<\/\1>/gis, ' ')
    .replace(/<[^>]*>/g, ' ')
}
