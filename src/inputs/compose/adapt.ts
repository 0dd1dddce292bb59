import { groupBy } from '../../runner/group-by.ts'
import { mayBeSecret, mayHoldSecret } from '../../runner/may-be-secret.ts'
import { safeLine } from '../../runner/safe-text.ts'
import { placed, shown } from '../../runner/shown.ts'
import { isGivenToDocker, rulesDocker } from '../../runner/variables.ts'
import { closestKey, keyAdvice } from '../keys.ts'
import { listed, Problems } from '../problems.ts'
import type { YamlEntry, YamlMap, YamlText, YamlValue } from '../yaml.ts'
import { checkSources, SOURCES, sourcesOf } from './contents.ts'
import { DROPPED, IGNORED, own, REFUSED, SECTIONS, SERVICE_KEYS, unheardKeys } from './keys.ts'
import { noNumbers } from './no-numbers.ts'
import type { ComposeFile } from './place.ts'
import { referencesOf, withoutSource } from './references.ts'
import { parseServiceEnvFile, readOtherwise } from './service-env-file.ts'
import {
  addressOfPort,
  hasComment,
  meansAllAddresses,
  unknownVolumeOptions,
  volumeOptionAdvice,
} from './short-forms.ts'
import { entryAt, isNothing, itemsOf, mapAt, mapItems, mapTexts, mapValues, text, withEntries } from './tree.ts'
import { filledIn, isUnset, type LookUp, partlyFilledIn, type Substitution, substitutionsIn } from './variables.ts'

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
 * The label of a secret or config that says where its content is, for docker reads none itself: `file`, `content` or
 * `environment`, then its key in the files, then the path, content or variable, with colons between. Of one whose
 * content a driver has, `driver` and the key.
 */
export const SOURCE_LABEL = 'swarm-deploy.source'
const NO_FILE = '/dev/null'

/**
 * The text of an `env_file`; `undefined` when there is no such file.
 *
 * @param path relative to the directory of the first compose file
 * @throws UserError when it is no file that can be read
 */
export type ReadEnvFile = (path: string) => string | undefined

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
  const lint = new Lint(files, lookUp, problems, readEnvFile)
  const adapted = files.map((file) => lint.adapt(file))
  lint.checkReferences()
  lint.checkImages()
  checkSources(files, lookUp, problems)
  const variables = [...lint.variables].filter((name) => !rulesDocker(name))
  return { files: adapted, notices: lint.notices(), warnings: lint.warnings(), variables }
}

/** Services that have one key, in one line. */
interface Mention {
  readonly place: string
  readonly advice: string
  readonly services: string[]
}

class Lint {
  readonly variables = new Set<string>()
  readonly #files: readonly ComposeFile[]
  readonly #lookUp: LookUp
  #problems: Problems
  readonly #dropped = new Map<string, Mention>()
  readonly #ignored = new Map<string, Mention>()
  readonly #readEnvFile: ReadEnvFile
  readonly #notices = new Set<string>()
  readonly #warnings = new Set<string>()
  /** Substitutions that were told: what an alias stands for is looked at in each of its places. */
  readonly #told = new Set<string>()

  constructor(files: readonly ComposeFile[], lookUp: LookUp, problems: Problems, readEnvFile: ReadEnvFile) {
    this.#files = files
    this.#lookUp = lookUp
    this.#problems = problems
    this.#readEnvFile = readEnvFile
  }

