import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'

const ROOT = new URL('../../', import.meta.url)
const DIST = new URL('dist/', ROOT)

/** What changes a service, and what leads to it. */
const DEPLOYING = [
  ...['plan/plan', 'plan/check', 'plan/change', 'docker/cli/rehearsal', 'docker/cli/commands'],
  ...[
    'rollout/send/send',
    'rollout/watch/watch',
    'rollout/send/interim',
    'rollout/way-back',
    'stack/make',
    'stack/remove',
  ],
  ...['strategies/canary', 'strategies/recreate', 'strategies/blue-green'],
]

const read = (name: string) => readFile(new URL(name, DIST), 'utf8')

/** The files of this repository, and of its libraries, that a file of the bundle is made of. */
const sourcesOf = (code: string) =>
  [...code.matchAll(/^;?\/\/ CONCATENATED MODULE: \.\/(.+)\.js$/gm)].map(([, name]) => name)
const modulesIn = (code: string) => sourcesOf(code).flatMap((name) => /^build\/(.+)$/.exec(name ?? '')?.[1] ?? [])

/** What Node loads together with a file: all that it asks for by a path, and not by a function's call. */
const loadedWith = (code: string) => [...code.matchAll(/^import .*["'](\..+)["'];?$/gm)].map(([, path]) => path)

test('each entry is a file of its own, and what is loaded later is beside it', async () => {
  expect((await readdir(DIST)).toSorted()).toEqual([
    'aws.js',
    'clean-up.js',
    'cli.js',
    'exec.js',
    'index.js',
    'licenses.txt',
    'package.json',
    'post.js',
    'run.js',
    'stories.js',
    'tool-cache.js',
  ])
  const { imports } = JSON.parse(await read('package.json'))
  const all = JSON.parse(await readFile(new URL('package.json', ROOT), 'utf8')).imports
  expect(Object.keys(imports)).toEqual(Object.keys(all))
  for (const name of ['index.js', 'cli.js']) {
    const code = await read(name)
    expect(loadedWith(code)).toEqual(['./run.js'])
    expect(code.length).toBeLessThan(500)
  }
  const later: Record<string, readonly string[]> = {
    'run.js': [],
    'stories.js': ['#aws', '#exec', '#tool-cache'],
    // What asks Amazon for a login is none of post's.
    'clean-up.js': ['#exec', '#tool-cache'],
    'post.js': ['#clean-up'],
  }
  for (const [name, names] of Object.entries(later)) {
    const code = await read(name)
    expect(loadedWith(code)).toEqual([])
    const asked = [...code.matchAll(/\bimport\(\/\* webpackIgnore: true \*\/ '(#.+)'\)/g)].map(([, one]) => one)
    expect([...new Set(asked)].toSorted()).toEqual(names)
  }
  expect(Object.keys(imports)).toEqual([...new Set(Object.values(later).flat())].toSorted())
})

test('what reads the inputs is loaded without what a run does, and no module is in both files', async () => {
  const [start = '', rest = ''] = await Promise.all(['run.js', 'stories.js'].map(read))
  expect(rest).toContain('// EXTERNAL MODULE: ./build/runner/log/log.js')
  for (const name of DEPLOYING) {
    expect(modulesIn(start)).not.toContain(name)
    expect(modulesIn(rest)).toContain(name)
  }
  expect(modulesIn(rest).filter((name) => modulesIn(start).includes(name))).toEqual([])
  const idsIn = (code: string) => [...code.matchAll(/^\/\*\*\*\/ (\d+):$/gm)].map(([, id]) => id)
  expect(idsIn(start).length).toBeGreaterThan(100)
  expect(idsIn(rest).filter((id) => idsIn(start).includes(id))).toEqual([])
})

test('post holds no more than what says whether anything is left', async () => {
  expect(modulesIn(await read('post.js'))).not.toContain('modes/clean-up')
  expect((await read('post.js')).length).toBeLessThan(20_000)
})

test.each(['run.js', 'stories.js', 'clean-up.js'])(
  '%s loads no HTTP client at its start: that would double its code',
  async (name) => {
    expect(await read('tool-cache.js')).toContain('class Agent extends DispatcherBase')
    expect(await read(name)).not.toContain('class Agent extends DispatcherBase')
  },
)

test('what post loads holds no code that deploys', async () => {
  expect(modulesIn(await read('stories.js'))).toEqual(expect.arrayContaining(DEPLOYING))
  expect(modulesIn(await read('clean-up.js'))).toContain('modes/clean-up')
  const ofPost = (await Promise.all(['post.js', 'clean-up.js'].map(read))).flatMap(modulesIn)
  for (const name of ['main', ...DEPLOYING]) expect(ofPost).not.toContain(name)
})

test.each(['run.js', 'stories.js', 'post.js', 'clean-up.js', 'aws.js', 'exec.js', 'tool-cache.js'])(
  '%s can be read',
  async (name) => {
    const code = await read(name)
    const lines = code.split('\n')
    // A table of a library, and a program that it carries, are one line each.
    expect(lines.filter((line) => line.length > 500).length / lines.length).toBeLessThan(0.001)
    // Amazon publishes its library without the comments.
    if (name === 'aws.js') return
    expect(lines.filter((line) => /^\s*(?:\/\/|\/?\*)/.test(line)).length / lines.length).toBeGreaterThan(0.05)
  },
)

test('no file tells of the machine that built it', async () => {
  const root = fileURLToPath(ROOT).replace(/\/$/, '')
  for (const name of await readdir(DIST)) {
    const code = await read(name)
    expect(code).not.toContain(root)
    expect(code).not.toMatch(/["'`(](?:file:\/\/)?\/(?:tmp|home|root|Users|builds?|work)\/[^"'`)\s]*node_modules/)
    expect(code).not.toMatch(/sourceMappingURL=data:/)
  }
})

test('the licence of each library is passed on, with its whole text', async () => {
  const { packages } = JSON.parse(await readFile(new URL('package-lock.json', ROOT), 'utf8')) as {
    packages: Record<string, { readonly version: string; readonly dev?: boolean }>
  }
  // Whatever any file of the bundle can be made of: also what a library needs, and what is loaded later.
  const libraries = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true)
  expect(libraries.map(([path]) => path)).toEqual(expect.arrayContaining(['node_modules/undici', 'node_modules/yaml']))
  const licences = await read('licenses.txt')
  for (const [path, { version }] of libraries) {
    const directory = new URL(`${path}/`, ROOT)
    const [file] = (await readdir(directory)).filter((name) => /^licen[cs]e/i.test(name))
    expect(licences).toContain(`${path.replace(/^.*node_modules\//, '')} ${version}\n`)
    // Some packages of a large repository come without the licence that all of them have.
    if (file !== undefined) expect(licences).toContain((await readFile(new URL(file, directory), 'utf8')).trim())
    else expect(path).toContain('@aws-sdk')
  }
})

test('no file has a character for which V8 would keep all of it twice as large', async () => {
  const code = (await readdir(DIST)).filter((name) => name.endsWith('.js'))
  const wide = await Promise.all(code.map(async (name) => ((await read(name)).match(/[^\0-\x7f]/g) ?? []).length))
  expect(wide).toEqual(code.map(() => 0))
})
