import { readFile } from 'node:fs/promises'
import { expect, test } from '@jest/globals'

const HTTP_CLIENT = '// node_modules/undici/'

/** What changes a service, and what leads to it. */
const DEPLOYING = [
  ...['main', 'plan/plan', 'plan/check', 'plan/change', 'docker/cli/rehearsal', 'docker/cli/commands'],
  ...['rollout/send', 'rollout/watch', 'rollout/interim', 'rollout/way-back', 'stack/make', 'stack/remove'],
  ...['strategies/canary', 'strategies/recreate', 'strategies/blue-green'],
]

/** A file of the bundle with all that is loaded together with it. */
async function loadedWith(name: string, loaded = new Map<string, string>()): Promise<Map<string, string>> {
  const source = await readFile(new URL(`../../dist/${name}`, import.meta.url), 'utf8')
  loaded.set(name, source)
  for (const [, next = ''] of source.matchAll(/^(?:import|\} from) ?"\.\/(.+)";$/gm)) {
    if (!loaded.has(next)) await loadedWith(next, loaded)
  }
  return loaded
}

/** The modules of this repository that a file of the bundle is made of. */
const modulesIn = (sources: Iterable<string>) =>
  [...sources].flatMap((source) => [...source.matchAll(/^\/\/ src\/(.+)\.ts$/gm)].map(([, name]) => name))

test('only a run that installs a docker CLI loads an HTTP client: it would double the code at the start', async () => {
  const atStart = await loadedWith('index.js')
  expect([...atStart.keys()]).toEqual(['index.js', 'chunk.js'])
  expect([...atStart.values()].join()).not.toContain(HTTP_CLIENT)
  expect([...(await loadedWith('tool-cache.js')).values()].join()).toContain(HTTP_CLIENT)
})

test('what post loads holds no code that deploys', async () => {
  expect(modulesIn((await loadedWith('index.js')).values())).toEqual(expect.arrayContaining(DEPLOYING))
  const ofPost = await loadedWith('post.js')
  expect([...ofPost.keys()]).toEqual(['post.js', 'chunk.js'])
  expect(modulesIn(ofPost.values())).toContain('modes/clean-up')
  for (const name of DEPLOYING) expect(modulesIn(ofPost.values())).not.toContain(name)
})
