import { describe, expect, test } from '@jest/globals'
import {
  classifyRegistryError,
  describeFailure,
  type RegistryFailure,
  remedy,
} from '../../../../src/docker/registry/registry-error.ts'

describe("the daemon's answer to a login", () => {
  test.each<[RegistryFailure, number, string]>([
    // registries with Basic authentication, dockerd 20.10 to 29
    ['wrong-credential', 500, 'login attempt to http://127.0.0.1:5100/v2/ failed with status: 401 Unauthorized'],
    ['forbidden', 500, 'login attempt to https://registry.example.com/v2/ failed with status: 403 Forbidden'],
    ['rate-limited', 500, 'login attempt to https://r.example.com/v2/ failed with status: 429 Too Many Requests'],
    ['registry-error', 500, 'login attempt to https://r.example.com/v2/ failed with status: 503 Service Unavailable'],
    ['registry-error', 500, 'login attempt to https://www.example.com/v2/ failed with status: 404 Not Found'],
    [
      'wrong-credential',
      500,
      'login attempt to https://1.dkr.ecr.eu-west-1.amazonaws.com/v2/ failed with status: 400 Bad Request',
    ],
    // registries with tokens
    ['wrong-credential', 401, 'Get "https://registry-1.docker.io/v2/": unauthorized: incorrect username or password'],
    ['wrong-credential', 401, 'Get https://registry-1.docker.io/v2/: unauthorized: incorrect username or password'],
    ['wrong-credential', 500, 'Get "https://ghcr.io/v2/": denied: denied'],
    [
      'wrong-credential',
      401,
      'Get "https://team.azurecr.io/v2/": unauthorized: authentication required, visit https://aka.ms/acr/authorization for more information.',
    ],
    [
      'wrong-credential',
      500,
      'Get "https://registry.gitlab.com/v2/": denied: HTTP Basic: Access denied. The provided password or token is incorrect',
    ],
    ['wrong-credential', 401, 'Get "https://quay.io/v2/": unauthorized: Invalid Username or Password'],
    // the way there
    [
      'unreachable',
      500,
      'Get "https://registry.invalid/v2/": dial tcp: lookup registry.invalid on 127.0.0.53:53: no such host',
    ],
    ['unreachable', 500, 'Get "https://r.example.com/v2/": dial tcp 10.0.0.1:443: connect: connection refused'],
    ['unreachable', 500, 'Get "https://r.example.com/v2/": dial tcp 10.0.0.1:443: connect: network is unreachable'],
    ['unreachable', 500, 'Get "https://r.example.com/v2/": dial tcp 10.0.0.1:443: connect: no route to host'],
    ['unreachable', 500, 'Get "https://r.example.com/v2/": dial tcp 10.0.0.1:443: i/o timeout'],
    ['unreachable', 500, 'Get "https://r.example.com/v2/": net/http: TLS handshake timeout'],
    ['unreachable', 500, 'Get "https://r.example.com/v2/": context deadline exceeded'],
    [
      'unreachable',
      500,
      'Get "https://r.example.com/v2/": net/http: request canceled (Client.Timeout exceeded while awaiting headers)',
    ],
    [
      'unreachable',
      500,
      'Get "https://r.example.com/v2/": read tcp 10.0.0.2:1->10.0.0.1:443: read: connection reset by peer',
    ],
    ['unreachable', 500, 'Get "https://r.example.com/v2/": EOF'],
    [
      'unreachable',
      500,
      'Get "https://r.example.com/v2/": dial tcp: lookup r.example.com: Temporary failure in name resolution',
    ],
    [
      'unreachable',
      500,
      'Get "https://r.example.com/v2/": dial tcp: lookup r.example.com on 10.0.0.53:53: server misbehaving',
    ],
    ['unreachable', 500, 'Get "https://r.example.com/v2/": proxyconnect tcp: EOF'],
    ['plain-http', 500, 'Get "https://r.example.com:5000/v2/": http: server gave HTTP response to HTTPS client'],
    ['plain-http', 500, 'Get "https://r.example.com:5000/v2/": tls: first record does not look like a TLS handshake'],
    ['unknown-ca', 500, 'Get https://r.example.com/v2/: x509: certificate signed by unknown authority'],
    [
      'unknown-ca',
      500,
      'Get "https://r.example.com/v2/": x509: certificate signed by unknown authority (possibly because of "x509: ECDSA verification failure" while trying to verify candidate authority certificate "acme CA")',
    ],
    ['client-certificate', 500, 'Get "https://r.example.com/v2/": remote error: tls: bad certificate'],
    ['client-certificate', 500, 'Get "https://r.example.com/v2/": remote error: tls: certificate required'],
    ['no-tls', 500, 'Get "https://r.example.com/v2/": remote error: tls: handshake failure'],
    ['no-tls', 500, 'Get "https://r.example.com/v2/": tls: server selected unsupported protocol version 301'],
    [
      'unknown-ca',
      500,
      'Get "https://r.example.com/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
    ],
    [
      'bad-certificate',
      500,
      'Get "https://r.example.com/v2/": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-05-17T10:34:05Z is after 2026-05-01T00:00:00Z',
    ],
    [
      'bad-certificate',
      500,
      'Get "https://r.example.com/v2/": x509: certificate is valid for other.example.com, not r.example.com',
    ],
    [
      'bad-certificate',
      500,
      'Get "https://10.0.0.1/v2/": x509: cannot validate certificate for 10.0.0.1 because it doesn\'t contain any IP SANs',
    ],
    [
      'bad-certificate',
      500,
      'Get "https://r.example.com/v2/": x509: certificate relies on legacy Common Name field, use SANs instead',
    ],
  ])('%s: %i %s', (failure, status, message) => {
    expect(classifyRegistryError(status, message)).toBe(failure)
  })
})

