import { beforeAll, describe, expect, test } from '@jest/globals'
import { newerEngine, RELEASES, type Release } from '../../lab/engines/newer.ts'
import type { LabOptions } from '../../lab/lab.ts'
import { requestText } from '../../lab/unix-http.ts'
import type { Service, ServiceSpec } from '../../src/docker/api.ts'
import { parseGoJson } from '../../src/docker/engine/go-json.ts'
import { changedParts, sameSpec } from '../../src/docker/specs/spec-comparison.ts'
import { withoutIgnored } from '../../src/docker/specs/spec-support.ts'
import { bareSpec, type Ids, type Key, MODES, specKeys, withValue } from '../support/spec-forms.ts'
import { type Bench, describeSwarm } from '../support/swarm.ts'

/** How many specs with a form of every key, chosen at random. */
const FULL_SPECS = 40
const ENGINES: readonly (Release | 'the installed daemon')[] = ['the installed daemon', ...RELEASES]
const NO_IDS: Ids = { network: '', host: '', secrets: ['', ''], configs: ['', ''] }

/** What is sent to a daemon and read back is the same spec, and a spec that differs in one key alone is not. */
describe.each(ENGINES)('a round trip: %s', (which) => {
  const engine = which === 'the installed daemon' ? {} : newerEngine(which)
  if ('problem' in engine) {
    test.skip(`every key (skipped: ${engine.problem})`, () => {})
    return
  }
  describeSwarm('sent and read back', engine as LabOptions, (swarm) => {
    let ids: Ids
    let apiVersion: string

    beforeAll(async () => {
      ids = await makeIds(swarm)
      const { body } = await swarm.lab.nodes[0].engine<{ ApiVersion: string }>('GET', '/version')
      apiVersion = body.ApiVersion
    })

    for (const mode of MODES) {
      const rows = specKeys(NO_IDS).flatMap((key, index) =>
        (key.modes?.includes(mode) ?? true) ? [[`${mode}: ${key.path} (${index})`, index] as const] : [],
      )
      test.each(rows)('%s', async (_, index) => {
        const key = specKeys(ids)[index] as Key
        const read: ServiceSpec[] = []
        for (const [first, ...others] of key.forms) {
          const one = await roundTrip(swarm, withValue(bareSpec(mode), key.path, first), apiVersion)
          read.push(one)
          for (const form of others) {
            const other = await roundTrip(swarm, withValue(bareSpec(mode), key.path, form), apiVersion)
            expect({ form, parts: changedParts(one, other), isSame: sameSpec(one, other) }).toEqual({
              form,
              parts: [],
              isSame: true,
            })
          }
        }
        const isKept = !isOlder(apiVersion, key.since)
        for (const [at, one] of read.entries()) {
          for (const other of read.slice(at + 1)) {
            expect({ one, other, isSame: sameSpec(one, other) }).toEqual({ one, other, isSame: !isKept })
          }
        }
      })
    }

    test('a form of every key at once', async () => {
      const random = series(20_261_126)
      for (let count = 0; count < FULL_SPECS; count++) {
        const mode = MODES[count % MODES.length] ?? 'replicated'
        const keys = specKeys(ids).filter((key) => fits(key, mode))
        const chosen = keys.map((key) => ({ path: key.path, form: pick(key.forms.flat(), random) }))
        const sent = chosen.reduce((spec, { path, form }) => withValue(spec, path, form), bareSpec(mode))
        await roundTrip(swarm, sent, apiVersion)
      }
    })
  })
})

function fits({ modes, alone }: Key, mode: (typeof MODES)[number]): boolean {
  return (modes?.includes(mode) ?? true) && alone === undefined
}

/** Sends a spec, and resolves to what the daemon has kept of it: what is said of it here beforehand. */
async function roundTrip({ lab }: Bench<never>, spec: ServiceSpec, apiVersion: string): Promise<ServiceSpec> {
  const [node] = lab.nodes
  const made = await node.engine<{ ID: string; message?: string }>('POST', '/services/create', spec)
  if (made.status >= 400) throw new Error(`${made.body.message}: ${JSON.stringify(spec)}`)
  const { body } = await requestText(node.socket, 'GET', `/services/${made.body.ID}`)
  await node.engine('DELETE', `/services/${made.body.ID}`)
  const read = (parseGoJson(body) as Service).Spec
  const { kept } = withoutIgnored(spec, apiVersion)
  expect({ kept, read, parts: changedParts(kept, read) }).toEqual({ kept, read, parts: [] })
  expect(sameSpec(kept, read)).toBe(true)
  return read
}

async function makeIds({ lab }: Bench<never>): Promise<Ids> {
  const make = async (what: string, body: object) => {
    const { body: answer } = await lab.nodes[0].engine<{ ID?: string; Id?: string }>('POST', `/${what}/create`, body)
    return answer.ID ?? answer.Id ?? ''
  }
  const Data = Buffer.from('x').toString('base64')
  const network = await make('networks', { Name: 'round', Driver: 'overlay' })
  const { body } = await lab.nodes[0].engine<{ Id: string }>('GET', '/networks/host?scope=swarm')
  const pair = async (what: string) =>
    [await make(what, { Name: 'one', Data }), await make(what, { Name: 'two', Data })] as const
  return { network, host: body.Id, secrets: await pair('secrets'), configs: await pair('configs') }
}

function isOlder(version: string, since: string | undefined): boolean {
  return since !== undefined && Number(version.split('.')[1]) < Number(since.split('.')[1])
}

function pick<T>(list: readonly T[], random: () => number): T {
  return list[Math.floor(random() * list.length)] as T
}

/** Numbers from 0 to 1, the same in every run (Park and Miller). */
function series(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}
