import { expect, test } from '@jest/globals'
import { redact } from '../../../src/runner/secret.ts'
import { mayBeSecret, shown, ticked, tokensIn } from '../../../src/runner/shown.ts'

// On a runner what is hidden here would be masked in the log of the whole job.
delete process.env.GITHUB_ACTIONS

const sign = (length: number, from = 'aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY') => from.repeat(4).slice(0, length)

test.each([
  ['a password', 'p@ss!'],
  ['one with a dollar in it', 'ab$12cd'],
  ['a token of GitHub', `ghp_${sign(36)}`],
  ['a fine-grained one', `github_pat_${sign(22)}_${sign(59)}`],
  ['one of GitLab', `glpat-${sign(20)}`],
  ['one of Docker Hub', `dckr_pat_${sign(27)}`],
  ['a signed one', `eyJ${sign(20)}.eyJ${sign(30)}.${sign(43)}`],
  ['a key of Amazon', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYzK3EXAMPLEx9'],
  ['letters and digits by lot', sign(24)],
])('%s may be a secret: it is told by its length, and hidden wherever else it stands', (_, value) => {
  expect(shown(value)).toBe(`"***" (${value.length} characters, which may be a secret)`)
  expect(redact(`no such secret: ${value}`)).toBe('no such secret: ***')
})

test.each([
  ...['web', 'shop_web', '-web', 'web api', 'my service', 'größe', 'web.v1', 'web/api', 'web:1.2'],
  ...['tru', '10 minutes', '50%', '1,5', '-1', '#7', '~/.docker', './compose.yml', '/etc/app.conf', 'C4'],
  ...['${TAG}', 'web:${TAG:-latest}', '$TAG', '{{.Node.Hostname}}', '${{ secrets.NAME }}'],
  ...['ghcr.io/acme/web:4f1d2c3b4a5968778695a4b3c2d1e0f123456789', 'deploy@manager.example.com:2222'],
  ...[`web@sha256:${'0a'.repeat(32)}`, '4f1d2c3b4a5968778695a4b3c2d1e0f123456789', 'ssh://deploy@manager.example.com'],
  ...['https://github.com/acme/shop/actions/runs/1234?pr=7#summary', 'myLongServiceName2ForTheShopInBerlin'],
  ...['node.labels.zone==west', '"web"', '[web, api]', '{name: web}', '*', 'web-7d9f8b6c5d-x2x4z'],
])('%s has the look of something else, and is shown', (value) => {
  expect(mayBeSecret(value)).toBe(false)
  expect(shown(value)).toBe(JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value))
  expect(ticked(value)).toBe(`\`${value}\``)
})

test('a text of several lines is not shown, and its lines are no masks: they are words of everybody', () => {
  expect(shown('services:\n  db: "postgres:17"; x\n')).toMatch(/^"\*\*\*" \(\d+ characters/)
  expect(redact('services:')).toBe('services:')
})

test('of a long text with a token in it the token is hidden', () => {
  const token = `glpat-${sign(22, 'Zy9Xw8Vu7Ts6Rq5Po4Nm3Lk2')}`
  expect(tokensIn(`a: ${token}\nb: x`)).toEqual([token])
  expect(shown(`${'word '.repeat(60)}${token}`)).not.toContain('glpat')
  expect(redact(`(${token})`)).toBe('(***)')
})
