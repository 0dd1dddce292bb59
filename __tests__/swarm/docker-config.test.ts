import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from '@jest/globals'
import type { StepResult } from '../../lab/runner.ts'
import { tar } from '../../lab/tar.ts'
import { describeSwarm, resultsOf } from '../support/swarm.ts'

const annotationsOf = (wanted: string, { annotations }: StepResult) =>
  annotations.filter(({ level }) => level === wanted).map(({ message }) => message)
const errorsOf = (run: StepResult) => annotationsOf('error', run)
const warningsOf = (run: StepResult) => annotationsOf('warning', run)

const REFRESH_TOKEN = 'refresh-token-of-dora'

/** Docker client configurations that are given whole: what the registries see, and what is left of them. */
describeSwarm(
  'docker configurations',
  {
    nodes: 2,
    registries: {
      shop: {
        accounts: {
          alice: { password: 'alice-passw0rd', read: ['team-a'] },
          bob: { password: 'bob-passw0rd', read: ['team-b'] },
        },
      },
      seller: { tokens: true, accounts: { dora: { password: 'dora-passw0rd', refreshToken: REFRESH_TOKEN } } },
    },
  },
  (swarm) => {
    const shop = () => swarm.lab.registries.shop
    const seller = () => swarm.lab.registries.seller
    const configOf = (host: string, user: string, password = `${user}-passw0rd`) => {
      const auth = Buffer.from(`${user}:${password}`).toString('base64')
      return JSON.stringify({ auths: { [host]: { auth }, 'unused.example.com': { auth } } }, null, '\t')
    }
    const archiveOf = (config: string) =>
      gzipSync(
        tar([
          { path: '.docker/' },
          { path: '.docker/config.json', mode: 0o644, content: Buffer.from(config) },
          { path: '.docker/contexts/' },
          { path: '.docker/contexts/meta.json', content: Buffer.from('{}') },
        ]),
      )
    const onWorker = ['--constraint node.role==worker']
    const deploy = (services: unknown, inputs: Record<string, string>, env: Record<string, string> = {}) =>
      swarm.deploy({ services: JSON.stringify(services), monitor: '1s', ...inputs }, env)
    const usersOf = async (registry: ReturnType<typeof shop>, repository: string) => {
      const requests = await registry.requests()
      const allowed = requests.filter(({ path, status }) => path.includes(`/${repository}/`) && status === 200)
      return [...new Set(allowed.map(({ user }) => user))]
    }
    /** Neither the log nor anything that is left has a secret, however it may be written. */
    const expectNoTrace = (run: StepResult, user: string, secret: string) => {
      const forms = [secret, Buffer.from(`${user}:${secret}`).toString('base64')]
      const withoutMasks = (text: string) => text.replaceAll(/^::add-mask::.*$/gm, '')
      const shown = {
        stdout: withoutMasks(run.main.stdout) + withoutMasks(run.post.stdout),
        stderr: run.main.stderr + run.post.stderr,
        rest: run.log + run.summary + JSON.stringify([run.outputs, run.state]),
      }
      for (const form of forms) {
        for (const [place, text] of Object.entries(shown)) {
          expect({ place, leaks: text.includes(form) }).toEqual({ place, leaks: false })
        }
      }
      expect(run.main.stdout).toContain(`::add-mask::${secret}`)
    }

    swarm.beside('a label chooses a config by its name, or by the directory that the workflow allows', async () => {
      const image = await swarm.lab.image({ registry: 'shop', repository: 'team-b/label', content: 'label' })
      const next = await swarm.lab.image({
        registry: 'shop',
        repository: 'team-b/label',
        tag: 'v2',
        content: 'label-2',
      })
      const directory = join(swarm.runner.directory, 'docker2')
      await mkdir(directory)
      await writeFile(join(directory, 'config.json'), configOf(shop().host, 'bob'), { mode: 0o600 })
      const label = `--label gantry.auth.config=${directory}`
      const own = { DOCKER_AUTH_CONFIG: configOf(shop().host, 'alice') }
      const first = await deploy(
        [{ name: 'label', image: image.reference, create: true, replicas: '0', 'create-args': [label] }],
        { 'docker-config': `- env:DOCKER_AUTH_CONFIG\n- ${directory}: ${directory}/config.json` },
        own,
      )
      expect(errorsOf(first)).toEqual([])
      expect(warningsOf(first).join()).not.toContain('DOCKER_AUTH_CONFIG')
      expect(resultsOf(first)).toMatchObject([{ outcome: 'created', config: directory }])

      const refused = await deploy([{ name: 'label', image: next.reference }], {})
      expect(errorsOf(refused)).toEqual([
        expect.stringContaining(`names the directory ${directory}: it is none that this run may read`),
      ])
      const second = await deploy([{ name: 'label', image: next.reference }], { 'allow-config-directories': directory })
      expect(errorsOf(second)).toEqual([])
      expect(resultsOf(second)).toMatchObject([{ outcome: 'updated', config: directory }])
      expect(await usersOf(shop(), 'team-b/label')).toEqual(['bob'])
      expectNoTrace(second, 'bob', 'bob-passw0rd')
      expect(readdirSync(directory)).toEqual(['config.json'])
    })

    swarm.beside(
      'an identity token of a helper is what nodes pull with, and a helper that fails is an error',
      async () => {
        const image = await swarm.lab.image({ registry: 'seller', repository: 'team-d/token', content: 'token' })
        const bin = join(swarm.runner.directory, 'helpers')
        await mkdir(bin)
        const helper = async (script: string) => {
          const path = join(bin, 'docker-credential-lab')
          await writeFile(path, `#!/bin/sh\ncat >>'${bin}/asked'\n${script}\n`)
          await chmod(path, 0o755)
        }
        const inputs = { 'docker-config': JSON.stringify({ credHelpers: { [seller().host]: 'lab' } }) }
        const env = { PATH: `${bin}:${process.env.PATH}` }
        const services = [
          { name: 'token', image: image.reference, create: true, 'create-args': onWorker },
          { name: 'token-2', image: image.reference, create: true, replicas: '0' },
        ]
        await helper(`echo 'the session of "me" has expired'; exit 1`)
        const failed = await deploy(services, inputs, env)
        expect(errorsOf(failed)).toEqual([
          expect.stringMatching(
            /services token and token-2: the credential helper lab of docker-config has no .* has expired/,
          ),
        ])
        expect((await swarm.lab.docker(['service', 'ls', '--quiet', '--filter', 'name=token'])).stdout).toBe('')

        await helper(`echo '{"Username":"<token>","Secret":"${REFRESH_TOKEN}"}'`)
        const run = await deploy(services, inputs, env)
        expect(errorsOf(run)).toEqual([])
        expect(resultsOf(run)).toMatchObject([{ config: 'docker-config' }, { config: 'docker-config' }])
        expect(await usersOf(seller(), 'team-d/token')).toEqual(['dora'])
        const worker = swarm.lab.nodes[1]?.address
        const bought = (await seller().requests()).filter(({ method, path }) => method === 'POST' && path === '/token')
        expect(bought.map(({ client, user }) => [client, user])).toContainEqual([worker, 'dora'])
        expect(readFileSync(join(bin, 'asked'), 'utf8')).toBe(seller().host.repeat(2))
        expectNoTrace(run, '<token>', REFRESH_TOKEN)
      },
    )

    test('an archive of a .docker folder serves a private image, and is gone with the step', async () => {
      const image = await swarm.lab.image({ registry: 'shop', repository: 'team-a/archive', content: 'archive' })
      const archive = archiveOf(configOf(shop().host, 'alice'))
      await writeFile(join(swarm.runner.workspace, 'docker.tar.gz'), archive)
      const services = [{ name: 'archive', image: image.reference, create: true, 'create-args': onWorker }]
      const run = await deploy(services, { 'docker-config': 'docker.tar.gz' })
      expect(errorsOf(run)).toEqual([])
      expect(resultsOf(run)).toMatchObject([{ outcome: 'created', config: 'docker-config' }])
      expect(await usersOf(shop(), 'team-a/archive')).toEqual(['alice'])
      expectNoTrace(run, 'alice', 'alice-passw0rd')
      expect(await readdir(swarm.runner.temp)).toEqual([])
      expect(existsSync(join(swarm.runner.home, '.docker'))).toBe(false)

      // The same, as a secret of the workflow that the step gets in a variable.
      const variable = await deploy(services, { 'docker-config': 'env:LOGIN' }, { LOGIN: archive.toString('base64') })
      expect(errorsOf(variable)).toEqual([])
      expect(resultsOf(variable)).toMatchObject([{ outcome: 'unchanged', config: 'docker-config' }])
      expect(variable.main.stdout).toContain(`::add-mask::${archive.toString('base64')}`)
      expectNoTrace(variable, 'alice', 'alice-passw0rd')
    })
  },
)
