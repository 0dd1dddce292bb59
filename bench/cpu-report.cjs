/** Preloaded into the process that is measured: notes the CPU time that it took, when it ends. */
const { appendFileSync } = require('node:fs')

process.on('exit', () => {
  const { user, system } = process.cpuUsage()
  appendFileSync(process.env.CPU_REPORT, `${(user + system) / 1e6}\n`)
})
