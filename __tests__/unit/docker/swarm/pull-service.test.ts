import { describe, expect, test } from '@jest/globals'
import type { TaskState } from '../../../../src/docker/api.ts'
import { pullServiceSpec, pullStateOf } from '../../../../src/docker/swarm/pull-service.ts'
import { createTask } from '../../../support/builders.ts'

const ended = (State: TaskState, Err?: string) =>
  createTask(1, { DesiredState: 'shutdown', Status: { State, ...(Err !== undefined && { Err }) } })

describe('the spec', () => {
  const spec = pullServiceSpec({ name: 'pull', labels: { mine: 'yes' }, image: 'a/b@sha256:1', notOn: ['n2', 'n3'] })

  test('has a task on every node but those that are left out, and tries none again', () => {
    expect(spec).toMatchObject({ Mode: { Global: {} }, TaskTemplate: { RestartPolicy: { Condition: 'none' } } })
    expect(spec.TaskTemplate.Placement).toEqual({ Constraints: ['node.id!=n2', 'node.id!=n3'] })
  })

  test('belongs to no stack, and asks for no network, port, mount or room', () => {
    expect(spec.Labels).toEqual({ mine: 'yes' })
    expect(Object.keys(spec).sort()).toEqual(['Labels', 'Mode', 'Name', 'TaskTemplate'])
    expect(Object.keys(spec.TaskTemplate).sort()).toEqual(['ContainerSpec', 'Placement', 'RestartPolicy'])
    expect(Object.keys(spec.TaskTemplate.ContainerSpec ?? {}).sort()).toEqual([
      'Command',
      'Dir',
      'Healthcheck',
      'Image',
    ])
  })
})

describe('what a task says', () => {
  const MADE_FOR = 'Cannot mkdir: /.dockerenv is not a directory'

  test.each([
    ['rejected', MADE_FOR],
    ['rejected', `Error response from daemon: ${MADE_FOR}`],
    [
      'failed',
      'starting container failed: OCI runtime create failed: exec: "/.swarm-deploy-runs-nothing": no such file',
    ],
  ] as const)('%s with “%s”: the image is there', (state, said) => {
    expect(pullStateOf(ended(state, said))).toEqual({ state: 'there' })
  })

  test.each([
    ['rejected', 'No such image: hub.test/acme/web:2@sha256:1'],
    // A registry's own text must not tell that there is an image.
    ['rejected', `unexpected status from HEAD request: 500 ${MADE_FOR} of the registry`],
    ['failed', MADE_FOR],
    ['rejected', 'starting container failed: no'],
    ['failed', 'task: non-zero exit (1)'],
  ] as const)('%s with “%s”: it could not be pulled', (state, said) => {
    expect(pullStateOf(ended(state, said))).toEqual({ state: 'failed', said })
  })

  test.each(['new', 'pending', 'assigned', 'accepted', 'preparing', 'ready', 'starting'] as const)(
    '%s: it is on its way',
    (State) => {
      expect(pullStateOf(createTask(1, { DesiredState: 'running', Status: { State } }))).toEqual({ state: 'pulling' })
    },
  )

  test.each(['complete', 'shutdown', 'remove', 'orphaned', 'preparing'] as const)(
    '%s, and to end: nobody knows',
    (state) => {
      expect(pullStateOf(ended(state))).toEqual({ state: 'unknown' })
    },
  )
})
