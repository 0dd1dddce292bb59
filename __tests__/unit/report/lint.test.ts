import { describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../../src/docker/api.ts'
import { parseReference } from '../../../src/docker/registry/reference.ts'
import type { StackRequest } from '../../../src/inputs/stack-request.ts'
import { type Linted, lint } from '../../../src/report/lint.ts'
import { Secret } from '../../../src/runner/secrets/secret.ts'
import { createCredential, createNode, createSpec, digest } from '../../support/builders.ts'

const SECOND = 1e9
const ROLLBACK = { onFailure: 'rollback', nodes: [createNode(1)] } as const
const KEEP = { ...ROLLBACK, onFailure: 'keep' } as const

/** A service with nothing to say against it. */
function sound(overrides: Partial<Linted> = {}): Linted {
  return {
    name: 'web',
    spec: spec({}),
    image: parseReference('ghcr.io/acme/web:1.4.2'),
    hasDowntime: false,
    credential: createCredential(),
    updatesInPlace: true,
    imageHasCheck: true,
    ...overrides,
  }
}

function spec(overrides: Partial<ServiceSpec>): ServiceSpec {
  return createSpec({ Mode: { Replicated: { Replicas: 2 } }, ...overrides })
}

function withHealthcheck(check: object): ServiceSpec {
  return spec({ TaskTemplate: { ContainerSpec: { Image: 'web:1', Healthcheck: check } } })
}

const one = { Replicated: { Replicas: 1 } }
const job = { ReplicatedJob: {} }

describe('no advice', () => {
  test.each<[string, Partial<Linted>]>([
    ['for a sound service', {}],
    ['when nobody knows whether the image has a health check', { imageHasCheck: undefined }],
    ['for a health check of the service', { imageHasCheck: false, spec: withHealthcheck({ Test: ['CMD', 'true'] }) }],
    ['for a job without a health check', { imageHasCheck: false, spec: spec({ Mode: job }) }],
    ['for one replica that is recreated', { spec: spec({ Mode: one }), hasDowntime: true }],
    ['for one replica with start-first', { spec: spec({ Mode: one, UpdateConfig: { Order: 'start-first' } }) }],
    [
      'for one replica whose port on the node only one task can have',
      { spec: spec({ Mode: one, EndpointSpec: { Ports: [{ PublishMode: 'host' }] } }) },
    ],
    [
      'for one replica that writes to a volume',
      { spec: spec({ Mode: one, TaskTemplate: { ContainerSpec: { Image: 'db:1', Mounts: [{ Type: 'volume' }] } } }) },
    ],
    [
      'for a start period longer than the monitor window, which begins when the check has passed',
      { spec: withHealthcheck({ Test: ['CMD', 'true'], StartPeriod: 30 * SECOND }) },
    ],
    ['for a digest without a tag', { image: parseReference(`ghcr.io/acme/web@${digest('a')}`) }],
    ['for latest with a digest', { image: parseReference(`ghcr.io/acme/web:latest@${digest('a')}`) }],
    ['for a service that keeps its image', { image: undefined }],
    ['for a deploy token of GitLab', { credential: createCredential({ password: new Secret('gldt-abcdefgh') }) }],
    ['without a credential', { credential: undefined }],
  ])('%s', (_what, overrides) => {
    expect(lint([sound(overrides)], ROLLBACK)).toEqual([])
  })

  test('for failure action pause with a way back', () => {
    expect(lint([sound({ spec: spec({ UpdateConfig: { FailureAction: 'pause' } }) })], ROLLBACK)).toEqual([])
  })

  test('for failure action rollback without a way back of ours', () => {
    expect(lint([sound({ spec: spec({ UpdateConfig: { FailureAction: 'rollback' } }) })], KEEP)).toEqual([])
  })
})

describe('advice', () => {
  test.each<[string, Partial<Linted>]>([
    ['no health check', { imageHasCheck: false }],
    ['no health check', { spec: withHealthcheck({ Test: ['NONE'] }) }],
    ['stop-first with one replica', { spec: spec({ Mode: one }) }],
    ['stop-first with one replica', { spec: spec({ Mode: { Replicated: {} } }) }],
    ['image without a version', { image: parseReference('ghcr.io/acme/web:latest') }],
    ['image without a version', { image: parseReference('ghcr.io/acme/web') }],
  ])('%s', (reason, overrides) => {
    expect(lint([sound(overrides)], ROLLBACK)).toEqual([expect.stringContaining(`web: ${reason}`)])
  })

  test('on failure action pause, which is the default, without a way back', () => {
    const [advice] = lint([sound()], KEEP)
    expect(advice).toMatch(/^web: failure action pause, and `on-failure: keep`/)
  })

  test('says what to write, in an entry or in a compose file', () => {
    const services = [sound({ spec: spec({ Mode: one }), imageHasCheck: false })]
    const stack = {} as StackRequest
    const remedies = (advice: readonly string[]) => advice.map((line) => /(?:Use|Add) .*(?=\. More: )/.exec(line)?.[0])
    expect(remedies(lint(services, KEEP))).toEqual([
      'Add HEALTHCHECK to the image, or `--health-cmd` to `create-args`',
      'Use `update-config: {order: start-first}` in `services`, or more replicas',
      'Use `on-failure: rollback`, or `update-config: {failure_action: rollback}` in `services`',
    ])
    expect(remedies(lint(services, { ...KEEP, stack }))).toEqual([
      'Add HEALTHCHECK to the image, or `healthcheck` to the service',
      'Use `order: start-first` in `deploy.update_config`, or more replicas',
      'Use `on-failure: rollback`, or `failure_action: rollback` in `deploy.update_config`',
    ])
  })

  test.each([
    ['database', { name: 'shop-db' }],
    [
      'database by its image',
      { spec: spec({ Mode: one, TaskTemplate: { ContainerSpec: { Image: 'acme/postgres16:1' } } }) },
    ],
    ['scheduler', { name: 'celery-beat' }],
  ])('no second task beside a %s', (_, overrides) => {
    expect(lint([sound({ spec: spec({ Mode: one }), ...overrides })], ROLLBACK)).toEqual([])
  })

  test('no second task where no node has room for it', () => {
    const Limits = { Placement: { MaxReplicas: 1 }, ContainerSpec: { Image: 'web:1' } }
    expect(lint([sound({ spec: spec({ Mode: one, TaskTemplate: Limits }) })], ROLLBACK)).toEqual([])
  })

  test('on start-first for which there is no room, unless the strategy does not update in place', () => {
    const full = sound({
      spec: spec({
        Mode: one,
        UpdateConfig: { Order: 'start-first' },
        TaskTemplate: { Placement: { MaxReplicas: 1 }, ContainerSpec: { Image: 'web:1' } },
      }),
    })
    expect(lint([full], ROLLBACK)).toEqual([
      expect.stringMatching(/^web: start-first will not work for the next update: .*max-replicas-per-node 1/),
    ])
    expect(lint([{ ...full, updatesInPlace: false }], ROLLBACK)).toEqual([])
  })

  test('leads to the page that explains it', () => {
    const [advice] = lint([sound({ imageHasCheck: false })], ROLLBACK, (doc) => `https://docs.example/${doc}`)
    expect(advice).toMatch(/to `create-args`\. More: https:\/\/docs\.example\/no health check$/)
  })

  test('one line for a rule, however many services it finds', () => {
    const services = ['web', 'api', 'jobs'].map((name) => sound({ name, imageHasCheck: false }))
    expect(lint(services, ROLLBACK)).toEqual([expect.stringMatching(/^web, api, jobs: no health check/)])
    const many = Array.from({ length: 120 }, (_, index) => sound({ name: `s${index}`, imageHasCheck: false }))
    expect(lint(many, ROLLBACK)).toEqual([expect.stringMatching(/^s0, s1, .*s19 and 100 more: no health check/)])
  })

  test.each([
    ['ghp_16C7e42F292c6912E7710c838347Ae178B4a', 'personal token of GitHub'],
    ['gho_16C7e42F292c6912E7710c838347Ae178B4a', 'personal token of GitHub'],
    ['github_pat_11ABCDEFG0aBcDeFgHiJkL_mNoPqRsT', 'personal token of GitHub'],
    ['glpat-abcdefghijklmnopqrst', 'personal token of GitLab'],
    ['dckr_pat_abcdefghijklmnopqrstuvwxyz0', 'personal token of Docker Hub'],
  ])('on a token that begins as %.8s…, once for all services, and without the token', (token, reason) => {
    const credential = createCredential({ password: new Secret(token), origin: 'registries entry 2' })
    const advice = lint([sound({ credential }), sound({ name: 'api', credential })], ROLLBACK)
    expect(advice).toEqual([expect.stringContaining(reason)])
    expect(advice[0]).toMatch(/^the password of alice for ghcr\.io \(registries entry 2\) is /)
    expect(advice[0]).not.toContain(token)
  })

  test('on a token of a user whose name may be a secret, without that', () => {
    const password = new Secret('ghp_16C7e42F292c6912E7710c838347Ae178B4a')
    const [advice] = lint([sound({ credential: createCredential({ password, username: 'p@ss!word' }) })], ROLLBACK)
    expect(advice).toMatch(/^the password of \*\*\* for ghcr\.io /)
  })

  test('on the token that the nodes store, and not on the one of the run', () => {
    const own = createCredential({ password: new Secret('ghp_16C7e42F292c6912E7710c838347Ae178B4a') })
    const stored = {
      registry: 'ghcr.io',
      username: 'bot',
      password: new Secret('nodes-only-7'),
      kind: 'password',
    } as const
    expect(lint([sound({ credential: { ...own, stored } })], ROLLBACK)).toEqual([])
    const [advice] = lint(
      [sound({ credential: { ...createCredential(), stored: { ...own, username: 'bot' } } })],
      ROLLBACK,
    )
    expect(advice).toMatch(/^the stored password of bot for ghcr\.io \(registries\[0\]\) is a personal token of GitHub/)
  })

  test.each(['gitlab-ci-token', 'AWS', '00000000-0000-0000-0000-000000000000', 'oauth2accesstoken'])(
    'not on a token of %s that ends, of which the check has warned',
    (username) => {
      const credential = createCredential({ username, password: new Secret('eyJhbGciOiJSUzI1NiJ9') })
      expect(lint([sound({ credential })], ROLLBACK)).toEqual([])
    },
  )

  test('not on the lasting credentials of the same makers', () => {
    const users = ['_json_key', 'gitlab+deploy-token-7', 'pull-token', 'aws']
    const linted = users.map((username) => sound({ credential: createCredential({ username }) }))
    expect(lint(linted, ROLLBACK)).toEqual([])
  })
})
