import { describe, expect, test } from '@jest/globals'
import {
  canonicalName,
  familiar,
  InvalidReference,
  parseReference,
  parseRegistry,
  pathMatches,
  registryKey,
  sameImage,
  withDigest,
  withTagDefault,
} from '../../../../src/docker/registry/reference.ts'
import { UserError } from '../../../../src/errors.ts'
import { redact } from '../../../../src/runner/secrets/secret.ts'

const HEX = '7cc4b5aefd1d0cadf8d97d4350462ba51c694ebca145b08d7d41b41acc8db5aa'
const DIGEST = `sha256:${HEX}`
const OTHER_DIGEST = `sha256:${'0'.repeat(64)}`

/** What the thrown error says; the test fails when nothing is thrown, or something that is no user's mistake. */
function complaint(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof InvalidReference) return error.message
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('an image name is read as docker reads it', () => {
  // Each line is what github.com/distribution/reference v0.6.0 answers: domain, path, tag, digest, familiar form.
  test.each([
    ['nginx', 'docker.io', 'library/nginx', undefined, undefined, 'nginx'],
    ['nginx:1.27', 'docker.io', 'library/nginx', '1.27', undefined, 'nginx:1.27'],
    [`nginx@${DIGEST}`, 'docker.io', 'library/nginx', undefined, DIGEST, `nginx@${DIGEST}`],
    [`nginx:1.27@${DIGEST}`, 'docker.io', 'library/nginx', '1.27', DIGEST, `nginx:1.27@${DIGEST}`],
    ['library/nginx', 'docker.io', 'library/nginx', undefined, undefined, 'nginx'],
    ['library/a/b', 'docker.io', 'library/a/b', undefined, undefined, 'library/a/b'],
    ['docker.io/nginx', 'docker.io', 'library/nginx', undefined, undefined, 'nginx'],
    ['docker.io/library/nginx:1', 'docker.io', 'library/nginx', '1', undefined, 'nginx:1'],
    ['index.docker.io/org/app', 'docker.io', 'org/app', undefined, undefined, 'org/app'],
    ['docker.io:443/org/app', 'docker.io:443', 'org/app', undefined, undefined, 'docker.io:443/org/app'],
    ['org/app', 'docker.io', 'org/app', undefined, undefined, 'org/app'],
    ['ghcr.io/a/b:v1', 'ghcr.io', 'a/b', 'v1', undefined, 'ghcr.io/a/b:v1'],
    ['ghcr.io/app', 'ghcr.io', 'app', undefined, undefined, 'ghcr.io/app'],
    ['registry:5000/app', 'registry:5000', 'app', undefined, undefined, 'registry:5000/app'],
    ['registry:5000', 'docker.io', 'library/registry', '5000', undefined, 'registry:5000'],
    ['ghcr.io', 'docker.io', 'library/ghcr.io', undefined, undefined, 'ghcr.io'],
    ['localhost', 'docker.io', 'library/localhost', undefined, undefined, 'localhost'],
    ['localhost/app', 'localhost', 'app', undefined, undefined, 'localhost/app'],
    ['localhost:5000/a/b/c/d:x', 'localhost:5000', 'a/b/c/d', 'x', undefined, 'localhost:5000/a/b/c/d:x'],
    ['127.0.0.1:5000/app', '127.0.0.1:5000', 'app', undefined, undefined, '127.0.0.1:5000/app'],
    ['[::1]:5000/app:1', '[::1]:5000', 'app', '1', undefined, '[::1]:5000/app:1'],
    ['[2001:db8::1]/app', '[2001:db8::1]', 'app', undefined, undefined, '[2001:db8::1]/app'],
    ['Org/app', 'Org', 'app', undefined, undefined, 'Org/app'],
    ['a.b-c.d:80/a__b/c--d.e', 'a.b-c.d:80', 'a__b/c--d.e', undefined, undefined, 'a.b-c.d:80/a__b/c--d.e'],
    ['nginx:_A.b-c', 'docker.io', 'library/nginx', '_A.b-c', undefined, 'nginx:_A.b-c'],
    [
      `x@sha512:${'b'.repeat(128)}`,
      'docker.io',
      'library/x',
      undefined,
      `sha512:${'b'.repeat(128)}`,
      `x@sha512:${'b'.repeat(128)}`,
    ],
    [
      `x@sha384:${'c'.repeat(96)}`,
      'docker.io',
      'library/x',
      undefined,
      `sha384:${'c'.repeat(96)}`,
      `x@sha384:${'c'.repeat(96)}`,
    ],
    [`${HEX}:1`, 'docker.io', `library/${HEX}`, '1', undefined, `${HEX}:1`],
  ])('%s', (text, registry, repository, tag, digest, short) => {
    const reference = parseReference(text)
    expect(reference).toEqual({ registry, repository, ...(tag && { tag }), ...(digest && { digest }) })
    expect(familiar(reference)).toBe(short)
  })

  test.each([
    ['a tag of 128 characters', `nginx:${'t'.repeat(128)}`],
    ['a repository of 255 characters', `ghcr.io/${'x'.repeat(255)}`],
    ['a repository of 255 characters with library/', 'x'.repeat(247)],
  ])('%s is accepted', (_, text) => {
    expect(familiar(parseReference(text))).toBe(text)
  })
})

