import { describe, expect, test } from '@jest/globals'
import { type ContextInspection, environmentForEndpoint } from '../../../../src/docker/cli/endpoint.ts'

const USER_CONFIG = '/home/ci/.docker'
const BASE = { PATH: '/usr/bin', HOME: '/home/ci' }

/** What `docker context inspect` says with DOCKER_HOST set, or with no settings at all. */
function defaultContext(Host: string): ContextInspection {
  return { Name: 'default', Endpoints: { docker: { Host } }, TLSMaterial: {}, Storage: { TLSPath: '<IN MEMORY>' } }
}

interface Traits {
  readonly files?: readonly string[]
  readonly skipVerify?: boolean
}

/** A context that the user made. */
function ownContext(Host: string, { files = [], skipVerify = false }: Traits = {}): ContextInspection {
  return {
    Name: 'swarm',
    Endpoints: { docker: { Host, SkipTLSVerify: skipVerify } },
    TLSMaterial: files.length === 0 ? {} : { docker: files },
    Storage: { TLSPath: '/home/ci/.docker/contexts/tls/abc' },
  }
}

describe('commands are tied to the endpoint', () => {
  test.each([
    ['of the machine itself', {}, defaultContext('unix:///var/run/docker.sock')],
    ['of DOCKER_HOST', { DOCKER_HOST: 'ssh://ops@swarm' }, defaultContext('ssh://ops@swarm')],
    ['of a context', { DOCKER_CONTEXT: 'swarm' }, ownContext('ssh://ops@swarm')],
    ['of a context, whatever host was set before', { DOCKER_HOST: 'unix:///x' }, ownContext('ssh://ops@swarm')],
  ])('%s', (_, env, context) => {
    const { Host } = context.Endpoints.docker
    expect(environmentForEndpoint({ ...BASE, ...env }, context, USER_CONFIG)).toEqual({
      host: Host,
      env: { ...BASE, DOCKER_HOST: Host },
    })
  })

  test('and to nothing that leads away from it', () => {
    const env = {
      ...BASE,
      DOCKER_CONTEXT: 'other',
      DOCKER_CONFIG: '/elsewhere',
      DOCKER_AUTH_CONFIG: '{"auths":{}}',
      DOCKER_STACK_ORCHESTRATOR: 'kubernetes',
      DOCKER_API_VERSION: '1.43',
    }
    expect(environmentForEndpoint(env, defaultContext('unix:///x'), USER_CONFIG).env).toEqual({
      ...BASE,
      DOCKER_API_VERSION: '1.43',
      DOCKER_HOST: 'unix:///x',
    })
  })
})

describe('the TLS settings of the environment', () => {
  const context = defaultContext('tcp://swarm:2376')
  const tlsOf = (env: Readonly<Record<string, string>>) => {
    const { DOCKER_HOST: _, ...rest } = environmentForEndpoint(env, context, USER_CONFIG).env
    return rest
  }

  test('are kept', () => {
    const env = { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' }
    expect(tlsOf(env)).toEqual(env)
    expect(tlsOf({ DOCKER_TLS: '1', DOCKER_CERT_PATH: '/certs' })).toEqual({
      DOCKER_TLS: '1',
      DOCKER_CERT_PATH: '/certs',
    })
  })

  test.each([{ DOCKER_TLS_VERIFY: '1' }, { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '' }])(
    'take the certificates of the own configuration when they name none: %j',
    (env) => {
      expect(tlsOf(env)).toEqual({ DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: USER_CONFIG })
    },
  )

  test.each([{ DOCKER_CERT_PATH: '/certs' }, { DOCKER_TLS_VERIFY: '', DOCKER_CERT_PATH: '/certs' }])(
    'are none without a wish for TLS, as docker has it: %j',
    (env) => {
      expect(tlsOf(env)).toEqual({})
    },
  )
})

describe('the TLS settings of a context', () => {
  const FILES = ['ca.pem', 'cert.pem', 'key.pem']
  const CERTIFICATES = '/home/ci/.docker/contexts/tls/abc/docker'

  test.each<[string, Traits, Readonly<Record<string, string>>]>([
    ['its certificates', { files: FILES }, { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: CERTIFICATES }],
    ['its authority alone', { files: ['ca.pem'] }, { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: CERTIFICATES }],
    [
      'its certificates without a check of the server',
      { files: FILES, skipVerify: true },
      { DOCKER_TLS: '1', DOCKER_CERT_PATH: CERTIFICATES },
    ],
    ['none', {}, {}],
  ])('are %s', (_, traits, settings) => {
    const context = ownContext('tcp://swarm:2376', traits)
    expect(environmentForEndpoint({}, context, USER_CONFIG).env).toEqual({
      DOCKER_HOST: 'tcp://swarm:2376',
      ...settings,
    })
  })

  test('win over those of the environment', () => {
    const env = { DOCKER_TLS: '1', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' }
    expect(environmentForEndpoint(env, ownContext('ssh://ops@swarm'), USER_CONFIG).env).toEqual({
      DOCKER_HOST: 'ssh://ops@swarm',
    })
  })
})
