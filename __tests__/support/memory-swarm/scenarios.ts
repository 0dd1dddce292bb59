import type { ServiceSpec } from '../../../src/docker/api.ts'
import { ONE, type Scenario, TOOLS, TWO } from './net.ts'
import { runAction } from './run.ts'

const BAD = 'hub.test/acme/web:bad'

function spec(Name: string, changed: Partial<ServiceSpec> = {}, networks?: readonly string[]): ServiceSpec {
  return {
    Name,
    Mode: { Replicated: { Replicas: 2 } },
    UpdateConfig: { Parallelism: 1, Monitor: 1e9 },
    ...changed,
    TaskTemplate: {
      ContainerSpec: { Image: ONE },
      RestartPolicy: { Condition: 'any' },
      ...(networks && { Networks: networks.map((Target) => ({ Target })) }),
    },
  }
}

const many = (count: number, image = TWO) => Array.from({ length: count }, () => image)

/** A service that stays as it is beside the one that changes. */
const other = { name: 'other', image: 'hub.test/acme/web:1' }

function services(tag: string, more: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return { services: JSON.stringify([{ name: 'web', image: `hub.test/acme/web:${tag}`, ...more }, other]) }
}

const others = { other: many(2, ONE) }

/** Deploys of a good image; each is also played with a bad one. */
const DEPLOYS: Readonly<Record<string, (tag: string) => Omit<Scenario, 'isGood'>>> = {
  'an update': (tag) => ({
    inputs: services(tag, {}),
    before: [spec('web'), spec('other')],
    asked: { web: many(2), ...others },
  }),
  'an update whose image the nodes have first': (tag) => ({
    inputs: { ...services(tag, {}), prepare: 'true', 'max-parallel': '1' },
    before: [spec('web'), spec('other')],
    asked: { web: many(2), ...others },
  }),
  'an update after which old images go': (tag) => ({
    inputs: { ...services(tag, {}), 'prune-images': 'true', 'node-tools-image': TOOLS },
    before: [spec('web'), spec('other')],
    asked: { web: many(2), ...others },
  }),
  'an update of a global service': (tag) => ({
    inputs: services(tag, {}),
    before: [spec('web', { Mode: { Global: {} } }), spec('other')],
    asked: { web: many(2), ...others },
  }),
  'a new service': (tag) => ({
    inputs: services(tag, { create: true, replicas: 2 }),
    before: [spec('other')],
    asked: { web: many(2), ...others },
  }),
  recreate: (tag) => ({
    inputs: services(tag, { strategy: 'recreate' }),
    before: [spec('web'), spec('other')],
    asked: { web: many(2), ...others },
  }),
  canary: (tag) => ({
    inputs: services(tag, { strategy: 'canary', canary: 1 }),
    before: [spec('web', { Mode: { Replicated: { Replicas: 3 } } }), spec('other')],
    asked: { web: many(3), ...others },
  }),
  'blue-green by labels': (tag) => ({
    inputs: services(tag, { strategy: 'blue-green', 'keep-old': '2s' }),
    before: [spec('web', { Labels: { 'traefik.enable': 'true' } }), spec('other')],
    asked: { web: many(2), ...others },
  }),
  'blue-green by a name on a network': (tag) => ({
    inputs: services(tag, { strategy: 'blue-green' }),
    before: [spec('web', {}, ['front']), spec('other')],
    asked: { web: many(2), ...others },
  }),
  'an update with a secret, a config and a network': (tag) => ({
    inputs: services(tag, {
      secrets: [{ name: 'token', content: 's3cret-of-web' }],
      configs: [{ name: 'conf', content: 'a: b' }],
      networks: [{ name: 'own', create: true }],
    }),
    before: [spec('web'), spec('other')],
    asked: { web: many(2), ...others },
  }),
  'a rollback': (tag) => ({
    inputs: { mode: 'rollback', services: 'web', to: '#1' },
    before: [spec('web'), spec('other')],
    // What is recorded has run once, and may not run any more.
    prepare: async (swarm) => {
      for (const version of ['2', '1']) await runAction(swarm, { services: `web: hub.test/acme/web:${version}` })
      if (tag !== '2') swarm.images.set('hub.test/acme/web:2', swarm.images.get(BAD) ?? {})
    },
    asked: { web: many(2) },
  }),
  'a service of a stack that is renamed, with its port': (tag) => ({
    inputs: { stack: 'shop', prune: 'true' },
    compose: stack(tag, PORT),
    before: [ofStack('old', [80]), spec('other')],
    asked: { shop_web: many(2) },
  }),
  'a port that goes from one service of a stack to another': (tag) => ({
    inputs: { stack: 'shop' },
    compose: stack(tag, PORT, `, proxy: {image: 'hub.test/acme/web:1', deploy: {replicas: 2}}`),
    before: [ofStack('proxy', [80]), ofStack('web', []), spec('other')],
    asked: { shop_web: many(2), shop_proxy: many(2, ONE) },
  }),
  'a new stack': (tag) => ({
    inputs: { stack: 'shop' },
    compose: stack(tag),
    before: [spec('other')],
    asked: { shop_web: many(2) },
  }),
}

const PORT = `, ports: ['80:8000']`

function stack(tag: string, ofWeb = '', others = ''): string {
  return `services: {web: {image: 'hub.test/acme/web:${tag}'${ofWeb}, deploy: {replicas: 2, update_config: {parallelism: 1, monitor: 1s}}}${others}}`
}

function ofStack(name: string, ports: readonly number[]): ServiceSpec {
  const Ports = ports.map((port) => ({
    Protocol: 'tcp',
    PublishMode: 'ingress',
    PublishedPort: port,
    TargetPort: 8000,
  }))
  return spec(`shop_${name}`, {
    Labels: { 'com.docker.stack.namespace': 'shop' },
    ...(Ports.length > 0 && { EndpointSpec: { Mode: 'vip', Ports } }),
  })
}

export function scenario(name: string, image: 'good' | 'bad'): Scenario {
  const make = DEPLOYS[name]
  if (make === undefined) throw new Error(`there is no deploy of the name ${name}`)
  return { ...make(image === 'good' ? '2' : (BAD.split(':')[1] ?? '')), isGood: image === 'good' }
}

export const SCENARIOS = Object.keys(DEPLOYS)
