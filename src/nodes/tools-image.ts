import type { Connection } from '../connect/connection.ts'
import { EngineError } from '../docker/engine/engine.ts'
import type { ImageReference } from '../docker/registry/reference.ts'
import { UserError } from '../errors.ts'
import type { Accounts } from '../inputs/deployment.ts'
import { resolveToolImage, type ToolImage } from '../prepare/tool-image.ts'
import { log } from '../runner/log/log.ts'
import { limited } from '../runner/text/safe-text.ts'

const INPUT = 'node-tools-image'

/**
 * Finds the image by which docker runs on the nodes, before anything is changed. One that its registry does not tell of is
 * taken as each node has it where the manager has it: a swarm without a way out has its images loaded by hand.
 *
 * @param image of the input `node-tools-image`
 * @throws UserError when it cannot be had
 */
export async function checkToolsImage(
  image: ImageReference,
  accounts: Accounts,
  connection: Pick<Connection, 'engine' | 'userConfig'>,
  signal: AbortSignal,
): Promise<ToolImage> {
  const tool = await resolveToolImage(INPUT, image, accounts, connection, signal)
  if (tool.unread === undefined) return tool
  const reason = limited(tool.unread.message)
  try {
    await connection.engine.get(`/images/${encodeURI(tool.name)}/json`, { signal })
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    throw new UserError(
      `${INPUT}: ${tool.name} cannot be looked up: ${reason}. Name an image with a docker command that every node can pull, or load it there (\`docker load\`)`,
    )
  }
  log.info(`${tool.name} cannot be looked up, and is taken as each node has it: ${reason}`)
  return tool
}
