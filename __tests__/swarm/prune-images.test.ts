import { beforeAll, expect, test } from '@jest/globals'
import type { LabImage } from '../../lab/lab.ts'
import { healthy } from '../../lab/program.ts'
import type { StepResult } from '../../lab/runner.ts'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { objectName, recordBody } from '../../src/records/format.ts'
import { recordedSpec } from '../../src/records/record.ts'
import { describeSwarm, pinned, resultsOf, untagged } from '../support/swarm.ts'

const LIMIT_MS = 600_000
const NOBODY = { repository: '', commit: '', ref: '', runId: '', attempt: '', url: '', actor: '' }

/** Old images go from the nodes after a deploy, and nothing else does. */
describeSwarm('prune-images', { nodes: 2, registries: { open: {} } }, (swarm) => {
  const kinds = ['old', 'before', 'now', 'tagged', 'used', 'recorded', 'kept'] as const
  const images = {} as Record<(typeof kinds)[number] | 'other' | 'tool', LabImage>

  beforeAll(async () => {
    const image = (repository: string, tag: string, more = {}) =>
      swarm.lab.image({ registry: 'open', repository, tag, content: tag, ...healthy(), ...more })
    for (const tag of kinds) images[tag] = await image('acme/web', tag)
    images.other = await image('acme/other', 'v1')
    images.tool = await image('docker', 'cli', { programs: ['docker'] })
  })

  const nodes = ['n1', 'n2']
  const deploy = (image: LabImage, more: Record<string, string> = {}) =>
    swarm.deploy({
      services: JSON.stringify([{ name: 'web', image: image.reference, create: true, 'create-args': '--mode global' }]),
      monitor: '1s',
      'update-config': '{parallelism: 0}',
      // A record of each deploy would keep its image.
      'history-limit': '0',
      ...more,
    })
  const pruning = (image: LabImage) =>
    deploy(image, { 'prune-images': 'true', 'node-tools-image': images.tool.reference })
  /** Which of the images a node has, by their digests. */
  const onNode = async (node: string) => {
    const { stdout } = await swarm.lab.docker(['image', 'ls', '--all', '--digests', '--format', '{{.Digest}}'], {
      node,
    })
    return Object.entries(images).flatMap(([name, { digest }]) => (stdout.includes(digest) ? [name] : []))
  }
  const docker = async (node: string, ...args: string[]) => {
    const { code, stderr } = await swarm.lab.docker(args, { node })
    if (code !== 0) throw new Error(stderr)
  }
  const told = ({ annotations }: StepResult) => annotations.map(({ level, message }) => `${level}: ${message}`)
  /** The record of another service needs an image. */
  const keepRecord = async (image: LabImage) => {
    const { Spec: spec } = await swarm.service('web')
    const container = { ...spec.TaskTemplate.ContainerSpec, Image: pinned(image) }
    const recorded: ServiceSpec = { ...spec, TaskTemplate: { ...spec.TaskTemplate, ContainerSpec: container } }
    const subject = { kind: 'service', name: 'shop' } as const
    const record = {
      subject,
      version: 1,
      at: '2026-11-26T12:00:00Z',
      runs: [{ ...NOBODY, owner: 'a test', at: '2026-11-26T12:00:00Z' }],
      services: [{ name: 'shop', image: image.reference, spec: recordedSpec(recorded, 'shop') }],
      names: { networks: {}, secrets: {}, configs: {} },
    }
    const body = recordBody(record, objectName('7a1c5f0e-6f57-4a3c-8d3e-2f2f6f1d0001', subject))
    const { status } = await swarm.lab.nodes[0].engine('POST', '/configs/create', body)
    if (status !== 201) throw new Error(`the record was not made: ${status}`)
  }

  test(
    'old ones go from all nodes; what a service, its rollback, a record, a tag or a container needs stays, and all of others',
    async () => {
      await deploy(images.old)
      expect(resultsOf(await deploy(images.before))).toMatchObject([{ outcome: 'updated' }])
      // Those of old tasks hold their images. Swarm removes them when it next looks at the slot, which may be never.
      for (const node of nodes) await docker(node, 'container', 'prune', '--force')
      for (const node of nodes) {
        for (const image of [images.tagged, images.used, images.recorded, images.other]) {
          await docker(node, 'pull', untagged(image))
        }
        await docker(node, 'pull', images.kept.reference)
      }
      await docker('n2', 'tag', untagged(images.tagged), 'mine:1')
      await docker('n1', 'create', untagged(images.used))
      await keepRecord(images.recorded)

      const pruned = await pruning(images.now)
      expect(resultsOf(pruned)).toMatchObject([{ outcome: 'updated' }])
      expect(told(pruned)).toEqual([])
      const stays = ['before', 'now', 'recorded', 'kept', 'other', 'tool']
      expect(await onNode('n1')).toEqual([...stays.slice(0, 2), 'used', ...stays.slice(2)])
      expect(await onNode('n2')).toEqual([...stays.slice(0, 2), 'tagged', ...stays.slice(2)])
      for (const node of nodes) {
        expect(pruned.log).toMatch(new RegExp(`^${node}: 2 images went, up to \\d.* freed: .*acme/web@sha256:`, 'm'))
      }
      expect(pruned.summary).toContain('### Old images on the nodes')
      expect((await swarm.lab.docker(['service', 'ls', '--format', '{{.Name}}'])).stdout.trim()).toBe('web')
      await swarm.containersGone('swarm-deploy-tools')
    },
    LIMIT_MS,
  )

  test(
    'a node that cannot be asked is named with the reason, and the deploy stays green',
    async () => {
      await docker('n2', 'run', '--rm', '--volume', '/run:/x', untagged(images.tool), 'rm', '/x/docker.sock')
      const pruned = await pruning(images.now)
      expect(pruned.outputs.status).toBe('unchanged')
      expect(told(pruned)).toEqual([
        expect.stringMatching(/^warning: .*from n2: nothing listens at \/var\/run\/docker\.sock/),
      ])
      expect(pruned.log).toContain('Nothing to remove on the node')
    },
    LIMIT_MS,
  )
})
