import type { Environment } from '../../runner/environment.ts'
import { shown } from '../../runner/text/shown.ts'
import { isOfTheAction } from '../../runner/variables.ts'
import { basePath, resolvePath } from '../files.ts'
import { valueAt } from '../keys.ts'
import type { Problems } from '../problems.ts'
import type { YamlMap } from '../yaml.ts'
import { credentialSpecAt } from './credential-spec.ts'
import { networksAt } from './networks.ts'
import { objectsAt, pathInContainer } from './objects.ts'
import { ATTACHMENT_KEYS, type AttachmentSources, type AttachmentsRequest } from './request.ts'

export function attachmentSources(env: Environment): AttachmentSources {
  return {
    lookUp: (name) => (isOfTheAction(name) || !Object.hasOwn(env, name) ? undefined : env[name]),
    directory: basePath(env),
    base: basePath(env),
    settings: '`env` of the step',
    resolve: (path) => resolvePath(env, path),
  }
}

/**
 * What an entry attaches; `undefined` when it has none of the keys. Every secret content is masked as it is read.
 *
 * @param service its name, which a credential spec without one gets a part of
 */
export function attachmentsOf(
  map: YamlMap,
  service: string,
  sources: AttachmentSources,
  problems: Problems,
): AttachmentsRequest | undefined {
  if (ATTACHMENT_KEYS.every((key) => valueAt(map, key) === undefined)) return undefined
  const secrets = objectsAt(map, 'secret', service, sources, problems)
  const configs = objectsAt(map, 'config', service, sources, problems)
  const networks = networksAt(map, problems)
  const credentialSpec = credentialSpecAt(map, service, sources, problems)
  const paths = new Set(secrets?.map(pathInContainer))
  for (const path of (configs ?? []).map(pathInContainer).filter((one) => paths.has(one))) {
    problems.add(
      `\`secrets\` and \`configs\` both have the file ${shown(path)}: write another \`target\` for one of the two`,
    )
  }
  return {
    ...(secrets && { secrets }),
    ...(configs && { configs }),
    ...(networks && { networks }),
    ...(credentialSpec && { credentialSpec }),
  }
}
