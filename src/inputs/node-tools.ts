import type { ImageReference } from '../docker/registry/reference.ts'
import type { Environment } from '../runner/environment.ts'
import { DEFAULTS } from './defaults.ts'
import type { ImagePruning } from './deployment.ts'
import { isGivenOtherwise, readOrDefault, tellUnused } from './given.ts'
import type { Problems } from './problems.ts'
import { parseBoolean, parseImage } from './values.ts'

const INPUT = 'node-tools-image'

/** The image by which docker runs on the nodes. */
export function readToolsImage(env: Environment, problems: Problems): ImageReference {
  return readOrDefault(env, INPUT, problems, parseImage)
}

/** Whether old images are removed after the deploy, and by what. */
export function readPruneImages(env: Environment, wait: boolean, problems: Problems): ImagePruning | undefined {
  const isAsked = readOrDefault(env, 'prune-images', problems, parseBoolean)
  const toolsImage = readToolsImage(env, problems)
  if (!isAsked) {
    if (isGivenOtherwise(env, INPUT, DEFAULTS[INPUT])) tellUnused(INPUT, '`prune-images: true`')
    return undefined
  }
  if (!wait) {
    problems.add(
      'prune-images: with `wait: false` nobody sees whether the deploy succeeds, and only then anything may be removed: leave one of the two out',
    )
  }
  return { toolsImage }
}
