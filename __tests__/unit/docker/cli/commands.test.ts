import { describe, expect, test } from '@jest/globals'
import {
  apartFromVariables,
  type Flag,
  policyFlags,
  type ServiceChange,
  serviceCreate,
  serviceUpdate,
} from '../../../../src/docker/cli/commands.ts'
import { parseReference } from '../../../../src/docker/registry/reference.ts'
import { variablesWithoutDocker } from '../../../../src/runner/variables.ts'
import { digest } from '../../../support/builders.ts'

const IMAGE = `ghcr.io/acme/web:2@${digest('b')}`

function change(overrides: Partial<ServiceChange> = {}): ServiceChange {
  return {
    name: 'web',
    directory: '/run/client',
    image: parseReference(IMAGE),
    replicas: undefined,
    env: {},
    flags: [],
    ...overrides,
  }
}

const UPDATE = ['--config', '/run/client', 'service', 'update', '--no-resolve-image', '--detach', '--quiet']
const CREATE = ['--config', '/run/client', 'service', 'create', '--no-resolve-image', '--detach', '--quiet']

describe('docker service update', () => {
  test('of the image', () => {
    expect(serviceUpdate(change())).toEqual({ args: [...UPDATE, '--image', IMAGE, 'web'], env: {} })
  })

  test('of all at once, with the flags of the user last, so that they win', () => {
    const all = change({ replicas: 3, env: { A: '1', B: '2' }, flags: ['--label-add', 'a=b', '--replicas=4'] })
    expect(serviceUpdate(all)).toEqual({
      args: [
        ...UPDATE,
        ...['--image', IMAGE, '--replicas', '3', '--env-add', 'A', '--env-add', 'B'],
        ...['--label-add', 'a=b', '--replicas=4', 'web'],
      ],
      env: { A: '1', B: '2' },
    })
  })

  test('of nothing but the replicas, to none', () => {
    expect(serviceUpdate(change({ image: undefined, replicas: 0 })).args).toEqual([...UPDATE, '--replicas', '0', 'web'])
  })

  test('of an image of Docker Hub names it as people do', () => {
    const image = parseReference(`docker.io/library/nginx:1.27@${digest('b')}`)
    expect(serviceUpdate(change({ image })).args).toContain(`nginx:1.27@${digest('b')}`)
  })
})

describe('docker service create', () => {
  test('has the image last, after the flags of the user', () => {
    const all = change({ replicas: 2, env: { A: '1' }, flags: ['--network', 'inside'] })
    expect(serviceCreate(all)).toEqual({
      args: [...CREATE, ...['--name', 'web', '--replicas', '2', '--env', 'A', '--network', 'inside', IMAGE]],
      env: { A: '1' },
    })
  })

  test('without an image leaves the complaint to docker', () => {
    expect(serviceCreate(change({ image: undefined })).args).toEqual([...CREATE, '--name', 'web'])
  })
})

describe('a value of a variable', () => {
  test.each([
    ['a secret', 'swordfish'],
    ['an empty one', ''],
    ['one with signs of a shell', '$(x) "a" \'b\' \\ =c'],
    ['one of several lines', 'a\nb'],
    ['one that looks like a flag', '--replicas=9'],
  ])('is not in the arguments: %s', (_, value) => {
    for (const command of [serviceUpdate, serviceCreate]) {
      const { args, env } = command(change({ env: { APP_KEY: value } }))
      expect(args.filter((arg) => arg.includes('APP_KEY'))).toEqual(['APP_KEY'])
      expect(env).toEqual({ APP_KEY: value })
      if (value !== '') expect(args).not.toContain(value)
    }
  })

  test.each([
    'DOCKER_HOST',
    'DOCKER_CONFIG',
    'DOCKER_TLS_VERIFY',
    'DOCKER_ANYTHING',
    'HOME',
    'USERPROFILE',
    'PATH',
    'Path',
    'TMPDIR',
    'TEMP',
    'TMP',
    'HTTP_PROXY',
    'https_proxy',
    'NO_PROXY',
    'SSH_AUTH_SOCK',
    'SSL_CERT_FILE',
    'XDG_CONFIG_HOME',
    'LD_PRELOAD',
    'GODEBUG',
    'GOMAXPROCS',
    'OTEL_EXPORTER_OTLP_ENDPOINT',
  ])('is not handed to docker for %s, which docker itself would obey: it is put into the spec', (name) => {
    const { args, env } = serviceUpdate(change({ env: { [name]: 'of the service', A: '1' } }))
    expect(args).toEqual([...UPDATE, ...['--image', IMAGE, '--env-add', 'A', 'web']])
    expect(env).toEqual({ A: '1' })
    expect(variablesWithoutDocker({ [name]: 'of the service', A: '1' })).toEqual({ [name]: 'of the service' })
  })

  test('is not handed to docker where it is larger than a program can be given', () => {
    const large = { B: 'x'.repeat(128 * 1024) }
    const { args, env } = serviceUpdate(change({ env: { ...large, A: '1' } }))
    expect(args).not.toContain('B')
    expect(env).toEqual({ A: '1' })
    expect(variablesWithoutDocker({ ...large, A: '1' })).toEqual(large)
  })

  test.each(['MY_DOCKER_HOST', 'HOMEPAGE', 'APP_HOME', 'PATHS', 'GOOGLE_TOKEN', 'PROXY_PASSWORD', 'TMP_KEY'])(
    'is handed to docker for %s, which only resembles one of those',
    (name) => {
      const { args, env } = serviceUpdate(change({ env: { [name]: 'v' } }))
      expect(args).toContain(name)
      expect(env).toEqual({ [name]: 'v' })
    },
  )
})

test('the variables that flags set leave the command line as well', () => {
  const flag = (name: string, value: string): Flag => ({ name, value, words: [name, value] })
  const flags = [
    flag('--env', 'TOKEN=swordfish=a'),
    flag('--label', 'A=b'),
    flag('--env-add', 'EMPTY='),
    flag('--env', 'LOOKED_UP'),
    flag('--env', 'DOCKER_HOST=tcp://a'),
    flag('--env', '=a'),
    flag('--env-rm', 'OLD'),
  ]
  expect(apartFromVariables(flags)).toEqual({
    words: ['--label', 'A=b', '--env', 'LOOKED_UP', '--env', '=a', '--env-rm', 'OLD'],
    env: { TOKEN: 'swordfish=a', EMPTY: '', DOCKER_HOST: 'tcp://a' },
  })
})

test("Swarm's own policies are flags of both commands", () => {
  const update = { parallelism: '2', failure_action: 'rollback' }
  expect(policyFlags({ update, rollback: { order: 'stop-first' } })).toEqual([
    '--update-parallelism=2',
    '--update-failure-action=rollback',
    '--rollback-order=stop-first',
  ])
})
