/** Preloaded into the action's own process: notes the CPU time that it took, when it ends. */
import { appendFileSync } from 'node:fs'

process.on('exit', () => {
  const { user, system } = process.cpuUsage()
  appendFileSync(process.env.CPU_REPORT, `${(user + system) / 1e6}\n`)
})
