import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { UserError } from '../errors.ts'
import type { Environment } from '../runner/environment.ts'
import { placed, shown } from '../runner/text/shown.ts'
import { isOfTheAction } from '../runner/variables.ts'
import { adaptCompose } from './compose/adapt.ts'
import { characterProblem } from './compose/characters.ts'
import { withCredentialConfigs } from './compose/credential-files.ts'
import type { ComposeFile } from './compose/place.ts'
import { isNothing, serviceKeys } from './compose/tree.ts'
import { filledIn, type LookUp, parseEnvFile } from './compose/variables.ts'
import { DEFAULTS } from './defaults.ts'
import {
  basePath,
  checkoutHint,
  fileReader,
  isThere,
  type ReadFile,
  readUserText,
  readYamlText,
  resolvePath,
  shellDirectory,
} from './files.ts'
import { hide } from './masking.ts'
import { listed, Problems } from './problems.ts'
import type { Replacement } from './replacement.ts'
import { type Nameable, parseNames, selected, unknownNames } from './selection.ts'
import type { StackRequest } from './stack-request.ts'
import { parseBoolean } from './values.ts'
import { parseYaml } from './yaml.ts'

const USUAL_NAMES = ['compose', 'docker-compose', 'docker-stack'].flatMap((name) => [`${name}.yaml`, `${name}.yml`])

// A stack's name is the first part of the names of its services, which swarmkit checks.
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_-]*$/
const LONGEST_NAME = 50

/** The inputs about stacks, as the runner hands them over. */
export interface StackInputs {
  readonly stack: string
  readonly 'compose-file': string
  readonly 'env-file': string
  readonly prune: string
  readonly 'rerun-jobs': string
  readonly only: string
}

/** The stack that the inputs ask for, its files read and checked; `undefined` when there is none, or a problem. */
export function readStack(
  inputs: StackInputs,
  replacement: Replacement,
  env: Environment,
  problems: Problems,
): StackRequest | undefined {
  const name = inputs.stack.trim()
  const prune = switchOf(inputs, 'prune', problems)
  const rerunJobs = switchOf(inputs, 'rerun-jobs', problems)
  if (name === '') {
    const given = (['compose-file', 'env-file'] as const).filter((key) => inputs[key].trim() !== '')
    const on = (['prune', 'rerun-jobs'] as const).filter((key) => (key === 'prune' ? prune : rerunJobs))
    if (inputs.only.trim() !== '') problems.add(ONLY_OF_STACK)
    const alone = [...given, ...on]
    if (alone.length > 0) problems.add(`${listed(alone)} without \`stack\`: give the stack its name in \`stack\``)
    return undefined
  }
  const problem = stackNameProblem(name)
  if (problem !== undefined) {
    const isFile = /\.ya?ml$/i.test(name)
    problems.add(`stack: ${problem}${isFile ? '; the path of a file goes into `compose-file`' : ''}`)
  }
  const { lookUp, areAll } = variablesOf(inputs['env-file'], env, problems)
  const paths = composePaths(inputs['compose-file'], env, problems)
  const written = paths.flatMap((path) => composeFile(path, env, problems) ?? [])
  const [first] = paths
  if (first !== undefined) hideSecrets(written, lookUp, env, dirname(resolvePath(env, first)))
  if (first === undefined || written.length < paths.length || !areAll) return undefined

  const directory = dirname(resolvePath(env, first))
  const readFile = fileReader({ ...env, GITHUB_WORKSPACE: directory })
  const { files, notices } = withCredentialConfigs(written, (path) => contentOf(filledIn(path, lookUp), readFile))
  const plain = adaptCompose(files, lookUp, problems, (path) => envFileAt(resolve(directory, path), directory))
  const adapted = { ...plain, notices: [...notices, ...plain.notices] }
  const variables = adapted.variables.flatMap((variable) => {
    const value = lookUp(variable)
    return value === undefined ? [] : [[variable, value] as const]
  })
  return {
    name,
    files,
    adapted,
    directory,
    variables: Object.fromEntries(variables),
    lookUp,
    prune,
    rerunJobs,
    leftOut: leftOutBy(inputs.only.trim(), prune, { name, adapted }, problems),
    ...replacement,
  }
}

export const ONLY_OF_STACK =
  'only: it is for the services of a `stack`: without one leave those out of `services` that are not meant, or write `only` beside `stack`'

export const ONLY_OR_PRUNE =
  'only: with `prune: true` it could not be told what is left out from what is to be removed: leave one of the two out'

