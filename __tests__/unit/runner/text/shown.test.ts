import { expect, test } from '@jest/globals'
import { mayBeSecret, tokensIn } from '../../../../src/runner/secrets/may-be-secret.ts'
import { redact } from '../../../../src/runner/secrets/secret.ts'
import { placed, shown, ticked, withoutSecrets } from '../../../../src/runner/text/shown.ts'

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
  ['a key of 16 bytes in hex', '9dd4e461268c8034f5c8564e155c67a6'],
  ['one of 32 bytes', '0a1b2c3d'.repeat(8)],
  ['one in capitals', '0A1B2C3D'.repeat(5)],
  ['one behind its name', 'key=9dd4e461268c8034f5c8564e155c67a6'],
  ['a key ID of Amazon', 'AKIAIOSFODNN7EXAMPLE'],
  ['a key of OpenAI', 'sk-proj-abcdefghijklmnopqrst'],
  ['one of Stripe', 'sk_live_abcdefghijklmnop'],
  ['an access token of Google', 'ya29.a0abcdefghijk'],
  ['a user and password in base64', 'dXNlcjpwYXNzd29yZDEyMw=='],
  ['the same behind a word', 'Basic dXNlcjpwYXNzd29yZDE='],
  ['letters and digits by lot with dashes', 'aB3-dE5_fG7hJ9kL1-mN2pQ4'],
  ['a key of age', `AGE-SECRET-KEY-1${'QPZRY9X8GF'.repeat(5)}`],
  ['an address with a token', 'https://x.example.com/?token=wonderland'],
  ['one with a key behind others', 'https://x.example.com/a?page=2&key=abc'],
  ['one with a password for a host', 'ssh://p&ss!'],
  ['one with a password for a port', 'ssh://host:p&ss!'],
  ['one with a password for a path', 'unix:///p&ss!'],
  ['a password with brackets', 'abc(def)ghi'],
  ['one with many signs', 'Kf9[xY]{2}(z)*<q>+~'],
  ['one with a tilde', 'Summer~Rain26'],
  ['a dollar that begins no variable', 'hunter$Kx93jfls'],
  ['a percent sign that ends no number', '5%Off'],
  ['a number sign in a word', 'a#1b'],
  ['a backslash in a word', 'pass\\word'],
  ['one that begins as a path', '.\\p&ss!'],
  ['one that ends as a file', 'p&ss\\word.json'],
  ['one in capitals and digits', 'DOMAIN\\P4ssw0rd'],
  ['an ampersand in a word', 'R&Dpass'],
  ['a percent sign in what is no address', 'fe81::1%eth0'],
  ['a rule of Traefik with a password in it', 'Host(`p@ss!`)'],
  ['one whose value is a header', 'Header(`X-Key`, `abc`)'],
  ['what only begins as one', 'Host(`a`)p&ss!'],
])('%s may be a secret: it is told by its length', (_, value) => {
  expect(shown(value)).toBe(`"***" (${value.length} characters, which may be a secret)`)
  expect(placed(value)).toBe('***')
})

test('what only may be a secret makes no mask: it may be text of a stranger, and masks reach all that a job prints', () => {
  const text = '"name":"web"'
  for (const say of [shown, ticked, placed, mayBeSecret]) say(text)
  expect(redact(`[{${text}}]`)).toBe(`[{${text}}]`)
})

