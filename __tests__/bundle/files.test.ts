import { readFile } from 'node:fs/promises'
import { expect, test } from '@jest/globals'

const HTTP_CLIENT = '// node_modules/undici/'

/** A file of the bundle with all that is loaded together with it. */
async function loadedWith(name: string, loaded = new Map<string, string>()): Promise<Map<string, string>> {
  const source = await readFile(new URL(`../../dist/${name}`, import.meta.url), 'utf8')
  loaded.set(name, source)
  for (const [, next = ''] of source.matchAll(/^(?:import|\} from) ?"\.\/(.+)";$/gm)) {
    if (!loaded.has(next)) await loadedWith(next, loaded)
  }
  return loaded
}

test('only a run that installs a docker CLI loads an HTTP client: it would double the code at the start', async () => {
  const atStart = await loadedWith('index.js')
  expect([...atStart.keys()]).toEqual(['index.js', 'chunk.js'])
  expect([...atStart.values()].join()).not.toContain(HTTP_CLIENT)
  expect([...(await loadedWith('tool-cache.js')).values()].join()).toContain(HTTP_CLIENT)
})
