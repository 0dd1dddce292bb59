import type { ImageReference } from '../docker/registry/reference.ts'
import type { Environment } from '../runner/environment.ts'
import { log } from '../runner/log/log.ts'
import { DEFAULTS } from './defaults.ts'
import type { ImagePruning } from './deployment.ts'
import { input, readOrDefault } from './given.ts'
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
    const given = input(env, INPUT).trim()
    if (given !== '' && given !== DEFAULTS[INPUT]) {
      log.notice(`${INPUT}: it only counts with \`prune-images: true\`, and is not used`)
    }
    return undefined
  }
  if (!wait) {
    problems.add(
      'prune-images: with `wait: false` nobody sees whether the deploy succeeds, and only then anything may be removed: leave one of the two out',
    )
  }
  return { toolsImage }
}
