import { isForDocker } from '../../runner/variables.ts'
import { familiar, type ImageReference } from '../registry/reference.ts'
import { type Policies, policySettings } from './update-policy.ts'

/** A docker command as a value: its arguments, its input, and the variables that it takes from its environment. */
export interface Command {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly stdin?: string
  /** The directory that relative paths begin at; that of the step unless given. */
  readonly cwd?: string
}

/** One of the user's own flags for `docker service create` or `update`. */
export interface Flag {
  /** The long one: `--env` */
  readonly name: string
  readonly value: string | undefined
  /** As docker gets it. */
  readonly words: readonly string[]
}

/**
 * Flags as docker gets them, apart from the variables that they set: those are given to {@link ServiceChange} as `env`,
 * so that no value of them stands on a command line.
 */
export function apartFromVariables(flags: readonly Flag[]): {
  readonly words: readonly string[]
  readonly env: Readonly<Record<string, string>>
} {
  const variables = flags.map((flag) => variableOf(flag))
  return {
    words: flags.flatMap(({ words }, index) => (variables[index] === undefined ? words : [])),
    env: Object.fromEntries(variables.filter((variable) => variable !== undefined)),
  }
}

/** `undefined` also for one that docker looks up by itself. */
function variableOf({ name: flag, value = '' }: Flag): readonly [name: string, value: string] | undefined {
  const at = value.indexOf('=')
  if (!(flag === '--env' || flag === '--env-add') || at < 1) return undefined
  return [value.slice(0, at), value.slice(at + 1)]
}

/** A change of one service, for docker to say what it means. Nothing of it is sent by docker itself. */
export interface ServiceChange {
  readonly name: string
  /** The client configuration directory that docker reads: an isolated one. */
  readonly directory: string
  readonly image: ImageReference | undefined
  readonly replicas: number | undefined
  /** Those that docker would obey itself are left out: they are put into the spec that it makes. */
  readonly env: Readonly<Record<string, string>>
  /** The user's own flags. */
  readonly flags: readonly string[]
}

/** `docker service update` of a service that exists. */
export function serviceUpdate(change: ServiceChange): Command {
  const variables = environmentFlags('--env-add', change.env)
  const image = change.image === undefined ? [] : ['--image', familiar(change.image)]
  return {
    args: [...head('update', change), ...image, ...scale(change), ...variables.args, ...change.flags, change.name],
    env: variables.env,
  }
}

/** `docker service create` of a service that does not exist. */
export function serviceCreate(change: ServiceChange): Command {
  const variables = environmentFlags('--env', change.env)
  const image = change.image === undefined ? [] : [familiar(change.image)]
  return {
    args: [
      ...head('create', change),
      '--name',
      change.name,
      ...scale(change),
      ...variables.args,
      ...change.flags,
      ...image,
    ],
    env: variables.env,
  }
}

/** A stack, for docker to say what it means. */
export interface StackDeploy {
  readonly name: string
  /** The client configuration directory that docker reads: an isolated one. */
  readonly directory: string
  /** The first compose file comes by the input: so relative paths begin at `cwd`, wherever the others are. */
  readonly first: string
  /** The paths of the other files. */
  readonly others: readonly string[]
  readonly cwd: string
  /** The variables that the files name. */
  readonly env: Readonly<Record<string, string>>
  /** The CLI is of Docker 26 or newer: without `--detach` it would wait. */
  readonly knowsDetach: boolean
}

/** `docker stack deploy` of compose files. */
export function stackDeploy({ name, directory, first, others, cwd, env, knowsDetach }: StackDeploy): Command {
  const detach = knowsDetach ? ['--detach=true'] : []
  const files = ['-', ...others].flatMap((path) => ['--compose-file', path])
  return {
    args: ['--config', directory, 'stack', 'deploy', '--resolve-image=never', ...detach, ...files, name],
    env,
    stdin: first,
    cwd,
  }
}

/** Swarm's own policies as the flags that `create` and `update` share: `--update-delay=10s`. */
export function policyFlags(policies: Policies): string[] {
  return policySettings(policies).map(({ flag, value }) => `${flag}=${value}`)
}

/** Images are looked up and pinned before, with the right credential. */
function head(verb: 'create' | 'update', { directory }: ServiceChange): string[] {
  return ['--config', directory, 'service', verb, '--no-resolve-image', '--detach', '--quiet']
}

function scale({ replicas }: ServiceChange): string[] {
  return replicas === undefined ? [] : ['--replicas', String(replicas)]
}

/**
 * Sets a service's variables without their values on the command line, where every user of the machine could read
 * them: `--env NAME` takes the value from the command's own environment (docker/cli, opts/env.go).
 */
function environmentFlags(flag: string, env: Readonly<Record<string, string>>): Command {
  const entries = Object.entries(env).filter(([name, value]) => isForDocker(name, value))
  return { args: entries.flatMap(([name]) => [flag, name]), env: Object.fromEntries(entries) }
}
