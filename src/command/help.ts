import { MODE_NAMES, type ModeName } from '../inputs/mode.ts'
import { documented } from './action-file.ts'
import { variableOfCommand } from './arguments.ts'
import { EXIT_CODES } from './exit-code.ts'
import { flagOf, flagsOfMode, isSwitch, PATHS, SECRETS } from './known.ts'
import { isList } from './lists.ts'

/** The help of the command, made from `action.yml`. Pure. */

const NAME = 'swarm-deploy'
const MOST_COLUMNS = 100
const LEAST_COLUMNS = 40
const INDENT = 6

/**
 * @param mode whose inputs are shown; `undefined` for what all have in common
 * @param actionFile the text of `action.yml`
 * @param columns how wide the terminal is
 */
export function helpText(mode: ModeName | undefined, actionFile: string, columns: number): string {
  const width = Math.max(LEAST_COLUMNS, Math.min(columns, MOST_COLUMNS))
  const inputs = documented(actionFile, 'inputs')
  const lines = mode === undefined ? general(inputs, width) : [...head(mode, width), ...flags(mode, inputs, width)]
  return `${[...lines, ...common(width)].join('\n')}\n`
}

type Inputs = ReturnType<typeof documented>

function general(inputs: Inputs, width: number): string[] {
  const mode = inputs.find(({ name }) => name === 'mode')?.description ?? ''
  return [
    `Usage: ${NAME} MODE [--INPUT VALUE]...`,
    '',
    ...wrapped('Deploys Docker Swarm services and stacks, and ends with 0 when the swarm really runs them.', 0, width),
    '',
    ...wrapped(`Modes: ${MODE_NAMES.join(', ')}`, 0, width),
    ...wrapped(plainText(mode), 2, width),
    '',
    ...wrapped(`The inputs of a mode: ${NAME} MODE --help`, 0, width),
    '',
    'Examples:',
    `  ${NAME} deploy --stack shop --registries-file accounts.yml`,
    `  ${NAME} plan --services 'web: ghcr.io/my-org/web:1.4.2'`,
    '',
  ]
}

function head(mode: ModeName, width: number): string[] {
  return [
    `Usage: ${NAME} ${mode} [--INPUT VALUE]...`,
    '',
    ...wrapped(
      `Lists are given by repeating a flag. @FILE reads a value from a file, and - from standard input. Each input can be a variable instead, such as ${variableOfCommand('stack')} for --stack; a flag goes first.`,
      0,
      width,
    ),
    '',
  ]
}

/** What `action.yml` says of a deploy, for the modes that do something else with services that run. */
interface Words {
  /** In the place of the heading above `services`. */
  readonly heading: string
  readonly services: string
  readonly stack: string
}

const NAMES = 'The names of services on the swarm, such as `web api`.'
const STACK = 'The name of a stack on the swarm, instead of `services`.'
const LOOK: Words = {
  heading: 'What to look at',
  services: `${NAMES} All services where neither these nor a stack are given.`,
  stack: STACK,
}
const OTHERWISE: Partial<Record<ModeName, Words>> = {
  'refresh-auth': {
    heading: 'Whose credentials to renew',
    services: 'The names of services on the swarm, `label=KEY=VALUE`, or `all`. See [refresh](docs/refresh-auth.md).',
    stack: STACK,
  },
  status: LOOK,
  history: LOOK,
  rollback: {
    heading: 'What goes back, and where to',
    services:
      'The names of services, or a YAML list of `{name, auth-config, prepare}` and the inputs from `strategy` to `keep-old`. See [rollback](docs/rollback.md).',
    stack: STACK,
  },
  remove: { heading: 'What to remove', services: NAMES, stack: STACK },
}

/** The inputs as the help of a mode describes them. */
export function describedFor(mode: ModeName, inputs: Inputs): Inputs {
  const words = OTHERWISE[mode]
  const deploys = inputs.find(({ name }) => name === 'services')?.group
  if (words === undefined) return inputs
  return inputs.map((input) => ({
    ...input,
    ...(input.group === deploys ? { group: words.heading } : {}),
    ...(input.name === 'services' || input.name === 'stack' ? { description: words[input.name] } : {}),
  }))
}

/** The inputs that a mode takes, under their headings. */
function flags(mode: ModeName, inputs: Inputs, width: number): string[] {
  const names = flagsOfMode(mode)
  const taken = describedFor(mode, inputs).filter(({ name }) => names.includes(name))
  const groups = [...new Set(taken.map(({ group }) => group))]
  return groups.flatMap((group) => [
    `${group}:`,
    ...taken
      .filter((input) => input.group === group)
      .flatMap(({ name, description, default: fallback }) => [
        `  ${usageOf(name, fallback)}`,
        ...wrapped(`${plainText(description)}${defaultWords(name, fallback)}`, INDENT, width),
      ]),
    '',
  ])
}

function usageOf(name: string, fallback: string | undefined): string {
  if (SECRETS.includes(name)) return `--${name} @FILE|-   (or the variable ${variableOfCommand(name)})`
  if (isSwitch(name)) return fallback === 'true' ? `--no-${name}, --${name}=false` : `--${name}[=VALUE]`
  return `--${flagOf(name)} ${PATHS.includes(name) ? 'PATH' : 'VALUE'}${isList(name) ? '...' : ''}`
}

function defaultWords(name: string, fallback: string | undefined): string {
  if (fallback === undefined || fallback === 'false') return ''
  return isSwitch(name) ? '' : ` (default: ${fallback})`
}

/** What all modes have. */
function common(width: number): string[] {
  const codes = Object.entries(EXIT_CODES).map(([meaning, code]) => `${code} ${meaning}`)
  return [
    'Of the command itself:',
    '  --output json',
    ...wrapped(
      'Prints the outputs as one JSON object on standard output, and all else on standard error.',
      INDENT,
      width,
    ),
    '  --output-file PATH',
    ...wrapped('Writes the same object to a file.', INDENT, width),
    '  --summary-file PATH',
    ...wrapped('Writes the summary of the run to a file, in Markdown.', INDENT, width),
    '  --help, --version',
    '',
    ...wrapped(
      `Exit codes: ${codes.join(', ')}, 129 stopped as its terminal was closed, 130 by Ctrl-C, 143 by SIGTERM.`,
      0,
      width,
    ),
  ]
}

/** A description without its Markdown. */
function plainText(markdown: string): string {
  return markdown
    .replace(/\s*\(\[[^\]]*\]\(([^)]*)\)\)/g, ' ($1)')
    .replace(/\[([^\]]*)\]\(([^)]*)\)/g, '$1 ($2)')
    .replaceAll('`', '')
}

function wrapped(text: string, indent: number, width: number): string[] {
  const margin = ' '.repeat(indent)
  const lines: string[] = []
  let line = margin
  for (const word of text.split(/\s+/)) {
    const longer = line === margin ? `${margin}${word}` : `${line} ${word}`
    if (longer.length > width && line !== margin) {
      lines.push(line)
      line = `${margin}${word}`
    } else line = longer
  }
  return [...lines, line]
}
