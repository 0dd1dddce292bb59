import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { commitDist } from '../../scripts/commit-dist.ts'
import { GitRemote } from '../support/git-remote.ts'

const BRANCH = 'dependabot/npm_and_yarn/yaml-2.9.2'

let template: GitRemote
let remote: GitRemote
let built: string
let update: string
beforeAll(() => {
  template = GitRemote.with({ 'dist/index.js': 'old', 'dist/post.js': 'old', 'package.json': '{"yaml":"2.9.1"}' })
  template.run('switch', '--quiet', '--create', BRANCH)
  // A branch that would have git do things where it is checked out, or where a file is added by name.
  update = template.commit({
    'package.json': '{"yaml":"2.9.2"}',
    '.gitattributes': '* filter=evil\n',
    '.gitmodules': '[submodule "x"]\n\tpath = x\n\turl = ../x\n',
  })
  template.push(BRANCH)
  template.run('switch', '--quiet', 'main')
  template.run('config', 'filter.evil.clean', 'touch ran; cat')
})
beforeEach(() => {
  remote = template.copy()
  built = remote.directory('built')
  for (const name of ['index.js', 'post.js']) writeFileSync(join(built, name), `new ${name}`)
})
afterEach(() => remote[Symbol.dispose]())
afterAll(() => template[Symbol.dispose]())

const commit = (from = update) => commitDist(built, from, BRANCH, remote.clone)

test('what was built is one more commit on the branch, and changes dist/ alone', () => {
  const made = commit()
  expect(remote.at(BRANCH)).toBe(made)
  expect(remote.at(`${BRANCH}~1`)).toBe(update)
  const changed = remote.run('diff', '--name-only', update, String(made))
  expect(changed.split('\n')).toEqual(['dist/index.js', 'dist/post.js'])
  expect(remote.run('show', `${made}:dist/post.js`)).toBe('new post.js')
  // Dependabot goes on with a branch only when others' commits on it are marked.
  expect(remote.run('log', '-1', '--format=%an %s', String(made))).toMatch(
    /^github-actions\[bot\] .*\[dependabot skip\]$/,
  )
  // Nothing of the branch was checked out, and its filter was not asked.
  expect(remote.run('status', '--porcelain')).toBe('')
})

test('nothing is committed when it is there already', () => {
  const made = commit()
  expect(commit(made)).toBeUndefined()
  expect(remote.at(BRANCH)).toBe(made)
})

test('nothing is committed to a branch that has moved on, or is gone', () => {
  remote.run('push', '--quiet', '--force', 'origin', `main:${BRANCH}`)
  expect(commit()).toBeUndefined()
  expect(remote.at(BRANCH)).toBe(remote.at('main'))
  remote.run('push', '--quiet', '--delete', 'origin', BRANCH)
  expect(commit()).toBeUndefined()
  expect(remote.at(BRANCH)).toBe('')
})

test.each<[what: string, spoil: () => void, problem: string]>([
  ['a file is missing', () => rmSync(join(built, 'post.js')), 'post.js is missing'],
  ['there is one more', () => writeFileSync(join(built, 'more\n.js'), ''), '"more\\n.js" is not one of its files'],
  ['there is a directory', () => mkdirSync(join(built, '.github')), '".github" is not one of its files'],
  [
    'one is a link',
    () => {
      rmSync(join(built, 'post.js'))
      symlinkSync('/etc/passwd', join(built, 'post.js'))
    },
    'post.js is no file',
  ],
  ['one is huge', () => truncateSync(join(built, 'post.js'), 2 ** 25), 'post.js has 33554432 bytes'],
])('nothing is committed when %s', (_, spoil, problem) => {
  spoil()
  expect(() => commit()).toThrow(`This is no dist/: ${problem}`)
  expect(remote.at(BRANCH)).toBe(update)
})
