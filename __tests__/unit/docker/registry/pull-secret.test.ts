import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import {
  namespaceProblem,
  pullSecretManifest,
  pullSecretProblem,
  type ScopedCredential,
  secretNameProblem,
} from '../../../../src/docker/registry/pull-secret.ts'
import { Secret } from '../../../../src/runner/secrets/secret.ts'

const credential = (registry: string, path = '', kind: ScopedCredential['kind'] = 'password'): ScopedCredential => ({
  registry,
  path,
  username: 'robot$shop',
  password: new Secret('p:w "of" robot', 'robot$shop'),
  kind,
})

test('the manifest is what kubectl makes of a config.json, with keys by which a kubelet looks', () => {
  const given = [credential('docker.io'), credential('ghcr.io', 'org-a'), credential('10.0.0.1:5000')]
  const text = pullSecretManifest({ name: 'no', namespace: '1' }, given)
  const manifest = parse(text)
  expect(manifest).toEqual({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/dockerconfigjson',
    metadata: { name: 'no', namespace: '1' },
    data: { '.dockerconfigjson': expect.any(String) },
  })
  const entry = {
    username: 'robot$shop',
    password: 'p:w "of" robot',
    auth: Buffer.from('robot$shop:p:w "of" robot').toString('base64'),
  }
  expect(JSON.parse(Buffer.from(manifest.data['.dockerconfigjson'], 'base64').toString())).toEqual({
    auths: { 'https://index.docker.io/v1/': entry, 'ghcr.io/org-a': entry, '10.0.0.1:5000': entry },
  })
  expect(pullSecretManifest({ name: 'a', namespace: undefined }, given)).not.toContain('namespace')
})

describe('the names that Kubernetes takes', () => {
  test.each(['a', 'pull-secret', 'ghcr.io', '0-9.x', 'a'.repeat(63), `${'a'.repeat(63)}.${'b'.repeat(63)}`])(
    '%s',
    (name) => {
      expect(secretNameProblem(name)).toBeUndefined()
    },
  )
  test.each(['', 'Pull', 'a_b', '-a', 'a-', 'a..b', '.a', 'a b', `${'a'.repeat(200)}.${'a'.repeat(60)}`, 'ä', 'a\n'])(
    'not %j',
    (name) => {
      expect(secretNameProblem(name)).toMatch(/^is no name of a Secret: write at most 253 /)
    },
  )
  test('a namespace has no dots, and is shorter', () => {
    expect(namespaceProblem('shop-1')).toBeUndefined()
    for (const name of ['shop.eu', 'a'.repeat(64), '', 'Shop', 'a\n']) {
      expect(namespaceProblem(name)).toMatch(/^is no name of a namespace: /)
    }
  })
})

test('what no kubelet could use is refused', () => {
  expect(pullSecretProblem(credential('ghcr.io', 'org'))).toBeUndefined()
  expect(pullSecretProblem(credential('r.io', '', 'identity-token'))).toContain('no kubelet can use')
  expect(pullSecretProblem(credential('docker.io', 'org'))).toContain('write `registry: docker.io`')
})
