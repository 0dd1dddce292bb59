import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Field } from './field.ts'
import { median, secondsOf, summary, table } from './measure.ts'

interface Shape {
  readonly nodes: number
  readonly services: number
  readonly replicas: number
  /** The two that wait for one service after another take minutes. */
  readonly hasSlow: boolean
}

const HISTORY = 3

/**
 * New images for all services: our step against the swarm's own time, and against what users write today.
 *
 * Each ends when: ours – the process has ended, after every task was up for the monitor window; the floor – every
 * update status is `completed`, which Swarm says after the same window; the shell loop and the stack – their last
 * docker command has returned.
 */
async function benchRollout(shape: Shape, rounds: number): Promise<{ row: string[]; head: string[] }> {
  const { nodes, services, replicas, hasSlow } = shape
  await using field = await Field.prepare(nodes, services, replicas)
  const [ours, floor, cpu, loop, stack]: [number[], number[], number[], number[], number[]] = [[], [], [], [], []]

  const runFloor = async () => {
    const images = await field.nextImages()
    const seconds = await secondsOf(() => field.updateAtOnce(images))
    await field.requireImages(images, replicas)
    return seconds
  }
  const runOurs = async () => {
    const images = await field.nextImages()
    const { run, seconds, cpu: spent } = await field.deployTimed({ services: field.services(images) })
    if (run.main.code !== 0) throw new Error(run.log)
    cpu.push(spent)
    await field.requireImages(images, replicas)
    return seconds
  }
  // Swarm keeps the last five tasks of a slot: a young swarm is faster than one that has had some updates.
  for (let update = 0; update < HISTORY; update++) await runFloor()
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) floor.push(await runFloor())
    ours.push(await runOurs())
    if (round % 2 === 1) floor.push(await runFloor())
  }
  if (hasSlow) {
    loop.push(await shellLoop(field, replicas))
    stack.push(await stackDeploy(field, replicas))
  }
  const ratio = (values: readonly number[]) => `${(median(values) / median(floor)).toFixed(2)} ×`
  const other = (values: readonly number[]) => (values.length === 0 ? '–' : `${summary(values)}, ${ratio(values)}`)
  return {
    head: ['Swarm', 'Floor, s', 'This step, s', 'Ratio', 'CPU of its process, s', 'Loop, s', 'Stack, s'],
    row: [
      `${nodes} node${nodes === 1 ? '' : 's'}, ${services} services × ${replicas}`,
      summary(floor),
      summary(ours),
      ratio(ours),
      summary(cpu),
      other(loop),
      other(stack),
    ],
  }
}

async function shellLoop(field: Field, replicas: number): Promise<number> {
  const images = await field.nextImages()
  const seconds = await secondsOf(async () => {
    for (const [name, image] of images) {
      const { code, stderr } = await field.lab.docker([
        ...['service', 'update', '--quiet', '--with-registry-auth', '--image', image, name],
      ])
      if (code !== 0) throw new Error(stderr)
    }
  })
  await field.requireImages(images, replicas)
  return seconds
}

/** On services of its own: a stack cannot take over those that were made otherwise. */
async function stackDeploy(field: Field, replicas: number): Promise<number> {
  await field.lab.docker(['service', 'rm', ...field.names])
  const file = join(field.runner.directory, 'stack.yml')
  const deploy = async (images: ReadonlyMap<string, string>) => {
    const services = Object.fromEntries([...images].map(([name, image]) => [name, { image, deploy: { replicas } }]))
    await writeFile(file, JSON.stringify({ version: '3.8', services }))
    const args = ['stack', 'deploy', '--with-registry-auth', '--detach=false', '--compose-file', file, 'bench']
    const { code, stderr } = await field.lab.docker(args)
    if (code !== 0) throw new Error(stderr)
  }
  await deploy(await field.nextImages())
  const images = await field.nextImages()
  const seconds = await secondsOf(() => deploy(images))
  await field.requireImages(images, replicas)
  return seconds
}

/** One row for each shape of swarm and deploy that the parts ask for. */
export async function rolloutTables(parts: readonly string[], rounds: number): Promise<string[]> {
  const shapes: readonly Shape[] = [
    { nodes: 1, services: 20, replicas: 1, hasSlow: true },
    { nodes: 1, services: 20, replicas: 3, hasSlow: false },
    { nodes: 3, services: 20, replicas: 1, hasSlow: false },
    { nodes: 3, services: 20, replicas: 3, hasSlow: true },
    { nodes: 1, services: 100, replicas: 1, hasSlow: false },
    { nodes: 3, services: 100, replicas: 1, hasSlow: false },
  ]
  const results = []
  for (const shape of shapes) {
    if (!parts.includes(shape.services === 100 ? 'hundred' : 'rollout')) continue
    const result = await benchRollout(parts.includes('quick') ? { ...shape, hasSlow: false } : shape, rounds)
    process.stderr.write(`${result.row.join(' | ')}\n`)
    results.push(result)
  }
  const [first] = results
  return first === undefined
    ? []
    : [
        table(
          first.head,
          results.map(({ row }) => row),
        ),
      ]
}
