import { describe, expect, test } from '@jest/globals'
import type { Service, ServiceMode } from '../../../src/docker/api.ts'
import { parseReference } from '../../../src/docker/registry/reference.ts'
import type { LockRequest, ServiceRequest } from '../../../src/inputs/deployment.ts'
import type { Config, LoggedIn } from '../../../src/plan/credentials/log-in.ts'
import { emptied, type Mark } from '../../../src/plan/interim-spec.ts'
import type { Observation } from '../../../src/plan/observe.ts'
import { planDeployment } from '../../../src/plan/plan.ts'
import { STRATEGIES } from '../../../src/strategies/table.ts'
import {
  createConfig,
  createCredential,
  createDeployment,
  createRequest,
  createService,
  createSpec,
} from '../../support/builders.ts'

/** A config with one credential, named after the place for which it is: `ghcr.io/acme`. */
function configFor(place: string, name = place): Config {
  const [registry = '', ...path] = place.split('/')
  return createConfig(name, [
    createCredential({ registry, path: path.join('/'), config: name, origin: `the entry ${name}` }),
  ])
}

const NOW = Date.UTC(2026, 10, 26, 12)

interface World {
  readonly lock?: LockRequest
  readonly services?: readonly Service[]
  readonly configs?: readonly Config[]
  readonly ownConfig?: Config
  readonly otherNames?: readonly string[]
}

function plan(
  requests: readonly ServiceRequest[],
  { services = [createService()], configs = [], ownConfig, lock, otherNames = [] }: World,
) {
  const deployment = createDeployment({ services: requests, lock })
  const loggedIn: LoggedIn = { configs, named: [], unread: new Map(), ownConfig, problems: [], refused: new Set() }
  const observed: Observation = { services, tasks: [], nodes: [], otherNames, now: NOW }
  return planDeployment(deployment, loggedIn, observed, STRATEGIES)
}

/** The name of the config that serves the only service, or the problem. */
function choice(request: Partial<ServiceRequest>, world: World): string | undefined {
  const { services, problems } = plan([createRequest(request)], world)
  return problems[0] ?? services[0]?.access?.config.name
}

function withLabels(Labels: Readonly<Record<string, string>>): Service {
  return createService({ Spec: createSpec({ Labels }) })
}

const image = parseReference('ghcr.io/acme/web:2')

describe('the config for a service', () => {
  const OWN = configFor('ghcr.io', '~/.docker')
  const label = 'swarm-deploy.auth.config'
  const gantryLabel = 'gantry.auth.config'

  test('is chosen in four steps: its entry, its labels, the longest path, the own configuration', () => {
    const configs = ['entry', 'label', 'gantry'].map((name) => configFor('ghcr.io/other', name))
    const world = { configs: [...configs, configFor('ghcr.io')], ownConfig: OWN }
    const labels = { [gantryLabel]: 'gantry', [label]: 'label' }

    expect(choice({ image, authConfig: 'entry' }, { ...world, services: [withLabels(labels)] })).toBe('entry')
    expect(choice({ image }, { ...world, services: [withLabels(labels)] })).toBe('label')
    expect(choice({ image }, { ...world, services: [withLabels({ [gantryLabel]: 'gantry' })] })).toBe('gantry')
    const createArgs = [{ name: '--label', value: `${label}=entry`, words: [] }]
    expect(choice({ image, createArgs }, world)).toBe('entry')
    expect(choice({ image, createArgs }, { ...world, services: [withLabels(labels)] })).toBe('entry')
    expect(choice({ image }, world)).toBe('ghcr.io')
    expect(choice({ image }, { ...world, configs })).toBe('~/.docker')
    expect(choice({ image }, { configs })).toBeUndefined()
  })

  test('is not chosen by an empty label', () => {
    const services = [withLabels({ [label]: '', [gantryLabel]: 'gantry' })]
    const configs = [configFor('ghcr.io'), configFor('ghcr.io/other', 'gantry')]
    expect(choice({ image }, { services, configs })).toBe('gantry')
  })

  test('is not chosen by the labels of another service', () => {
    const other = createService({ Spec: createSpec({ Name: 'web-2', Labels: { [label]: 'other' } }) })
    const configs = [configFor('ghcr.io', 'other'), configFor('ghcr.io/acme')]
    expect(choice({ image }, { services: [other, createService()], configs })).toBe('ghcr.io/acme')
  })

  test.each([
    ['ghcr.io/acme/web:2', 'ghcr.io/acme/web'],
    ['ghcr.io/acme/web/worker:2', 'ghcr.io/acme/web'],
    ['ghcr.io/acme/web-2:2', 'ghcr.io/acme'],
    ['ghcr.io/acme2/web:2', 'ghcr.io'],
    ['quay.io/acme/web:2', undefined],
    ['nginx', 'docker.io'],
    ['acme/web', 'docker.io/acme'],
  ])('of the image %s is the one with the longest path: %s', (text, name) => {
    const configs = ['ghcr.io', 'ghcr.io/acme/web', 'ghcr.io/acme', 'docker.io', 'docker.io/acme'].map((place) =>
      configFor(place),
    )
    expect(choice({ image: parseReference(text) }, { configs })).toBe(name)
  })

  test('comes with the very credential that holds the image', () => {
    const credentials = ['acme', 'acme/web', ''].map((path) => createCredential({ path, username: `for ${path}` }))
    const config = createConfig('all', credentials)
    const { services } = plan([createRequest({ image })], { configs: [config] })
    expect(services[0]?.access).toEqual({ config, credential: credentials[1] })
  })

  test('named by its choice comes with its credential for the registry, whatever its path', () => {
    const hub = createCredential({ registry: 'docker.io' })
    const ghcr = createCredential({ path: 'other' })
    const config = createConfig('mixed', [hub, ghcr])
    const { services } = plan([createRequest({ image, authConfig: 'mixed' })], { configs: [config] })
    expect(services[0]?.access?.credential).toBe(ghcr)
  })

  test('is that for the image which the service has, when it keeps it', () => {
    expect(choice({ replicas: 2 }, { configs: [configFor('ghcr.io/acme')] })).toBe('ghcr.io/acme')
  })

  test('is that for the new image, when it changes its registry', () => {
    const configs = [configFor('ghcr.io/acme'), configFor('quay.io')]
    expect(choice({ image: parseReference('quay.io/acme/web') }, { configs })).toBe('quay.io')
  })

  test('is none for a service whose image has no name', () => {
    const Spec = createSpec({ TaskTemplate: { ContainerSpec: { Image: 'a'.repeat(64) } } })
    expect(choice({ replicas: 2 }, { services: [createService({ Spec })], ownConfig: OWN })).toBeUndefined()
  })

  test('is not the own configuration where it has nothing for the registry', () => {
    expect(choice({ image: parseReference('quay.io/a/b') }, { ownConfig: OWN })).toBeUndefined()
  })
})

