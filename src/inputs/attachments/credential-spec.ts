import { objectNameProblem } from '../../docker/swarm/swarm-rules.ts'
import { UserError } from '../../errors.ts'
import { redact } from '../../runner/secrets/secret.ts'
import { shown } from '../../runner/text/shown.ts'
import { SOURCES } from '../compose/contents.ts'
import { textAt, valueAt } from '../keys.ts'
import { listed, type Problems } from '../problems.ts'
import type { YamlMap } from '../yaml.ts'
import { contentIn } from './content.ts'
import { checkKeys } from './items.ts'
import type { AttachmentSources, CredentialSpecRequest } from './request.ts'

const CREDENTIAL_SPEC_KEYS = ['config', 'registry', 'name', ...SOURCES, 'labels']
const NO_SPEC =
  'write `{file: credspec.json}` for a file of this job, `{config: NAME}` for a config of the swarm, `{registry: NAME}` for a value on the nodes, `file://NAME` for a file on the nodes, or `none`'

export function credentialSpecAt(
  map: YamlMap,
  service: string,
  sources: AttachmentSources,
  problems: Problems,
): CredentialSpecRequest | undefined {
  const value = valueAt(map, 'credential-spec')
  const here = problems.at('`credential-spec`')
  if (value === undefined) return undefined
  if (value.kind === 'text') return here.attempt(() => credentialSpecOfText(value.value.trim()))
  if (value.kind === 'list') {
    here.add(`this is a list: ${NO_SPEC}`)
    return undefined
  }
  checkKeys(value, CREDENTIAL_SPEC_KEYS, here)
  const given = ['config', 'registry', ...SOURCES].filter((key) => valueAt(value, key) !== undefined)
  const [only] = given
  if (only === undefined || given.length > 1) {
    here.add(only === undefined ? `it names no source: ${NO_SPEC}` : `${listed(given)} are all given: write only one`)
    return undefined
  }
  const content = contentIn(value, 'config', '', sources, here)
  const text = textAt(value, only, here) ?? ''
  if (only === 'registry') {
    if (text === '') here.add('`registry` is empty: write the name of a value in the Windows registry of the nodes')
    return { from: 'node', source: { Registry: text } }
  }
  const name = only === 'config' ? text : (textAt(value, 'name', here) ?? `${service}-credential-spec`)
  if (only === 'config' && valueAt(value, 'name') !== undefined) {
    here.add('`config` and `name` are both given: leave `name` out, it is for a config that is made here')
  }
  const problem = objectNameProblem(name, 'a config')
  if (problem !== undefined) here.add(redact(problem))
  return { from: 'config', name, ...(content && { content: { ...content, isCredentialSpec: true } }) }
}

/** In the words of docker's flag. */
function credentialSpecOfText(text: string): CredentialSpecRequest {
  const [, scheme, value = ''] = /^(config|file|registry):\/\/(.+)$/.exec(text) ?? []
  if (text === 'none') return { from: 'nothing' }
  if (scheme === undefined) throw new UserError(`${shown(text)} says not where it is: ${NO_SPEC}`)
  if (scheme === 'config') return { from: 'config', name: value }
  return { from: 'node', source: scheme === 'file' ? { File: value } : { Registry: value } }
}
