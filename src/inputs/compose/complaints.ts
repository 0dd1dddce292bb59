import { InvalidReference, parseReference } from '../../docker/registry/reference.ts'
import type { YamlValue } from '../yaml.ts'
import { adviceInside } from './keys.ts'
import { type ComposeFile, placeOf, valueAtPath } from './place.ts'
import { entryAt, isNothing, itemsOf } from './tree.ts'
import { filledIn, type LookUp } from './variables.ts'

/** What docker says against compose files: it names no line, and mostly not what to write. Pure. */

/**
 * A complaint of docker, with the place that it means before it, and what to write behind it:
 * `compose.yml line 7: docker refuses it: services.web …`.
 *
 * @param about the path that it is about when it names none
 */
export function locateComplaint(
  files: readonly ComposeFile[],
  all: string,
  about: readonly string[] = [],
  lookUp: LookUp = () => undefined,
): string {
  const complaint = firstOf(all)
  const path = complaintPath(files, complaint, about) ?? about
  const place = placeOf(files, path)
  const image = OF_IMAGE.test(complaint) ? imageProblem(valueAtPath(files, path), lookUp) : undefined
  if (image !== undefined) return `${place}: ${path.join('.')}: ${image}`
  const remedy = remedyFor(complaint, path, valueAtPath(files, path))
  const said = [unnamed(complaint, about), withoutPreface(complaint), remedy].filter((part) => part !== undefined)
  return `${place}: docker refuses it: ${said.join(': ')}`
}

/** Of some values docker says the path twice, and of others that something is wrong, and then what; an empty one ends in a colon. */
function withoutPreface(complaint: string): string {
  return complaint
    .replace(/^(\S+) (?=\1 )/, '')
    .replace(PREFACE, '')
    .replace(/:$/, '')
}

/** The service that docker leaves out where it means one. */
function unnamed(complaint: string, [section, name, ...others]: readonly string[]): string | undefined {
  const isService = section === 'services' && name !== undefined && others.length === 0
  return isService && (OF_VALUE.test(complaint) || OF_PANIC.test(complaint)) ? `services.${name}` : undefined
}

/** Of the values of a service that it cannot read docker tells all at once; without the first it tells the others. */
function firstOf(complaint: string): string {
  const preface = PREFACE.exec(complaint)?.[0] ?? ''
  const [first = ''] = preface === '' ? [complaint] : complaint.slice(preface.length).split(NEXT_VALUE, 1)
  return preface + first
}

