import { UserError } from '../errors.ts'
import type { Problems } from './problems.ts'

export type Verb = 'create' | 'update'

/** The user's own flags for `docker service create` or `update`. */
export interface Flags {
  /** One word each, as docker gets them. */
  readonly words: readonly string[]
  /** Each flag with its value, by its long name. */
  readonly given: readonly Flag[]
}

interface Flag {
  /** `--env` */
  readonly name: string
  readonly value: string | undefined
}

/** A flag as it stands in one item. */
interface WrittenFlag extends Flag {
  /** As the user wrote it: `-e` */
  readonly spelling: string
  /** Name and value are one word: `--flag=value`, the only form in which docker takes the value of a switch. */
  readonly isJoined: boolean
  /** The value was in quotes, or an item of its own: all of it is meant. */
  readonly isWhole: boolean
}

/** The flags of both commands that take no value; any other flag may be given one by `=`. */
const SWITCHES = new Set([
  '--detach',
  '--force',
  '--help',
  '--init',
  '--no-healthcheck',
  '--no-resolve-image',
  '--quiet',
  '--read-only',
  '--rollback',
  '--tty',
  '--with-registry-auth',
])

const LONG_NAMES: Readonly<Record<string, string>> = {
  '-d': '--detach',
  '-e': '--env',
  '-h': '--help',
  '-l': '--label',
  '-p': '--publish',
  '-q': '--quiet',
  '-t': '--tty',
  '-u': '--user',
  '-w': '--workdir',
}

/** Lists that `create` takes as `--label` and `update` as `--label-add` and `--label-rm`. */
const LISTS = new Set(
  'config constraint container-label dns dns-option dns-search env generic-resource group host label mount network placement-pref publish secret sysctl ulimit'
    .split(' ')
    .map((name) => `--${name}`),
)

const CONNECTION = 'the way to the swarm is the same for all services: use the input `host` or `context`'
const LOGGING = 'it says nothing about the service: leave it off'

/** What belongs to the action itself, and what to write instead. */
const RESERVED: Readonly<Record<string, string>> = {
  '--detach': 'this action waits for all services together: use the input `wait`',
  '--quiet': 'this action reports the progress itself: leave it off',
  '--with-registry-auth':
    'this action sends the credential wherever there is one: leave it off, and give it in `registries`',
  '--image': 'the image is checked and pinned first: use the key `image`',
  '--name': 'the name is how the service is found: use the key `name`',
  '--no-resolve-image': 'this action pins every image by its digest: leave it off',
  '--rollback': 'a deploy goes forward: give the earlier image in the key `image`',
  '--help': LOGGING,
  '--version': LOGGING,
  '-v': LOGGING,
  '--debug': LOGGING,
  '-D': LOGGING,
  '--log-level': LOGGING,
  '-H': CONNECTION,
  '--context': CONNECTION,
  '-c': CONNECTION,
  '--tls': CONNECTION,
  '--tlscacert': CONNECTION,
  '--tlscert': CONNECTION,
  '--tlskey': CONNECTION,
  '--tlsverify': CONNECTION,
}

const CLIENT_CONFIG = "docker's own configuration is chosen by the key `auth-config`"

/**
 * The flags of `create-args` or `update-args`: each item is one of them, with its value behind `=` or a blank, or in
 * the next item. What the flags mean is not looked at: docker itself tells, in the rehearsal.
 */
export function readFlags(verb: Verb, items: readonly string[], problems: Problems): Flags {
  const words: string[] = []
  const given: Flag[] = []
  for (let index = 0; index < items.length; index++) {
    const item = items[index] ?? ''
    const at = `item ${index + 1}`
    const flag = problems.at(at).attempt(() => parseFlag(item))
    const next = items[index + 1]
    const takesNext = flag !== undefined && needsValue(flag) && next !== undefined && !looksLikeFlag(next)
    if (takesNext) index++
    if (flag === undefined) continue

    const complete = takesNext ? { ...flag, value: next, isWhole: true } : flag
    const problem = flagProblem(verb, complete)
    if (problem !== undefined) problems.add(`${at}: ${problem}`)
    words.push(...wordsOf(complete))
    given.push({ name: complete.name, value: complete.value })
  }
  return { words, given }
}

