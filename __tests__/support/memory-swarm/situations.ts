import { pullServiceSpec } from '../../../src/docker/swarm/pull-service.ts'
import type { Player } from './trace.ts'

/** What happens on a swarm, in the words of the API: played on a real one, and on the memory swarm. */
export const SITUATIONS: Readonly<Record<string, (player: Player) => Promise<void>>> = {
  'made, and up': async (player) => {
    await player.create('one', { Mode: { Replicated: { Replicas: 2 } } })
    await player.untilRunning(2)
    await player.wait(1)
  },

  'made of an image that is not there': async (player) => {
    await player.create('missing', {}, { Delay: 2e9 })
    await player.untilEnded(3, 'rejected')
  },

  'made of an image that crashes': async (player) => {
    await player.create('crashesLater', {}, { Delay: 2e9 })
    await player.untilEnded(2, 'failed')
    await player.wait(1)
  },

  'ends with code 0, and its policy starts no other': async (player) => {
    await player.create('ends', {}, { Condition: 'on-failure', Delay: 1e9 })
    await player.untilEnded(1, 'complete')
    await player.wait(3)
  },

  'crashes more often than its policy has attempts': async (player) => {
    await player.create('crashes', {}, { Condition: 'on-failure', Delay: 1e9, MaxAttempts: 1 })
    await player.untilEnded(2, 'failed')
    await player.wait(3)
  },

  'no node can take it': async (player) => {
    const placement = { Constraints: ['node.labels.none == here'] }
    await player.create('one', { TaskTemplate: { Placement: placement } })
    await player.wait(2)
  },

  'is never healthy': async (player) => {
    await player.create('sick', {}, { Delay: 3e9 })
    await player.untilEnded(2, 'failed')
    await player.wait(1)
  },

  'a global service, updated': async (player) => {
    await player.create('one', { Mode: { Global: {} } })
    await player.untilRunning(2)
    await player.to('two')
    await player.untilStatus('completed')
  },

  'pulled by one node and then by the other, and made on none': async (player) => {
    const { hosts, images } = player.stage
    const notOn = [...hosts].flatMap(([id, host]) => (host === 'n2' ? [id] : []))
    const spec = pullServiceSpec({ name: '', labels: {}, image: images.one, notOn })
    const { Mode, TaskTemplate } = spec
    await player.create('one', { Mode, TaskTemplate })
    await player.untilEnded(1, 'rejected')
    await player.wait(3)
    await player.update((now) => ({ ...now, TaskTemplate: { ...now.TaskTemplate, Placement: { Constraints: [] } } }))
    await player.untilEnded(2, 'rejected')
    await player.wait(3)
  },

  'a job, asked for twice': async (player) => {
    const mode = { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 2 } }
    await player.create('ends', { Mode: mode })
    await player.untilEnded(2, 'complete')
    await player.wait(1)
    await player.update((spec) => spec)
    await player.untilEnded(4, 'complete')
    await player.wait(1)
  },

  'a job that fails, and is not tried again': async (player) => {
    const mode = { ReplicatedJob: {} }
    await player.create('crashes', { Mode: mode }, { Condition: 'none' })
    await player.untilEnded(1, 'failed')
    await player.wait(2)
  },

  'a job that is told to have no task while it runs': async (player) => {
    await player.create('one', { Mode: { ReplicatedJob: { MaxConcurrent: 2, TotalCompletions: 2 } } })
    await player.until('both run', ({ tasks }) => tasks.filter(({ Status }) => Status.State === 'running').length === 2)
    await player.update((spec) => ({ ...spec, Mode: { ReplicatedJob: { MaxConcurrent: 2, TotalCompletions: 0 } } }))
    await player.wait(3)
  },

  'a global job': async (player) => {
    await player.create('ends', { Mode: { GlobalJob: {} } }, { Condition: 'on-failure' })
    await player.untilEnded(2, 'complete')
    await player.wait(1)
  },

  'updated, one task after the other': async (player) => {
    await player.create('one', { Mode: { Replicated: { Replicas: 2 } } })
    await player.untilRunning(2)
    await player.to('two')
    await player.untilStatus('completed')
  },

  'updated, the new task first': async (player) => {
    await player.create('one', { UpdateConfig: { Parallelism: 1, Monitor: 1e9, Order: 'start-first' } })
    await player.untilRunning(1)
    await player.to('two')
    await player.untilStatus('completed')
    await player.wait(1)
  },

  'updated to what crashes: paused': async (player) => {
    await player.create('one', { UpdateConfig: { Parallelism: 1, Monitor: 3e9 } }, { Delay: 20e9 })
    await player.untilRunning(1)
    await player.to('crashes')
    await player.untilStatus('paused')
    await player.wait(2)
  },

  'updated to what is not there: rolled back': async (player) => {
    const UpdateConfig = { Parallelism: 1, Monitor: 1e9, FailureAction: 'rollback' } as const
    await player.create('one', { UpdateConfig }, { Delay: 2e9 })
    await player.untilRunning(1)
    await player.to('missing')
    await player.untilStatus('rollback_completed')
    await player.untilRunning(1, 'one')
    await player.wait(1)
  },

  'updated to what is not there: goes on': async (player) => {
    const UpdateConfig = { Parallelism: 1, Monitor: 1e9, FailureAction: 'continue' } as const
    await player.create('one', { UpdateConfig }, { Delay: 20e9 })
    await player.untilRunning(1)
    await player.to('missing')
    await player.untilStatus('completed')
    await player.wait(1)
  },

  'updated to what no node can take': async (player) => {
    await player.create('one')
    await player.untilRunning(1)
    await player.update((spec) => {
      const Placement = { Platforms: [{ Architecture: 'arm64', OS: 'linux' }] }
      const Image = player.stage.images.two
      return { ...spec, TaskTemplate: { ...spec.TaskTemplate, Placement, ContainerSpec: { Image } } }
    })
    await player.wait(5)
  },

  'updated to what crashes when nobody watches any more': async (player) => {
    await player.create('one', {}, { Delay: 20e9 })
    await player.untilRunning(1)
    await player.to('crashesLater')
    await player.untilStatus('completed')
    await player.untilEnded(1, 'failed')
    await player.wait(1)
  },

  'an update in the middle of another': async (player) => {
    await player.create('one', {
      Mode: { Replicated: { Replicas: 2 } },
      UpdateConfig: { Parallelism: 1, Delay: 8e9, Monitor: 1e9 },
    })
    await player.untilRunning(2)
    await player.to('two')
    await player.until('one new task', ({ tasks, upToDate }) => {
      return tasks.some(({ ID, Status }) => upToDate.has(ID) && Status.State === 'running')
    })
    await player.to('one')
    await player.untilStatus('completed')
    await player.wait(1)
  },

  'scaled up, down, and to nothing': async (player) => {
    await player.create('one')
    await player.untilRunning(1)
    await player.scale(2)
    await player.untilRunning(2)
    await player.scale(1)
    await player.untilRunning(1)
    await player.wait(5)
    await player.scale(0)
    await player.wait(5)
  },

  'given the same spec, labels, and limits to its nodes that change nothing': async (player) => {
    await player.create('one')
    await player.untilRunning(1)
    await player.update((spec) => spec)
    await player.wait(1)
    await player.update((spec) => ({ ...spec, Labels: { a: 'b' } }))
    await player.wait(1)
    const placement = { Constraints: ['node.role != nobody'] }
    await player.update((spec) => ({ ...spec, TaskTemplate: { ...spec.TaskTemplate, Placement: placement } }))
    await player.wait(2)
  },

  'rolled back by hand': async (player) => {
    await player.create('one')
    await player.untilRunning(1)
    await player.to('two')
    await player.untilStatus('completed')
    await player.update((spec) => spec, { rollback: 'previous' })
    await player.untilStatus('rollback_completed')
    await player.untilRunning(1, 'one')
    await player.wait(1)
  },

  'a canary that is held': async (player) => {
    await player.create('one', { Mode: { Replicated: { Replicas: 2 } } })
    await player.untilRunning(2)
    const UpdateConfig = { Parallelism: 1, Delay: 2592000e9, FailureAction: 'pause', Monitor: 1e9 } as const
    const Image = player.stage.images.two
    await player.update((spec) => ({
      ...spec,
      UpdateConfig,
      TaskTemplate: { ...spec.TaskTemplate, ContainerSpec: { Image } },
    }))
    await player.until('the canary', ({ tasks, upToDate }) => {
      return tasks.some(({ ID, Status }) => upToDate.has(ID) && Status.State === 'running')
    })
    await player.wait(3)
  },

  'removed in the middle of an update': async (player) => {
    await player.create('one', { Mode: { Replicated: { Replicas: 2 } } })
    await player.untilRunning(2)
    await player.to('two')
    await player.wait(0.3)
    await player.remove()
    await player.wait(1)
  },
}

/** Those that need the nodes for themselves. */
export const SITUATIONS_OF_NODES: typeof SITUATIONS = {
  'its node is drained': async (player) => {
    await player.create('one', {
      Mode: { Replicated: { Replicas: 1 } },
      TaskTemplate: { Placement: { Constraints: [] } },
    })
    await player.untilRunning(1)
    // Which of two empty nodes it is put on is chance.
    const [its, other] = (await player.host()) === 'n1' ? ['n1', 'n2'] : ['n2', 'n1']
    await player.node(its, 'drain')
    await player.wait(1)
    await player.untilRunning(1)
    await player.node(other, 'pause')
    await player.scale(2)
    await player.wait(2)
    await player.node(other, 'active')
    await player.untilRunning(2)
    await player.node(its, 'active')
  },

  'a global service whose node is paused during an update': async (player) => {
    await player.create('one', { Mode: { Global: {} } })
    await player.untilRunning(2)
    await player.node('n2', 'pause')
    await player.to('two')
    await player.untilStatus('completed')
    await player.node('n2', 'active')
    await player.untilRunning(2, 'two')
    await player.wait(1)
  },
}
