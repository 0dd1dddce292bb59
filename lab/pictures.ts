import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { command } from '../scripts/command.ts'
import { renderSummary, requireChromium, SCHEMES } from '../scripts/render-summary.ts'
import { startLab } from './lab.ts'
import { Runner } from './runner.ts'
import { stepShownIn } from './workflow.ts'

/**
 * The pictures of the README: the summaries of two runs of the step that is shown above them, by the committed bundle and
 * on a real swarm, one that went well and one whose worker did not come up, as GitHub shows them. `npm run pictures`
 * needs root, Chromium, a font with emoji (fonts-noto-color-emoji) and pngquant.
 */

const run = promisify(execFile)
const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const IMAGES = join(ROOT, 'docs/images')
const PASSWORD = 'pictures s3cret'
const SERVICES = ['worker', 'api', 'web'] as const

await command(requireChromium)
if (process.exitCode !== undefined) process.exit()
await using lab = await startLab({
  nodes: 3,
  registries: { shop: { accounts: { deployer: { password: PASSWORD } } } },
})
await using runner = await Runner.start()
const { host } = lab.registries.shop
await mkdir(join(runner.workspace, 'deploy'))
await writeFile(join(runner.workspace, 'deploy/compose.yml'), composeFile())
await makeImages('1.4.1')
await makeImages('1.4.2')
await makeImages('1.5.0', [
  'echo level=info msg=\\"worker 1.5.0 starts\\" queue=orders',
  'sleep 2',
  'echo level=error msg=\\"cannot read the queue\\" error=\\"no table orders_v5\\"',
  'exit 3',
])

await deploy('1.4.1')
await picture('summary-good', await deploy('1.4.2'))
await picture('summary-failed', await deploy('1.5.0'))

async function deploy(version: string): Promise<string> {
  const step = await stepShownIn(join(ROOT, 'README.md'), 'What you see', {
    vars: { REGISTRY: host, VERSION: version },
    secrets: { REGISTRY_PASSWORD: PASSWORD },
  })
  const result = await runner.run({ ...step, env: { ...step.env, DOCKER_HOST: lab.nodes[0].host } })
  process.stdout.write(`${result.log}\n${result.summary}\n`)
  return result.summary
}

async function picture(name: string, summary: string): Promise<void> {
  await mkdir(IMAGES, { recursive: true })
  for (const scheme of SCHEMES) {
    const to = join(IMAGES, `${name}-${scheme}.png`)
    await renderSummary(summary, scheme, to)
    await run('pngquant', ['--force', '--output', to, '64', to])
  }
}

function composeFile(): string {
  const service = (name: string, index: number) => `  ${name}:
    image: \${REGISTRY}/shop/${name}:\${VERSION}
    deploy:
      replicas: ${index === 0 ? 3 : 2}
      restart_policy: {delay: 1s}
      update_config: {parallelism: 2, order: start-first}
`
  return `services:\n${SERVICES.map(service).join('')}`
}

/** @param worker what the shell of the worker does instead of running on */
async function makeImages(tag: string, worker?: readonly string[]): Promise<void> {
  await Promise.all(
    SERVICES.map((name) =>
      lab.image({
        registry: 'shop',
        repository: `shop/${name}`,
        tag,
        content: `${name} ${tag}`,
        ...(name === 'worker' && worker !== undefined ? { command: ['/bin/sh', '-c', worker.join('; ')] } : {}),
      }),
    ),
  )
}
