import { statSync } from 'node:fs'
import { join } from 'node:path'
import {
  type ConfigFile,
  InvalidConfigFile,
  leadsToAccounts,
  parseConfigFile,
  secretsIn,
  unusableEntries,
} from '../../docker/cli/config-file.ts'
import { parseRegistry, registryKey } from '../../docker/registry/reference.ts'
import { UserError } from '../../errors.ts'
import type { Environment } from '../../runner/environment.ts'
import { mayBeSecret } from '../../runner/secrets/may-be-secret.ts'
import { placed, shown } from '../../runner/text/shown.ts'
import type { DockerConfig } from '../deployment.ts'
import { basePath, isThere, otherEncoding, readUserFile, resolvePath } from '../files.ts'
import { hide, hideBase64, hideInConfigText } from '../masking.ts'
import type { Problems } from '../problems.ts'
import { isVariableName } from '../variables.ts'
import { parseYaml, type YamlMap, type YamlValue } from '../yaml.ts'
import { CONFIG_KEYS, isBase64, isContent, isGzip } from './config-content.ts'
import { configProblem, HUB, UNSET } from './credentials.ts'
import { type ArchivedFile, filesOfTarGz } from './tar.ts'

/**
 * Docker client configurations that the user gives whole: a directory, a `config.json`, its content, or an archive of a
 * `.docker` folder. Only what it says of accounts and helpers is taken. No message shows anything of a content, and of a
 * path only what has the look of one: what was put in its place by mistake may be the secret itself.
 */

const INPUT = 'docker-config'

/** What a configuration without a name is called, in the log and where it has to have one. */
export const UNNAMED_CONFIG = INPUT
const FORMS =
  'write the path of a `.docker` directory, of its `config.json` or of a `.tar.gz` of it, the content of one of these (JSON, or base64 of either), or `env:NAME` for a variable that holds one'

/** Other archives, by their first bytes in hexadecimal digits. */
const OTHER_ARCHIVES: Readonly<Record<string, string>> = {
  '504b0304': 'a zip file',
  '425a68': 'a bzip2 file',
  fd377a585a00: 'an xz file',
  '28b52ffd': 'a zstd file',
}

/**
 * The configurations of the input `docker-config`: one without a name, or several, each with its name. Every secret in
 * one is masked before anything else is done with it, also when it turns out to be wrong.
 */
export function readDockerConfigs(text: string, env: Environment, problems: Problems): DockerConfig[] {
  // Also where it is not used: nothing else would keep it from the programs that are started.
  hideInConfigText(env.DOCKER_AUTH_CONFIG ?? '')
  const whole = text.replace(/^\uFEFF/, '').trim()
  if (whole === '') return []
  hideInConfigText(whole)
  const written = sourcesIn(whole, problems.at(INPUT))
  const configs = written.flatMap(({ name, source }) => {
    const origin = name === undefined ? INPUT : `${INPUT} ${placed(name)}`
    const here = problems.at(origin)
    const file = here.attempt(() => readSource(source, { env, place: origin }))
    if (file === undefined || !isUsable(file, here)) return []
    const variable = variableIn(source)
    return [{ ...(name === undefined ? {} : { name }), origin, ...(variable && { variable }), open: () => file }]
  })
  return configs
}

/**
 * The content of a configuration, as far as it is about accounts. Every secret in it is masked.
 *
 * @param place what the user knows it by
 * @throws UserError that shows nothing of it
 */
export function configFileIn(bytes: Buffer, place: string): ConfigFile {
  const text = textIn(bytes)
  hideInConfigText(text)
  try {
    const { auths, credHelpers, credsStore } = parseConfigFile(text)
    const file = {
      ...(auths && { auths: withHubKey(auths) }),
      ...(credHelpers && { credHelpers }),
      ...(credsStore && { credsStore }),
    }
    for (const { value, username } of secretsIn(file)) hide(value, place, username)
    return file
  } catch (error) {
    if (!(error instanceof InvalidConfigFile)) throw error
    throw new UserError(
      `this is no config.json that docker would read: ${error.message}. Give it as docker has written it`,
    )
  }
}

/**
 * Docker looks for the account of Docker Hub under one key only, and says nothing about one under another name, which
 * people and other programs (podman) write.
 */
function withHubKey(auths: NonNullable<ConfigFile['auths']>): NonNullable<ConfigFile['auths']> {
  const key = registryKey(HUB)
  if (Object.hasOwn(auths, key)) return auths
  const [other, ...more] = Object.entries(auths).filter(([name]) => isHub(name))
  const rivals = more.filter(([, entry]) => JSON.stringify(entry) !== JSON.stringify(other?.[1]))
  if (other !== undefined && rivals.length > 0) {
    const names = [other, ...rivals].map(([name]) => name).join(', ')
    throw new UserError(
      `it has several accounts for Docker Hub (${names}), where there can be one: leave the others out`,
    )
  }
  return other === undefined ? auths : { ...auths, [key]: other[1] }
}

