import { request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'

/** An HTTP answer. `body` is parsed when it is JSON, else text. */
export interface Answer<T> {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: T
}

/** One request over a unix socket; any status is an answer. Rejects when nobody listens or the connection breaks. */
export async function request<T = unknown>(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
  headers: OutgoingHttpHeaders = {},
): Promise<Answer<T>> {
  const answer = await requestText(socketPath, method, path, body, headers)
  return { ...answer, body: parsed(answer.body) as T }
}

/** The same with the body as it came. */
export function requestText(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
  headers: OutgoingHttpHeaders = {},
): Promise<Answer<string>> {
  const raw = Buffer.isBuffer(body)
  const payload = body === undefined ? undefined : raw ? body : Buffer.from(JSON.stringify(body))
  const allHeaders = {
    ...(payload && { 'content-length': payload.length }),
    ...(payload && !raw && { 'content-type': 'application/json' }),
    ...headers,
  }
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ socketPath, method, path, headers: allHeaders, agent: false }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('error', reject)
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(payload)
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The body of a request that must succeed. Rejects with what the other side said. */
export async function demand<T>(socketPath: string, method: string, path: string, body?: unknown): Promise<T> {
  const answer = await request<T>(socketPath, method, path, body)
  if (answer.status >= 400) {
    const said = (answer.body as { message?: string } | null)?.message ?? JSON.stringify(answer.body)
    throw new Error(`${method} ${path}: ${answer.status} ${said}`)
  }
  return answer.body
}
