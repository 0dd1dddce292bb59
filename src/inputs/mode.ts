import { UserError } from '../errors.ts'
import { shown } from '../runner/text/shown.ts'
import { closestKey } from './keys.ts'
import { listed } from './problems.ts'

/** What kind of run it is. The first is that of whoever chooses none; what each does, `src/modes/table.ts` says. */
export const MODE_NAMES = [
  'deploy',
  'plan',
  'refresh-auth',
  'login',
  'remove',
  'status',
  'history',
  'rollback',
] as const

export type ModeName = (typeof MODE_NAMES)[number]

/** Whether it changes nothing on the swarm, whatever goes wrong in it. */
const ONLY_LOOKS: Readonly<Record<ModeName, boolean>> = {
  deploy: false,
  plan: true,
  'refresh-auth': false,
  login: true,
  remove: false,
  status: true,
  history: true,
  rollback: false,
}

export function onlyLooks(mode: ModeName): boolean {
  return ONLY_LOOKS[mode]
}

export const DEFAULT_MODE: ModeName = MODE_NAMES[0]

/** Ours, for what other programs call so. */
const OTHER_NAMES: Readonly<Record<string, ModeName>> = {
  apply: 'deploy',
  create: 'deploy',
  up: 'deploy',
  update: 'deploy',
  upgrade: 'deploy',
  'dry-run': 'plan',
  check: 'plan',
  diff: 'plan',
  refresh: 'refresh-auth',
  'refresh-credentials': 'refresh-auth',
  'renew-auth': 'refresh-auth',
  delete: 'remove',
  destroy: 'remove',
  down: 'remove',
  rm: 'remove',
  teardown: 'remove',
  undeploy: 'remove',
  uninstall: 'remove',
  health: 'status',
  inspect: 'status',
  logs: 'status',
  ls: 'status',
  ps: 'status',
  back: 'rollback',
  revert: 'rollback',
  'roll-back': 'rollback',
  undo: 'rollback',
}

/** What to do about what the input of this name takes in other actions, and we have no mode for. */
const NO_MODES: Readonly<Record<string, string>> = {
  swarm: 'leave it out: this action always deploys to a swarm',
  stack: 'leave it out: a stack is deployed where the input `stack` names one',
  service: 'leave it out: services are deployed where the input `services` names them',
  compose: 'this action deploys to a swarm only',
}

/**
 * The mode of this name.
 *
 * @throws UserError that says which was probably meant
 */
export function parseMode(text: string): ModeName {
  const mode = MODE_NAMES.find((name) => name === text)
  if (mode !== undefined) return mode
  throw new UserError(`${shown(text)} is no mode: ${adviceFor(text)}`)
}

/** The mode of this name; of what is none the one that was probably meant, so that all else that is wrong can be told. */
export function probableMode(text: string): ModeName {
  return MODE_NAMES.find((name) => name === text) ?? meantBy(text) ?? DEFAULT_MODE
}

function meantBy(text: string): ModeName | undefined {
  if (Object.hasOwn(OTHER_NAMES, text)) return OTHER_NAMES[text]
  const closest = closestKey(text, MODE_NAMES)
  return MODE_NAMES.find((name) => name === closest)
}

function adviceFor(text: string): string {
  if (Object.hasOwn(NO_MODES, text)) return NO_MODES[text] ?? ''
  if (Object.hasOwn(OTHER_NAMES, text)) return `write \`${OTHER_NAMES[text]}\``
  const meant = meantBy(text)
  return meant === undefined ? `write ${listed(MODE_NAMES, 'or')}` : `did you mean \`${meant}\`?`
}
