import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../lab/scratch.ts'
import { cliVersion, describeSwarm, testUnless } from '../support/swarm.ts'

const run = promisify(execFile)
const ARCH: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' }

const version = cliVersion()

const sumOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** What the distribution has built, Docker's site has not, and its version has a form of its own. */
const NO_RELEASE = /^[\d.]+$/.test(version)
  ? undefined
  : `needs a docker CLI of Docker's own, and this one is ${version}`

/** A runner without a docker CLI, and a mirror with the one of this machine. */
describeSwarm('installing the docker CLI', { registries: { main: {} } }, (swarm) => {
  let files: string
  let mirror: Server
  let archive: Buffer
  let served: { readonly path: string; readonly body: Buffer } | undefined
  let requests: string[] = []

  beforeAll(async () => {
    files = scratchDirectory('install-test-')
    const { stdout: path } = await run('sh', ['-c', 'command -v docker'])
    mkdirSync(join(files, 'docker'))
    symlinkSync(path.trim(), join(files, 'docker', 'docker'))
    const packing = { env: { ...process.env, GZIP: '-1' } }
    await run('tar', ['-C', files, '-chzf', join(files, 'docker.tgz'), 'docker'], packing)
    archive = readFileSync(join(files, 'docker.tgz'))
    mkdirSync(join(files, 'bin'))
    for (const tool of ['tar', 'gzip', 'sh', 'cat']) {
      symlinkSync((await run('sh', ['-c', `command -v ${tool}`])).stdout.trim(), join(files, 'bin', tool))
    }
    mirror = createServer((incoming, outgoing) => {
      requests.push(incoming.url ?? '')
      if (incoming.url === served?.path) outgoing.end(served?.body)
      else outgoing.writeHead(404).end()
    })
    await new Promise<void>((resolve) => mirror.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => {
    mirror.close()
    rmSync(files, { recursive: true, force: true })
  })

  const url = () => {
    const address = mirror.address()
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  }
  const pathOf = (wanted: string) => `/linux/static/stable/${ARCH[process.arch]}/docker-${wanted}.tgz`
  const deploy = async (cache: string, inputs: Record<string, string> = {}, path = join(files, 'bin')) => {
    requests = []
    const { reference } = await swarm.lab.image({ registry: 'main', repository: 'acme/app', content: 'v1' })
    const services = JSON.stringify([{ name: 'web', image: reference, create: true }])
    return swarm.runner.run({
      with: {
        host: swarm.lab.nodes[0].host,
        services,
        monitor: '1s',
        'docker-version': version,
        'docker-download-url': url(),
        'docker-sha256': sumOf(served?.body ?? archive),
        ...inputs,
      },
      env: { PATH: path, RUNNER_TOOL_CACHE: join(files, cache) },
    })
  }

  testUnless(NO_RELEASE, 'it is downloaded once, checked, and then taken from the cache', async () => {
    served = { path: pathOf(version), body: archive }
    const first = await deploy('cache')
    expect(first.log).toContain('There is no docker command on the PATH of this step: it is installed for this run')
    expect(first.outputs.status).toBe('converged')
    expect(requests).toEqual([pathOf(version)])
    const second = await deploy('cache')
    expect(second.log).toContain(`The docker CLI ${version} is used from the tool cache`)
    expect(second.outputs.status).toBe('unchanged')
    expect(requests).toEqual([])
  })

  testUnless(NO_RELEASE, 'one that is too old is not used', async () => {
    served = { path: pathOf(version), body: archive }
    const old = join(files, 'old')
    mkdirSync(old)
    writeFileSync(join(old, 'docker'), '#!/bin/sh\necho "Docker version 19.03.15, build 99e3ed8"\n', { mode: 0o755 })
    const result = await deploy('cache-old', {}, `${old}:${join(files, 'bin')}`)
    expect(result.log).toContain(
      'The docker CLI 19.03.15 of this runner is too old for jobs and API 1.41, which came with 20.10',
    )
    expect(result.main.code).toBe(0)
  })

  test('a version that is itself too old is refused before it is downloaded', async () => {
    const result = await deploy('cache-ancient', { 'docker-version': '19.03.15' })
    expect(result.main.code).toBe(1)
    expect(result.log).toContain('docker-version: 19.03.15 is too old for jobs and API 1.41, which came with 20.10')
    expect(requests).toEqual([])
  })

  test('a run that is stopped in a download that never comes ends, and leaves nothing', async () => {
    served = undefined
    const silent = createServer(() => undefined)
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const address = silent.address()
    const step = await swarm.runner.start({
      with: {
        host: swarm.lab.nodes[0].host,
        services: 'web: app',
        'docker-download-url': `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
        'docker-sha256': sumOf(archive),
      },
      env: { PATH: join(files, 'bin'), RUNNER_TOOL_CACHE: join(files, 'cache-stopped') },
    })
    await swarm.until('the download', () => step.printed().includes('is downloaded from'))
    step.main.kill('SIGTERM')
    const result = await step.finished
    expect(result.outputs.status).toBe('cancelled')
    expect(readdirSync(swarm.runner.temp)).toEqual([])
    silent.closeAllConnections()
    silent.close()
  })

  testUnless(NO_RELEASE, 'an archive with another sum', async () => {
    served = { path: pathOf(version), body: archive }
    const result = await deploy('cache-sum', { 'docker-sha256': 'a'.repeat(64) })
    expect(result.main.code).toBe(1)
    expect(result.log).toContain('not that of `docker-sha256`: it is not used')
  })

  testUnless(NO_RELEASE, 'an archive that is cut off', async () => {
    served = { path: pathOf(version), body: archive.subarray(0, 100_000) }
    const result = await deploy('cache-cut')
    expect(result.main.code).toBe(1)
    expect(result.log).toContain('cannot be unpacked, it is damaged or no .tgz')
  })

  testUnless(NO_RELEASE, 'over http:// without a sum nothing is downloaded', async () => {
    served = { path: pathOf(version), body: archive }
    const result = await deploy('cache-plain', { 'docker-sha256': '' })
    expect(result.main.code).toBe(1)
    expect(result.log).toContain('docker-download-url: over http:// anybody on the way can put another program')
    expect(requests).toEqual([])
  })

  test('an archive with another version', async () => {
    served = { path: pathOf('27.0.1'), body: archive }
    const result = await deploy('cache-version', { 'docker-version': '27.0.1' })
    expect(result.main.code).toBe(1)
    expect(result.log).toContain(`holds the docker CLI ${version}, not 27.0.1`)
  })

  test('a version that is not there', async () => {
    const result = await deploy('cache-missing', { 'docker-version': '27.99.9' })
    expect(result.main.code).toBe(1)
    expect(result.log).toContain('there is no such version for this platform: check `docker-version`')
  })

  testUnless(NO_RELEASE, 'no network', async () => {
    const result = await deploy('cache-none', { 'docker-download-url': 'http://127.0.0.1:9' })
    expect(result.main.code).toBe(1)
    expect(result.log).toContain('could not be downloaded from http://127.0.0.1:9')
    expect(result.log).toContain('check the network and proxy of the runner')
  })
})
