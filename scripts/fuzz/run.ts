import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { fuzzInputs } from './inputs.ts'

/** Each batch is a process of its own, which knows no more secrets than its own runs have. */
const BATCH = 1000
const BATCH_LIMIT_MS = 120_000

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string' },
  },
})
const [runs, seed] = [Number(values.runs), Number(values.seed)]

if (values.from !== undefined) {
  runBatch(Number(values.from), Number(values.from) + runs)
} else {
  let bad = 0
  for (let from = 0; from < runs; from += BATCH) {
    const size = String(Math.min(BATCH, runs - from))
    const args = [fileURLToPath(import.meta.url), '--seed', String(seed), '--from', String(from), '--runs', size]
    const { status, stdout, signal, error } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      timeout: BATCH_LIMIT_MS,
    })
    if (error !== undefined && signal === null) throw error
    if (status === 0) continue
    bad++
    console.log(
      signal === null ? stdout : `runs ${from} to ${from + BATCH}: not ended within ${BATCH_LIMIT_MS / 1000} s`,
    )
  }
  console.log(`${runs} changed inputs, seed ${seed}: ${bad === 0 ? 'nothing found' : `${bad} batches with findings`}`)
  process.exitCode = bad === 0 ? 0 : 1
}

function runBatch(from: number, to: number): void {
  const workspace = mkdtempSync(join(tmpdir(), 'fuzz-'))
  try {
    const findings = fuzzInputs(seed, from, to, workspace, (name, content) =>
      writeFileSync(join(workspace, name), content),
    )
    for (const { run, what, inputs } of findings) console.log(`run ${run}: ${what}\n${JSON.stringify(inputs)}`)
    process.exitCode = findings.length === 0 ? 0 : 1
  } finally {
    rmSync(workspace, { recursive: true })
  }
}
