import { expect, test } from '@jest/globals'
import type { LabImage } from '../../lab/lab.ts'
import { lineOf, stageLine } from '../../lab/log-lines.ts'
import { crashesAfter, exits } from '../../lab/program.ts'
import { describeSwarm, pinned, resultsOf, type TaskWithImage, untagged } from '../support/swarm.ts'

/** The way back: what ran before a deploy that failed runs again, with credentials that are valid by then. */
describeSwarm('recovery', { registries: { main: { accounts: {} } } }, (swarm) => {
  const registry = () => swarm.lab.registries.main
  const login = (username: string) => ({ registry: registry().host, username, password: `${username}-pw` })
  const account = (username: string) => registry().setAccount(username, { password: `${username}-pw` })
  const deploy = async (username: string, services: unknown, inputs: Record<string, string> = {}) => {
    await account(username)
    return swarm.deploy({ ...login(username), services: JSON.stringify(services), monitor: '1s', ...inputs })
  }
  const image = (repository: string, tag: string, program = {}) =>
    swarm.lab.image({ registry: 'main', repository, tag, content: `${repository}:${tag}`, ...program })
  const forget = async (made: LabImage) => {
    for (const node of swarm.lab.nodes) await swarm.lab.removeImage(node.name, untagged(made))
  }
  const quick = ['--update-monitor 1s', '--restart-delay 300ms']
  /** Long enough for a crash after two seconds to count. */
  const patient = ['--update-monitor 6s', '--restart-delay 300ms']

  swarm.beside(
    'when the second of two services fails, both run what they ran before, and a new one is gone',
    async () => {
      const [a1, a2, b1] = [await image('both/a', 'v1'), await image('both/a', 'v2'), await image('both/b', 'v1')]
      const b2 = await image('both/b', 'v2', exits(1, 'b is broken'))
      await deploy('alice', [
        { name: 'both-a', image: a1.reference, create: true, replicas: '2', env: { KEEP: '1' }, 'create-args': quick },
        { name: 'both-b', image: b1.reference, create: true, 'create-args': quick },
      ])
      const run = await deploy('alice', [
        { name: 'both-a', image: a2.reference, env: { NEW: '2' }, replicas: '1' },
        { name: 'both-b', image: b2.reference },
        { name: 'both-new', image: a2.reference, create: true },
      ])
      expect(run.main.code).toBe(1)
      expect(run.outputs.status).toBe('rolled-back')
      expect(await swarm.imagesRunning('both-a')).toEqual([pinned(a1), pinned(a1)])
      expect((await swarm.service('both-a')).Spec.TaskTemplate.ContainerSpec?.Env).toEqual(['KEEP=1'])
      expect(await swarm.imagesRunning('both-b')).toEqual([pinned(b1)])
      expect((await swarm.lab.docker(['service', 'inspect', 'both-new'])).code).not.toBe(0)
      expect(resultsOf(run)).toMatchObject([
        {
          name: 'both-a',
          outcome: 'rolled-back',
          image: { after: pinned(a1) },
          cause: expect.stringContaining('restored because of both-b'),
        },
        {
          name: 'both-b',
          outcome: 'rolled-back',
          image: { after: pinned(b1) },
          cause: expect.stringMatching(/exit code 1.*what ran before runs again/),
        },
        { name: 'both-new', outcome: 'rolled-back', cause: expect.stringContaining('removed again') },
      ])
      expect(run.log).toContain('b is broken')
      const wayBack = run.main.stdout.split(stageLine('Roll back'))[1] ?? ''
      expect(wayBack).toMatch(/both-b: +back after [\d.]+ s, 1\/1 task on 1 node\n/)
      expect(wayBack).not.toMatch(/: +updated after/)
    },
  )

  swarm.beside(
    'of independent services only the one that failed goes back, and a refresh moves only what has moved',
    async () => {
      const [a1, a2, b1] = [await image('alone/a', 'v1'), await image('alone/a', 'v2'), await image('alone/b', 'v1')]
      const b2 = await image('alone/b', 'v2', exits(1, 'b is broken'))
      await deploy('alice', [
        { name: 'alone-a', image: a1.reference, create: true, 'create-args': quick },
        { name: 'alone-b', image: b1.reference, create: true, 'create-args': quick },
      ])
      const services = { 'alone-a': a2.reference, 'alone-b': b2.reference }
      const run = await deploy('alice', services, { 'on-failure': 'rollback-failed' })
      expect(run.main.code).toBe(1)
      expect(resultsOf(run)).toMatchObject([
        { name: 'alone-a', outcome: 'updated', image: { after: pinned(a2) } },
        { name: 'alone-b', outcome: 'rolled-back', image: { after: pinned(b1) } },
      ])
      expect(await swarm.imagesRunning('alone-a')).toEqual([pinned(a2)])
      expect(await swarm.imagesRunning('alone-b')).toEqual([pinned(b1)])

      const moved = await image('alone/a', 'v2', { content: 'pushed to the same tag' })
      expect(pinned(moved)).not.toBe(pinned(a2))
      const refreshed = await deploy(
        'alice',
        ['alone-a', 'alone-b'].map((name) => ({ name, refresh: true })),
      )
      expect(resultsOf(refreshed)).toMatchObject([
        { name: 'alone-a', outcome: 'updated', image: { before: pinned(a2), after: pinned(moved) } },
        { name: 'alone-b', outcome: 'unchanged' },
      ])
      expect(await swarm.imagesRunning('alone-a')).toEqual([pinned(moved)])
    },
  )

  swarm.beside('the way back begins when one has failed, and not when all others are up', async () => {
    const [good1, good2] = [await image('once/good', 'v1'), await image('once/good', 'v2')]
    const [bad1, bad2] = [await image('once/bad', 'v1'), await image('once/bad', 'v2', exits(1))]
    const [slow1, slow2] = [await image('once/slow', 'v1'), await image('once/slow', 'v2')]
    const slowly = [...quick, '--update-delay 15s']
    await deploy('alice', [
      { name: 'once-good', image: good1.reference, create: true, 'create-args': quick },
      { name: 'once-bad', image: bad1.reference, create: true, 'create-args': quick },
      { name: 'once-slow', image: slow1.reference, create: true, replicas: '4', 'create-args': slowly },
    ])
    const run = await deploy('alice', {
      'once-good': good2.reference,
      'once-bad': bad2.reference,
      'once-slow': slow2.reference,
    })
    expect(run.outputs.status).toBe('rolled-back')
    expect(resultsOf(run)).toMatchObject([
      { name: 'once-good', outcome: 'rolled-back' },
      { name: 'once-bad', outcome: 'rolled-back', cause: expect.stringContaining('exit code 1') },
      { name: 'once-slow', outcome: 'rolled-back', cause: 'restored because of once-bad; what ran before runs again' },
    ])
    expect(await swarm.imagesRunning('once-good')).toEqual([pinned(good1)])
    expect(await swarm.imagesRunning('once-bad')).toEqual([pinned(bad1)])
    expect(await swarm.imagesRunning('once-slow')).toEqual([1, 2, 3, 4].map(() => pinned(slow1)))
    // It was still being rolled out: its last tasks were never replaced.
    const tasks = (await swarm.lab.tasks('once-slow')) as unknown as TaskWithImage[]
    const replaced = tasks.filter(({ Spec }) => Spec.ContainerSpec.Image === pinned(slow2))
    expect(replaced.length).toBeLessThan(4)
  })

  swarm.eachBeside(
    [['replicated'], ['global']],
    'a %s job that has run is not run again by a way back',
    async (mode) => {
      const name = `job-${mode}`
      const [job1, job2] = [await image(name, 'v1', exits(0)), await image(name, 'v2', exits(0))]
      const [web1, web2] = [await image(`${name}/web`, 'v1'), await image(`${name}/web`, 'v2', crashesAfter(4))]
      const web = `${name}-web`
      await deploy('alice', [
        {
          name,
          image: job1.reference,
          create: true,
          'create-args': [`--mode ${mode}-job`, '--restart-condition none'],
        },
        { name: web, image: web1.reference, create: true, 'create-args': patient },
      ])
      const iteration = async () => (await swarm.service(name)).JobStatus?.JobIteration.Index ?? 0
      const before = await iteration()
      const run = await deploy('alice', { [name]: job2.reference, [web]: web2.reference }, { monitor: '6s' })
      expect(resultsOf(run)).toMatchObject([
        { name, outcome: 'updated' },
        { name: web, outcome: 'rolled-back' },
      ])
      expect(run.log).toMatch(lineOf(name, 'not sent back: a way back would run the old job again'))
      expect(await iteration()).toBe(before + 1)
      expect(await swarm.imageOf(name)).toBe(pinned(job2))
      expect(await swarm.imagesRunning(web)).toEqual([pinned(web1)])
    },
  )

  swarm.beside('after a deploy that changed nothing, the way back still leads to what ran', async () => {
    const [v1, v2, v3] = [await image('noop', 'v1'), await image('noop', 'v2'), await image('noop', 'v3', exits(1))]
    await deploy('alice', [{ name: 'noop', image: v1.reference, create: true, 'create-args': quick }])
    await deploy('alice', { noop: v2.reference })
    // What any other tool does on a redeploy: the previous spec becomes the same as the present one.
    await swarm.lab.docker(['service', 'update', '--detach', 'noop'])
    await deploy('alice', { noop: v3.reference })
    expect(await swarm.imagesRunning('noop')).toEqual([pinned(v2)])
  })

  swarm.beside('the credential for a way back is renewed without restarting a task', async () => {
    const [v1, v2] = [await image('renewed', 'v1'), await image('renewed', 'v2')]
    await deploy('alice', [{ name: 'renewed', image: v1.reference, create: true, replicas: '2', 'create-args': quick }])
    const before = (await swarm.lab.tasks('renewed')).length
    await deploy('alice', { renewed: v2.reference })
    expect((await swarm.lab.tasks('renewed')).length).toBe(before + 2)
  })

  swarm.beside('on-failure: keep leaves everything as it is', async () => {
    const [v1, v2] = [await image('kept', 'v1'), await image('kept', 'v2', exits(1))]
    await deploy('alice', [{ name: 'kept', image: v1.reference, create: true, 'create-args': quick }])
    const run = await deploy('alice', { kept: v2.reference }, { 'on-failure': 'keep' })
    expect(run.outputs.status).toBe('failed')
    expect(await swarm.imageOf('kept')).toBe(pinned(v2))
  })

  swarm.eachBeside([['keep'], ['rollback']], 'a stopped run with on-cancel: %s', async (onCancel) => {
    const name = `stopped-${onCancel}`
    const [v1, v2] = [await image(name, 'v1'), await image(name, 'v2')]
    await deploy('alice', [{ name, image: v1.reference, create: true, 'create-args': quick }])
    const step = await swarm.start({
      ...login('alice'),
      services: `${name}: ${v2.reference}`,
      // Longer than this test may take: a run that is not stopped would still wait.
      monitor: '10m',
      timeout: '15m',
      'on-cancel': onCancel,
    })
    await swarm.until('the watch', () => step.printed().includes('Watch'))
    step.main.kill('SIGTERM')
    const run = await step.finished
    expect(run.main.code).toBe(1)
    expect(run.outputs.status).toBe('cancelled')
    expect(await swarm.imageOf(name)).toBe(pinned(onCancel === 'keep' ? v2 : v1))
  })

  test('the way back works although the old credential was revoked and the image is gone from the node', async () => {
    const [v1, v2] = [await image('revoked', 'v1'), await image('revoked', 'v2', crashesAfter(2))]
    await deploy('old', [
      {
        name: 'revoked',
        image: v1.reference,
        create: true,
        'create-args': [...patient, '--update-failure-action continue'],
      },
    ])
    await registry().setAccount('old', undefined)
    const run = deploy('alice', { revoked: v2.reference }, { monitor: '6s' })
    await oldGone('revoked', v1)
    expect((await run).outputs.status).toBe('rolled-back')
    expect(await swarm.imagesRunning('revoked')).toEqual([pinned(v1)])
    expect(await pullers(v1)).toEqual(['alice'])
  })

  test("Swarm's own rollback pulls with the credential of this run", async () => {
    const [v1, v2] = [await image('own', 'v1'), await image('own', 'v2', crashesAfter(2))]
    await deploy('old', [
      {
        name: 'own',
        image: v1.reference,
        create: true,
        'create-args': [...patient, '--update-failure-action rollback'],
      },
    ])
    await registry().setAccount('old', undefined)
    const run = deploy('alice', { own: v2.reference }, { 'on-failure': 'keep', monitor: '6s' })
    await oldGone('own', v1)
    expect((await run).outputs.status).toBe('rolled-back')
    expect(await swarm.imagesRunning('own')).toEqual([pinned(v1)])
    expect(await pullers(v1)).toEqual(['alice'])
  })

  test('a way back that fails is red with both causes', async () => {
    const [v1, v2] = [await image('lost', 'v1'), await image('lost', 'v2', crashesAfter(2, 'v2 is broken'))]
    await deploy('alice', [{ name: 'lost', image: v1.reference, create: true, 'create-args': quick }])
    await registry().fail({ path: v1.digest, status: 503 })
    const run = deploy('alice', { lost: v2.reference }, { monitor: '4s' })
    await oldGone('lost', v1)
    const result = await run
    await registry().recover()
    expect(result.outputs.status).toBe('failed')
    expect(resultsOf(result)).toMatchObject([
      { outcome: 'failed', cause: expect.stringMatching(/exit code 1.*the way back failed too: .*No such image/) },
    ])
  })

  /** Waits until no container of an image runs, and makes the node forget the image: the next task has to pull it. */
  const oldGone = async (name: string, made: LabImage) => {
    await swarm.until(`${name} no longer runs ${made.reference}`, async () => {
      const filters = ['--filter', `label=com.docker.swarm.service.name=${name}`]
      const { stdout } = await swarm.lab.docker([
        'ps',
        '--no-trunc',
        '--format',
        '{{.Label "com.docker.swarm.task.id"}} {{.Image}}',
        ...filters,
      ])
      return !stdout.includes(made.reference)
    })
    await forget(made)
    await registry().forgetRequests()
  }
  /** Who pulled the image again since it was forgotten. */
  const pullers = async ({ digest }: LabImage) => {
    const requests = await registry().requests()
    const pulls = requests.filter(({ path, status }) => path.includes(`/manifests/${digest}`) && status === 200)
    return [...new Set(pulls.map(({ user }) => user))]
  }
})
