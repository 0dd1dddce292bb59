import { expect, test } from '@jest/globals'
import { hidingOwnSecrets } from '../../../../src/runner/secrets/own-variables.ts'

const VARIABLES = [
  'DB_PASSWORD=hunter-of-seals',
  'DATABASE_URL=postgres://app:pw-of-the-app@db:5432/app',
  'CACHE=redis://:pw-of-cache@cache',
  'API_TOKEN=tok/en+9',
  'AUTH_URL=https://login.example.com/realm',
  'TOKEN_FILE=/run/secrets/token',
  'SECRET_PATH=/etc/secret',
  'AUTH_ENABLED=true',
  'LOG_LEVEL=debug',
  'SESSION_SECRET=/Zk8pq7Zz+x1ag==',
  'ConnectionStrings__Main=Server=db;User Id=sa;Password=pw-of-sa;Database=shop',
  'DATABASE_DSN=app:pw-of-go@tcp(db:3306)/shop',
  'JAVA_OPTS=-Xmx1g -Ddb.password=pw-of-java -Dport=80',
  'JWT_KEY=key-of-jwt',
  'GH_PAT=pat-of-bot',
  'ERLANG_COOKIE=cookie-of-nodes',
  'CACHE_KEY=pages-of-shop',
  'AUTH_DB_HOST=auth-db',
  'AUTH_MODE=ldap',
  'AUTH_SERVICE_URL=auth-api:8080',
  'CACHES=redis://:pw-of-first@a,redis://:pw-of-second@b',
  'MQ=amqp://app:p%40-of%2Fmq@mq',
  'no-equals',
  '=odd',
]
const hide = hidingOwnSecrets(VARIABLES)

test.each([
  ['connect as app with hunter-of-seals failed', 'connect as app with *** failed'],
  ['DATABASE_URL=postgres://app:pw-of-the-app@db:5432/app', 'DATABASE_URL=postgres://***@db:5432/app'],
  ['password "pw-of-the-app" is wrong', 'password "***" is wrong'],
  ['AUTH pw-of-cache', 'AUTH ***'],
  [
    `x ${Buffer.from('DB_PASSWORD=hunter-of-seals\n').toString('base64')} y`,
    expect.not.stringContaining('h1bnRlci1vZi1zZWFs'),
  ],
  ['hunter-\nof-seals', '***\n***'],
  ['bad secret /Zk8pq7Zz+x1ag==', 'bad secret ***'],
  ['login of sa with pw-of-sa failed', 'login of sa with *** failed'],
  ['-Ddb.password=pw-of-java', '-Ddb.password=***'],
  ['dial app:pw-of-go@tcp(db:3306)/shop', 'dial app:***@tcp(db:3306)/shop'],
  ['key-of-jwt pat-of-bot cookie-of-nodes', '*** *** ***'],
  ['pw-of-first and pw-of-second', '*** and ***'],
  ['login of app with p@-of/mq, p%40-of%2Fmq', 'login of app with ***, ***'],
  ['GET /?t=tok%2Fen%2B9', 'GET /?t=***'],
  ['clone https://x:tok-of-others@git.example.com/r.git', 'clone https://***@git.example.com/r.git'],
])('what a program prints of its own secrets is hidden: %s', (said, shown) => {
  expect(hide(said)).toEqual(shown)
})

test.each([
  'cannot reach https://login.example.com/realm: no such host',
  '/run/secrets/token: no such file',
  'AUTH_ENABLED is true, LOG_LEVEL is debug',
  'SyntaxError: Unexpected token: }',
  'mail to ops@example.com',
  'ldap: lookup auth-db: no such host',
  'dial tcp auth-api:8080: connection refused',
  'no pages-of-shop in Database=shop of Server=db',
])('what says why it failed stays: %s', (said) => {
  expect(hide(said)).toBe(said)
})

test('what its command has is hidden too', () => {
  const hideOf = hidingOwnSecrets(
    [],
    [
      ['migrate', 'postgres://app:pw-of-command@db/shop'],
      ['serve', '--token', 'tok-of-serve', '-c', 'curl -H "X-Api-Key: key-of-curl" x', 'a', '--password', 'two words'],
    ],
  )
  expect(hideOf('migrate: pw-of-command is wrong')).toBe('migrate: *** is wrong')
  expect(hideOf('tok-of-serve, key-of-curl and two words are wrong for serve')).toBe(
    '***, *** and *** are wrong for serve',
  )
})

test('what its command has of files, groups and addresses stays', () => {
  const hideOf = hidingOwnSecrets(
    [],
    [
      ['gosu', '-u', 'node:node', 'serve', '--tls-key', '/certs/tls.key'],
      ['--auth-url', 'http://auth:8080/realm', '--no-auth', 'shop'],
    ],
  )
  const said = 'node: cannot open /certs/tls.key of shop, nor reach http://auth:8080/realm'
  expect(hideOf(said)).toBe(said)
})
