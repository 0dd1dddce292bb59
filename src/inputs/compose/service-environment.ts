import { placed, shown } from '../../runner/text/shown.ts'
import { isForDocker, isGivenToDocker } from '../../runner/variables.ts'
import { closestKey, keyAdvice } from '../keys.ts'
import type { Problems } from '../problems.ts'
import type { YamlEntry, YamlMap, YamlText, YamlValue } from '../yaml.ts'
import { checkVariablesOfText } from './check-variables.ts'
import type { Findings } from './findings.ts'
import { parseServiceEnvFile, readOtherwise } from './service-env-file.ts'
import { entryAt, isNothing, itemsOf, text } from './tree.ts'
import { filledIn, type LookUp } from './variables.ts'

/**
 * The text of an `env_file`; `undefined` when there is no such file.
 *
 * @param path relative to the directory of the first compose file
 * @throws UserError when it is no file that can be read
 */
export type ReadEnvFile = (path: string) => string | undefined

/** What there is to read variables of services with. */
interface Reading {
  readonly lookUp: LookUp
  readonly readEnvFile: ReadEnvFile
  readonly findings: Findings
}

/**
 * What the files of variables give a service, as docker stack reads them: they are put into `environment`, for which
 * docker has the same rules.
 */
export function variablesFromFiles(service: YamlMap, path: string, name: string, reading: Reading): YamlEntry[] {
  const { lookUp, findings } = reading
  const given = entryAt(service, 'env_file')
  const variables = new Map<string, YamlEntry>()
  for (const item of given === undefined || isNothing(given) ? [] : itemsOf(given)) {
    const file = envFileOf(item, findings.at(`${path} line ${item.line}: services.${placed(name)}.env_file`))
    if (file === undefined) continue
    checkVariablesOfText(path, file.path, lookUp, findings)
    const shownPath = placed(filledIn(file.path.value, lookUp))
    const content = contentOf(file, path, name, shownPath, reading)
    if (content === undefined) continue
    const read = parseServiceEnvFile(content)
    for (const { line, reason } of read.problems) findings.addProblemOnce(`${shownPath} line ${line}: ${reason}`)
    if (!file.isRaw) for (const warning of readOtherwise(read, shownPath)) findings.addWarning(warning)
    for (const { name: key, value, line } of read.variables) {
      const own = resolvedValue(key, value, findings.at(`${shownPath} line ${line}`), lookUp)
      if (own !== undefined) variables.set(key, { key, line: item.line, value: text(escaped(own), item.line) })
    }
  }
  return [...variables.values()]
}

/** The text of a file of variables; `undefined` when there is none, and that is told. */
function contentOf(
  file: EnvFileEntry,
  path: string,
  service: string,
  shownPath: string,
  { lookUp, readEnvFile, findings }: Reading,
): string | undefined {
  const place = `${path} line ${file.path.line}`
  const key = `${place}: services.${placed(service)}.env_file`
  const filePath = filledIn(file.path.value, lookUp)
  if (filePath === '') {
    findings.addProblem(`${key}: the path is empty: write the path of a file of this job`)
    return undefined
  }
  const here = findings.at(`${key} ${shownPath}`)
  const content = here.attempt(() => ({ text: readEnvFile(filePath) }))
  if (content === undefined || content.text !== undefined) return content?.text
  if (file.isRequired) {
    here.add(
      'there is no such file: write the path of a file of this job, absolute or relative to the directory of the first compose file',
    )
  } else {
    findings.addNotice(
      `${place}: \`env_file\` ${shownPath} is left out (${placed(service)}): it is not there, and not required`,
    )
  }
  return undefined
}

interface EnvFileEntry {
  readonly path: YamlText
  readonly isRequired: boolean
  /** Its author wants it read as docker stack does. */
  readonly isRaw: boolean
}

const ENV_FILE_KEYS = ['path', 'required', 'format']

