import { describe, expect, test } from '@jest/globals'
import { environmentForChildren, environmentForCommands } from '../../../../src/runner/processes/program-environment.ts'
import { Secret } from '../../../../src/runner/secrets/secret.ts'

describe('the environment of a child', () => {
  test('is that of the step', () => {
    const env = { PATH: '/usr/bin', HOME: '/home/ci', DOCKER_HOST: 'ssh://swarm', RUNNER_TEMP: '/tmp', EMPTY: '' }
    expect(environmentForChildren(env)).toEqual(env)
  })

  test('has no variable without a value', () => {
    expect(environmentForChildren({ PATH: '/usr/bin', NONE: undefined })).toEqual({ PATH: '/usr/bin' })
  })

  test('has no empty choice of an endpoint', () => {
    expect(environmentForChildren({ PATH: '/usr/bin', DOCKER_HOST: '', DOCKER_CONTEXT: '' })).toEqual({
      PATH: '/usr/bin',
    })
  })

  test.each([
    'INPUT_PASSWORD',
    'INPUT_REGISTRIES-FILE',
    'STATE_workspace',
    'ACTIONS_RUNTIME_TOKEN',
    'GITHUB_TOKEN',
    'GITEA_TOKEN',
    'FORGEJO_TOKEN',
  ])("has not the runner's own %s", (name) => {
    expect(environmentForChildren({ [name]: 'x' })).toEqual({})
  })

  test.each(['MY_INPUT_FILE', 'INPUTS', 'GITHUBBER', 'STATELESS_X'])('keeps %s, which only resembles one', (name) => {
    expect(environmentForChildren({ [name]: 'x' })).toEqual({ [name]: 'x' })
  })

  test.each([
    ['the secret itself', 'pr0tected+pass/word'],
    ['a text with the secret in it', 'https://ci:pr0tected+pass/word@registry.example.com'],
    ['the secret in base64', Buffer.from('pr0tected+pass/word').toString('base64')],
    ['a Docker auth with it', `{"auths":{"r":{"auth":"${Buffer.from('ci:pr0tected+pass/word').toString('base64')}"}}}`],
    ['the secret in a URL', encodeURIComponent('pr0tected+pass/word')],
  ])('has no variable that holds %s', (_, value) => {
    new Secret('pr0tected+pass/word', 'ci')
    expect(environmentForChildren({ ANY_NAME: value, PATH: '/usr/bin' })).toEqual({ PATH: '/usr/bin' })
  })

  test('has the way to docker though a short secret happens to be part of it', () => {
    new Secret('deploy')
    const env = {
      PATH: '/home/deploy/bin',
      Path: 'C:\\deploy',
      HOME: '/home/deploy',
      USERPROFILE: 'C:\\Users\\deploy',
      SSH_AUTH_SOCK: '/run/deploy/agent',
      DOCKER_HOST: 'ssh://deploy@swarm',
      DOCKER_CONTEXT: 'deploy',
      DOCKER_CONFIG: '/home/deploy/.docker',
      DOCKER_CERT_PATH: '/home/deploy/certs',
      DOCKER_TLS: 'deploy',
      HTTP_PROXY: 'http://deploy:3128',
      HTTPS_PROXY: 'http://deploy:3128',
      https_proxy: 'http://deploy:3128',
      ALL_PROXY: 'socks5://deploy',
      NO_PROXY: 'deploy.example.com',
      SSL_CERT_FILE: '/etc/deploy/ca.pem',
      TMPDIR: '/home/deploy/tmp',
      DOCKER_TLS_VERIFY: 'deploy',
    }
    expect(environmentForChildren({ ...env, DOCKER_AUTH_CONFIG: 'deploy', MY_PATH: 'deploy' })).toEqual(env)
  })
})

describe("the environment of the user's own commands", () => {
  test.each(['INPUT_PASSWORD', 'INPUT_CHECK-COMMAND', 'STATE_workspace', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'])(
    'has not %s',
    (name) => {
      expect(environmentForCommands({ [name]: 'x', NONE: undefined })).toEqual({})
    },
  )

  test('has all that they set for the step, a secret too, and what the runner tells every step', () => {
    new Secret('t0ken-of-their-own')
    const env = { PATH: '/usr/bin', API_TOKEN: 't0ken-of-their-own', GITHUB_SHA: 'abc', DOCKER_HOST: 'ssh://swarm' }
    expect(environmentForCommands(env)).toEqual(env)
  })
})
