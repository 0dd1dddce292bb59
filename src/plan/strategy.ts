import type { Node, ServiceSpec } from '../docker/api.ts'
import type { ServiceRequest } from '../inputs/deployment.ts'
import type { SecondService } from './colours.ts'
import type { PlannedService } from './planned-service.ts'

/** What the plan asks of a strategy. Pure. */
export interface StrategyPlan {
  /** Swarm's own update of the service makes its new tasks, beside or after the old ones. */
  readonly updatesInPlace: boolean
  /** It makes a second service, and gives the two names of their own. */
  readonly hasSecondService: boolean
  /** Between the old tasks and the new ones nothing runs, on purpose. */
  readonly hasDowntime: boolean
  /** How a change is made; without it, all at once. */
  decide?(asked: Asked): Decision
  /** Whether what earlier deploys of a service have left beside it stays. */
  keepsLeftovers?(request: ServiceRequest): boolean
}

/** All strategies by their names. */
export type StrategyPlans = Readonly<Record<string, StrategyPlan>>

/** A change that is about to be planned. */
export interface Asked {
  readonly planned: PlannedService
  /** What the service is to be. */
  readonly wanted: ServiceSpec
  readonly nodes: readonly Node[]
}

/** How a strategy makes a change. */
export interface Decision {
  /** Why it cannot be had for this change, with the way out. */
  readonly refusal?: string
  /** How it goes about it, where Swarm's own update is not all, in words that follow the service's name and a colon. */
  readonly course?: string
  /** What it does before the whole of the change is sent: only the strategy itself knows what that means. */
  readonly firstStep?: unknown
  /** The service that it makes beside the live one, and how that begins. */
  readonly second?: { readonly wanted: ServiceSpec; readonly service: SecondService }
  /** What the user has to know of it. */
  readonly notices?: readonly string[]
}

/** What the plan asks of the strategy that a service has. */
export function planOf({ strategy: { kind } }: ServiceRequest, strategies: StrategyPlans): StrategyPlan {
  const plan = strategies[kind]
  if (plan === undefined) throw new Error(`there is no strategy ${kind}`)
  return plan
}
