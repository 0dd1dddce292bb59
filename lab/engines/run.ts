import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startLab } from '../lab.ts'
import { PAIRS, type Pair, TESTS } from './pairs.ts'
import type { Programs } from './parts.ts'
import { type Counts, type Facts, type Row, tableOf } from './table.ts'

/**
 * `npm run test:engines -- [--write] [--minutes 20] [--workers 2] [pair…]`: runs some swarm tests on each pair of a daemon
 * and a docker command, of which those that are missing are fetched or built first. `--write` puts the table into
 * docs/engines.md; of pairs that were not asked for, it keeps the lines that are there.
 */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PAGE = join(ROOT, 'docs/engines.md')
const PLACE = /(<!-- engines -->\n)([\s\S]*?)(<!-- \/engines -->)/

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    write: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '20' },
    workers: { type: 'string', default: '2' },
  },
})
const unknown = positionals.filter((name) => !PAIRS.some((pair) => pair.name === name))
if (unknown.length > 0)
  throw new Error(`No pair is ${unknown.join(', ')}: ${PAIRS.map(({ name }) => name).join(', ')}.`)

const rows: Row[] = []
for (const pair of PAIRS.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  const row = await tried(pair)
  rows.push(row)
  process.stdout.write(`${pair.name}: ${JSON.stringify(row.counts ?? row.problem)}\n`)
}
const page = await readFile(PAGE, 'utf8')
const names = PAIRS.map(({ name }) => name)
const table = tableOf(names, rows, PLACE.exec(page)?.[2] ?? '')
process.stdout.write(`\n${table}\n`)
if (values.write) {
  await writeFile(
    PAGE,
    page.replace(PLACE, (_all, start: string, _table, end: string) => `${start}\n${table}\n\n${end}`),
  )
}
process.exitCode = rows.some(({ counts }) => counts !== undefined && counts.failed > 0) ? 1 : 0

/** Runs the tests on a pair. What keeps it from being tried is in the row. */
async function tried({ name, about, daemon, cli }: Pair): Promise<Row> {
  const row = { name, about, date: new Date().toISOString().slice(0, 10) }
  const scratch = await mkdtemp(join(tmpdir(), 'engine-'))
  let facts: Facts | undefined
  try {
    process.stdout.write(`${name}: ${about}\n`)
    const programs = await linked({ ...(await daemon()), ...(await cli()) }, scratch)
    facts = await factsOf(programs)
    process.stdout.write(`  ${JSON.stringify(facts)}\n`)
    return { ...row, facts, ...(await tests(programs, scratch)) }
  } catch (error) {
    const problem = (error as Error).message.trim().split('\n')[0] ?? ''
    return { ...row, ...(facts && { facts }), problem: problem.slice(0, 300) }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** A folder in which all of them are found. */
async function linked(programs: Programs, scratch: string): Promise<string> {
  for (const [name, path] of Object.entries(programs)) await symlink(path, join(scratch, name))
  return scratch
}

async function factsOf(programs: string): Promise<Facts> {
  const { stdout } = spawnSync(join(programs, 'docker'), ['--version'], { encoding: 'utf8' })
  await using lab = await startLab({ programs })
  const [node] = lab.nodes
  const { body: info } = await node.engine<Info>('GET', '/info')
  const { body: version } = await node.engine<Record<'Version' | 'ApiVersion' | 'MinAPIVersion', string>>(
    'GET',
    '/version',
  )
  const isContainerd = info.DriverStatus?.some(([, value]) => value.startsWith('io.containerd')) ?? false
  return {
    daemon: version.Version,
    api: version.ApiVersion,
    minimumApi: version.MinAPIVersion,
    store: isContainerd ? `containerd (${info.Driver})` : info.Driver,
    cgroup: `v${info.CgroupVersion ?? 1}`,
    cli: /version ([^\s,]+)/.exec(stdout)?.[1] ?? stdout.trim(),
  }
}

interface Info {
  readonly Driver: string
  readonly DriverStatus?: readonly (readonly [string, string])[]
  readonly CgroupVersion?: string
}

interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

/** Runs the tests with these programs before all others. */
async function tests(
  programs: string,
  scratch: string,
): Promise<{ readonly counts?: Counts; readonly problem?: string }> {
  const report = join(scratch, 'report.json')
  const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js']
  const how = ['--maxWorkers', values.workers, '--json', '--outputFile', report, '--selectProjects', 'swarm']
  const paths = TESTS.map((name) => `__tests__/swarm/${name}.test.ts`)
  const child = spawn(process.execPath, [...jest, ...how, '--runTestsByPath', ...paths], {
    cwd: ROOT,
    env: { ...process.env, PATH: `${programs}${delimiter}${process.env.PATH}` },
    stdio: ['ignore', 'ignore', 'inherit'],
    // Its labs end with it.
    timeout: Number(values.minutes) * 60_000,
  })
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  if (code === null) return { problem: `ended after ${values.minutes} minutes, with no result` }
  const said = await readFile(report, 'utf8').catch(() => undefined)
  if (said === undefined) return { problem: `the tests ended with code ${code}, and no result` }
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(said) as Report
  const failed = testResults.flatMap(({ assertionResults }) => assertionResults).filter(isFailed)
  return {
    counts: { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests },
    ...(failed.length > 0 && { problem: `failed: ${failed.map(({ fullName }) => `“${fullName}”`).join(', ')}` }),
  }
}

function isFailed({ status }: { readonly status: string }): boolean {
  return status === 'failed'
}