/** The names of the variables that the flags set or remove. */
export function variablesOf({ given }: Flags): string[] {
  return given.flatMap(({ name, value = '' }) =>
    ['--env', '--env-add', '--env-rm'].includes(name) ? [value.split('=', 1)[0] ?? ''] : [],
  )
}

/** @throws UserError when the item does not begin with a flag */
function parseFlag(item: string): WrittenFlag {
  const text = item.trim()
  if (/\s\\$/.test(text))
    throw new UserError('it ends in a backslash, as in a shell script: leave it off, one flag is one line anyway')
  const long = /^(--[a-zA-Z][\w-]*)(?:(=|\s+)(.*))?$/s.exec(text)
  const short = /^(-[a-zA-Z])(=|\s+|)(.*)$/s.exec(text)
  const [, spelling, separator, rest] = long ?? short ?? []
  if (spelling === undefined) {
    throw new UserError(
      'this word belongs to no flag: write one flag an item, such as `--update-order=start-first`, or the value behind its flag',
    )
  }
  const name = LONG_NAMES[spelling] ?? spelling
  const hasValue = rest !== undefined && (rest !== '' || separator === '=')
  const inner = /^(?:"([^"]*)"|'([^']*)')$/
    .exec(rest ?? '')
    ?.slice(1)
    .join('')
  return {
    name,
    spelling,
    value: hasValue ? (inner ?? rest) : undefined,
    isJoined: long !== null && separator === '=',
    isWhole: inner !== undefined,
  }
}

function flagProblem(verb: Verb, { name, spelling, value, isJoined, isWhole }: WrittenFlag): string | undefined {
  const reserved = Object.hasOwn(RESERVED, name) ? RESERVED[name] : undefined
  if (reserved !== undefined) return `${spelling} is not yours to give here, because ${reserved}`
  const client = clientFlagProblem(verb, name, value)
  if (client !== undefined) return client
  if (verb === 'update' && LISTS.has(name))
    return `docker service update has no ${spelling}: write ${name}-add, or ${name}-rm`
  const list = name.replace(/-(?:add|rm)$/, '')
  if (verb === 'create' && list !== name && LISTS.has(list))
    return `docker service create has no ${name}: write ${list}`

  if (value?.includes('\0'))
    return `the value of ${spelling} has a NUL character, which no argument can have: take it out`
  if (SWITCHES.has(name)) {
    const isAlone = value === undefined || (isJoined && /^(?:true|false)$/.test(value))
    return isAlone
      ? undefined
      : `${spelling} takes no value: write it alone, or ${name}=true or ${name}=false, and one flag an item`
  }
  if (value === undefined) return `${spelling} has no value: write it behind the flag, as in ${name}=VALUE`
  if (!isWhole && /(?:^|\s)--[a-zA-Z]/.test(value)) {
    return `there is another flag in the value of ${spelling}: write one flag an item, or put the value in quotes if all of it is meant`
  }
  return undefined
}

/** `--config` and `--host` are docker's own flags before the command, and lists of the service after it. */
function clientFlagProblem(verb: Verb, name: string, value = ''): string | undefined {
  if (name === '--config' && verb === 'update') {
    return `docker service update has no --config: write --config-add to attach a swarm config, ${CLIENT_CONFIG}`
  }
  if (name === '--config' && /^(?:\/|\.{1,2}\/|~)/.test(value)) {
    return `--config is given a directory: write the name of a swarm config, ${CLIENT_CONFIG}`
  }
  if (name === '--host' && (verb === 'update' || value.includes('://'))) {
    const hosts = verb === 'update' ? '--host-add' : '--host'
    return `--host does not choose the swarm here: ${CONNECTION} (a name in the containers is added by ${hosts} name:ip)`
  }
  return undefined
}

function needsValue(flag: WrittenFlag): boolean {
  return flag.value === undefined && !SWITCHES.has(flag.name)
}

function looksLikeFlag(item: string): boolean {
  return /^\s*--?[a-zA-Z]/.test(item)
}

function wordsOf({ spelling, value, isJoined }: WrittenFlag): string[] {
  if (value === undefined) return [spelling]
  return isJoined ? [`${spelling}=${value}`] : [spelling, value]
}
