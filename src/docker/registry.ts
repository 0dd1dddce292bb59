import type { Credential } from '../deployment.ts'
import { sleep } from '../runner/clock.ts'
import type { Distribution } from './api.ts'
import { type Engine, EngineError } from './engine.ts'
import { familiar, type ImageReference } from './reference.ts'
import { authConfig, registryAuthHeader } from './registry-auth.ts'
import { classifyRegistryError, type RegistryFailure } from './registry-error.ts'

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
const RETRY_AFTER_SECONDS = [1, 3]

/** The daemon itself gives up on a silent registry after 15 to 60 s. */
const REGISTRY_TIMEOUT_SECONDS = 90

/**
 * Has the manager log in to a credential's registry, from the manager's place in the network.
 *
 * This is the call that `docker login` makes. It is made here because the CLI trims the blanks around a password
 * (28 and later), and checks it from the runner when the daemon cannot be reached.
 *
 * @throws RegistryError when the registry does not take it or cannot be asked
 */
export async function verifyCredential(engine: Engine, credential: Credential, signal: AbortSignal): Promise<void> {
  await asking(signal, () =>
    engine.post('/auth', { body: authConfig(credential), signal, timeoutSeconds: REGISTRY_TIMEOUT_SECONDS }),
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
  credential: Credential | undefined,
  signal: AbortSignal,
): Promise<Distribution> {
  return asking(signal, () =>
    engine.get<Distribution>(`/distribution/${familiar(image)}/json`, {
      signal,
      timeoutSeconds: REGISTRY_TIMEOUT_SECONDS,
      ...(credential === undefined ? {} : { registryAuth: registryAuthHeader(credential) }),
    }),
  )
}

async function asking<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  for (const pause of [...RETRY_AFTER_SECONDS, undefined]) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      const failure = classifyRegistryError(error.status, error.message)
      if (failure !== 'registry-error' || pause === undefined) throw new RegistryError(failure, error.message)
      await sleep(pause * 1000, signal)
    }
  }
  throw new Error('unreachable: the last pause ends the loop')
}
