import { mayBeSecret } from '../../runner/secrets/may-be-secret.ts'
import { placed, shown } from '../../runner/text/shown.ts'
import { isForDocker } from '../../runner/variables.ts'
import { closestKey } from '../keys.ts'
import { listed, type Problems } from '../problems.ts'
import type { YamlEntry, YamlMap, YamlText, YamlValue } from '../yaml.ts'
import { adaptContent } from './adapt-content.ts'
import { type Adapting, adaptService } from './adapt-service.ts'
import { checkVariables } from './check-variables.ts'
import { checkSources } from './contents.ts'
import { checkImages, checkReferences, checkVolumeNames } from './definitions.ts'
import { Findings } from './findings.ts'
import { isKeyOf, isSection, SECTIONS, SERVICE_KEYS, type Section } from './keys.ts'
import { noNumbers } from './no-numbers.ts'
import { refuseOwnLabels } from './own-labels.ts'
import type { ComposeFile } from './place.ts'
import type { ReadEnvFile } from './service-environment.ts'
import { entryAt, isNothing, mapTexts, mapValues } from './tree.ts'
import { type LookUp, partlyFilledIn } from './variables.ts'

/** Compose files in the form that `docker stack deploy` takes, and what was done to get there. */
export interface AdaptedFiles {
  /** In the order of the files. */
  readonly files: readonly YamlMap[]
  /** Harmless differences that were evened out. */
  readonly notices: readonly string[]
  /** What Swarm leaves out of account: one line a key, however many services have it. */
  readonly warnings: readonly string[]
  /** The variables that docker is to fill in. */
  readonly variables: readonly string[]
}

/**
 * Looks for everything that `docker stack` would refuse, or deploy in another way than it looks, and evens out what
 * makes no difference. Pure.
 *
 * @param lookUp the variables of the step and of the env files
 */
export function adaptCompose(
  files: readonly ComposeFile[],
  lookUp: LookUp,
  problems: Problems,
  readEnvFile: ReadEnvFile,
): AdaptedFiles {
  const findings = new Findings(problems)
  const adapted = files.map((file) => adaptFile(file, { files, lookUp, readEnvFile, findings }))
  checkReferences(files, lookUp, problems)
  checkVolumeNames(files, lookUp, problems)
  checkImages(files, problems)
  checkSources(files, lookUp, problems)
  const variables = [...findings.variables].filter((name) => isForDocker(name, lookUp(name)))
  return { files: adapted, notices: findings.notices, warnings: findings.warnings, variables }
}

function adaptFile({ path, root }: ComposeFile, adapting: Adapting): YamlMap {
  const { findings, lookUp } = adapting
  const entries = root.entries.flatMap((entry) => {
    const { key, value, line } = entry
    const here = findings.at(`${path} line ${line}`)
    if (key === 'name') {
      findings.addNotice(`${path} line ${line}: \`name\` is left out: the input \`stack\` names the stack`)
      return []
    }
    if (key === 'version') {
      if (!isKnownVersion(value)) {
        findings.addNotice(`${path} line ${line}: \`version\` is left out: docker stack takes none but 3.0 to 3.13`)
      }
      return []
    }
    if (key.startsWith('x-')) return []
    if (!isSection(key)) {
      here.add(`docker stack does not know the top-level key ${shown(key)}: ${adviceAtTop(key, value)}`)
      return []
    }
    if (isNothing(value)) return []
    if (value.kind !== 'map') {
      here.add(`\`${key}\` is a ${value.kind}: ${remedyForSection(value, key)}`)
      return []
    }
    const misplaced = tellMisplaced(key, path, value, findings)
    const rightly = { ...value, entries: value.entries.filter((one) => !misplaced.includes(one)) }
    // Variables without a value are told first, but only those that are left when all else has been looked at.
    const adapted = findings.behind(
      () => mapValues(rightly, (name, inner) => adaptObject(key, path, name, inner, adapting)),
      (made) => checkVariables(path, made, lookUp, findings),
    )
    for (const { path: keys, line: at, text: found } of noNumbers(adapted, [key])) {
      findings.addProblem(
        `${path} line ${at}: ${keys.map(placed).join('.')}: \`${found}\` is a number to YAML that docker does not take: put it in quotes`,
      )
    }
    const fill = (one: YamlText) => ({
      ...one,
      value: partlyFilledIn(one.value, (name) => !isForDocker(name, lookUp(name)), lookUp),
    })
    return [{ key, line, value: mapTexts(adapted, fill) }]
  })
  return { ...root, entries }
}

/** It means nothing to docker any more, which only checks that it is one of its own. */
function isKnownVersion(value: YamlValue): boolean {
  const minor = value.kind === 'text' ? /^3(?:\.(\d+))?$/.exec(value.value) : null
  return minor !== null && Number(minor[1] ?? 0) <= 13
}

function adaptObject(section: Section, path: string, name: string, value: YamlValue, adapting: Adapting): YamlValue {
  if (section === 'services') return adaptService(path, name, value, adapting)
  if (section !== 'volumes') refuseOwnLabels(section, path, name, value, adapting)
  if (section === 'secrets' || section === 'configs') return adaptContent(section, path, name, value, adapting)
  return value
}

/**
 * Tells keys of a service, secret and the like that stand where these have their names, for want of indentation; the first
 * of several that follow each other.
 *
 * @returns the entries of which nothing more is to be said: these, and what is empty for want of them
 */
function tellMisplaced(section: Section, path: string, { entries }: YamlMap, findings: Findings): YamlEntry[] {
  const one = section.slice(0, -1)
  const isMisplaced = (entry: YamlEntry | undefined) =>
    entry !== undefined && entry.value.kind !== 'map' && !isNothing(entry.value) && isKeyOf(section, entry.key)
  return entries.flatMap((entry, index) => {
    if (!isMisplaced(entry)) return isNothing(entry.value) && isMisplaced(entries[index + 1]) ? [entry] : []
    const before = entries[index - 1]
    if (isMisplaced(before)) return [entry]
    const remedy =
      before === undefined
        ? `write the name of the ${one} before it, as in \`web: {${entry.key}: …}\``
        : `indent it, and what follows it, by two blanks more if it belongs to the ${one} ${placed(before.key)}`
    findings.addProblem(`${path} line ${entry.line}: \`${entry.key}\` is a key of a ${one}: ${remedy}`)
    return [entry]
  })
}

/** What to do about a top-level key that is none. */
function adviceAtTop(key: string, value: YamlValue): string {
  if (key === 'include') return 'give every file in the input `compose-file`'
  const closest = closestKey(key, SECTIONS)
  if (closest !== undefined) return `did you mean \`${closest}\`?`
  const isService = value.kind === 'map' && ['image', 'build'].some((one) => entryAt(value, one) !== undefined)
  return isService ? 'write it under `services`' : `write one of ${listed([...SECTIONS], 'or')}`
}

/** What to write where a section is no mapping. */
function remedyForSection(value: YamlValue, section: string): string {
  const name =
    value.kind === 'list'
      ? value.items.flatMap((item) => (item.kind === 'map' ? item.entries : [])).at(0)?.key
      : undefined
  const isName = name !== undefined && !SERVICE_KEYS.includes(name) && !mayBeSecret(name)
  return !isName
    ? 'write a mapping with a name for each of them'
    : `leave the dashes off, and write a mapping with a name for each of them, as in \`${section}: {${name}: …}\``
}