test.each([
  ...['web', 'shop_web', '-web', 'web api', 'my service', 'größe', 'web.v1', 'web/api', 'web:1.2'],
  ...['tru', '10 minutes', '50%', '1,5', '-1', '#7', '~/.docker', './compose.yml', '/etc/app.conf', 'C4'],
  ...['.\\compose.yml', '..\\shop\\compose.prod.yaml', 'deploy\\compose.yml', '.\\accounts'],
  ...['FIRMA\\deploy-bot', 'R&D/web', '/srv/R&D/compose.yml', 'fe80::1%eth0', 'ssh://root@[fe80::1%eth0]:22'],
  ...['Host(`a.example.com`) && !PathPrefix(`/api`, `/v1`)', 'traefik.http.routers.web.rule=Host(`a.example.com`)'],
  ...['${TAG}', 'web:${TAG:-latest}', '$TAG', '{{.Node.Hostname}}', '${{ secrets.NAME }}'],
  ...['ghcr.io/acme/web:4f1d2c3b4a5968778695a4b3c2d1e0f123456789', 'deploy@manager.example.com:2222'],
  ...[`web@sha256:${'0a'.repeat(32)}`, '4f1d2c3b4a5968778695a4b3c2d1e0f123456789', 'ssh://deploy@manager.example.com'],
  ...['https://github.com/acme/shop/actions/runs/1234?pr=7#summary', 'myLongServiceName2ForTheShopInBerlin'],
  ...['node.labels.zone==west', '"web"', '[web, api]', '{name: web}', '*', 'web-7d9f8b6c5d-x2x4z'],
  ...['[web,api]', 'web[0]', 'a{1,2}', 'f(x)', 'HEAD~1', 'shop*prod', '<image>:<tag>', '[::1]:5000', 'robot$ci+bot'],
  ...['https://x.example.com/a%20b?page=2&size=3', 'https://x.example.com/keys/7', 'web-$VERSION', 'x-$camelCase'],
  ...['app_9dd4e461268c8034f5c8564e155c67a6', `web:${'0a1b2c3d'.repeat(8)}`, `web:sha-${'0a1b2c3d'.repeat(5)}`],
  ...['1'.repeat(32), '3f2a7e1c-8f3b-4b3e-9c53-9f6a4f0f8f10', 'sk-learn-training-service', 'AKIA'],
  ...['web:feature-JIRA-1234-add-login', 'JIRA-1234/Add-OAuth2-SSO-for-B2B-API-v3', 'srv-DE-FRA1-Rack2-U14-Node3'],
  ...['myLabel1Of2Words==value', 'NODE_ENV2=', 'K8S-2-SWARM-Migration-v2-2026Q4'],
  ...['packages/@acme/web/compose.yml', 'web:feature/#123-login', String.raw`D:\a\shop\shop\compose.yml`],
  ...['node.labels.zone!=west', 'engine.labels.os != linux', '--constraint=node.role!=manager'],
  ...[`/var/lib/docker/containers/${'0a1b2c3d'.repeat(8)}/config.json`],
  ...['/tmp/run-aB3xK9/w1/1.txt', './App2/Web3/x-Y/4.yml', 'unix:///run/Z1/b-C2/docker.sock'],
  ...[
    'unix:///tmp/shop-runner-lab-UqcL05/docker.sock',
    'ssh://root@10.0.0.7:39767/tmp/shop-runner-lab-0LqpCm/docker.sock',
  ],
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
})

test.each([
  ['invalid argument "p@ss!word" for "--update-delay" flag', 'invalid argument "***" for "--update-delay" flag'],
  ['invalid argument "my p@ss word" for "--host-add" flag', 'invalid argument "***" for "--host-add" flag'],
  ["invalid field 'p@ss!word' must be a pair", "invalid field '***' must be a pair"],
  ['invalid environment variable: =p@ss!word', 'invalid environment variable: ***'],
  [`context "${sign(24)}": context not found`, 'context "***": context not found'],
  ["unknown shorthand flag: 'p' in -p@ss!word", "unknown shorthand flag: 'p' in ***"],
  ['services Additional property p@ss!word is not allowed', 'services Additional property *** is not allowed'],
  [String.raw`it is "p@s\"s wörd", not that`, 'it is "***", not that'],
  ['it begins with "p@ss!', 'it begins with "***!'],
])('another program says no secret: %s', (said, told) => {
  expect(withoutSecrets(said)).toBe(told)
})

test.each([
  'invalid argument "10 minutes" for "--update-delay" flag: time: unknown unit " minutes" in duration "10 minutes"',
  'invalid argument "type=bind,src=/a,x" for "--mount-add" flag: invalid field \'x\' must be a key=value pair',
  '"docker service update" requires 1 argument.',
  "services.web.ports.0 Does not match format 'ports'",
  "cannot parse 'Ports[0].Target', -1 overflows uint",
  "cannot parse 'Deploy.Resources.Reservations.generic_resources[0].discrete_resource_spec.Value', -1 overflows uint",
  'yaml: unmarshal errors: line 2: cannot unmarshal !!str into map[string]interface {}',
  `context "prod": context not found: open /root/.docker/contexts/meta/${'0a1b2c3d'.repeat(8)}/meta.json: no such file`,
  'template: :1:2: executing "" at <.Foo>: can\'t evaluate field Foo in type',
  'you may need to escape any $ with another $',
  `image nginx@sha256:${'0a'.repeat(32)} could not be accessed`,
  "it isn't there: don't retry! (see https://docs.docker.com/engine/swarm/#x?y=1)",
])('what has none in it stays as it is: %s', (said) => {
  expect(withoutSecrets(said)).toBe(said)
})
