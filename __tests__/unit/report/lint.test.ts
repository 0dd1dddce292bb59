import { describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../../src/docker/api.ts'
import { parseReference } from '../../../src/docker/registry/reference.ts'
import type { StackRequest } from '../../../src/inputs/deployment.ts'
import { type Linted, lint } from '../../../src/report/lint.ts'
import { Secret } from '../../../src/runner/secret.ts'
import { createCredential, createSpec, digest } from '../../support/builders.ts'

const SECOND = 1e9
const ROLLBACK = { monitorSeconds: undefined, onFailure: 'rollback' } as const
const KEEP = { monitorSeconds: undefined, onFailure: 'keep' } as const

/** A service with nothing to say against it. */
function sound(overrides: Partial<Linted> = {}): Linted {
  return {
    name: 'web',
    spec: spec({}),
    image: parseReference('ghcr.io/acme/web:1.4.2'),
    hasDowntime: false,
    credential: createCredential(),
    imageHealth: { startSeconds: 0 },
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
    ['when nobody knows whether the image has a health check', { imageHealth: undefined }],
    ['for a health check of the service', { imageHealth: 'none', spec: withHealthcheck({ Test: ['CMD', 'true'] }) }],
    ['for a job without a health check', { imageHealth: 'none', spec: spec({ Mode: job }) }],
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
    ['for a start period as long as the monitor window', { imageHealth: { startSeconds: 5 } }],
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
    ['no health check', { imageHealth: 'none' }],
    ['no health check', { spec: withHealthcheck({ Test: ['NONE'] }) }],
    ['stop-first with one replica', { spec: spec({ Mode: one }) }],
    ['stop-first with one replica', { spec: spec({ Mode: { Replicated: {} } }) }],
    ['monitor window shorter than the start period', { imageHealth: { startSeconds: 6 } }],
    [
      'monitor window shorter than the start period',
      { spec: withHealthcheck({ Test: ['CMD', 'true'], StartPeriod: 30 * SECOND }) },
    ],
    [
      'monitor window shorter than the start period',
      { spec: spec({ UpdateConfig: { Monitor: 2 * SECOND } }), imageHealth: { startSeconds: 3 } },
    ],
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
    const services = [sound({ spec: spec({ Mode: one }), imageHealth: { startSeconds: 6 } })]
    const stack = {} as StackRequest
    const remedies = (advice: readonly string[]) => advice.map((line) => /Use .*/.exec(line)?.[0])
    expect(remedies(lint(services, KEEP))).toEqual([
      'Use `update-config: {order: start-first}` in `services`, or more replicas',
      'Use a longer `monitor` in `update-config`, or the input `monitor` for all',
      'Use `on-failure: rollback`, or `update-config: {failure_action: rollback}` in `services`',
    ])
    expect(remedies(lint(services, { ...KEEP, stack }))).toEqual([
      'Use `order: start-first` in `deploy.update_config`, or more replicas',
      'Use a longer `monitor` in `deploy.update_config`, or the input `monitor` for all',
      'Use `on-failure: rollback`, or `failure_action: rollback` in `deploy.update_config`',
    ])
  })

  test('the input `monitor` goes before the window of the service', () => {
    const service = sound({ imageHealth: { startSeconds: 20 } })
    expect(lint([service], { ...ROLLBACK, monitorSeconds: 20 })).toEqual([])
    expect(lint([service], { ...ROLLBACK, monitorSeconds: 19 })).toHaveLength(1)
  })

  test('one line for a rule, however many services it finds', () => {
    const services = ['web', 'api', 'jobs'].map((name) => sound({ name, imageHealth: 'none' }))
    expect(lint(services, ROLLBACK)).toEqual([expect.stringMatching(/^web, api, and jobs: no health check/)])
  })

  test.each([
    ['ghp_16C7e42F292c6912E7710c838347Ae178B4a', 'personal token of GitHub'],
    ['gho_16C7e42F292c6912E7710c838347Ae178B4a', 'personal token of GitHub'],
    ['github_pat_11ABCDEFG0aBcDeFgHiJkL_mNoPqRsT', 'personal token of GitHub'],
    ['ghs_16C7e42F292c6912E7710c838347Ae178B4a', 'ends with the job'],
    ['glpat-abcdefghijklmnopqrst', 'personal token of GitLab'],
    ['glcbt-64_abcdefghijklmnopqrst', 'ends with the job'],
    ['dckr_pat_abcdefghijklmnopqrstuvwxyz0', 'personal token of Docker Hub'],
    ['ya29.abcdefghijklmnopqrstuvwxyz', 'ends after one hour'],
  ])('on a token that begins as %.8s…, once for all services, and without the token', (token, reason) => {
    const credential = createCredential({ password: new Secret(token), origin: 'registries entry 2' })
    const advice = lint([sound({ credential }), sound({ name: 'api', credential })], ROLLBACK)
    expect(advice).toEqual([expect.stringContaining(reason)])
    expect(advice[0]).toMatch(/^the password of alice for ghcr\.io \(registries entry 2\) is /)
    expect(advice[0]).not.toContain(token)
  })

  test.each([
    ['gitlab-ci-token', 'ends with the job'],
    ['AWS', 'ends after 12 hours'],
    ['00000000-0000-0000-0000-000000000000', 'ends after 3 hours'],
    ['oauth2accesstoken', 'ends after one hour'],
  ])('on the short-lived token of the user %s, whose form says nothing', (username, reason) => {
    const credential = createCredential({ username, password: new Secret('eyJhbGciOiJSUzI1NiJ9') })
    expect(lint([sound({ credential })], ROLLBACK)).toEqual([expect.stringContaining(reason)])
  })

  test('not on the lasting credentials of the same makers', () => {
    const users = ['_json_key', 'gitlab+deploy-token-7', 'pull-token', 'aws']
    const linted = users.map((username) => sound({ credential: createCredential({ username }) }))
    expect(lint(linted, ROLLBACK)).toEqual([])
  })
})
