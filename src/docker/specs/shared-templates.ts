import { isDeepStrictEqual } from 'node:util'
import type { Service, ServiceSpec } from '../api.ts'

/**
 * A service that was just read, with the task templates of specs that are at hand in the place of equal ones of its own.
 * Templates are most of a service, and each answer has two of them again: what is kept of a thousand services would
 * be five times as large.
 *
 * @param known specs that stay in memory anyway
 */
export function sharingTemplates(service: Service, known: readonly (ServiceSpec | undefined)[]): Service {
  const { Spec, PreviousSpec } = service
  const shared = (spec: ServiceSpec): ServiceSpec => {
    const same = known.find((one) => isDeepStrictEqual(one?.TaskTemplate, spec.TaskTemplate))
    return same === undefined ? spec : { ...spec, TaskTemplate: same.TaskTemplate }
  }
  return { ...service, Spec: shared(Spec), ...(PreviousSpec && { PreviousSpec: shared(PreviousSpec) }) }
}
