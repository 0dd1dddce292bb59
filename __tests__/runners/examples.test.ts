import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Act, actProblem, buildAct } from '../../lab/act.ts'
import { runs } from '../../lab/program.ts'
import { type KeyPair, makeKey, Sshd } from '../../lab/sshd.ts'
import { PLACEHOLDER } from '../support/documents.ts'
import { type Bench, describeSwarm } from '../support/swarm.ts'

const LIMIT_MS = 600_000
const PASSWORDS = { 'deploy-bot': 'pw: of "ours"', 'partner-bot': 'pw-of-the-partner' }

const problem = actProblem()
if (problem === undefined) await buildAct()

const account = (user: keyof typeof PASSWORDS, ...read: string[]) => ({ [user]: { password: PASSWORDS[user], read } })
const registries = { ghcr: { accounts: { ...account('deploy-bot', 'my-org'), ...account('partner-bot', 'partner') } } }

if (problem === undefined) describeSwarm('the examples as they stand', { registries }, examples)
else describe.skip(`the examples as they stand (skipped: ${problem})`, () => examples(undefined as never))

function examples(swarm: Bench<'ghcr'>): void {
  let act: Act
  let directory: string
  let key: KeyPair
  let sshd: Sshd
  beforeAll(async () => {
    act = await Act.create()
    directory = mkdtempSync(join(tmpdir(), 'examples-'))
    key = await makeKey(directory, 'key')
    sshd = await Sshd.start({ authorized: [key.publicKey], dockerHost: swarm.lab.nodes[0].host })
  })
  afterAll(async () => {
    await sshd[Symbol.asyncDispose]()
    await act[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true })
  })

  /** Nothing of them is changed but whose registry it is, and where the manager is. */
  const ours = (path: string) =>
    readFileSync(path, 'utf8')
      .replaceAll('ghcr.io', swarm.lab.registries.ghcr.host)
      .replaceAll('ssh://deploy@swarm.example.com', `ssh://root@127.0.0.1:${sshd.port}${swarm.lab.nodes[0].socket}`)
  const run = (path: string, event: 'push' | 'schedule' = 'push') =>
    act.run(ours(path), {
      event,
      action: PLACEHOLDER,
      files: { 'compose.yml': ours('examples/compose.yml') },
      secrets: {
        SSH_KEY: key.privateKey,
        REGISTRY_PASSWORD: PASSWORDS['deploy-bot'],
        OUR_TOKEN: PASSWORDS['deploy-bot'],
        PARTNER_TOKEN: PASSWORDS['partner-bot'],
      },
      vars: { SWARM_HOST_KEY: sshd.hostKeys[0]?.fingerprint ?? '', VERSION: '1.4.2' },
    })
  const push = async (repository: string) =>
    (await swarm.lab.image({ registry: 'ghcr', repository, tag: '1.4.2', content: repository, ...runs() })).reference

  test(
    'the first deploy from a hosted runner is green, and so is the same once more',
    async () => {
      const web = await push('my-org/web')
      for (const outcome of ['created', 'unchanged']) {
        const { code, log } = await run('examples/first-deploy.yml')
        expect({ code, log }).toEqual({ code: 0, log: expect.stringContaining(`web: ${outcome}`) })
      }
      expect(await swarm.imageOf('web')).toContain(`${web}@sha256:`)
      await swarm.lab.docker(['service', 'rm', 'web'])
    },
    LIMIT_MS,
  )

  test(
    'a stack with two accounts on one registry is green',
    async () => {
      const [web, worker] = [await push('my-org/web'), await push('partner/worker')]
      const { code, log } = await run('examples/two-accounts.yml')
      expect({ code, log }).toEqual({ code: 0, log: expect.stringContaining('converged: 2 created') })
      expect(await swarm.imageOf('shop_web')).toContain(`${web}@sha256:`)
      expect(await swarm.imageOf('shop_worker')).toContain(`${worker}@sha256:`)
    },
    LIMIT_MS,
  )

  test(
    'the check by the clock is green as long as the swarm is what the repository says, and then names what differs',
    async () => {
      // It has one account for all images.
      const account = { password: PASSWORDS['deploy-bot'], read: ['my-org', 'partner'] }
      await swarm.lab.registries.ghcr.setAccount('deploy-bot', account)
      const same = await run('examples/drift-check.yml', 'schedule')
      expect({ code: same.code, log: same.log }).toEqual({ code: 0, log: expect.stringContaining('unchanged') })
      await swarm.lab.docker(['service', 'update', '--detach', '--env-add', 'BY_HAND=1', 'shop_web'])
      const differs = await run('examples/drift-check.yml', 'schedule')
      expect({ code: differs.code, log: differs.log }).toEqual({
        code: 1,
        log: expect.stringMatching(/::error::.*shop_web/),
      })
    },
    LIMIT_MS,
  )
}