/** What `only` leaves as it is; an empty list of names leaves out all. */
function leftOutBy(
  only: string,
  prune: boolean,
  stack: Pick<StackRequest, 'name' | 'adapted'>,
  problems: Problems,
): string[] {
  if (only === '') return []
  const here = problems.at('only')
  if (prune) problems.add(ONLY_OR_PRUNE)
  const all = nameables(stack)
  const names = here.attempt(() => parseNames(only)) ?? []
  const problem = all.length === 0 ? undefined : unknownNames(names, all, `the stack ${stack.name}`)
  if (problem !== undefined) here.add(problem)
  const meant = selected(names, all)
  return all.flatMap(({ name }) => (meant.has(name) ? [] : [name]))
}

/** The services of a stack, in the order of its files. */
export function nameables({ name, adapted }: Pick<StackRequest, 'name' | 'adapted'>): Nameable[] {
  return serviceKeys(adapted.files).map((key) => ({ name: `${name}_${key}`, key }))
}

/** Why this can be no stack's name, with what to write. */
export function stackNameProblem(name: string): string | undefined {
  if (NAME.test(name) && name.length <= LONGEST_NAME) return undefined
  return `${shown(name)} is no name of a stack: write at most ${LONGEST_NAME} letters, digits, - and _, with a letter or digit first`
}

function switchOf(inputs: StackInputs, key: 'prune' | 'rerun-jobs', problems: Problems): boolean {
  const text = inputs[key].trim() || DEFAULTS[key]
  return problems.at(key).attempt(() => parseBoolean(text)) ?? false
}

interface Variables {
  readonly lookUp: LookUp
  /** Whether the env files could be read: where not, what is missing says nothing of the compose files. */
  readonly areAll: boolean
}

/** The variables of the step, and behind them those of the env files, the last of which wins. */
function variablesOf(input: string, env: Environment, problems: Problems): Variables {
  const own: Environment = { ...env, PWD: shellDirectory(env) }
  const ofTheStep: LookUp = (name) => (isOfTheAction(name) || !Object.hasOwn(own, name) ? undefined : own[name])
  const ofFiles = new Map<string, string>()
  const wrong = new Problems()
  for (const path of pathsFrom(input, 'env-file', env, wrong)) {
    const text = wrong.at(`env-file ${placed(path)}`).attempt(() => fileReader(env)(path))
    const file = parseEnvFile(text ?? '', (name) => ofTheStep(name) ?? ofFiles.get(name))
    for (const { line, reason } of file.problems) wrong.add(`${placed(path)} line ${line}: ${reason}`)
    for (const [name, value] of file.variables) ofFiles.set(name, value)
  }
  problems.take(wrong)
  return { lookUp: (name) => ofTheStep(name) ?? ofFiles.get(name), areAll: wrong.isEmpty }
}

function composePaths(input: string, env: Environment, problems: Problems): string[] {
  if (input.trim() !== '') {
    const wrong = new Problems()
    const given = pathsFrom(input, 'compose-file', env, wrong)
    // A stack without a file would be deployed with success, and nothing of it.
    if (given.length === 0 && wrong.isEmpty) wrong.add(`compose-file: the list is empty: ${WRITE_PATH}`)
    problems.take(wrong)
    return given
  }
  const found = USUAL_NAMES.find((name) => isThere(join(basePath(env), name)))
  if (found !== undefined) return [found]
  problems.add(
    `compose-file: it is empty, and ${basePath(env)} has none of ${listed(USUAL_NAMES, 'or')}: ${WRITE_PATH}${checkoutHint(basePath(env)).replace(/^, which/, '. The workspace')}`,
  )
  return []
}

const WRITE_PATH = 'write the path of the compose file'

