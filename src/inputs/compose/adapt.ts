import { rulesDocker } from '../../docker/ruling-variables.ts'
import { groupBy } from '../../group-by.ts'
import { closestKey } from '../keys.ts'
import { listed, type Problems, shown } from '../problems.ts'
import type { YamlMap, YamlText, YamlValue } from '../yaml.ts'
import { DROPPED, IGNORED, REFUSED, SECTIONS, SERVICE_KEYS } from './keys.ts'
import type { ComposeFile } from './place.ts'
import { referencesOf } from './references.ts'
import { entryAt, isNothing, mapAt, mapItems, mapTexts, mapValues, text, withEntries } from './tree.ts'
import { isUnset, type LookUp, partlyFilledIn, substitutionsIn } from './variables.ts'

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
const SOURCES = ['file', 'content', 'environment']
const NO_FILE = '/dev/null'

/**
 * Looks for everything that `docker stack` would refuse, or deploy in another way than it looks, and evens out what
 * makes no difference. Pure.
 *
 * @param lookUp the variables of the step and of the env files
 */
export function adaptCompose(files: readonly ComposeFile[], lookUp: LookUp, problems: Problems): AdaptedFiles {
  const lint = new Lint(files, lookUp, problems)
  const adapted = files.map((file) => lint.adapt(file))
  lint.checkReferences()
  lint.checkImages()
  lint.checkContents()
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
  readonly #problems: Problems
  readonly #dropped = new Map<string, Mention>()
  readonly #ignored = new Map<string, Mention>()
  readonly #notices: string[] = []

  constructor(files: readonly ComposeFile[], lookUp: LookUp, problems: Problems) {
    this.#files = files
    this.#lookUp = lookUp
    this.#problems = problems
  }

  notices(): string[] {
    return [...this.#notices, ...mentions(this.#dropped, 'is left out')]
  }

  warnings(): string[] {
    return mentions(this.#ignored, 'is ignored by Swarm')
  }

  adapt({ path, root }: ComposeFile): YamlMap {
    const entries = root.entries.flatMap((entry) => {
      const { key, value, line } = entry
      const here = this.#problems.at(`${path} line ${line}`)
      if (key === 'name') {
        this.#notices.push(`${path} line ${line}: \`name\` is left out: the input \`stack\` names the stack`)
        return []
      }
      if (key === 'version') {
        this.#version(path, line, value)
        return []
      }
      if (key.startsWith('x-')) return [entry]
      if (!isSection(key)) {
        const advice =
          key === 'include'
            ? 'give every file in the input `compose-file`'
            : `write one of ${listed([...SECTIONS], 'disjunction')}`
        here.add(`docker stack does not know the top-level key ${shown(key)}: ${advice}`)
        return []
      }
      this.#variablesOf(path, value)
      if (isNothing(value)) return []
      if (value.kind !== 'map') {
        here.add(`\`${key}\` is a ${value.kind}: write a mapping with a name for each of them`)
        return []
      }
      const filled = mapTexts(value, (one) => ({ ...one, value: partlyFilledIn(one.value, rulesDocker, this.#lookUp) }))
      return [{ key, line, value: mapValues(filled, (name, inner) => this.#object(key, path, name, inner)) }]
    })
    return { ...root, entries }
  }

  /** Every network, volume, secret and config that a service names must be defined in one of the files. */
  checkReferences(): void {
    const defined = (section: string) =>
      new Set(this.#files.flatMap(({ root }) => mapAt(root, section).map(({ key }) => key)))
    const known = Object.fromEntries(SECTIONS.map((section) => [section, defined(section)]))
    for (const { path, root } of this.#files) {
      for (const { key: service, value } of mapAt(root, 'services')) {
        for (const { section, name, line } of referencesOf(value)) {
          if (name.includes('$') || known[section]?.has(name) || (section === 'networks' && name === 'default'))
            continue
          const one = section.slice(0, -1)
          this.#problems.add(
            `${path} line ${line}: the service ${service} uses the ${one} ${name}, which no file defines: add it to the top-level \`${section}\`, or correct the name`,
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
      const has = (key: string) => all.find(({ value }) => value.kind === 'map' && entryAt(value, key) !== undefined)
      const [first] = all
      if (first?.value.kind !== 'map' || has('image') !== undefined) continue
      const { path, value, line } = has('build') ?? first
      const build = value.kind === 'map' ? value.entries.find(({ key }) => key === 'build') : undefined
      const what = build === undefined ? 'has no `image`' : 'has a `build` and no `image`, and Swarm does not build'
      this.#problems.add(
        `${path} line ${build?.line ?? line}: services.${name} ${what}: build and push in an earlier step, and name the result in \`image\``,
      )
    }
  }

  /** Docker takes a secret or config whole from the last file that has it. */
  checkContents(): void {
    for (const section of ['secrets', 'configs']) {
      const last = new Map(
        this.#files.flatMap(({ path, root }) => mapAt(root, section).map((entry) => [entry.key, { path, ...entry }])),
      )
      for (const { path, line, key, value } of last.values()) {
        if (value.kind !== 'map' || sourcesOf(value).length > 0) continue
        this.#problems.add(
          `${path} line ${line}: ${section}.${key} has no content: write its \`file\`, or \`external: true\``,
        )
      }
    }
  }

  /** It means nothing to docker any more, which only checks that it is one of its own. */
  #version(path: string, line: number, value: YamlValue): void {
    const minor = value.kind === 'text' ? /^3(?:\.(\d+))?$/.exec(value.value) : null
    if (minor !== null && Number(minor[1] ?? 0) <= 13) return
    this.#notices.push(`${path} line ${line}: \`version\` is left out: docker stack takes none but 3.0 to 3.13`)
  }

  #variablesOf(path: string, value: YamlValue): void {
    if (value.kind === 'list') for (const item of value.items) this.#variablesOf(path, item)
    if (value.kind === 'map') for (const entry of value.entries) this.#variablesOf(path, entry.value)
    if (value.kind !== 'text') return
    const start = value.line + (value.style === 'block' ? 1 : 0)
    for (const found of substitutionsIn(value.value, start)) {
      const here = this.#problems.at(`${path} line ${found.line}`)
      if (found.kind === 'invalid') {
        here.add(found.reason)
        continue
      }
      const { name } = found
      this.variables.add(name)
      if (isUnset(found, this.#lookUp)) {
        here.add(
          `the variable ${name} is not set and has no default: set it in the \`env\` of the step or in an \`env-file\`, or write \${${name}:-…}`,
        )
      }
    }
  }

  #object(section: (typeof SECTIONS)[number], path: string, name: string, value: YamlValue): YamlValue {
    if (section === 'services') return this.#service(path, name, value)
    if (section === 'secrets' || section === 'configs') return this.#content(section, path, name, value)
    return value
  }

  #service(path: string, name: string, service: YamlValue): YamlValue {
    if (service.kind !== 'map') {
      this.#problems.add(`${path} line ${service.line}: the service ${name} is empty: write at least its \`image\``)
      return service
    }
    const entries = service.entries.flatMap((entry) => {
      const { key, line, value } = entry
      const here = this.#problems.at(`${path} line ${line}: services.${name}.${key}`)
      if (key.startsWith('x-')) return [entry]
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
      if (ignored !== undefined) {
        mention(this.#ignored, key, ignored, `${path} line ${line}`, name)
        return []
      }
      if (key === 'environment') return [{ ...entry, value: this.#inherited(value) }]
      if (key === 'credential_spec') checkCredentialSpec(value, here)
      if (key === 'ports') return [{ ...entry, value: mapItems(value, (port) => this.#port(port, path, name)) }]
      if (key === 'env_file') return [{ ...entry, value: mapItems(value, (file) => envFile(file, here)) }]
      return [entry]
    })
    return { ...service, entries }
  }

  /** A variable without a value takes the one of the step; docker would obey some of them itself. */
  #inherited(environment: YamlValue): YamlValue {
    const valueFor = (name: string) => {
      const value = rulesDocker(name) ? this.#lookUp(name) : undefined
      if (value === undefined) this.variables.add(name)
      return value?.replaceAll('$', '$$$$')
    }
    if (environment.kind === 'list') {
      return mapItems(environment, (item) => {
        if (item.kind !== 'text' || item.value.includes('=')) return item
        const value = valueFor(item.value)
        return value === undefined ? item : text(`${item.value}=${value}`, item.line)
      })
    }
    if (environment.kind !== 'map') return environment
    return mapValues(environment, (name, value) => {
      const inherited = isNothing(value) ? valueFor(name) : undefined
      return inherited === undefined ? value : text(inherited, value.line)
    })
  }

  /** What `docker compose config` writes as text, `docker stack` wants as a number. */
  #port(port: YamlValue, path: string, service: string): YamlValue {
    if (port.kind !== 'map') return port
    const entries = port.entries.flatMap((entry) => {
      const { key, value, line } = entry
      const here = this.#problems.at(`${path} line ${line}: services.${service}.ports`)
      if (key === 'name' || key === 'app_protocol') {
        mention(this.#dropped, `ports.${key}`, 'it says nothing to Swarm', `${path} line ${line}`, service)
        return []
      }
      if (key === 'host_ip') {
        here.add('`host_ip`: Swarm publishes on all addresses of a node: leave it out, or guard the port by a firewall')
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

  /** The content of a secret or config may stand in the file, or in a variable: docker stack knows only files. */
  #content(section: 'secrets' | 'configs', path: string, name: string, value: YamlValue): YamlValue {
    const what = `${section}.${name}`
    if (value.kind !== 'map') {
      this.#problems.add(`${path} line ${value.line}: ${what} is empty: write its \`file\`, or \`external: true\``)
      return value
    }
    const given = sourcesOf(value)
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
    if (key === 'environment' && !words.includes('$') && this.#lookUp(words) === undefined) {
      this.#problems.add(
        `${path} line ${line}: ${what} takes its content from the variable ${words}, which is not set: set it in the \`env\` of the step or in an \`env-file\``,
      )
    }
    const label = text(`${key}:${name.replaceAll('$', '$$$$')}:${words}`, line)
    const others = value.entries.filter((entry) => !SOURCES.includes(entry.key))
    const file = key === 'driver' ? [] : [{ key: 'file', line, value: text(NO_FILE, line) }]
    return withLabel({ ...value, entries: [...others, ...file] }, SOURCE_LABEL, label)
  }
}

/** What says where the content of a secret or config comes from. */
function sourcesOf(object: YamlMap): string[] {
  return [...SOURCES, 'external', 'driver'].filter((key) => {
    const inner = entryAt(object, key)
    return inner !== undefined && !(key === 'external' && inner.kind === 'text' && inner.value === 'false')
  })
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

function envFile(file: YamlValue, problems: Problems): YamlValue {
  if (file.kind !== 'map') return file
  const path = entryAt(file, 'path')
  const required = entryAt(file, 'required')
  const isOptional = required?.kind === 'text' && required.value === 'false'
  if (path !== undefined && !isOptional && !entryAt(file, 'format')) return path
  problems.add('docker stack knows neither `required: false` nor `format`: write the path alone, or leave the file out')
  return path ?? text('', file.line)
}

function mention(all: Map<string, Mention>, key: string, advice: string, place: string, service: string): void {
  const known = all.get(key)
  if (known === undefined) all.set(key, { place, advice, services: [service] })
  else if (!known.services.includes(service)) known.services.push(service)
}

function mentions(all: ReadonlyMap<string, Mention>, what: string): string[] {
  return [...all].map(
    ([key, { place, advice, services }]) => `${place}: \`${key}\` ${what} (${services.join(', ')}): ${advice}`,
  )
}

function isSection(key: string): key is (typeof SECTIONS)[number] {
  return (SECTIONS as readonly string[]).includes(key)
}

function own(table: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}