/** Older versions of docker count them, and put a star before each. */
const PREFACE = /^(?:decoding failed due to the following error\(s\): +|\d+ error\(s\) decoding: +\* )/
const NEXT_VALUE = /(?<!:) (?:\* )?(?=(?:error decoding|cannot parse) '|'[\w.[\]]+' expected type )/

/** Of a network, volume, secret or config: it has a name in two places, or is external and more (docker/cli, compose/loader). */
const OF_OBJECT =
  /^(?:(?:network|volume|secret|config) (.+): (?:network|volume|secret|config)\.\w|conflicting parameters .* specified for volume "(.+)"$)/
const NAME_REFUSED = /^(services|networks|volumes|secrets|configs) Additional property (.*) is not allowed$/
const UNKNOWN_KEY = /Additional property (.*) is not allowed$/
/** A path up to what is said of it: the keys of labels may have blanks and any signs. */
const PATH =
  /\b(?:services|networks|volumes|secrets|configs)\.(?:.+?(?= (?:[Mm]ust be |Does not match |Additional property |array items\[|\w+ is required$))|[^\s:,"']+)/
/** Docker has the name of one of its own fields for what it could not read: `Deploy.Resources.Limits.memory`, `Volumes[0]`. */
const OF_VALUE =
  /^(?:decoding failed due to|\d+ error\(s\) decoding:) .*?(?:(?:error decoding|cannot parse) '([\w.[\]]+)'|'([\w.[\]]+)' expected type )|^invalid mount config for type /
const OF_IMAGE = /^invalid image reference for service /
/** Docker itself breaks off on a limit that is no whole number (docker/cli, compose/loader, transformUlimits). */
const OF_PANIC = /^panic: interface conversion: interface \{\} is \w+, not int$/

/** Where in a service it is of which docker says no more than that (docker/cli, compose/convert). */
const INSIDE_SERVICE: readonly (readonly [RegExp, readonly string[]])[] = [
  [OF_IMAGE, ['image']],
  [OF_PANIC, ['ulimits']],
  [/: unknown mode: /i, ['deploy', 'mode']],
  [/: replicas can only be used with /, ['deploy', 'replicas']],
  [/: failed to parse .* as a rational number$|: value is too precise$/, ['deploy', 'resources']],
  [/: test and disable can't be set/, ['healthcheck']],
  [/: undefined secret /, ['secrets']],
  [/: undefined config /, ['configs']],
  [/: undefined volume /, ['volumes']],
  [/: duplicate secret target /, ['secrets']],
  [/: duplicate config target /, ['configs']],
  [/ restart policy(?: format)?: /, ['restart']],
  [/: invalid credential spec: /, ['credential_spec']],
  [/: volume type must be |: \w+ options are incompatible with type |: invalid \w+ source|^invalid mount/, ['volumes']],
]

/**
 * The path that a complaint of docker is about; `undefined` where it names none.
 *
 * @param about the service that docker was asked about, when it was one
 */
export function complaintPath(
  files: readonly ComposeFile[],
  complaint: string,
  about: readonly string[] = [],
): readonly string[] | undefined {
  const [, ofConflict, ofVolume] = OF_OBJECT.exec(complaint) ?? []
  if (ofConflict !== undefined) return [`${complaint.split(' ', 1)[0]}s`, ofConflict]
  if (ofVolume !== undefined) return ['volumes', ofVolume]
  const [, section, name] = NAME_REFUSED.exec(complaint) ?? []
  if (section !== undefined && name !== undefined) return [section, name]
  const parts = PATH.exec(withoutPreface(complaint))?.[0].split('.')
  const key = UNKNOWN_KEY.exec(complaint)?.[1]
  const roots = files.map(({ root }) => root)
  if (parts !== undefined) return [...keysIn(roots, parts), ...(key === undefined ? [] : [key])]
  const inside = about.length === 2 ? pathInService(files, complaint, about) : []
  return inside.length === 0 ? undefined : [...about, ...inside]
}

function pathInService(files: readonly ComposeFile[], complaint: string, service: readonly string[]): string[] {
  const [, ofText, ofType] = OF_VALUE.exec(complaint) ?? []
  const field = ofText ?? ofType
  if (field !== undefined) return keysOfField(valueAtPath(files, service), field.split(/[.[\]]+/))
  return [...(INSIDE_SERVICE.find(([pattern]) => pattern.test(complaint))?.[1] ?? [])]
}

/** The keys of a file by the names of docker's own fields: `HealthCheck.Retries` is `healthcheck`, `retries`. */
function keysOfField(value: YamlValue | undefined, [field = '', ...others]: readonly string[]): string[] {
  if (field === '' || value === undefined || value.kind === 'text') return []
  if (value.kind === 'list') return [field, ...keysOfField(value.items[Number(field)], others)]
  const plain = (key: string) => key.replaceAll('_', '').toLowerCase()
  const entry = value.entries.find(({ key }) => plain(key) === plain(field))
  return entry === undefined ? [] : [entry.key, ...keysOfField(entry.value, others)]
}

/** A path that was split at its dots, with each key put together again that has dots itself, as labels and names may. */
function keysIn(values: readonly YamlValue[], parts: readonly string[]): string[] {
  if (parts.length === 0) return []
  const keys = new Set(values.flatMap((value) => (value.kind === 'map' ? value.entries.map((entry) => entry.key) : [])))
  const most = parts.findLastIndex((_, index) => keys.has(parts.slice(0, index + 1).join('.'))) + 1
  const length = Math.max(1, most)
  const key = parts.slice(0, length).join('.')
  const inner = values.flatMap((value) => {
    if (value.kind === 'text') return []
    return (value.kind === 'list' ? value.items[Number(key)] : entryAt(value, key)) ?? []
  })
  return [key, ...keysIn(inner, parts.slice(length))]
}

/** Why an image is none, in better words than docker's; `undefined` when that is not known. */
function imageProblem(value: YamlValue | undefined, lookUp: LookUp): string | undefined {
  if (value?.kind !== 'text') return undefined
  try {
    parseReference(filledIn(value.value, lookUp))
    return undefined
  } catch (error) {
    if (!(error instanceof InvalidReference)) throw error
    return error.message.replace(/^The/, 'the')
  }
}

const DURATION = 'write a duration such as `10s` or `1m30s`'
const SIZE = 'write a size such as `512M`'
const CPUS = 'write a number in quotes, such as `"0.5"`'
const NUMBER = 'write a number without quotes or unit'
const WHOLE_NUMBER = 'write a whole number without quotes or unit'
const ULIMIT = 'write a whole number such as 65536, or -1 for no limit'
const PORT = 'write it like `"8080:80"` or `"8080:80/udp"`, with ports up to 65535'
const VOLUME = 'write it like `data:/var/lib/data`'

/** What is text or a number for docker and looks otherwise, by its key. */
const BY_KEY: Readonly<Record<string, string>> = {
  cpus: CPUS,
  delay: DURATION,
  interval: DURATION,
  memory: SIZE,
  monitor: DURATION,
  size: 'write the number of bytes, such as `67108864`',
  start_interval: DURATION,
  start_period: DURATION,
  stop_grace_period: DURATION,
  timeout: DURATION,
  window: DURATION,
}

/** What to write, by what docker says. */
const BY_WORDS: readonly (readonly [RegExp, string])[] = [
  [/ format 'duration'$/, DURATION],
  [/ format 'ports'$|: Invalid (?:container|host)Port: |: No port specified: /, PORT],
  [/ must be unique$/, 'leave one of the two out'],
  [/ must be a boolean(?: or mapping)?$/, 'write `true` or `false` without quotes'],
  [/ must be a integer$/, WHOLE_NUMBER],
  [/ must be a number$/, NUMBER],
  [/: invalid (?:suffix|size): |\.memory': .*: invalid syntax$/, SIZE],
  [/ as a rational number$/, CPUS],
  [/ overflows uint$/, 'write 0 or more'],
  [/ Must be greater than or equal to 0$/, 'write 0 or more'],
  [/^conflicting parameters /, 'leave one of the two out'],
  [/: undefined volume "/, 'add it to the top-level `volumes`, or correct the name'],
  [/ value is too precise$/, 'write at most 9 digits behind the point'],
  [/: duplicate \w+ target for /, 'give one of the two another `target`, or leave it out'],
  [/ invalid type \w+ for port$/, 'write whole numbers'],
  [/ invalid type \w+ for ulimits$/, ULIMIT],
  [OF_PANIC, ULIMIT],
  [/ expecting closing quote$/, 'close the quote, or write a list of words'],
  [/: invalid syntax$/, 'what the variable holds has to be a number'],
  [/: invalid boolean\b/, 'what the variable holds has to be `true` or `false`'],
  [/: unknown mode: /i, 'write `replicated`, `global`, `replicated-job` or `global-job`'],
  [/: replicas can only be used with /, 'leave `replicas` out'],
  [/: test and disable can't be set/, 'leave one of the two out'],
  [
    /: undefined (?:secret|config) ""$/,
    'write its name alone, or `{source: NAME}` with its `target`, `uid`, `gid` and `mode`',
  ],
  [
    / restart policy(?: format)?: /,
    'write `always`, `on-failure` or `on-failure:3`, or `restart_policy` under `deploy`',
  ],
  [/: \w+ options are incompatible with type /, 'leave these options out, or write the `type` that they belong to'],
  [/: invalid tmpfs source/, 'leave `source` out'],
  [/: invalid \w+ source, source cannot be empty$/, 'write its `source`'],
  [/: invalid credential spec: cannot specify both /, 'leave one of the two out, in whatever file it is'],
  [/ expected type 'string', got unconvertible type '(?:u?int|float|bool)/, 'put it in quotes'],
  [/ expected type 'string', got /, 'write one text'],
  [/: field Source must not be empty$/, 'write its `source`, a path on the nodes'],
  [/: invalid empty volume spec$|: empty section between colons$|: too many colons$/, VOLUME],
]

/** Docker casts what variables hold in some places only (docker/cli, compose/loader/interpolate.go); elsewhere it stays text. */
const OF_NO_TEXT = / must be a (?:boolean|integer|number)\b/

/** What to write instead; `undefined` when docker says it, or nobody knows. */
function remedyFor(complaint: string, path: readonly string[], value: YamlValue | undefined): string | undefined {
  if (UNKNOWN_KEY.test(complaint)) return adviceInside(path.slice(0, -1), path.at(-1) ?? '')
  const required = / (\w+) is required$/.exec(complaint)?.[1]
  if (required !== undefined) return `write its \`${required}\``
  if (value?.kind === 'text' && value.value.includes('$') && OF_NO_TEXT.test(complaint)) {
    return 'docker takes no variable there: write the value itself'
  }
  const isScalar = value === undefined || (value.kind === 'text' && !isNothing(value))
  const ofType = isScalar && / must be a (?:string|integer|number)/.test(complaint) ? remedyByKey(path) : undefined
  return ofType ?? BY_WORDS.find(([pattern]) => pattern.test(complaint))?.[1] ?? remedyForKind(complaint, path, value)
}

function remedyByKey(path: readonly string[]): string | undefined {
  const key = path.at(-1) ?? ''
  // Of a file in the container; a service has another one.
  const isOfFile = key === 'mode' && ['secrets', 'configs'].includes(path.at(-3) ?? '')
  if (isOfFile) return 'write it without quotes, such as `0440`'
  return path[0] === 'services' && !OF_USERS.includes(path.at(-2) ?? '') && Object.hasOwn(BY_KEY, key)
    ? BY_KEY[key]
    : undefined
}

/** Mappings with keys of the user's own. */
const OF_USERS = ['environment', 'labels', 'options', 'sysctls', 'driver_opts', 'extra_hosts', 'args']

/** What to write where docker wants text, a list or a mapping, and finds another of them. */
function remedyForKind(complaint: string, path: readonly string[], value: YamlValue | undefined): string | undefined {
  const wanted = / must be a (string|list|mapping)(?:,| or |$)/.exec(complaint)?.[1]
  if (wanted === undefined || value === undefined) return undefined
  if (isNothing(value)) return 'write a value, or leave the key out'
  if (wanted === 'list') {
    return value.kind === 'map' ? 'write a list, each item with a dash before it' : 'write a list, as in `[a, b]`'
  }
  if (wanted === 'mapping') return value.kind === 'list' ? 'leave the dashes off' : 'write `key: value` below it'
  if (value.kind === 'text') return 'put it in quotes'
  if (value.kind === 'list') return 'write one text'
  if (!itemsOf(value).every(isPair)) return 'it is a mapping: write a name or text alone'
  return OF_USERS.includes(path.at(-2) ?? '') && /^\d+$/.test(path.at(-1) ?? '')
    ? 'it is a mapping because of the colon and the blank: write `NAME=value`, or leave the dashes off'
    : 'it is a mapping because of the colon and the blank: put all of it in quotes'
}

function isPair(value: YamlValue): boolean {
  return value.kind === 'map' && value.entries.every(({ key }) => entryAt(value, key)?.kind === 'text')
}
