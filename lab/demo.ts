import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startLab } from './lab.ts'
import { exits, type Program } from './program.ts'
import { Runner, type StepResult } from './runner.ts'
import { stepOf } from './workflow.ts'

/**
 * The action as its user meets it: a swarm with two private registries, an example workflow, and the committed bundle,
 * run as a runner runs it. First the services are created, then updated; then comes a version of which one does not come
 * up, and what ran before runs again. Everything is taken down at the end.
 */

const EXAMPLE = resolve(dirname(fileURLToPath(import.meta.url)), '../examples/two-registries.yml')
const SHOP_PASSWORD = 'shop s3cret: #1'
const METRICS_PASSWORD = 'metrics%0A"s3cret"'

say('A swarm of one node, and two private registries with an account each, come up on this machine.')
await using lab = await startLab({
  registries: {
    shop: { accounts: { 'shop-deployer': { password: SHOP_PASSWORD } } },
    metrics: { accounts: { 'metrics-deployer': { password: METRICS_PASSWORD } } },
  },
})
await using runner = await Runner.start()

say('The workflow examples/two-registries.yml runs for version 1: both services are new.')
await makeImages('v1')
const created = await deploy('v1')
say('It runs for version 2: both services are updated.')
await makeImages('v2')
const updated = await deploy('v2')
say('It runs for version 3, of which metrics ends at once: the job has to be red, and version 2 has to run again.')
await makeImages('v3', exits(3, 'cannot open the database'))
const broken = await deploy('v3')

say('What the swarm says now:')
print((await lab.docker(['service', 'ls'])).stdout)
say('Which account pulled from which registry:')
for (const registry of Object.values(lab.registries)) {
  const users = (await registry.requests()).filter(({ status }) => status === 200).map(({ user }) => user)
  print(`${registry.host} (${registry.name}): ${[...new Set(users)].join(', ')}`)
}

const isGood =
  [created, updated].every(({ main, post }) => main.code === 0 && post.code === 0) &&
  broken.main.code === 1 &&
  broken.outputs.status === 'rolled-back'
const verdict = isGood
  ? 'Two runs are green, and the third is red, as it has to be'
  : 'This is not as it has to be: see above'
say(`${verdict}. Everything is taken down.`)
process.exitCode = isGood ? 0 : 1

async function deploy(version: string): Promise<StepResult> {
  const { shop, metrics } = lab.registries
  const step = await stepOf(EXAMPLE, {
    vars: { SHOP_REGISTRY: shop.host, METRICS_REGISTRY: metrics.host, VERSION: version },
    secrets: { SHOP_PASSWORD, METRICS_PASSWORD },
  })
  const result = await runner.run({ ...step, env: { ...step.env, DOCKER_HOST: lab.nodes[0].host } })
  print(result.log)
  say('Its job summary:')
  print(result.summary)
  return result
}

/** @param metrics what the metrics do instead of running on */
async function makeImages(tag: string, metrics?: Program): Promise<void> {
  await Promise.all([
    lab.image({ registry: 'shop', repository: 'shop/web', tag, content: tag }),
    lab.image({ registry: 'metrics', repository: 'ops/metrics', tag, content: tag, ...metrics }),
  ])
}

function say(line: string): void {
  print(`\n━━ ${line}\n`)
}

function print(text: string): void {
  process.stdout.write(`${text.trimEnd()}\n`)
}