describe('a service cannot be planned', () => {
  test('when two configs serve its image equally well: both are named, and the way out', () => {
    const configs = [configFor('ghcr.io/acme', 'red'), configFor('ghcr.io', 'far'), configFor('ghcr.io/acme', 'blue')]
    expect(choice({ image }, { configs })).toBe(
      'service web: the configs red (the entry red) and blue (the entry blue) serve ghcr.io/acme/web equally well: ' +
        'choose one with `auth-config: red`, or give their registries longer paths',
    )
  })

  test('but can when the choice is made', () => {
    const configs = [configFor('ghcr.io/acme', 'red'), configFor('ghcr.io/acme', 'blue')]
    expect(choice({ image, authConfig: 'blue' }, { configs })).toBe('blue')
  })

  test('and can when one of them has the longer path', () => {
    const configs = [configFor('ghcr.io', 'red'), configFor('ghcr.io', 'blue'), configFor('ghcr.io/acme', 'green')]
    expect(choice({ image }, { configs })).toBe('green')
  })

  test.each<[string, Partial<ServiceRequest>, Service]>([
    ['`auth-config`', { authConfig: 'blue' }, createService()],
    ['its label swarm-deploy.auth.config', {}, withLabels({ 'swarm-deploy.auth.config': 'blue' })],
    ['its label gantry.auth.config', {}, withLabels({ 'gantry.auth.config': 'blue' })],
  ])('when %s names a config that there is not', (source, request, service) => {
    const world = { services: [service], configs: [configFor('ghcr.io', 'red'), configFor('quay.io', 'green')] }
    expect(choice({ image, ...request }, world)).toBe(
      `service web: ${source} names the config blue, but the configs of this run are red and green: ` +
        'use one of them, or give `registries` an entry with `config: blue`, ' +
        'or `docker-config` one of that name (`blue: env:NAME`)',
    )
  })

  test('and shows nothing of a choice that may be a secret', () => {
    expect(choice({ image, authConfig: 'p@ss!' }, {})).toBe(
      'service web: `auth-config` names the config ***, but this run has no configs: ' +
        'give `registries` an entry with `config: …`, or `docker-config` one of that name (`…: env:NAME`)',
    )
  })

  test('when its choice is not the only config', () => {
    expect(choice({ image, authConfig: 'blue' }, { configs: [configFor('ghcr.io', 'red')] })).toContain(
      'names the config blue, but the configs of this run are red: use one of them',
    )
  })

  test('when its choice is made and there are no configs', () => {
    expect(choice({ image, authConfig: 'blue' }, {})).toContain(
      'names the config blue, but this run has no configs: give `registries` an entry',
    )
  })

  test('when the config of its choice has nothing for its registry: no other takes its place', () => {
    const configs = [configFor('quay.io', 'blue'), configFor('ghcr.io')]
    expect(choice({ image, authConfig: 'blue' }, { configs })).toBe(
      'service web: `auth-config` names the config blue, which has no credential for ghcr.io: ' +
        'add one to it, or leave the choice out',
    )
  })

  test('when it does not exist and nobody asked to make it', () => {
    expect(choice({ name: 'api', image }, {})).toBe(
      'service api does not exist on this swarm: correct its name, or to have it made write `- {name: api, image: ghcr.io/acme/web:2, create: true}`',
    )
    expect(choice({ name: 'aB3dE5fG7hJ9kL1mN2pQ4rS6', image }, {})).toMatch(
      /^service \*\*\* does not exist(?!.*aB3dE5)/,
    )
    expect(choice({ name: 'api', image, isKeyed: true }, {})).toContain(
      'write `api: {image: ghcr.io/acme/web:2, create: true}`',
    )
  })

  test('when it does not exist, and another may be meant', () => {
    const world = { otherNames: ['web', 'shop_worker', 'old_worker', 'database'] }
    expect(choice({ name: 'wbe', image }, world)).toMatch(/: did you mean `web`\? To have it made write/)
    expect(choice({ name: 'worker', replicas: 2 }, world)).toBe(
      'service worker does not exist on this swarm: did you mean `shop_worker` or `old_worker`? To have it made write `- {name: worker, image: …, create: true}`',
    )
  })

  test.each<[string, ServiceMode]>([
    ['global', { Global: {} }],
    ['global job', { GlobalJob: {} }],
    ['replicated job', { ReplicatedJob: {} }],
  ])('when replicas are asked of a %s service', (mode, Mode) => {
    const services = [createService({ Spec: createSpec({ Mode }) })]
    expect(choice({ replicas: 0 }, { services })).toBe(
      `service web is a ${mode} service: it has no replicas to set, leave \`replicas\` out`,
    )
    expect(plan([createRequest({ image })], { services }).problems).toEqual([])
  })
})

