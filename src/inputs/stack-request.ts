import type { Policies } from '../docker/cli/update-policy.ts'
import type { AdaptedFiles } from './compose/adapt.ts'
import type { ComposeFile } from './compose/place.ts'
import type { LookUp } from './compose/variables.ts'
import type { PrepareChoice } from './prepare.ts'
import type { StrategyChoice } from './strategy.ts'

/** A stack as the inputs ask for it. */
export interface StackRequest {
  readonly name: string
  readonly files: readonly ComposeFile[]
  readonly adapted: AdaptedFiles
  /** Where relative paths in the files begin: the directory of the first. */
  readonly directory: string
  /** The variables that the files name, as far as they are set. */
  readonly variables: Readonly<Record<string, string>>
  /** All variables of the step and the env files. */
  readonly lookUp: LookUp
  /** Remove what the files no longer name. */
  readonly prune: boolean
  /** Run jobs again that are finished. */
  readonly rerunJobs: boolean
  /** The services of its files that this run leaves as they are, by the names that they have on the swarm. */
  readonly leftOut: readonly string[]
  /** How the tasks of its services are replaced. */
  readonly strategy: StrategyChoice
  readonly policies: Policies
  /** Which nodes have its image before anything is changed. */
  readonly prepare: PrepareChoice
}
