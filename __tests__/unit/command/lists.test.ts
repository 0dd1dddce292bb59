import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { documented } from '../../../src/command/action-file.ts'
import { isList, joined } from '../../../src/command/lists.ts'

test('every input of which action.yml says that it takes several values may be given several times', () => {
  const said = documented(readFileSync('action.yml', 'utf8'), 'inputs').filter(({ description }) =>
    /\ba (?:path|name|line|service|volume)\b[^.]*\ba line\b|YAML list/.test(description),
  )
  expect(said.length).toBeGreaterThan(5)
  expect(said.map(({ name }) => name).filter((name) => !isList(name))).toEqual([])
})

test.each(['only', 'force', 'remove-volumes'])('%s, which is names, may be given several times', (input) => {
  expect(isList(input)).toBe(true)
})

test.each([
  ['compose-file', ['a.yml', 'b.yml'], 'a.yml\nb.yml'],
  ['services', ['- name: a\n', '- name: b\n'], '- name: a\n- name: b'],
  ['host', ['ssh://a', 'ssh://b'], '["ssh://a","ssh://b"]'],
  ['host', ['ssh://a'], 'ssh://a'],
  ['ssh-jump', ['a', 'b'], 'a,b'],
])('several of %s', (input, values, text) => {
  expect(joined(input, values)).toBe(text)
})