  notices(): string[] {
    return [...this.#notices, ...mentions(this.#dropped, 'is left out')]
  }

  warnings(): string[] {
    return [...mentions(this.#ignored, 'is ignored by Swarm'), ...this.#warnings]
  }

  adapt({ path, root }: ComposeFile): YamlMap {
    const entries = root.entries.flatMap((entry) => {
      const { key, value, line } = entry
      const here = this.#problems.at(`${path} line ${line}`)
      if (key === 'name') {
        this.#notices.add(`${path} line ${line}: \`name\` is left out: the input \`stack\` names the stack`)
        return []
      }
      if (key === 'version') {
        this.#version(path, line, value)
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
      // Variables without a value are told first, but only those that are left when all else has been looked at.
      const all = this.#problems
      this.#problems = new Problems()
      const adapted = mapValues(value, (name, inner) => this.#object(key, path, name, inner))
      const others = this.#problems
      this.#problems = all
      this.#variablesOf(path, adapted)
      all.take(others)
      for (const { path: keys, line: at, text: found } of noNumbers(adapted, [key])) {
        all.add(
          `${path} line ${at}: ${keys.map(placed).join('.')}: \`${found}\` is a number to YAML that docker does not take: put it in quotes`,
        )
      }
      const fill = (one: YamlText) => ({ ...one, value: partlyFilledIn(one.value, rulesDocker, this.#lookUp) })
      return [{ key, line, value: mapTexts(adapted, fill) }]
    })
    return { ...root, entries }
  }

  /** Every network, volume, secret and config that a service names must be defined in one of the files. */
  checkReferences(): void {
    const defined = (section: string) =>
      new Set(this.#files.flatMap(({ root }) => mapAt(root, section).map(({ key }) => key)))
    const known = Object.fromEntries(SECTIONS.map((section) => [section, defined(section)]))
    // Of a section that is no mapping that has been told, and it says what there is.
    const isUnread = (section: string) =>
      this.#files.some(({ root }) => !['map', undefined].includes(sectionOf(root, section)?.kind))
    for (const { path, root } of this.#files) {
      for (const { key: service, value } of mapAt(root, 'services')) {
        for (const { section, name, line } of referencesOf(value, this.#lookUp)) {
          if (known[section]?.has(name) || (section === 'networks' && name === 'default')) continue
          if (isUnread(section)) continue
          const one = section.slice(0, -1)
          this.#problems.add(
            `${path} line ${line}: the service ${placed(service)} uses the ${one} ${placed(name)}, which no file defines: add it to the top-level \`${section}\`, or correct the name`,
          )
        }
      }
    }
  }

  /** Every service needs an image, in one of the files. */
  checkImages(): void {
    const services = this.#files.flatMap(({ path, root }) =>
      mapAt(root, 'services').map((entry) => ({ path, ...entry })),
    )
    for (const [name, all] of groupBy(services, ({ key }) => key)) {
      const isGiven = (value: YamlValue | undefined) => value !== undefined && !isNothing(value)
      const has = (key: string) => all.find(({ value }) => value.kind === 'map' && isGiven(entryAt(value, key)))
      const [first] = all
      if (first?.value.kind !== 'map' || has('image') !== undefined) continue
      const { path, value, line } = has('build') ?? first
      const entryOf = (one: string) => (value.kind === 'map' ? value.entries.find(({ key }) => key === one) : undefined)
      const build = entryOf('build')
      const what = build === undefined ? 'has no `image`' : 'has a `build` and no `image`, and Swarm does not build'
      this.#problems.add(
        `${path} line ${(build ?? entryOf('image'))?.line ?? line}: services.${placed(name)} ${what}: build and push in an earlier step, and name the result in \`image\``,
      )
    }
  }

  /** It means nothing to docker any more, which only checks that it is one of its own. */
  #version(path: string, line: number, value: YamlValue): void {
    const minor = value.kind === 'text' ? /^3(?:\.(\d+))?$/.exec(value.value) : null
    if (minor !== null && Number(minor[1] ?? 0) <= 13) return
    this.#notices.add(`${path} line ${line}: \`version\` is left out: docker stack takes none but 3.0 to 3.13`)
  }

  #variablesOf(path: string, value: YamlValue): void {
    if (value.kind === 'list') for (const item of value.items) this.#variablesOf(path, item)
    if (value.kind === 'map') for (const entry of value.entries) this.#variablesOf(path, entry.value)
    if (value.kind !== 'text') return
    this.#variablesOfText(path, value)
  }

  #variablesOfText(path: string, { value, line, style }: YamlText): void {
    for (const found of substitutionsIn(value, line + (style === 'block' ? 1 : 0))) {
      if (found.kind === 'variable') this.variables.add(found.name)
      for (const reason of this.#reasonsAgainst(found)) {
        this.#addOnce(`${path} line ${found.line}: ${reason}`)
      }
    }
  }

  #reasonsAgainst(found: Substitution): string[] {
    if (found.kind === 'invalid') return [found.reason]
    const { name, needs, words, misread } = found
    const reasons: string[] = []
    if (isUnset(found, this.#lookUp)) {
      const state = this.#lookUp(name) === undefined ? 'not set' : 'empty'
      const setIt = 'set it in the `env` of the step or in an `env-file`'
      reasons.push(
        needs === 'value'
          ? `the variable ${placed(name)} is ${state} and has no default: ${setIt}, or write \${${mayBeSecret(name) ? '…' : name}:-…}`
          : `the variable ${placed(name)} is ${state}${wordsInWords(words)}: ${setIt}`,
      )
    }
    if (misread !== '') {
      const what = needs === 'default' ? 'default' : 'message'
      reasons.push(
        `docker stack takes the ${misread} in the ${what} of ${placed(name)} for the beginning of another: write the ${what} without ${misread}`,
      )
    }
    return reasons
  }

  #object(section: (typeof SECTIONS)[number], path: string, name: string, value: YamlValue): YamlValue {
    if (section === 'services') return this.#service(path, name, value)
    if (section === 'secrets' || section === 'configs') return this.#content(section, path, name, value)
    return value
  }

  #service(path: string, name: string, service: YamlValue): YamlValue {
    if (service.kind !== 'map') {
      this.#problems.add(
        `${path} line ${service.line}: the service ${placed(name)} is ${noMap(service)}: write at least its \`image\`, as \`image: …\``,
      )
      return service
    }
    const fromFiles = this.#fromEnvFiles(service, path, name)
    const entries = service.entries.flatMap((entry): YamlEntry[] => {
      const { key, line, value } = entry
      const here = this.#problems.at(`${path} line ${line}: services.${placed(name)}.${placed(key)}`)
      if (key.startsWith('x-')) return []
      const dropped = own(DROPPED, key)
      if (dropped !== undefined) {
        mention(this.#dropped, key, dropped, `${path} line ${line}`, name)
        return []
      }
      const refused = own(REFUSED, key)
      if (refused !== undefined) {
        here.add(`docker stack does not know it: ${refused}`)
        return []
      }
      if (!SERVICE_KEYS.includes(key)) {
        const closest = closestKey(key, SERVICE_KEYS) ?? closestKey(key.replaceAll('-', '_'), SERVICE_KEYS)
        here.add(
          `docker stack does not know this key: ${closest === undefined ? 'leave it out' : `did you mean \`${closest}\`?`}`,
        )
        return []
      }
      if (isNothing(value) && (key === 'command' || key === 'entrypoint')) return []
      const ignored = own(IGNORED, key)
      if (ignored !== undefined && !this.#obeysRestart(entry, name)) {
        mention(this.#ignored, key, ignored, `${path} line ${line}`, name)
        // Docker never looks at them again, and neither at the variables in them; but at this one it may.
        return key === 'restart' && !this.#hasRestartPolicy(name) ? [entry] : []
      }
      if (key === 'credential_spec') checkCredentialSpec(value, here)
      if (key === 'secrets' || key === 'configs') {
        for (const { line: at, name: inside } of withoutSource(value)) {
          this.#problems.add(
            `${path} line ${at}: services.${placed(name)}.${key}: it names no \`source\`: write the name alone, as in \`- ${inside}\`, and what it is under the top-level \`${key}\``,
          )
        }
      }
      if (key === 'ports') return [{ ...entry, value: mapItems(value, (port) => this.#port(port, path, name)) }]
      if (key === 'env_file') return []
      if (key === 'environment') return [{ ...entry, value: this.#environment(value, fromFiles, here) }]
      this.#warnOfSilence(entry, path, name)
      return [entry]
    })
    if (fromFiles.length > 0 && entryAt(service, 'environment') === undefined) {
      const all = { kind: 'map', line: service.line, entries: fromFiles } as const
      entries.push({ key: 'environment', line: service.line, value: all })
    }
    return { ...service, entries }
  }

  /** docker stack says that it ignores `restart`, and yet makes a policy of it where there is none. */
  #obeysRestart({ key, value }: YamlEntry, service: string): boolean {
    const isOnFailure = value.kind === 'text' && this.#filled(value).startsWith('on-failure')
    return key === 'restart' && isOnFailure && !this.#hasRestartPolicy(service)
  }

  /** In any of the files, which docker merges first. */
  #hasRestartPolicy(service: string): boolean {
    return this.#files.some(({ root }) => {
      const value = mapAt(root, 'services').find(({ key }) => key === service)?.value
      const deploy = value?.kind === 'map' ? entryAt(value, 'deploy') : undefined
      return deploy?.kind === 'map' && entryAt(deploy, 'restart_policy') !== undefined
    })
  }

  /** What docker leaves out of a value without a word. */
  #warnOfSilence({ key, line, value }: YamlEntry, path: string, service: string): void {
    const warn = (at: number, said: string) =>
      this.#warnings.add(`${path} line ${at}: services.${placed(service)}.${key}: ${said}`)
    if ((key === 'command' || key === 'entrypoint') && value.kind === 'text' && hasComment(this.#filled(value))) {
      warn(line, 'docker takes a word that begins with # for a comment, and leaves out what follows: put it in quotes')
    }
    for (const { name, line: at, advice } of unheardKeys(key, value)) {
      mention(this.#ignored, name, advice, `${path} line ${at}`, service)
    }
    if (key === 'volumes') {
      for (const item of itemsOf(value)) {
        if (item.kind !== 'text') continue
        for (const option of unknownVolumeOptions(this.#filled(item))) {
          const place = `${path} line ${item.line}`
          mention(this.#ignored, `volumes: …:${safeLine(option, 40)}`, volumeOptionAdvice(option), place, service)
        }
      }
    }
    if (key === 'extra_hosts') {
      const incomplete =
        value.kind === 'map'
          ? value.entries.filter((entry) => isNothing(entry.value))
          : itemsOf(value).filter((item) => item.kind === 'text' && !/[:=]/.test(this.#filled(item)))
      for (const one of incomplete) warn(one.line, 'docker leaves out a host without an address: write `name:address`')
    }
    if (key !== 'networks' || value.kind !== 'map') return
    for (const network of value.entries) {
      for (const entry of network.value.kind === 'map' ? network.value.entries : []) {
        if (!/^ipv[46]_address$/.test(entry.key)) continue
        const advice = 'Swarm chooses the addresses of tasks itself: leave it out, and use the name of the service'
        mention(this.#ignored, `networks.${entry.key}`, advice, `${path} line ${entry.line}`, service)
      }
    }
  }

  #filled({ value }: YamlText): string {
    return filledIn(value, this.#lookUp)
  }

  /**
   * What the files of variables give a service, as docker stack reads them: they are put into `environment`, for which
   * docker has the same rules.
   */
  #fromEnvFiles(service: YamlMap, path: string, name: string): YamlEntry[] {
    const given = entryAt(service, 'env_file')
    const variables = new Map<string, YamlEntry>()
    for (const item of given === undefined || isNothing(given) ? [] : itemsOf(given)) {
      const here = this.#problems.at(`${path} line ${item.line}: services.${placed(name)}.env_file`)
      const file = envFileOf(item, here)
      if (file === undefined) continue
      this.#variablesOfText(path, file.path)
      const filePath = this.#filled(file.path)
      const shownPath = placed(filePath)
      const place = this.#problems.at(`${path} line ${file.path.line}: services.${placed(name)}.env_file ${shownPath}`)
      if (filePath === '') {
        place.add('the path is empty: write the path of a file of this job')
        continue
      }
      const content = place.attempt(() => ({ text: this.#readEnvFile(filePath) }))
      if (content === undefined) continue
      if (content.text === undefined) {
        if (file.isRequired)
          place.add(
            'there is no such file: write the path of a file of this job, absolute or relative to the directory of the first compose file',
          )
        else
          this.#notices.add(
            `${path} line ${file.path.line}: \`env_file\` ${shownPath} is left out (${placed(name)}): it is not there, and not required`,
          )
        continue
      }
      const read = parseServiceEnvFile(content.text)
      for (const { line, reason } of read.problems) this.#addOnce(`${shownPath} line ${line}: ${reason}`)
      if (!file.isRaw) for (const warning of readOtherwise(read, shownPath)) this.#warnings.add(warning)
      for (const { name: key, value, line } of read.variables) {
        const own = this.#valueOf(key, value, this.#problems.at(`${shownPath} line ${line}`))
        if (own !== undefined) variables.set(key, { key, line: item.line, value: text(escaped(own), item.line) })
      }
    }
    return [...variables.values()]
  }

  /**
   * The value of a variable of a service: one without a value, or with an empty one, takes the step's, as docker has it
   * (cli/compose/loader, updateEnvironment). The runner's own are not among the step's.
   *
   * @param given with its variables filled in; `undefined` when there is none
   */
  #valueOf(name: string, given: string | undefined, here: Problems): string | undefined {
    if (given !== undefined && given !== '') return given
    const own = this.#lookUp(name)
    if (own === undefined && isGivenToDocker(name)) {
      here.add(
        `${placed(name)} has no value, and docker would put its own there: set it in the \`env\` of the step, or leave it out`,
      )
    }
    return own ?? given
  }

  /** The same for what stands in the file: docker finds the step's value itself, unless it would obey the variable. */
  #replacement(name: string, given: string | undefined, here: Problems): string | undefined {
    const value = this.#valueOf(name, given, here)
    if (value !== given && !rulesDocker(name)) this.variables.add(name)
    return value !== given && rulesDocker(name) ? value : undefined
  }

  #environment(environment: YamlValue, fromFiles: readonly YamlEntry[], here: Problems): YamlValue {
    if (environment.kind === 'list') {
      const names = new Set<string>()
      const items = environment.items.map((item) => {
        if (item.kind !== 'text') return item
        const [name = '', ...rest] = this.#filled(item).split('=')
        names.add(name)
        const value = this.#replacement(name, rest.length === 0 ? undefined : rest.join('='), here)
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
      const own = this.#replacement(key, isNothing(value) ? undefined : this.#filled(value), here)
      return own === undefined ? entry : { ...entry, value: text(escaped(own), value.line) }
    })
    const others = fromFiles.filter(({ key }) => !entries.some((entry) => entry.key === key))
    return { ...environment, entries: [...others, ...entries] }
  }

  #addOnce(problem: string): void {
    if (!this.#told.has(problem)) this.#problems.add(problem)
    this.#told.add(problem)
  }

  /** What `docker compose config` writes as text, `docker stack` wants as a number. */
  #port(port: YamlValue, path: string, service: string): YamlValue {
    if (port.kind === 'text') {
      const address = addressOfPort(this.#filled(port))
      if (address !== '') this.#refuseAddress(`the address ${shown(address)}`, `${path} line ${port.line}`, service)
    }
    if (port.kind !== 'map') return port
    const entries = port.entries.flatMap((entry) => {
      const { key, value, line } = entry
      const here = this.#problems.at(`${path} line ${line}: services.${placed(service)}.ports`)
      if (key === 'name' || key === 'app_protocol') {
        mention(this.#dropped, `ports.${key}`, 'it says nothing to Swarm', `${path} line ${line}`, service)
        return []
      }
      if (key === 'host_ip') {
        if (value.kind === 'text' && meansAllAddresses(this.#filled(value))) {
          mention(
            this.#dropped,
            'ports.host_ip',
            'Swarm publishes on all addresses anyway',
            `${path} line ${line}`,
            service,
          )
        } else this.#refuseAddress('`host_ip`', `${path} line ${line}`, service)
        return []
      }
      if ((key !== 'published' && key !== 'target') || value.kind !== 'text' || value.style === 'plain') return [entry]
      if (/^\d+$/.test(value.value)) return [{ ...entry, value: { ...value, style: 'plain' as const } }]
      if (!value.value.includes('$')) {
        here.add(
          `\`${key}\` is ${shown(value.value)}, which is no single port: write one number, and an entry for each`,
        )
      }
      return [entry]
    })
    return { ...port, entries }
  }

  #refuseAddress(what: string, place: string, service: string): void {
    this.#addOnce(
      `${place}: services.${placed(service)}.ports: ${what}: Swarm publishes on all addresses of a node: leave it out, or guard the port by a firewall`,
    )
  }

  /** The content of a secret or config may stand in the file, or in a variable: docker stack knows only files. */
  #content(section: 'secrets' | 'configs', path: string, name: string, value: YamlValue): YamlValue {
    const what = `${section}.${placed(name)}`
    if (value.kind !== 'map') {
      this.#problems.add(
        `${path} line ${value.line}: ${what} is ${noMap(value)}: write \`file: …\`, or \`external: true\``,
      )
      return value
    }
    const given = sourcesOf(value, this.#lookUp)
    if (given.length > 1) {
      this.#problems.add(`${path} line ${value.line}: ${what} has ${listed(given)}: leave one of them`)
    }
    const source = value.entries.find(({ key }) => SOURCES.includes(key) || key === 'driver')
    if (source === undefined || given.includes('external')) return value
    const { key, value: inner, line } = source
    if (key !== 'driver' && (inner.kind !== 'text' || isNothing(inner))) {
      this.#problems.add(`${path} line ${line}: ${what}.${key} is no text: put it in quotes`)
      return value
    }
    const words = inner.kind === 'text' && key !== 'driver' ? inner.value : ''
    const label = text(`${key}:${name.replaceAll('$', '$$$$')}:${words}`, line)
    const others = value.entries.filter((entry) => !SOURCES.includes(entry.key))
    const file = key === 'driver' ? [] : [{ key: 'file', line, value: text(NO_FILE, line) }]
    return withLabel({ ...value, entries: [...others, ...file] }, SOURCE_LABEL, label)
  }
}

function withLabel(object: YamlMap, name: string, value: YamlText): YamlMap {
  if (entryAt(object, 'labels')?.kind !== 'list') {
    return withEntries(object, ['labels'], [{ key: name, line: value.line, value }])
  }
  const item = text(`${name}=${value.value}`, value.line)
  return mapValues(object, (_, one) =>
    one === entryAt(object, 'labels') && one.kind === 'list' ? { ...one, items: [...one.items, item] } : one,
  )
}

function checkCredentialSpec(value: YamlValue, problems: Problems): void {
  const given = value.kind === 'map' ? value.entries.map(({ key }) => key) : []
  const sources = given.filter((key) => ['config', 'file', 'registry'].includes(key))
  if (sources.length === 1 && given.length === 1) return
  const has = sources.length > 1 ? `it names ${listed(sources)}` : 'it names no source'
  problems.add(`${has}: write exactly one of \`config\`, \`file\` and \`registry\``)
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

/** What the author of a file says of a variable that has to be set. */
function wordsInWords(words: string): string {
  const said = words.trim()
  return said === '' || mayHoldSecret(said) ? '' : `, of which the file says "${safeLine(said, 300)}"`
}

/** What to do about a top-level key that is none. */
function adviceAtTop(key: string, value: YamlValue): string {
  if (key === 'include') return 'give every file in the input `compose-file`'
  const closest = closestKey(key, SECTIONS)
  if (closest !== undefined) return `did you mean \`${closest}\`?`
  const isService = value.kind === 'map' && ['image', 'build'].some((one) => entryAt(value, one) !== undefined)
  return isService ? 'write it under `services`' : `write one of ${listed([...SECTIONS], 'disjunction')}`
}

/** What is under a top-level key, if anything is. */
function sectionOf(root: YamlMap, section: string): YamlValue | undefined {
  const value = entryAt(root, section)
  return value === undefined || isNothing(value) ? undefined : value
}

/** What to write where a section is no mapping. */
function remedyForSection(value: YamlValue, section: string): string {
  const name =
    value.kind === 'list'
      ? value.items.flatMap((item) => (item.kind === 'map' ? item.entries : [])).at(0)?.key
      : undefined
  return name === undefined || mayBeSecret(name)
    ? 'write a mapping with a name for each of them'
    : `leave the dashes off, and write a mapping with a name for each of them, as in \`${section}: {${name}: …}\``
}

/** What stands where a mapping belongs. */
function noMap(value: YamlValue): string {
  return isNothing(value) ? 'empty' : `a ${value.kind} and no mapping`
}

/** As docker is to find a text in which no dollar sign begins a variable. */
function escaped(value: string): string {
  return value.replaceAll('$', '$$$$')
}

function mention(all: Map<string, Mention>, key: string, advice: string, place: string, service: string): void {
  const known = all.get(key)
  const name = placed(service)
  if (known === undefined) all.set(key, { place, advice, services: [name] })
  else if (!known.services.includes(name)) known.services.push(name)
}

function mentions(all: ReadonlyMap<string, Mention>, what: string): string[] {
  return [...all].map(
    ([key, { place, advice, services }]) => `${place}: \`${key}\` ${what} (${services.join(', ')}): ${advice}`,
  )
}

function isSection(key: string): key is (typeof SECTIONS)[number] {
  return (SECTIONS as readonly string[]).includes(key)
}
