import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setInterval } from 'node:timers'
import { expect } from '@jest/globals'
import type { StepResult } from '../../lab/runner.ts'

/** Where a secret could be found during a step and after it. */

/** Every form in which a password could surface, base64 at each of the three alignments included. */
export function formsOf(username: string, password: string): string[] {
  const shifted = [0, 1, 2].map((pad) => {
    const text = Buffer.concat([Buffer.alloc(pad, 'x'), Buffer.from(password)]).toString('base64')
    // The first and last groups of characters also depend on what stands around.
    return text.slice(pad === 0 ? 0 : 4, -4)
  })
  const pair = Buffer.from(`${username}:${password}`).toString('base64')
  const forms = [password, encodeURIComponent(password), JSON.stringify(password).slice(1, -1), pair, ...shifted]
  return [...new Set(forms.flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]))].filter(
    (form) => form.length >= 8,
  )
}

export function filesUnder(directory: string): string[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

/** Where a person or a program finds what a step left: everything but the lines that only the runner reads. */
export function traces(run: StepResult): Record<string, string> {
  const withoutMasks = (text: string) => text.replaceAll(/^::add-mask::.*$/gm, '')
  return {
    stdout: withoutMasks(run.main.stdout),
    stderr: run.main.stderr,
    post: withoutMasks(run.post.stdout) + run.post.stderr,
    log: run.log,
    outputs: JSON.stringify(run.outputs),
    state: JSON.stringify(run.state),
    summary: run.summary,
  }
}

/** Neither what a step printed and handed on nor a file below the directories has any of these. */
export function expectNoForm(run: StepResult, forms: readonly string[], directories: readonly string[]): void {
  for (const [place, text] of Object.entries(traces(run))) {
    for (const form of forms) expect({ place, leaks: text.includes(form) }).toEqual({ place, leaks: false })
  }
  for (const file of directories.flatMap(filesUnder)) {
    const content = readFileSync(file, 'utf8')
    for (const form of forms) expect({ file, leaks: content.includes(form) }).toEqual({ file, leaks: false })
  }
}

/** Processes whose command line or environment names a path. */
export function processesWith(path: string): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .flatMap((pid) => {
      try {
        const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        const isOne = (commandLine + readFileSync(`/proc/${pid}/environ`, 'utf8')).includes(path)
        return isOne ? [`${pid} ${commandLine.replaceAll('\0', ' ')}`] : []
      } catch {
        return []
      }
    })
}

/** Looks at all command lines of the machine, and the environments of docker commands, until it is stopped. */
export function watchProcesses(forms: readonly string[]) {
  const leaks = new Set<string>()
  let commands = 0
  const timer = setInterval(() => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        if (forms.some((form) => commandLine.includes(form))) leaks.add(commandLine)
        if (!commandLine.startsWith('docker\0')) continue
        commands++
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
        if (forms.some((form) => environment.includes(form))) leaks.add(`environment of ${commandLine}`)
      } catch {
        // It has ended meanwhile.
      }
    }
  }, 5)
  return {
    stop() {
      clearInterval(timer)
      return { leaks: [...leaks], commands }
    },
  }
}
