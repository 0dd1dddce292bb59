import { expect, test } from '@jest/globals'
import type { UserConfig } from '../../../src/connect/user-config.ts'
import { parseReference } from '../../../src/docker/registry/reference.ts'
import type { Credential } from '../../../src/inputs/accounts/credential.ts'
import type { Accounts } from '../../../src/inputs/deployment.ts'
import { checkToolsImage } from '../../../src/nodes/tools-image.ts'
import { Secret } from '../../../src/runner/secrets/secret.ts'
import { digestOf, type Image, pin } from '../../support/memory-swarm/images.ts'
import { MemorySwarm } from '../../support/memory-swarm/memory-swarm.ts'

const TOOL = 'tools.test/docker:cli'
const signal = new AbortController().signal
const userConfig = { name: '~/.docker', file: {}, env: {} } as UserConfig

const alice: Credential = {
  origin: 'registries entry 1',
  config: 'tools',
  registry: 'tools.test',
  path: '',
  username: 'alice',
  password: new Secret('alice-pw-of-the-tools'),
  kind: 'password',
}

function check(image: Image, credentials: readonly Credential[] = [], isLoaded = false) {
  const swarm = new MemorySwarm({ images: { [TOOL]: image } })
  if (isLoaded) swarm.node('n1').images.add(digestOf(TOOL))
  const fault = { kind: 'error', status: 500, message: 'dial tcp: lookup tools.test: no such host' } as const
  if (isLoaded || image.missing) swarm.faults.add({ at: /GET \/distribution/, fault, times: 9 })
  const accounts: Accounts = { credentials, dockerConfigs: [], configDirectories: [] }
  return checkToolsImage(parseReference(TOOL), accounts, { engine: swarm.engine, userConfig }, signal)
}

test('it is pinned, and gets the credential that serves it', async () => {
  expect(await check({ readers: ['alice'] }, [alice])).toEqual({ name: pin(TOOL), credential: alice })
})

test('one that the account may not read is refused', async () => {
  await expect(check({ readers: ['bob'] }, [alice])).rejects.toThrow(
    /^node-tools-image: tools.test\/docker:cli cannot be read: .*alice/,
  )
})

test('where its registry cannot be asked it is taken as it was loaded, and refused where it was not', async () => {
  expect(await check({}, [], true)).toMatchObject({ name: TOOL })
  await expect(check({ missing: true })).rejects.toThrow(
    /^node-tools-image: tools.test\/docker:cli cannot be looked up: .*no such host.*docker load/,
  )
})
