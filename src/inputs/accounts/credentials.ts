import { InvalidReference, parseRegistry, type RegistryScope } from '../../docker/registry/reference.ts'
import type { RegistryCredential } from '../../docker/registry/registry-auth.ts'
import { UserError } from '../../errors.ts'
import { Secret } from '../../runner/secrets/secret.ts'
import { shown } from '../../runner/text/shown.ts'
import { andList } from '../../runner/text/word-list.ts'
import type { ReadFile } from '../files.ts'
import { hide, hideByLook, hideUserInfo } from '../masking.ts'
import { listed, type Problems } from '../problems.ts'
import { isExpression, referenceIn } from '../unreplaced.ts'
import { isWholeConfig } from './config-content.ts'
import type { Credential } from './credential.ts'

export const HUB = 'docker.io'

/** What an empty value of a workflow mostly means. */
export const UNSET = 'an empty one is often a secret that is not set, or that pull requests from forks do not get'

/** A user name and password as they were written. The password is masked already. */
export interface WrittenLogin {
  readonly username: string
  readonly password: string
}

/** A credential as it was written. */
export interface WrittenCredential extends WrittenLogin {
  readonly origin: string
  /** `undefined`: an automatic name. */
  readonly config: string | undefined
  /** `undefined`: what was written was refused. */
  readonly scope: RegistryScope | undefined
  /** What the nodes are to store instead. */
  readonly stored?: WrittenLogin | undefined
}

/** The credential; `undefined` when something is wrong with it. */
export function checkedCredential(written: WrittenCredential, problems: Problems): Credential | undefined {
  const { origin, scope } = written
  const config = written.config?.trim()
  for (const name of [config, written.username, written.stored?.username]) hideByLook(name ?? '')
  const own = loginProblems(written)
  const ofStored = written.stored === undefined ? [] : loginProblems(written.stored)
  const wrong = [
    ...own,
    ...ofStored.map((problem) => problem.replace(/^the /, 'the stored ')),
    ...[configProblem(config)].filter((problem) => problem !== undefined),
  ]
  for (const problem of wrong) problems.add(problem)
  if (wrong.length > 0 || scope === undefined) return undefined

  const place = scope.path === '' ? scope.registry : `${scope.registry}/${scope.path}`
  const stored = written.stored && isSame(written, written.stored) ? undefined : written.stored
  return {
    origin,
    config: config ?? place,
    ...scope,
    ...loginOf(written),
    ...(stored && { stored: { registry: scope.registry, ...loginOf(stored) } }),
  }
}

function loginOf({ username, password }: WrittenLogin): Omit<RegistryCredential, 'registry'> {
  const account = username.trim()
  return { username: account, password: new Secret(password, account), kind: 'password' }
}

function loginProblems({ username, password }: WrittenLogin): string[] {
  return [usernameProblem(username.trim()), passwordProblem(password)].filter((problem) => problem !== undefined)
}

function isSame(one: WrittenLogin, other: WrittenLogin): boolean {
  return one.username.trim() === other.username.trim() && one.password === other.password
}

/** The inputs of the short form that say something of the account: each as a value, or as a file that holds it. */
const SHORT_FORM = ['registry', 'username', 'password'] as const
type ShortKey = (typeof SHORT_FORM)[number]
/** All inputs of the short form. */
export const SHORT_FORM_INPUTS = [
  'registry',
  'registry-file',
  'username',
  'username-file',
  'password',
  'password-file',
  'config',
] as const
type ShortFormInputs = Readonly<Record<(typeof SHORT_FORM_INPUTS)[number], string>>

/**
 * The credential of the inputs `registry`, `username` and `password`, or of the files that hold them; `undefined` when
 * none of them is given.
 */
export function credentialFromShortForm(
  given: ShortFormInputs,
  readFile: ReadFile,
  problems: Problems,
): Credential | undefined {
  hide(withoutLastNewlines(given.password), 'password', given.username.trim())
  if (SHORT_FORM_INPUTS.every((name) => given[name].trim() === '')) return undefined
  const texts = SHORT_FORM.map((key) => [key, shortText(given, key, readFile, problems)] as const)
  if (texts.some(([, text]) => text === undefined)) return undefined
  const all = Object.fromEntries(texts) as Record<ShortKey, string>
  hide(all.password, 'password', all.username)

  const missing = (['username', 'password'] as const).filter((name) => all[name] === '')
  if (missing.length > 0) {
    const present = SHORT_FORM_INPUTS.filter((name) => given[name].trim() !== '')
    problems.add(
      `${listed(present)} ${isOrAre(present)} given, but ${listed(missing)} ${isOrAre(missing)} empty: give \`username\` and \`password\` together (${UNSET})`,
    )
    return undefined
  }
  const isInFile = given['registry-file'].trim() !== ''
  const reference =
    given.password.trim() === '' ? undefined : problemOfReference(all.password, 'password', IN_SHORT_FORM)
  if (reference !== undefined) {
    problems.add(reference)
    return undefined
  }
  const scope = problems.at(isInFile ? 'registry-file' : 'registry').attempt(() => {
    return isInFile ? scopeOfFile(all.registry) : registryScope(all.registry || HUB)
  })
  const config = given.config.trim() === '' ? undefined : given.config
  return checkedCredential({ ...all, origin: 'registry', config, scope }, problems.at('username, password'))
}

const IN_SHORT_FORM = `write the expression that has it, such as \`\${{ secrets.NAME }}\`, or give a file that holds it as \`password-file\``