describe("the daemon's answer about an image", () => {
  test.each<[RegistryFailure, number, string]>([
    ['wrong-credential', 401, 'unauthorized: authentication required'],
    ['wrong-credential', 401, 'Head "https://ghcr.io/v2/org/app/manifests/1": unauthorized'],
    ['wrong-credential', 401, 'error from registry: unauthorized\nunauthorized'],
    ['wrong-credential', 500, 'Head "https://ghcr.io/v2/org/app/manifests/1": denied: denied'],
    ['wrong-credential', 403, 'error from registry: denied\ndenied'],
    ['wrong-credential', 403, 'denied: Your authorization token has expired. Reauthenticate and try again.'],
    [
      'wrong-credential',
      500,
      'failed to resolve reference "r.example.com/a:1": failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://r.example.com/token?service=r: 401 Unauthorized',
    ],
    [
      'wrong-credential',
      500,
      'failed to resolve reference "r.example.com/a:1": failed to authorize: failed to fetch oauth token: unexpected status: 403 Forbidden',
    ],
    ['credential-needed', 500, 'Head "https://r.example.com/v2/a/manifests/1": no basic auth credentials'],
    [
      'credential-needed',
      404,
      'pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials',
    ],
    [
      'credential-needed',
      500,
      'failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token?scope=x: 401 Unauthorized',
    ],
    ['forbidden', 403, 'denied: requested access to the resource is denied'],
    [
      'forbidden',
      500,
      'errors:\ndenied: requested access to the resource is denied\nunauthorized: authentication required\n',
    ],
    [
      'forbidden',
      404,
      "pull access denied for org/app, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    ],
    [
      'forbidden',
      404,
      'pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
    ],
    ['forbidden', 403, 'denied: permission_denied: The token provided does not match expected scopes.'],
    [
      'forbidden',
      403,
      'denied: Permission "artifactregistry.repositories.downloadArtifacts" denied on resource "projects/p" (or it may not exist)',
    ],
    ['forbidden', 401, 'unauthorized: access to the requested resource is not authorized'],
    [
      'forbidden',
      401,
      'unauthorized: unauthorized to access repository: team/app, action: pull: unauthorized to access repository: team/app, action: pull',
    ],
    ['forbidden', 403, 'denied'],
    ['forbidden', 500, 'error parsing HTTP 403 response body: unexpected end of JSON input: ""'],
    ['missing', 404, 'manifest unknown: manifest unknown'],
    ['missing', 404, 'manifest for org/app:1 not found: manifest unknown: manifest unknown'],
    ['missing', 404, "name unknown: The repository with name 'app' does not exist in the registry with id '1'"],
    ['missing', 500, 'failed to resolve reference "docker.io/org/app:1": docker.io/org/app:1: not found'],
    [
      'rate-limited',
      429,
      'toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit',
    ],
    [
      'rate-limited',
      500,
      'toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit',
    ],
    ['rate-limited', 500, 'toomanyrequests: Rate exceeded'],
    [
      'rate-limited',
      500,
      'failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/a/manifests/sha256:0: 429 Too Many Requests - Server message: toomanyrequests: x',
    ],
    ['registry-error', 500, 'received unexpected HTTP status: 503 Service Unavailable'],
    ['registry-error', 500, 'received unexpected HTTP status: 522'],
    [
      'registry-error',
      500,
      'error parsing HTTP 404 response body: invalid character \'<\' looking for beginning of value: "<html>"',
    ],
    ['unreachable', 500, 'Get "https://auth.docker.io/token?scope=repository%3Aorg%2Fapp%3Apull": EOF'],
    ['unknown-ca', 500, 'Get "https://r.example.com/v2/": x509: certificate signed by unknown authority'],
  ])('%s: %i %s', (failure, status, message) => {
    expect(classifyRegistryError(status, message)).toBe(failure)
  })

  test.each<[RegistryFailure, number]>([
    ['wrong-credential', 401],
    ['forbidden', 403],
    ['missing', 404],
    ['rate-limited', 429],
    ['registry-error', 503],
    ['unknown', 500],
    ['unknown', 400],
  ])('%s: %i without words to go by', (failure, status) => {
    expect(classifyRegistryError(status, 'something else')).toBe(failure)
  })

  test.each<[RegistryFailure, string]>([
    ['unknown', 'Head "https://r.example.com/v2/org/access-denied/manifests/unauthorized": strange'],
    ['unknown', 'Get https://r.example.com/v2/toomanyrequests/manifests/401: strange'],
    ['missing', 'manifest for org/unauthorized:denied not found: manifest unknown: manifest unknown'],
    ['credential-needed', 'pull access denied for toomanyrequests/denied, failed: no basic auth credentials'],
    ['missing', 'failed to resolve reference "r.example.com/unauthorized:1": r.example.com/x:1: not found'],
  ])('%s: the words of a name do not count (%s)', (failure, message) => {
    expect(classifyRegistryError(500, message)).toBe(failure)
  })
})

test.each<[RegistryFailure, string]>([
  ['wrong-credential', 'the credential was refused'],
  ['credential-needed', 'a credential is needed'],
  ['forbidden', 'access is denied'],
  ['missing', 'there is no such image'],
  ['rate-limited', 'limits the rate'],
  ['unknown-ca', 'authority that the daemon does not know'],
  ['bad-certificate', 'certificate is not valid'],
  ['client-certificate', 'asks for a certificate of the daemon'],
  ['no-tls', 'do not agree on TLS'],
  ['plain-http', 'plain HTTP'],
  ['unreachable', 'cannot reach'],
  ['registry-error', 'the registry failed'],
  ['unknown', 'could not get an answer'],
])('%s is described as: %s', (failure, expected) => {
  expect(describeFailure(failure)).toContain(expected)
})

describe('the remedy', () => {
  const anonymous = { registry: 'ghcr.io', repository: 'org/app' }
  const known = { ...anonymous, config: 'team-a', username: 'bot' }

  test.each<[RegistryFailure, string]>([
    ['wrong-credential', 'Check user name and password of the credential of bot for ghcr.io in config team-a'],
    ['credential-needed', 'the credential of bot for ghcr.io in config team-a holds a user name and a password'],
    ['forbidden', 'Give the credential of bot for ghcr.io in config team-a the right to pull ghcr.io/org/app'],
    ['missing', 'Check the name and the tag of ghcr.io/org/app'],
    ['rate-limited', 'Wait until ghcr.io allows the credential of bot'],
    ['unknown-ca', '/etc/docker/certs.d/ghcr.io/ca.crt on every node'],
    ['bad-certificate', 'certificate of ghcr.io'],
    [
      'client-certificate',
      'beside /etc/docker/certs.d/ghcr.io/ca.crt on every node of the swarm, as client.cert and client.key',
    ],
    ['no-tls', 'what stands on the port of ghcr.io'],
    ['plain-http', '"insecure-registries"'],
    ['unreachable', 'managers and nodes, not only this runner, can reach ghcr.io'],
    ['registry-error', 'Check that ghcr.io is a container registry'],
    ['unknown', 'docker pull ghcr.io/org/app'],
  ])('of %s names what it is about', (failure, expected) => {
    const sentence = remedy(failure, known)
    expect(sentence).toContain(expected)
    expect(sentence).toMatch(/^[A-Z][^\n]*\.$/)
  })

  test('of an image that capital letters took away from Docker Hub is its name in small ones', () => {
    const meantForHub = { registry: 'MyOrg', repository: 'app', image: 'MyOrg/app:1.4' }
    for (const failure of ['unknown', 'unreachable'] as const) {
      expect(remedy(failure, meantForHub)).toMatch(
        /^Write myorg\/app if a repository of Docker Hub is meant: .* MyOrg /,
      )
    }
    expect(remedy('forbidden', meantForHub)).toContain('Add a credential for MyOrg')
  })

  test('of an image whose tag is known names that too: without it docker would pull another', () => {
    expect(remedy('unknown', { ...known, image: 'ghcr.io/org/app:1.4' })).toContain('"docker pull ghcr.io/org/app:1.4"')
  })

  test.each<RegistryFailure>(['wrong-credential', 'credential-needed', 'forbidden'])(
    'of %s without a credential is to add one',
    (failure) => {
      expect(remedy(failure, anonymous)).toContain('Add a credential for ghcr.io to registries: ghcr.io/org/app')
    },
  )

  test('of a rate limit on Docker Hub without a credential is to add one for docker.io', () => {
    const request = { registry: 'docker.io', repository: 'library/nginx' }
    expect(remedy('rate-limited', request)).toContain('Add a credential for docker.io')
    expect(remedy('rate-limited', { ...request, username: 'bot' })).not.toContain('Add a credential')
  })

  test('names the registry with its port where the CA belongs', () => {
    expect(remedy('unknown-ca', { registry: 'r.example.com:5000' })).toContain(
      '/etc/docker/certs.d/r.example.com:5000/ca.crt',
    )
  })

  test('leaves out what is not known', () => {
    expect(remedy('wrong-credential', { registry: 'ghcr.io', config: 'team-a' })).toContain(
      'of the credential for ghcr.io in config team-a:',
    )
    expect(remedy('wrong-credential', { registry: 'ghcr.io', username: 'bot' })).toContain(
      'of the credential of bot for ghcr.io:',
    )
  })
})
