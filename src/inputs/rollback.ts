import { nameProblem } from '../docker/swarm/swarm-rules.ts'
import type { Environment } from '../runner/environment.ts'
import { mayBeSecret } from '../runner/secrets/may-be-secret.ts'
import { placed, shown, ticked } from '../runner/text/shown.ts'
import type { RollbackRequest, ServiceRequest } from './deployment.ts'
import { input, read, readOrDefault } from './given.ts'
import { closestKey, keyAdvice, textAt, valueAt } from './keys.ts'
import { wordsOf } from './names.ts'
import { parsePrepare } from './prepare.ts'
import type { Problems } from './problems.ts'
import { type Replacement, type ReplacementSettings, replacementOf } from './replacement.ts'
import { NO_TARGET, parseRollbackTarget, type RollbackTarget } from './rollback-target.ts'
import { parseNames, type Selection } from './selection.ts'
import { ONLY_OF_STACK, ONLY_OR_PRUNE } from './stack.ts'
import { stackOnSwarm } from './stack-on-swarm.ts'
import { strategyKeys, strategyOfEntry } from './strategy.ts'
import { parseBoolean } from './values.ts'
import { parseYaml, type YamlMap, type YamlValue } from './yaml.ts'

/** What a rollback is asked for: the services by their names, and the rest of it. */
export interface Rollback {
  readonly services: readonly ServiceRequest[]
  readonly request: RollbackRequest
}

const HOW = 'write the names alone, as in `services: web api`, for the rest is in the record of what was deployed'
const EMPTY = 'it is empty: write the names of the services that go back, such as `web api`, or give a `stack`'
const KEYS = ['name', 'auth-config', 'prepare']

/** Reads what goes back, and where to. Nothing of it but how tasks are replaced is asked for as in a deploy. */
export function readRollback(env: Environment, forAll: ReplacementSettings, problems: Problems): Rollback {
  const text = input(env, 'to').trim()
  if (text === '') problems.add(`to: ${NO_TARGET}`)
  const to = read(env, 'to', problems, parseRollbackTarget) ?? { by: 'previous' }
  const prune = readOrDefault(env, 'prune', problems, parseBoolean)
  const rerunJobs = readOrDefault(env, 'rerun-jobs', problems, parseBoolean)
  const only: Selection = read(env, 'only', problems, parseNames) ?? 'all'
  const stack = stackOnSwarm(env, problems)
  const names = input(env, 'services')
  if (stack !== undefined) {
    const replacement = replacementOf(undefined, forAll, problems)
    if (only !== 'all' && prune) problems.add(ONLY_OR_PRUNE)
    return {
      services: [],
      request: { to, rerunJobs, stack: { name: stack, prune, only, leftOut: [], ...replacement } },
    }
  }
  if (names.trim() === '') problems.add(`services: ${EMPTY}`)
  if (prune) {
    problems.add(
      'prune: it removes the services of a stack that the version does not have: give a `stack`, or leave it out',
    )
  }
  if (only !== 'all') problems.add(ONLY_OF_STACK)
  const services = servicesToGoBack(names, forAll, problems)
  checkNumber(to, services, problems)
  return { services, request: { to, rerunJobs } }
}

/** Each service counts its versions for itself. */
function checkNumber(to: RollbackTarget, services: readonly ServiceRequest[], problems: Problems): void {
  if (to.by !== 'version' || services.length < 2) return
  problems.add(
    `to: each service counts its versions for itself, so \`#${to.version}\` is another moment for each: name one service, or write a commit, a tag or a run`,
  )
}

function servicesToGoBack(text: string, forAll: ReplacementSettings, problems: Problems): ServiceRequest[] {
  const { root, problems: wrong } = parseYaml(text)
  problems.at('services').addYaml(wrong)
  if (wrong.length > 0 || root === undefined) return []
  const services = requestsIn(root, forAll, problems)
  const names = services.map(({ name }) => name.toLowerCase())
  for (const { name } of services.filter((_, index) => names.indexOf(names[index] ?? '') < index)) {
    problems.add(`services: ${shown(name)} is given twice: leave one of the two out`)
  }
  return services
}

function requestsIn(root: YamlValue, forAll: ReplacementSettings, problems: Problems): ServiceRequest[] {
  if (root.kind === 'text') return namedAll(root.value, forAll, problems)
  if (root.kind === 'map') {
    const names = root.entries.map(({ key }) => key).filter((key) => !mayBeSecret(key))
    const how = names.length === 0 ? HOW : HOW.replace('web api', names.join(' '))
    problems.add(`services: ${ticked(`${root.entries[0]?.key ?? ''}: …`)} is for a deploy: ${how}`)
    return []
  }
  return root.items.flatMap((item, index) => {
    const place = `services entry ${index + 1}`
    if (item.kind === 'map') return requestFrom(item, place, forAll, problems)
    const named = item.kind === 'text' ? namedAll(item.value, forAll, problems) : []
    if (named.length === 0) problems.add(`${place} is no name: ${HOW}`)
    return named
  })
}

function namedAll(text: string, forAll: ReplacementSettings, problems: Problems): ServiceRequest[] {
  const names = wordsOf(text)
  for (const name of names) checkName(name, problems)
  return names.map((name) => requestOf(name, replacementOf(undefined, forAll, problems)))
}

function requestFrom(map: YamlMap, place: string, forAll: ReplacementSettings, problems: Problems): ServiceRequest[] {
  const keys = [...KEYS, ...strategyKeys(forAll.strategies)]
  const name = textAt(map, 'name', problems.at(place))
  if (name) checkName(name, problems)
  else if (valueAt(map, 'name')?.kind !== 'list') problems.add(`${place} has no \`name\`: write the name of a service`)
  const here = problems.at(name ? `services: ${placed(name)}` : place)
  for (const { key, line } of map.entries.filter(({ key }) => !keys.includes(key))) {
    const closest = closestKey(key, keys)
    const advice =
      closest === undefined
        ? 'leave it out, for a rollback has it from the record of what was deployed'
        : keyAdvice(closest, keys)
    here.add(`line ${line}: ${ticked(key)} is no key here: ${advice}`)
  }
  const authConfig = textAt(map, 'auth-config', here)
  if (authConfig === '') here.add('`auth-config` is empty: write the name of a config, or leave the key out')
  const prepare = textAt(map, 'prepare', here)
  const own = {
    strategy: strategyOfEntry(map, forAll.strategies, here),
    policies: { update: {}, rollback: {} },
    prepare: prepare === undefined ? undefined : here.at('`prepare`').attempt(() => parsePrepare(prepare)),
  }
  const request = requestOf(name ?? '', replacementOf(own, forAll, here))
  return [{ ...request, ...(authConfig && { authConfig }) }]
}

/** What of a service is known before its records are read. One that is gone is made again. */
function requestOf(name: string, replacement: Replacement): ServiceRequest {
  return { name, env: {}, create: true, updateArgs: [], ...replacement }
}

function checkName(name: string, problems: Problems): void {
  const problem = /[/:@=*]/.test(name)
    ? `${shown(name)} is no name of a service: ${HOW}`
    : nameProblem(name, 'a service')
  if (problem !== undefined) problems.add(`services: ${problem}`)
}
