import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { assembleRelease } from '../../scripts/release/assemble.ts'
import { releaseProblems } from '../../scripts/release/check.ts'
import { moveMajorTag } from '../../scripts/release/major-tag.ts'
import { prepareRelease } from '../../scripts/release/prepare.ts'
import { publishRelease } from '../../scripts/release/publish.ts'
import { GitRemote } from '../support/git-remote.ts'

const CHANGELOG =
  '# Changelog\n\n## Unreleased\n\n- New: see [the page](docs/new.md).\n\n## 1.1.0 - 2026-01-01\n\n- Old.\n'
const DEPENDENCIES = { dependencies: { yaml: '2.9.1' }, devDependencies: { tool: '1.0.0' } }
const manifest = (version: string) =>
  `${JSON.stringify({ name: 'swarm-deploy', version, ...DEPENDENCIES }, undefined, 2)}\n`
const lock = (version: string) => {
  const library = { version: '2.9.1', license: 'ISC' }
  const tool = { version: '1.0.0', dev: true }
  const own = { name: 'swarm-deploy', version, ...DEPENDENCIES }
  const packages = { '': own, 'node_modules/yaml': library, 'node_modules/tool': tool }
  return `${JSON.stringify({ name: 'swarm-deploy', version, lockfileVersion: 3, requires: true, packages }, undefined, 2)}\n`
}
const repository = () =>
  GitRemote.with({
    'package.json': manifest('1.1.0'),
    'package-lock.json': lock('1.1.0'),
    'CHANGELOG.md': CHANGELOG,
    'README.md': 'Read me',
    LICENSE: 'MIT',
    'action.yml': 'name: Swarm Deploy\n',
    'dist/index.js': 'main()\n',
    'src/index.ts': 'main()\n',
  })

/** What `npm run release` and the person who calls it do, up to the pushed tag. */
function release(remote: GitRemote, version: string): void {
  prepareRelease(version, remote.clone, '2026-11-26')
  remote.run('commit', '--quiet', '--all', '--message', `Release ${version}`)
  remote.run('tag', '--annotate', '--message', `v${version}`, `v${version}`)
  remote.push('main', `v${version}`)
}

