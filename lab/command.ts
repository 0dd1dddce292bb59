import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { failureText, type LabDescription, type RegistryOptions } from './description.ts'
import { formatFor } from './image.ts'
import { openLab, startKeptLab } from './lab.ts'
import * as programs from './program.ts'
import { labsUp, sweep } from './sweep.ts'

const USAGE = `A real Docker Swarm with private registries, on this machine.

  npm run lab -- up [--nodes 3] [--managers 1] [--registries 2] [--open 1] [--tls] [--tokens]
  npm run lab -- image r1/acme/app:v3 [--does unhealthy] [--format oci] [--id <lab>]
  npm run lab -- status
  npm run lab -- down [--id <lab>]

up      --registries are private, with an account each; --open ones need none; --tls gives the private ones certificates,
        --tokens has them sell bearer tokens, as most registries do
image   puts an image into a registry; it runs, or does one of: exits, crashesAfter, healthy, healthyAfter, unhealthy,
        serves, ignoresStop; its format is docker (schema 2), oci, or attested (an OCI index with a provenance), and
        unless told one of them by its contents; --id where several labs are up (status shows them)
down    takes down every lab that up has made, or the one with this id
`

const DEMO_REPOSITORY = 'acme/app'
const DEMO_TAGS = ['v1', 'v2']

const does = {
  runs: () => programs.runs(),
  exits: () => programs.exits(1),
  crashesAfter: () => programs.crashesAfter(3),
  healthy: () => programs.healthy(),
  healthyAfter: () => programs.healthyAfter(5),
  unhealthy: () => programs.unhealthy(),
  serves: () => programs.serves(),
  ignoresStop: () => programs.ignoresStop(),
}

async function up(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      nodes: { type: 'string', default: '1' },
      managers: { type: 'string', default: '1' },
      registries: { type: 'string', default: '1' },
      open: { type: 'string', default: '0' },
      tls: { type: 'boolean', default: false },
      tokens: { type: 'boolean', default: false },
    },
  })
  const registries = {
    ...named(
      'r',
      count('registries', values.registries),
      (number): RegistryOptions => ({
        tls: values.tls,
        tokens: values.tokens,
        accounts: { [`user${number}`]: { password: randomBytes(9).toString('base64url') } },
      }),
    ),
    ...named('open', count('open', values.open), (): RegistryOptions => ({})),
  }
  const started = Date.now()
  const lab = await startKeptLab({
    nodes: count('nodes', values.nodes),
    managers: count('managers', values.managers),
    registries,
  })
  if (values.tls) {
    const guarded = Object.values(lab.registries).filter((registry) => registry.tls)
    await Promise.all(lab.nodes.flatMap((node) => guarded.map((registry) => node.trust(registry.name))))
  }
  await Promise.all(
    Object.keys(registries).flatMap((registry) =>
      DEMO_TAGS.map((tag) => lab.image({ registry, repository: DEMO_REPOSITORY, tag, content: tag })),
    ),
  )
  const { stdout } = await lab.docker(['version', '--format', 'docker {{.Client.Version}}, engine {{.Server.Version}}'])
  print(`Up after ${((Date.now() - started) / 1000).toFixed(1)} seconds (${stdout.trim()}).`)
  print(`Every registry holds ${DEMO_TAGS.map((tag) => `${DEMO_REPOSITORY}:${tag}`).join(' and ')}.\n`)
  await status(lab.id)
}

async function image(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { does: { type: 'string', default: 'runs' }, format: { type: 'string' }, id: { type: 'string' } },
  })
  const [, registry, repository, tag] = /^([^/]+)\/([^:]+):([^:]+)$/.exec(positionals[0] ?? '') ?? []
  if (registry === undefined || repository === undefined || tag === undefined) {
    throw new Error('An image is named like r1/acme/app:v3: registry, repository, tag.')
  }
  const program = Object.entries(does).find(([name]) => name === values.does)?.[1]
  if (!program) throw new Error(`An image does one of ${Object.keys(does).join(', ')}, not ${values.does}.`)
  const mine = personsLabs()
  const [only] = mine
  if (values.id === undefined && mine.length > 1)
    throw new Error(`Several labs are up: say which one with --id (${mine.map((lab) => lab.id).join(', ')}).`)
  const id = values.id ?? only?.id
  if (id === undefined) throw new Error('No lab is up.')
  const contents = { ...program(), content: tag }
  const format = formatFor(contents, values.format)
  const made = await openLab(id).image({ registry, repository, tag, ...contents, format })
  print(`${made.reference}  ${made.digest}`)
}

/** Shows all labs, or one. */
async function status(id?: string): Promise<void> {
  const labs = labsUp().filter((lab) => id === undefined || lab.id === id)
  if (labs.length === 0) print('No lab is up.')
  for (const lab of labs) print(portrait(lab))
}

async function down(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { id: { type: 'string' } } })
  const chosen = values.id === undefined ? personsLabs().map(({ id }) => id) : [values.id]
  await Promise.all(chosen.map((id) => openLab(id).down()))
  const swept = await sweep()
  for (const id of chosen) print(`Lab ${id} is down.`)
  for (const id of swept) print(`Removed what ${id} had left behind.`)
  if (chosen.length + swept.length === 0) print('No lab is up.')
}

/** The labs that `up` made. Those of a running test are not to be ended by anybody else. */
function personsLabs(): LabDescription[] {
  return labsUp().filter((lab) => lab.keptBy === 'person')
}

function portrait(lab: LabDescription): string {
  const owner = lab.keptBy === 'person' ? '' : ' (of a running test)'
  const nodes = lab.nodes.map(({ name, role, address, socket }) => [name, role, address, `unix://${socket}`])
  const registries = lab.registries.map(({ name, host, accounts, tls }) => {
    const users = Object.entries(accounts).map(([user, { password }]) => `${user} / ${password}`)
    return [name, host, users.length > 0 ? users.join(', ') : 'open', ...(tls ? ['TLS'] : [])]
  })
  return [
    `Lab ${lab.id}${owner}, logs in ${lab.directory}`,
    ...table([...nodes, ...registries]),
    '',
    `export DOCKER_HOST=unix://${lab.nodes[0]?.socket}`,
    `export DOCKER_CONFIG=${lab.directory}/docker-config`,
    '',
  ].join('\n')
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
}

function named<T>(prefix: string, howMany: number, make: (number: number) => T): Record<string, T> {
  return Object.fromEntries(Array.from({ length: howMany }, (_, index) => [`${prefix}${index + 1}`, make(index + 1)]))
}

function count(option: string, text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new Error(`--${option} wants a whole number, not ${text}.`)
  return Number(text)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

const commands: Readonly<Record<string, (args: string[]) => Promise<void>>> = {
  up,
  image,
  status: () => status(),
  down,
}
const [name = 'help', ...args] = process.argv.slice(2)
try {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command) await command(args)
  else if (['help', '--help', '-h'].includes(name)) print(USAGE)
  else throw new Error(`There is no command ${name}: up, image, status, down.`)
} catch (error) {
  process.stderr.write(`${failureText(error)}\n`)
  process.exitCode = 1
}
