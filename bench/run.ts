import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { machine } from './measure.ts'
import { noOpTable, reachTable, startUpTable } from './others.ts'
import { prepareTables } from './prepare.ts'
import { rolloutTables } from './rollout.ts'
import { scaleTable } from './scale.ts'
import { stopTable } from './stop.ts'
import { wayBackTable } from './way-back.ts'

/**
 * `npm run bench -- [--write] [--rounds 3] [--against NAME=PATH…] [--before PATH] [part…]`: all that is timed, as ratios
 * in one run.
 * Parts: rollout, hundred, no-op, start-up, reach, way-back, stop, scale, prepare; `quick` leaves out what takes minutes. `--against`:
 * bundles to compare the start-up with. `--before`: a bundle of an earlier version, to compare the way back with. `--write` puts
 * the tables into docs/speed.md.
 */

const PAGE = fileURLToPath(new URL('../docs/speed.md', import.meta.url))
const ALL = ['rollout', 'hundred', 'no-op', 'start-up', 'reach', 'way-back', 'stop', 'scale', 'prepare']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    write: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    against: { type: 'string', multiple: true, default: [] },
    before: { type: 'string' },
  },
})
const asked = positionals.filter((part) => part !== 'quick')
const parts = [...(asked.length === 0 ? ALL : asked), ...positionals.filter((part) => part === 'quick')]

const tables = [
  ...(parts.includes('start-up') ? [await startUpTable(values.against)] : []),
  ...(parts.includes('no-op') ? [await noOpTable()] : []),
  ...(parts.includes('reach') ? [await reachTable()] : []),
  ...(parts.includes('way-back') ? [await wayBackTable(values.before, Number(values.rounds))] : []),
  ...(parts.includes('stop') ? [await stopTable(Number(values.rounds))] : []),
  ...(parts.includes('scale') ? [await scaleTable()] : []),
  ...(parts.includes('prepare') ? await prepareTables(parts.includes('quick'), Number(values.rounds)) : []),
  ...(await rolloutTables(parts, Number(values.rounds))),
]
const command = ['npm run bench --', ...(values.write ? ['--write'] : []), '--rounds', values.rounds, ...positionals]
const report = [`${new Date().toISOString().slice(0, 10)}, \`${command.join(' ')}\`, on ${machine()}.`, ...tables].join(
  '\n\n',
)
process.stdout.write(`${report}\n`)
if (values.write) {
  const page = await readFile(PAGE, 'utf8')
  const place = /(<!-- bench -->\n)[\s\S]*?(<!-- \/bench -->)/
  await writeFile(
    PAGE,
    page.replace(place, (_all, start: string, end: string) => `${start}\n${report}\n\n${end}`),
  )
}
