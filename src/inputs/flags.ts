import type { Flag } from '../docker/cli/commands.ts'
import { isCreateFlag } from '../docker/specs/create-flags.ts'
import { shown } from '../runner/text/shown.ts'
import { andList } from '../runner/text/word-list.ts'
import type { Problems } from './problems.ts'
import { type ShellWord, shellWords } from './shell-words.ts'

/** On a service: what its `create-args` spoke of the last time. Not the user's to change. */
export const CREATE_ARGS_LABEL = 'swarm-deploy.create-args'

/** On a service: what the lists of its entry attached the last time. */
export const ATTACHED_LABEL = 'swarm-deploy.attached'

export type Verb = 'create' | 'update'

/** A flag as it stands in the text or in an item. */
interface WrittenFlag extends Omit<Flag, 'words'> {
  /** As the user wrote it: `-e` */
  readonly spelling: string
  /** Name and value are one word: `--flag=value`, the only form in which docker takes the value of a switch. */
  readonly isJoined: boolean
  /** The value was in quotes, or a word or an item of its own: all of it is meant. */
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

/** The short flags of both commands. */
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

/** Besides those of the lists, `update` alone has these. */
const ONLY_UPDATE = new Set(['--args', '--force'])

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

const MOUNT = 'write `--mount type=volume,source=NAME,target=PATH`, or `type=bind` with a path of the nodes'
const MEMORY = 'write `--limit-memory 512M`'
const ATTACHED = 'leave it out: nobody is attached to a service'
const REACHED = 'leave it out: services of one network reach each other by their names'

/** Flags of `docker run` that no command for services has, and what these have instead. */
const OF_RUN: Readonly<Record<string, string>> = {
  '-v': MOUNT,
  '--volume': MOUNT,
  '--tmpfs': 'write `--mount type=tmpfs,target=PATH`',
  '--shm-size': 'write `--mount type=tmpfs,target=/dev/shm,tmpfs-size=BYTES`',
  '-m': MEMORY,
  '--memory': MEMORY,
  '--cpus': 'write `--limit-cpu 0.5`',
  '--restart': 'write `--restart-condition any`, `on-failure` or `none`',
  '--net': 'write `--network NAME`',
  '--add-host': 'write `--host NAME:ADDRESS`',
  '--link': REACHED,
  '--expose': REACHED,
  '-P': 'write `--publish 8080:80` for each port',
  '-i': ATTACHED,
  '--interactive': ATTACHED,
  '--rm': 'leave it out: Swarm removes what has ended',
  '--privileged': 'Swarm has nothing like it: write `--cap-add NAME` for what the program needs',
}

const CLIENT_CONFIG = "docker's own configuration is chosen by the key `auth-config`"

const NO_FLAG =
  'put a value with blanks in quotes, write an image in the key `image`, and the words for the container in the key `command`'

/**
 * The flags of a `create-args` or `update-args` that is text, read as a shell reads words. What the flags mean is not
 * looked at: docker itself tells, in the rehearsal. No message shows a value.
 */
export function flagsOfText(verb: Verb, text: string, problems: Problems): Flag[] {
  const once = toldOnce(problems)
  const { words, problems: unread } = shellWords(text)
  for (const problem of unread) once(problem)
  const head = commandBefore(words)
  let hasImage = false

  const flags: WrittenFlag[] = []
  for (let index = head; index < words.length; index++) {
    const word = words[index] as ShellWord
    const flag = parseFlag(word.text)
    if (flag === undefined) {
      // A sign that is not read as a shell does may be why. Behind a whole command stands its image.
      if (head > 0) hasImage = true
      else if (unread.length === 0) once(strayWord(word, flags.at(-1)))
      // What follows is meant for the container, or is the rest of a value without quotes.
      while (index + 1 < words.length && (head > 0 || words[index + 1]?.line === word.line)) index++
      continue
    }
    const next = words[index + 1]
    const takesNext = needsValue(flag) && next !== undefined && (next.isQuoted || !looksLikeFlag(next.text))
    if (takesNext) index++
    flags.push({ ...flag, ...(takesNext && { value: next.text }), isWhole: true })
  }
  if (head === 0) return checked(verb, flags, once)
  const command = words[head - 1]?.text ?? ''
  return ofCommand(verb, command, flags, hasImage, once, head > 3)
}

/**
 * The flags of a `create-args` or `update-args` that is a list: each item is one of them, with its value behind `=` or a
 * blank, or in the next item. A value is taken as it stands, for YAML has read its own quotes; quotes around all of it, or
 * around what follows a `=`, go as in a shell, and elsewhere nobody could tell whether they are meant.
 *
 * @param notices is given more when the quotes of a value are perhaps not meant
 */
export function flagsOfItems(verb: Verb, items: readonly string[], problems: Problems, notices: string[]): Flag[] {
  const once = toldOnce(problems)
  const flags: WrittenFlag[] = []
  const [, command] = /^(?:sudo\s+)?docker\s+service\s+(create|update)$/.exec(items[0]?.trim() ?? '') ?? []
  let hasImage = false
  for (let index = command === undefined ? 0 : 1; index < items.length; index++) {
    const item = items[index] ?? ''
    if (/\s\\$/.test(item.trim())) {
      once(
        'items end in a backslash, as lines of a shell script do: leave it off, an item is one flag anyway, or paste the lines as one text, behind `|` in place of the list',
      )
      continue
    }
    const flag = parseFlag(unquotedItem(item.trim()))
    if (flag === undefined) {
      if (command !== undefined) {
        hasImage = true
        break
      }
      const before = flags.at(-1)
      const behind = before === undefined ? '' : `, behind ${before.spelling}`
      once(`item ${index + 1}${behind}: this word belongs to no flag: ${NO_FLAG}`)
      continue
    }
    const next = items[index + 1]
    const takesNext = needsValue(flag) && next !== undefined && !looksLikeFlag(next)
    if (takesNext) index++
    if (takesNext && QUOTED_ITEM.test(next)) {
      notices.push(`item ${index + 1}: the quotes are part of the value: leave them out, a list needs none`)
    }
    if (takesNext) flags.push({ ...flag, value: next, isWhole: true })
    else flags.push(withoutQuotes(flag, once))
  }
  return command === undefined ? checked(verb, flags, once) : ofCommand(verb, command, flags, hasImage, once)
}

/** What to write for a key of an entry that is called like a flag of docker; `undefined` where there is no such flag. */
export function adviceForFlag(key: string): string | undefined {
  const flag = `--${key.toLowerCase().replaceAll('_', '-')}`
  if (Object.hasOwn(RESERVED, flag)) return RESERVED[flag]
  if (isCreateFlag(flag)) return `that is a flag of docker service create: write \`${flag}\` in \`create-args\``
  const list = flag.replace(/-(?:add|rm)$/, '')
  const isOfUpdate = (list !== flag && LISTS.has(list)) || ONLY_UPDATE.has(flag)
  return isOfUpdate ? `that is a flag of docker service update: write \`${flag}\` in \`update-args\`` : undefined
}

/** The names of the variables that the flags set or remove. */
export function variablesOf(flags: readonly Flag[]): string[] {
  return flags.flatMap(({ name, value = '' }) =>
    ['--env', '--env-add', '--env-rm'].includes(name) ? [value.split('=', 1)[0] ?? ''] : [],
  )
}

/** The labels of the service that flags of `create-args` give. */
export function labelsOf(flags: readonly Flag[]): Record<string, string> {
  const labels = flags.filter(({ name }) => name === '--label')
  return Object.fromEntries(
    labels.map(({ value = '' }) => {
      const [name = '', text = ''] = value.split(/=(.*)/s)
      return [name, text]
    }),
  )
}

type Tell = (problem: string) => void

/** One mistake that is made five times is told once. */
function toldOnce(problems: Problems): Tell {
  const told = new Set<string>()
  return (problem) => {
    if (!told.has(problem)) problems.add(problem)
    told.add(problem)
  }
}

function checked(verb: Verb, flags: readonly WrittenFlag[], tell: Tell): Flag[] {
  for (const flag of flags) {
    const problem = flagProblem(verb, flag)
    if (problem !== undefined) tell(problem)
  }
  const names = new Set(flags.map(({ name }) => name))
  if (names.has('--log-opt') && !names.has('--log-driver'))
    tell('docker ignores --log-opt without --log-driver: give both, also where the driver stays')
  return flags.map((flag) => ({ name: flag.name, value: flag.value, words: asWords(flag) }))
}

/** How many words of a pasted script stand before the flags of its command: up to `docker service create`. */
function commandBefore(words: readonly ShellWord[]): number {
  const isVerb = ({ text }: ShellWord, index: number) =>
    /^(?:create|update)$/.test(text) && words[index - 2]?.text === 'docker' && words[index - 1]?.text === 'service'
  return words.findIndex(isVerb) + 1
}

/** What every command has, and no list of flags: here it is a key, or comes by itself. */
const OF_A_COMMAND = new Set(['--name', '--image', '--detach', '--quiet', '--with-registry-auth', '--no-resolve-image'])

/** Of a command that is pasted whole all that is to be taken out, in one sentence. */
function ofCommand(
  verb: Verb,
  command: string,
  flags: readonly WrittenFlag[],
  hasImage: boolean,
  tell: Tell,
  hasMoreBefore = false,
): Flag[] {
  const spellings = new Set(flags.filter(({ name }) => OF_A_COMMAND.has(name)).map(({ spelling }) => spelling))
  const out = [
    `${hasMoreBefore ? 'all up to ' : ''}\`docker service ${command}\``,
    ...spellings,
    ...(hasImage ? ['what stands behind the flags'] : []),
  ]
  const list = andList(out)
  tell(
    `only the flags of the service belong here, and not the whole command: take out ${list}. The name is in the key \`name\`, the image in \`image\`, the words for the container in \`command\`; credentials are in \`registries\`, and this action waits by itself`,
  )
  const others = flags.filter(({ name }) => !OF_A_COMMAND.has(name))
  return checked(verb, others, tell)
}

function strayWord({ text, line }: ShellWord, before: WrittenFlag | undefined): string {
  if (/^\s+-/.test(text)) {
    return `on line ${line} a backslash stands before a blank: write the text behind \`|\`, which keeps its lines, and not behind \`>\``
  }
  if (before !== undefined && SWITCHES.has(before.name) && /^(?:true|false)$/.test(text)) {
    return `${before.spelling} takes no value: write it alone, or ${before.name}=true or ${before.name}=false`
  }
  if (before === undefined) return `the first word belongs to no flag: ${NO_FLAG}`
  const value = SWITCHES.has(before.name) ? '' : ' and its value'
  return `the word behind ${before.spelling}${value} belongs to no flag: ${NO_FLAG}`
}

function parseFlag(text: string): WrittenFlag | undefined {
  const long = /^(--[a-zA-Z][\w-]*)(?:(=|\s+)(.*))?$/s.exec(text)
  const short = /^(-[a-zA-Z])(=|\s+|)(.*)$/s.exec(text)
  const [, spelling, separator, rest] = long ?? short ?? []
  if (spelling === undefined) return undefined
  const hasValue = rest !== undefined && (rest !== '' || separator === '=')
  return {
    name: LONG_NAMES[spelling] ?? spelling,
    spelling,
    value: hasValue ? rest : undefined,
    isJoined: long !== null && separator === '=',
    isWhole: false,
  }
}

/** A quoted part where it can only be meant for a shell: all of a value, or what follows a `=`, to its end or a comma. */
const QUOTED = /(?<=^|[=,])(?:'[^']*'|"(?:[^"\\]|\\.)*")(?=$|,)/gs

/** A value that is an item of its own and yet quoted as for a shell: all of it, or what follows its name. */
const QUOTED_ITEM = /^(?:[^\s='"]+=)?(?:'[^']*'|"(?:[^"\\]|\\.)*")$/s

/** `'--label=a b'` as a shell reads it. */
function unquotedItem(item: string): string {
  return /^(?:'[^']*'|"[^"]*")$/s.test(item) ? item.slice(1, -1) : item
}

function withoutQuotes(flag: WrittenFlag, tell: Tell): WrittenFlag {
  const { spelling, value } = flag
  if (value === undefined || !/['"]/.test(value)) return flag
  const plain = value.replace(QUOTED, '')
  if (/['"]/.test(plain)) {
    tell(
      `the value of ${spelling} has quotes in it: put all of the value in single quotes as well if they are meant, or write it as an item of its own, which is taken as it stands`,
    )
    return { ...flag, isWhole: true }
  }
  const isWhole = plain === ''
  return { ...flag, value: value.replace(QUOTED, (part) => shellWords(part).words[0]?.text ?? ''), isWhole }
}

/** A long flag, or a short one of these commands, behind a blank. */
const OTHER_FLAG = new RegExp(
  `(?:^|\\s)(?:--[a-zA-Z]|-[${Object.keys(LONG_NAMES)
    .map((name) => name.slice(1))
    .join('')}](?:\\s|=|$))`,
)

/** What is said in the flags of `create` with those of this command. */
function inWordsOf(verb: Verb, advice: string): string {
  return verb === 'create' ? advice : advice.replace(/--[a-z-]+/g, (name) => (LISTS.has(name) ? `${name}-add` : name))
}

function flagProblem(verb: Verb, { name, spelling, value, isJoined, isWhole }: WrittenFlag): string | undefined {
  const reserved = Object.hasOwn(RESERVED, name) ? RESERVED[name] : undefined
  if (reserved !== undefined) return `${spelling} is not yours to give here, because ${reserved}`
  const ofRun = Object.hasOwn(OF_RUN, name) ? OF_RUN[name] : undefined
  if (ofRun !== undefined) return `${spelling} is a flag of docker run, and of no service: ${inWordsOf(verb, ofRun)}`
  const client = clientFlagProblem(verb, name, value)
  if (client !== undefined) return client
  if (verb === 'update' && LISTS.has(name))
    return `docker service update has no ${spelling}: write ${name}-add, or ${name}-rm`
  const list = name.replace(/-(?:add|rm)$/, '')
  if (verb === 'create' && list !== name && LISTS.has(list))
    return `docker service create has no ${name}: write ${list}`

  if (value?.includes('\0'))
    return `the value of ${spelling} has a NUL character, which no argument can have: take it out`
  if (/^--env(?:-add)?$/.test(name) && value?.startsWith('='))
    return `the value of ${spelling} has no name before the =: write NAME=value`
  const label = /^--label(?:-add|-rm)?$/.test(name) ? value?.split('=', 1)[0] : undefined
  if (label === CREATE_ARGS_LABEL || label === ATTACHED_LABEL)
    return `the label ${label} is not yours to change, because this action notes there what its lists speak of: leave it off`
  const relative =
    /^--mount(?:-add)?$/.test(name) &&
    /(?:^|,)"?(?:source|src)=(\.{1,2}(?:[/\\][^,"]*)?)(?=[,"]|$)/.exec(value ?? '')?.[1]
  if (relative)
    return `the source ${shown(relative)} of ${spelling} is a path of this runner, and none of the nodes: write an absolute path of the nodes, or use a volume or config`
  if (SWITCHES.has(name)) {
    const isAlone = value === undefined || (isJoined && /^(?:true|false)$/.test(value))
    return isAlone
      ? undefined
      : `${spelling} takes no value: write it alone, or ${name}=true or ${name}=false, and other flags as items of their own`
  }
  if (value === undefined) return `${spelling} has no value: write it behind the flag, as in ${name}=VALUE`
  if (!isWhole && OTHER_FLAG.test(value)) {
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

function needsValue(flag: Pick<WrittenFlag, 'name' | 'value'>): boolean {
  return flag.value === undefined && !SWITCHES.has(flag.name)
}

function looksLikeFlag(item: string): boolean {
  return /^\s*--?[a-zA-Z]/.test(item)
}

function asWords({ spelling, value, isJoined }: WrittenFlag): string[] {
  if (value === undefined) return [spelling]
  return isJoined ? [`${spelling}=${value}`] : [spelling, value]
}