describe('one registry has one name', () => {
  test.each([
    ['GHCR.IO/a/b', 'ghcr.io', 'a/b'],
    ['MyTeam.azurecr.io/app', 'myteam.azurecr.io', 'app'],
    ['Registry:5000/app', 'registry:5000', 'app'],
    ['LOCALHOST/app', 'localhost', 'app'],
    ['[2001:DB8::1]:5000/app', '[2001:db8::1]:5000', 'app'],
    ['DOCKER.IO/nginx', 'docker.io', 'library/nginx'],
    ['registry-1.docker.io/org/app', 'docker.io', 'org/app'],
    ['registry-1.docker.io/nginx', 'docker.io', 'library/nginx'],
    ['registry.hub.docker.com/org/app', 'docker.io', 'org/app'],
    ['hub.docker.com/org/app', 'docker.io', 'org/app'],
  ])('%s is on %s', (text, registry, repository) => {
    expect(parseReference(text)).toEqual({ registry, repository })
    // The credential that a user copies from the image name is the image's credential.
    expect(parseRegistry(text.slice(0, text.indexOf('/')))).toEqual({ registry, path: '' })
  })
})

describe('a familiar name never turns into another image', () => {
  test.each([
    ['docker.io/foo.bar/app', 'docker.io/foo.bar/app'],
    ['docker.io/localhost/app', 'docker.io/localhost/app'],
    ['docker.io/library/localhost', 'localhost'],
    [`docker.io/${HEX}`, `docker.io/library/${HEX}`],
    [`docker.io/${DIGEST}`, `docker.io/library/${DIGEST}`],
  ])('%s is printed as %s', (text, printed) => {
    const reference = parseReference(text)
    expect(familiar(reference)).toBe(printed)
    expect(parseReference(printed)).toEqual(reference)
  })
})

describe('what docker refuses is refused, with what to write instead', () => {
  test.each([
    ['', 'is empty, as where a variable is not set: write one such as nginx:1.27'],
    ['nginx:', 'empty tag: is a variable empty'],
    [`nginx:@${DIGEST}`, 'empty tag: is a variable empty'],
    ['ghcr.io/org/app:', 'empty tag: is a variable empty'],
    ['nginx@', 'empty digest: is a variable empty'],
    ['ghcr.io/', 'has no repository'],
    ['ghcr.io/:1.2', 'has no repository'],
    [':1.2', 'has no repository'],
    ['ghcr.io/Org/App:V1', 'must be lower case: write ghcr.io/org/app:V1'],
    ['GHCR.io/Org/App', 'must be lower case: write GHCR.io/org/app'],
    ['Nginx:1', 'must be lower case: write nginx:1'],
    ['org/App', 'must be lower case: write org/app'],
    ['https://ghcr.io/a/b', 'must not start with https://: leave it off'],
    ['docker://nginx', 'must not start with docker://: leave it off'],
    ['ghcr.io/a/b/', 'ends in a slash'],
    ['ghcr.io//b', 'an empty part between slashes'],
    ['/nginx', 'an empty part between slashes'],
    [`nginx:\${TAG}`, `still holds \${TAG}`],
    [`nginx:\${TAG:-1}`, `still holds \${TAG:-1}`],
    ['nginx:$TAG', 'still holds $TAG'],
    [`nginx:\${{ github.sha }}`, `still holds \${{ github.sha }}`],
    [' nginx', 'has white space'],
    ['nginx\n', '"nginx\\n" has white space'],
    ['org/my app', 'has white space'],
    [HEX, 'could be an image ID'],
    [DIGEST, `is a digest without a name: write name@${DIGEST}`],
    [`nginx@sha256:${HEX.slice(1)}`, 'sha256: must be followed by exactly 64 hexadecimal digits'],
    [`nginx@sha256:${HEX}0`, 'exactly 64 hexadecimal digits'],
    [`nginx@sha256:${HEX.toUpperCase()}`, 'in lower case'],
    [`nginx@sha512:${HEX}`, 'sha512: must be followed by exactly 128'],
    [`nginx@SHA256:${HEX}`, 'write sha256:'],
    [`nginx@md5:${'0'.repeat(32)}`, 'write sha256:'],
    [`nginx@constructor:${HEX}`, 'write sha256:'],
    [`nginx@${DIGEST}@${DIGEST}`, 'has no valid digest'],
    ['ghcr.io/my-org/web@v1', '"ghcr.io/my-org/web@v1" has its tag behind an @: write ghcr.io/my-org/web:v1'],
    ['ghcr.io/my-org/web@1.4.2', '"ghcr.io/my-org/web@1.4.2" has its tag behind an @: write ghcr.io/my-org/web:1.4.2'],
    ['nginx@latest', 'write nginx:latest'],
    ['nginx@sha256', 'has no valid digest: sha256: must be followed by'],
    ['hunter2@1.4.2', '"***@1.4.2" has no valid digest'],
    ['deploy:pw1@1.4.2', '"***@1.4.2" has no valid digest'],
    [`nginx:${'t'.repeat(129)}`, 'the tag has 129 characters'],
    ['nginx:-a', 'has no valid tag'],
    ['nginx:1+2', 'has no valid tag'],
    ['nginx:1:2', 'has no valid tag'],
    ['ghcr.io/org/app:feature/x', "'feature/x' has a slash"],
    ['app:feature/x', 'the number of a port, and a tag has no slash'],
    ['foo:/x', 'the number of a port'],
    ['host..io/x', 'no host with an optional port'],
    ['-a.b/x', 'no host with an optional port'],
    ['my_registry.example.com/x', 'no underscore in a host'],
    ['fe80::1:5000/x', 'an IPv6 address goes in brackets'],
    ['[fe80::1%eth0]/x', 'has no valid registry'],
    ['a___b', "'a___b' must be lower-case letters"],
    ['org/_app', "'_app' must be lower-case letters"],
    ['org/a..b', "'a..b' must be lower-case letters"],
    [`ghcr.io/${'x'.repeat(256)}`, 'a repository of 256 characters'],
    ['x'.repeat(248), 'a repository of 256 characters'],
  ])('%j', (text, expected) => {
    expect(complaint(() => parseReference(text))).toContain(expected)
  })

  test('and as something that the user can mend', () => {
    expect(() => parseReference('nginx:')).toThrow(UserError)
  })
})

