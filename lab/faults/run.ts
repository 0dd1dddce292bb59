import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { failureText } from '../description.ts'
import { Arena } from './arena.ts'
import { reportOf, type Wrong } from './judge.ts'
import { play } from './play.ts'
import { type Scenario, scenarioOf, titleOf } from './scenario.ts'

const USAGE = `Deploys at random on real swarms while things go wrong, and holds each verdict against what is true.

  npm run faults -- --runs 300 --seed 7 --parallel 2

--runs      how many; 20 unless told
--seed      of the series; unless told another one each time. It is printed
--only      the number of one run of the series, to have it again
--with      plays only those of the series with such a fault: node, door, registry, other or signal
--parallel  how many swarms, of four nodes each; 1 unless told
--minutes   begins no run after so many
--logs      a directory for the log of every run; without it those of wrong runs are printed
`

const KINDS = ['node', 'door', 'registry', 'other', 'signal']

interface Finding {
  readonly scenario: Scenario
  readonly wrongs: readonly Wrong[]
}

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string' },
    with: { type: 'string' },
    parallel: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '1440' },
    logs: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

try {
  if (values.help) process.stdout.write(USAGE)
  else process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${failureText(error)}\n`)
  process.exitCode = 1
}

async function main(): Promise<number> {
  const seed = whole('seed', values.seed)
  const numbers =
    values.only === undefined ? firstOf(whole('runs', values.runs), seed, values.with) : [whole('only', values.only)]
  const end = Date.now() + whole('minutes', values.minutes) * 60_000
  print(`Seed ${seed}, ${numbers.length} runs.`)
  const findings: Finding[] = []
  const swarms = Math.min(whole('parallel', values.parallel), numbers.length)
  await Promise.all(Array.from({ length: swarms }, () => playAll(seed, numbers, end, findings)))
  print(summaryOf(findings))
  return findings.every(({ wrongs }) => wrongs.length === 0) ? 0 : 1
}

/** The first numbers of a series, or of those in it that have a fault of a kind. */
function firstOf(howMany: number, seed: number, kind: string | undefined): number[] {
  if (kind !== undefined && !KINDS.includes(kind))
    throw new Error(`--with wants one of ${KINDS.join(', ')}, not ${kind}.`)
  const numbers: number[] = []
  for (let number = 0; numbers.length < howMany; number++) {
    const { faults } = scenarioOf(seed, number)
    if (kind === undefined || faults.some((fault) => fault.kind === kind)) numbers.push(number)
  }
  return numbers
}

/** Plays what is left of the numbers, on one swarm, or on a new one when a scenario has broken it. */
async function playAll(seed: number, numbers: number[], end: number, findings: Finding[]): Promise<void> {
  let arena: Arena | undefined
  try {
    for (let number = numbers.shift(); number !== undefined && Date.now() < end; number = numbers.shift()) {
      const scenario = scenarioOf(seed, number)
      try {
        arena ??= await Arena.start()
        findings.push({ scenario, wrongs: await playOne(scenario, arena) })
      } catch (error) {
        const wrongs: Wrong[] = [{ kind: 'not played', text: failureText(error) }]
        print(reportOf(scenario, wrongs))
        findings.push({ scenario, wrongs })
        await arena?.[Symbol.asyncDispose]()
        arena = undefined
      }
    }
  } finally {
    await arena?.[Symbol.asyncDispose]()
  }
}

async function playOne(scenario: Scenario, arena: Arena): Promise<readonly Wrong[]> {
  const { wrongs, status, seconds, struck, story } = await play(scenario, arena)
  const came = `${struck.length} of ${scenario.faults.length} faults came`
  print(`#${scenario.number} ${status ?? 'killed'} in ${seconds.toFixed(1)} s, ${came}: ${titleOf(scenario)}`)
  const log = [JSON.stringify(scenario), reportOf(scenario, wrongs), story].join('\n\n')
  if (values.logs !== undefined) {
    await mkdir(values.logs, { recursive: true })
    await writeFile(join(values.logs, `${scenario.seed}-${scenario.number}.log`), log)
  }
  if (wrongs.length > 0) print(`WRONG ${values.logs === undefined ? log : reportOf(scenario, wrongs)}`)
  return wrongs
}

function summaryOf(findings: readonly Finding[]): string {
  const wrongRuns = findings.filter(({ wrongs }) => wrongs.length > 0)
  const kinds = wrongRuns.flatMap(({ wrongs }) => [...new Set(wrongs.map(({ kind }) => kind))])
  const counts = [...new Set(kinds)].map((kind) => `${kind} ${kinds.filter((one) => one === kind).length}`)
  const numbers = wrongRuns.map(({ scenario }) => `#${scenario.number}`)
  return [
    `${findings.length} runs, ${findings.length - wrongRuns.length} right, ${wrongRuns.length} wrong.`,
    ...(counts.length > 0 ? [`Wrong: ${counts.join(', ')} (${numbers.join(' ')}).`] : []),
  ].join('\n')
}

function whole(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${option} wants a whole number, not ${text}.`)
  return Number(text)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
