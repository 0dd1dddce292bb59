import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { arch, cpus, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'

const PRELOAD = fileURLToPath(new URL('./cpu-report.cjs', import.meta.url))

/** The seconds that a piece of work took on the wall clock. */
export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1000
}

/** Added to the environment of a Node process, has it write the seconds of CPU that it took to a file. */
export function reportingCpu(file: string): Record<string, string> {
  return { NODE_OPTIONS: `--require ${PRELOAD}`, CPU_REPORT: file }
}

/** What a process has written to it, the first of several; the file is removed. */
export async function reportedCpu(file: string): Promise<number> {
  const [cpu = Number.NaN] = (await readFile(file, 'utf8')).trim().split('\n').map(Number)
  await rm(file)
  return cpu
}

/** The middle one of some measurements. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low = Number.NaN, high = Number.NaN] = sorted.slice(Math.max(0, middle - 1), middle + 1)
  return sorted.length % 2 === 1 ? (sorted[middle] ?? Number.NaN) : (low + high) / 2
}

/** `6.52 (6.48–6.60)`: the median, and the least and the most where there are several. */
export function summary(values: readonly number[]): string {
  if (values.length === 0) return '–'
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const shown = median(values).toFixed(2)
  return values.length === 1 ? shown : `${shown} (${least.toFixed(2)}–${most.toFixed(2)})`
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** What the figures were measured on, in one line. */
export function machine(): string {
  const docker = execFileSync('docker', ['--version'], { encoding: 'utf8' }).trim()
  const daemon = execFileSync('dockerd', ['--version'], { encoding: 'utf8' }).trim()
  const model = /model name\s*:\s*(.*)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? arch()
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} × ${model}, ${memory} GiB, Linux ${release().split('-')[0]}; Node ${process.version}; ${docker}; daemon: ${daemon}`
}
