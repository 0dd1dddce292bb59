import { linesJoined } from '../../runner/text/safe-text.ts'
import { retry } from '../../runner/time/retry.ts'
import type { Distribution } from '../api.ts'
import { type Engine, EngineError, type RequestOptions, TooLate } from '../engine/engine.ts'
import { familiar, type ImageReference } from './reference.ts'
import { authConfig, type RegistryCredential, registryAuthHeader } from './registry-auth.ts'
import { classifyRegistryError, describeFailure, REGISTRY_SECONDS, type RegistryFailure } from './registry-error.ts'

/** A registry's no, as the daemon passes it on. */
export class RegistryError extends Error {
  override name = 'RegistryError'
  readonly failure: RegistryFailure

  constructor(failure: RegistryFailure, message: string) {
    super(message)
    this.failure = failure
  }
}

/** A hiccup of the registry is asked about again after these pauses, then believed. */
const PAUSES_MS = [1000, 3000]

/**
 * Has the manager log in to a credential's registry, from the manager's place in the network.
 *
 * This is the call that `docker login` makes. It is made here because the CLI trims the blanks around a password
 * (28 and later), and checks it from the runner when the daemon cannot be reached.
 *
 * @throws RegistryError when the registry does not take it or cannot be asked
 */
export async function verifyCredential(
  engine: Engine,
  credential: RegistryCredential,
  signal: AbortSignal,
): Promise<void> {
  await asking(engine, credential.registry, signal, (limits) =>
    engine.post('/auth', { body: authConfig(credential), mayRepeat: true, ...limits }),
  )
}

/**
 * What the registry has under an image's name, asked by the manager with the very credential that the service will
 * hold.
 *
 * @throws RegistryError when it has no such image, does not show it to this account, or cannot be asked
 */
export function resolveImage(
  engine: Engine,
  image: ImageReference,
  credential: RegistryCredential | undefined,
  signal: AbortSignal,
): Promise<Distribution> {
  return asking(engine, image.registry, signal, (limits) =>
    engine.get<Distribution>(`/distribution/${familiar(image)}/json`, {
      ...limits,
      ...(credential === undefined ? {} : { registryAuth: registryAuthHeader(credential) }),
    }),
  )
}

type CallLimits = Pick<RequestOptions, 'signal' | 'timeoutSeconds'> & { readonly signal: AbortSignal }

async function asking<T>(
  engine: Engine,
  registry: string,
  signal: AbortSignal,
  ask: (limits: CallLimits) => Promise<T>,
): Promise<T> {
  return retry(
    () => askOnce(engine, registry, signal, ask),
    (error, { number }) => {
      const isHiccup = error instanceof RegistryError && error.failure === 'registry-error'
      return isHiccup ? PAUSES_MS[number - 1] : undefined
    },
    signal,
  )
}

async function askOnce<T>(
  engine: Engine,
  registry: string,
  signal: AbortSignal,
  ask: (limits: CallLimits) => Promise<T>,
): Promise<T> {
  try {
    return await clockFor(engine, registry).during((over) =>
      ask({ signal: AbortSignal.any([signal, over]), timeoutSeconds: REGISTRY_SECONDS }),
    )
  } catch (error) {
    if (error instanceof TooLate && !signal.aborted) {
      // Or is it the daemon that is silent? Then this tells.
      await engine.bytes('/_ping', { signal })
      throw new RegistryError('silent', `${describeFailure('silent')} within ${REGISTRY_SECONDS} s`)
    }
    // What stands in front of the daemon knows nothing of registries.
    if (!(error instanceof EngineError) || !error.isDaemons) throw error
    throw new RegistryError(classifyRegistryError(error.status, error.message), inOneLine(error.message))
  }
}

/** A registry may give several reasons, and the daemon a line to each: `errors:`, and then all of them. */
function inOneLine(message: string): string {
  return linesJoined(message, '; ').replaceAll(':; ', ': ')
}

/** One for each registry and run: that it is silent is found out once, however many images it has. */
const clocks = new WeakMap<Engine, Map<string, RegistryClock>>()

function clockFor(engine: Engine, registry: string): RegistryClock {
  const ofEngine = clocks.get(engine) ?? new Map<string, RegistryClock>()
  clocks.set(engine, ofEngine)
  const clock = ofEngine.get(registry) ?? new RegistryClock()
  ofEngine.set(registry, clock)
  return clock
}

/** Ends all questions to a registry when none of them has been answered for too long, and those that follow. */
class RegistryClock {
  readonly #over = new AbortController()
  #waiting = 0
  #timer: NodeJS.Timeout | undefined

  async during<T>(ask: (over: AbortSignal) => Promise<T>): Promise<T> {
    this.#waiting++
    if (this.#timer === undefined) this.#restart()
    try {
      const answer = await ask(this.#over.signal)
      this.#restart()
      return answer
    } catch (error) {
      if (error instanceof EngineError) this.#restart()
      throw error
    } finally {
      this.#waiting--
      if (this.#waiting === 0) this.#stop()
    }
  }

  #restart(): void {
    this.#stop()
    const end = () => this.#over.abort(new DOMException('The registry is silent', 'TimeoutError'))
    this.#timer = setTimeout(end, REGISTRY_SECONDS * 1000)
  }

  #stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
