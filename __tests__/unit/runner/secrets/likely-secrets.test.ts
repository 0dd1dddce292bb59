import { describe, expect, test } from '@jest/globals'
import { isSecretName, likelySecretsIn, withoutLikelySecrets } from '../../../../src/runner/secrets/likely-secrets.ts'

describe('what stands behind a name that says so is hidden', () => {
  test.each([
    ['serve --token abc', 'serve --token ***'],
    ['serve --auth=abc --port 80', 'serve --auth=*** --port 80'],
    ['serve --pass abc', 'serve --pass ***'],
    ['redis-server --requirepass abc', 'redis-server --requirepass ***'],
    ['env AWS_SECRET_ACCESS_KEY=abc run', 'env AWS_SECRET_ACCESS_KEY=*** run'],
    ['--access-key a,b;c', '--access-key ***'],
    ['"--password=two words" next', '"--password=***" next'],
    ['--token "a \\" b" next', '--token *** next'],
    ["--password 'two words' next", '--password *** next'],
    ['["--token","abc","--port"]', '["--token",***,"--port"]'],
    ['curl -H "Authorization: Bearer abc def" http://x', 'curl -H "Authorization: ***" http://x'],
    ['CMD-SHELL "curl -H \\"X-Api-Key: a b\\" x && y"', 'CMD-SHELL "curl -H \\"X-Api-Key: ***\\" x && y"'],
    ['CMD-SHELL "mysqladmin --password=abc ping"', 'CMD-SHELL "mysqladmin --password=*** ping"'],
    ['Authorization: Bearer abc', 'Authorization: ***'],
    ['{"password": "two words", "user": 1}', '{"password": ***, "user": 1}'],
    ['{"user":1,"Secrets":{"a":"b"}}', '{"user":1,"Secrets":***'],
    ['"o":"username=a,password=b,uid=1"', '"o":"username=a,password=***"'],
    ['curl -u elastic:elastic1 x', 'curl -u elastic:*** x'],
    ['curl -u a:$ecret x', 'curl -u a:*** x'],
    ['serve --tls-key /Zk8pq7Zz+x1ag==', 'serve --tls-key ***'],
    ['curl -u elastic:abc http://x:9200', 'curl -u elastic:*** http://x:9200'],
    ['["CMD","curl","--user","elastic:abc","http://x"]', '["CMD","curl","--user","elastic:***","http://x"]'],
    ['sh -c \'curl -u "elastic:abc" x\'', 'sh -c \'curl -u "elastic:***" x\''],
    ['postgres://user:abc@db/x', 'postgres://***@db/x'],
    ['postgres://user:a@b@db/x', 'postgres://***@db/x'],
    ['postgres://user:a/b?c@db/x', 'postgres://***@db/x'],
  ])('%s', (text, shown) => {
    expect(withoutLikelySecrets(text)).toBe(shown)
  })
})

test.each([
  'serve --author bob --port 80',
  'serve --no-auth --verbose',
  'serve --password-file /run/secrets/db',
  'env DB_PASSWORD_FILE=/run/secrets/db run',
  'docker run ghcr.io/acme/auth:1.4.2',
  'curl http://localhost:8080/x?mail=a@b',
  'curl https://example.com/@scope/package',
  'a token, and a compass',
  'gosu --user 1000:1000 serve',
  'ps -u web:',
  'gosu --user www-data:www-data serve',
  '["su-exec","-u","node:node","serve"]',
  'curl -u elastic:$ELASTIC_PASSWORD x',
  'setpriv -u ${USER}:${GROUP} serve',
  'serve --tls-key /certs/tls.key --port 80',
  '["serve","--private-key=/etc/ssl/a.pem"]',
  'serve --auth-mode ldap --token-ttl 30s',
  'redis-cli --no-auth-warning ping',
  'psql --no-password shop',
])('nothing is hidden of %j', (text) => {
  expect(withoutLikelySecrets(text)).toBe(text)
})

test.each([
  ['Server=db;Password=abc;Database=x', ['abc;Database=x', 'abc']],
  ['host=db password=abc', ['abc', 'abc']],
  ['--token "a b" --port 80', ['a b', 'a b']],
  ['curl -u elastic:abc x', ['abc']],
  ['a token, and a compass', []],
])('what may be found again of %j', (text, found) => {
  expect(likelySecretsIn(text)).toEqual(found)
})

test('names', () => {
  const secret = [
    'traefik.http.middlewares.a.basicauth.users',
    'splunk-token',
    'db.passwd',
    'hmac_key',
    'Authorization',
    'JWT_KEY',
    'GH_PAT',
    'RELEASE_COOKIE',
    'PW',
    'PASSWORD_DB',
    'TOKEN_NAME',
  ]
  const others = [
    'org.opencontainers.image.authors',
    'token.file',
    'traefik.enable',
    'key',
    'PUBLIC_KEY',
    'COMPAT',
    'AUTH_DB_HOST',
    'AUTH_DB_NAME',
    'POSTGRES_HOST_AUTH_METHOD',
    'loadbalancer.sticky.cookie',
  ]
  expect([...secret, ...others].filter(isSecretName)).toEqual(secret)
})

// Texts of somebody else may be megabytes: each of these would take hours where each sign costs as much as all before it.
test.each(['-', '--token', '://', '://a:', 'password ', 'password="', '"password:', 'token=\\"', '\\', '-u a:'])(
  '%j, again and again',
  (part) => {
    expect(withoutLikelySecrets(part.repeat(300_000)).length).toBeGreaterThan(0)
  },
)