describe('of a text that may be a secret no part is shown, nor what it would be in small letters', () => {
  test.each([
    'Tr0ub4dor&3-Zebra!',
    'ghcr.io/Tr0ub4dor&3-Zebra!/app:1',
    'ghcr.io/app:Tr0ub4dor&3-Zebra!',
    'ghcr.io/app:Tr0ub4dor&3/Zebra!',
    'Tr0ub4dor&3-Zebra!/app:1',
    'ghcr.io:Tr0ub4dor&3-Zebra!/app:1',
    'registry.example.com/app:Geheim$Kx93jfls!',
    'registry.example.com:ghp_abcdefghijklmnopqrstuvwxyz0123456789/app:1',
  ])('%s', (text) => {
    for (const parse of [parseReference, parseRegistry]) {
      expect(complaint(() => parse(text))).not.toMatch(/Tr0ub4dor|Kx93jfls|ghp_abc/i)
    }
  })
})

describe('a password in a pasted address is never shown', () => {
  test.each([
    'https://user:s3cret@ghcr.io/a/b',
    'https://user:s3cret/more@ghcr.io/a/b',
    'user:s3cret@ghcr.io/a/b',
    'user:a$s3cret@ghcr.io/a/b',
    'https://user:a$s3cret@ghcr.io',
    'user:s3cret@ghcr.io',
  ])('%s', (text) => {
    expect(complaint(() => parseRegistry(text))).not.toContain('s3cret')
    if (text.endsWith('/b')) expect(complaint(() => parseReference(text))).not.toContain('s3cret')
  })
})

describe('parts and pins', () => {
  test('the canonical name has registry and repository only', () => {
    expect(canonicalName(parseReference(`nginx:1@${DIGEST}`))).toBe('docker.io/library/nginx')
  })

  test.each([
    ['nginx', 'nginx:latest'],
    ['nginx:1', 'nginx:1'],
    [`nginx@${DIGEST}`, `nginx@${DIGEST}`],
  ])('the default tag makes %s %s', (text, expected) => {
    expect(familiar(withTagDefault(parseReference(text)))).toBe(expected)
  })

  test.each([
    ['nginx:1', `nginx:1@${DIGEST}`],
    ['nginx', `nginx@${DIGEST}`],
    [`nginx:1@${OTHER_DIGEST}`, `nginx:1@${DIGEST}`],
  ])('pinning %s keeps its tag and replaces its digest', (text, expected) => {
    expect(familiar(withDigest(parseReference(text), DIGEST))).toBe(expected)
  })

  test('a pin that is no digest is refused', () => {
    expect(complaint(() => withDigest(parseReference('nginx'), 'latest'))).toContain('"latest" is no digest')
  })

  test.each([
    ['nginx', 'docker.io/library/nginx:latest', true],
    [`docker.io/library/nginx:1@${DIGEST}`, `nginx:1@${DIGEST}`, true],
    ['GHCR.io/a/b:1', 'ghcr.io/a/b:1', true],
    ['nginx:1', `nginx:1@${DIGEST}`, false],
    [`nginx:1@${DIGEST}`, `nginx:1@${OTHER_DIGEST}`, false],
    ['nginx:1', 'nginx:2', false],
    [DIGEST, DIGEST, true],
    [DIGEST, 'nginx', false],
    ['nginx', '', false],
    ['nginx:1', 'ghcr.io/library/nginx:1', false],
  ])('%s and %s: %s', (a, b, same) => {
    expect(sameImage(a, b)).toBe(same)
  })
})

