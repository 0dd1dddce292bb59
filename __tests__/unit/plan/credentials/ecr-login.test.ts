import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { tokenOf } from '../../../../src/docker/registry/token.ts'
import { UserErrors } from '../../../../src/errors.ts'
import { readInputs } from '../../../../src/inputs/read.ts'
import { STRATEGY_INPUTS } from '../../../../src/inputs/strategies/table.ts'
import { withEcrLogins } from '../../../../src/plan/credentials/ecr-login.ts'
import { redact } from '../../../../src/runner/secrets/secret.ts'
import { AwsService } from '../../../support/aws-service.ts'

delete process.env.GITHUB_ACTIONS

const ONE = '123456789012.dkr.ecr.eu-central-1.amazonaws.com'
const OTHER = '210987654321.dkr.ecr.us-west-2.amazonaws.com'
const ROLE = 'arn:aws:iam::123456789012:role/swarm-pull'
const KEYS = '{access-key-id-env: SHOP_KEY, secret-access-key-env: SHOP_SECRET}'
const SECRETS = [
  'canary-of-ecr',
  'canary-of-identity',
  'canary-of-the-role',
  'canary-of-the-session',
  'canary-of-the-job',
  'canary-of-keys',
]

let service: AwsService
let env: Record<string, string>
let printed: string
const before = { ...process.env }

beforeEach(async () => {
  service = await AwsService.start()
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name]
  Object.assign(process.env, service.env)
  env = { SHOP_KEY: 'AKIAOFTHESHOP', SHOP_SECRET: 'canary-of-keys' }
  printed = ''
  jest.spyOn(process.stdout, 'write').mockImplementation((piece) => {
    printed += String(piece)
    return true
  })
})
afterEach(async () => {
  jest.restoreAllMocks()
  await service[Symbol.asyncDispose]()
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name]
  Object.assign(process.env, before)
  for (const secret of SECRETS) expect(printed).not.toContain(secret)
})

function asked(registries: string) {
  const all = { INPUT_SERVICES: `web: ${ONE}/web:1`, INPUT_REGISTRIES: registries, ...env }
  return readInputs(all, STRATEGY_INPUTS)
}

async function login(registries: string) {
  const { credentials } = await withEcrLogins(asked(registries), env, new AbortController().signal)
  return credentials.map(({ registry, username, password }) => `${registry} ${username} ${password.reveal()}`)
}

async function problems(registries: string): Promise<readonly string[]> {
  const error = await login(registries).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof UserErrors)) throw error ?? new Error('there is no problem')
  for (const secret of SECRETS) expect(error.message).not.toContain(secret)
  return error.problems
}

const ambient = () => Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIAAMBIENT', AWS_SECRET_ACCESS_KEY: 'ambient' })
const workflow = () => {
  env.ACTIONS_ID_TOKEN_REQUEST_URL = `${service.url}/id-token?api-version=2`
  env.ACTIONS_ID_TOKEN_REQUEST_TOKEN = 'canary-of-the-job'
}

describe('a login from Amazon', () => {
  test("with the step's own credentials, which is known for one that ends", async () => {
    ambient()
    expect(await login(`- {registry: ${ONE}, ecr: true}`)).toEqual([`${ONE} AWS canary-of-ecr`])
    expect(service.requests).toMatchObject([
      { action: 'GetAuthorizationToken', signedWith: 'AKIAAMBIENT eu-central-1/ecr' },
    ])
    expect(printed).toContain(`${ONE}: a login from Amazon, with the step's own AWS credentials`)
    expect(redact('canary-of-ecr')).toBe('***')
    const [credential] = (
      await withEcrLogins(asked(`- {registry: ${ONE}, ecr: true}`), env, new AbortController().signal)
    ).credentials
    expect(credential && tokenOf(credential, 0)?.end).toEqual({ at: 12 * 3_600_000, isExact: false })
    expect(credential).not.toHaveProperty('aws')
  })

  test('of the public registry, in its one region', async () => {
    ambient()
    expect(await login('- {registry: public.ecr.aws, ecr: true}')).toEqual(['public.ecr.aws AWS canary-of-ecr'])
    expect(service.requests).toMatchObject([{ signedWith: 'AKIAAMBIENT us-east-1/ecr-public' }])
  })

  test('with a key pair of the entry, whatever the step has', async () => {
    ambient()
    await login(`- {registry: ${ONE}, ecr: ${KEYS}}`)
    expect(service.requests).toMatchObject([{ signedWith: 'AKIAOFTHESHOP eu-central-1/ecr' }])
    expect(redact('canary-of-keys AKIAOFTHESHOP')).toBe('*** ***')
  })

  test('as a role, by the identity token of the workflow', async () => {
    workflow()
    expect(await login(`- {registry: ${OTHER}, ecr: {role: "${ROLE}"}}`)).toEqual([`${OTHER} AWS canary-of-ecr`])
    expect(service.requests).toMatchObject([
      { path: '/id-token?api-version=2&audience=sts.amazonaws.com' },
      { action: 'AssumeRoleWithWebIdentity', body: expect.stringContaining(encodeURIComponent(ROLE)) },
      { action: 'GetAuthorizationToken', signedWith: 'ASIAOFTHEROLE us-west-2/ecr' },
    ])
    for (const secret of SECRETS.slice(0, 5)) expect(redact(secret)).toBe('***')
  })

  test('of several accounts and regions, asked for once where one login opens several places', async () => {
    ambient()
    const text = `- {registry: ${ONE}/shop, ecr: true}
- {registry: ${ONE}/ops, ecr: true, config: ops}
- {registry: ${OTHER}, ecr: ${KEYS}}
- {registry: ghcr.io, username: bot, password: canary-of-ghcr}`
    expect(await login(text)).toEqual([
      `${ONE} AWS canary-of-ecr`,
      `${ONE} AWS canary-of-ecr`,
      `${OTHER} AWS canary-of-ecr`,
      'ghcr.io bot canary-of-ghcr',
    ])
    expect(service.requests.map(({ signedWith }) => signedWith).toSorted()).toEqual([
      'AKIAAMBIENT eu-central-1/ecr',
      'AKIAOFTHESHOP us-west-2/ecr',
    ])
  })

  test('nothing is asked without such an entry', async () => {
    await login('- {registry: ghcr.io, username: bot, password: canary-of-ghcr}')
    expect(service.requests).toEqual([])
    expect(printed).toBe('')
  })
})

