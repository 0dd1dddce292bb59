import { describe, expect, test } from '@jest/globals'
import { remedy } from '../../../src/docker/registry/registry-error.ts'
import { withTrustAdvice } from '../../../src/plan/trust.ts'
import { CERTIFICATES } from '../../support/certificates.ts'

const HOST = 'r.test:5000'
const problem = (registry = HOST) => `cannot log in: x509. ${remedy('unknown-ca', { registry })}`
const none = { registryCas: [] }
const given = { registryCas: [{ registry: HOST, pem: CERTIFICATES.acme }] }
const installing = { ...given, installCas: { image: { registry: 'docker.io', repository: 'library/busybox' } } }

describe('what to do about a registry that is not trusted', () => {
  test.each([
    [
      'no CA is given',
      none,
      'installed',
      /openssl s_client -connect r\.test:5000 -showcerts.*`install-registry-ca: true`/,
    ],
    ['a CA is given', given, 'installed', /commands with the certificate of `registry-ca` are in the log/],
    ['a CA was installed', installing, 'installed', /it is not the CA that has signed/],
    ['a plan', installing, 'planned', /A deploy would put `registry-ca` there first/],
  ] as const)('%s', (_what, asked, state, said) => {
    expect(withTrustAdvice([problem()], asked, state)).toEqual([expect.stringMatching(said)])
  })

  test('begins a sentence of its own', () => {
    const [told] = withTrustAdvice([`${problem()} Docker says: unknown authority`], none, 'installed')
    expect(told).toContain('Docker says: unknown authority. The certificate of its CA')
  })

  test('is said once for a registry, and of no other problem', () => {
    const all = [problem(), 'services: it is empty', problem(), problem('other.test')]
    const told = withTrustAdvice(all, none, 'installed')
    expect(told.map((line, index) => line !== all[index])).toEqual([true, false, false, true])
    expect(told[3]).toContain('other.test:443')
  })
})
