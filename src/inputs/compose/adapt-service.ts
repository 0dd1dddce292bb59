import { placed } from '../../runner/text/shown.ts'
import { closestKey, indentAdvice } from '../keys.ts'
import { listed, type Problems } from '../problems.ts'
import type { YamlEntry, YamlMap, YamlValue } from '../yaml.ts'
import type { Findings } from './findings.ts'
import { DROPPED, IGNORED, own, REFUSED, SERVICE_KEYS } from './keys.ts'
import type { ComposeFile } from './place.ts'
import { withoutSource } from './references.ts'
import { adaptEnvironment, type ReadEnvFile, variablesFromFiles } from './service-environment.ts'
import { adaptPort } from './service-ports.ts'
import { entryAt, isNothing, mapAt, mapItems, noMap } from './tree.ts'
import { tellUnheard } from './unheard.ts'
import { filledIn, type LookUp } from './variables.ts'

/** What there is to adapt a file with. */
export interface Adapting {
  readonly files: readonly ComposeFile[]
  readonly lookUp: LookUp
  readonly readEnvFile: ReadEnvFile
  readonly findings: Findings
}

/** A service as docker stack takes it, with what is wrong with it, or left out, told. */
export function adaptService(path: string, name: string, service: YamlValue, adapting: Adapting): YamlValue {
  const { findings } = adapting
  if (service.kind !== 'map') {
    findings.addProblem(
      `${path} line ${service.line}: the service ${placed(name)} is ${noMap(service)}: write at least its \`image\`, as \`image: …\``,
    )
    return service
  }
  const fromFiles = variablesFromFiles(service, path, name, adapting)
  const entries = service.entries.flatMap((entry) =>
    adaptEntry(entry, { path, service: name, map: service, fromFiles }, adapting),
  )
  if (fromFiles.length > 0 && entryAt(service, 'environment') === undefined) {
    const all = { kind: 'map', line: service.line, entries: fromFiles } as const
    entries.push({ key: 'environment', line: service.line, value: all })
  }
  return { ...service, entries }
}

/** Whose an entry is. */
interface Owner {
  readonly path: string
  readonly service: string
  readonly map: YamlMap
  readonly fromFiles: readonly YamlEntry[]
}

function adaptEntry(entry: YamlEntry, { path, service, map, fromFiles }: Owner, adapting: Adapting): YamlEntry[] {
  const { findings, lookUp } = adapting
  const { key, line, value } = entry
  const place = `${path} line ${line}`
  const here = findings.at(`${place}: services.${placed(service)}.${placed(key)}`)
  if (key.startsWith('x-')) return []
  const dropped = own(DROPPED, key)
  if (dropped !== undefined) {
    findings.mentionDropped(key, dropped, place, service)
    return []
  }
  const refused = own(REFUSED, key)
  if (refused !== undefined) {
    here.add(`docker stack does not know it: ${refused}`)
    return []
  }
  if (!SERVICE_KEYS.includes(key)) {
    const closest = closestKey(key, SERVICE_KEYS) ?? closestKey(key.replaceAll('-', '_'), SERVICE_KEYS)
    const advice =
      closest === undefined
        ? indentAdvice(entry, map, (one) => SERVICE_KEYS.includes(one))
        : `did you mean \`${closest}\`?`
    here.add(`docker stack does not know this key: ${advice ?? 'leave it out'}`)
    return []
  }
  if (isNothing(value) && (key === 'command' || key === 'entrypoint')) return []
  const ignored = own(IGNORED, key)
  if (ignored !== undefined && !obeysRestart(entry, service, adapting)) {
    findings.mentionIgnored(key, ignored, place, service)
    // Docker never looks at them again, and neither at the variables in them; but at this one it may.
    return key === 'restart' && !hasRestartPolicy(service, adapting.files) ? [entry] : []
  }
  if (key === 'credential_spec') checkCredentialSpec(value, here)
  if (key === 'secrets' || key === 'configs') {
    for (const { line: at, name: inside } of withoutSource(value)) {
      findings.addProblem(
        `${path} line ${at}: services.${placed(service)}.${key}: it names no \`source\`: write the name alone, as in \`- ${inside}\`, and what it is under the top-level \`${key}\``,
      )
    }
  }
  if (key === 'ports') return [{ ...entry, value: mapItems(value, (port) => adaptPort(port, path, service, adapting)) }]
  if (key === 'env_file') return []
  if (key === 'environment') return [{ ...entry, value: adaptEnvironment(value, fromFiles, here, adapting) }]
  tellUnheard(entry, path, service, lookUp, findings)
  return [entry]
}

/** docker stack says that it ignores `restart`, and yet makes a policy of it where there is none. */
function obeysRestart({ key, value }: YamlEntry, service: string, { files, lookUp }: Adapting): boolean {
  const isOnFailure = value.kind === 'text' && filledIn(value.value, lookUp).startsWith('on-failure')
  return key === 'restart' && isOnFailure && !hasRestartPolicy(service, files)
}

/** In any of the files, which docker merges first. */
function hasRestartPolicy(service: string, files: readonly ComposeFile[]): boolean {
  return files.some(({ root }) => {
    const value = mapAt(root, 'services').find(({ key }) => key === service)?.value
    const deploy = value?.kind === 'map' ? entryAt(value, 'deploy') : undefined
    return deploy?.kind === 'map' && entryAt(deploy, 'restart_policy') !== undefined
  })
}

function checkCredentialSpec(value: YamlValue, problems: Problems): void {
  const given = value.kind === 'map' ? value.entries.map(({ key }) => key) : []
  const sources = given.filter((key) => ['config', 'file', 'registry'].includes(key))
  if (sources.length === 1 && given.length === 1) return
  const has = sources.length > 1 ? `it names ${listed(sources)}` : 'it names no source'
  problems.add(`${has}: write exactly one of \`config\`, \`file\` and \`registry\``)
}