describe('a plan', () => {
  test('has what there is of each service, in the order in which they were asked for', () => {
    const [api, web, cron] = ['api', 'web', 'cron'].map((name) => createRequest({ name, image, create: true }))
    const current = createService()
    const { services, problems } = plan(
      [api, web, cron].flatMap((request) => request ?? []),
      { services: [current] },
    )
    expect(services).toEqual([
      { request: api, current: undefined, access: undefined },
      { request: web, current, access: undefined },
      { request: cron, current: undefined, access: undefined },
    ])
    expect(problems).toEqual([])
  })

  test('takes no service for another whose name only begins like it', () => {
    const services = [createService({ Spec: createSpec({ Name: 'web-2' }) })]
    expect(plan([createRequest({ image, create: true })], { services }).services[0]?.current).toBeUndefined()
  })

  test('says all that is wrong at once, and still plans the rest', () => {
    const requests = ['x', 'web', 'y'].map((name) => createRequest({ name, image }))
    const { services, problems } = plan(requests, {})
    expect(services.map(({ request }) => request.name)).toEqual(['web'])
    expect(problems).toEqual([expect.stringContaining('service x '), expect.stringContaining('service y ')])
  })

  test('lets replicas be set for a service to be made', () => {
    expect(plan([createRequest({ image, create: true, replicas: 3 })], { services: [] }).problems).toEqual([])
  })
})

describe('a service with an interim spec of another run', () => {
  const mark: Mark = {
    token: 'theirs',
    owner: 'acme/shop, workflow Deploy',
    url: 'https://ci.example.com/runs/7',
    until: NOW + 60_000,
    hasLock: false,
  }
  const stopped = (run: Mark) =>
    createService({ Spec: emptied(createSpec(), run), PreviousSpec: createSpec({ Labels: { before: 'it' } }) })

  test('that may still be at work is left alone: the problem says who it is, until when, and what to do', () => {
    expect(plan([createRequest({ image })], { services: [stopped(mark)] }).problems).toEqual([
      'service web: acme/shop, workflow Deploy (https://ci.example.com/runs/7) is in the middle of a deploy of it, which may last until 2026-11-26 12:01:00 UTC: deploy again when that is over, and keep deploys of one service apart with `concurrency` or `lock: true`. If that run is gone, take back what it left with `docker service rollback web`, and deploy again',
    ])
  })

  test.each<[string, Mark, World]>([
    ['whose time is over', { ...mark, until: NOW }, {}],
    ['whose lock this run has got', { ...mark, hasLock: true }, { lock: { timeoutSeconds: 60 } }],
  ])('%s starts from what was before', (_what, run, world) => {
    const service = stopped(run)
    const { services, problems } = plan([createRequest({ image })], { services: [service], ...world })
    expect(problems).toEqual([])
    expect(services[0]?.interim).toEqual(service.Spec)
    expect(services[0]?.current?.Spec).toEqual(service.PreviousSpec)
  })
})
