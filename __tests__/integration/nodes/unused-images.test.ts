import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../lab/scratch.ts'
import type { Service } from '../../../src/docker/api.ts'
import {
  ASK_SCRIPT,
  isNoTrouble,
  namesThatMayGo,
  neededDigests,
  REMOVE_SCRIPT,
  removalsIn,
  repositoriesOf,
  unusedIn,
} from '../../../src/nodes/unused-images.ts'
import type { KeptRecord } from '../../../src/records/record.ts'
import { createSpec } from '../../support/builders.ts'

const digest = (letter: string) => `sha256:${letter.repeat(64)}`
const [A, B, C] = ['a', 'b', 'c'].map(digest) as [string, string, string]
const specWith = (Image: string) => createSpec({ Name: 'web', TaskTemplate: { ContainerSpec: { Image } } })

describe('what may go', () => {
  const repositories = ['hub.test/web', 'nginx']
  const may = (names: string[], needed: string[] = []) =>
    namesThatMayGo([{ bytes: 1, names }], repositories, new Set(needed))

  test('an image by all of its names, when nothing needs one of their digests', () => {
    const both = [`hub.test/web@${A}`, `nginx@${B}`]
    expect(may(both)).toEqual(both)
    expect(may(both, [C])).toEqual(both)
    expect(may(both, [B])).toEqual([])
  })

  test.each([
    ['of another repository', `hub.test/web2@${A}`],
    ['of a repository below', `hub.test/web/sub@${A}`],
    ['of another registry', `docker.io/acme/web@${A}`],
    ['with a tag', `hub.test/web:1@${A}`],
    ['without a digest', 'hub.test/web'],
    ['not as docker prints it', `docker.io/library/nginx@${A}`],
    ['that is none', '--force'],
    ['that is none', '$(reboot)'],
  ])('none with a name %s', (_, name) => {
    expect(may([name])).toEqual([])
    expect(may([`hub.test/web@${A}`, name])).toEqual([])
  })

  test('services need what they have and what they had before, and records what they say, under any name', () => {
    const service = {
      ID: 'x',
      Version: { Index: 1 },
      Spec: specWith(`other.test/x:1@${A}`),
      PreviousSpec: specWith(`y@${B}`),
    }
    const record = { services: [{ name: 'web', image: 'z:1', spec: specWith(`z:1@${C}`) }] }
    const kept = [{ record, ids: ['1'] }] as unknown as KeptRecord[]
    const bare = { ...service, Spec: specWith('z:1'), PreviousSpec: undefined } as unknown as Service
    expect(neededDigests([service, bare], kept)).toEqual(new Set([A, B, C]))
  })

  test('repositories are as docker prints them', () => {
    const images = [
      `docker.io/library/nginx:1@${A}`,
      'hub.test:5000/web:2',
      'hub.test:5000/web:3',
      undefined,
      'NO IMAGE',
    ]
    expect(repositoriesOf(images)).toEqual(['hub.test:5000/web', 'nginx'])
  })
})

describe('what nodes print', () => {
  test('is read line by line, and what is of another form is not', () => {
    expect(
      unusedIn([`${A} 1984 hub.test/web@${B} hub.test/web@${C}`, 'WARNING: x', `${A} 12`, `${A} -1 x`, '']),
    ).toEqual([{ bytes: 1984, names: [`hub.test/web@${B}`, `hub.test/web@${C}`] }])
    expect(
      removalsIn([`gone 12 x@${A}`, `stays 5 y@${B} z@${C} | Error: conflict: unable | x`, 'stays', `other 1 x@${A}`]),
    ).toEqual([
      { bytes: 12, names: [`x@${A}`], refusal: undefined },
      { bytes: 5, names: [`y@${B}`, `z@${C}`], refusal: 'Error: conflict: unable | x' },
    ])
  })

  test('that somebody was first is no trouble', () => {
    expect(isNoTrouble('Error: No such image: x')).toBe(true)
    expect(isNoTrouble('Error response from daemon: conflict: unable to remove repository reference "x"')).toBe(true)
    expect(isNoTrouble('Error response from daemon: write /var/lib/docker: no space left on device')).toBe(false)
  })
})

