import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { describeSwarm, ON_THE_NODE, resultsOf } from '../support/swarm.ts'

/** Stacks that docker has made are taken over, and given back. */
describeSwarm('stacks that docker has made', { registries: { open: {} } }, (swarm) => {
  const image = async () =>
    (await swarm.lab.image({ registry: 'open', repository: 'app', tag: 'v1', content: 'adopted' })).reference
  const write = (name: string, text: string) => writeFile(join(swarm.runner.workspace, name), text)
  const docker = async (...args: string[]) => {
    const result = await swarm.lab.docker(args)
    expect(result).toMatchObject({ code: 0 })
    return result.stdout.trim()
  }
  const byDocker = (stack: string) =>
    docker('stack', 'deploy', '--compose-file', join(swarm.runner.workspace, `${stack}.yml`), stack)
  const deploy = async (stack: string) => {
    const run = await swarm.deploy({
      stack,
      'compose-file': `${stack}.yml`,
      monitor: '1s',
      timeout: '60s',
      'history-limit': '0',
    })
    expect(run.main).toMatchObject({ code: 0 })
    return { run, outcome: resultsOf(run)[0]?.outcome }
  }
  const tasks = async (stack: string) => (await swarm.running(`${stack}_web`)).map(({ ID }) => ID)
  const isUp = (stack: string) => swarm.until('the task', async () => (await tasks(stack)).length === 1)
  const names = async (kind: string, stack: string) =>
    (await docker(kind, 'ls', '--filter', `label=com.docker.stack.namespace=${stack}`, '--format', '{{.Name}}'))
      .split('\n')
      .toSorted()

  swarm.beside('with a config: no task restarts, neither on the way here nor on the way back', async () => {
    await write('c.txt', 'one')
    await write(
      'conf.yml',
      `version: "3.9"\nservices: {web: {image: '${await image()}', configs: [c]}}\nconfigs: {c: {file: ./c.txt, labels: {x: "1"}}}\n${ON_THE_NODE}`,
    )
    await byDocker('conf')
    await isUp('conf')
    const before = { tasks: await tasks('conf'), service: await swarm.service('conf_web') }
    for (const _ of [1, 2]) expect((await deploy('conf')).outcome).toBe('unchanged')
    expect({ tasks: await tasks('conf'), service: await swarm.service('conf_web') }).toEqual(before)
    expect(await names('config', 'conf')).toEqual(['conf_c'])
    await byDocker('conf')
    expect(await tasks('conf')).toEqual(before.tasks)

    await write('c.txt', 'two')
    expect((await deploy('conf')).outcome).toBe('updated')
    expect(await names('config', 'conf')).toEqual(['conf_c', expect.stringMatching(/^conf_c-/)])
    await write('c.txt', 'three')
    expect((await deploy('conf')).outcome).toBe('updated')
    expect(await names('config', 'conf')).not.toContain('conf_c')
  })

  swarm.beside('with a secret: its tasks restart once, and a notice has said so', async () => {
    await write('s.txt', 'a-secret-of-docker')
    await write(
      'secr.yml',
      `version: "3.9"\nservices: {web: {image: '${await image()}', secrets: [s]}}\nsecrets: {s: {file: ./s.txt}}\n${ON_THE_NODE}`,
    )
    await byDocker('secr')
    await isUp('secr')
    const first = await deploy('secr')
    expect(first.outcome).toBe('updated')
    const notices = first.run.annotations.map(({ message }) => message)
    expect(notices).toContainEqual(
      expect.stringMatching(/^secr\.yml line 3: secrets\.s: docker has made .* this one time/),
    )
    expect((await deploy('secr')).outcome).toBe('unchanged')
  })

  swarm.beside('labels of a config change in place', async () => {
    const web = `services: {web: {image: '${await image()}', configs: [c]}}\nconfigs: {c: {content: it, labels: {x: "1"}}}\n${ON_THE_NODE}`
    await write('labels.yml', web)
    await deploy('labels')
    const before = await tasks('labels')
    await write('labels.yml', web.replace('x: "1"', 'x: "2"'))
    expect((await deploy('labels')).outcome).toBe('unchanged')
    const [name = ''] = await names('config', 'labels')
    expect(await docker('config', 'inspect', '--format', '{{.Spec.Labels.x}}', name)).toBe('2')
    expect(await tasks('labels')).toEqual(before)
  })

  // Docker itself sends them in an order of chance, and its own next deploy may restart the task.
  swarm.beside(
    'one of secrets and one of configs in two places is no change, in whatever order docker sends it',
    async () => {
      const kinds = ['secrets', 'configs'] as const
      const files = async (more: string) => {
        const places = (of: string) => `[t, {source: t, target: /${of}/b}, {source: t, target: /${of}/a}]`
        const web = kinds.map((kind) => `, ${kind}: ${places(kind)}`).join('')
        const made = kinds.map((kind) => `${kind}: {t: {file: ./twice-${kind}.txt}}\n`).join('')
        return `services: {web: {image: '${await image()}'${more}${web}}}\n${made}${ON_THE_NODE}`
      }
      for (const kind of kinds) await write(`twice-${kind}.txt`, `twice-one-of-${kind}`)
      await write('twice.yml', await files(''))
      expect((await deploy('twice')).outcome).toBe('created')
      const before = await swarm.service('twice_web')
      for (const _ of [1, 2, 3, 4]) expect((await deploy('twice')).outcome).toBe('unchanged')
      expect(await swarm.service('twice_web')).toEqual(before)
      await write('twice.yml', await files(', labels: {a: b}'))
      expect((await deploy('twice')).outcome).toBe('updated')
      const placed = ({ TaskTemplate: { ContainerSpec: container } }: typeof before.Spec) => [
        container?.Secrets,
        container?.Configs,
      ]
      expect(placed((await swarm.service('twice_web')).Spec)).toEqual(placed(before.Spec))
    },
  )

  test('one that was removed just now is deployed anew, on a network of its own', async () => {
    const slow = `["/bin/sh", "-c", "trap '' TERM; while true; do sleep 1; done"]`
    const removed = `{image: '${await image()}', stop_grace_period: 5s, command: ${slow}}`
    await write('again.yml', `version: "3.9"\nservices: {web: ${removed}}\n`)
    await byDocker('again')
    await isUp('again')
    const network = async () => docker('network', 'inspect', '--format', '{{.ID}}', 'again_default')
    const old = await network()
    await docker('stack', 'rm', 'again')
    const { run, outcome } = await deploy('again')
    expect(outcome).toBe('created')
    expect(run.log).toContain('network again_default: one of this name is being removed')
    const made = await network()
    expect(made).not.toBe(old)
    expect((await swarm.service('again_web')).Spec.TaskTemplate.Networks).toMatchObject([{ Target: made }])
    // In use on this very manager it counts as there.
    expect((await deploy('again')).outcome).toBe('unchanged')
    expect(await network()).toBe(made)
  })
})