/** How a line of what such a file holds begins. */
const CONTENTS = {
  'compose-file': /^(?:\{|(?:version|name|services|networks|volumes|secrets|configs|x-[\w.-]+):(?:\s|$))/,
  'env-file': /^(?:-\s*)?["']?(?:export\s+)?[A-Za-z_]\w*=/,
}

/** One path a line, or a YAML list of them. Of a content that was pasted nothing is shown: there may be secrets in it. */
function pathsFrom(input: string, name: keyof typeof CONTENTS, env: Environment, problems: Problems): string[] {
  const text = input.trim()
  const isContent = (line: string) => CONTENTS[name].test(line) && !existsSync(resolvePath(env, line))
  if (text.split(/\r?\n/).some((line) => isContent(line.trim()))) {
    problems.add(
      `${name}: this is what such a file holds, and not its path: write it to a file in a step before, and the path of that here`,
    )
    return []
  }
  if (!/^(?:-[ \t\r\n]|\[)/.test(text))
    return text
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'))
      .filter((line) => !isSeveral(line, env, name, problems) && !isOtherwise(line, env, name, problems))
  const { root, problems: wrong } = parseYaml(text)
  problems.at(name).addYaml(wrong)
  const items = root?.kind === 'list' ? root.items : []
  return items.flatMap((item) => {
    const path = item.kind === 'text' ? item.value.trim() : ''
    if (path !== '') return isOtherwise(path, env, name, problems) ? [] : [path]
    problems.add(`${name} line ${item.line}: this is no path: write the path of a file`)
    return []
  })
}

/** What looks like a path elsewhere, and what to write instead. */
const OTHERWISE: readonly (readonly [RegExp, string])[] = [
  [/^-$/, 'standard input is not read: write the path of a file'],
  [/^[a-z][a-z+.-]*:\/\//i, 'it is an address: fetch it in a step before, and write the path of the file'],
  [/^(["']).*\1$/, 'the quotes are taken for a part of the path: leave them off'],
  [/\$/, 'no variable is filled in here: write the path itself, which begins at the workspace'],
  [/[*?]/, 'no pattern is filled in here: write each path in a line of its own'],
]

function isOtherwise(path: string, env: Environment, name: string, problems: Problems): boolean {
  const said = OTHERWISE.find(([pattern]) => pattern.test(path))?.[1]
  if (said === undefined || existsSync(resolvePath(env, path))) return false
  problems.add(`${name} ${placed(path)}: ${said}`)
  return true
}

/** Several paths on one line, as other tools have them: with commas, colons, blanks, or the flag of docker. */
function isSeveral(line: string, env: Environment, name: string, problems: Problems): boolean {
  const pieces = line
    .split(/[,;:\s]+/)
    .filter((piece) => piece !== '' && !/^(?:-c|--compose-file|-f|--file)$/.test(piece))
  const isOne = pieces.length < 2 && pieces[0] === line
  if (isOne || existsSync(resolvePath(env, line)) || !pieces.every((piece) => /\.[a-z]+$|\//i.test(piece))) return false
  problems.add(`${name}: ${shown(line)} is not one path: write one path a line, behind \`|\`: ${pieces.join(' ⏎ ')}`)
  return true
}

function composeFile(path: string, env: Environment, problems: Problems): ComposeFile | undefined {
  const here = problems.at(`compose-file ${placed(path)}`)
  const text = here.attempt(() => readYamlText(resolvePath(env, path), basePath(env)))
  if (text === undefined) return undefined
  const character = characterProblem(text)
  const { root, problems: wrong } =
    character === undefined ? parseYaml(text) : { root: undefined, problems: [character] }
  problems.at(path).addYaml(wrong)
  if (wrong.length > 0) return undefined
  if (root?.kind === 'map') return { path, root }
  const what = root === undefined || isNothing(root) ? 'there is nothing in the file' : 'this is no compose file'
  here.add(`${what}: write a mapping with the key \`services\``)
  return undefined
}

function envFileAt(path: string, directory: string): string | undefined {
  return existsSync(path) ? readUserText(path, directory) : undefined
}

/**
 * What the files and variables give to secrets must not be printed, nor reach programs that have no use for it. All of
 * it is known before anything that others say is printed. Files that cannot be read are told later.
 */
function hideSecrets(files: readonly ComposeFile[], lookUp: LookUp, env: Environment, directory: string): void {
  const readFile = fileReader({ ...env, GITHUB_WORKSPACE: directory })
  for (const { root } of files) {
    const secrets = root.entries.find(({ key }) => key === 'secrets')?.value
    for (const { key: name, value: secret } of secrets?.kind === 'map' ? secrets.entries : []) {
      const place = `secrets.${name}`
      for (const { key, value } of secret.kind === 'map' ? secret.entries : []) {
        if (value.kind !== 'text') continue
        if (key === 'content') hide(filledIn(value.value, lookUp), place)
        if (key === 'environment') hide(lookUp(filledIn(value.value, lookUp)) ?? '', place)
        if (key === 'file') hide(contentOf(filledIn(value.value, lookUp), readFile), place)
      }
    }
  }
}

function contentOf(path: string, readFile: ReadFile): string {
  try {
    return readFile(path)
  } catch (error) {
    if (error instanceof UserError) return ''
    throw error
  }
}
