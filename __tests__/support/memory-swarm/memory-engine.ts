import { type Engine, EngineError, type RequestOptions } from '../../../src/docker/engine/engine.ts'
import { readAnswer } from '../read-answer.ts'
import { type Answer, answer, type Call } from './api.ts'
import { events } from './events.ts'
import type { Faults } from './faults.ts'
import type { Images } from './images.ts'
import { copyOf } from './objects.ts'
import type { Store } from './store.ts'

const API_VERSION = '1.41'
const DEFAULT_TIMEOUT_SECONDS = 30

/** The engine of a run, whose daemon is the memory swarm. Answers are copies: nobody changes the swarm through them. */
export function memoryEngine(store: Store, images: Images, faults: Faults): Engine {
  const daemon = (call: Call): Answer => {
    const { status, body } = answer(store, images, call)
    return { status, body: Buffer.isBuffer(body) || body === '' ? body : copyOf(body) }
  }
  const ask = (method: string, path: string, options: RequestOptions = {}) => {
    const { query = {}, body, registryAuth, signal, timeoutSeconds = DEFAULT_TIMEOUT_SECONDS } = options
    const call: Call = {
      method,
      path,
      query,
      ...(body !== undefined && { body: copyOf(body) }),
      ...(registryAuth !== undefined && { registryAuth: registryAuth.reveal() }),
    }
    return faults.pass(call, daemon, signal, timeoutSeconds * 1000)
  }
  return {
    apiVersion: API_VERSION,
    get: async <T>(path: string, options?: RequestOptions) =>
      readAnswer<T>((await ask('GET', path, options)).body, options),
    post: async <T>(path: string, options?: RequestOptions) => {
      const { body } = await ask('POST', path, options)
      return (body === '' ? undefined : body) as T
    },
    remove: async (path, options) => {
      await ask('DELETE', path, options)
    },
    bytes: async (path, options) => {
      const { body } = await ask('GET', path, options)
      return Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body))
    },
    lines: (_path, { signal }) => events(store, signal),
    async forward({ method, path }) {
      const url = new URL(path, 'http://docker')
      const query = Object.fromEntries(url.searchParams)
      const asked = ask(method, url.pathname.replace(/^\/v[\d.]+/, ''), { query })
      const told = await asked.catch((error: unknown) => {
        if (!(error instanceof EngineError)) throw error
        return { status: error.status, body: { message: error.message } }
      })
      const content = typeof told.body === 'string' ? told.body : JSON.stringify(told.body)
      const headers = { 'content-type': 'application/json', 'api-version': API_VERSION }
      return { status: told.status, headers, body: Buffer.from(content) }
    },
    close: () => undefined,
  }
}
