import { accessSync, constants, existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { UserError } from '../../errors.ts'
import { shown } from '../../runner/text/shown.ts'
import { basePath, checkoutHint } from '../files.ts'
import { hideUserInfo, withoutUserInfo } from '../masking.ts'
import type { Values } from '../strategy.ts'
import { parseDuration } from '../values.ts'

/** What new tasks have to go through before they get everything. */
export interface Trial {
  /** How long they must stay up, after the monitor window. */
  readonly holdSeconds: number
  readonly check?: Check
}

/** A shell command that must end with 0, or a URL that must answer with a status below 400. */
export type Check = { readonly command: string } | { readonly url: string }

/** The settings of a trial, for every strategy that has one. */
export const TRIAL_KEYS = {
  hold: parseDuration,
  'check-command': checkedCommand,
  'check-url': parseUrl,
} as const

/** The ways to say the check. */
export const TRIAL_CHECKS: readonly string[] = ['check-command', 'check-url']

/** @param values what is given of {@link TRIAL_KEYS}, read */
export function trialOf(values: Readonly<Record<string, unknown>>): Trial {
  const { hold = 0, 'check-command': command, 'check-url': url } = values as Values<typeof TRIAL_KEYS>
  if (command !== undefined) return { holdSeconds: hold, check: { command } }
  return { holdSeconds: hold, ...(url === undefined ? {} : { check: { url } }) }
}

/** A run of the check that fails is tried again before it counts. */
export const ATTEMPTS = 3
export const PAUSE_SECONDS = 2
/** What one attempt may take. */
export const ATTEMPT_SECONDS = 30

/** How long a trial takes at most, in seconds, when all that it asks answers in time. */
export function longestTrial({ holdSeconds, check }: Trial): number {
  return holdSeconds + (check === undefined ? 0 : ATTEMPTS * (ATTEMPT_SECONDS + PAUSE_SECONDS))
}

/** The beginning of a command that is a script by its path, perhaps behind the shell that is to read it. */
const SCRIPT = /^\s*((?:ba|da)?sh\s+)?((?:\.{1,2}\/|\/)?(?:[\w.-]+\/)+[\w.-]+)(?:\s|$)/

/** @throws UserError when it is a script that cannot be run: with new tasks on trial it would be too late */
function checkedCommand(command: string): string {
  const [, shell, path] = SCRIPT.exec(command) ?? []
  if (path === undefined) return command
  const directory = basePath(process.env)
  const file = resolve(directory, path)
  if (!existsSync(file)) {
    throw new UserError(
      `there is no file ${shown(path)} in ${directory}: correct its path, or make it in an earlier step${checkoutHint(directory).replace(/^, which/, '. The workspace')}`,
    )
  }
  if (shell !== undefined || mayBeRun(file)) return command
  throw new UserError(
    `${shown(path)} may not be executed: make it so (\`git update-index --chmod=+x\`), or have a shell read it, as in \`sh ${shown(path).slice(1, -1)}\``,
  )
}

function mayBeRun(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function parseUrl(text: string): string {
  const url = URL.parse(text)
  hideUserInfo(text)
  if (url !== null && (url.username !== '' || url.password !== '')) {
    throw new UserError('there is a user name or password in it: leave them out, or use `check-command` with curl')
  }
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text
  throw new UserError(`${shown(withoutUserInfo(text))} is no address: write one that begins with http:// or https://`)
}