describe('a service of Amazon that is silent', () => {
  const text = `- {registry: ${ONE}, ecr: {role: "${ROLE}"}}`
  const untilAsked = async (action: string) => {
    while (service.requests.at(-1)?.action !== action) await new Promise((resolve) => setImmediate(resolve))
  }

  test.each(['token', 'AssumeRoleWithWebIdentity', 'GetAuthorizationToken'])(
    'at %s does not hold a run that is stopped',
    async (silentAt) => {
      workflow()
      service.behaviour = { silentAt }
      const stop = new AbortController()
      const login = withEcrLogins(asked(text), env, stop.signal)
      await untilAsked(silentAt)
      stop.abort(new Error('stopped'))
      await expect(login).rejects.toThrow('stopped')
    },
  )

  test.each(['token', 'AssumeRoleWithWebIdentity', 'GetAuthorizationToken'])(
    'at %s is given up after a minute',
    async (silentAt) => {
      workflow()
      service.behaviour = { silentAt }
      jest.useFakeTimers({ doNotFake: ['setImmediate', 'clearImmediate', 'nextTick', 'queueMicrotask', 'performance'] })
      try {
        const told = problems(text)
        await untilAsked(silentAt)
        await jest.advanceTimersByTimeAsync(60_000)
        expect(await told).toEqual([expect.stringContaining('there is no answer in 60 s. ')])
      } finally {
        jest.useRealTimers()
      }
    },
  )
})

describe('what Amazon does not give is told with what to do', () => {
  test('and without what Amazon repeats of the question', async () => {
    ambient()
    const words =
      'The request signature does not match.\n\nThe Canonical String was\nx-amz-security-token:canary-of-the-session'
    service.behaviour = { refused: ['AKIAAMBIENT'], words }
    const [problem] = await problems(`- {registry: ${ONE}, ecr: true}`)
    expect(problem).toContain('The request signature does not match. Check the AWS credentials')
  })

  test.each<[string, () => void, string, RegExp]>([
    [
      'no credentials',
      () => undefined,
      'true',
      /^registries entry 1: Amazon gives no login for .*Could not load credentials.*Set AWS_ACCESS_KEY_ID/i,
    ],
    [
      'credentials of nobody',
      () => {
        ambient()
        service.behaviour = { refused: ['AKIAAMBIENT'] }
      },
      'true',
      /The security token included in the request is invalid\. Check the AWS credentials/,
    ],
    [
      'a job without an identity token',
      () => undefined,
      `{role: "${ROLE}"}`,
      /no identity token. Give it `permissions: \{ id-token: write \}`/,
    ],
    [
      'a role that does not trust the repository',
      () => {
        workflow()
        service.behaviour = { refusesRole: true }
      },
      `{role: "${ROLE}"}`,
      /Not authorized to perform sts:AssumeRoleWithWebIdentity\. Check the name of the role, and that its trust policy/,
    ],
    [
      'a server that gives no token',
      () => {
        workflow()
        env.ACTIONS_ID_TOKEN_REQUEST_TOKEN = 'canary-of-another'
      },
      `{role: "${ROLE}"}`,
      /gives no identity token \(status 403\)/,
    ],
    [
      'a login that is none',
      () => {
        ambient()
        service.behaviour = { password: '' }
      },
      'true',
      /its answer has no login/,
    ],
  ])('%s', async (_what, given, ecr, said) => {
    given()
    expect(await problems(`- {registry: ${ONE}, ecr: ${ecr}}`)).toEqual([expect.stringMatching(said)])
  })
})