describe('the scripts', () => {
  let directory: string
  beforeEach(() => {
    directory = scratchDirectory('unused-images-')
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  interface Node {
    readonly store?: string
    /** ID, date of the last tag, tags, names. */
    readonly images: readonly (readonly [id: string, date: string, tags: string, names: string])[]
    /** The images of its containers. */
    readonly used?: readonly string[]
    /** What docker says against a removal. */
    readonly refuses?: string
    readonly breaks?: string
  }

  function run(
    script: string,
    args: readonly string[],
    { store = 'overlay2', images, used = [], refuses, breaks }: Node,
  ) {
    const file = (name: string, lines: readonly string[]) => {
      writeFileSync(join(directory, name), lines.map((line) => `${line}\n`).join(''))
      return `cat '${join(directory, name)}'`
    }
    const calls = join(directory, 'calls')
    writeFileSync(calls, '')
    const cases = [
      `printf '%s\\n' "$*" >> '${calls}'`,
      ...(breaks === undefined ? [] : [`case "$*" in ${breaks}) echo 'daemon is ill' >&2; exit 1;; esac`]),
      'case "$1 $2" in',
      `info*) echo '${store}';;`,
      `'image ls') ${file(
        'ids',
        [...images, ...images].map(([id]) => id),
      )};;`,
      `'image inspect') ${file(
        'facts',
        images.map(([id, date, tags, names]) => `${id} 100 ${date} 00:00:00 +0000 UTC|${ended(tags)}|${ended(names)}`),
      )};;`,
      "'container ls') echo c1;;",
      `'container inspect') ${file('used', [digest('9'), ...used])};;`,
      refuses === undefined ? "'image rm') exit 0;;" : `'image rm') echo "${refuses}" >&2; exit 1;;`,
      '*) exit 9;; esac',
    ]
    writeFileSync(join(directory, 'docker'), `#!/bin/sh\n${cases.join('\n')}\n`)
    chmodSync(join(directory, 'docker'), 0o755)
    const env = { PATH: `${directory}:${process.env.PATH}` }
    const { status, stdout, stderr } = spawnSync('sh', ['-c', script, 'sh', ...args], { encoding: 'utf8', env })
    const lines = stdout.split('\n').filter((line) => line !== '')
    const removed = readFileSync(calls, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('image rm'))
    return { status, lines, stderr, removed, calls: readFileSync(calls, 'utf8') }
  }

  /** As the template prints a list. */
  function ended(words: string): string {
    return words === '' ? '' : `${words} `
  }

  const NEVER = '0001-01-01'
  const LATELY = '2026-11-26'
  const web = `hub.test/web@${A}`

  test('an image without tag and container is told once, of the repositories that are asked for', () => {
    const { status, lines, calls } = run(ASK_SCRIPT, ['hub.test/web', 'nginx'], { images: [[A, NEVER, '', web]] })
    expect({ status, lines }).toEqual({ status: 0, lines: [`${A} 100 ${web}`] })
    expect(calls).toContain('image ls --quiet --no-trunc --filter reference=hub.test/web --filter reference=nginx\n')
    expect(run(ASK_SCRIPT, ['nginx'], { images: [] })).toMatchObject({ status: 0, lines: [] })
  })

  test.each<[string, Node]>([
    ['has a tag', { images: [[A, NEVER, 'hub.test/web:1', web]] }],
    ['was tagged here', { images: [[A, LATELY, '', web]] }],
    ['is in a container', { images: [[A, NEVER, '', web]], used: [A] }],
    ['has no name', { images: [[A, NEVER, '', '']] }],
    [
      'has a tag in the store of containerd',
      {
        store: '[["driver-type","io.containerd.snapshotter.v1"]]',
        images: [[A, LATELY, `mine:1 ${web}`, `mine@${A} ${web}`]],
      },
    ],
  ])('not one that %s', (_, node) => {
    expect(run(ASK_SCRIPT, ['hub.test/web'], node)).toMatchObject({ status: 0, lines: [] })
  })

  test('with the store of containerd, names with a digest are no tags, and a date says nothing', () => {
    const store = '[["driver-type","io.containerd.snapshotter.v1"]]'
    expect(run(ASK_SCRIPT, ['hub.test/web'], { store, images: [[A, LATELY, web, web]] }).lines).toEqual([
      `${A} 100 ${web}`,
    ])
  })

  test('a daemon that fails at a question is a failure, and nothing is removed', () => {
    for (const breaks of ['info*', '"image ls"*', '"container ls"*', '"container inspect"*']) {
      const { status, removed, stderr } = run(REMOVE_SCRIPT, ['hub.test/web', '--', web], {
        images: [[A, NEVER, '', web]],
        breaks,
      })
      expect({ breaks, status, removed }).toEqual({ breaks, status: 1, removed: [] })
      expect(stderr).not.toBe('')
    }
  })

  test('removes what may go by all of its names, without force and without its parents', () => {
    const images: Node['images'] = [
      [A, NEVER, '', `${web} nginx@${A}`],
      [B, NEVER, '', `hub.test/web@${B} other@${B}`],
      [C, NEVER, 'mine:1', `hub.test/web@${C}`],
    ]
    const may = [web, `nginx@${A}`, `hub.test/web@${B}`, `hub.test/web@${C}`]
    const { status, lines, removed } = run(REMOVE_SCRIPT, ['hub.test/web', 'nginx', '--', ...may], { images })
    expect({ status, lines }).toEqual({ status: 0, lines: [`gone 100 ${web} nginx@${A}`] })
    expect(removed).toEqual([`image rm --no-prune ${web} nginx@${A}`])
  })

  test('tells why one stays, on one line', () => {
    const { lines } = run(REMOVE_SCRIPT, ['hub.test/web', '--', web], {
      images: [[A, NEVER, '', web]],
      refuses: 'Error: * no space\nleft',
    })
    expect(removalsIn(lines)).toEqual([{ bytes: 100, names: [web], refusal: 'Error: * no space left' }])
  })
})