describe('a release, from a clone with a remote', () => {
  let template: GitRemote
  let remote: GitRemote
  beforeAll(() => {
    template = repository()
  })
  beforeEach(() => {
    remote = template.copy()
  })
  afterEach(() => remote[Symbol.dispose]())
  afterAll(() => template[Symbol.dispose]())

  test('is prepared, checked, assembled, and the major tag leads to it', () => {
    release(remote, '1.2.0')
    expect(releaseProblems('v1.2.0', remote.clone)).toEqual([])
    for (const name of ['package.json', 'package-lock.json']) {
      expect(readFileSync(join(remote.clone, name), 'utf8')).toBe(
        name === 'package.json' ? manifest('1.2.0') : lock('1.2.0'),
      )
    }

    const to = join(remote.directory('assembled'), 'release')
    assembleRelease('v1.2.0', remote.clone, to, 'https://github.com/OWNER/swarm-deploy')
    expect(readFileSync(join(to, 'notes.md'), 'utf8')).toBe(
      '- New: see [the page](https://github.com/OWNER/swarm-deploy/blob/v1.2.0/docs/new.md).\n',
    )
    const archive = execFileSync('tar', ['-tzf', join(to, 'swarm-deploy-v1.2.0.tar.gz')], { encoding: 'utf8' })
    expect(archive.split('\n').filter((path) => /[^/]$/.test(path))).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'action.yml', 'dist/index.js'].map(
        (name) => `swarm-deploy-v1.2.0/${name}`,
      ),
    )
    expect(readdirSync(join(to, 'dist'))).toEqual(['index.js'])
    const sbom = JSON.parse(readFileSync(join(to, 'sbom.spdx.json'), 'utf8'))
    expect(sbom.packages.map(({ name }: { name: string }) => name)).toEqual(['swarm-deploy', 'yaml'])

    expect(moveMajorTag('v1.2.0', remote.clone)).toBe('v1 leads to v1.2.0 now.')
    expect(remote.at('v1')).toBe(remote.at('v1.2.0'))
    expect(moveMajorTag('v1.2.0', remote.clone)).toBe('v1 leads to v1.2.0 already.')
  })

  test('moves the major tag on, never back, and not for a prerelease', () => {
    release(remote, '1.2.0')
    // Somebody has made it by hand once, as an object of its own.
    remote.run('tag', '--annotate', '--message', 'v1', 'v1')
    remote.push('v1')
    for (const version of ['1.3.0', '2.0.0-rc.1']) {
      remote.commit({ 'CHANGELOG.md': withEntry(remote, version) })
      release(remote, version)
    }
    expect(moveMajorTag('v2.0.0-rc.1', remote.clone)).toBe('No tag of a major version leads to v2.0.0-rc.1.')
    expect(moveMajorTag('v1.3.0', remote.clone)).toBe('v1 leads to v1.3.0 now.')
    expect(moveMajorTag('v1.2.0', remote.clone)).toBe('v1 stays: v1.3.0 is newer than v1.2.0.')
    expect([remote.at('v1'), remote.at('v2')]).toEqual([remote.at('v1.3.0'), ''])
  })

  test('says how to move the major tag by hand where GitHub has no workflow do it', () => {
    release(remote, '1.2.0')
    const refusal = 'refusing to allow a GitHub App to create or update workflow `x.yml` without `workflows` permission'
    const hook = (text: string) =>
      writeFileSync(join(remote.remote, 'hooks', 'pre-receive'), `#!/bin/sh\necho '${text}' >&2\nexit 1\n`, {
        mode: 0o755,
      })
    hook(refusal)
    const command = `git push --force origin ${remote.at('v1.2.0')}:refs/tags/v1`
    expect(() => moveMajorTag('v1.2.0', remote.clone)).toThrow(new RegExp(`by hand: ${command}$`))
    hook('the disk is full')
    expect(() => moveMajorTag('v1.2.0', remote.clone)).toThrow('the disk is full')
    expect(remote.at('v1')).toBe('')
  })

  test('is refused where the tag, the files and the remote do not agree, with all that is wrong', () => {
    release(remote, '1.2.0')
    expect(releaseProblems('1.2.0', remote.clone)).toEqual([expect.stringContaining('1.2.0 is no version')])
    expect(releaseProblems('v1.2.1', remote.clone)).toEqual([
      'package.json has the version 1.2.0, and the tag is v1.2.1',
      'package-lock.json has the version 1.2.0, and the tag is v1.2.1',
      'package-lock.json, packages has the version 1.2.0, and the tag is v1.2.1',
      'CHANGELOG.md says nothing of 1.2.1: run npm run release',
      expect.stringMatching(/^v1\.2\.1 is not there on the remote/),
    ])
    // Not on main, and the tag was for another commit.
    remote.run('switch', '--quiet', '--create', 'topic')
    remote.commit({ 'CHANGELOG.md': withEntry(remote, 'x') })
    expect(releaseProblems('v1.2.0', remote.clone)).toEqual([
      expect.stringContaining('lines below "Unreleased"'),
      expect.stringMatching(/^v1\.2\.0 is [0-9a-f]{40} on the remote/),
      expect.stringContaining('is not on main'),
    ])
  })

  test.each([
    ['1.2', 'is no SemVer version'],
    ['1.1.0', 'CHANGELOG.md has a section 1.1.0 already'],
    ['1.0.2', 'does not come after v1.0.3'],
  ])('is not prepared as %s: nothing is written', (version, message) => {
    remote.run('tag', 'v1.0.3')
    remote.push('v1.0.3')
    expect(() => prepareRelease(version, remote.clone, '2026-11-26')).toThrow(message)
    expect(remote.run('status', '--porcelain')).toBe('')
  })

  test('is not prepared among changes that are not committed', () => {
    writeFileSync(join(remote.clone, 'README.md'), 'Half a thought')
    expect(() => prepareRelease('1.2.0', remote.clone, '2026-11-26')).toThrow('not committed')
  })

  describe('published by a command line of GitHub that only writes down what it is asked for', () => {
    const path = process.env.PATH
    let state: string
    let log: string
    beforeEach(() => {
      const programs = remote.directory('programs')
      state = join(programs, 'state.json')
      log = join(programs, 'log')
      writeFileSync(join(programs, 'gh'), fakeGh(state, log), { mode: 0o755 })
      process.env.PATH = [programs, path].join(delimiter)
    })
    afterEach(() => {
      process.env.PATH = path
    })
    const asked = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [])
    const has = (releases: readonly object[], immutable = true) =>
      writeFileSync(state, JSON.stringify({ releases, immutable }))
    const changes = () => asked().filter((line) => !/^release (?:list|view)/.test(line))

    test('is a draft until all is attached', () => {
      release(remote, '1.2.0')
      has([])
      expect(publishRelease('v1.2.0', remote.clone, '/made')).toBe('v1.2.0 is published.')
      expect(changes()).toEqual([
        'release create v1.2.0 --draft --verify-tag --title v1.2.0 --notes-file /made/notes.md /made/swarm-deploy-v1.2.0.tar.gz /made/sbom.spdx.json',
        'release edit v1.2.0 --draft=false --latest=true',
      ])
    })

    test('is not the latest when there is a newer one, and begun anew where a run broke off', () => {
      release(remote, '1.2.0')
      remote.run('tag', 'v1.3.0')
      remote.push('v1.3.0')
      has([{ tagName: 'v1.2.0', isDraft: true }])
      publishRelease('v1.2.0', remote.clone, '/made')
      expect(changes()).toEqual([
        'release delete v1.2.0 --yes',
        expect.stringContaining('release create v1.2.0 --draft'),
        'release edit v1.2.0 --draft=false --latest=false',
      ])
    })

    test('is told to be a prerelease', () => {
      has([])
      publishRelease('v1.2.0-rc.1', remote.clone, '/made')
      expect(changes()).toEqual([
        expect.stringContaining(' --prerelease '),
        'release edit v1.2.0-rc.1 --draft=false --latest=false',
      ])
    })

    test('is left alone when it is there, and red when it can be changed', () => {
      has([{ tagName: 'v1.2.0', isDraft: false }])
      expect(publishRelease('v1.2.0', remote.clone, '/made')).toBe('v1.2.0 was published before.')
      has([{ tagName: 'v1.2.0', isDraft: false }], false)
      expect(() => publishRelease('v1.2.0', remote.clone, '/made')).toThrow('turn on release immutability')
      expect(changes()).toEqual([])
    })
  })
})

function withEntry(remote: GitRemote, entry: string): string {
  const text = readFileSync(join(remote.clone, 'CHANGELOG.md'), 'utf8')
  return text.replace('## Unreleased\n', `## Unreleased\n\n- ${entry}.\n`)
}

function fakeGh(state: string, log: string): string {
  return `#!/bin/sh
echo "$*" >> '${log}'
case "$2" in
  list) exec jq -c .releases '${state}' ;;
  view) exec jq .immutable '${state}' ;;
esac
`
}
