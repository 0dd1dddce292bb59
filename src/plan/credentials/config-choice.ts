import type { Service } from '../../docker/api.ts'
import { stackIn } from '../../docker/specs/stack-objects.ts'
import type { ServiceRequest } from '../../inputs/deployment.ts'
import { labelsOf } from '../../inputs/flags.ts'

/** Labels by which a service names its config itself, the first that is set wins. */
const CONFIG_LABELS = ['swarm-deploy.auth.config', 'gantry.auth.config'] as const

/**
 * The labels by which a service on the swarm may name its config: of one of a stack those of its containers too, which
 * stand under `labels` in the compose file.
 */
export function choosingLabels({
  Spec: { Labels = {}, TaskTemplate },
}: Pick<Service, 'Spec'>): Readonly<Record<string, string>> {
  const isOfStack = stackIn(Labels) !== undefined
  return { ...(isOfStack && TaskTemplate.ContainerSpec?.Labels), ...Labels }
}

/** What of a request says which config it wants. */
export type ChoosingRequest = Pick<ServiceRequest, 'authConfig' | 'labels' | 'createArgs'>

/** The config that a service asks for by name. */
export interface ConfigChoice {
  /** Where it says so, as the user knows it. */
  readonly source: string
  readonly name: string
}

/**
 * The config that a service names, in its entry or by a label; `undefined` when it names none. Pure.
 *
 * @param current the service as it is
 */
export function configChoice(request: ChoosingRequest, current: Service | undefined): ConfigChoice | undefined {
  if (request.authConfig !== undefined) return { source: '`auth-config`', name: request.authConfig }
  const labels = request.labels ?? { ...current?.Spec.Labels, ...labelsOf(request.createArgs ?? []) }
  // Names of configs have no blanks around them either, and nobody would see one in an error.
  const named = CONFIG_LABELS.map((key) => ({ source: `its label ${key}`, name: labels[key]?.trim() ?? '' }))
  return named.find(({ name }) => name !== '')
}