/** What an input of the short form says, by itself or by its file; `undefined` where that cannot be told. */
function shortText(given: ShortFormInputs, key: ShortKey, readFile: ReadFile, problems: Problems): string | undefined {
  const name = `${key}-file` as const
  const path = given[name].trim()
  const value = key === 'password' ? withoutLastNewlines(given[key]) : given[key].trim()
  if (path === '') return value
  if (value !== '') {
    problems.add(`\`${key}\` and \`${name}\` are both given: leave one of them out`)
    return undefined
  }
  const here = problems.at(name)
  const text = here.attempt(() => readFile(path))
  if (text === undefined) return undefined
  const content = key === 'password' ? withoutLastNewlines(text) : text.trim()
  if (content !== '') return content
  here.add(`the file is empty: write the ${WHAT[key]} into it, or leave the input out`)
  return undefined
}

/** What a file holds is not shown: it may be that of another secret. */
function scopeOfFile(text: string): RegistryScope {
  try {
    return registryScope(text)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    throw new UserError('the file holds no registry: write one into it, such as ghcr.io or ghcr.io/org-a')
  }
}

const WHAT: Readonly<Record<ShortKey, string>> = {
  registry: 'registry',
  username: 'name of the account',
  password: 'password',
}

/**
 * Docker keeps one login for a registry in a configuration directory, whatever the path: with two in one config it
 * would take one by chance.
 */
export function checkSeparation(credentials: readonly Credential[], problems: Problems): void {
  const known = new Map<string, Credential>()
  for (const credential of credentials) {
    const { origin, registry, config } = credential
    const key = JSON.stringify([config, registry])
    const other = known.get(key)
    if (other === undefined) known.set(key, credential)
    else {
      problems.add(
        `${other.origin} and ${origin} both put an account for ${registry} into the config ${config}, which has room for one: give each a \`config\` name of its own, or limit each to a path such as ${registry}/org-a`,
      )
    }
  }
}

/** @throws UserError that goes on after the name of the key */
export function registryScope(text: string): RegistryScope {
  hideUserInfo(text)
  try {
    return parseRegistry(text)
  } catch (error) {
    if (!(error instanceof InvalidReference)) throw error
    const several = registriesIn(text)
    if (several.length > 1) {
      const all = andList(several.map((one) => shown(one)))
      throw new UserError(`${all} are several registries: write an entry of \`registries\` for each`)
    }
    throw new UserError(error.message.replace(/^The/, 'the'))
  }
}

/** Those of a list, as another action takes it: `docker.io,ghcr.io`. */
function registriesIn(text: string): string[] {
  const all = text.split(/[\s,;]+/).filter((part) => part !== '')
  return all.every(isRegistry) ? all : []
}

/** Whether a text is a registry, with or without a path. */
export function isRegistry(text: string): boolean {
  try {
    parseRegistry(text)
    return true
  } catch {
    return false
  }
}

/**
 * What to write instead of a password that only names a variable: `docker-config` takes `env:NAME`, a shell `$NAME`, and no
 * password does. One that is really so is taken from a variable or file.
 *
 * @param key under which it was written
 */
export function problemOfReference(password: string, key: string, instead: string): string | undefined {
  const why = whyNoValue(password.trim())
  return why && `\`${key}\` has the form of ${why}: it would be sent as the password itself: ${instead}`
}

function whyNoValue(password: string): string | undefined {
  if (/^env:\s*[A-Za-z_]\w*$/i.test(password)) return '`env:NAME`, which is only read in `docker-config`'
  return referenceIn(password)
}

function expressionProblem(what: string, text: string): string | undefined {
  return isExpression(text)
    ? `the ${what} is an expression that nobody has replaced, for \`\${{ … }}\` has a value in workflow files only: write it there, in the inputs or the \`env\` of the step`
    : undefined
}

/** Files and heredocs end in a newline that is no part of the password. Everything else is. */
export function withoutLastNewlines(password: string): string {
  let end = password.length
  while (end > 0 && '\r\n'.includes(password.charAt(end - 1))) end--
  return password.slice(0, end)
}

function usernameProblem(username: string): string | undefined {
  if (username === '') return `the username is empty: write the name of the account (${UNSET})`
  if (username.includes(':')) return 'the username has a colon, which docker cannot send: write the name alone'
  if (/\p{Cc}/u.test(username)) return 'the username has a line break or control character: write it on one line'
  if (/\p{Cf}/u.test(username)) return 'the username has a sign in it that cannot be seen: type it anew'
  const reference = referenceIn(username)
  if (reference !== undefined) return `the username has the form of ${reference}: write the name itself`
  return expressionProblem('username', username)
}

function passwordProblem(password: string): string | undefined {
  if (password === '') return `the password is empty: set it (${UNSET})`
  if (password.includes('\0'))
    return 'the password has a NUL character, which no password can have: save it as UTF-8 text'
  if (isWholeConfig(password)) {
    return 'the password is a whole config.json of docker: give that as `docker-config`, in place of this account'
  }
  return expressionProblem('password', password)
}

/** What is wrong with the name of a config. */
export function configProblem(config: string | undefined): string | undefined {
  if (config === '') return '`config` is empty: write a name for it, or leave the key out'
  if (config !== undefined && /\p{Cc}/u.test(config))
    return '`config` has a line break or control character: write a name on one line'
  return undefined
}

function isOrAre(names: readonly string[]): string {
  return names.length === 1 ? 'is' : 'are'
}
