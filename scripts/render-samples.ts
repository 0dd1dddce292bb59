import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rollout } from '../__tests__/support/rollouts.ts'
import { statusOf } from '../src/report/status.ts'
import { failureSummary } from '../src/report/summary/failure.ts'
import { resultSummary } from '../src/report/summary/summary.ts'
import { command } from './command.ts'
import { renderSummary, requireChromium, SCHEMES } from './render-summary.ts'

/** Summaries of made-up runs, good and failed, of 1, 12 and 120 services, and their pictures: `npm run summaries`. */

const RUN = { wait: true, timeoutSeconds: 600, stack: { name: 'shop' } }
const directory = process.argv[2] ?? 'summaries'

const runs = {
  'good-1': rollout({ services: 1, tasks: 3 }),
  'good-12': rollout({ services: 12, unchanged: 4 }),
  'good-120': rollout({ services: 120, unchanged: 108 }),
  'failed-1': rollout({ services: 1, failing: 1, tasks: 3 }),
  'failed-12': rollout({ services: 12, failing: 1, tasks: 3 }),
  'failed-120': rollout({ services: 120, failing: 10 }),
}
const summaries = {
  ...Object.fromEntries(
    Object.entries(runs).map(([name, results]) => [name, resultSummary(statusOf(results, true), results, RUN)]),
  ),
  'failed-input': failureSummary(
    'failed',
    ['services: web: the image ghcr.io/acme/web:1.4.3 is not there: push it first'],
    false,
  ),
}

await command(async () => {
  await requireChromium()
  await mkdir(directory, { recursive: true })
  for (const [name, markdown] of Object.entries(summaries)) {
    await writeFile(join(directory, `${name}.md`), markdown)
    for (const scheme of SCHEMES) await renderSummary(markdown, scheme, join(directory, `${name}-${scheme}.png`))
    process.stdout.write(`${name}: ${Buffer.byteLength(markdown)} bytes\n`)
  }
})
