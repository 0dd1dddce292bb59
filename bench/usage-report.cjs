/** Preloaded into the process that is measured: notes each second the CPU time and memory that it has used, as JSON. */
const { appendFileSync } = require('node:fs')

const note = () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  const used = { at: Date.now(), cpuMs: (userCPUTime + systemCPUTime) / 1000, peakMiB: maxRSS / 1024 }
  appendFileSync(process.env.USAGE_REPORT, `${JSON.stringify(used)}\n`)
}

setInterval(note, 1000).unref()
process.on('exit', note)