function isHub(name: string): boolean {
  try {
    const { registry, path } = parseRegistry(name)
    return registry === HUB && path === ''
  } catch (error) {
    if (error instanceof UserError) return false
    throw error
  }
}

interface Written {
  readonly name?: string
  readonly source: string
}

function sourcesIn(text: string, problems: Problems): Written[] {
  if (isContent(text) || isOneSource(text)) return [{ source: text }]
  const { root, problems: wrong } = parseYaml(text)
  problems.addYaml(wrong, '; a content needs no quotes in a variable, as in `env:NAME`')
  if (wrong.length > 0 || root === undefined) return []
  const written = (root.kind === 'list' ? root.items : [root]).flatMap((item) => writtenIn(item, problems))
  return distinct(written, problems)
}

/** A text of one line that is neither a list nor a mapping of YAML. */
function isOneSource(text: string): boolean {
  return !/[\r\n]/.test(text) && !/^(?:-\s|[[{&*!"'])/.test(text) && !/:(?:\s|$)/.test(text)
}

function writtenIn(value: YamlValue, problems: Problems): Written[] {
  if (value.kind === 'text') return [{ source: value.value.trim() }]
  if (value.kind === 'list') {
    problems.add(`line ${value.line} is a list: ${NAMED}`)
    return []
  }
  if (isConfigMap(value)) return [{ source: JSON.stringify(plain(value)) }]
  return value.entries.flatMap(({ key, line, value: of }) => {
    const name = key.trim()
    const wrong = configProblem(name)
    if (wrong !== undefined) problems.add(`line ${line}: ${wrong.replaceAll('`config`', 'the name')}`)
    else if (name === UNNAMED_CONFIG)
      problems.add(`line ${line}: so is one called that has no name: choose another, or leave it out`)
    else if (of.kind === 'list') problems.add(`line ${line} is a list: ${NAMED}`)
    else if (of.kind === 'map') {
      if (isConfigMap(of)) return [{ name, source: JSON.stringify(plain(of)) }]
      problems.add(`line ${line} is a mapping without \`auths\`: ${NAMED}`)
    } else if (of.value.trim() === '') problems.add(`line ${line}: ${shown(name)} is empty: ${FORMS} (${UNSET})`)
    else if (name === 'env') problems.add(`line ${line}: write \`env:NAME\` without a blank, or \`name: env:NAME\``)
    else return [{ name, source: of.value.trim() }]
    return []
  })
}

/** Whether it is a `config.json` in the words of YAML. */
function isConfigMap({ entries }: YamlMap): boolean {
  return entries.some(({ key, value }) => CONFIG_KEYS.includes(key) && (value.kind === 'map' || key === 'credsStore'))
}

const NAMED = 'write entries such as `team-a: path/to/config.json`'

/** JSON that was written without quotes is YAML as well. */
function plain(value: YamlValue): unknown {
  if (value.kind === 'text') return value.value
  if (value.kind === 'list') return value.items.map(plain)
  return Object.fromEntries(value.entries.map((entry) => [entry.key, plain(entry.value)]))
}

function distinct(written: readonly Written[], problems: Problems): Written[] {
  const seen = new Set<string | undefined>()
  return written.filter(({ name }) => {
    const isFirst = !seen.has(name)
    seen.add(name)
    if (!isFirst && name === undefined) problems.add(`two of them have no name, and only one can serve all: ${NAMED}`)
    if (!isFirst && name !== undefined) problems.add(`${shown(name)} is there twice: give each a name of its own`)
    return isFirst
  })
}

/** Whether somebody can log in with it. */
function isUsable(file: ConfigFile, problems: Problems): boolean {
  const unusable = unusableEntries(file)
  for (const key of unusable) {
    problems.add(
      `${entryInWords(key)} holds no user name with a password or identity token: write there what \`docker login\` writes`,
    )
  }
  if (unusable.length > 0) return false
  if (leadsToAccounts(file)) return true
  problems.add('there is no account in it: log in with `docker login` where it is made, or leave the input out')
  return false
}

/** What is no registry may be a secret in the wrong place. */
function entryInWords(key: string): string {
  try {
    parseRegistry(key)
    return `its entry for ${shown(key)}`
  } catch (error) {
    if (error instanceof UserError) return 'an entry of its `auths`, whose key is no registry,'
    throw error
  }
}

interface Ground {
  readonly env: Environment
  readonly place: string
}

function readSource(source: string, ground: Ground): ConfigFile {
  const variable = variableIn(source)
  const text = variable === undefined ? source : textOfVariable(variable.trim(), ground.env)
  if (isContent(text)) return configFileIn(Buffer.from(text), ground.place)
  try {
    if (/[\r\n]/.test(text)) throw new UserError(`this is no path but several lines: ${FORMS}`)
    if (isPathLike(text) || isThere(resolvePath(ground.env, text))) return fileAt(text, ground)
    const meant = variable === undefined ? /^\$?\{?(\w+)\}?$/.exec(text)?.[1] : undefined
    if (meant !== undefined && VARIABLE.test(meant) && Object.hasOwn(ground.env, meant)) {
      throw new UserError(`there is no such file, but a variable of that name: write \`env:${meant}\``)
    }
    throw new UserError(`there is no such file: ${FORMS}`)
  } catch (error) {
    if (!(error instanceof UserError) || variable === undefined) throw error
    throw new UserError(`what ${variable.trim()} holds is no content, so it is taken for a path: ${error.message}`)
  }
}

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/

function variableIn(source: string): string | undefined {
  return /^env:(.*)$/s.exec(source)?.[1]
}

function textOfVariable(name: string, env: Environment): string {
  if (/\s(?:- )?env:/.test(name)) throw new UserError(`there are several, and none has a name: ${NAMED}`)
  if (!VARIABLE.test(name)) throw new UserError(`behind \`env:\` is no name of a variable: ${FORMS}`)
  const value = (Object.hasOwn(env, name) ? (env[name] ?? '') : '').replace(/^\uFEFF/, '').trim()
  if (value !== '') {
    hideInConfigText(value)
    return value
  }
  if (!Object.hasOwn(env, name) && !isVariableName(name)) {
    throw new UserError(
      "the variable that `env:` names is not set: write the name of a variable (not its value), and set it in the step's `env`",
    )
  }
  throw new UserError(
    `the variable ${name} is ${Object.hasOwn(env, name) ? 'empty' : 'not set'}: set it in the step's \`env\`, as in \`${name}: \${{ secrets.${name} }}\` (${UNSET})`,
  )
}

/** What has the look of a path: a folder in front, or the ending of such a file. */
const PATH = /^(?=[.~]|.*\/|.*\.(?:json|tar|t?gz|txt|b64|base64|conf(?:ig)?)$)[\w./~@ +-]{1,200}$/i
/** A part of a path without any sign in it is a word; one as long as this may be a token, or of base64. */
const LONGEST_WORD = 24

/** Whether a text can be a path, and no content and no secret: it is shown. */
function isPathLike(text: string): boolean {
  return PATH.test(text) && !mayBeSecret(text) && text.split(/[\W_]+/).every((word) => word.length <= LONGEST_WORD)
}

function fileAt(path: string, { env, place: origin }: Ground): ConfigFile {
  const absolute = resolvePath(env, path)
  const place = isPathLike(path) ? `${path}: ` : ''
  try {
    if (!isDirectory(absolute)) return configFileIn(readUserFile(absolute, basePath(env)), origin)
    const file = join(absolute, 'config.json')
    if (!isThere(file))
      throw new UserError('the directory has no config.json: log in with `docker login` where it is made')
    return configFileIn(readUserFile(file, basePath(env)), origin)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    throw new UserError(`${place}${error.message}`)
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

/** The JSON text that a content is, or leads to. */
function textIn(bytes: Buffer): string {
  if (isGzip(bytes)) return textOfBytes(configIn(filesOfTarGz(bytes)).content)
  const hex = bytes.subarray(0, 8).toString('hex')
  const archive = Object.entries(OTHER_ARCHIVES).find(([start]) => hex.startsWith(start))?.[1]
  const isTar = bytes.subarray(257, 262).toString('latin1') === 'ustar'
  if (isTar || archive !== undefined) {
    throw new UserError(
      `this is ${archive ?? 'a tar file that is not compressed'}: pack it with \`tar -czf docker.tar.gz -C ~ .docker/config.json\``,
    )
  }
  const text = textOfBytes(bytes).trim()
  if (text.startsWith('{')) return text
  if (!isBase64(text)) throw new UserError(`this is neither JSON nor a .tar.gz, nor base64 of one: ${FORMS}`)
  hideBase64(text)
  const decoded = Buffer.from(text.replace(/\s+/g, ''), 'base64')
  return isGzip(decoded) ? textOfBytes(configIn(filesOfTarGz(decoded)).content) : textOfBytes(decoded).trim()
}

function textOfBytes(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new UserError(`this is no UTF-8 text${otherEncoding(bytes)}: give the config.json as docker has written it`)
  }
}

/** The `config.json` that is nearest to the root of an archive: other folders of a `.docker` may have files of that name. */
function configIn(files: readonly ArchivedFile[]): ArchivedFile {
  const depth = ({ path }: ArchivedFile) => path.split('/').length
  const found = files.filter(({ path }) => path.split('/').at(-1) === 'config.json')
  const nearest = Math.min(...found.map(depth))
  const [file, ...others] = found.filter((one) => depth(one) === nearest)
  if (file === undefined) {
    throw new UserError(
      'the archive has no config.json: pack it with `tar -czf docker.tar.gz -C ~ .docker/config.json`',
    )
  }
  if (others.length > 0)
    throw new UserError('the archive has more than one config.json: pack each by itself, and give each a name')
  return file
}
