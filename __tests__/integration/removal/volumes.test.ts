import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../lab/scratch.ts'
import { REMOVE_VOLUMES_SCRIPT } from '../../../src/removal/volumes.ts'

// The script as a node runs it, with a docker of the test's own, and no other program than that one and a quick `sleep`.

let directory: string
beforeEach(() => {
  directory = scratchDirectory('volumes-')
  for (const name of ['all', 'own', 'bin', 'slept']) mkdirSync(join(directory, name))
})
afterEach(() => rmSync(directory, { recursive: true }))

/** Volumes are files, and those of the stack are in a folder of their own as well. */
function run(volumes: Readonly<Record<string, 'own' | 'all'>>, args: readonly string[]) {
  for (const [name, whose] of Object.entries(volumes)) {
    writeFileSync(join(directory, 'all', name), '')
    if (whose === 'own') writeFileSync(join(directory, 'own', name), '')
  }
  const docker = `#!/bin/sh
PATH=/usr/bin:/bin
case "$*" in
  'volume ls --quiet') ls '${directory}/all' ;;
  'volume ls --quiet --filter label=com.docker.stack.namespace=shop') ls '${directory}/own' ;;
  *busy*) echo 'Error response from daemon: volume is in use - [abc]' >&2; exit 1 ;;
  *fleeting*) echo 'Error: No such volume: fleeting' >&2; exit 1 ;;
  'volume rm '*) rm '${directory}/all/'"$3" ;;
  *) exit 9 ;;
esac
`
  const sleep = `#!/bin/sh\n/usr/bin/mktemp -p '${directory}/slept' >/dev/null\n`
  for (const [name, content] of Object.entries({ docker, sleep })) {
    writeFileSync(join(directory, 'bin', name), content)
    chmodSync(join(directory, 'bin', name), 0o755)
  }
  const env = { PATH: join(directory, 'bin') }
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', REMOVE_VOLUMES_SCRIPT, 'sh', ...args], {
    encoding: 'utf8',
    env,
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return { lines: stdout.trim().split('\n'), left: readdirSync(join(directory, 'all')) }
}

test('those of the stack go by their whole names, and need no other program than docker', () => {
  const volumes = { shop_data: 'own', shop_database: 'own', data: 'all' } as const
  const { lines, left } = run(volumes, ['shop', 'shop_data', 'data', 'nothing'])
  expect(lines).toEqual(['gone shop_data', 'others data'])
  expect(left).toEqual(['data', 'shop_database'])
})

test('without a stack whose they are does not count; one that goes meanwhile is gone', () => {
  const { lines, left } = run({ data: 'all', cache: 'own', fleeting: 'all' }, ['', 'fleeting', 'data', 'cache'])
  expect(lines).toEqual(['gone fleeting', 'gone data', 'gone cache'])
  expect(left).toEqual(['fleeting'])
})

test('all that are in use are waited for ten times together', () => {
  const { lines } = run({ busy1: 'all', busy2: 'all', data: 'all' }, ['', 'busy1', 'busy2', 'data'])
  expect(lines).toEqual([
    'stays busy1 | Error response from daemon: volume is in use - [abc]',
    'stays busy2 | Error response from daemon: volume is in use - [abc]',
    'gone data',
  ])
  expect(readdirSync(join(directory, 'slept'))).toHaveLength(10)
})
