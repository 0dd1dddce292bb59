import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec, UpdateConfig } from '../../src/docker/api.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm, withImage, withReplicas } from '../support/memory-swarm/memory-swarm.ts'

const ONE = pin('hub.test/acme/web:1')
const TWO = pin('hub.test/acme/web:2')
const CRASHES = pin('hub.test/acme/web:crashes')
const SICK = pin('hub.test/acme/web:sick')

const IMAGES = {
  'hub.test/acme/web:1': {},
  'hub.test/acme/web:2': {},
  'hub.test/acme/web:crashes': { ends: { afterSeconds: 0.2, exitCode: 3 }, prints: 'giving up' },
  'hub.test/acme/web:sick': { unhealthy: true },
  'hub.test/acme/web:ends': { ends: { afterSeconds: 0.2, exitCode: 0 } },
} as const

const POLICY: UpdateConfig = { Parallelism: 1, Monitor: 1e9 }

function spec(image: string, changed: Partial<ServiceSpec> = {}, restartDelay = 1e9): ServiceSpec {
  const RestartPolicy = { Delay: restartDelay } as ServiceSpec['TaskTemplate']['RestartPolicy']
  return {
    Name: 'web',
    Mode: { Replicated: { Replicas: 2 } },
    UpdateConfig: POLICY,
    ...changed,
    TaskTemplate: { ContainerSpec: { Image: image }, ...(RestartPolicy && { RestartPolicy }), ...changed.TaskTemplate },
  }
}

describe('the memory swarm', () => {
  beforeEach(stopTime)
  afterEach(letTimeRun)

  test('runs what is asked for, on the nodes that have the least', async () => {
    const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
    swarm.create(spec(ONE))
    await pass(3)
    expect(swarm.running('web')).toEqual([ONE, ONE])
    expect(new Set(swarm.tasks('web').map(({ NodeID }) => NodeID)).size).toBe(2)
    expect(swarm.service('web')?.UpdateStatus).toBeUndefined()
  })

  test('replaces tasks one after another, and watches them before an update is complete', async () => {
    const swarm = new MemorySwarm({ images: IMAGES })
    swarm.create(spec(ONE))
    await pass(3)
    swarm.update('web', withImage(TWO))
    await pass(0.6)
    expect(swarm.service('web')?.UpdateStatus).toMatchObject({ State: 'updating', Message: 'update in progress' })
    expect(swarm.running('web')).toEqual([ONE])
    await pass(10)
    expect(swarm.running('web')).toEqual([TWO, TWO])
    expect(swarm.service('web')?.UpdateStatus).toMatchObject({ State: 'completed', Message: 'update completed' })
    expect(swarm.service('web')?.PreviousSpec?.TaskTemplate.ContainerSpec?.Image).toBe(ONE)
  })

  test.each([
    ['pause', CRASHES, 'paused', []],
    ['pause', SICK, 'paused', [ONE]],
    ['rollback', CRASHES, 'rollback_completed', [ONE, ONE]],
    ['rollback', pin('hub.test/acme/web:nix'), 'rollback_completed', [ONE, ONE]],
    ['continue', pin('hub.test/acme/web:nix'), 'completed', []],
  ] as const)('with failure action %s an update to %s ends as %s', async (FailureAction, image, state, running) => {
    const swarm = new MemorySwarm({ images: IMAGES })
    swarm.create(spec(ONE, { UpdateConfig: { ...POLICY, FailureAction } }))
    await pass(3)
    swarm.update('web', withImage(image))
    await pass(20)
    expect(swarm.service('web')?.UpdateStatus?.State).toBe(state)
    expect(swarm.running('web').filter((one) => one !== CRASHES)).toEqual(running)
  })

  test('says of a task how it has ended, and starts another after the delay of its policy', async () => {
    const swarm = new MemorySwarm({ images: IMAGES })
    swarm.create(spec(CRASHES, { Mode: { Replicated: { Replicas: 1 } } }))
    await pass(1.5)
    const [ended, next] = swarm.tasks('web')
    expect(ended).toMatchObject({
      DesiredState: 'shutdown',
      Status: { State: 'failed', Err: 'task: non-zero exit (3)', ContainerStatus: { ExitCode: 3 } },
    })
    expect(next).toMatchObject({ DesiredState: 'ready', Status: { State: 'ready' } })
    await pass(30.3)
    expect(swarm.tasks('web')).toHaveLength(5)
  })

  test('takes tasks away when a service has fewer replicas, and all when it is removed', async () => {
    const swarm = new MemorySwarm({ images: IMAGES })
    swarm.create(spec(ONE))
    await pass(3)
    swarm.update('web', withReplicas(1))
    await pass(0.1)
    expect(swarm.tasks('web').filter(({ DesiredState }) => DesiredState === 'remove')).toHaveLength(1)
    await pass(2)
    expect(swarm.tasks('web')).toHaveLength(1)
    swarm.remove('web')
    await pass(2)
    expect(swarm.store.tasks.size).toBe(0)
  })

  test('moves tasks off a node that is drained, and says why no node can take one', async () => {
    const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
    swarm.create(spec(ONE))
    await pass(3)
    swarm.setNode('n2', { availability: 'drain' })
    await pass(3)
    expect(swarm.running('web')).toEqual([ONE, ONE])
    swarm.setNode('n1', { availability: 'pause' })
    swarm.update('web', withReplicas(3))
    await pass(3)
    expect(swarm.tasks('web').find(({ Slot }) => Slot === 3)?.Status).toMatchObject({
      State: 'pending',
      Err: 'no suitable node (2 nodes not available for new tasks)',
    })
  })

  test('runs jobs until they are complete, and again when they are asked for again', async () => {
    const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
    const ends = pin('hub.test/acme/web:ends')
    swarm.create(spec(ends, { Name: 'job', Mode: { ReplicatedJob: { MaxConcurrent: 2, TotalCompletions: 3 } } }))
    swarm.create(spec(ends, { Name: 'everywhere', Mode: { GlobalJob: {} } }))
    await pass(5)
    expect(swarm.tasks('job').map(({ Status }) => Status.State)).toEqual(['complete', 'complete', 'complete'])
    expect(swarm.tasks('everywhere').map(({ Status }) => Status.State)).toEqual(['complete', 'complete'])
    swarm.update('job', (one) => one)
    await pass(5)
    expect(swarm.service('job')?.JobStatus?.JobIteration.Index).toBe(1)
    expect(swarm.tasks('job').map(({ JobIteration }) => JobIteration?.Index)).toEqual([
      undefined,
      undefined,
      undefined,
      1,
      1,
      1,
    ])
  })

  test('goes back to the spec before on request, and knows its tasks again', async () => {
    const swarm = new MemorySwarm({ images: IMAGES })
    swarm.create(spec(ONE))
    await pass(3)
    swarm.update('web', withImage(TWO))
    await pass(1)
    swarm.rollBack('web')
    await pass(0.1)
    expect(swarm.service('web')?.UpdateStatus).toMatchObject({ State: 'rollback_started' })
    await pass(10)
    expect(swarm.running('web')).toEqual([ONE, ONE])
    expect(swarm.service('web')?.UpdateStatus?.State).toBe('rollback_completed')
  })
})
