import { describe, expect, test } from '@jest/globals'
import { compare } from '../../src/deploy.ts'
import type { ChangedService } from '../../src/deployment.ts'
import type { Service, ServiceSpec } from '../../src/docker/api.ts'
import { parseReference } from '../../src/docker/reference.ts'
import { createRequest, createService, createSpec, digest } from '../support/builders.ts'

const NEW_IMAGE = `ghcr.io/acme/web:2@${digest('b')}`

function specOf(Image: string, overrides: Partial<ServiceSpec> = {}): ServiceSpec {
  return createSpec({ ...overrides, TaskTemplate: { ContainerSpec: { Image } } })
}

function serviceOf(Spec: ServiceSpec, index = 11): Service {
  return createService({ Version: { Index: index }, Spec })
}

/** An update to the new image. */
function change(overrides: Partial<ChangedService> = {}): ChangedService {
  return {
    request: createRequest(),
    current: createService(),
    access: undefined,
    currentAccess: undefined,
    action: 'update',
    changes: ['image'],
    asked: { image: parseReference(NEW_IMAGE), replicas: undefined, env: {} },
    wanted: createSpec(),
    command: { args: [], env: {} },
    ...overrides,
  }
}

/** The making of a service that was not there. */
function creation(): ChangedService {
  return change({ current: undefined, action: 'create', changes: [] })
}

/** An update by flags alone: a label. */
function changeByFlags(): ChangedService {
  return change({
    changes: ['update-args'],
    asked: { image: undefined, replicas: undefined, env: {} },
    wanted: createSpec({ Labels: { a: 'b' } }),
  })
}

describe('after a change that may or may not have come through, the service stands', () => {
  test.each<[ReturnType<typeof compare>, string, ChangedService, Service | undefined]>([
    ['as-before', 'an update that did not', change(), createService()],
    ['as-before', 'though Swarm has counted its version up', change(), serviceOf(createSpec(), 99)],
    ['as-before', 'a creation that did not', creation(), undefined],
    ['as-before', 'flags that did not', changeByFlags(), createService()],
    ['as-asked', 'an update that did', change(), serviceOf(specOf(NEW_IMAGE))],
    ['as-asked', 'a creation that did', creation(), serviceOf(specOf(NEW_IMAGE))],
    ['as-asked', 'flags that did', changeByFlags(), serviceOf(createSpec({ Labels: { a: 'b' } }))],
    ['someone-elses', 'an image of somebody', change(), serviceOf(specOf(`ghcr.io/acme/web:3@${digest('c')}`))],
    ['someone-elses', 'flags of somebody', changeByFlags(), serviceOf(createSpec({ Labels: { a: 'c' } }))],
    ['someone-elses', 'a service that is gone', change(), undefined],
    ['someone-elses', 'a service that somebody made', creation(), serviceOf(specOf('nginx'))],
  ])('%s: %s', (standing, _, checked, now) => {
    expect(compare(checked, now)).toBe(standing)
  })

  test('as asked only with all that was asked', () => {
    const checked = change({ asked: { image: parseReference(NEW_IMAGE), replicas: 3, env: { A: '1' } } })
    const Mode = { Replicated: { Replicas: 3 } }
    const ContainerSpec = { Image: NEW_IMAGE, Env: ['A=1'] }
    expect(compare(checked, serviceOf(specOf(NEW_IMAGE, { Mode })))).toBe('someone-elses')
    expect(compare(checked, serviceOf(createSpec({ TaskTemplate: { ContainerSpec } })))).toBe('someone-elses')
    expect(compare(checked, serviceOf(createSpec({ Mode, TaskTemplate: { ContainerSpec } })))).toBe('as-asked')
  })

  test('as asked though Swarm added something that nobody asked for', () => {
    const now = serviceOf(specOf(NEW_IMAGE, { Labels: { 'com.docker.stack.namespace': 'shop' } }))
    expect(compare(change(), now)).toBe('as-asked')
  })
})