/** What an item of `env_file` says; `undefined` when it says nothing that can be used. */
function envFileOf(item: YamlValue, problems: Problems): EnvFileEntry | undefined {
  if (item.kind === 'text') return { path: item, isRequired: true, isRaw: false }
  const path = item.kind === 'map' ? entryAt(item, 'path') : undefined
  if (item.kind !== 'map' || path?.kind !== 'text') {
    problems.add('this is no path: write the path of a file, or `{path: …, required: false}`')
    return undefined
  }
  for (const { key } of item.entries.filter((entry) => !ENV_FILE_KEYS.includes(entry.key))) {
    problems.add(`it has the unknown key ${shown(key)}: ${keyAdvice(closestKey(key, ENV_FILE_KEYS), ENV_FILE_KEYS)}`)
  }
  const textAt = (key: string) => {
    const value = entryAt(item, key)
    return value === undefined ? '' : value.kind === 'text' ? value.value.toLowerCase() : '?'
  }
  const required = textAt('required')
  if (!['', 'true', 'false'].includes(required)) problems.add('`required` is neither true nor false: write one of them')
  const format = textAt('format')
  if (!['', 'raw'].includes(format)) {
    problems.add('`format` is not `raw`, which is how docker stack reads all of these files: leave it out')
  }
  return { path, isRequired: required !== 'false', isRaw: format === 'raw' }
}

/** The `environment` of a service, with what its files give it, and the values that docker would take from elsewhere. */
export function adaptEnvironment(
  environment: YamlValue,
  fromFiles: readonly YamlEntry[],
  here: Problems,
  { lookUp, findings }: Pick<Reading, 'lookUp' | 'findings'>,
): YamlValue {
  if (environment.kind === 'list') {
    const names = new Set<string>()
    const items = environment.items.map((item) => {
      if (item.kind !== 'text') return item
      const [name = '', ...rest] = filledIn(item.value, lookUp).split('=')
      names.add(name)
      const value = replacement(name, rest.length === 0 ? undefined : rest.join('='), here, lookUp, findings)
      return value === undefined ? item : text(escaped(`${name}=${value}`), item.line)
    })
    const others = fromFiles.filter(({ key }) => !names.has(key))
    const pairs = others.map(({ key, value, line }) => text(`${escaped(key)}=${(value as YamlText).value}`, line))
    return { ...environment, items: [...pairs, ...items] }
  }
  if (environment.kind !== 'map') return environment
  const entries = environment.entries.map((entry) => {
    const { key, value } = entry
    if (value.kind !== 'text') return entry
    const given = isNothing(value) ? undefined : filledIn(value.value, lookUp)
    const own = replacement(key, given, here, lookUp, findings)
    return own === undefined ? entry : { ...entry, value: text(escaped(own), value.line) }
  })
  const others = fromFiles.filter(({ key }) => !entries.some((entry) => entry.key === key))
  return { ...environment, entries: [...others, ...entries] }
}

/** What to write for what stands in the file: docker finds the step's value itself, unless it would obey the variable. */
function replacement(
  name: string,
  given: string | undefined,
  here: Problems,
  lookUp: LookUp,
  findings: Findings,
): string | undefined {
  const value = resolvedValue(name, given, here, lookUp)
  if (value === given) return undefined
  if (!isForDocker(name, value)) return value
  findings.variables.add(name)
  return undefined
}

/**
 * The value of a variable of a service: one without a value, or with an empty one, takes the step's, as docker has it
 * (cli/compose/loader, updateEnvironment). The runner's own are not among the step's.
 *
 * @param given with its variables filled in; `undefined` when there is none
 */
function resolvedValue(name: string, given: string | undefined, here: Problems, lookUp: LookUp): string | undefined {
  if (given !== undefined && given !== '') return given
  const own = lookUp(name)
  if (own === undefined && isGivenToDocker(name)) {
    here.add(
      `${placed(name)} has no value, and docker would put its own there: set it in the \`env\` of the step, or leave it out`,
    )
  }
  return own ?? given
}

/** As docker is to find a text in which no dollar sign begins a variable. */
function escaped(value: string): string {
  return value.replaceAll('$', '$$$$')
}
