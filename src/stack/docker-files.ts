import type { Policies, UpdatePolicy } from '../docker/cli/update-policy.ts'
import {
  entryAt,
  isNothing,
  mapAt,
  mapValues,
  serviceKeys,
  text,
  toYaml,
  withEntries,
  without,
  type YamlEntry,
} from '../inputs/compose/tree.ts'
import { filledIn, type LookUp } from '../inputs/compose/variables.ts'
import type { StackRequest } from '../inputs/stack-request.ts'
import type { YamlMap, YamlText, YamlValue } from '../inputs/yaml.ts'
import { scoped } from './stack.ts'

/** The first docker CLI that needs no `version` in a compose file, and whose newest keys no `version` switches off. */
const NO_VERSION_CLI = 23
const LAST_OF_OLDER = '3.9'

/**
 * The compose files as docker is given them, in YAML: with the policies of the inputs where a service has none of its
 * own, and credential specs by names that docker finds. Pure.
 *
 * @param cliMajor of the docker CLI; `undefined`: a new one
 * @param only the one service that is left in them; all unless given
 * @param leftOut paths of what is not
 */
export function dockerFiles(
  request: StackRequest,
  cliMajor: number | undefined,
  only?: string,
  leftOut: readonly (readonly string[])[] = [],
): string[] {
  const { adapted, policies, lookUp } = request
  const complete = withPolicies(withNamedCredentials(adapted.files, lookUp), policies, lookUp)
  const isOld = cliMajor !== undefined && cliMajor < NO_VERSION_CLI
  return complete.map((file) => {
    const versioned = isOld ? withEntries(file, [], [{ key: 'version', line: 1, value: text(LAST_OF_OLDER, 1) }]) : file
    return toYaml(leftOut.reduce(without, only === undefined ? versioned : withService(versioned, only)))
  })
}

function withService(file: YamlMap, only: string): YamlMap {
  return mapValues(file, (section, value) =>
    section === 'services' && value.kind === 'map'
      ? { ...value, entries: value.entries.filter(({ key }) => key === only) }
      : value,
  )
}

/** Swarm takes no policy for a job. */
function withPolicies(files: readonly YamlMap[], { update, rollback }: Policies, lookUp: LookUp): readonly YamlMap[] {
  const policies = Object.entries({ update_config: update, rollback_config: rollback })
  return serviceKeys(files).reduce((all, service) => {
    const deploys = files.flatMap((file) => mapOf(serviceOf(file, service), 'deploy') ?? [])
    const mode = deploys.map((deploy) => entryAt(deploy, 'mode')).findLast((one) => one?.kind === 'text')
    if (mode?.kind === 'text' && filledIn(mode.value, lookUp).endsWith('-job')) return all
    return policies.reduce((filled, [key, policy]) => {
      const own = new Set(deploys.flatMap((deploy) => mapOf(deploy, key)?.entries.map((entry) => entry.key) ?? []))
      const missing = settings(policy).filter((setting) => !own.has(setting.key))
      return missing.length === 0 ? filled : withSettings(filled, service, ['deploy', key], missing)
    }, all)
  }, files)
}

/** In the first file that has the service. */
function withSettings(
  files: readonly YamlMap[],
  service: string,
  path: readonly string[],
  added: readonly YamlEntry[],
): readonly YamlMap[] {
  const first = files.findIndex((file) => serviceOf(file, service) !== undefined)
  return files.map((file, index) => (index === first ? withEntries(file, ['services', service, ...path], added) : file))
}

const NUMBERS = ['parallelism', 'max_failure_ratio']

function settings(policy: UpdatePolicy): YamlEntry[] {
  const entries: [string, string][] = Object.entries(policy)
  return entries.map(([key, value]) => ({
    key,
    line: 0,
    value: NUMBERS.includes(key) ? { ...text(value, 0), style: 'plain' } : text(value, 0),
  }))
}

/**
 * Docker finds the config of a credential spec by its key only when that is its name in the stack. One with a name of
 * its own is found by the name, as that of an external one.
 */
function withNamedCredentials(files: readonly YamlMap[], lookUp: LookUp): readonly YamlMap[] {
  return files.map((file) => {
    const named = mapAt(file, 'services').flatMap(({ key, value }) => {
      const credential = value.kind === 'map' ? mapOf(value, 'credential_spec') : undefined
      const config = credential && entryAt(credential, 'config')
      const name = config?.kind === 'text' ? nameOf(files, 'configs', config.value, lookUp) : undefined
      return name === undefined ? [] : [{ service: key, name }]
    })
    return named.reduce((all, { service, name }) => {
      const value = text(name.replaceAll('$', '$$$$'), 0)
      const changed = changeAt(all, ['services', service, 'credential_spec', 'config'], value)
      const isDefined = files.some((one) => mapAt(one, 'configs').some(({ key }) => key === name))
      const external = { ...text('true', 0), style: 'plain' as const }
      const alias: YamlMap = {
        kind: 'map',
        line: 0,
        entries: [
          { key: 'external', line: 0, value: external },
          { key: 'name', line: 0, value },
        ],
      }
      return isDefined || mapAt(changed, 'configs').some(({ key }) => key === name)
        ? changed
        : withEntries(changed, ['configs'], [{ key: name, line: 0, value: alias }])
    }, file)
  })
}

/**
 * The name that the files give to a network, secret or config; `undefined` when they give none. Docker takes such a thing
 * whole from the last file that has it.
 */
export function nameOf(files: readonly YamlMap[], section: string, key: string, lookUp: LookUp): string | undefined {
  const objects = files.flatMap((file) => mapAt(file, section).filter((entry) => entry.key === key))
  const object = objects.at(-1)?.value
  if (object?.kind !== 'map') return undefined
  const external = mapOf(object, 'external')
  const name = entryAt(object, 'name') ?? (external && entryAt(external, 'name'))
  if (name?.kind !== 'text' || isNothing(name)) return undefined
  return filledIn(name.value, lookUp) || undefined
}

/** The path of what has this name on the swarm. */
export function keyOf(request: StackRequest, section: string, name: string): string[] {
  const {
    lookUp,
    adapted: { files },
  } = request
  const keys = files.flatMap((file) => mapAt(file, section).map(({ key }) => key))
  const key = keys.find((one) => [nameOf(files, section, one, lookUp), one, scoped(request, one)].includes(name))
  return key === undefined ? [] : [section, key]
}

function serviceOf(file: YamlMap, service: string): YamlMap | undefined {
  const value = mapAt(file, 'services').find(({ key }) => key === service)?.value
  return value?.kind === 'map' ? value : undefined
}

function mapOf(map: YamlMap | undefined, key: string): YamlMap | undefined {
  const value = map && entryAt(map, key)
  return value?.kind === 'map' ? value : undefined
}

function changeAt(map: YamlMap, [key = '', ...rest]: readonly string[], value: YamlText): YamlMap {
  return mapValues(map, (one, old): YamlValue => {
    if (one !== key) return old
    return rest.length === 0 || old.kind !== 'map' ? value : changeAt(old, rest, value)
  })
}
