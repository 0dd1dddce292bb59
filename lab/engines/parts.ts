import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { chmod, copyFile, cp, mkdir, readdir, rm } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { go } from '../go-program.ts'
import { keep, pathInCache } from '../program-cache.ts'
import { SEARCH_PATH } from '../requirements.ts'
import { cacheOf, type Release } from './newer.ts'

/** Paths of programs, by the name under which they are started. */
export type Programs = Readonly<Record<string, string>>

/**
 * Programs of docker of one version, fetched or built once for this user.
 *
 * @throws Error with one sentence when they cannot be had on this machine
 */
export type Part = () => Promise<Programs>

const NEWER = fileURLToPath(new URL('newer.sh', import.meta.url))

/** Debian 12's own, 1.1, fails with the containerd of newer releases. */
const RUNC = 'v1.3.6'

/** What is installed on this machine. */
export function installed(...names: readonly string[]): Part {
  return async () => Object.fromEntries(names.map((name) => [name, pathOf(name)]))
}

/** The daemon of a release of Debian, which runs with the libraries of an older one; its runc does not. */
export function debianDaemon(release: Release): Part {
  return async () => {
    fetchNewer(release)
    const bin = join(cacheOf(release), 'bin')
    const names = await readdir(bin)
    return { ...Object.fromEntries(names.map((name) => [name, join(bin, name)])), ...(await runc()) }
  }
}

/** The docker command of a release of Debian. */
export function debianCli(release: Release): Part {
  return async () => {
    fetchNewer(release)
    return { docker: join(cacheOf(release), 'cli', 'docker') }
  }
}

/**
 * A daemon of Docker 29, whose releases have no tag that Go can fetch: a beta of the module that they are made of. With the
 * containerd of Debian's testing.
 */
export function mobyDaemon(version: string): Part {
  return async () => {
    const module = { path: 'github.com/moby/moby/v2', version }
    const variable = `github.com/moby/moby/v2/dockerversion.Version=${version.slice(1)}`
    const build = (name: string) => built(name, module, { package: `./cmd/${name}`, variable })
    return {
      ...(await debianDaemon('testing')()),
      dockerd: await build('dockerd'),
      'docker-proxy': await build('docker-proxy'),
    }
  }
}

/**
 * A docker command, built from its module, which has its requirements in a file of another name.
 *
 * @param replaced modules in place of those that its file names and that cannot be fetched
 */
export function builtCli(version: string, replaced: readonly string[] = []): Part {
  return async () => {
    const module = { path: 'github.com/docker/cli', version: `${version}+incompatible` }
    const variable = `github.com/docker/cli/cli/version.Version=${version.slice(1)}`
    const prepare = async (copy: string) => {
      await rm(join(copy, 'vendor'), { recursive: true, force: true })
      await copyFile(join(copy, 'vendor.mod'), join(copy, 'go.mod'))
      await copyFile(join(copy, 'vendor.sum'), join(copy, 'go.sum'))
      for (const one of replaced) await go(['mod', 'edit', '-replace', one], {}, copy)
      return {}
    }
    return { docker: await built('docker', module, { package: './cmd/docker', variable, prepare }) }
  }
}

/** What starts containers, with the library that it needs in it. */
async function runc(): Promise<Programs> {
  const prepare = async (copy: string) => {
    const library = await unpacked('libseccomp-dev', copy)
    const { stdout } = spawnSync('find', [library, '-name', 'libseccomp.a'], { encoding: 'utf8' })
    const archive = dirname(stdout.trim())
    return {
      CGO_ENABLED: '1',
      PKG_CONFIG_LIBDIR: join(archive, 'pkgconfig'),
      PKG_CONFIG_SYSROOT_DIR: library,
    }
  }
  const flags = ['-tags', 'seccomp netgo osusergo']
  const variable = `main.version=${RUNC.slice(1)} -extldflags=-static`
  const module = { path: 'github.com/opencontainers/runc', version: RUNC }
  return { runc: await built('runc', module, { package: '.', variable, flags, prepare }) }
}

interface Build {
  /** Of the module, from its root. */
  readonly package: string
  /** Where it has its version, and with what it is linked else. */
  readonly variable: string
  readonly flags?: readonly string[]
  /** Changes the copy of the module, and says which variables the build needs. */
  readonly prepare?: (copy: string) => Promise<Readonly<Record<string, string>>>
}

/**
 * A program of a Go module, built once in a copy of it: so its own requirements count, whatever they are.
 *
 * @returns its path
 */
async function built(
  name: string,
  module: { readonly path: string; readonly version: string },
  build: Build,
): Promise<string> {
  const path = pathInCache(name, module.version.replace(/\+.*/, ''))
  if (existsSync(path)) return path
  if (spawnSync('go', ['version']).status !== 0) throw new Error(`needs Go, to build ${name}`)
  await keep(path, async (scratch) => {
    const { Dir } = JSON.parse(await go(['mod', 'download', '-json', `${module.path}@${module.version}`]))
    const copy = join(scratch, 'module')
    await cp(Dir, copy, { recursive: true })
    // Nothing may be written where it is from.
    if (spawnSync('chmod', ['-R', 'u+w', copy]).status !== 0) throw new Error(`${copy} cannot be made writable`)
    const env = (await build.prepare?.(copy)) ?? {}
    const program = join(scratch, name)
    const flags = ['-trimpath', '-mod=mod', '-ldflags', `-s -w -X ${build.variable}`, ...(build.flags ?? [])]
    await go(['build', ...flags, '-o', program, build.package], { CGO_ENABLED: '0', ...env }, copy)
    return program
  })
  return path
}

/** A package of this machine's own release of Debian, in a folder of its own. */
async function unpacked(name: string, directory: string): Promise<string> {
  const into = join(directory, name)
  await mkdir(into)
  // apt fetches as a user of its own, which has to reach the folder.
  await chmod(directory, 0o755)
  const commands = [
    ['apt-get', 'download', '--quiet', '-o', 'APT::Sandbox::User=root', name],
    ['sh', '-c', 'dpkg -x ./*.deb .'],
  ]
  for (const [command = '', ...args] of commands) {
    const { status, stderr } = spawnSync(command, args, { cwd: into, encoding: 'utf8' })
    if (status !== 0) throw new Error(`needs ${name}, which could not be fetched: ${stderr?.trim().split('\n').at(-1)}`)
  }
  return into
}

function fetchNewer(release: Release): void {
  const { status, stderr } = spawnSync('sh', [NEWER, release], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr.trim().split('\n').at(-1))
}

function pathOf(name: string): string {
  const found = SEARCH_PATH.split(delimiter)
    .map((directory) => join(directory, name))
    .find((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
  if (found === undefined) throw new Error(`${name} is not installed: run lab/install.sh once`)
  return found
}
