import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ncc, { type Module } from '@vercel/ncc'
import { groupBy } from '../src/runner/group-by.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** Where the compiler writes what ncc reads: ncc's own compiler is older than the language of the sources. */
const COMPILED = join(ROOT, 'build')

/**
 * What is not loaded at the start but at the first import of its `#name`, from files beside the entries: it shares
 * nothing with what loads it. An import() of ncc's own would put a copy of each library beside each of them.
 */
const LATER = {
  '#aws': './docker/registry/aws.js',
  '#clean-up': './modes/clean-up.js',
  '#exec': '@actions/exec',
  '#tool-cache': '@actions/tool-cache',
}

/**
 * What `run.js` loads when the inputs are right. It has no modules twice, so it is a chunk of webpack's, from the one
 * import() in the sources that is left to it.
 */
const CHUNK = 'stories.js'

/** What a runner and a shell start: a few lines each, beside the one file that both load. */
const THIN = ['index', 'cli'] as const

/** The files of the bundle, and what each is made of. */
const ENTRIES = {
  run: join(COMPILED, 'run.js'),
  post: join(COMPILED, 'post.js'),
  ...mapLater((name, library) => [name.slice(1), fileOf(library)]),
}

/** Also where somebody copies the directory alone, its files are modules, and find each other. */
const PACKAGE = { type: 'module', imports: mapLater((name) => [name, `./${name.slice(1)}.js`]) }

/** Of ours the compiled file. */
function fileOf(library: string): string {
  return library.startsWith('.') ? join(COMPILED, library) : fileURLToPath(import.meta.resolve(library))
}

function mapLater(entry: (name: string, library: string) => [string, string]): Record<string, string> {
  return Object.fromEntries(Object.entries(LATER).map(([name, library]) => entry(name, library)))
}

/**
 * `npm run build`: makes `dist/` from the sources: the step, the command and `post`, beside them what is loaded only when it is
 * needed, and the licences of the libraries that are in any of them.
 *
 * @param directory is emptied first
 */
export async function bundle(directory: string): Promise<void> {
  for (const emptied of [COMPILED, directory]) rmSync(emptied, { recursive: true, force: true })
  execFileSync(process.execPath, [compiler(), '--project', join(ROOT, 'tsconfig.build.json')], { stdio: 'inherit' })
  mkdirSync(directory, { recursive: true })
  const packages = new Set(libraries())
  for (const [name, entry] of Object.entries(ENTRIES)) {
    const filename = `${name}.js`
    const { code, assets, stats } = await ncc(entry, { cache: false, quiet: true, target: 'es2022', filename })
    const chunks = Object.entries(assets).filter(([asset]) => asset !== 'package.json')
    if (chunks.length !== (name === 'run' ? 1 : 0)) {
      throw new Error(`${filename} needs files that are not written: ${chunks.map(([asset]) => asset).join(', ')}`)
    }
    for (const [, { source }] of chunks) writeFileSync(join(directory, CHUNK), inAscii(String(source)))
    writeFileSync(join(directory, filename), inAscii(chunks.length > 0 ? withChunkNamed(code, filename) : code))
    for (const one of filesOf(stats.compilation.modules).flatMap(packageOf)) packages.add(one)
  }
  for (const name of THIN) {
    const code = readFileSync(join(COMPILED, `${name}.js`), 'utf8')
    writeFileSync(join(directory, `${name}.js`), code, { mode: code.startsWith('#!') ? 0o755 : 0o644 })
  }
  writeFileSync(join(directory, 'package.json'), `${JSON.stringify(PACKAGE, undefined, 2)}\n`)
  writeFileSync(join(directory, 'licenses.txt'), licences([...packages].toSorted()).join('\n'))
}

/** The code, in which webpack has made the name of the chunk of a number. */
function withChunkNamed(code: string, filename: string): string {
  const made = `return "" + chunkId + ".${filename}"`
  if (code.split(made).length !== 2) throw new Error(`${filename} does not load its chunk in the way that is known`)
  return code.replace(made, `return "${CHUNK}"`)
}

/**
 * The code with escapes in the place of its few other characters: with one of them V8 keeps all of it as text of two bytes
 * a character, 2 MB more for as long as the step runs.
 */
function inAscii(code: string): string {
  if (/\\[^\0-\x7f]|String\.raw\s*`[^`]*[^\0-\x7f]/.test(code)) throw new Error('an escape would not mean the same')
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function compiler(): string {
  return join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
}

/** The files that a bundle is made of; webpack joins some to one module, which has none of its own. */
function filesOf(modules: Iterable<Module>): string[] {
  return [...modules].flatMap(({ resource, modules: joined = [] }) => [
    ...(resource === undefined ? [] : [resource]),
    ...filesOf(joined),
  ])
}

/** The directory of the package that a file comes from; none for those of our own. */
function packageOf(path: string): string[] {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []
}

/** The directories of all that the libraries need, whether any of it gets into a file or not. */
function libraries(): string[] {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>
  }
  return Object.entries(packages).flatMap(([path, { dev }]) => (path === '' || dev === true ? [] : [join(ROOT, path)]))
}

/** Each licence once, below the packages that come with it. */
function licences(packages: readonly string[]): string[] {
  const all = packages.map(readPackage)
  const told = all.map((one) => {
    const { name, version, license, repository } = one
    // Of several packages of one repository some leave its licence out.
    const others = all.filter(
      (other) => other.license === license && repository !== '' && other.repository === repository,
    )
    const text = [one, ...others].find((other) => other.text !== undefined)?.text
    if (text === undefined) throw new Error(`${name} has no licence that could be passed on`)
    return { name: `${name} ${version}`, licence: `${license}\n\n${text}\n` }
  })
  return [...groupBy(told, ({ licence }) => licence)].map(([licence, those]) => {
    return [...those.map(({ name }) => name), licence].join('\n')
  })
}

/** What a package says of itself; its licence is `undefined` where it does not come with it. */
function readPackage(directory: string) {
  const { name, version, license, repository } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  const file = readdirSync(directory).find((one) => /^licen[cs]e(?:\.|$)/i.test(one))
  const text = file === undefined ? undefined : readFileSync(join(directory, file), 'utf8').trim()
  return { name, version, license, repository: String(repository?.url ?? ''), text }
}

if (import.meta.main) await bundle('dist')