test('to compare an image of the swarm makes no mask of its name, whatever it is', () => {
  const name = '"name":"web"'
  expect(sameImage(name, 'nginx:1')).toBe(false)
  expect(redact(`[{${name}}]`)).toBe(`[{${name}}]`)
})

describe('the registry of a credential', () => {
  test.each([
    ['ghcr.io', 'ghcr.io', ''],
    ['ghcr.io/org-a', 'ghcr.io', 'org-a'],
    ['GHCR.io/org-a', 'ghcr.io', 'org-a'],
    ['https://ghcr.io/', 'ghcr.io', ''],
    ['HTTPS://ghcr.io', 'ghcr.io', ''],
    ['http://registry.example.com:5000/team/sub/', 'registry.example.com:5000', 'team/sub'],
    ['registry.example.com:5000/team/sub', 'registry.example.com:5000', 'team/sub'],
    ['ghcr.io/v2/', 'ghcr.io', ''],
    ['https://registry.example.com/v1', 'registry.example.com', ''],
    ['registry.example.com/v3', 'registry.example.com', 'v3'],
    ['docker.io', 'docker.io', ''],
    ['docker.io/org', 'docker.io', 'org'],
    ['index.docker.io', 'docker.io', ''],
    ['https://index.docker.io/v1/', 'docker.io', ''],
    ['registry-1.docker.io', 'docker.io', ''],
    ['registry.hub.docker.com', 'docker.io', ''],
    ['hub.docker.com', 'docker.io', ''],
    ['localhost', 'localhost', ''],
    ['localhost:5000', 'localhost:5000', ''],
    ['registry:5000', 'registry:5000', ''],
    ['[::1]:5000', '[::1]:5000', ''],
  ])('%s', (text, registry, path) => {
    expect(parseRegistry(text)).toEqual({ registry, path })
  })

  test.each([
    ['', 'is empty, as where a variable is not set: write one such as ghcr.io'],
    ['ghcr', 'write its host, such as ghcr.io'],
    ['myuser', 'docker.io for Docker Hub'],
    ['myuser/app', 'is no registry'],
    ['https://', 'is no registry'],
    ['ssh://ghcr.io', 'a scheme that is not https'],
    ['ghcr.io/Org', 'write ghcr.io/org'],
    ['ghcr.io/org/app:1', 'leave the tag off'],
    [`ghcr.io/org/app@${DIGEST}`, 'leave the tag off'],
    ['ghcr.io/org/*', 'leave the * off'],
    ['ghcr.io//org', 'an empty part between slashes'],
    ['ghcr.io/-org', "'-org' must be lower-case"],
    [`\${REGISTRY}`, `still holds \${REGISTRY}`],
    ['ghcr.io ', 'has white space'],
    ['a_b.example.com', 'no underscore in a host'],
    ['::1', 'an IPv6 address goes in brackets'],
    ['host:', 'the number of a port'],
  ])('%j is refused', (text, expected) => {
    expect(complaint(() => parseRegistry(text))).toContain(expected)
  })

  test.each([
    ['docker.io', 'https://index.docker.io/v1/'],
    ['ghcr.io', 'ghcr.io'],
    ['localhost:5000', 'localhost:5000'],
  ])('%s is stored under %s', (registry, key) => {
    expect(registryKey(registry)).toBe(key)
  })

  test.each([
    ['', 'org-a/app', true],
    ['org-a', 'org-a/app', true],
    ['org-a', 'org-a', true],
    ['org-a', 'org-ab/app', false],
    ['org-a/app', 'org-a', false],
    ['org-a/app', 'org-a/app/web', true],
    ['app', 'org-a/app', false],
  ])('a credential for %j serves %s: %s', (path, repository, serves) => {
    expect(pathMatches(path, repository)).toBe(serves)
  })
})
