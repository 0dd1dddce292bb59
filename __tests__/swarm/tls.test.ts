import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { nodeAddress } from '../../lab/network.ts'
import { scratchDirectory } from '../../lab/scratch.ts'
import { type Certified, Pki } from '../../lab/tls.ts'
import { describeSwarm } from '../support/swarm.ts'

const HOST = `tcp://${nodeAddress(1)}:2376`
const base64 = (pem: string) => Buffer.from(pem).toString('base64')

let files: string
let ours: Pki
let theirs: Pki
let client: Certified

/** A daemon that asks for certificates. */
async function lab() {
  files = scratchDirectory('tls-test-')
  ours = await Pki.make(files, 'ours')
  theirs = await Pki.make(files, 'theirs')
  client = await ours.certify('client')
  const daemonTls = { ca: ours.ca, ...(await ours.certify('daemon', { ip: nodeAddress(1) })) }
  return { daemonTls, registries: { main: {} } }
}

describeSwarm('over TLS', lab, (swarm) => {
  afterAll(() => rmSync(files, { recursive: true, force: true }))

  const deploy = async (inputs: Record<string, string>, env: Record<string, string> = {}) => {
    const { reference } = await swarm.lab.image({ registry: 'main', repository: 'acme/app', content: 'v1' })
    const services = JSON.stringify([{ name: 'web', image: reference, create: true }])
    return swarm.runner.run({ with: { services, monitor: '1s', ...inputs }, env, enter: swarm.lab.enter })
  }
  const access = () => ({ host: HOST, 'tls-ca': ours.ca, 'tls-cert': client.cert, 'tls-key': client.key })

  test.each([
    ['PEM', (pem: string) => pem],
    ['base64 of PEM', base64],
  ])('a service is deployed with certificates in %s, and no key is left or shown', async (_what, form) => {
    const run = await deploy({
      host: HOST,
      'tls-ca': form(ours.ca),
      'tls-cert': form(client.cert),
      'tls-key': form(client.key),
    })
    expect(run.log).toContain(`Connected to ${HOST}`)
    expect(run.outputs.status).toMatch(/converged|unchanged/)
    expect(run.log).not.toContain(client.key.split('\n')[1])
    expect(readdirSync(swarm.runner.temp)).toEqual([])
  })

  test('a daemon of another authority', async () => {
    const run = await deploy({ ...access(), 'tls-ca': theirs.ca })
    expect(run.main.code).toBe(1)
    expect(run.log).toContain(
      `the docker daemon at ${HOST} cannot be used: its certificate is not signed by \`tls-ca\``,
    )
  })

  test('a client certificate of another authority', async () => {
    const stranger = await theirs.certify('stranger')
    const run = await deploy({ ...access(), 'tls-cert': stranger.cert, 'tls-key': stranger.key })
    expect(run.main.code).toBe(1)
    expect(run.log).toContain('it does not accept `tls-cert`')
  })

  test('an expired client certificate is refused before any connection', async () => {
    const expired = await ours.certify('expired', { days: -1 })
    const run = await deploy({ ...access(), 'tls-cert': expired.cert, 'tls-key': expired.key })
    expect(run.main.code).toBe(1)
    expect(run.log).toMatch(/tls-cert: it expired on \d{4}-\d\d-\d\d: renew it and set the new one/)
    expect(run.log).not.toContain('▼ Connect')
  })

  test('a key that belongs to another certificate', async () => {
    const another = await ours.certify('another')
    const run = await deploy({ ...access(), 'tls-key': another.key })
    expect(run.log).toContain('tls-key: it does not belong to the certificate of `tls-cert`')
  })

  test('without TLS a tcp host is refused, and with the consent it says that the daemon wants TLS', async () => {
    const refused = await deploy({ host: HOST })
    expect(refused.main.code).toBe(1)
    expect(refused.log).toContain(`host: ${HOST} without TLS gives the whole swarm to everybody`)
    const plain = await deploy({ host: HOST, 'allow-plain-tcp': 'true' })
    expect(plain.main.code).toBe(1)
    expect(plain.log).toContain('is used without TLS: whoever can reach it owns the swarm')
    expect(plain.log).toContain('it wants TLS: give `tls-ca`, `tls-cert` and `tls-key`')
  })

  test('a context with certificates', async () => {
    const config = join(files, 'docker')
    const endpoint = ['ca', 'cert', 'key'].map((name) => {
      return `${name}=${join(files, name === 'ca' ? 'ours.crt' : `ours-client.${name === 'cert' ? 'crt' : 'key'}`)}`
    })
    const made = await swarm.lab.docker(
      ['context', 'create', 'prod', '--docker', [`host=${HOST}`, ...endpoint].join(',')],
      { config },
    )
    expect(made.code).toBe(0)
    const env = { DOCKER_CONFIG: config, DOCKER_HOST: 'tcp://nowhere.invalid:2376' }
    const run = await deploy({ context: 'prod' }, env)
    expect(run.log).toContain(`Connected to ${HOST}`)
    expect(run.outputs.status).toMatch(/converged|unchanged/)
    const trusting = ['context', 'create', 'trusting', '--docker', `host=${HOST},skip-tls-verify=true`]
    expect(await swarm.lab.docker(trusting, { config })).toMatchObject({ code: 0 })
    const unknown = await deploy({ context: 'trusting' }, env)
    expect(unknown.log).toContain(`the docker context trusting trusts whoever answers at ${HOST}`)
    const missing = await deploy({ context: 'absent' }, env)
    expect(missing.main.code).toBe(1)
    expect(missing.log).toContain('docker could not resolve `context` (absent)')
  })
})
